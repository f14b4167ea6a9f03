//! `macp drain`: agents that cannot work, whatever the task; and workers that are killed in the middle of it.

use serde_json::{Value, json};

use crate::bench::stream::{limited, print, refused, session};
use crate::bench::{Bench, kill, living, reap, wait_for};
use crate::macp_dispatch::{drain, macp, queue, result, status};
use crate::sandbox::Outcome;

fn yolo() -> Value {
    json!({"dispatch": "yolo", "runtime": "claude", "description": "Paint it."})
}

fn exec(command: &str) -> Value {
    json!({"dispatch": "exec", "command": command})
}

fn statuses(bench: &Bench, count: usize) -> Vec<String> {
    (1..=count).map(|number| status(bench, &format!("T-{number}"))).collect()
}

/// A drain to its end: how that was, and what else was said.
fn finish(bench: &Bench, args: &[&str]) -> (Value, String) {
    let out = Outcome::of(&mut macp(bench, &[&["drain", "--json"], args].concat()));
    let last: Value = serde_json::from_str(out.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["exit_code"], out.code, "{out:?}");
    (last, out.stderr)
}

fn claude(bench: &Bench, body: &str) {
    bench.claude(&format!("cat > /dev/null; echo ran >> \"$ASIDE/ran\"; {body}"));
}

#[test]
fn who_is_not_logged_in_fails_no_task() {
    let table = [
        (401, "authentication_failed", "Invalid API key", "authentication"),
        (402, "billing_error", "Credit balance is too low", "billing"),
    ];
    for (status, error, words, class) in table {
        let bench = queue("", &[yolo(), yolo(), exec("true"), yolo()]);
        claude(&bench, &(print(&refused(status, error, words, 0.0)) + "exit 1"));
        let (end, said) = finish(&bench, &[]);
        assert_eq!(
            (&end["exit_code"], &end["reason"], &end["class"]),
            (&json!(1), &json!("failed"), &json!(class))
        );
        assert_eq!((&end["left"], &end["failed"]), (&json!(3), &json!([])), "{end}");
        assert!(end["message"].as_str().unwrap().contains(words) && said.contains(words), "{end} {said}");
        assert_eq!(statuses(&bench, 4), ["pending", "pending", "completed", "pending"]);
        assert_eq!(bench.lines("ran").len(), 1);
        // It was nobody's failure: each still has its one attempt.
        claude(&bench, &session("Painted.", 0.1));
        assert_eq!(drain(&bench), 0);
        assert_eq!(statuses(&bench, 4), ["completed"; 4]);
        // Also where only so many are to be worked.
        let bench = queue("", &[yolo(), yolo()]);
        claude(&bench, &(print(&refused(status, error, words, 0.0)) + "exit 1"));
        assert_eq!(finish(&bench, &["--limit", "1"]).0["reason"], "failed");
        let run = Outcome::of(&mut macp(&bench, &["run", "T-2"]));
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stdout.contains(words), "{run:?}");
        assert_eq!(statuses(&bench, 2), ["pending"; 2]);
    }
}

#[test]
fn a_rate_limit_does_what_the_settings_say() {
    let until = jiff::Timestamp::now().as_second() + 2000;
    let away = print(&limited(until)) + "exit 1";
    for set in ["", "[agent]\non_rate_limit = 'exit'", "[agent]\non_rate_limit = 'fallback'"] {
        let bench = queue(set, &[yolo(), yolo(), exec("true")]);
        claude(&bench, &away);
        let (end, _) = finish(&bench, &[]);
        assert_eq!((&end["exit_code"], &end["reason"]), (&json!(75), &json!("rate_limited")), "{set}");
        let named: jiff::Timestamp = end["not_before"].as_str().unwrap().parse().unwrap();
        assert_eq!(named.as_second(), until, "{end}");
        assert_eq!(statuses(&bench, 3), ["pending", "pending", "completed"], "{set}");
        assert_eq!(bench.lines("ran").len(), 1);
    }
    let bench = queue("[agent]\nfallback = ['fake']", &[yolo(), yolo()]);
    claude(&bench, &away);
    bench.agent("cat > /dev/null; echo painted");
    assert_eq!(drain(&bench), 0);
    assert_eq!(bench.lines("ran").len(), 1);
    assert_eq!(
        (result(&bench, "T-1")["runtime"].clone(), result(&bench, "T-2")["runtime"].clone()),
        (json!("fake"), json!("fake"))
    );
}

