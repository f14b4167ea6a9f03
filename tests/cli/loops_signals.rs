//! How a run ends before its time: signals, kills, and what the next run makes of it.

use std::fs;
use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench::{Bench, DONE, kill, living, reap, types, wait_for};
use crate::sandbox::Outcome;

/// A process that no group, session, parent or mark leads to: double-forked, with an empty environment.
fn hides(marker: &str) -> String {
    format!(
        "setsid sleep {marker} & (env -i setsid sleep {marker} &) ; (setsid sh -c 'sleep {marker} & sleep {marker}' &); \
         touch \"$ASIDE/up\""
    )
}

/// Seconds to sleep that no other process on this machine sleeps.
fn marker(number: u32) -> String {
    format!("3{:05}.{number:02}", std::process::id() % 100_000)
}

/// A run whose agent has hidden processes and waits; all of them are up.
fn busy(marker: &str, more: &str) -> (Bench, Child) {
    let bench = Bench::new(&format!("{more}\n{}\nsleep {marker}", hides(marker)));
    bench.tasks(&["bd-1", "bd-2"]);
    let child = bench.start(&[]);
    wait_for("the agent", || bench.aside("up").exists() && living(&format!("sleep {marker}")).len() >= 5);
    (bench, child)
}

/// The supervisor of a run: the child whose second word is the secret command.
fn supervisor(run: u32) -> u32 {
    let found = living(&format!("__supervise {run} "));
    assert_eq!(found.len(), 1);
    found[0]
}

/// The next run takes the same task and finishes both.
fn goes_on(bench: &Bench) -> Vec<Value> {
    bench.agent(&format!("echo $TASKRUN_TASK >> \"$ASIDE/order\"; {DONE}"));
    let (out, events) = bench.events(&[]);
    assert_eq!(out.code, 0, "{out:?}");
    assert_eq!(bench.lines("order"), ["bd-1", "bd-2"]);
    assert_eq!(bench.subjects()[..2], ["bd-2: Do bd-2", "bd-1: Do bd-1"]);
    events
}

fn signalled(name: &str, code: i32, number: u32) {
    let marker = marker(number);
    let (bench, child) = busy(&marker, "");
    kill(child.id(), name);
    assert_eq!(reap(child), code);
    assert_eq!(living(&format!("sleep {marker}")), [0u32; 0]);
    let events = bench.told();
    let last = events.last().unwrap();
    assert_eq!(
        (&last["type"], &last["reason"], &last["exit_code"]),
        (&json!("run.finished"), &json!("interrupted"), &json!(code))
    );
    assert!(types(&events).contains(&"task.reopened"), "{events:?}");
    assert_eq!(bench.status("bd-1"), "open");
    let status = bench.loop_status();
    assert_eq!(
        (&status["status"], &status["reason"], &status["task"]),
        (&json!("idle"), &json!("interrupted"), &Value::Null)
    );
    let history = bench.history();
    assert_eq!((history.len(), &history[0]["outcome"]), (1, &json!("interrupted")));
    goes_on(&bench);
}

#[test]
fn sigint_ends_everything_and_puts_the_task_back() {
    signalled("INT", 130, 1);
}

#[test]
fn sigterm_ends_everything_and_puts_the_task_back() {
    signalled("TERM", 143, 2);
}

#[test]
fn a_closed_terminal_is_a_sigterm() {
    signalled("HUP", 143, 3);
}

#[test]
fn a_deaf_agent_is_ended_within_ten_seconds_and_by_a_second_signal_at_once() {
    let marker = [marker(4), marker(5)];
    let deaf = "trap '' INT TERM HUP";
    let first = busy(&marker[0], deaf);
    let second = busy(&marker[1], deaf);
    let start = Instant::now();
    kill(first.1.id(), "INT");
    kill(second.1.id(), "INT");
    // The second one counts only once the first has been seen.
    wait_for("the first signal", || {
        kill(second.1.id(), "INT");
        living(&format!("sleep {}", marker[1])).is_empty()
    });
    assert_eq!(reap(second.1), 130);
    let insisted = start.elapsed();
    assert_eq!(reap(first.1), 130);
    let patient = start.elapsed();
    assert!(insisted < patient && patient < Duration::from_secs(10), "{insisted:?} {patient:?}");
    for (bench, marker) in [(first.0, &marker[0]), (second.0, &marker[1])] {
        assert_eq!(living(&format!("sleep {marker}")), [0u32; 0]);
        assert_eq!(bench.status("bd-1"), "open");
    }
}

