//! `macp sync`: a `TASKS.md` and the queue, both ways.

use serde_json::{Value, json};

use crate::macp_workers::{claim, macp, queue, status, update};
use crate::sandbox::{Outcome, Sandbox};

const MACP: &str = include_str!("../fixtures/macp/examples/TASKS.md");
const LEGACY: &str = include_str!("../fixtures/macp/legacy/TASKS.md");

fn with(text: &str) -> Sandbox {
    let sandbox = queue(&[]);
    sandbox.write("docs/TASKS.md", text);
    sandbox
}

fn apply(sandbox: &Sandbox) -> Value {
    let out = macp(sandbox, &["sync", "--apply"]);
    assert_eq!(out.code, 0, "{out:?}");
    out.json()
}

fn tasks(sandbox: &Sandbox) -> Vec<Value> {
    let file: Value = serde_json::from_str(&sandbox.read(".taskrun/macp/tasks.json")).unwrap();
    file["tasks"].as_array().unwrap().clone()
}

/// What is changed, as `id side what from to`.
fn told(sync: &Value, list: &str) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line =
        |change: &Value| ["id", "side", "what", "from", "to"].map(|name| word(&change[name])).join(" ");
    sync[list].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn rows_become_tasks_with_the_fields_of_their_columns() {
    let sandbox = with(MACP);
    sandbox.write(
        ".taskrun/macp/config.json",
        r#"{"macp": {"default_dispatch": "yolo"}, "worker": {"runtime": "gemini"}}"#,
    );
    let before = sandbox.read(".taskrun/macp/tasks.json");
    let dry = sandbox.run(&["macp", "sync"]);
    assert_eq!((dry.code, dry.stdout.lines().count()), (0, 3), "{dry:?}");
    assert_eq!(dry.stdout.lines().next(), Some("TASKS.md:5  TASK-050  queue  new task, pending"));
    assert_eq!(sandbox.read(".taskrun/macp/tasks.json"), before, "a dry run changes nothing");
    assert!(!sandbox.path(".taskrun/macp/state/tasks-md.json").exists());

    apply(&sandbox);
    assert_eq!(sandbox.read("docs/TASKS.md"), MACP);
    let tasks = tasks(&sandbox);
    let part = |task: &Value| {
        let names = ["id", "title", "status", "type", "dispatch", "runtime", "branch", "depends_on"];
        names.map(|name| task.get(name).cloned().unwrap_or_default())
    };
    let none = Value::Null;
    let rows = [
        [
            json!("TASK-050"),
            json!("Build parser"),
            json!("pending"),
            json!("coding"),
            json!("exec"),
            json!("codex"),
            json!("feat/task-050-build-parser"),
            none.clone(),
        ],
        [
            json!("TASK-051"),
            json!("Write docs"),
            json!("pending"),
            json!("documentation"),
            json!("yolo"),
            json!("claude"),
            none.clone(),
            json!(["TASK-050"]),
        ],
        [
            json!("TASK-052"),
            json!("Defaults apply"),
            json!("pending"),
            none.clone(),
            json!("yolo"),
            json!("gemini"),
            none.clone(),
            json!(["TASK-050", "TASK-051"]),
        ],
    ];
    assert_eq!(tasks.iter().map(part).collect::<Vec<_>>(), rows);
    let again = apply(&sandbox);
    assert_eq!((told(&again, "changes").len(), told(&again, "left").len()), (0, 0), "{again}");
}

#[test]
fn a_table_without_dispatch_stays_legacy() {
    let sandbox = with(LEGACY);
    apply(&sandbox);
    let tasks = tasks(&sandbox);
    assert!(
        tasks.iter().all(|task| task.get("dispatch").is_none() && task.get("runtime").is_none()),
        "{tasks:?}"
    );
    let [done, open, going] = &tasks[..] else { panic!("{tasks:?}") };
    assert_eq!(
        (&done["status"], &open["status"], &going["status"]),
        (&json!("completed"), &json!("pending"), &json!("pending"))
    );
    assert_eq!((&open["depends_on"], &open["branch"]), (&json!(["MS-SEC-001"]), &json!("fix/security")));
    assert_eq!((&going["title"], &going["issue"]), (&json!("Lint | format"), &json!("#338")));
    let kept = json!({"repo": "api", "blocks": ["MS-SEC-002"], "agent": "codex-1", "started_at": "2026-02-01T10:00:00Z",
        "completed_at": "2026-02-01T11:00:00Z", "estimate": "15K", "used": "12K"});
    assert_eq!(done["metadata"], kept);
    // `in-progress` of a row that nobody works on in the queue stays what a person wrote.
    let again = apply(&sandbox);
    assert_eq!(told(&again, "changes"), [""; 0]);
    assert_eq!(sandbox.read("docs/TASKS.md"), LEGACY);
}

