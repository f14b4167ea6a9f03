//! Tasks and what is said of them.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::*;
use crate::domain::workspace::Workspace;

/// A repository with a queue; links lead out of it.
fn place(top: &Path) -> (Place, Settings) {
    for dir in ["repo/.taskrun/macp/results", "repo/docs", "outside", "trees", "allowed"] {
        fs::create_dir_all(top.join(dir)).unwrap();
    }
    for link in ["repo/docs/out", "trees/out", "repo/.taskrun/macp/out", "repo/out"] {
        symlink(top.join("outside"), top.join(link)).unwrap();
    }
    let place = Place::of(&Workspace::at(top.join("repo")));
    let config = format!(
        "[macp]\nworktree_base = {:?}\nallowed_dirs = [{:?}]\n[launchers.slurm]\ncommand = [\"srun\"]\n",
        top.join("trees"),
        top.join("allowed")
    );
    store::write(place.settings(), store::SHARED, config.as_bytes()).unwrap();
    let settings = crate::domain::macp::settings::load(&place).unwrap();
    (place, settings)
}

fn read(value: &Value) -> Task {
    serde_json::from_value(value.clone()).unwrap()
}

/// A task with `dispatch` and these fields.
fn with(fields: &Value) -> Task {
    let mut value =
        json!({"id": "A", "title": "t", "status": "pending", "dispatch": "exec", "command": "true"});
    for (name, field) in fields.as_object().unwrap() {
        value[name] = field.clone();
    }
    read(&value)
}

