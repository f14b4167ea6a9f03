//! Hands and editors at `tasks.json`: an older copy that is saved loses nothing that was acknowledged and has nothing done again;
//! what a person wants is heard.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::macp_queue::{macp, queue};
use crate::sandbox::Sandbox;

const TASKS: &str = ".taskrun/macp/tasks.json";

fn submit(sandbox: &Sandbox, id: &str, command: &str) {
    let out = macp(sandbox, &["submit", "--title", id, "--task-id", id, "--command", command]);
    assert_eq!(out.code, 0, "{out:?}");
}

/// Saves as editors do: a new file in the place of the old one.
fn save(sandbox: &Sandbox, text: &str) {
    sandbox.write("x", text);
    fs::rename(sandbox.path("x"), sandbox.path(TASKS)).unwrap();
}

fn counts(sandbox: &Sandbox) -> Value {
    macp(sandbox, &["status", "--json"]).json()["counts"].clone()
}

#[test]
fn an_editor_left_open_loses_nothing_and_repeats_nothing() {
    let sandbox = queue();
    submit(&sandbox, "pay1", "echo paid >> out");
    submit(&sandbox, "pay2", "echo paid >> out");
    let editor = sandbox.read(TASKS).replace("\"title\": \"pay2\"", "\"title\": \"Pay two\"");
    assert_eq!(macp(&sandbox, &["drain"]).code, 0);
    submit(&sandbox, "inv", "echo inv >> out");
    for in_place in [false, true] {
        if in_place {
            sandbox.write(TASKS, &editor);
        } else {
            save(&sandbox, &editor);
        }
        let status = macp(&sandbox, &["status", "--json"]);
        let expected = if in_place { (0, 3) } else { (1, 2) };
        let found = &status.json()["counts"];
        assert_eq!((&found["pending"], &found["completed"]), (&json!(expected.0), &json!(expected.1)));
        assert_eq!(status.stderr.matches("older copy").count(), 1, "{status:?}");
        assert!(
            ["`pay1`", "`pay2`", "`inv`", "macp retry", "macp cancel"]
                .iter()
                .all(|part| status.stderr.contains(part))
        );
        let drain = macp(&sandbox, &["drain", "--json"]);
        assert_eq!(drain.stderr.matches("older copy").count(), 1, "{drain:?}");
        let last: Value = serde_json::from_str(drain.stdout.lines().last().unwrap()).unwrap();
        assert_eq!(
            (&last["type"], &last["counts"]["completed"]),
            (&json!("run.finished"), &json!(expected.0))
        );
        assert_eq!(sandbox.read("out"), "paid\npaid\ninv\n");
        assert!(sandbox.read(TASKS).contains("Pay two"), "other edits are taken");
        let log = sandbox.read(".taskrun/macp/events.ndjson");
        assert!(log.contains("an older copy of it was saved") && log.contains("put_back"));
    }
}

