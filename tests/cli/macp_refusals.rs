//! What is refused by name before it does harm, and is told alike by `submit`, `validate`, `drain` and `show`.

use serde_json::{Value, json};

use crate::macp_workers::{claim, macp, queue, update};
use crate::sandbox::Sandbox;

fn message(sandbox: &Sandbox, args: &[&str]) -> (i32, String, String) {
    let out = macp(sandbox, args);
    let error = if out.code == 0 { Value::Null } else { out.json_error() };
    let word = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    (out.code, word("message"), word("hint"))
}

#[test]
fn no_result_is_put_where_anothers_lies() {
    let sandbox = queue(&[json!({"id": "x1"})]);
    claim(&sandbox, "w");
    update(&sandbox, &["x1", "--as", "w", "--status", "completed"], 0);
    let before = sandbox.read(".taskrun/macp/results/x1.json");
    let submit = |id: &str, path: &str| {
        message(&sandbox, &["submit", "--id", id, "--title", "T", "--result", path, "--command", "true"])
    };
    let (code, told, _) = submit("x2", "results/x1.json");
    assert_eq!((code, told.as_str()), (2, "task `x2`: `result_path` is that of task `x1` too"));
    assert_eq!(submit("x3", "own/3.json").0, 0);
    assert_eq!(submit("x4", "own/./3.json").1, "task `x4`: `result_path` is that of task `x3` too");
    assert_eq!(submit("x5", "results/x5.json").0, 0, "its own");
    // By a hand: neither a drain nor `validate` lets it pass.
    let mut file: Value = serde_json::from_str(&sandbox.read(".taskrun/macp/tasks.json")).unwrap();
    let bad = json!({"id": "x2", "title": "T", "status": "pending", "dispatch": "exec", "command": "true",
        "result_path": "results/x1.json"});
    file["tasks"].as_array_mut().unwrap().push(bad);
    sandbox.write(".taskrun/macp/tasks.json", file.to_string());
    let (code, told, _) = message(&sandbox, &["drain"]);
    assert!(code == 2 && told.contains("task `x2`: `result_path` is that of task `x1` too"), "{told}");
    let said = macp(&sandbox, &["validate"]);
    assert_eq!((said.code, &said.json()["problems"][0]["field"]), (1, &json!("result_path")), "{said:?}");
    assert_eq!(sandbox.read(".taskrun/macp/results/x1.json"), before);
}

#[test]
fn a_result_of_another_task_is_told() {
    let sandbox = queue(&[json!({"id": "a"})]);
    claim(&sandbox, "w");
    update(&sandbox, &["a", "--as", "w", "--status", "completed"], 0);
    assert_eq!(macp(&sandbox, &["validate"]).code, 0);
    let text =
        sandbox.read(".taskrun/macp/results/a.json").replace("\"task_id\": \"a\"", "\"task_id\": \"b\"");
    sandbox.write(".taskrun/macp/results/a.json", text);
    let shown = macp(&sandbox, &["show", "a"]);
    let words = "`.taskrun/macp/results/a.json` holds the result of task `b`, not of `a`";
    assert_eq!((shown.code, shown.json()["warning"].as_str()), (0, Some(words)), "{shown:?}");
    assert_eq!(shown.json()["result"]["task_id"], "a", "the log knows it");
    assert!(shown.stderr.contains(words), "{shown:?}");
    let said = macp(&sandbox, &["validate"]);
    let found = &said.json()["problems"][0];
    assert_eq!((said.code, &found["field"], &found["task"]), (1, &json!("task_id"), &json!("b")), "{said:?}");
}

#[test]
fn validate_tells_what_a_drain_refuses() {
    let sandbox = queue(&[
        json!({"id": "a", "depends_on": ["b"]}),
        json!({"id": "b", "depends_on": ["a"]}),
        json!({"id": "c", "cwd": "/"}),
        json!({"id": "d/e", "dispatch": null}),
    ]);
    let (code, refused, _) = message(&sandbox, &["drain"]);
    let said = macp(&sandbox, &["validate"]);
    let problems = said.json()["problems"].as_array().unwrap().clone();
    assert_eq!((code, said.code), (2, 1), "{said:?}");
    for (task, field) in [("a", "depends_on"), ("c", "cwd"), ("d/e", "id")] {
        let found = problems.iter().find(|found| found["task"] == task && found["field"] == field);
        let found = found.unwrap_or_else(|| panic!("{task}: {problems:?}"));
        assert!(found["line"].as_u64().unwrap() > 1, "{found}");
        assert!(refused.contains(&format!("task `{task}`: `{field}`")), "{refused}");
    }
}

