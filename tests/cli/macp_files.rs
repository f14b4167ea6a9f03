//! The queue's files that are not as they should be, and what of them is left when tasks go.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::{Value, json};

use crate::macp_queue::{macp, queue, submit};
use crate::macp_worktree::Yard;

const TASKS: &str = ".taskrun/macp/tasks.json";
const LOG: &str = ".taskrun/macp/events.ndjson";

#[test]
fn logs_of_no_two_tasks_are_the_same_and_gc_takes_all_of_them() {
    let sandbox = queue();
    let ids = ["x", "x.stderr", "x.gate-1", "x-1"];
    for id in ids {
        submit(
            &sandbox,
            id,
            &["--gate", "echo gate", "--command", &format!("echo out {id}; echo err {id} >&2")],
        );
    }
    assert_eq!(macp(&sandbox, &["drain"]).code, 0);
    for id in ids {
        let log = macp(&sandbox, &["log", id, "--json"]).json();
        let mut said: Vec<String> = log["outputs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|path| sandbox.read(path.as_str().unwrap()))
            .collect();
        said.sort();
        assert_eq!(said, [format!("err {id}\n"), "gate\n".to_owned(), format!("out {id}\n")]);
    }
    assert_eq!(sandbox.read(".taskrun/macp/logs/x.stderr.log"), "err x\n");
    // They ended long ago; that something is said of one now does not make it fresh.
    let log = sandbox.read(LOG);
    let old =
        log.lines().map(|line| if line.contains("\"x-1\"") { line.to_owned() } else { aged(line) } + "\n");
    let old: String = old.collect();
    sandbox.write(LOG, old);
    assert_eq!(macp(&sandbox, &["log", "x", "a word"]).code, 0);
    let gone = macp(&sandbox, &["gc", "--older-than", "365d", "--json"]).json();
    assert_eq!(gone["removed"], json!(["x", "x.gate-1", "x.stderr"]));
    let mut left: Vec<String> = fs::read_dir(sandbox.path(".taskrun/macp/logs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["x-1.gate-1.log", "x-1.log", "x-1.stderr.log"]);
}

/// An event of some years ago, in as many bytes.
fn aged(line: &str) -> String {
    let mut event: Value = serde_json::from_str(line).unwrap();
    let now = event["timestamp"].as_str().unwrap().to_owned();
    event["timestamp"] = json!(format!("2020{}", &now[4..]));
    let then = event["timestamp"].as_str().unwrap().to_owned();
    line.replacen(&now, &then, 1)
}

#[test]
fn a_worktree_that_is_left_keeps_its_task_and_is_nobody_elses() {
    let yard = Yard::new();
    let sandbox = &yard.0;
    yard.tasks(&[]);
    submit(sandbox, "w", &["--worktree", "w", "--command", "echo unsaved > new"]);
    assert_eq!(yard.drain().code, 0);
    assert!(yard.base().join("w/new").exists());
    let out = macp(sandbox, &["gc", "--older-than", "0s"]);
    assert!(out.stdout.contains("removed 0 tasks") && out.stdout.contains("macp clean w"), "{out:?}");
    // By hand it goes; another task of the same name does not get what it left.
    submit(sandbox, "later", &["--", "true"]);
    let mut all: Value = serde_json::from_str(&sandbox.read(TASKS)).unwrap();
    all["tasks"].as_array_mut().unwrap().retain(|task| task["id"] == "later");
    sandbox.write(TASKS, all.to_string());
    submit(sandbox, "w", &["--worktree", "w", "--command", "touch inherited"]);
    assert_eq!(yard.drain().code, 1);
    let error = yard.result("w")["error"].as_str().unwrap().to_owned();
    assert!(
        error.contains("left by an earlier task") && !yard.base().join("w/inherited").exists(),
        "{error}"
    );
    let out = macp(sandbox, &["clean", "w"]);
    assert!(out.code == 1 && out.stderr.contains("give `--force`"), "{out:?}");
    assert_eq!(macp(sandbox, &["clean", "w", "--force"]).code, 0);
    macp(sandbox, &["retry", "w"]);
    assert_eq!(yard.drain().code, 0);
}

#[test]
fn what_is_missing_or_no_file_is_named_by_validate() {
    let sandbox = queue();
    submit(&sandbox, "a", &["--", "true"]);
    let whole = sandbox.read(TASKS);
    sandbox.write(
        TASKS,
        "{\"tasks\": [\n{\"id\": \"a\", \"title\": \"A\", \"status\": \"pending\", \"dispatch\": 5}]}",
    );
    let out = macp(&sandbox, &["validate"]);
    assert!(out.code == 1 && out.stdout.lines().all(|line| line.matches("line").count() < 2), "{out:?}");
    fs::remove_file(sandbox.path(TASKS)).unwrap();
    let out = macp(&sandbox, &["validate"]);
    assert!(out.code == 1 && out.stdout.contains("tasks.json line 1: is gone"), "{out:?}");
    assert!(Command::new("mkfifo").arg(sandbox.path(TASKS)).status().unwrap().success());
    let out = macp(&sandbox, &["validate"]);
    assert!(out.code == 2 && out.stderr.contains("no regular file"), "{out:?}");
    fs::remove_file(sandbox.path(TASKS)).unwrap();
    // As some editors save.
    sandbox.write(TASKS, format!("\u{feff}{whole}"));
    assert_eq!(macp(&sandbox, &["drain"]).code, 0);
    assert!(sandbox.read(TASKS).starts_with("\u{feff}{") && sandbox.read(TASKS).contains("completed"));
}

#[test]
fn a_link_that_leads_out_is_not_followed() {
    let sandbox = queue();
    let empty = "{\"tasks\": []}";
    let outside = sandbox.root().join("outside.json");
    fs::write(&outside, empty).unwrap();
    sandbox.write("inside.json", empty);
    let link = sandbox.path(TASKS);
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    symlink(&outside, &link).unwrap();
    let out = macp(&sandbox, &["submit", "--title", "A", "--", "true"]);
    assert!(out.code == 2 && out.stderr.contains("leads out"), "{out:?}");
    assert_eq!(fs::read_to_string(&outside).unwrap(), empty);
    fs::remove_file(&link).unwrap();
    symlink(sandbox.path("inside.json"), &link).unwrap();
    submit(&sandbox, "b", &["--", "true"]);
    assert!(link.is_symlink() && sandbox.read("inside.json").contains("\"b\""));
}

#[test]
fn what_makes_no_sense_is_said_plainly() {
    let sandbox = queue();
    let table: [(&[&str], &str); 6] = [
        (&["submit", "--title", "A", "--priority", "-1", "--", "true"], "no whole number of 0 and more"),
        (&["submit", "--title", "A", "--max-attempts", "-1", "--", "true"], "--max-attempts"),
        (&["update", "a", "--usd", "-5"], "no amount of money"),
        (&["claim", "--as", ""], "nobody is named"),
        (&["claim", "--as", "a\nb"], "one line"),
        (&["cancel", "a", "--as", " "], "nobody is named"),
    ];
    for (args, said) in table {
        let out = macp(&sandbox, args);
        assert!(out.code == 2 && out.stderr.contains(said), "{args:?}: {out:?}");
    }
    let task = |more: &str| {
        sandbox.write(
            TASKS,
            format!("[{{\"id\":\"a\",\"title\":\"A\",\"status\":\"pending\",\"dispatch\":\"exec\",{more}}}]"),
        );
        macp(&sandbox, &["drain"])
    };
    let out = task("\"env\":{\"A\":\"x\",\"B\":5}");
    assert!(out.code == 2 && out.stderr.contains("`env.B`"), "{out:?}");
    let out = task("\"quality_gates\":[5]");
    assert!(out.code == 2 && out.stderr.contains("a gate is a shell command"), "{out:?}");
    for args in [&["status"][..], &["submit", "--title", "A", "--", "true"]] {
        let mut command = sandbox.command();
        let out = command.arg("macp").args(args).env("TASK_RETRY_ATTEMPTS", "x").output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(2) && said.contains("TASK_RETRY_ATTEMPTS"), "{args:?}: {said}");
    }
}

#[test]
fn newer_damaged_and_missing_files_are_one_clear_error() {
    let sandbox = queue();
    assert_eq!(macp(&sandbox, &["submit", "--title", "A", "--task-id", "a", "--", "true"]).code, 0);
    let side = ".taskrun/macp/state/checkpoint.ndjson";
    let fine = sandbox.read(side);
    let table = [
        (fine.replacen("\"version\":1", "\"version\":9", 1), "has version 9"),
        (fine[..20].to_owned(), "is damaged"),
        (String::new(), "is damaged"),
    ];
    for (text, told) in table {
        sandbox.write(side, &text);
        for args in [&["status"][..], &["submit", "--title", "B", "--", "true"]] {
            let out = macp(&sandbox, args);
            assert!(out.code == 2 && out.stderr.contains(told), "{out:?}");
            assert_eq!(sandbox.read(side), text);
        }
    }
    sandbox.write(side, &fine);
    let tasks = sandbox.read(TASKS);
    fs::remove_file(sandbox.path(TASKS)).unwrap();
    let out = macp(&sandbox, &["status"]);
    assert!(out.code == 2 && out.stderr.contains("is gone") && out.stderr.contains("macp init"), "{out:?}");
    sandbox.write(TASKS, tasks);
    assert_eq!(macp(&sandbox, &["status", "a"]).code, 0);
    fs::remove_dir_all(sandbox.path(".taskrun/macp/state")).unwrap();
    assert_eq!(macp(&sandbox, &["submit", "--title", "B", "--task-id", "b", "--", "true"]).code, 0);
    assert_eq!(macp(&sandbox, &["status", "--json"]).json()["total"], 2);
}