#[test]
fn sigkill_leaves_nothing_running_and_the_task_is_taken_up_again() {
    let marker = marker(6);
    let (bench, child) = busy(&marker, "echo half > half.txt");
    let run = bench.loop_status();
    assert_eq!(
        (&run["status"], &run["task"]["id"], &run["pid"]),
        (&json!("running"), &json!("bd-1"), &json!(child.id()))
    );
    kill(child.id(), "KILL");
    assert_eq!(reap(child), 137);
    let start = Instant::now();
    wait_for("the end of all", || living(&format!("sleep {marker}")).is_empty());
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    // Nobody holds it any more, once the supervisor has looked that all is ended; a look writes nothing.
    wait_for("the end of the supervisor", || bench.status("bd-1") == "open");
    assert!(bench.sandbox.read(".beads/issues.jsonl").contains("\"in_progress\""));
    let status = bench.loop_status();
    assert_eq!(
        (&status["status"], &status["reason"], &status["pid"]),
        (&json!("idle"), &json!("interrupted"), &Value::Null)
    );
    let events = goes_on(&bench);
    assert_eq!(types(&events)[1], "task.claimed");
    let history = bench.history();
    let outcomes: Vec<_> = history.iter().map(|attempt| attempt["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["killed", "closed", "closed"]);
    assert_eq!((&history[0]["run"], &history[0]["spend"]["partial"]), (&run["run"], &json!(true)));
    assert_eq!(
        (&history[1]["attempt"], &history[0]["attempt"]),
        (&json!(1), &json!(1)),
        "a kill is no attempt"
    );
    assert_eq!(bench.files("HEAD~1"), [".beads/issues.jsonl", "half.txt"]);
}

#[test]
fn agents_die_with_their_supervisor_and_the_run_says_so() {
    let marker = marker(7);
    let (bench, child) = busy(&marker, "");
    kill(supervisor(child.id()), "KILL");
    assert_eq!(reap(child), 1);
    assert_eq!(living(&format!("sleep {marker}")), [0u32; 0]);
    let events = bench.told();
    let last = events.last().unwrap();
    assert_eq!((&last["type"], &last["reason"]), (&json!("run.finished"), &json!("failed")));
    assert!(last["message"].as_str().unwrap().contains("supervisor was killed"), "{last}");
    assert_eq!((bench.status("bd-1").as_str(), bench.history().len()), ("open", 1));
    goes_on(&bench);
}

#[test]
fn gates_die_with_their_supervisor_too() {
    let marker = marker(14);
    let bench = Bench::new("");
    bench.claude(&crate::bench::stream::session("<promise>COMPLETE</promise>", 0.5));
    bench.tasks(&["bd-1", "bd-2"]);
    bench.script("slow", &format!("sleep {marker}"));
    let child = bench.start(&["--agent", "claude", "--gate", bench.aside("slow").to_str().unwrap()]);
    wait_for("the gate", || !living(&format!("sleep {marker}")).is_empty());
    kill(supervisor(child.id()), "KILL");
    assert_eq!(reap(child), 1);
    assert_eq!((bench.status("bd-1").as_str(), living(&format!("sleep {marker}")).len()), ("open", 0));
    assert_eq!(bench.history()[0]["spend"]["usd"], 0.5, "what the agent spent is on record");
    goes_on(&bench);
}

#[test]
fn what_outlives_both_is_ended_by_the_next_run() {
    let marker = marker(8);
    let (bench, child) = busy(&marker, "");
    let supervisor = supervisor(child.id());
    // Stopped first, so that it cannot notice the other's death.
    kill(supervisor, "STOP");
    kill(child.id(), "KILL");
    kill(supervisor, "KILL");
    let run = child.id();
    assert_eq!(reap(child), 137);
    wait_for("the supervisor's end", || living(&format!("__supervise {run} ")).is_empty());
    assert_ne!(living(&format!("sleep {marker}")), [0u32; 0], "the case is there");
    goes_on(&bench);
    // Those without the mark cannot be told from anybody's; the agent itself and its tools can.
    let left = living(&format!("sleep {marker}"));
    for pid in left {
        let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&environ).contains("TASKRUN_RUN="), "{pid}");
        kill(pid, "KILL");
    }
}

#[test]
fn a_sigterm_to_all_of_us_is_an_interrupt() {
    let marker = marker(9);
    let (bench, child) = busy(&marker, "");
    let supervisor = supervisor(child.id());
    kill(child.id(), "TERM");
    kill(supervisor, "TERM");
    assert_eq!(reap(child), 143);
    assert_eq!(living(&format!("sleep {marker}")), [0u32; 0]);
    assert_eq!(bench.history().len(), 1, "what it spent is on record");
    goes_on(&bench);
}

#[test]
fn the_second_of_two_runs_is_turned_away() {
    let marker = marker(10);
    let (bench, child) = busy(&marker, "");
    let before = bench.sandbox.read(".beads/issues.jsonl");
    let out = Outcome::of(bench.looping(&[]).arg("--json"));
    assert_eq!(out.code, 75);
    let error = out.json_error();
    assert_eq!(error["code"], "busy");
    assert!(error["message"].as_str().unwrap().contains(&child.id().to_string()), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("loop status"), "{error}");
    assert_eq!(bench.sandbox.read(".beads/issues.jsonl"), before);
    kill(child.id(), "INT");
    assert_eq!(reap(child), 130);
    goes_on(&bench);
}