const TWO: &str = "Intro | with a bar\r\n\r\n| id | status      | description |\r\n|:---|:-----------:|---|\r\n| a  | not-started | A \\| B |\r\n| b  | not-started | B |\r\n\r\n```\n| id | status |\n|--|--|\n| z | not-started |\n```\n\n|status|id|\n|-|-|\n|done|c|\nend";

#[test]
fn only_cells_of_the_status_change() {
    let sandbox = with(TWO);
    apply(&sandbox);
    assert_eq!(tasks(&sandbox).len(), 3, "code is no table");
    assert_eq!(claim(&sandbox, "w")["id"], "a");
    // Running: the cell says so, the task is left alone.
    let sync = apply(&sandbox);
    assert_eq!(told(&sync, "changes"), ["a table status not-started in-progress"]);
    assert_eq!(status(&sandbox, "a"), "running");
    let running = TWO.replacen("not-started", "in-progress", 1);
    assert_eq!(sandbox.read("docs/TASKS.md"), running);
    update(&sandbox, &["a", "--as", "w", "--status", "completed"], 0);
    apply(&sandbox);
    assert_eq!(sandbox.read("docs/TASKS.md"), TWO.replacen("not-started", "done       ", 1));
    assert_eq!(told(&apply(&sandbox), "changes"), [""; 0]);
}

#[test]
fn what_a_person_writes_goes_to_the_queue() {
    let sandbox = with(
        "| id | status | title | branch |\n|-|-|-|-|\n| a | not-started | A | |\n| b | not-started | B | |\n| c | not-started | C | |\n",
    );
    apply(&sandbox);
    claim(&sandbox, "w");
    sandbox.write("docs/TASKS.md", "| id | status | title | branch |\n|-|-|-|-|\n| a | done | A | x |\n| b | blocked | B2 | feat/b |\n| d | needs-qa | D | |\n| e | hm | E | |\n");
    let sync = apply(&sandbox);
    assert_eq!(told(&sync, "conflicts"), ["a table status done in-progress"], "{sync}");
    assert_eq!(
        told(&sync, "changes"),
        [
            "b queue title B B2",
            "b queue branch - feat/b",
            "b queue status not-started blocked",
            "d queue new - pending"
        ]
    );
    assert_eq!(
        told(&sync, "left"),
        ["a - branch x ", "e - status hm missing", "c - row - pending"],
        "{sync}"
    );
    assert_eq!(
        (&sync["left"][2]["why"], &sync["left"][2]["line"]),
        (&json!("its row is gone"), &Value::Null)
    );
    let tasks = tasks(&sandbox);
    assert_eq!(
        tasks.iter().map(|task| task["id"].clone()).collect::<Vec<_>>(),
        ["a", "b", "c", "d"].map(Value::from)
    );
    assert!(tasks[0].get("branch").is_none(), "a running task is left alone: {:?}", tasks[0]);
    assert_eq!((&tasks[1]["title"], &tasks[1]["metadata"]["blocked"]), (&json!("B2"), &json!(true)));
    assert_eq!(tasks[3]["metadata"]["blocked"], true);
    // What is blocked is not given to anybody; `c` lost its row and is still there.
    assert_eq!(claim(&sandbox, "w")["id"], "c");
    assert_eq!(macp(&sandbox, &["claim", "--as", "w"]).code, 1);
    // Let go again.
    let text = sandbox.read("docs/TASKS.md").replace("blocked", "not-started");
    sandbox.write("docs/TASKS.md", text);
    apply(&sandbox);
    assert_eq!(claim(&sandbox, "w")["id"], "b");
}

