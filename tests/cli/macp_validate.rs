//! `macp validate`: MACP's own fixtures, and what is wrong named by file, line and field.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::sandbox::{Outcome, Sandbox};

fn fixture(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/macp").join(path)
}

fn validate(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    sandbox.run(&[&["--json", "macp", "validate"], args].concat())
}

/// `line field message` of each problem.
fn problems(outcome: &Outcome) -> Vec<String> {
    let said = outcome.json();
    let one = |found: &Value| {
        let word = |name: &str| found[name].as_str().unwrap().to_owned();
        format!("{} {} {}", found["line"], word("field"), word("message"))
    };
    said["problems"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn every_fixture_of_macp_is_valid() {
    let sandbox = Sandbox::new();
    let mut all = Vec::new();
    for dir in ["examples", "legacy"] {
        for entry in std::fs::read_dir(fixture(dir)).unwrap() {
            let path = entry.unwrap().path().display().to_string();
            if path.ends_with("json") {
                all.push(path);
            }
        }
    }
    assert_eq!(all.len(), 11);
    for path in &all {
        let said = validate(&sandbox, &[path]);
        assert_eq!((said.code, &said.json()["valid"]), (0, &json!(true)), "{path}: {said:?}");
    }
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let said = sandbox.run(&[&["macp", "validate"], all.as_slice()].concat());
    assert_eq!((said.code, said.stdout.as_str()), (0, "0 problems in 37 documents of 11 files\n"));
}

#[test]
fn every_invalid_case_of_macp_is_refused_by_its_field() {
    let sandbox = Sandbox::new();
    let cases: Vec<Value> =
        serde_json::from_slice(&std::fs::read(fixture("invalid/cases.json")).unwrap()).unwrap();
    assert_eq!(cases.len(), 18);
    let fields = [
        "lacks `title`",
        "status is",
        "dispatch is",
        "type is",
        "max_attempts is 0; the least is 1",
        "attempts is -1",
        "depends_on is",
        "pr is 7, not a string or null",
        "timeout_seconds is",
        "event_type is",
        "source is",
        "lacks `task_id`",
        "lacks `completed_at`",
        "status is",
        "gate_results.0.type is",
        "exit_code is",
        "macp.default_dispatch is",
        "macp.cleanup_worktrees is",
    ];
    for (case, words) in cases.iter().zip(fields) {
        sandbox.write("case.json", case["doc"].to_string());
        let said = validate(&sandbox, &["case.json", "--as", case["schema"].as_str().unwrap()]);
        assert_eq!(said.code, 1, "{case}: {said:?}");
        let problems = problems(&said);
        assert!(problems.len() == 1 && problems[0].contains(words), "{case}: {problems:?}");
    }
}

#[test]
fn all_files_of_a_queue_are_looked_at_and_all_that_is_wrong_is_named() {
    let sandbox = Sandbox::new();
    sandbox.write(".taskrun/config.toml", "");
    let said = validate(&sandbox, &[]);
    assert_eq!((said.code, &said.json()["files"]), (0, &json!([])), "{said:?}");
    sandbox.write(
        ".taskrun/macp/tasks.json",
        "{\n \"x\": 1,\n \"tasks\": [\n  {\"id\": \"A\", \"title\": \"t\",\n   \"status\": \"pending\",\n   \"type\": \"bugfix\",\n   \
         \"quality_gates\": [\"a\",\n    {\"command\": 7}]},\n  {\"id\": \"A\", \"title\": \"t\", \"status\": \"cancelled\"}\n ]\n}\n",
    );
    let event = |kind: &str| json!({"event_id": "1", "event_type": kind, "task_id": "A", "status": "pending", "timestamp": "2026-01-01T00:00:00Z", "source": "worker"});
    let events = format!(
        "{}\n\n{{\"torn\n{}\n{}",
        event("task.started"),
        event("task.paused"),
        "{\"event_id\": \"2\""
    );
    sandbox.write(".taskrun/macp/events.ndjson", events);
    sandbox.write(".taskrun/macp/config.json", "{\"macp\": {\n  \"cleanup_worktrees\": \"yes\"}}");
    sandbox.write(
        ".taskrun/macp/results/A.json",
        "{\"task_id\": \"A\",\n\n \"status\": \"running\", \"completed_at\": \"now\"}",
    );
    let said = validate(&sandbox, &[]);
    assert_eq!(said.code, 1, "{said:?}");
    let expected = [
        "6 type is \"bugfix\", none of",
        "8 quality_gates.1.command is 7, not a string",
        "9 status is \"cancelled\", none of",
        "9 id is there twice",
        "3  is not JSON",
        "4 event_type is \"task.paused\", none of",
        "5  is not JSON",
        "2 macp.cleanup_worktrees is \"yes\", not true or false",
        "3 status is \"running\", none of",
        "3 completed_at is \"now\", not a time",
    ];
    let found = problems(&said);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found} / {expected}");
    }
    let said = sandbox.run(&["macp", "validate"]);
    assert_eq!(said.code, 1);
    assert!(said.stdout.contains("tasks.json line 6: task `A`: `type` is \"bugfix\""), "{said:?}");
    assert!(said.stdout.ends_with("10 problems in 8 documents of 4 files\n"), "{said:?}");
}

