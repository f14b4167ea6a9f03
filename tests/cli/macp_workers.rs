//! `macp claim`, `update`, `log`: work by others than a drain.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::sandbox::{Outcome, Sandbox};

/// A workspace with a queue of these tasks; what is missing of id, title, status, dispatch and command is filled in.
pub fn queue(tasks: &[Value]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(".taskrun/.gitignore", "*\n");
    let whole = tasks.iter().map(|fields| {
        let mut task = json!({"title": "Do it", "status": "pending", "dispatch": "exec", "command": "true"});
        for (name, value) in fields.as_object().unwrap() {
            task[name] = value.clone();
        }
        task
    });
    let whole: Vec<Value> = whole.collect();
    sandbox
        .write(".taskrun/macp/tasks.json", serde_json::to_string_pretty(&json!({"tasks": whole})).unwrap());
    sandbox
}

/// `taskrun macp … --json`
pub fn macp(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    Outcome::of(sandbox.command().arg("macp").args(args).arg("--json"))
}

/// Takes the next task, which must be there.
pub fn claim(sandbox: &Sandbox, who: &str) -> Value {
    let out = macp(sandbox, &["claim", "--as", who]);
    assert_eq!(out.code, 0, "{out:?}");
    out.json()
}

/// A worker's word, with its exit code checked.
pub fn update(sandbox: &Sandbox, args: &[&str], code: i32) -> Value {
    let out = macp(sandbox, &[&["update"], args].concat());
    assert_eq!(out.code, code, "{out:?}");
    out.json()
}

/// The events of a task, oldest first.
pub fn events(sandbox: &Sandbox, id: &str) -> Vec<Value> {
    let text = fs::read_to_string(sandbox.path(".taskrun/macp/events.ndjson")).unwrap_or_default();
    let all = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    all.filter(|event| event["task_id"] == id).collect()
}

/// The last status of a task on record.
pub fn status(sandbox: &Sandbox, id: &str) -> String {
    let out = macp(sandbox, &["log", id]);
    out.json()["status"].as_str().unwrap().to_owned()
}

pub fn result(sandbox: &Sandbox, id: &str) -> Value {
    serde_json::from_str(&sandbox.read(&format!(".taskrun/macp/results/{id}.json"))).unwrap()
}

#[test]
fn a_task_is_claimed_worked_and_completed() {
    let sandbox =
        queue(&[json!({"id": "a", "title": "First", "command": "echo hi", "description": "Say hi",
        "env": {"X": "1"}, "max_attempts": 2, "quality_gates": ["test -f made"]})]);
    let task = claim(&sandbox, "w1");
    for (name, value) in [
        ("id", json!("a")),
        ("title", json!("First")),
        ("command", json!("echo hi")),
        ("brief", json!("# First\n\nSay hi")),
        ("attempt", json!(1)),
        ("max_attempts", json!(2)),
        ("as", json!("w1")),
        ("dir", json!(sandbox.path(""))),
    ] {
        assert_eq!(task[name], value, "{name}");
    }
    assert_eq!((&task["task"]["env"]["X"], task["lease_until"].is_string()), (&json!("1"), true));

    // Nothing else is there for another.
    let none = macp(&sandbox, &["claim", "--as", "w2"]);
    assert_eq!((none.code, none.stdout.as_str()), (1, "null\n"), "{none:?}");
    let plain = sandbox.run(&["macp", "claim", "--as", "w2"]);
    assert_eq!((plain.code, plain.stdout.as_str()), (1, ""), "{plain:?}");

    // The worker says it is done; the gate says no.
    let red = update(&sandbox, &["a", "--status", "completed", "--as", "w1"], 1);
    assert_eq!(
        (&red["status"], &red["gate_results"][0]["exit_code"]),
        (&json!("pending"), &json!(1)),
        "{red}"
    );
    sandbox.write("made", "");
    let again = retry_claim(&sandbox);
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(again["attempt"], 2);
    let done = update(
        &sandbox,
        &["a", "--status", "completed", "--as", "w1", "--summary", "hi said", "--pr", "#7"],
        0,
    );
    assert_eq!(
        (&done["status"], &done["gate_results"][0]["exit_code"]),
        (&json!("completed"), &json!(0)),
        "{done}"
    );

    let result = result(&sandbox, "a");
    assert_eq!((&result["status"], &result["attempt"]), (&json!("completed"), &json!(2)));
    assert_eq!((&result["summary"], &result["pr"]), (&json!("hi said"), &json!("#7")));
    assert_eq!((&result["metadata"]["worker"], &result["exit_code"]), (&json!("w1"), &json!(0)));
    let kinds: Vec<_> = events(&sandbox, "a").iter().map(|event| event["event_type"].clone()).collect();
    for kind in [
        "task.started",
        "task.gated",
        "rail.check.failed",
        "task.retry.scheduled",
        "rail.check.passed",
        "task.completed",
    ] {
        assert!(kinds.contains(&json!(kind)), "{kind} in {kinds:?}");
    }
    assert_eq!(kinds.last(), Some(&json!("task.completed")));
}