#[test]
fn odd_ids_of_legacy_tasks_are_refused_by_name() {
    for id in ["../../evil", "a/b", "a\nb", "a\u{0}b", &"x".repeat(10_000)] {
        let sandbox = queue(&[json!({"id": id, "dispatch": null, "command": "touch hit"})]);
        let text = sandbox.read(".taskrun/macp/tasks.json").replace("\"dispatch\": null,", "");
        sandbox.write(".taskrun/macp/tasks.json", text);
        for args in [&["drain"][..], &["claim", "--as", "w"]] {
            let (code, told, _) = message(&sandbox, args);
            let short: String = id.chars().take(20).collect();
            assert!(code == 2 && told.contains("`id`") && told.len() < 600, "{short:?}: {code} {told}");
        }
        assert!(!sandbox.path("hit").exists());
    }
    let sandbox = queue(&[json!({"id": "a b", "dispatch": null, "command": "true"})]);
    assert_eq!(macp(&sandbox, &["drain"]).code, 0, "spaces are none of our business");
}

#[test]
fn cancelled_is_no_status_of_a_file_for_anybody() {
    let sandbox = queue(&[json!({"id": "a", "status": "cancelled"})]);
    for args in [&["drain"][..], &["status"], &["claim", "--as", "w"]] {
        let (code, told, _) = message(&sandbox, args);
        assert!(code == 2 && told.contains("task `a`: `status`: `cancelled` is no status of MACP"), "{told}");
    }
    assert_eq!(macp(&sandbox, &["validate"]).code, 1);
    let sandbox = queue(&[json!({"id": "a", "status": "failed", "cancelled": true})]);
    assert_eq!(macp(&sandbox, &["validate"]).code, 0);
    assert_eq!(macp(&sandbox, &["show", "a"]).json()["status"], "cancelled");
    let task = json!({"title": "T", "status": "cancelled"}).to_string();
    sandbox.write("list.json", task);
    let out = sandbox.run(&["macp", "submit", "--from", "list.json"]);
    assert_eq!((out.code, out.stderr.contains("`status` is \"cancelled\"")), (2, true), "{out:?}");
}

#[test]
fn hints_are_about_what_was_typed() {
    let sandbox = queue(&[]);
    for (args, told, hint) in [
        (&["--id", "s", "--title", "T", "--gate", ""][..], "task `s`: `quality_gates` is empty", "command"),
        (
            &["--id", "s", "--title", "T", "--after", "s"],
            "task `s`: `depends_on` names the task itself",
            "other tasks",
        ),
        (&["--title", "T", "--branch", "a..b"], "`branch` is `a..b`", "nothing was submitted"),
        (&["--title", ""], "`title` is empty", "what it is about"),
    ] {
        let (code, said, way) = message(&sandbox, &[&["submit"], args].concat());
        assert!(code == 2 && said.starts_with(told), "{args:?}: {said}");
        assert!(way.contains(hint) && !way.contains("tasks.json"), "{args:?}: {way}");
    }
    sandbox.write("list.json", json!([{"title": "A"}, {"title": " "}, {"title": "B"}]).to_string());
    let (_, said, _) = message(&sandbox, &["submit", "--from", "list.json"]);
    assert_eq!(said, "task 2 of the list: `title` is empty");
    let file = sandbox.path("list.json").display().to_string();
    sandbox.write("list.json", json!([{"title": "A", "timeout_seconds": 0}]).to_string());
    let (code, said, _) = message(&sandbox, &["submit", "--from", &file]);
    assert!(code == 2 && said.contains("`timeout_seconds`"), "{said}");
}
