//! What comes after a task's end: `on_complete` that fails or is cut off; what launchers do to a task; secrets in results.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::bench::{Bench, kill, reap, wait_for};
use crate::macp_dispatch::{drain, macp, queue, result, status};
use crate::sandbox::Outcome;

fn events(bench: &Bench) -> Vec<Value> {
    let text = bench.sandbox.read(".taskrun/macp/events.ndjson");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What the log tells of `on_complete`: from whom, and how often it has failed.
fn told(bench: &Bench) -> Vec<(Value, Value)> {
    let hand_off = |event: &Value| event["metadata"]["on_complete"].is_object();
    let all = events(bench).into_iter().filter(hand_off);
    all.map(|event| (event["source"].clone(), event["metadata"]["on_complete"]["failures"].clone())).collect()
}

#[test]
fn a_hand_off_that_fails_is_told_and_tried_again_by_the_next_drains() {
    let after = "cat >> handed; echo >> handed; test -e mended || exit 6";
    let task = json!({"dispatch": "exec", "command": "true", "on_complete": ["sh", "-c", after]});
    let bench = queue("", &[task]);
    let out = Outcome::of(&mut macp(&bench, &["drain", "--json"]));
    let last: Value = serde_json::from_str(out.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(
        (out.code, &last["undelivered"], status(&bench, "T-1").as_str()),
        (1, &json!(["T-1"]), "completed")
    );
    assert_eq!(told(&bench), [(json!("dispatcher"), json!(1))]);
    let event = events(&bench).pop().unwrap();
    assert_eq!((&event["event_type"], &event["status"]), (&json!("task.progress"), &json!("completed")));
    assert_eq!(event["metadata"]["on_complete"]["exit_code"], 6);
    let shown = Outcome::of(&mut macp(&bench, &["show", "T-1"])).stdout;
    assert!(shown.contains("`on_complete` (`sh`) ended with exit code 6 (1 times so far)"), "{shown}");
    // Three times in all, then it is only told.
    assert_eq!([drain(&bench), drain(&bench), drain(&bench)], [1, 1, 0]);
    assert_eq!(bench.sandbox.read("handed").matches("\"T-1\"").count(), 3);
    assert_eq!(told(&bench).len(), 3);
    let shown = Outcome::of(&mut macp(&bench, &["show", "T-1"])).stdout;
    assert!(shown.contains("(3 times so far)"), "{shown}");
    let valid = Outcome::of(&mut macp(&bench, &["validate"]));
    assert_eq!(valid.code, 0, "{valid:?}");
}

#[test]
fn a_hand_off_that_works_the_second_time_is_told_no_more() {
    let after = "test -e mended || exit 6; cat > handed";
    let task = json!({"dispatch": "exec", "command": "echo hi", "result_path": "own/place.json", "on_complete": ["sh", "-c", after]});
    let bench = queue("", &[task]);
    assert_eq!(drain(&bench), 1);
    bench.sandbox.write("mended", "");
    assert_eq!([drain(&bench), drain(&bench)], [0, 0]);
    let handed: Value = serde_json::from_str(&bench.sandbox.read("handed")).unwrap();
    assert_eq!((&handed["summary"], &handed["attempt"]), (&json!("hi"), &json!(1)), "{handed}");
    assert!(!Outcome::of(&mut macp(&bench, &["show", "T-1"])).stdout.contains("on_complete` ("));
}

#[test]
fn a_signal_during_the_hand_off_does_not_lose_it() {
    let after = "cat > /dev/null; touch up; test -e go || exec sleep 60; touch handed";
    let task = json!({"dispatch": "exec", "command": "true", "on_complete": ["sh", "-c", after]});
    for signal in ["TERM", "INT"] {
        let bench = queue("", std::slice::from_ref(&task));
        let child = macp(&bench, &["drain"]).spawn().unwrap();
        wait_for("the hand-off", || bench.sandbox.path("up").exists());
        kill(child.id(), signal);
        assert!(reap(child) > 128);
        assert_eq!((status(&bench, "T-1").as_str(), told(&bench).len()), ("completed", 0));
        bench.sandbox.write("go", "");
        assert_eq!(drain(&bench), 0);
        assert!(bench.sandbox.path("handed").exists(), "{signal}");
    }
}

#[test]
fn what_is_done_waits_for_a_person_when_its_launcher_fails() {
    let bench = queue("", &[json!({"dispatch": "exec", "command": "echo x >> did", "launcher": "far"})]);
    let far = bench.script("far", "\"$@\"; exit 5");
    bench.config(&format!("[macp]\nretry_delay = '1ms'\n[launchers.far]\ncommand = ['{}']", far.display()));
    assert_eq!(drain(&bench), 4);
    let result = result(&bench, "T-1");
    let why = "launcher `far` failed with exit code 5 after its command had succeeded";
    assert_eq!((&result["status"], &result["escalation_reason"]), (&json!("escalated"), &json!(why)));
    assert_eq!(bench.sandbox.read("did"), "x\n");
}

#[test]
fn an_output_that_lacks_its_end_is_said() {
    let task = |launcher: &str| json!({"dispatch": "exec", "command": "echo abcdefgh", "launcher": launcher});
    let bench = queue("", &[task("cut"), task("whole")]);
    let [cut, whole] = [("cut", "\"$@\" | head -c 4"), ("whole", "exec \"$@\"")]
        .map(|(name, body)| bench.script(name, body));
    bench.config(&format!(
        "[launchers.cut]\ncommand = ['{}']\n[launchers.whole]\ncommand = ['{}']",
        cut.display(),
        whole.display()
    ));
    drain(&bench);
    assert_eq!(result(&bench, "T-1")["metadata"]["stdout_incomplete"], true);
    assert_eq!(result(&bench, "T-2")["metadata"]["stdout_incomplete"], Value::Null);
}

#[test]
fn a_new_drain_goes_on_counting_what_launchers_failed() {
    let bench = queue("", &[json!({"dispatch": "exec", "command": "true", "launcher": "far"})]);
    let far = bench.script("far", "echo x >> \"$ASIDE/calls\"; exit 0");
    bench.config(&format!("[macp]\nretry_delay = '700ms'\n[launchers.far]\ncommand = ['{}']", far.display()));
    let child = macp(&bench, &["drain"]).spawn().unwrap();
    let failed = |event: &Value| event["metadata"]["blame"] == "infrastructure";
    wait_for("the first failure", || {
        fs::read_to_string(bench.sandbox.path(".taskrun/macp/events.ndjson"))
            .is_ok_and(|text| text.contains("\"blame\":\"infrastructure\""))
    });
    kill(child.id(), "TERM");
    reap(child);
    let before = events(&bench).iter().filter(|event| failed(event)).count();
    assert!(before < 3);
    assert_eq!(drain(&bench), 1);
    assert_eq!((bench.lines("calls").len(), status(&bench, "T-1").as_str()), (3, "failed"));
}

#[test]
fn secrets_are_in_no_result_and_results_are_nobody_elses() {
    let task = json!({"dispatch": "mail", "on_complete": ["sh", "-c", "cat > handed"]});
    let bench = queue("", &[task]);
    fs::create_dir_all(bench.aside("bin")).unwrap();
    let said = r#"{"status": "completed", "summary": "s", "pr": "https://x/hunter2-hunter2", "metadata": {"a": {"b": ["hunter2-hunter2"]}}}"#;
    bench.script("bin/taskrun-exec-mail", &format!("cat > /dev/null; echo '{said}'"));
    let out = Outcome::of(macp(&bench, &["drain"]).env("SOME_TOKEN", "hunter2-hunter2"));
    assert_eq!(out.code, 0, "{out:?}");
    for name in ["results/T-1.json", "events.ndjson"] {
        let path = bench.sandbox.path(&format!(".taskrun/macp/{name}"));
        assert!(!fs::read_to_string(&path).unwrap().contains("hunter2"), "{name}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    assert!(!bench.sandbox.read("handed").contains("hunter2"));
    assert_eq!(result(&bench, "T-1")["metadata"]["a"]["b"][0], "[redacted]");
    let refused = Outcome::of(&mut macp(
        &bench,
        &["submit", "--title", "t", "--command", "true", "--env", "API_TOKEN=hunter2-hunter2", "--json"],
    ));
    assert_eq!(refused.code, 2, "{refused:?}");
    let message = refused.json_error()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("`env` `API_TOKEN` holds a secret") && !message.contains("hunter2"),
        "{message}"
    );
}