/// Asks until the pause between two attempts is over.
fn retry_claim(sandbox: &Sandbox) -> std::process::Output {
    let mut last = None;
    crate::bench::wait_for("the second attempt", || {
        let out = sandbox.command().args(["macp", "claim", "--as", "w1", "--json"]).output().unwrap();
        let given = out.status.success();
        last = Some(out);
        given
    });
    last.unwrap()
}

#[test]
fn gates_red_to_the_last_attempt_need_a_person() {
    let sandbox = queue(&[json!({"id": "a", "quality_gates": ["echo no; false", "true"]})]);
    claim(&sandbox, "w");
    let out = update(&sandbox, &["a", "--status", "completed", "--as", "w"], 4);
    assert_eq!(out["status"], "escalated", "{out}");
    let result = result(&sandbox, "a");
    assert_eq!(
        (&result["status"], &result["escalation_reason"]),
        (&json!("escalated"), &json!("quality gates failed"))
    );
    assert_eq!(
        result["gate_results"],
        json!([{"command": "echo no; false", "exit_code": 1, "type": "mechanical"}, {"command": "true", "exit_code": 0, "type": "mechanical"}])
    );
    // What the gate printed is kept, and `log` says where.
    let log = macp(&sandbox, &["log", "a"]).json();
    let output = log["outputs"][0].as_str().unwrap();
    assert_eq!(fs::read_to_string(output).unwrap(), "no\n");
}

#[test]
fn a_legacy_task_keeps_to_its_own_words() {
    let sandbox = Sandbox::new();
    let tasks = json!({"tasks": [{"id": "L", "title": "Old", "status": "pending", "command": "true", "quality_gates": ["false"]}]});
    sandbox.write(".mosaic/orchestrator/tasks.json", tasks.to_string());
    let at = ["--dir", ".mosaic/orchestrator"];
    let given = macp(&sandbox, &[&at[..], &["claim", "--as", "w"]].concat());
    assert_eq!(given.json()["id"], "L", "{given:?}");
    let out = macp(&sandbox, &[&at[..], &["update", "L", "--status", "completed", "--as", "w"]].concat());
    assert_eq!((out.code, &out.json()["status"]), (1, &json!("failed")), "{out:?}");
    let events = sandbox.read(".mosaic/orchestrator/events.ndjson");
    assert!(!events.contains("gated") && !events.contains("escalated"), "{events}");
    let after: Value = serde_json::from_str(&sandbox.read(".mosaic/orchestrator/tasks.json")).unwrap();
    assert!(after["tasks"][0].get("dispatch").is_none(), "{after}");
}

