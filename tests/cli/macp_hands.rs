//! Hands at the queue's files that mean no harm: a save that is not whole, a copy from before somebody's word, a log that was cut.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::wait_for;
use crate::macp_queue::{macp, queue, submit};
use crate::sandbox::Sandbox;

const TASKS: &str = ".taskrun/macp/tasks.json";
const LOG: &str = ".taskrun/macp/events.ndjson";

fn save(sandbox: &Sandbox, text: &str) {
    sandbox.write("x", text);
    fs::rename(sandbox.path("x"), sandbox.path(TASKS)).unwrap();
}

fn count(sandbox: &Sandbox, status: &str) -> u64 {
    macp(sandbox, &["status", "--json"]).json()["counts"][status].as_u64().unwrap()
}

#[test]
fn a_save_that_is_not_whole_fails_nothing() {
    for mended in [true, false] {
        let sandbox = queue();
        submit(
            &sandbox,
            "a",
            &["--command", "echo a >> out; touch up; until test -e go; do sleep 0.02; done"],
        );
        submit(&sandbox, "b", &["--command", "echo b >> out"]);
        submit(&sandbox, "c", &["--command", "echo c >> out"]);
        let whole = sandbox.read(TASKS);
        let mut drain = sandbox.command();
        let drain =
            drain.args(["macp", "drain"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for("the task, on record", || {
            sandbox.path("up").exists() && sandbox.read(TASKS).contains("\"running\"")
        });
        // In place, as some editors save: what was there cannot be read any more.
        sandbox.write(TASKS, "");
        sandbox.write("go", "");
        if mended {
            wait_for("the end of the task", || sandbox.read(LOG).contains("task.completed"));
            std::thread::sleep(Duration::from_millis(300));
            sandbox.write(TASKS, &whole);
        }
        let out = drain.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        if mended {
            assert_eq!((out.status.code(), &*sandbox.read("out")), (Some(0), "a\nb\nc\n"), "{said}");
            continue;
        }
        assert_eq!((out.status.code(), &*sandbox.read("out")), (Some(2), "a\n"), "{said}");
        assert!(said.contains("tasks.json` line 1") && !said.contains("nothing was changed"), "{said}");
        assert_eq!(sandbox.read(TASKS), "");
        sandbox.write(TASKS, &whole);
        assert_eq!((count(&sandbox, "pending"), count(&sandbox, "completed")), (2, 1));
        assert_eq!(macp(&sandbox, &["drain"]).code, 0);
        assert_eq!(sandbox.read("out"), "a\nb\nc\n");
    }
}

#[test]
fn a_copy_from_before_a_persons_word_does_not_take_it_back() {
    let sandbox = queue();
    submit(&sandbox, "off", &["--command", "echo off >> out"]);
    submit(&sandbox, "ask", &["--command", "echo ask >> out; echo '<promise>BLOCKED: which?</promise>'"]);
    let fresh = sandbox.read(TASKS);
    assert_eq!(macp(&sandbox, &["cancel", "off"]).code, 0);
    save(&sandbox, &fresh);
    let status = macp(&sandbox, &["status", "--json"]);
    let found = &status.json()["counts"];
    assert!(found["cancelled"] == 1 && found["pending"] == 1, "{status:?}");
    assert!(status.stderr.contains("`off` is left out of account") && status.stderr.contains("macp retry"));
    assert_eq!(macp(&sandbox, &["drain"]).code, 4);
    let asked = sandbox.read(TASKS);
    assert_eq!(macp(&sandbox, &["approve", "ask", "--done"]).code, 0);
    save(&sandbox, &asked);
    assert_eq!((count(&sandbox, "completed"), count(&sandbox, "escalated")), (1, 0));
    assert_eq!(macp(&sandbox, &["drain"]).code, 0);
    assert_eq!(sandbox.read("out"), "ask\n");
    // The way back is another word, or a hand at the file as it is now.
    assert_eq!(macp(&sandbox, &["retry", "off"]).code, 0);
    save(&sandbox, &sandbox.read(TASKS).replacen("\"completed\"", "\"pending\"", 1));
    assert_eq!(count(&sandbox, "pending"), 2);
    macp(&sandbox, &["drain"]);
    assert_eq!(sandbox.read("out"), "ask\noff\nask\n");
}

#[test]
fn what_is_over_stays_where_nobody_can_have_meant_to_take_it_out() {
    let sandbox = queue();
    submit(&sandbox, "a", &["--", "true"]);
    macp(&sandbox, &["drain"]);
    let old = sandbox.read(TASKS);
    submit(&sandbox, "b", &["--command", "echo b >> out"]);
    submit(&sandbox, "bad", &["--", "false"]);
    submit(&sandbox, "c", &["--depends-on", "b", "--command", "echo c >> out; test -e go"]);
    macp(&sandbox, &["drain"]);
    save(&sandbox, &old);
    let status = macp(&sandbox, &["status", "--json"]);
    assert!(status.json()["total"] == 4 && status.stderr.contains("`bad`"), "{status:?}");
    sandbox.write("go", "");
    assert_eq!(macp(&sandbox, &["retry", "c"]).code, 0);
    macp(&sandbox, &["drain"]);
    assert_eq!((count(&sandbox, "completed"), &*sandbox.read("out")), (3, "b\nc\nc\n"));
    // Taken out of the file as it is now, and needed by nobody.
    let mut all: Value = serde_json::from_str(&sandbox.read(TASKS)).unwrap();
    let list = all["tasks"].as_array_mut().unwrap();
    list.retain(|task| !matches!(task["id"].as_str(), Some("a" | "b")));
    save(&sandbox, &all.to_string());
    let status = macp(&sandbox, &["status", "--json"]);
    assert!(status.json()["total"] == 3 && status.stderr.contains("`b` is not in it"), "{status:?}");
}

#[test]
fn what_is_on_record_is_queued_also_where_no_more_could_be_written() {
    let sandbox = queue();
    submit(&sandbox, "a", &["--description", &"long ".repeat(400), "--", "true"]);
    let small = format!(
        "ulimit -f 2; exec '{}' macp submit --title b --task-id b -- true",
        env!("CARGO_BIN_EXE_taskrun")
    );
    let run = |script: &str| {
        let mut command = sandbox.command();
        let program = Command::new("sh");
        let envs: Vec<_> =
            command.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
        command = program;
        for (name, value) in envs {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let out = command.args(["-c", script]).current_dir(sandbox.path("")).output().unwrap();
        (out.status.code(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    let (code, stdout, stderr) = run(&small);
    assert_eq!((code, &*stdout), (Some(0), "b\n"), "{stderr}");
    assert!(stderr.contains("not brought up to date"), "{stderr}");
    let full = format!(
        "exec '{}' macp submit --title c --task-id c -- true > /dev/full",
        env!("CARGO_BIN_EXE_taskrun")
    );
    let (code, _, stderr) = run(&full);
    assert!(code == Some(2) && stderr.contains("`c` is queued"), "{stderr}");
    assert_eq!(count(&sandbox, "pending"), 3);
}

#[test]
fn a_log_that_was_cut_has_nothing_done_again() {
    let sandbox = queue();
    submit(&sandbox, "a", &["--command", "echo a >> out"]);
    submit(&sandbox, "b", &["--command", "echo b >> out; exit 3"]);
    macp(&sandbox, &["drain"]);
    assert_eq!(macp(&sandbox, &["retry", "b"]).code, 0);
    let log = sandbox.read(LOG);
    // Within a line, behind the start of `a`; then nothing at all.
    let cut = log.find("task.started").unwrap() + 40;
    for keep in [cut, 0] {
        sandbox.write(LOG, &log[..keep]);
        let status = macp(&sandbox, &["status", "--json"]);
        assert!(status.stderr.contains("was cut short"), "{status:?}");
        let found = &status.json()["counts"];
        assert_eq!((&found["completed"], &found["running"]), (&json!(1), &json!(0)), "{status:?}");
        macp(&sandbox, &["drain"]);
        let status = macp(&sandbox, &["status", "--json"]);
        assert!(status.stderr.is_empty(), "{status:?}");
        let lines = sandbox.read(LOG);
        assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{lines}");
    }
    assert_eq!(sandbox.read("out"), "a\nb\nb\n");
}

#[test]
fn a_drain_does_not_wait_for_a_claim() {
    let sandbox = queue();
    submit(&sandbox, "held", &["--key", "k", "--", "true"]);
    assert_eq!(macp(&sandbox, &["claim", "--as", "w"]).code, 0);
    submit(&sandbox, "same", &["--key", "k", "--command", "echo same >> out"]);
    let out = macp(&sandbox, &["drain"]);
    assert!(out.code == 0 && out.stdout.contains("others work on them"), "{out:?}");
    // All the room there is.
    submit(&sandbox, "free", &["--command", "echo free >> out"]);
    let mut drain = sandbox.command();
    let out = drain.args(["macp", "drain"]).env("TASK_MAX_CONCURRENT", "1").output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.code() == Some(0) && said.contains("others work on them"), "{said}");
    assert!(!sandbox.path("out").exists());
    assert_eq!(macp(&sandbox, &["drain"]).code, 0);
    assert_eq!(sandbox.read("out"), "free\n");
}
