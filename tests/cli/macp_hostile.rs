//! Hostile task files: refused by name before anything starts, nothing outside touched.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::macp_worktree::Yard;

/// All that lies outside the repository and its queue, as one text.
fn outside(yard: &Yard) -> String {
    let mut found = Vec::new();
    let mut open = vec![yard.0.root()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.starts_with(yard.0.path(".taskrun")) || path.starts_with(yard.0.path(".git")) {
                continue;
            }
            if path.is_dir() && !path.is_symlink() {
                open.push(path.clone());
            }
            found.push(path.display().to_string());
        }
    }
    found.sort();
    found.join("\n")
}

/// What makes a task hostile, with the field that is to be named; `absolute` is a directory outside.
fn hostile(absolute: &str) -> Vec<(Value, &'static str)> {
    let long = "x".repeat(10_000);
    vec![
        (json!({"worktree": "../../etc"}), "worktree"),
        (json!({"worktree": absolute}), "worktree"),
        (json!({"worktree": "link/x"}), "worktree"),
        (json!({"worktree": "link"}), "worktree"),
        (json!({"result_path": "../../etc"}), "result_path"),
        (json!({"result_path": absolute}), "result_path"),
        (json!({"result_path": "link/x.json"}), "result_path"),
        (json!({"result_path": "tasks.json"}), "result_path"),
        (json!({"brief_path": "../../etc"}), "brief_path"),
        (json!({"brief_path": absolute}), "brief_path"),
        (json!({"brief_path": "link/x.md"}), "brief_path"),
        (json!({"mcp_config": "../x"}), "mcp_config"),
        (json!({"result_schema": "link/x"}), "result_schema"),
        (json!({"cwd": absolute}), "cwd"),
        (json!({"cwd": "link"}), "cwd"),
        (json!({"id": "a b"}), "id"),
        (json!({"id": "../../etc"}), "id"),
        (json!({"id": "a\nb"}), "id"),
        (json!({"id": "a\0b"}), "id"),
        (json!({"id": long}), "id"),
        (json!({"command": "touch x\0y"}), "command"),
        (json!({"command": null, "argv": ["touch\0", "x"]}), "argv"),
        (json!({"env": {"A\0": "x"}}), "env"),
        (json!({"env": {"PATH": "x\0"}}), "env"),
        (json!({"depends_on": ["Bad"], "id": "Bad"}), "depends_on"),
        (json!({"dispatch": "docker"}), "dispatch"),
        (json!({"type": "bugfix"}), "type"),
        (json!({"max_attempts": 0}), "max_attempts"),
        (json!({"launcher": "none"}), "launcher"),
        (json!({"branch": "-f"}), "branch"),
    ]
}

#[test]
fn a_queue_with_one_hostile_task_starts_nothing() {
    let yard = Yard::new();
    let target = yard.0.root().join("target");
    fs::create_dir_all(target.join("etc")).unwrap();
    fs::create_dir_all(yard.base()).unwrap();
    symlink(&target, yard.base().join("link")).unwrap();
    symlink(&target, yard.0.path("link")).unwrap();
    fs::create_dir_all(yard.0.path(".taskrun/macp")).unwrap();
    symlink(&target, yard.0.path(".taskrun/macp/link")).unwrap();
    let table = hostile(&target.join("etc").display().to_string());
    let before = outside(&yard);
    for (fields, field) in table {
        let mut bad = json!({"id": "Bad", "command": "touch never"});
        bad.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        yard.tasks(&[
            json!({"id": "Good", "command": "touch never"}),
            bad,
            json!({"id": "Old", "dispatch": null, "command": "touch never"}),
        ]);
        let said = yard.0.run(&["--json", "macp", "drain"]);
        let short: String = fields.to_string().chars().take(60).collect();
        assert_eq!(said.code, 2, "{short}: {said:?}");
        let message = said.json_error()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(&format!("`{field}`")) && message.contains("line 1"), "{short}: {message}");
        assert!(message.len() < 1_000 && !message.contains('\0'), "{short}: {message:?}");
        assert_eq!(outside(&yard), before, "{short}");
        assert!(!yard.0.path(".taskrun/macp/events.ndjson").exists(), "{short}");
    }
    assert_eq!(yard.git(&["worktree", "list"]).lines().count(), 1);
}

#[test]
fn what_the_queue_cannot_read_is_refused_by_line() {
    let yard = Yard::new();
    let table = [
        (
            "[\n{\"id\": \"A\", \"title\": \"t\", \"status\": \"pending\"},\n{\"id\": \"A\", \"title\": \"t\", \"status\": \"pending\"}]",
            "line 3",
        ),
        ("[\n{\"id\": \"A\", \"title\": \"t\", \"status\": \"pending\", \"attempts\": -1}]", "line 2"),
        ("[\n\n{\"id\": \"A\", \"title\": \"t\", \"status\": \"paused\"}]", "line 3"),
        ("[\n{\"id\": \"A\", \"title\": \"t\", \"status\": \"pending\", \"depends_on\": \"B\"}]", "line 2"),
        ("[\n{\"id\": \"A\", \"status\": \"pending\"}]", "line 2"),
        ("{\"tasks\": [\n{\"id\": \"A\",", "line 2"),
        ("{\"tasks\": 7}", "line 1"),
    ];
    for (text, line) in table {
        yard.0.write(".taskrun/macp/tasks.json", text);
        let said = yard.drain();
        assert_eq!(said.code, 2, "{text}: {said:?}");
        assert!(said.stderr.contains(line), "{text}: {said:?}");
        assert_eq!(yard.0.read(".taskrun/macp/tasks.json"), text);
    }
}

#[test]
fn circles_are_named_once_and_what_is_over_does_not_count() {
    let yard = Yard::new();
    let task = |id: &str, on: &[&str]| json!({"id": id, "depends_on": on});
    yard.tasks(&[task("a", &["b"]), task("b", &["c"]), task("c", &["a"]), task("d", &["a"]), task("e", &[])]);
    let said = yard.drain();
    assert_eq!(said.code, 2, "{said:?}");
    assert_eq!(said.stderr.matches("waits for itself").count(), 1, "{said:?}");
    assert!(said.stderr.contains("task `a`: `depends_on` waits for itself, by way of `b`, `c`"), "{said:?}");
    yard.tasks(&[
        json!({"id": "a", "status": "completed", "depends_on": ["b"]}),
        json!({"id": "b", "depends_on": ["a"]}),
        json!({"id": "x", "status": "failed", "worktree": "/etc"}),
    ]);
    let said = yard.drain();
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn many_complaints_are_counted_and_large_files_are_looked_through() {
    let yard = Yard::new();
    let list: Vec<Value> = (0..100).map(|at| json!({"id": format!("T{at}"), "cwd": "/"})).collect();
    yard.tasks(&list);
    let said = yard.drain();
    assert_eq!((said.code, said.stderr.contains("and 80 more")), (2, true), "{said:?}");
    // 50 MB, the flaw at its end.
    let wide = "x".repeat(1 << 20);
    let mut list: Vec<Value> =
        (0..50).map(|at| json!({"id": format!("T{at}"), "description": wide})).collect();
    list.push(json!({"id": "Last", "brief_path": "../x"}));
    yard.tasks(&list);
    let said = yard.drain();
    assert!(
        said.code == 2 && said.stderr.contains("task `Last`: `brief_path` goes up"),
        "{}",
        &said.stderr[..said.stderr.len().min(500)]
    );
    assert!(said.stderr.len() < 1_000);
}