#[test]
fn every_word_of_a_worker_has_its_consequence() {
    let tasks: Vec<Value> = ["failed", "tried", "asked", "back", "kept"]
        .iter()
        .enumerate()
        .map(|(order, id)| json!({"id": id, "priority": order, "max_attempts": if *id == "tried" { 2 } else { 1 }}))
        .collect();
    let sandbox = queue(&tasks);
    sandbox.write(".taskrun/config.toml", "[macp]\nretry_delay = '1h'\n");
    for id in ["failed", "tried", "asked", "back", "kept"] {
        assert_eq!(claim(&sandbox, "w")["id"], id);
    }
    let say = |id: &str, args: &[&str]| update(&sandbox, &[&[id, "--as", "w"], args].concat(), 0);
    let failed =
        say("failed", &["--status", "failed", "--exit-code", "3", "--error", "no disk", "--usd", "0.5"]);
    assert_eq!((&failed["status"], &failed["reason"]), (&json!("failed"), &json!("no disk")));
    let result = result(&sandbox, "failed");
    assert_eq!((&result["exit_code"], &result["error"]), (&json!(3), &json!("no disk")));
    assert_eq!((&result["metadata"]["spend"]["usd"], result["failed_at"].is_string()), (&json!(0.5), true));
    let tried = say("tried", &["--status", "failed"]);
    assert_eq!((&tried["status"], tried["not_before"].is_string()), (&json!("pending"), true), "{tried}");
    assert_eq!(say("asked", &["--status", "escalated", "--reason", "which db?"])["status"], "escalated");
    let back = say("back", &["--status", "pending", "--reason", "not my trade"]);
    assert_eq!(back["status"], "pending");
    let kept = say("kept", &["--lease", "2h", "--summary", "half way"]);
    assert_eq!(kept["status"], "running");
    let until: jiff::Timestamp = kept["lease_until"].as_str().unwrap().parse().unwrap();
    assert!(until > jiff::Timestamp::now() + jiff::SignedDuration::from_mins(100));
    // Handed back: it is the next one, and its attempt does not count.
    let again = claim(&sandbox, "other");
    assert_eq!((&again["id"], &again["attempt"]), (&json!("back"), &json!(2)));
    assert_eq!(say_as(&sandbox, "other", "back", "failed")["status"], "failed");
    // What makes no sense.
    for args in [
        &["kept", "--as", "w", "--status", "completed", "--exit-code", "1"][..],
        &["kept", "--as", "w", "--status", "escalated"],
        &["kept", "--as", "w", "--usd", "-1"],
        &["kept", "--as", "w", "--status", "great"],
        &["--as", "w"],
    ] {
        assert_eq!(macp(&sandbox, &[&["update"], args].concat()).code, 2, "{args:?}");
    }
    let unknown = macp(&sandbox, &["update", "nope", "--status", "completed"]);
    assert_eq!((unknown.code, &unknown.json_error()["code"]), (1, &json!("not_found")));
}

fn say_as(sandbox: &Sandbox, who: &str, id: &str, status: &str) -> Value {
    update(sandbox, &[id, "--as", who, "--status", status], 0)
}

