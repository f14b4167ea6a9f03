//! Queues of tasks without `dispatch` are worked as MACP's first controller did: the golden files say how.

use std::fs;

use serde_json::{Value, json};

use crate::macp_drain::{Desk, fixture};
use crate::sandbox::Sandbox;

/// A legacy queue in `.mosaic/orchestrator` of a sandbox.
fn orchestrator(tasks: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(".mosaic/orchestrator/tasks.json", tasks);
    sandbox.write(".mosaic/orchestrator/config.json", fixture("legacy/config.json"));
    sandbox
}

const DRAIN: [&str; 4] = ["macp", "--dir", ".mosaic/orchestrator", "drain"];

#[test]
fn a_legacy_queue_is_worked_as_ever() {
    let before = fixture("legacy/tasks.json");
    let sandbox = orchestrator(&before);
    let out = sandbox.run(&DRAIN);
    assert_eq!(out.code, 1, "{out:?}");
    assert_eq!(sandbox.read("out.txt"), "done");
    assert!(!sandbox.path("MUST_NOT_EXIST").exists());

    // Nothing changes in the file but the words for how far each is.
    let ends = ["completed", "failed", "failed", "completed", "completed", "completed"];
    let mut ends = ends.iter();
    let lines = before.lines().map(|line| match line.contains("\"status\"") {
        true => line.replace("\"pending\"", &format!("\"{}\"", ends.next().unwrap())),
        false => line.to_owned(),
    });
    let expected: Vec<String> = lines.collect();
    assert_eq!(sandbox.read(".mosaic/orchestrator/tasks.json").lines().collect::<Vec<_>>(), expected);

    let events = sandbox.read(".mosaic/orchestrator/events.ndjson");
    let told: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let golden = fixture("../macp_golden/legacy-events.ndjson");
    let golden: Vec<Value> = golden.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names = ["event_type", "task_id", "status", "source", "message"];
    let shown: Vec<Value> = told
        .iter()
        .map(|event| names.iter().map(|name| ((*name).to_owned(), event[name].clone())).collect())
        .collect();
    assert_eq!(shown, golden);

    let result = |id: &str| -> Value {
        serde_json::from_str(&sandbox.read(&format!(".mosaic/orchestrator/results/{id}.json"))).unwrap()
    };
    let table = [
        ("TASK-001", "completed", 0, Value::Null),
        ("TASK-002", "failed", 3, json!("exit code 3")),
        ("TASK-003", "failed", 0, json!("gate `false` failed with exit code 1")),
        ("TASK-005", "completed", 0, Value::Null),
        ("TASK-006", "completed", 0, Value::Null),
    ];
    for (id, status, code, error) in table {
        let result = result(id);
        assert_eq!((&result["status"], &result["exit_code"]), (&json!(status), &json!(code)), "{result}");
        assert_eq!((&result["error"], &result["dispatch"]), (&error, &json!("exec")), "{result}");
        assert_eq!((&result["attempt"], &result["worktree"]), (&json!(1), &Value::Null), "{result}");
    }
    assert!(!sandbox.path(".mosaic/orchestrator/results/TASK-004.json").exists());
    let log = sandbox.read(".mosaic/orchestrator/logs/TASK-006.log");
    assert!(log.starts_with("run task TASK-006: No command: worker.command_template is used from "), "{log}");

    // A second time there is nothing to do, and nothing is written.
    let again = sandbox.run(&DRAIN);
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(sandbox.read(".mosaic/orchestrator/events.ndjson"), events);
}

#[test]
fn a_bare_array_stays_one() {
    let sandbox = orchestrator(&fixture("legacy/tasks-bare-array.json").replace("pnpm lint", "true"));
    let out = sandbox.run(&DRAIN);
    assert_eq!(out.code, 0, "{out:?}");
    let text = sandbox.read(".mosaic/orchestrator/tasks.json");
    let tasks: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(tasks[0]["status"], "completed", "{text}");
    assert!(tasks[0].get("attempts").is_none() && tasks[0].get("dispatch").is_none(), "{text}");
}

#[test]
fn values_in_a_template_are_words_never_code() {
    let nasty = "a'b\"c $(touch HIT1) `touch HIT2`; touch HIT3 \\ $HOME *";
    let desk = Desk::new(&json!([{"id": "n 1", "title": nasty, "status": "pending"}]));
    let templates = [
        "printf '%s|' {task_id} {task_title}",
        "printf '%s|' \"{task_id}\" \"{task_title}\"",
        "printf '%s|' '{task_id}' '{task_title}'",
        "cat {task_file} | grep -qF '\"n 1\"' && printf '%s|%s|' {task_id} {task_title}",
    ];
    for template in templates {
        desk.tasks(&json!([{"id": "n 1", "title": nasty, "status": "pending"}]));
        let config = json!({"worker": {"command_template": template}}).to_string();
        desk.sandbox.write(".taskrun/macp/config.json", config);
        assert_eq!(desk.drain(&[]).code, 0, "{template}");
        let logs = fs::read_dir(desk.sandbox.path(".taskrun/macp/logs")).unwrap();
        let log = fs::read_to_string(logs.last().unwrap().unwrap().path()).unwrap();
        assert_eq!(log.trim_end(), format!("n 1|{nasty}|"), "{template}");
        for name in ["HIT1", "HIT2", "HIT3"] {
            assert!(!desk.sandbox.path(name).exists(), "{template}: {name}");
        }
    }
}

#[test]
fn a_queue_that_is_switched_off_is_left_alone() {
    let desk = Desk::new(&json!([{"id": "a", "title": "A", "status": "pending", "command": "touch hit"}]));
    desk.sandbox.write(".taskrun/macp/config.json", "{\"enabled\": false}");
    for args in [&["macp", "drain"][..], &["macp", "run", "a"]] {
        let out = desk.sandbox.run(args);
        assert_eq!(out.code, 2, "{out:?}");
        assert!(out.stderr.contains("switched off") && out.stderr.contains("--force"), "{out:?}");
        assert!(!desk.sandbox.path("hit").exists());
    }
    assert_eq!(desk.drain(&["--force"]).code, 0);
    assert!(desk.sandbox.path("hit").exists());
    // A file that makes no sense is named with its line.
    desk.sandbox.write(".taskrun/macp/config.json", "{\n\"enabled\": maybe}");
    let out = desk.drain(&[]);
    assert_eq!(out.code, 2, "{out:?}");
    assert!(out.stderr.contains("config.json` line 2"), "{out:?}");
}

#[test]
fn legacy_and_new_tasks_share_a_queue() {
    let desk = Desk::new(&json!([
        {"id": "old", "title": "Old", "status": "pending", "command": "echo '<promise>BLOCKED: no</promise>'"},
        {"id": "new", "title": "New", "status": "pending", "dispatch": "exec", "command": "true", "depends_on": ["old"]},
    ]));
    assert_eq!(desk.drain(&[]).code, 0);
    let kinds = |id: &str| -> Vec<String> {
        desk.events()
            .iter()
            .filter(|e| e["task_id"] == id)
            .map(|e| e["event_type"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(kinds("old"), ["task.assigned", "task.started", "task.completed"]);
    assert_eq!(kinds("new"), ["task.assigned", "task.started", "task.gated", "task.completed"]);
    let tasks = desk.read_tasks();
    assert!(tasks[0].get("attempts").is_none(), "{tasks}");
    assert_eq!(tasks[1]["attempts"], 1, "{tasks}");
}
