//! Agents that tear at what the loop stands on.

use std::fs;

use serde_json::json;

use crate::bench::stream::{init, print, result};
use crate::bench::{Bench, DONE, kill, reap, wait_for};

#[test]
fn a_flood_of_output_does_not_make_it_deaf() {
    // No more than a slow machine reads in the time we wait.
    let bench = Bench::new("touch started; yes | head -c 200000000; exec sleep 300");
    bench.tasks(&["bd-1"]);
    let child = bench.start(&[]);
    wait_for("the flood", || bench.sandbox.path("started").exists());
    kill(child.id(), "TERM");
    assert_eq!(reap(child), 143);
    assert_eq!(bench.status("bd-1"), "open");
}

#[test]
fn a_store_that_the_agent_removes_is_put_back() {
    let bench = Bench::new(&format!("rm -rf .beads; echo made > made.txt; {DONE}"));
    bench.tasks(&["bd-1", "bd-2"]);
    let out = bench.run(&["--once"]);
    assert!(out.code == 0 && out.stderr.contains("the agent had removed the task store"), "{out:?}");
    assert_eq!((bench.status("bd-1"), bench.status("bd-2")), ("closed".into(), "open".into()));
}

#[test]
fn without_its_repository_a_task_is_not_closed() {
    let bench = Bench::new(&format!("rm -rf .git; {DONE}"));
    bench.tasks(&["bd-1"]);
    let (out, events) = bench.events(&[]);
    assert_eq!(out.code, 2, "{out:?}");
    let last = events.last().unwrap();
    assert_eq!(
        (&last["type"], &last["reason"], &last["exit_code"]),
        (&json!("run.finished"), &json!("failed"), &json!(2))
    );
    assert_eq!(bench.status("bd-1"), "open");
    let history = bench.history();
    assert_eq!((history.len(), &history[0]["outcome"]), (1, &json!("interrupted")));
}

#[test]
fn what_an_error_breaks_off_is_paid_for_all_the_same() {
    let bench = Bench::new("");
    let cost = print(&[init(), result("<promise>COMPLETE</promise>", 0.5)]);
    bench.claude(&format!("echo garbage >> .beads/issues.jsonl; {cost}"));
    bench.tasks(&["bd-1"]);
    let (out, events) = bench.events(&["--agent", "claude"]);
    assert_eq!((out.code, &events.last().unwrap()["spend"]["usd"]), (2, &json!(0.5)), "{out:?}");
    let spent = bench.sandbox.run(&["budget", "show", "--json"]).json();
    assert_eq!((&spent["total"]["usd"], &spent["attempts"]), (&json!(0.5), &json!(1)), "{spent}");
}

#[test]
fn a_killed_run_has_spent_what_its_stream_showed() {
    let bench = Bench::new("");
    let cost = print(&[init(), result("<promise>COMPLETE</promise>", 0.5)]);
    bench.claude(&format!("{cost} touch paid; exec sleep 300.4321"));
    bench.tasks(&["bd-1"]);
    let child = bench.start(&["--agent", "claude"]);
    wait_for("the bill", || bench.sandbox.path("paid").exists());
    kill(child.id(), "KILL");
    assert_eq!(reap(child), 137);
    let total = |args: &[&str]| bench.sandbox.run(args).json();
    assert_eq!(total(&["budget", "show", "--json"])["total"]["usd"], 0.5);
    assert_eq!(total(&["loop", "status", "--json"])["spend"]["usd"], 0.5);
    let history = total(&["loop", "history", "--json"]);
    assert_eq!((&history[0]["outcome"], &history[0]["spend"]["partial"]), (&json!("killed"), &json!(true)));
    // The next run puts it on record, once.
    bench.claude(&cost);
    assert_eq!(bench.run(&["--agent", "claude"]).code, 0);
    let spent = total(&["budget", "show", "--json"]);
    assert_eq!((&spent["total"]["usd"], &spent["attempts"]), (&json!(1.0), &json!(2)), "{spent}");
}

#[test]
fn work_that_is_done_is_not_ended_for_its_bill() {
    // The bill comes with the end: nothing would be saved by ending the agent now.
    for _ in 0..5 {
        let bench = Bench::new("");
        bench.config("[budget]\nper_task_usd = 0.2\n");
        let cost = print(&[init(), result("<promise>COMPLETE</promise>", 0.5)]);
        bench.claude(&format!("{cost} i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done"));
        bench.tasks(&["bd-1"]);
        assert_eq!(bench.run(&["--agent", "claude"]).code, 0);
        assert_eq!(bench.status("bd-1"), "closed");
    }
}

#[test]
fn a_branch_that_the_agent_makes_is_told() {
    let bench = Bench::new(&format!("git checkout -q -b other; echo x > made.txt; {DONE}"));
    bench.tasks(&["bd-1"]);
    let out = bench.run(&[]);
    assert!(out.code == 0 && out.stderr.contains("for `other`"), "{out:?}");
}

#[test]
fn a_record_that_is_cut_is_told() {
    let bench =
        Bench::new(&format!("[ ! -s .taskrun/receipts.ndjson ] || : > .taskrun/receipts.ndjson; {DONE}"));
    bench.tasks(&["bd-1", "bd-2"]);
    let out = bench.run(&[]);
    assert!(out.code == 0 && out.stderr.contains("the record of attempts was cut"), "{out:?}");
}

#[test]
fn an_epic_that_is_named_is_left_not_complete() {
    let bench = Bench::new(DONE);
    bench.task("bd-e", &json!({"issue_type": "epic"}));
    bench.task("bd-e.1", &json!({"status": "blocked"}));
    bench.commit_all();
    let last = bench.finish(&["--once", "--task", "bd-e"]);
    assert_eq!((&last["reason"], &last["left"]), (&json!("nothing_ready"), &json!(1)), "{last}");
    assert!(fs::read_dir(bench.sandbox.path(".taskrun/runs")).unwrap().count() > 0);
}