#[test]
fn who_does_not_hold_a_task_any_more_is_refused() {
    let sandbox = queue(&[json!({"id": "a"})]);
    let out = macp(&sandbox, &["claim", "--as", "slow", "--lease", "1ns"]);
    assert_eq!(out.code, 0, "{out:?}");
    // Whoever only looks is told the truth, and nothing is written.
    let counts = macp(&sandbox, &["status"]).json();
    assert_eq!(
        (&counts["counts"]["pending"], &counts["counts"]["running"]),
        (&json!(1), &json!(0)),
        "{counts}"
    );
    assert_eq!(macp(&sandbox, &["status", "a"]).json()["status"], "pending");
    assert_eq!(events(&sandbox, "a").len(), 2);
    // The lease is over, and nobody has taken the task: it is nobody's all the same, and that is on record now.
    for who in ["slow", "fast"] {
        let late = macp(&sandbox, &["update", "a", "--as", who, "--status", "completed"]);
        assert_eq!((late.code, &late.json_error()["code"]), (1, &json!("refused")), "{late:?}");
        assert!(late.json_error()["message"].as_str().unwrap().contains("ran out"), "{late:?}");
        assert!(late.stderr.contains("macp claim"), "{late:?}");
        let last = events(&sandbox, "a").pop().unwrap();
        assert_eq!(
            (&last["event_type"], &last["message"]),
            (&json!("task.retry.scheduled"), &json!("The lease of `slow` ran out"))
        );
    }
    assert_eq!(events(&sandbox, "a").len(), 3);
    for (args, words) in [
        (&["claim", "--as", "w", "--lease", "0s"][..], "no time at all"),
        (&["claim", "--as", "w", "--lease", "99999999d"], "ten years"),
        (&["update", "a", "--as", "w", "--lease", "0s"], "no time at all"),
        (&["submit", "--title", "T", "--timeout", "0s", "--", "true"], "no time at all"),
        (&["submit", "--title", "T", "--timeout", "100ms", "--", "true"], "whole seconds"),
        (&["submit", "--title", "T", "--timeout", "4000d", "--", "true"], "ten years"),
        (&["approve", "a", "--note", " "], "nothing is said"),
    ] {
        let out = sandbox.run(&[&["macp"], args].concat());
        assert_eq!((out.code, out.stderr.contains(words)), (2, true), "{args:?}: {out:?}");
    }
    let given = claim(&sandbox, "fast");
    assert_eq!((&given["id"], &given["attempt"]), (&json!("a"), &json!(2)), "a lost attempt does not count");
    let late = macp(&sandbox, &["update", "a", "--as", "slow", "--status", "completed"]);
    assert_eq!((late.code, &late.json_error()["code"]), (1, &json!("refused")));
    assert!(late.stderr.contains("`fast`"), "{late:?}");
    // One name, two workers: the attempt tells them apart.
    let stale = macp(&sandbox, &["update", "a", "--as", "fast", "--attempt", "1", "--status", "completed"]);
    assert_eq!(stale.code, 1, "{stale:?}");
    update(&sandbox, &["a", "--as", "fast", "--attempt", "2", "--status", "completed"], 0);
    let twice = macp(&sandbox, &["update", "a", "--as", "fast", "--status", "completed"]);
    assert_eq!(twice.code, 1);
    assert!(twice.stderr.contains("completed already"), "{twice:?}");
    let kinds: Vec<_> = events(&sandbox, "a").iter().map(|event| event["event_type"].clone()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == json!("task.completed")).count(), 1);
    assert!(kinds.contains(&json!("task.retry.scheduled")));
}

#[test]
fn a_hint_goes_before_the_order_and_limits_hold() {
    let sandbox = queue(&[
        json!({"id": "first", "org": "acme"}),
        json!({"id": "hinted", "metadata": {"agent": "smith"}, "priority": 4}),
        json!({"id": "by-runtime", "runtime": "codex", "priority": 4}),
        json!({"id": "same-1", "key": "doc-1"}),
        json!({"id": "same-2", "key": "doc-1", "org": "other"}),
    ]);
    assert_eq!(claim(&sandbox, "smith")["id"], "hinted");
    assert_eq!(claim(&sandbox, "codex")["id"], "by-runtime");
    let other = macp(&sandbox, &["claim", "--as", "x", "--org", "other"]).json();
    assert_eq!(other["id"], "same-2");
    assert_eq!(claim(&sandbox, "x")["id"], "first", "`same-1` has to wait for its key");
    assert_eq!(macp(&sandbox, &["claim", "--as", "x"]).code, 1);
    say_as(&sandbox, "x", "same-2", "completed");
    let full = Outcome::of(
        sandbox.command().args(["macp", "claim", "--as", "x", "--json"]).env("TASK_MAX_CONCURRENT", "3"),
    );
    assert_eq!((full.code, full.stdout.as_str()), (1, "null\n"));
    assert!(full.stderr.contains("3 tasks"), "{full:?}");
    assert_eq!(claim(&sandbox, "x")["id"], "same-1");
}

