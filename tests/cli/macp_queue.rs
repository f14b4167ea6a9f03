//! The verbs that fill and show a queue, through the real binary.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::sandbox::{Outcome, Sandbox};

const TASKS: &str = ".taskrun/macp/tasks.json";

pub fn queue() -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path(".taskrun")).unwrap();
    sandbox
}

/// `macp ARGS…`
pub fn macp(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    sandbox.run(&[&["macp"], args].concat())
}

/// Submits a task of that id and title.
pub fn submit(sandbox: &Sandbox, id: &str, more: &[&str]) {
    let out = macp(sandbox, &[&["submit", "--title", id, "--task-id", id], more].concat());
    assert_eq!((out.code, out.stdout.trim()), (0, id), "{out:?}");
}

fn fed(sandbox: &Sandbox, args: &[&str], stdin: &str) -> Outcome {
    use std::io::Write;
    let mut child = sandbox
        .command()
        .arg("macp")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { code: out.status.code().unwrap(), stdout: text(out.stdout), stderr: text(out.stderr) }
}

fn tasks(sandbox: &Sandbox) -> Value {
    serde_json::from_str(&sandbox.read(TASKS)).unwrap()
}

/// Every flag of `submit`, with what it needs.
const FLAGS: &[&[&str]] = &[
    &["submit"],
    &["--title", "Add auth"],
    &["--task-id", "TASK-042"],
    &["--type", "coding"],
    &["--dispatch", "exec"],
    &["--runtime", "claude"],
    &["--brief", "docs/tasks/TASK-042.md"],
    &["--depends-on", "A,B"],
    &["--worktree", "~/src/work-worktrees/x"],
    &["--branch", "feat/x"],
    &["--priority", "1"],
    &["--max-attempts", "3"],
    &["--timeout", "90s"],
    &["--gate", "test -f a"],
    &["--gate", "true"],
    &["--launcher", "slurm"],
    &["--key", "drive-42"],
    &["--env", "A=b=c"],
    &["--cwd", "sub"],
    &["--org", "acme"],
    &["--cache"],
    &["--result", "results/x.json"],
    &["--result-schema", "s.json"],
    &["--on-complete", "cat >out"],
    &["--issue", "#42"],
    &["--pr", "7"],
    &["--description", "more"],
    &["--", "printf", "%s", "two words; $HOME"],
];

#[test]
fn a_task_has_all_that_flags_say() {
    let sandbox = queue();
    sandbox.write(".taskrun/config.toml", "[launchers.slurm]\ncommand = [\"true\"]\n");
    let made = macp(&sandbox, &FLAGS.concat());
    assert_eq!((made.code, made.stdout.as_str()), (0, "TASK-042\n"), "{made:?}");
    let mut task = tasks(&sandbox)["tasks"][0].clone();
    assert!(task.as_object_mut().unwrap().remove("created_at").is_some());
    let expected = json!({
        "id": "TASK-042", "title": "Add auth", "status": "pending", "description": "more", "type": "coding",
        "dispatch": "exec", "runtime": "claude", "worktree": "~/src/work-worktrees/x", "branch": "feat/x",
        "result_path": "results/x.json", "issue": "#42", "pr": "7", "depends_on": ["A", "B"], "max_attempts": 3,
        "timeout_seconds": 90, "argv": ["printf", "%s", "two words; $HOME"], "quality_gates": ["test -f a", "true"],
        "priority": 1, "key": "drive-42", "org": "acme", "launcher": "slurm", "cwd": "sub",
        "cache": true, "on_complete": ["sh", "-c", "cat >out"], "result_schema": "s.json",
        "brief_path": "docs/tasks/TASK-042.md", "env": {"A": "b=c"},
    });
    assert_eq!(task, expected);
    let shown = macp(&sandbox, &["show", "TASK-042", "--json"]).json();
    assert_eq!(shown["task"]["argv"], expected["argv"]);
    assert_eq!((&shown["status"], &shown["result"]), (&json!("pending"), &Value::Null));
    assert_eq!(shown["depends_on"], json!({"A": "unknown", "B": "unknown"}));
    assert_eq!(shown["stuck"][0], "depends on `A`, which is not there");
}