#[test]
fn an_older_copy_that_is_saved_while_a_drain_works_changes_nothing() {
    let sandbox = queue();
    submit(&sandbox, "a", "echo a >> out");
    let editor = sandbox.read(TASKS).replace("\"title\": \"a\"", "\"title\": \"A\"");
    submit(&sandbox, "b", "echo b >> out; touch up; until test -e go; do sleep 0.02; done");
    submit(&sandbox, "c", "echo c >> out");
    let mut drain = sandbox.command();
    let drain = drain
        .args(["macp", "drain", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    let until = |there: &dyn Fn() -> bool| {
        while !there() {
            assert!(Instant::now() < end, "in time");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    until(&|| sandbox.path("up").exists() && sandbox.read(TASKS).contains("\"running\""));
    save(&sandbox, &editor);
    sandbox.write("go", "");
    let out = drain.wait_with_output().unwrap();
    let stdout = String::from_utf8(out.stdout).unwrap();
    let last: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    assert_eq!((out.status.code(), &last["counts"]["completed"]), (Some(0), &json!(3)), "{last}");
    assert_eq!(sandbox.read("out"), "a\nb\nc\n");
    assert_eq!(counts(&sandbox)["completed"], 3);
    assert!(sandbox.read(TASKS).contains("\"title\": \"A\""));
}

#[test]
fn what_a_person_wants_is_heard() {
    let sandbox = queue();
    submit(&sandbox, "done", "echo done >> out");
    submit(&sandbox, "bad", "exit 3");
    macp(&sandbox, &["drain"]);
    submit(&sandbox, "new", "true");
    let show = |id: &str| macp(&sandbox, &["show", id, "--json"]).json();
    let result = sandbox.path(".taskrun/macp/results/bad.json");
    assert!(result.exists() && show("bad")["result"]["status"] == "failed");
    // Handed back: the result of then is not one of now.
    assert_eq!(macp(&sandbox, &["retry", "bad"]).code, 0);
    assert!(!result.exists() && show("bad")["result"].is_null(), "{}", show("bad"));
    assert!(macp(&sandbox, &["history", "bad", "--json"]).stdout.contains("\"exit_code\""));
    // Set back in the file as it is now: it is done again.
    let now = sandbox.read(TASKS);
    save(&sandbox, &now.replacen("\"completed\"", "\"pending\"", 1));
    let status = macp(&sandbox, &["status", "--json"]);
    assert!(status.json()["counts"]["pending"] == 3 && status.stderr.is_empty(), "{status:?}");
    macp(&sandbox, &["drain"]);
    assert_eq!(sandbox.read("out"), "done\ndone\n");
    assert_eq!(show("bad")["result"]["attempt"], 2);
    // Taken out: what is over goes, where the rest shows that it was seen; what is still to be done stays.
    submit(&sandbox, "later", "true");
    let mut all: Value = serde_json::from_str(&sandbox.read(TASKS)).unwrap();
    all["tasks"].as_array_mut().unwrap().retain(|task| task["id"] == "new");
    save(&sandbox, &all.to_string());
    let out = macp(&sandbox, &["cancel", "later"]);
    assert!(out.code == 0 && show("later")["status"] == "cancelled", "{out:?}");
    assert_eq!(macp(&sandbox, &["status", "--json"]).json()["total"], 2);
    save(&sandbox, "{\"tasks\": []}");
    assert_eq!(macp(&sandbox, &["status", "--json"]).json()["total"], 2);
    assert!(sandbox.read(".taskrun/macp/events.ndjson").contains("\"removed\":true"));
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    for name in ["tasks.json", "events.ndjson", "config.json"] {
        let sandbox = queue();
        sandbox.write(".taskrun/macp/keep", "");
        let path = sandbox.path(&format!(".taskrun/macp/{name}"));
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        for args in [&["submit", "--title", "A", "--", "true"][..], &["drain"]] {
            let out = macp(&sandbox, args);
            assert!(out.code == 2 && out.stderr.contains("regular file"), "{name} {args:?}: {out:?}");
        }
    }
}

#[test]
fn who_would_wait_for_himself_is_refused() {
    let sandbox = queue();
    let add = |id: &str, on: &str| {
        macp(&sandbox, &["submit", "--title", id, "--task-id", id, "--depends-on", on, "--", "true"])
    };
    assert_eq!(add("p", "q, r ,q").code, 0);
    let all: Value = serde_json::from_str(&sandbox.read(TASKS)).unwrap();
    assert_eq!(all["tasks"][0]["depends_on"], json!(["q", "r"]));
    for large in [false, true] {
        if large {
            // So large that a submit does not read it.
            let task = |at| json!({"id": format!("f{at}"), "title": "F".repeat(300), "status": "pending"});
            let mut all: Value = serde_json::from_str(&sandbox.read(TASKS)).unwrap();
            all["tasks"].as_array_mut().unwrap().extend((0..700).map(task));
            sandbox.write(TASKS, all.to_string());
            submit(&sandbox, "one", "true");
            assert!(fs::metadata(sandbox.path(TASKS)).unwrap().len() > 150_000);
            assert_eq!(add("s", "t").code, 0);
        }
        for (id, on) in [("q", "p"), ("t", "s")] {
            if id == "t" && !large {
                continue;
            }
            let out = add(id, on);
            assert!(out.code == 1 && out.stderr.contains("waits for itself"), "{large} {id}: {out:?}");
        }
        assert_eq!(add("a", "a").code, 2);
        assert_eq!(add("e", "x,,y").code, 2);
    }
    assert_eq!(add("q", "f1").code, 0);
}
