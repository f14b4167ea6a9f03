//! `macp cancel`, `retry`, `approve`: what people do to tasks.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::bench::{reap, wait_for};
use crate::macp_workers::{claim, events, macp, queue, result, status, update};

#[test]
fn tasks_are_called_off_unless_they_are_over() {
    let sandbox = queue(&[json!({"id": "a"}), json!({"id": "b"}), json!({"id": "c", "depends_on": ["a"]})]);
    assert_eq!(claim(&sandbox, "w")["id"], "a");
    let out = macp(&sandbox, &["cancel", "a", "b", "--as", "ann", "--reason", "no need"]);
    assert_eq!(out.code, 0, "{out:?}");
    let expected = json!({"id": "a", "cancelled": true, "requested": false, "status": "cancelled"});
    assert_eq!((&out.json()["cancelled"], &out.json()["tasks"][0]), (&json!(true), &expected));
    // On disk there is no such word.
    let ended = events(&sandbox, "b").pop().unwrap();
    assert_eq!((&ended["event_type"], &ended["status"]), (&json!("task.failed"), &json!("failed")));
    assert_eq!(ended["metadata"]["cancelled"], true);
    assert_eq!(result(&sandbox, "b")["error"], "Cancelled by `ann`: no need");
    // Its worker hears of it when it says something.
    let late = macp(&sandbox, &["update", "a", "--as", "w", "--status", "completed"]);
    assert_eq!(late.code, 1);
    assert!(late.stderr.contains("cancelled already"), "{late:?}");
    let twice = macp(&sandbox, &["cancel", "a"]);
    assert_eq!((twice.code, &twice.json()["cancelled"]), (1, &json!(false)));
    // One that is unknown: nothing happens to the others.
    assert_eq!(macp(&sandbox, &["cancel", "c", "nope"]).code, 1);
    assert_eq!(status(&sandbox, "c"), "pending");
}

#[test]
fn failed_tasks_are_handed_back_with_all_their_attempts() {
    let sandbox = queue(&[json!({"id": "a"}), json!({"id": "b"}), json!({"id": "c"})]);
    for id in ["a", "b"] {
        claim(&sandbox, "w");
        update(&sandbox, &[id, "--as", "w", "--status", "failed"], 0);
    }
    macp(&sandbox, &["cancel", "b"]);
    let refused = macp(&sandbox, &["retry", "a", "c"]);
    assert_eq!((refused.code, status(&sandbox, "a").as_str()), (1, "failed"), "{refused:?}");
    let out = macp(&sandbox, &["retry", "--all-failed", "--reason", "disk mended"]);
    let pending = |id: &str| json!({"id": id, "status": "pending"});
    assert_eq!(out.json()["tasks"], json!([pending("a"), pending("b")]), "{out:?}");
    let back = events(&sandbox, "a").pop().unwrap();
    assert_eq!(
        (&back["event_type"], &back["metadata"]["blame"]),
        (&json!("task.retry.scheduled"), &json!("nobody"))
    );
    // The second attempt is the first that counts: it fails, and that is the end.
    assert_eq!(claim(&sandbox, "w")["attempt"], 2);
    assert_eq!(update(&sandbox, &["a", "--as", "w", "--status", "failed"], 0)["status"], "failed");
    let none = macp(&sandbox, &["retry", "--all-failed"]);
    assert_eq!(none.json()["tasks"].as_array().unwrap().len(), 1);
    let none = macp(&sandbox, &["retry", "--all-failed"]);
    assert_eq!((none.code, &none.json()["tasks"]), (0, &json!([])));
    assert_eq!(macp(&sandbox, &["retry"]).code, 2);
}

