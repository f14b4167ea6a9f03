//! `loop run` over whole task graphs: what is worked, in what order, and how a run ends.

use serde_json::{Value, json};

use crate::bench::stream::{init, print, result, says, tool, used};
use crate::bench::{Bench, DONE, types};
use crate::sandbox::Outcome;

fn blocked_by(id: &str) -> Value {
    json!([{"depends_on_id": id, "type": "blocks", "created_at": "2026-01-01T00:00:00Z"}])
}

/// An epic with three tasks, the third of which waits for the second.
fn graph(script: &str) -> Bench {
    let bench = Bench::new(script);
    let child = |id: &str| json!([{"issue_id": id, "depends_on_id": "bd-e", "type": "parent-child"}]);
    bench.task("bd-e", &json!({"issue_type": "epic", "priority": 0, "title": "The epic"}));
    bench.task("bd-a", &json!({"priority": 1, "dependencies": child("bd-a")}));
    let waits = json!([child("bd-b")[0], blocked_by("bd-c")[0]]);
    bench.task("bd-b", &json!({"priority": 0, "dependencies": waits}));
    bench.task("bd-c", &json!({"priority": 3, "dependencies": child("bd-c")}));
    bench.commit_all();
    bench
}

const WORKS: &str = "echo $TASKRUN_TASK >> \"$ASIDE/order\"; echo $TASKRUN_TASK > $TASKRUN_TASK.txt; \
                     echo '<promise>COMPLETE</promise>'";

#[test]
fn a_graph_is_worked_to_its_end() {
    let bench = graph(WORKS);
    let (out, events) = bench.events(&[]);
    assert_eq!(out.code, 0, "{out:?}");
    assert_eq!(bench.lines("order"), ["bd-a", "bd-c", "bd-b"]);
    let last = events.last().unwrap();
    assert_eq!(
        (&last["reason"], &last["iterations"], &last["left"]),
        (&json!("complete"), &json!(3), &json!(0))
    );
    assert_eq!(last["completed"], json!(["bd-a", "bd-c", "bd-b"]));
    assert_eq!(bench.subjects(), ["bd-b: Do bd-b", "bd-c: Do bd-c", "bd-a: Do bd-a", "base"]);
    assert_eq!(bench.files("HEAD~2"), [".beads/issues.jsonl", "bd-a.txt"]);
    assert_eq!(bench.git(&["status", "--porcelain"]), "");
    for id in ["bd-a", "bd-b", "bd-c"] {
        let issue = bench.issue(id);
        assert_eq!((&issue["status"], &issue["close_reason"]), (&json!("closed"), &json!("Completed")));
    }
    let epic = bench.issue("bd-e");
    assert_eq!((&epic["status"], &epic["close_reason"]), (&json!("closed"), &json!("All children closed")));
    let epic = &events[events.len() - 2];
    assert_eq!((&epic["type"], &epic["task"]), (&json!("task.closed"), &json!("bd-e")));
    let again = bench.run(&[]);
    assert_eq!(again.code, 0);
    assert!(again.stdout.starts_with("All tasks complete!\n"), "{again:?}");
}