/// Fields, and of which of them something is said; `@` is the directory of all, `LONG` a long word.
const TABLE: &str = r#"[
[{"id": "a b"}, "id"],
[{"id": "a/b"}, "id"],
[{"id": "../../etc"}, "id"],
[{"id": "a\nb"}, "id"],
[{"id": "a\u0000b"}, "id"],
[{"id": ""}, "id"],
[{"id": "-a"}, "id"],
[{"id": ".a"}, "id"],
[{"id": "ä"}, "id"],
[{"id": "LONG"}, "id"],
[{"worktree": "../../etc"}, "worktree"],
[{"worktree": "/etc"}, "worktree"],
[{"worktree": "@trees"}, "worktree"],
[{"worktree": "@trees/../outside/x"}, "worktree"],
[{"worktree": "@trees/out"}, "worktree"],
[{"worktree": "out/x"}, "worktree"],
[{"worktree": "a/.git/x"}, "worktree"],
[{"worktree": ".pool-1"}, "worktree"],
[{"worktree": "~"}, "worktree"],
[{"worktree": "~root/x"}, "worktree"],
[{"worktree": "~/x"}, "worktree"],
[{"worktree": "a\u0000"}, "worktree"],
[{"worktree": "LONG"}, "worktree"],
[{"result_path": "../../etc/passwd"}, "result_path"],
[{"result_path": "/etc/passwd"}, "result_path"],
[{"result_path": "out/x.json"}, "result_path"],
[{"result_path": "tasks.json"}, "result_path"],
[{"result_path": "./events.ndjson"}, "result_path"],
[{"result_path": "state/queue.lock"}, "result_path"],
[{"result_path": "results"}, "result_path"],
[{"result_path": "results/"}, "result_path"],
[{"result_path": ""}, "result_path"],
[{"brief_path": "../../etc/passwd"}, "brief_path"],
[{"brief_path": "/etc/passwd"}, "brief_path"],
[{"brief_path": "docs/out/x.md"}, "brief_path"],
[{"brief_path": "docs/out"}, "brief_path"],
[{"dispatch": "yolo", "mcp_config": "out/mcp.json"}, "mcp_config"],
[{"result_schema": "../s.json"}, "result_schema"],
[{"cwd": "/etc"}, "cwd"],
[{"cwd": "out"}, "cwd"],
[{"cwd": "docs/../.."}, "cwd"],
[{"command": "a\u0000b"}, "command"],
[{"command": " "}, "command"],
[{"argv": []}, "argv"],
[{"argv": ["", "x"]}, "argv"],
[{"argv": ["sh", "a\u0000b"]}, "argv"],
[{"on_complete": ["x\u0000"]}, "on_complete"],
[{"quality_gates": ["a\u0000"]}, "quality_gates"],
[{"quality_gates": [{"command": "x", "type": "manual"}]}, "quality_gates"],
[{"env": {"A=B": "x"}}, "env"],
[{"env": {"": "x"}}, "env"],
[{"env": {"1A": "x"}}, "env"],
[{"env": {"A\nB": "x"}}, "env"],
[{"env": {"A": "x\u0000"}}, "env"],
[{"env": {"TASKRUN_RUN": "x"}}, "env"],
[{"env": {"API_TOKEN": "not-for-all-to-read"}}, "env"],
[{"env": {"A": "ghp_0123456789abcdefghijklmnopqrstuvwxyz"}}, "env"],
[{"env": {"MAX_TOKENS": "4096"}}, ""],
[{"launcher": "slurm", "branch": "b;/tmp/evil.sh;true"}, "branch"],
[{"launcher": "slurm", "branch": "b$(x)"}, "branch"],
[{"launcher": "slurm", "branch": "feat/b#1"}, ""],
[{"type": "bugfix"}, "type"],
[{"dispatch": "docker"}, "dispatch"],
[{"dispatch": "../../bin/sh"}, "dispatch"],
[{"dispatch": ""}, "dispatch"],
[{"max_attempts": 0}, "max_attempts"],
[{"metadata": [1]}, "metadata"],
[{"runtime": "--help"}, "runtime"],
[{"runtime": "a b"}, "runtime"],
[{"launcher": "none"}, "launcher"],
[{"branch": "a..b"}, "branch"],
[{"branch": "--force"}, "branch"],
[{"branch": "a\nb"}, "branch"],
[{}, ""],
[{"id": "a-B_9."}, ""],
[{"id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}, ""],
[{"worktree": ""}, ""],
[{"worktree": "a/b"}, ""],
[{"worktree": "@trees/a"}, ""],
[{"result_path": "results/A.json"}, ""],
[{"result_path": "own/dir/A.json"}, ""],
[{"brief_path": "docs/A.md", "dispatch": "yolo", "mcp_config": "mcp.json", "result_schema": "s.json"}, ""],
[{"dispatch": "exec", "mcp_config": "mcp.json"}, "mcp_config"],
[{"cwd": "docs"}, ""],
[{"cwd": "."}, ""],
[{"cwd": "@allowed"}, ""],
[{"cwd": "@allowed/x"}, ""],
[{"cwd": "@repo/docs"}, ""],
[{"type": "coding", "dispatch": "yolo", "runtime": "claude", "launcher": "slurm"}, ""],
[{"quality_gates": ["true", {"command": "x", "type": "ai-review"}]}, ""],
[{"argv": ["printf", "a\nb", ""], "env": {"_A1": "x\ny"}, "branch": "fix/a"}, ""]
]"#;

#[test]
fn hostile_fields_are_named() {
    let temp = tempfile::tempdir().unwrap();
    let top = temp.path().canonicalize().unwrap();
    let (place, settings) = place(&top);
    let text = TABLE.replace("\"@", &format!("\"{}/", top.display())).replace("LONG", &"x".repeat(10_000));
    let table: Vec<(Value, String)> = serde_json::from_str(&text).unwrap();
    for (fields, field) in table {
        let task = with(&fields);
        let said = tasks([&task], &place, &settings);
        let fields: String = fields.to_string().chars().take(80).collect();
        let expected: Vec<&str> =
            Some(field.as_str()).filter(|field| !field.is_empty()).into_iter().collect();
        assert_eq!(said.iter().map(|one| one.field).collect::<Vec<_>>(), expected, "{fields}: {said:?}");
        let alone = super::task(&task, &place, &settings);
        assert_eq!(alone.is_err(), !field.is_empty(), "{fields}");
        if let Err(error) = alone {
            let words = error.to_string();
            assert!(
                words.contains(&format!("`{field}`")) && words.len() < 400 && !words.contains(['\0', '\n']),
                "{words:?}"
            );
        }
    }
    let itself =
        super::task(&with(&json!({"depends_on": ["A"]})), &place, &settings).unwrap_err().to_string();
    assert_eq!(itself, "task `A`: `depends_on` names the task itself");
}

#[test]
fn only_what_must_hold_is_asked_of_tasks_without_dispatch_and_of_those_that_are_over() {
    let temp = tempfile::tempdir().unwrap();
    let top = temp.path().canonicalize().unwrap();
    let (place, settings) = place(&top);
    let legacy = json!({"id": "a b ä.c", "title": "t", "status": "pending", "command": "", "type": "bugfix", "worktree": "/etc", "cwd": "/"});
    assert_eq!(tasks([read(&legacy)], &place, &settings), []);
    let over = json!({"id": "A", "title": "t", "status": "failed", "dispatch": "gone", "command": "a\0", "cwd": "/"});
    assert_eq!(tasks([read(&over)], &place, &settings), []);
    for fields in [
        json!({"id": ""}),
        json!({"id": "../../evil"}),
        json!({"id": "a/b"}),
        json!({"id": "a\nb"}),
        json!({"id": "a\0b"}),
        json!({"id": "x".repeat(1_001)}),
        json!({"result_path": "../x"}),
    ] {
        let mut legacy = legacy.clone();
        legacy.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        assert_eq!(tasks([read(&legacy)], &place, &settings).len(), 1, "{fields}");
    }
}

#[test]
fn tasks_are_looked_at_together() {
    let temp = tempfile::tempdir().unwrap();
    let top = temp.path().canonicalize().unwrap();
    let (place, settings) = place(&top);
    let list = [
        json!({"id": "x", "title": "t", "status": "pending"}),
        json!({"id": "a", "title": "t", "status": "pending", "result_path": "results/x.json"}),
        json!({"id": "b", "title": "t", "status": "pending", "result_path": "results/./y.json"}),
        json!({"id": "c", "title": "t", "status": "completed", "result_path": "results/y.json"}),
        json!({"id": "d e", "title": "t", "status": "completed"}),
        json!({"id": "f", "title": "t", "status": "pending",
            "result_path": format!("results/{}.json", crate::domain::macp::results::file_name("d e"))}),
        json!({"id": "g", "title": "t", "status": "pending", "result_path": "results/g.json"}),
        json!({"id": "h", "title": "t", "status": "failed", "result_path": "results/y.json"}),
        json!({"id": "i", "title": "t", "status": "pending", "result_path": "own/x.json"}),
    ];
    store::write(&place.tasks(), store::SHARED, json!(list).to_string().as_bytes()).unwrap();
    let opened = crate::domain::macp::Queue::open(place).unwrap();
    let said: Vec<String> = queue(&opened, &settings)
        .unwrap()
        .into_iter()
        .map(|one| format!("{} {} {}", one.task, one.field, one.message))
        .collect();
    assert_eq!(
        said,
        [
            "a result_path is that of task `x` too",
            "c result_path is that of task `b` too",
            "f result_path is that of task `d e` too",
            "h result_path is that of task `b` too"
        ]
    );
    let waits = crate::domain::macp::check_queue::waits;
    let circle = |count: usize| waits(&(0..count).map(|at| at.to_string()).collect::<Vec<_>>());
    assert_eq!(circle(1), "waits for itself");
    assert_eq!(circle(3), "waits for itself, by way of `1`, `2`");
    assert!(circle(20).ends_with("`7`, `8` and 11 more"), "{}", circle(20));
}

#[test]
fn what_is_refused_is_named_with_its_line() {
    let temp = tempfile::tempdir().unwrap();
    let top = temp.path().canonicalize().unwrap();
    let (place, settings) = place(&top);
    let text = "{\n \"tasks\": [\n  {\"id\": \"a\", \"title\": \"t\", \"status\": \"pending\", \"dispatch\": \"exec\"},\n\n  \
        {\"id\": \"b\", \"title\": \"t\", \"status\": \"pending\", \"dispatch\": \"exec\",\n   \"cwd\": \"/etc\"},\n  \
        {\"id\": \"c\", \"title\": \"t\", \"status\": \"pending\", \"result_path\": \"/x\"}\n ]\n}\n";
    store::write(&place.tasks(), store::SHARED, text.as_bytes()).unwrap();
    let value: Value = serde_json::from_str(text).unwrap();
    let list: Vec<Task> = serde_json::from_value(value["tasks"].clone()).unwrap();
    let error = refuse(&tasks(list, &place, &settings), &place).unwrap_err();
    let words = error.to_string();
    assert!(words.contains("line 5: task `b`: `cwd` leads out of"), "{words}");
    assert!(words.contains("line 7: task `c`: `result_path` is absolute"), "{words}");
    assert!(matches!(error.downcast_ref(), Some(Fault::Invalid { .. })));
    assert!(refuse(&[], &place).is_ok());
}