#[test]
fn an_escalated_task_goes_on_with_a_note() {
    let sandbox = queue(&[
        json!({"id": "a", "description": "Build it", "metadata": {"owner": "x"}}),
        json!({"id": "b"}),
    ]);
    claim(&sandbox, "w");
    update(&sandbox, &["a", "--as", "w", "--status", "escalated", "--reason", "which one?"], 0);
    assert_eq!(macp(&sandbox, &["approve", "b", "--note", "x"]).code, 1, "only what is escalated");
    assert_eq!(macp(&sandbox, &["approve", "a"]).code, 2, "a note is needed");
    let out = macp(&sandbox, &["approve", "a", "--note", "the second", "--as", "ann"]);
    assert_eq!((out.code, &out.json()["status"]), (0, &json!("pending")), "{out:?}");
    let again = claim(&sandbox, "w");
    assert_eq!((&again["id"], &again["attempt"]), (&json!("a"), &json!(2)));
    let brief = again["brief"].as_str().unwrap();
    assert!(
        brief.starts_with("# Do it\n\nBuild it\n\n## Notes from people") && brief.ends_with(": the second\n"),
        "{brief}"
    );
    let said = &again["notes"][0];
    assert_eq!((&said["by"], &said["note"]), (&json!("ann"), &json!("the second")));
    assert_eq!(again["task"]["metadata"]["owner"], "x", "what was there stays");
}

#[test]
fn a_person_says_that_it_is_done_and_gates_are_asked() {
    let sandbox = queue(&[
        json!({"id": "a", "quality_gates": ["test -f made"]}),
        json!({"id": "b", "quality_gates": ["false"]}),
    ]);
    for id in ["a", "b"] {
        claim(&sandbox, "w");
        update(&sandbox, &[id, "--as", "w", "--status", "escalated", "--reason", "?"], 0);
        let red = macp(&sandbox, &["approve", id, "--done", "--as", "ann"]);
        assert_eq!((red.code, status(&sandbox, id).as_str()), (1, "escalated"), "{red:?}");
    }
    sandbox.write("made", "");
    let out = macp(&sandbox, &["approve", "a", "--done", "--as", "ann", "--note", "by hand"]);
    assert_eq!((out.code, &out.json()["status"]), (0, &json!("completed")), "{out:?}");
    let done = result(&sandbox, "a");
    assert_eq!(
        (&done["summary"], &done["metadata"]["approved_by"]),
        (&json!("Done, says `ann`: by hand"), &json!("ann"))
    );
    assert_eq!(done["gate_results"][0]["exit_code"], 0);
    let out = macp(&sandbox, &["approve", "b", "--done", "--despite-gates", "--as", "ann"]);
    assert_eq!(out.code, 0, "{out:?}");
    let done: Value = result(&sandbox, "b");
    assert_eq!((&done["status"], &done["gate_results"][0]["exit_code"]), (&json!("completed"), &json!(1)));
}

#[test]
fn what_a_drain_runs_is_ended_with_its_tree_when_it_is_called_off() {
    let sandbox = queue(&[
        json!({"id": "long", "command": "sleep 1000 & echo $! > pid.tmp; mv pid.tmp pid; wait", "priority": 0}),
        json!({"id": "next", "command": "touch next"}),
    ]);
    let drain = sandbox
        .command()
        .args(["macp", "drain"])
        .stdout(Stdio::null())
        .stderr(fs::File::create(sandbox.path("said")).unwrap())
        .spawn()
        .unwrap();
    wait_for("the task to run", || sandbox.path("pid").exists());
    let refused = macp(&sandbox, &["update", "long", "--as", "drain", "--status", "completed"]);
    assert_eq!(refused.code, 1, "nobody but the drain speaks for it: {refused:?}");
    let out = macp(&sandbox, &["cancel", "long", "--as", "ann"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert_eq!(out.json()["tasks"][0]["status"], "cancelled");
    let pid = sandbox.read("pid");
    let state = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "{state}");
    reap(drain);
    assert_eq!(
        (status(&sandbox, "long").as_str(), status(&sandbox, "next").as_str()),
        ("cancelled", "completed")
    );
    assert!(sandbox.path("next").exists());
    assert!(sandbox.read("said").contains("cancelled long: "), "{}", sandbox.read("said"));
}

#[test]
fn a_drain_passes_by_what_is_blocked_and_comes_to_its_end() {
    let sandbox = queue(&[json!({"id": "a", "metadata": {"blocked": true}}), json!({"id": "b"})]);
    let out = sandbox.run(&["macp", "drain"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert_eq!((status(&sandbox, "a").as_str(), status(&sandbox, "b").as_str()), ("pending", "completed"));
}