#[test]
fn events_come_in_order_and_the_last_says_it_all() {
    let bench = Bench::new("");
    bench.claude(&print(&[
        init(),
        says("Looking."),
        tool("ls -l"),
        used("m1", 50, 5),
        result("<promise>COMPLETE</promise>", 0.25),
    ]));
    bench.tasks(&["bd-1"]);
    let (out, events) =
        bench.events(&["--agent", "claude", "--gate", "true", "--budget-usd", "0.3", "--model", "m-9"]);
    let expected = "run.started task.claimed attempt.started agent.message agent.tool agent.usage agent.usage \
                    budget.warning attempt.finished gate.started gate.finished task.closed run.finished";
    let expected: Vec<_> = expected.split(' ').collect();
    assert_eq!(types(&events), expected);
    let by = |kind: &str| events.iter().find(|event| event["type"] == kind).unwrap();
    for kind in &expected[1..12] {
        let event = by(kind);
        let place = (&event["iteration"], &event["task"], &event["attempt"]);
        assert_eq!(place, (&json!(1), &json!("bd-1"), &json!(1)), "{event}");
    }
    assert_eq!((&by("run.started")["agent"], &by("run.started")["model"]), (&json!("claude"), &json!("m-9")));
    assert_eq!(by("agent.tool")["detail"], "ls -l");
    assert_eq!(by("attempt.finished")["spend"]["usd"], 0.25);
    assert_eq!(by("gate.finished")["passed"], true);
    assert_eq!(by("task.closed")["commit"], bench.git(&["rev-parse", "HEAD"]).trim());
    let last = events.last().unwrap();
    let keys = "v ts type run reason exit_code iterations completed failed escalated left spend not_before \
                started_at duration_ms";
    for key in keys.split(' ') {
        assert!(last.as_object().unwrap().contains_key(key), "{key}: {last}");
    }
    for (key, value) in [
        ("usd", json!(0.25)),
        ("known", json!(true)),
        ("input_tokens", json!(100)),
        ("cached_tokens", json!(0)),
        ("output_tokens", json!(10)),
    ] {
        assert_eq!(last["spend"][key], value, "{key}");
    }
    assert!(last["run"].as_str().unwrap().starts_with("r-") && last["not_before"].is_null());
    assert_eq!(
        out.stderr, "note: `claude` uses its own login: no API key of its is set\n",
        "the rest is said on stdout"
    );
}

#[test]
fn a_limit_is_told_from_an_end() {
    let bench = graph(WORKS);
    let last = bench.finish(&["--max-iterations", "2"]);
    assert_eq!(
        (&last["reason"], &last["exit_code"], &last["left"]),
        (&json!("iterations"), &json!(3), &json!(1))
    );
    let last = bench.finish(&["--max-iterations", "1"]);
    assert_eq!(
        (&last["reason"], &last["exit_code"]),
        (&json!("complete"), &json!(0)),
        "closed on the last one"
    );
}

#[test]
fn nothing_ready_is_no_failure() {
    let bench = Bench::new(WORKS);
    bench.task("bd-1", &json!({"status": "deferred"}));
    bench.task("bd-2", &json!({"dependencies": blocked_by("bd-1")}));
    let last = bench.finish(&[]);
    assert_eq!(
        (&last["reason"], &last["exit_code"], &last["left"]),
        (&json!("nothing_ready"), &json!(0), &json!(2))
    );
    assert_eq!(bench.run(&["--once"]).code, 0);
    assert!(bench.lines("order").is_empty());
}

#[test]
fn once_tells_about_its_one_task() {
    let bench = Bench::new(&format!(
        "case $TASKRUN_TASK in bd-1) {DONE};; bd-2) echo no;; bd-3) echo '<promise>BLOCKED: key</promise>';; esac"
    ));
    bench.tasks(&["bd-1", "bd-2", "bd-3"]);
    for (task, code, reason) in [("bd-1", 0, "complete"), ("bd-2", 1, "iterations"), ("bd-3", 4, "escalated")]
    {
        let last = bench.finish(&["--once", "--task", task]);
        assert_eq!((&last["exit_code"], &last["reason"]), (&json!(code), &json!(reason)), "{task}");
        assert_eq!(last["iterations"], 1);
    }
    assert_eq!(bench.run(&["--once", "--task", "bd-1"]).code, 0, "it is closed already");
    assert_eq!(bench.run(&["--once", "--task", "bd-9"]).code, 1, "it is unknown");
}