#[test]
fn a_recycled_pid_does_not_block() {
    let bench = Bench::new(DONE);
    bench.tasks(&["bd-1"]);
    // A run that was killed, as its files say, whose pid is now somebody else's: our own.
    let marker = marker(11);
    bench.agent(&format!("touch \"$ASIDE/up\"; sleep {marker}"));
    let child = bench.start(&[]);
    wait_for("the agent", || bench.aside("up").exists());
    let pid = child.id();
    kill(pid, "KILL");
    assert_eq!(reap(child), 137);
    for (file, other) in [("loop.json", 1), ("claims.json", std::process::id())] {
        let path = format!(".taskrun/{file}");
        let text = bench.sandbox.read(&path);
        bench.sandbox.write(&path, text.replace(&format!("\"pid\": {pid}"), &format!("\"pid\": {other}")));
        assert_ne!(bench.sandbox.read(&path), text);
    }
    assert_eq!(bench.loop_status()["status"], "idle");
    bench.agent(DONE);
    assert_eq!(bench.run(&[]).code, 0);
    assert_eq!(bench.status("bd-1"), "closed");
}

#[test]
fn what_an_agent_left_running_is_ended_after_a_normal_end_too() {
    let marker = marker(12);
    let wait = "while ! [ -e \"$ASIDE/go\" ]; do sleep 0.01; done";
    let bench = Bench::new(&format!("{}; {wait}; {DONE}", hides(&marker)));
    bench.tasks(&["bd-1"]);
    let child = bench.start(&[]);
    wait_for("the agent", || living(&format!("sleep {marker}")).len() >= 4);
    fs::write(bench.aside("go"), "").unwrap();
    assert_eq!((reap(child), living(&format!("sleep {marker}"))), (0, Vec::new()));
    let events = bench.told();
    let ended = events.iter().find(|event| event["type"] == "attempt.finished").unwrap();
    assert!(ended["left_running"].as_array().unwrap().contains(&json!("sleep")), "{ended}");
    assert!(bench.history()[0]["left_running"].as_array().unwrap().contains(&json!("sleep")));
}

#[test]
fn limits_in_time_end_an_agent() {
    let bench = Bench::new("sleep 300");
    bench.config("[agent]\ndefault = 'fake'\ntimeout = '300ms'");
    bench.tasks(&["bd-1"]);
    assert_eq!(bench.run(&["--once"]).code, 1);
    assert!(bench.issue("bd-1")["notes"].as_str().unwrap().contains("`agent.timeout`"));
    bench.config("[agent]\ndefault = 'fake'\nidle_timeout = '300ms'");
    assert_eq!(bench.run(&["--once"]).code, 1);
    assert!(bench.issue("bd-1")["notes"].as_str().unwrap().contains("`agent.idle_timeout`"));
    bench.agent(DONE);
    bench.config("[gates]\n'*' = ['sleep 300']\ntimeout = '300ms'");
    assert_eq!(bench.run(&["--once", "--max-attempts", "9"]).code, 1);
    assert!(
        bench.issue("bd-1")["notes"].as_str().unwrap().contains("it took longer than"),
        "{}",
        bench.issue("bd-1")
    );
}

#[test]
fn a_signal_during_a_gate_or_a_hook_ends_it() {
    let marker = marker(13);
    let wait = format!("touch \"$ASIDE/up\"; setsid sleep {marker}");
    let bench = Bench::new(DONE);
    let slow = bench.script("slow", &wait);
    bench.tasks(&["bd-1", "bd-2"]);
    let hook = bench.sandbox.path(".git/hooks/pre-commit");
    for stage in ["gate", "hook"] {
        let _ = fs::remove_file(bench.aside("up"));
        let gate = if stage == "gate" { slow.display().to_string() } else { "true".into() };
        if stage == "hook" {
            fs::copy(&slow, &hook).unwrap();
        }
        let child = bench.start(&["--gate", &gate]);
        wait_for(stage, || bench.aside("up").exists() && !living(&format!("sleep {marker}")).is_empty());
        kill(child.id(), "TERM");
        assert_eq!(reap(child), 143, "{stage}");
        assert_eq!(living(&format!("sleep {marker}")), [0u32; 0], "{stage}");
        assert_eq!(bench.subjects(), ["base"]);
    }
    fs::remove_file(hook).unwrap();
    let last = bench.finish(&[]);
    assert_eq!(last["reason"], "complete", "{last}");
    assert_eq!(bench.subjects(), ["bd-2: Do bd-2", "bd-1: Do bd-1", "base"]);
    let closed = bench.history().iter().filter(|attempt| attempt["outcome"] == "closed").count();
    assert_eq!(closed, 2);
}