#[test]
fn what_a_file_is_comes_from_its_name_its_content_or_the_caller() {
    let sandbox = Sandbox::new();
    let task = json!({"id": "A", "title": "t", "status": "pending"});
    let result = json!({"task_id": "A", "status": "failed", "completed_at": "2026-01-01T00:00:00Z"});
    let event = json!({"event_id": "1", "event_type": "task.started", "task_id": "A", "status": "pending", "timestamp": "2026-01-01T00:00:00Z", "source": "worker"});
    // name, text, the kind it is taken for
    let table = [
        ("x/tasks.json", json!([task]).to_string(), "tasks"),
        ("a.json", json!([task]).to_string(), "tasks"),
        ("b.json", json!({"tasks": []}).to_string(), "tasks"),
        ("c.json", task.to_string(), "task"),
        ("d.json", result.to_string(), "result"),
        ("results/e.json", result.to_string(), "result"),
        ("f.json", json!({"worker": {}}).to_string(), "config"),
        ("g.log", format!("{event}\n{event}\n"), "event"),
        ("h.ndjson", format!("{event}\n"), "event"),
        ("config.json", "{}".to_owned(), "config"),
        ("config-old.json", "{}".to_owned(), "config"),
    ];
    for (name, text, kind) in table {
        sandbox.write(name, text);
        let said = validate(&sandbox, &[name]);
        assert_eq!((said.code, &said.json()["files"][0]["kind"]), (0, &json!(kind)), "{name}: {said:?}");
    }
    sandbox.write("z.json", "{}");
    let said = validate(&sandbox, &["z.json"]);
    assert_eq!((said.code, said.json_error()["hint"].as_str().unwrap().contains("--as")), (2, true));
    assert_eq!(validate(&sandbox, &["z.json", "--as", "config"]).code, 0);
    assert_eq!(validate(&sandbox, &["none.json"]).code, 1);
    assert_eq!(validate(&sandbox, &[]).code, 2);
}

#[test]
fn hostile_files_neither_steer_the_terminal_nor_flood_it() {
    let sandbox = Sandbox::new();
    let long = "x".repeat(100_000);
    sandbox.write("tasks.json", json!([{"id": "\u{1b}[31mA\nB", "title": 1, "status": "\u{1b}]0;x\u{7}"}, {"id": long, "status": long}]).to_string());
    let said = sandbox.run(&["macp", "validate", "tasks.json"]);
    assert_eq!(said.code, 1);
    assert!(
        !said.stdout.contains('\u{1b}') && said.stdout.len() < 2_000 && said.stdout.lines().count() == 5,
        "{said:?}"
    );
    sandbox.write("tasks.json", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)));
    let said = sandbox.run(&["macp", "validate", "tasks.json"]);
    assert_eq!(said.code, 1, "{}", said.stderr);
    sandbox.write("tasks.json", b"{\"tasks\": [\n \xff]}");
    let said = sandbox.run(&["macp", "validate", "tasks.json"]);
    assert!(said.code == 2 && said.stderr.contains("line 2 is not UTF-8"), "{said:?}");
}

#[test]
fn a_plug_in_that_is_there_is_no_problem() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let task = json!({"id": "A", "title": "t", "status": "pending", "dispatch": "own"});
    sandbox.write("task.json", task.to_string());
    assert_eq!(validate(&sandbox, &["task.json"]).code, 1);
    sandbox.write("bin/taskrun-exec-own", "#!/bin/sh\n");
    let program = sandbox.path("bin/taskrun-exec-own");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", sandbox.path("bin").display(), std::env::var("PATH").unwrap());
    let said =
        Outcome::of(sandbox.command().env("PATH", path).args(["--json", "macp", "validate", "task.json"]));
    assert_eq!(said.code, 0, "{said:?}");
}