#[test]
fn a_task_that_never_ends_goes_to_a_person() {
    let bench = Bench::new("echo x >> tried.txt; echo 'not yet'");
    bench.tasks(&["bd-1"]);
    let last = bench.finish(&["--max-attempts", "2"]);
    assert_eq!((&last["reason"], &last["exit_code"]), (&json!("escalated"), &json!(4)));
    assert_eq!((&last["iterations"], &last["escalated"]), (&json!(2), &json!(["bd-1"])));
    let issue = bench.issue("bd-1");
    assert_eq!((&issue["status"], &issue["labels"]), (&json!("blocked"), &json!(["needs-human"])));
    let comment = issue["comments"][0]["text"].as_str().unwrap();
    assert!(comment.contains("2 attempts failed; the last: its final message"), "{comment}");
    assert_eq!(issue["comments"][0]["author"], "taskrun");
    assert_eq!(issue["assignee"].as_str().unwrap_or_default(), "", "nobody works on it");
    assert_eq!(bench.subjects(), ["base"]);
    let last = bench.finish(&[]);
    assert_eq!(
        (&last["reason"], &last["exit_code"], &last["iterations"]),
        (&json!("escalated"), &json!(4), &json!(0))
    );
    // Once a person has dealt with it, it has all its attempts again.
    assert_eq!(bench.sandbox.run(&["beads", "reopen", "bd-1"]).code, 0);
    assert_eq!(bench.finish(&["--once", "--max-attempts", "2"])["exit_code"], 1);
}

#[test]
fn an_agent_can_ask_for_a_person_or_give_up() {
    let bench = Bench::new(
        "case $TASKRUN_TASK in bd-1) echo '<promise>BLOCKED: which database?</promise>'; exit 1;; *) echo x >> x; echo '<promise>FAILED: cannot</promise>';; esac",
    );
    bench.tasks(&["bd-1", "bd-2"]);
    let last = bench.finish(&["--max-iterations", "2"]);
    assert_eq!((&last["escalated"], &last["failed"]), (&json!(["bd-1"]), &json!(["bd-2"])));
    assert_eq!(bench.issue("bd-1")["comments"][0]["text"], "which database?");
    assert!(bench.issue("bd-2")["notes"].as_str().unwrap().contains("the agent gave up: cannot"));
    assert_eq!(bench.history()[0]["outcome"], "escalated");
}

#[test]
fn no_progress_ends_a_run_over_all_tasks() {
    let bench = Bench::new("echo hm");
    bench.tasks(&["bd-1", "bd-2", "bd-3", "bd-4"]);
    let last = bench.finish(&["--max-attempts", "99"]);
    assert_eq!(
        (&last["reason"], &last["exit_code"], &last["iterations"]),
        (&json!("no_progress"), &json!(3), &json!(3))
    );
    let bare = Bench::bare("echo hm");
    bare.tasks(&["bd-1"]);
    let last = bare.finish(&["--max-attempts", "99"]);
    assert_eq!((&last["reason"], &last["iterations"]), (&json!("no_progress"), &json!(3)));
    let moving = Bench::bare("echo x >> x; echo hm");
    moving.tasks(&["bd-1"]);
    let last = moving.finish(&["--max-attempts", "99", "--max-iterations", "5"]);
    assert_eq!((&last["reason"], &last["iterations"]), (&json!("iterations"), &json!(5)));
}

#[test]
fn a_gate_tells_the_next_attempt_what_was_wrong() {
    let bench = Bench::new(&format!(
        "cat > \"$ASIDE/prompt.$TASKRUN_ATTEMPT\"; if grep -q 'ANSWER=42' \"$ASIDE/prompt.$TASKRUN_ATTEMPT\"; \
         then echo 42 > answer; else echo 1 > answer; fi; {DONE}"
    ));
    bench.config("[gates]\n'*' = ['test \"$(cat answer)\" = 42 || { echo ANSWER=\"42\"; echo \"for $TASKRUN_TASK\"; exit 3; }']");
    bench.tasks(&["bd-1"]);
    let (_, events) = bench.events(&[]);
    let last = events.last().unwrap();
    assert_eq!((&last["reason"], &last["iterations"]), (&json!("complete"), &json!(2)));
    assert_eq!(last["failed"], json!([]));
    assert!(types(&events).contains(&"task.reopened"));
    let prompt = bench.lines("prompt.2").join("\n");
    for words in ["attempt 2 of 3", "with exit code 3", "ANSWER=42\nfor bd-1", "Build this: Do bd-1"] {
        assert!(prompt.contains(words), "{words}: {prompt}");
    }
    assert_eq!(bench.subjects(), ["bd-1: Do bd-1", "base"], "nothing was committed for the red one");
    assert_eq!(bench.files("HEAD"), [".beads/issues.jsonl", "answer"]);
}