#[test]
fn unknown_costs_are_refused_before_anything_starts() {
    let fake = json!({"dispatch": "yolo", "runtime": "fake", "description": "Paint it."});
    for set in ["", "[macp]\nyolo_command = ['sh', '-c', 'touch ran']\n"] {
        let bench = queue(&format!("[budget]\nusd = 1.0\n{set}"), &[fake.clone(), yolo()]);
        bench.agent("cat > /dev/null; touch ran; echo painted");
        claude(&bench, &session("Painted.", 0.1));
        let out = Outcome::of(&mut macp(&bench, &["drain"]));
        assert_eq!(out.code, 2, "{out:?}");
        assert!(out.stderr.contains("--allow-unknown-cost"), "{out:?}");
        assert_eq!(statuses(&bench, 2), ["pending"; 2]);
        assert!(!bench.sandbox.path("ran").exists());
        assert_eq!(Outcome::of(&mut macp(&bench, &["run", "T-1"])).code, 2);
        let out = Outcome::of(&mut macp(&bench, &["drain", "--allow-unknown-cost"]));
        assert!(bench.sandbox.path("ran").exists(), "{out:?}");
        assert_eq!((out.code, status(&bench, "T-1").as_str()), (0, "completed"), "{out:?}");
    }
}

#[test]
fn a_killed_supervisor_is_no_failure_of_the_agent() {
    let bench = queue("[macp]\nretry_delay = '1ms'", &[yolo()]);
    claude(&bench, &format!("[ $TASKRUN_ATTEMPT = 1 ] && exec sleep 66.1; {}", session("Painted.", 0.1)));
    let child = macp(&bench, &["drain"]).spawn().unwrap();
    wait_for("the agent", || !living("sleep 66.1").is_empty());
    kill(living(&format!("__supervise {} ", child.id()))[0], "KILL");
    assert_eq!(reap(child), 0);
    assert_eq!((status(&bench, "T-1").as_str(), &result(&bench, "T-1")["attempt"]), ("completed", &json!(2)));
    assert_eq!(living("sleep 66.1"), [0; 0]);
}

#[test]
fn what_outlived_a_drain_and_its_supervisor_is_ended_before_it_is_given_out_again() {
    let bench = queue("", &[exec("echo ran >> runs; [ -e go ] || exec sleep 66.2")]);
    let child = macp(&bench, &["drain"]).spawn().unwrap();
    wait_for("the task", || !living("sleep 66.2").is_empty());
    let supervisor = living(&format!("__supervise {} ", child.id()))[0];
    kill(supervisor, "STOP");
    kill(child.id(), "KILL");
    kill(supervisor, "KILL");
    reap(child);
    bench.sandbox.write("go", "");
    let out = Outcome::of(&mut macp(&bench, &["drain"]));
    assert_eq!((out.code, status(&bench, "T-1").as_str()), (0, "completed"), "{out:?}");
    assert!(out.stderr.contains("had left running: sleep"), "{out:?}");
    assert_eq!(living("sleep 66.2"), [0; 0]);
    assert_eq!(bench.sandbox.read("runs").lines().count(), 2);
}

#[test]
fn a_supervisor_killed_after_a_task_takes_no_other_task_with_it() {
    let mut first = exec("true");
    first["on_complete"] = json!(["sh", "-c", "[ -e told ] || { touch told; exec sleep 66.3; }"]);
    let bench = queue("", &[first, exec("true"), exec("true")]);
    let child = macp(&bench, &["drain"]).spawn().unwrap();
    wait_for("what comes after", || !living("sleep 66.3").is_empty());
    kill(living(&format!("__supervise {} ", child.id()))[0], "KILL");
    assert_eq!(reap(child), 1, "it was not delivered");
    assert_eq!(statuses(&bench, 3), ["completed"; 3]);
    assert_eq!((drain(&bench), living("sleep 66.3")), (0, vec![]));
}