#[test]
fn what_makes_no_sense_is_refused_and_nothing_is_written() {
    let sandbox = queue();
    assert_eq!(macp(&sandbox, &["submit", "--title", "A", "--task-id", "a", "--", "true"]).code, 0);
    let before = sandbox.read(TASKS);
    let table: &[(&[&str], i32, &str)] = &[
        (&["submit", "--title", "A", "--task-id", "a"], 1, "there is a task `a` already"),
        (&["submit", "--task-id", "b"], 2, "a task needs a title"),
        (&["submit", "--title", " ", "--task-id", "b"], 2, "`title` is empty"),
        (&["submit", "--title", "B", "--type", "bugfix"], 2, "bugfix"),
        (&["submit", "--title", "B", "--max-attempts", "0"], 2, "--max-attempts"),
        (&["submit", "--title", "B", "--timeout", "90"], 2, "--timeout"),
        (&["submit", "--title", "B", "--task-id", "../x"], 2, "this is no id"),
        (&["submit", "--title", "B", "--task-id", "a b"], 2, "this is no id"),
        (&["submit", "--title", "B", "--dispatch", "a/b"], 2, "`dispatch` is no name"),
        (&["submit", "--title", "B", "--env", "=x"], 2, "NAME=VALUE"),
        (&["submit", "--title", "B", "--command", "x", "--", "y"], 2, "cannot be used with"),
        (&["submit", "--from", "nowhere.json"], 2, "`nowhere.json` is not there"),
        (&["show", "nope"], 1, "no task `nope`"),
        (&["status", "nope"], 1, "no task `nope`"),
        (&["status", "--task-id", "nope"], 1, "no task `nope`"),
        (&["history", "nope"], 1, "no task `nope`"),
    ];
    for (args, code, told) in table {
        let out = macp(&sandbox, args);
        assert!(out.code == *code && out.stderr.contains(told), "{args:?}: {out:?}");
        assert_eq!(sandbox.read(TASKS), before, "{args:?}");
    }
}