#[test]
fn only_what_is_asked_for_is_worked() {
    let bench = graph(WORKS);
    bench.task("bd-x", &json!({"labels": ["quick"]}));
    bench.commit_all();
    assert_eq!(bench.finish(&["--label", "quick"])["completed"], json!(["bd-x"]));
    assert_eq!(bench.finish(&["--task", "bd-b"])["reason"], "nothing_ready");
    assert_eq!(bench.finish(&["--epic", "bd-e"])["completed"], json!(["bd-a", "bd-c", "bd-b"]));
    assert_eq!(bench.run(&["--epic", "bd-none"]).code, 1);
    assert_eq!(bench.run(&["--agent", "nobody"]).code, 2);
}

#[test]
fn what_an_agent_edits_does_not_change_the_run_under_way() {
    let bench = Bench::new(&format!("echo '[gates]' > .taskrun/config.toml; rm -f \"$ASIDE/agent\"; {DONE}"));
    bench.config("[gates]\n'*' = ['false']");
    bench.tasks(&["bd-1"]);
    let last = bench.finish(&["--once"]);
    assert_eq!(last["exit_code"], 1, "{last}");
}

#[test]
fn an_agent_that_cannot_start_is_not_its_tasks_fault() {
    let bench = Bench::new("");
    std::fs::write(bench.aside("agent"), "#!/no/such/interpreter\n").unwrap();
    bench.tasks(&["bd-1"]);
    let last = bench.finish(&[]);
    assert_eq!(
        (&last["reason"], &last["exit_code"], &last["iterations"]),
        (&json!("failed"), &json!(1), &json!(1))
    );
    assert!(last["message"].as_str().unwrap().contains("failed to start `"), "{last}");
    let issue = bench.issue("bd-1");
    assert_eq!((&issue["status"], &issue["notes"]), (&json!("open"), &Value::Null));
    assert_eq!(bench.history()[0]["outcome"], "agent_failed");
}

#[test]
fn the_provider_decides_about_later_and_never() {
    let fixture =
        |name: &str| format!("{}/tests/fixtures/agents/claude/{name}.ndjson", env!("CARGO_MANIFEST_DIR"));
    for (name, reason, code) in
        [("usage_limit", "rate_limited", 75), ("auth401_noretry", "failed", 1), ("model404", "failed", 1)]
    {
        let bench = Bench::new("");
        // The limit is lifted in the future, whenever this runs.
        bench.claude(&format!("sed s/1795190000/4102444800/ '{}'; exit 1", fixture(name)));
        bench.tasks(&["bd-1"]);
        let last = bench.finish(&["--agent", "claude"]);
        assert_eq!((&last["reason"], &last["exit_code"]), (&json!(reason), &json!(code)), "{name}: {last}");
        assert_eq!(bench.status("bd-1"), "open");
        assert_eq!(last["not_before"].is_string(), name == "usage_limit", "{last}");
    }
    for (name, outcome) in
        [("success", "closed"), ("echo", "reopened"), ("marker_early", "reopened"), ("subagent", "reopened")]
    {
        let bench = Bench::new("");
        bench.claude(&format!("cat '{}'", fixture(name)));
        bench.tasks(&["bd-1"]);
        let _ = bench.finish(&["--agent", "claude", "--once"]);
        assert_eq!(bench.history()[0]["outcome"], outcome, "{name}");
        assert!(bench.history()[0]["spend"]["usd"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn text_for_people_ends_with_a_summary() {
    let bench = graph(WORKS);
    let out: Outcome = bench.run(&["--max-iterations", "1"]);
    assert!(out.stdout.starts_with("Stopped by a limit (iterations); 2 tasks are left.\n"), "{out:?}");
    assert!(out.stdout.contains("\n  closed: bd-a\n"), "{out:?}");
    assert!(
        out.stderr.contains("[1] bd-a Do bd-a") && out.stderr.contains("closed bd-a: Completed"),
        "{out:?}"
    );
    let out = Outcome::of(bench.looping(&[]).arg("-q"));
    assert!(out.stdout.starts_with("All tasks complete!\n"), "{out:?}");
    assert!(!out.stderr.contains("[1]"), "{out:?}");
}