#[test]
fn where_both_have_changed_the_queue_counts() {
    let sandbox =
        with("| id | status |\n|-|-|\n| a | not-started |\n| b | not-started |\n| c | not-started |\n");
    apply(&sandbox);
    for id in ["a", "b"] {
        claim(&sandbox, "w");
        let status = if id == "a" { "failed" } else { "completed" };
        update(&sandbox, &[id, "--as", "w", "--status", status], 0);
    }
    sandbox.write("docs/TASKS.md", "| id | status |\n|-|-|\n| a | done |\n| b | DONE |\n| c | cancelled |\n");
    let dry = sandbox.run(&["macp", "sync"]);
    assert!(dry.stderr.contains("both have changed"), "{dry:?}");
    let sync = apply(&sandbox);
    assert_eq!(told(&sync, "conflicts"), ["a table status done failed"]);
    assert_eq!(told(&sync, "changes"), ["c queue status not-started cancelled"]);
    assert_eq!(
        sandbox.read("docs/TASKS.md"),
        "| id | status |\n|-|-|\n| a | failed |\n| b | DONE |\n| c | cancelled |\n"
    );
    assert_eq!((status(&sandbox, "a").as_str(), status(&sandbox, "c").as_str()), ("failed", "cancelled"));
    // A person sets it back: that is a change of the table alone.
    sandbox.write("docs/TASKS.md", "| id | status |\n|-|-|\n| a | todo |\n| b | done |\n| c | open |\n");
    let sync = apply(&sandbox);
    assert_eq!(told(&sync, "changes"), ["a queue status failed todo", "c queue status cancelled open"]);
    assert_eq!(claim(&sandbox, "w")["attempt"], 2);
}

#[test]
fn a_table_that_makes_no_sense_changes_nothing() {
    for (row, words) in [
        ("| a | not-started | soon |\n| a | done | |", "line 4: the task `a` is in line 3 already"),
        ("| | not-started | |", "line 3: the task has no id"),
        ("| b | not-started | soon |", "line 3: `priority`: `soon` is no number"),
    ] {
        let sandbox = with(
            &format!("| id | status | priority |\n|-|-|-|\n{row}\n")
                .replace("| a | not-started | soon |", "| a | not-started | 1 |"),
        );
        let before = sandbox.read(".taskrun/macp/tasks.json");
        let out = macp(&sandbox, &["sync", "--apply"]);
        assert_eq!(out.code, 2, "{out:?}");
        assert!(out.stderr.contains(words), "{out:?}");
        assert_eq!(sandbox.read(".taskrun/macp/tasks.json"), before);
    }
    let sandbox = queue(&[]);
    assert_eq!(macp(&sandbox, &["sync"]).code, 2, "no file");
    sandbox.write("sub/T.md", "| id | status |\n|-|-|\n| a | done |\n");
    let out = Outcome::of(
        sandbox
            .command()
            .args(["macp", "sync", "T.md", "--apply", "--json"])
            .current_dir(sandbox.path("sub")),
    );
    assert_eq!((out.code, told(&out.json(), "changes").len()), (0, 1), "{out:?}");
}

/// A person's hand on a task of the queue.
fn by_hand(sandbox: &Sandbox, from: &str, to: &str) {
    let text = sandbox.read(".taskrun/macp/tasks.json");
    assert!(text.contains(from), "{text}");
    sandbox.write(".taskrun/macp/tasks.json", text.replace(from, to));
}