#[test]
fn many_are_submitted_all_or_none() {
    let sandbox = queue();
    let table = [
        (r#"[{"id":"a","title":"A"},{"title":"B","type":"review"}]"#, 2),
        (r#"{"tasks":[{"id":"c","title":"C","x_own":[1]}]}"#, 1),
        ("{\"id\":\"d\",\"title\":\"D\"}\n\n{\"id\":\"e\",\"title\":\"E\",\"status\":\"pending\"}\n", 2),
    ];
    for (text, count) in table {
        let out = fed(&sandbox, &["submit", "--from", "-", "--org", "acme"], text);
        assert_eq!((out.code, out.stdout.lines().count()), (0, count), "{out:?}");
    }
    let before = sandbox.read(TASKS);
    let all = tasks(&sandbox);
    assert_eq!(all["tasks"][2]["x_own"], json!([1]));
    assert!(
        all["tasks"]
            .as_array()
            .unwrap()
            .iter()
            .all(|task| task["org"] == "acme" && task["dispatch"] == "exec")
    );
    let bad = [
        (r#"[{"id":"n","title":"N"},{"id":"a","title":"A"}]"#, 1, "there is a task `a` already"),
        (r#"[{"id":"n","title":"N"},{"id":"n","title":"N"}]"#, 2, "there are two tasks `n`"),
        (r#"[{"id":"n","title":"N"},{"id":"m"}]"#, 2, "title"),
        (r#"[{"id":"n","title":"N"},{"id":"m","title":"M","attempts":-1}]"#, 2, "task `m`"),
        (r#"[{"id":"n","title":"N"},7]"#, 2, "no task"),
        ("{\"id\":\"n\",\"title\":\"N\"}\n{\"id\":\"m\",", 2, "standard input line 2"),
        ("", 2, "nothing"),
        (r#"{"id":"n","title":"N","status":"completed"}"#, 2, "task `n`: `status` is"),
        (r#"{"id":"n","title":"N","attempts":3}"#, 2, "`attempts` is for the queue to say"),
        (r#"{"id":"n","title":"N","title":"M"}"#, 2, "line 1: `title` is there twice"),
        (
            r#"{"id":"n","title":"N","x":12345678901234567890123}"#,
            2,
            "12345678901234567890123 has more digits",
        ),
        (
            r#"[{"id":"n","title":"N","depends_on":["m"]},{"id":"m","title":"M","depends_on":["n"]}]"#,
            1,
            "waits for itself",
        ),
    ];
    for (text, code, told) in bad {
        let out = fed(&sandbox, &["submit", "--from", "-"], text);
        assert!(out.code == code && out.stderr.contains(told), "{text}: {out:?}");
        assert_eq!(sandbox.read(TASKS), before, "{text}");
    }
}

#[test]
fn all_seven_counts_are_told() {
    let sandbox = queue();
    let empty = macp(&sandbox, &["status"]);
    let expected = "pending    0\nrunning    0\ngated      0\ncompleted  0\nfailed     0\nescalated  0\ncancelled  0\ntotal      0\n";
    assert_eq!((empty.code, empty.stdout.as_str()), (0, expected));
    assert!(!sandbox.path(".taskrun/macp").exists(), "looking writes nothing");
    sandbox.write(
        TASKS,
        r#"[{"id":"a","title":"A","status":"failed"},{"id":"b","title":"B","status":"failed","cancelled":true},
           {"id":"c","title":"C","status":"gated"},{"id":"d","title":"D","status":"pending","depends_on":["a"]}]"#,
    );
    let all = macp(&sandbox, &["status", "--json"]).json();
    let counts = json!({"pending": 1, "running": 0, "gated": 1, "completed": 0, "failed": 1, "escalated": 0, "cancelled": 1});
    assert_eq!((&all["counts"], &all["total"]), (&counts, &json!(4)));
    assert_eq!(all["stuck"], json!([{"id": "d", "reason": "depends on `a`, which is failed"}]));
}

#[test]
fn a_bad_file_is_named_by_line_and_task() {
    let sandbox = queue();
    let table: &[(&[u8], &str)] = &[
        (b"{\"tasks\": [\n  {\"id\":\"a\",\"title\":\"A\",\"status\":\"pending\"},\n  {\"id\":\"b\",\n\"title\":\"B\",\n\"status\":\"in_progress\"}\n]}", "line 5: task `b`: `status`: unknown variant `in_progress`"),
        (b"{\"tasks\": [\n  {\"id\":\"a\",\"title\":\"A\",\"status\":\"pending\"},\n  {\"id\":\"a\",\"title\":\"A\",\"status\":\"pending\"}]}", "line 3: there are two tasks `a`"),
        (b"{\"tasks\": [\n  {\"id\":\"a\",\"title\":\"A\",\"sta", "line 2: the file ends in the middle"),
        (b"{\"tasks\": [\n\n  7]}", "line 3: a task is expected"),
        (b"{\"tasks\": {}}", "`tasks` must be one list"),
        (b"{\"x\": 1}", "the object has no `tasks`"),
        (b"", "the file is empty"),
        (b"\"tasks\"", "line 1: a list of tasks"),
        (b"[{\"id\":\"a\",\"title\":\"A\",\"status\":\"pending\",\"depends_on\":\"b\"}]", "task `a`: `depends_on`: invalid type"),
        (b"[{\"id\":\"a\",\"title\":\"\xff\",\"status\":\"pending\"}]", "line 1"),
        (b"[] []", "something behind the end"),
    ];
    for (text, told) in table {
        sandbox.write(TASKS, text);
        for args in [&["status"][..], &["submit", "--title", "N", "--", "true"]] {
            let out = macp(&sandbox, args);
            assert!(out.code == 2 && out.stderr.contains(told), "{told}: {out:?}");
            assert_eq!(fs::read(sandbox.path(TASKS)).unwrap(), *text);
        }
    }
}

#[test]
fn bytes_of_untouched_tasks_stay_as_they_are() {
    let sandbox = queue();
    let text = "{\n\t\"x\" : 1,\n\t\"tasks\" : [\n\t\t{ \"id\":\"a\" , \"title\":\"A\\u0041\", \"status\":\"pending\",\"x_custom\": {\"keep\":[1 , 2.50]} }\n\t],\n\t\"y\": [ ]\n}";
    sandbox.write(TASKS, text);
    assert_eq!(macp(&sandbox, &["submit", "--title", "B", "--task-id", "b", "--", "true"]).code, 0);
    let now = sandbox.read(TASKS);
    let (head, tail) = (text.split("\n\t],").next().unwrap(), "\n\t],\n\t\"y\": [ ]\n}");
    assert!(now.starts_with(head) && now.ends_with(tail) && now.contains("\"id\": \"b\""), "{now}");
    sandbox.write(TASKS, "[ ]");
    assert_eq!(macp(&sandbox, &["submit", "--title", "C", "--task-id", "c", "--", "true"]).code, 0);
    // What was written by hand is gone; what was submitted and is still to be done stays.
    assert_eq!(tasks(&sandbox).as_array().unwrap().len(), 2);
}

#[test]
fn a_hand_is_heard_and_told_in_the_log() {
    let sandbox = queue();
    for id in ["a", "b"] {
        assert_eq!(macp(&sandbox, &["submit", "--title", "A", "--task-id", id, "--", "true"]).code, 0);
    }
    let edited = sandbox.read(TASKS).replacen("\"pending\"", "\"completed\"", 1);
    sandbox.write(TASKS, &edited);
    let seen = macp(&sandbox, &["status", "--json"]).json();
    assert_eq!(seen["counts"]["completed"], 1, "before anybody wrote");
    assert_eq!(macp(&sandbox, &["submit", "--title", "C", "--task-id", "c", "--", "true"]).code, 0);
    let history = macp(&sandbox, &["history", "a", "--json"]).json();
    let event = &history["events"][0];
    assert_eq!((&event["event_type"], &event["status"]), (&json!("task.progress"), &json!("completed")));
    assert_eq!(history["events"].as_array().unwrap().len(), 1, "once");
    assert_eq!(macp(&sandbox, &["status", "--json"]).json()["counts"]["completed"], 1);
}

#[test]
fn history_skips_what_is_no_event() {
    let sandbox = queue();
    let event = |id: &str, kind: &str| {
        json!({"event_id": "1", "event_type": kind, "task_id": id, "status": "pending", "timestamp": "2026-01-01T00:00:00Z", "source": "controller"}).to_string()
    };
    let log = [
        event("a", "task.assigned"),
        "{\"event_id\": broken".into(),
        event("b", "task.assigned"),
        event("a", "task.started"),
        "{\"event_id\":\"torn".into(),
    ];
    sandbox.write(".taskrun/macp/events.ndjson", log.join("\n"));
    let out = macp(&sandbox, &["history", "--task-id", "a"]);
    assert_eq!(out.code, 0);
    let kinds: Vec<&str> = out.stdout.lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert_eq!(kinds, ["task.assigned", "task.started"]);
    assert!(out.stderr.contains("line 2") && out.stderr.contains("line 5"), "{}", out.stderr);
}

#[test]
fn init_makes_what_is_missing_and_keeps_the_rest() {
    let sandbox = queue();
    let made = macp(&sandbox, &["init"]);
    assert!(
        made.code == 0 && made.stdout.contains("tasks.json") && made.stdout.contains("config.json"),
        "{made:?}"
    );
    assert_eq!(tasks(&sandbox), json!({"tasks": []}));
    let config: Value = serde_json::from_str(&sandbox.read(".taskrun/macp/config.json")).unwrap();
    assert_eq!(
        (&config["transport"], &config["macp"]["default_dispatch"]),
        (&json!("matrix"), &json!("exec"))
    );
    sandbox.write(TASKS, "[]");
    let again = macp(&sandbox, &["init", "--json"]).json();
    assert_eq!((&again["made"], sandbox.read(TASKS).as_str()), (&json!([]), "[]"));
}

#[test]
fn gc_takes_old_ends_and_leaves_what_is_needed() {
    let sandbox = queue();
    let all = ["old", "needed", "new", "pending", "escalated", "a", "a-1"];
    let status = |id: &str| match id {
        "pending" => "pending",
        "escalated" => "escalated",
        _ => "completed",
    };
    let list: Vec<Value> = all
        .iter()
        .map(|id| {
            let on = if *id == "new" { json!(["needed"]) } else { json!([]) };
            json!({"id": id, "title": id, "status": status(id), "dispatch": "exec", "depends_on": on})
        })
        .collect();
    sandbox.write(TASKS, json!({"tasks": list}).to_string());
    let now = "2999-01-01T00:00:00Z";
    let log: Vec<String> = all
        .iter()
        .map(|id| {
            let at = if ["new", "a-1"].contains(id) { now } else { "2020-01-01T00:00:00Z" };
            json!({"event_id": "1", "event_type": "task.completed", "task_id": id, "status": status(id), "timestamp": at, "source": "controller", "metadata": {}}).to_string()
        })
        .collect();
    sandbox.write(".taskrun/macp/events.ndjson", log.join("\n") + "\n");
    for file in [
        "results/old.json",
        "logs/old.log",
        "logs/a.stdout",
        "logs/a-1.stdout",
        "logs/a.log",
        "results/needed.json",
    ] {
        sandbox.write(&format!(".taskrun/macp/{file}"), "{}");
    }
    let gone = macp(&sandbox, &["gc", "--older-than", "30d", "--json"]).json();
    assert_eq!((&gone["removed"], &gone["needed"]), (&json!(["a", "old"]), &json!(1)));
    let left: Vec<String> = tasks(&sandbox)["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(left, ["needed", "new", "pending", "escalated", "a-1"]);
    let there = |file: &str| sandbox.path(&format!(".taskrun/macp/{file}")).exists();
    assert!(
        !there("results/old.json")
            && !there("logs/old.log")
            && !there("logs/a.log")
            && !there("logs/a.stdout")
    );
    assert!(there("results/needed.json") && there("logs/a-1.stdout"));
    assert_eq!(sandbox.read(".taskrun/macp/events.ndjson"), log.join("\n") + "\n", "the log is kept");
}

#[test]
fn fifty_megabytes_are_read() {
    let sandbox = queue();
    let filler = "x".repeat(49 << 20);
    sandbox.write(
        TASKS,
        json!({"tasks": [{"id": "a", "title": "A", "status": "pending", "description": filler}]}).to_string(),
    );
    assert_eq!(macp(&sandbox, &["status", "--json"]).json()["total"], 1);
    assert_eq!(macp(&sandbox, &["submit", "--title", "B", "--task-id", "b", "--", "true"]).code, 0);
    assert_eq!(macp(&sandbox, &["submit", "--title", "B", "--task-id", "b", "--", "true"]).code, 1);
    assert_eq!(macp(&sandbox, &["status", "--json"]).json()["total"], 2);
    sandbox.write(TASKS, "[".repeat(50 << 20));
    assert_eq!(macp(&sandbox, &["status"]).code, 2);
}