#[test]
fn many_that_ask_at_once_never_get_the_same_task() {
    let tasks: Vec<Value> = (0..12).map(|number| json!({"id": format!("t{number}")})).collect();
    let sandbox = queue(&tasks);
    let ask = |number: usize| {
        let mut command = sandbox.command();
        command
            .args(["macp", "claim", "--json", "--as", &format!("w{number}")])
            .env("TASK_MAX_CONCURRENT", "100");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..16).map(ask).collect();
    let mut given = Vec::new();
    let mut none = 0;
    for child in children {
        let out = child.wait_with_output().unwrap();
        let answer: Value = serde_json::from_slice(&out.stdout).unwrap();
        match answer["id"].as_str() {
            Some(id) => given.push(id.to_owned()),
            None => none += 1,
        }
    }
    given.sort();
    given.dedup();
    assert_eq!((given.len(), none), (12, 4), "{given:?}");
}

#[test]
fn the_log_has_every_line_and_transition_with_its_time() {
    let sandbox = queue(&[json!({"id": "a"})]);
    claim(&sandbox, "w");
    let out = macp(&sandbox, &["log", "a", "- half way \u{1b}[31m", "--as", "w"]);
    assert_eq!(out.code, 0, "{out:?}");
    say_as(&sandbox, "w", "a", "completed");
    let log = macp(&sandbox, &["log", "a"]).json();
    let kinds: Vec<_> =
        log["events"].as_array().unwrap().iter().map(|event| event["event_type"].clone()).collect();
    let expected = ["task.assigned", "task.started", "task.progress", "task.completed"];
    assert_eq!(kinds, expected.map(Value::from));
    for event in log["events"].as_array().unwrap() {
        assert!(event["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{event}");
    }
    let line = &log["events"][2];
    assert_eq!((&line["message"], &line["metadata"]["by"]), (&json!("- half way \u{1b}[31m"), &json!("w")));
    assert_eq!((&line["source"], &line["status"]), (&json!("worker"), &json!("running")));
    let text = sandbox.run(&["macp", "log", "a"]).stdout;
    assert!(text.contains("  w: - half way \u{fffd}[31m"), "{text}");
    assert_eq!(macp(&sandbox, &["log", "b"]).code, 1);
    assert_eq!(macp(&sandbox, &["log", "b", "line"]).code, 1);
}

#[test]
fn a_task_that_is_not_as_it_should_be_is_given_to_nobody() {
    let sandbox = queue(&[json!({"id": "a", "cwd": "../../etc"}), json!({"id": "b"})]);
    let out = macp(&sandbox, &["claim", "--as", "w"]);
    assert_eq!(out.code, 2, "{out:?}");
    assert!(out.stderr.contains("task `a`: `cwd`"), "{out:?}");
    assert!(!sandbox.path(".taskrun/macp/events.ndjson").exists());
}

#[test]
fn the_output_of_a_worker_fits_and_is_handed_on() {
    let schema = json!({"type": "object", "required": ["n"]});
    let sandbox = queue(&[
        json!({"id": "a", "result_schema": "schema.json", "on_complete": ["sh", "-c", "cat > told.json"]}),
    ]);
    sandbox.write("schema.json", schema.to_string());
    claim(&sandbox, "w");
    let done = &["update", "a", "--as", "w", "--status", "completed"];
    assert_eq!(macp(&sandbox, done).code, 2, "the output has to be given");
    sandbox.write("out", "thinking\n{\"m\": 1}\n");
    let out = macp(&sandbox, &[&done[..], &["--output", "out"]].concat());
    assert_eq!((out.code, &out.json()["status"]), (1, &json!("failed")), "{out:?}");
    assert!(!sandbox.path("told.json").exists());
    macp(&sandbox, &["retry", "a"]);
    claim(&sandbox, "w");
    sandbox.write("out", "{\"n\": 1}\n");
    let out = macp(&sandbox, &[&done[..], &["--output", "out"]].concat());
    assert_eq!((out.code, &out.json()["status"]), (0, &json!("completed")), "{out:?}");
    let told: Value = serde_json::from_str(&sandbox.read("told.json")).unwrap();
    assert_eq!((&told["task_id"], &told["metadata"]["output"]), (&json!("a"), &json!({"n": 1})));
}