#[test]
fn fields_go_to_the_side_that_has_not_changed_them() {
    let head = "| id | status | title | description |\n|-|-|-|-|\n";
    let sandbox =
        with(&format!("{head}| a | todo | A | one |\n| b | todo | B | two |\n| c | todo | C | 3 |\n"));
    apply(&sandbox);
    by_hand(&sandbox, "\"A\"", "\"A of the | queue\"");
    by_hand(&sandbox, "\"B\"", "\"B of the queue\"");
    by_hand(&sandbox, "\"3\"", "\"3\\n4\"");
    let text = sandbox.read("docs/TASKS.md").replace("| B |", "| B of the table |");
    sandbox.write("docs/TASKS.md", &text);
    let dry = sandbox.run(&["macp", "sync"]);
    assert!(!dry.stderr.contains("agree"), "{dry:?}");
    assert!(
        dry.stderr.contains("b  table  title: B of the table -> B of the queue  (both have changed"),
        "{dry:?}"
    );
    assert_eq!(sandbox.read("docs/TASKS.md"), text);
    let sync = apply(&sandbox);
    assert_eq!(told(&sync, "changes"), ["a table title A A of the | queue"]);
    assert_eq!(told(&sync, "conflicts"), ["b table title B of the table B of the queue"]);
    assert_eq!(told(&sync, "left"), ["c - description 3 3\n4"], "more than a line does not fit into a cell");
    let rows = "| a | todo | A of the \\| queue | one |\n| b | todo | B of the queue | two |\n| c | todo | C | 3 |\n";
    assert_eq!(sandbox.read("docs/TASKS.md"), format!("{head}{rows}"));
    let again = apply(&sandbox);
    assert_eq!((told(&again, "changes"), told(&again, "conflicts")), (vec![], vec![]));
    // What a person writes from now on is the person's.
    by_hand(&sandbox, "\"3\\n4\"", "\"3\"");
    sandbox.write("docs/TASKS.md", sandbox.read("docs/TASKS.md").replace("| two |", "| 2 |"));
    assert_eq!(told(&apply(&sandbox), "changes"), ["b queue description two 2"]);
    let same = sandbox.run(&["macp", "sync"]);
    assert!(same.stderr.contains("table and queue agree"), "{same:?}");
}

#[test]
fn what_is_written_while_a_task_is_worked_waits_for_its_end() {
    let sandbox = with("| id | status | title |\n|-|-|-|\n| a | todo | A |\n");
    apply(&sandbox);
    claim(&sandbox, "w");
    sandbox.write("docs/TASKS.md", "| id | status | title |\n|-|-|-|\n| a | todo | New |\n");
    for _ in 0..2 {
        assert_eq!(told(&apply(&sandbox), "left"), ["a - title New A"]);
    }
    update(&sandbox, &["a", "--as", "w", "--status", "pending"], 0);
    assert_eq!(
        told(&apply(&sandbox), "changes"),
        ["a queue title A New", "a table status in-progress not-started"]
    );
}

#[test]
fn tasks_without_a_row_are_told_and_rows_that_can_be_no_task() {
    let sandbox = queue(&[json!({"id": "q1"}), json!({"id": "q2"})]);
    sandbox
        .write("docs/TASKS.md", "| id | status |\n|-|-|\n| a b | todo |\n| ../x | todo |\n| ok | todo |\n");
    let plain = sandbox.run(&["macp", "sync"]);
    assert!(plain.stderr.contains("2 tasks of the queue are not in the table"), "{plain:?}");
    assert!(
        plain
            .stdout
            .contains("TASKS.md:3  a b  left   id: a b here, missing in the queue  (an id is 1 to 128"),
        "{plain:?}"
    );
    let sync = apply(&sandbox);
    assert_eq!(told(&sync, "changes"), ["ok queue new - pending"]);
    let left = ["a b - id a b missing", "../x - id ../x missing", "q1 - row - pending", "q2 - row - pending"];
    assert_eq!((told(&sync, "left"), &sync["missing"]), (left.map(str::to_owned).to_vec(), &json!(2)));
    // A result that is another's is refused, and nothing of it is done.
    sandbox.write(
        "docs/TASKS.md",
        "| id | status | result_path |\n|-|-|-|\n| ok | todo | |\n| n | todo | results/q1.json |\n",
    );
    let out = macp(&sandbox, &["sync", "--apply"]);
    assert_eq!(
        (out.code, out.stderr.contains("`result_path` is that of task `q1` too")),
        (2, true),
        "{out:?}"
    );
    assert_eq!(tasks(&sandbox).len(), 3);
}

#[test]
fn a_file_without_a_table_of_tasks_is_an_error() {
    for (text, words) in [
        ("", "it is empty"),
        ("# Tasks\n\n- a\n", "it holds no table"),
        ("| id | title |\n|-|-|\n| a | b |\n", "the table in line 1 has no column `status`"),
        ("\n| task | status |\n|-|-|\n| a | done |\n", "the table in line 2 has no column `id`"),
    ] {
        let sandbox = with(text);
        for args in [&["sync"][..], &["sync", "--apply"]] {
            let out = macp(&sandbox, args);
            assert_eq!((out.code, out.stderr.contains(words)), (2, true), "{text}: {out:?}");
        }
    }
    let none = with("| id | status |\n|-|-|\n");
    assert_eq!(macp(&none, &["sync"]).code, 0, "a table without rows is one");
}
