//! `macp due`: what schedules say

use serde_json::{Value, json};

use crate::macp_trigger::{tasks, workspace};
use crate::sandbox::Sandbox;

const SCHEDULES: &str = r#"
[[schedule]]
name = "five"
cron = "*/5 * * * *"
[schedule.task]
title = "At {{$.local}}"
argv = ["./x", "{{$.time}}"]

[[schedule]]
name = "night"
cron = "30 2 * * *"
tz = "Europe/Berlin"
[schedule.task]
command = "true"
"#;

fn due(sandbox: &Sandbox, now: &str) -> Value {
    let done = sandbox.run(&["macp", "due", "--now", now, "--json"]);
    assert_eq!(done.code, 0, "{done:?}");
    done.json()
}

fn ids(sandbox: &Sandbox) -> Vec<String> {
    tasks(sandbox).iter().map(|task| task["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_was_missed_is_submitted_once() {
    let sandbox = workspace(SCHEDULES);
    let first = due(&sandbox, "2026-03-28T00:02:00Z");
    assert_eq!((&first["submitted"], &first["started"]), (&json!([]), &json!(["five", "night"])));
    assert!(ids(&sandbox).is_empty(), "a new schedule does not make up for the past");

    let dry = sandbox.run(&["macp", "due", "--now", "2026-03-28T00:05:00Z", "--dry-run", "--json"]).json();
    assert_eq!(dry["submitted"][0]["definition"]["title"], "At 2026-03-28T00:05");
    assert!(ids(&sandbox).is_empty());

    assert_eq!(due(&sandbox, "2026-03-28T00:04:59Z")["submitted"], json!([]));
    let second = due(&sandbox, "2026-03-28T00:05:00Z");
    assert_eq!(
        second["submitted"],
        json!([{"schedule": "five", "time": "2026-03-28T00:05:00Z", "task": "five-20260328T0005"}])
    );
    assert_eq!(due(&sandbox, "2026-03-28T00:05:40Z")["submitted"], json!([]), "the same minute");
    // Down for more than a day, over the change of clocks: each once, for its last time.
    let third = due(&sandbox, "2026-03-29T12:03:00Z");
    let of = |at: usize| third["submitted"][at]["task"].as_str().unwrap();
    assert_eq!([of(0), of(1)], ["five-20260329T1200", "night-20260329T0130"]);
    assert_eq!(ids(&sandbox), ["five-20260328T0005", "five-20260329T1200", "night-20260329T0130"]);
    let task = &tasks(&sandbox)[1];
    assert_eq!(task["argv"], json!(["./x", "2026-03-29T12:00:00Z"]));
    assert_eq!((&task["depth"], &task["dispatch"]), (&json!(1), &json!("exec")));
}

#[test]
fn a_clock_that_goes_back_submits_nothing_again() {
    let sandbox = workspace(SCHEDULES);
    due(&sandbox, "2026-01-01T00:00:00Z");
    due(&sandbox, "2026-01-01T01:00:00Z");
    assert_eq!(ids(&sandbox), ["five-20260101T0100"]);
    let back = sandbox.run(&["macp", "due", "--now", "2026-01-01T00:30:00Z"]);
    assert_eq!((back.code, back.stdout.as_str()), (0, ""));
    assert!(back.stderr.contains("schedule `five` was looked at up to 2026-01-01T01:00:00Z"), "{back:?}");
    assert_eq!(due(&sandbox, "2026-01-01T01:04:00Z")["submitted"], json!([]));
    due(&sandbox, "2026-01-01T01:05:00Z");
    assert_eq!(ids(&sandbox).len(), 2);
}

#[test]
fn a_changed_schedule_counts_anew_and_a_lost_note_does_no_harm() {
    let sandbox = workspace(SCHEDULES);
    due(&sandbox, "2026-01-01T00:00:00Z");
    let note = sandbox.read(".taskrun/macp/state/due.json");
    due(&sandbox, "2026-01-01T00:05:00Z");
    // Killed before it wrote that it had submitted.
    sandbox.write(".taskrun/macp/state/due.json", &note);
    assert_eq!(due(&sandbox, "2026-01-01T00:06:00Z")["submitted"], json!([]));
    assert_eq!(ids(&sandbox), ["five-20260101T0005"]);
    sandbox.write(".taskrun/triggers.toml", SCHEDULES.replace("*/5", "*/7"));
    let changed = due(&sandbox, "2026-01-01T01:00:00Z");
    assert_eq!((&changed["submitted"], &changed["started"]), (&json!([]), &json!(["five"])));
    sandbox.write(".taskrun/macp/state/due.json", "{\"version\": 99}");
    let newer = sandbox.run(&["macp", "due"]);
    assert!(newer.code == 2 && newer.stderr.contains("has version 99"), "{newer:?}");
}

#[test]
fn two_at_once_submit_once() {
    let sandbox = workspace(SCHEDULES);
    due(&sandbox, "2026-01-01T00:00:00Z");
    for minute in 1..=4 {
        let now = format!("2026-01-01T00:{:02}:00Z", minute * 5);
        std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(|| due(&sandbox, &now)))));
    }
    let expected = [5, 10, 15, 20].map(|minute| format!("five-20260101T00{minute:02}"));
    assert_eq!(ids(&sandbox), expected);
}

#[test]
fn the_next_times_are_listed() {
    let sandbox = workspace(SCHEDULES);
    let list = sandbox.run(&["macp", "due", "--list", "--now", "2026-03-28T12:00:00Z", "--json"]).json();
    assert_eq!(
        list[0]["next"],
        json!(["2026-03-28T12:05:00Z", "2026-03-28T12:10:00Z", "2026-03-28T12:15:00Z"])
    );
    assert_eq!(
        list[1]["next"],
        json!(["2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"])
    );
    assert_eq!(list[1]["local"][0], "2026-03-29 03:30 CEST");
    assert_eq!(list[1]["since"], Value::Null);
    let text = sandbox.run(&["macp", "due", "--list", "--now", "2026-03-28T12:00:00Z"]).stdout;
    assert_eq!(
        text,
        "five  */5 * * * *  UTC  next 2026-03-28 12:05 UTC\nnight  30 2 * * *  Europe/Berlin  next 2026-03-29 03:30 CEST\n"
    );
    assert!(!sandbox.path(".taskrun/macp").exists());
    assert_eq!(sandbox.run(&["macp", "due", "--now", "noon"]).code, 2);
}

/// A look into the future must not stop the schedules until then.
#[test]
fn a_time_far_ahead_is_only_looked_at() {
    let sandbox = workspace(SCHEDULES);
    let far = sandbox.run(&["macp", "due", "--now", "2130-01-01T00:00:00Z"]);
    assert_eq!(far.code, 2, "{far:?}");
    assert!(
        far.stderr.contains("more than a day ahead of the clock") && far.stderr.contains("--dry-run"),
        "{far:?}"
    );
    assert!(!sandbox.path(".taskrun/macp/state/due.json").exists());
    for look in ["--dry-run", "--list"] {
        assert_eq!(sandbox.run(&["macp", "due", "--now", "2130-01-01T00:00:00Z", look]).code, 0);
    }
    for _ in 0..2 {
        let now = sandbox.run(&["macp", "due"]);
        assert_eq!((now.code, now.stderr.as_str()), (0, ""), "nothing lies ahead");
    }
}
