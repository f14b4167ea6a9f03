//! `macp drain` and `macp run`: what is started, in which order, how it is judged and how it ends.

use std::collections::HashSet;
use std::fs;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::bench::living;
use crate::sandbox::{Outcome, Sandbox};

/// A file of the fixtures.
pub fn fixture(name: &str) -> String {
    fs::read_to_string(format!("{}/tests/fixtures/macp/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A sandbox with a queue.
pub struct Desk {
    pub sandbox: Sandbox,
}

impl Desk {
    /// A queue of these tasks, whose retries come soon.
    pub fn new(tasks: &Value) -> Self {
        let desk = Self { sandbox: Sandbox::new() };
        desk.tasks(tasks);
        desk.config("retry_delay = '20ms'");
        desk
    }

    /// Writes `[macp]` of the settings.
    pub fn config(&self, text: &str) {
        self.sandbox.write(".taskrun/config.toml", format!("[macp]\n{text}\n"));
    }

    /// A new queue of these tasks in the place of the old one.
    pub fn tasks(&self, tasks: &Value) {
        let _ = fs::remove_dir_all(self.sandbox.path(".taskrun/macp"));
        let text = serde_json::to_string_pretty(&json!({"tasks": tasks})).unwrap();
        self.sandbox.write(".taskrun/macp/tasks.json", text);
    }

    /// `taskrun macp drain` to its end.
    pub fn drain(&self, args: &[&str]) -> Outcome {
        self.sandbox.run(&[&["macp", "drain"], args].concat())
    }

    /// The same with `--json`: how it ended, after the events.
    pub fn finish(&self, args: &[&str]) -> Value {
        let out = self.drain(&[args, &["--json"]].concat());
        let lines: Vec<Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (last, events) = lines.split_last().unwrap_or_else(|| panic!("{out:?}"));
        assert_eq!(
            (&last["type"], &last["exit_code"]),
            (&json!("run.finished"), &json!(out.code)),
            "{out:?}"
        );
        assert!(events.iter().all(|event| event["event_id"].is_string()), "{out:?}");
        last.clone()
    }

    /// Starts a drain whose output goes nowhere.
    pub fn start(&self, args: &[&str]) -> Child {
        let mut command = self.sandbox.command();
        command.args(["macp", "drain"]).args(args).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    pub fn events(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.sandbox.path(".taskrun/macp/events.ndjson")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The types of a task's events.
    pub fn kinds(&self, id: &str) -> Vec<String> {
        let mut events = self.events();
        events.retain(|event| event["task_id"] == id);
        events.iter().map(|event| event["event_type"].as_str().unwrap().to_owned()).collect()
    }

    /// Ids in the order in which attempts on them began.
    pub fn order(&self) -> Vec<String> {
        let mut events = self.events();
        events.retain(|event| event["event_type"] == "task.started");
        events.iter().map(|event| event["task_id"].as_str().unwrap().to_owned()).collect()
    }

    pub fn read_tasks(&self) -> Value {
        let text = self.sandbox.read(".taskrun/macp/tasks.json");
        serde_json::from_str::<Value>(&text).unwrap()["tasks"].take()
    }

    /// A task's status in the file.
    pub fn status(&self, id: &str) -> String {
        let tasks = self.read_tasks();
        let task = tasks.as_array().unwrap().iter().find(|task| task["id"] == id).unwrap();
        task["status"].as_str().unwrap().to_owned()
    }

    pub fn result(&self, id: &str) -> Value {
        serde_json::from_str(&self.sandbox.read(&format!(".taskrun/macp/results/{id}.json"))).unwrap()
    }
}

/// A task of the dispatch `exec` with these fields over it.
pub fn task(id: &str, command: &str, fields: &Value) -> Value {
    let mut task = json!({"id": id, "title": format!("Do {id}"), "status": "pending", "dispatch": "exec",
        "command": command});
    for (name, value) in fields.as_object().unwrap() {
        task[name] = value.clone();
    }
    task
}

/// A task of a queue with nothing but a command.
pub fn plain(id: &str, command: &str) -> Value {
    task(id, command, &json!({}))
}

#[test]
fn a_task_goes_its_way_through_gates() {
    let gates = json!({"quality_gates": ["test -f hit", {"command": "echo fine", "type": "ai-review"}]});
    let desk = Desk::new(&json!([task("a", "touch hit; echo out; echo err >&2", &gates)]));
    let end = desk.finish(&[]);
    assert_eq!((&end["reason"], &end["counts"]["completed"]), (&json!("complete"), &json!(1)));
    let kinds = ["task.assigned", "task.started", "task.gated", "rail.check.started", "rail.check.passed"];
    let kinds = [&kinds[..], &["rail.check.started", "rail.check.passed", "task.completed"]].concat();
    assert_eq!(desk.kinds("a"), kinds);
    let result = desk.result("a");
    let checks = json!([{"command": "test -f hit", "exit_code": 0, "type": "mechanical"},
        {"command": "echo fine", "exit_code": 0, "type": "ai-review"}]);
    assert_eq!(result["gate_results"], checks);
    assert_eq!((&result["summary"], &result["status"]), (&json!("out"), &json!("completed")));
    assert_eq!(result["failed_at"], Value::Null);
    for (name, text) in [("stdout", "out\n"), ("stderr", "err\n")] {
        let path = result["metadata"][name].as_str().unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), text);
    }
    let logs = fs::read_dir(desk.sandbox.path(".taskrun/macp/logs")).unwrap();
    let logs: HashSet<String> = logs.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let expected = ["a.log", "a.stderr.log", "a.gate-2.log"].map(str::to_owned);
    assert_eq!(logs, HashSet::from(expected), "what prints nothing leaves no log");
    assert_eq!(desk.read_tasks()[0]["attempts"], 1);
}

#[test]
fn every_way_to_end_has_its_result_and_code() {
    let blocked = "echo '<promise>BLOCKED: ask me</promise>'";
    // task, status, exit code of the drain, exit code of the worker, error, reason
    let table = [
        (plain("a", "exit 4"), "failed", 1, json!(4), "exit code 4", Value::Null),
        (plain("a", "echo why >&2; exit 4"), "failed", 1, json!(4), "exit code 4: why", Value::Null),
        (plain("a", "kill -9 $$"), "failed", 1, Value::Null, "killed by signal 9", Value::Null),
        (plain("a", blocked), "escalated", 4, json!(0), "", json!("ask me")),
        (plain("a", &format!("{blocked}; exit 9")), "escalated", 4, json!(9), "", json!("ask me")),
        (
            task("a", "true", &json!({"quality_gates": ["exit 7", "true"]})),
            "escalated",
            4,
            json!(0),
            "",
            json!("quality gates failed"),
        ),
        (
            task("a", "true", &json!({"dispatch": "acp"})),
            "escalated",
            4,
            json!(1),
            "",
            json!("ACP dispatch requires OpenClaw integration (Phase 2)"),
        ),
        (
            task("a", "sleep 30 & sleep 30", &json!({"timeout_seconds": 1})),
            "failed",
            1,
            Value::Null,
            "timed out after 1s",
            Value::Null,
        ),
        (plain("a", "true"), "completed", 0, json!(0), "", Value::Null),
    ];
    for (task, status, code, worker, error, reason) in table {
        let desk = Desk::new(&json!([task]));
        let out = desk.drain(&[]);
        assert_eq!(out.code, code, "{task}: {out:?}");
        let result = desk.result("a");
        assert_eq!((&result["status"], &result["exit_code"]), (&json!(status), &worker), "{task}: {result}");
        assert_eq!(result["error"].as_str().unwrap_or_default(), error, "{task}: {result}");
        assert_eq!(result["escalation_reason"], reason, "{task}: {result}");
        assert_eq!(result["failed_at"].is_null(), status == "completed", "{task}: {result}");
        assert!(result["completed_at"].is_string() && result["metadata"]["started_at"].is_string());
        assert_eq!(desk.status("a"), status);
    }
}

#[test]
fn nothing_of_a_task_that_timed_out_is_left() {
    let desk = Desk::new(&json!([]));
    let mark = desk.sandbox.root().join("never").display().to_string();
    let command = format!("(trap '' INT TERM; exec tail -f /dev/null {mark} 2>/dev/null) & sleep 30");
    desk.tasks(&json!([task("a", &command, &json!({"timeout_seconds": 1}))]));
    assert_eq!(desk.drain(&[]).code, 1);
    assert_eq!(desk.result("a")["metadata"]["timed_out"], true);
    assert_eq!(living(&mark), Vec::<u32>::new());
}

#[test]
fn retries_wait_longer_each_time_while_others_run() {
    let flaky = "n=$(cat n 2>/dev/null || echo 0); echo $((n+1)) > n; test $n -ge 2";
    let desk = Desk::new(&json!([
        task("flaky", flaky, &json!({"max_attempts": 3, "priority": 0})),
        task("never", "exit 1", &json!({"max_attempts": 2})),
        plain("other", "true"),
    ]));
    desk.config("retry_delay = '300ms'");
    let end = desk.finish(&[]);
    assert_eq!(end["exit_code"], 1, "{end}");
    assert_eq!(end["counts"]["retried"], 3, "{end}");
    let started = |id: &str| -> Vec<jiff::Timestamp> {
        let events = desk.events();
        let own = events.iter().filter(|e| e["task_id"] == id && e["event_type"] == "task.started");
        own.map(|event| event["timestamp"].as_str().unwrap().parse().unwrap()).collect()
    };
    let times = started("flaky");
    let pauses: Vec<i128> =
        times.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_millis()).collect();
    assert!(pauses[0] >= 300 && pauses[1] >= 600, "{pauses:?}");
    assert!(started("other")[0] < times[1], "others run while it waits");
    let result = desk.result("flaky");
    assert_eq!((&result["attempt"], &result["max_attempts"]), (&json!(3), &json!(3)));
    assert_eq!(result["metadata"]["retry_count"], 2);
    assert_eq!(desk.result("never")["attempt"], 2);
    let retry = desk.events().into_iter().find(|e| e["event_type"] == "task.retry.scheduled").unwrap();
    assert_eq!(
        (&retry["status"], &retry["message"]),
        (&json!("pending"), &json!("attempt 1/3 failed: exit code 1"))
    );
}

#[test]
fn what_cannot_be_started_is_tried_again_and_does_not_count() {
    let missing = task("a", "true", &json!({"launcher": "far"}));
    let desk = Desk::new(&json!([missing.clone()]));
    desk.config("retry_delay = '20ms'\n[launchers.far]\ncommand = ['false']");
    assert_eq!(desk.drain(&[]).code, 1);
    let result = desk.result("a");
    assert_eq!((&result["attempt"], &result["max_attempts"]), (&json!(3), &json!(1)), "{result}");
    assert!(result["error"].as_str().unwrap().contains("left no receipt"), "{result}");
    assert_eq!(result["exit_code"], Value::Null);
    desk.tasks(&json!([missing]));
    let mut command = desk.sandbox.command();
    let out = Outcome::of(command.args(["macp", "drain"]).env("TASK_RETRY_ATTEMPTS", "1"));
    assert_eq!((out.code, desk.result("a")["attempt"].clone()), (1, json!(1)));
}

#[test]
fn the_environment_sets_limits_and_is_checked() {
    let desk = Desk::new(&json!([plain("a", "sleep 5")]));
    desk.sandbox
        .write(".taskrun/macp/config.json", "{\"worker\": {\"timeout_seconds\": 60, \"max_attempts\": 4}}");
    let drain = |name: &str, value: &str| {
        Outcome::of(desk.sandbox.command().args(["macp", "drain"]).env(name, value))
    };
    for name in ["TASK_MAX_CONCURRENT", "TASK_TIMEOUT_MS", "TASK_RETRY_ATTEMPTS"] {
        for value in ["0", "-1", "many", "1.5"] {
            let out = drain(name, value);
            assert_eq!(out.code, 2, "{name}={value}: {out:?}");
            assert!(out.stderr.contains(name), "{out:?}");
        }
    }
    assert_eq!(desk.events(), Vec::<Value>::new());
    let mut command = desk.sandbox.command();
    command.env("TASK_RETRY_ATTEMPTS", "2").env("TASK_TIMEOUT_MS", "100").args(["macp", "drain"]);
    assert_eq!(Outcome::of(&mut command).code, 1);
    let result = desk.result("a");
    assert_eq!((&result["attempt"], &result["max_attempts"]), (&json!(2), &json!(2)), "{result}");
    assert!(result["error"].as_str().unwrap().starts_with("timed out after 0.1s"), "{result}");
}

#[test]
fn what_can_never_run_is_named() {
    let after = |ids: &[&str]| json!({"depends_on": ids});
    let legacy = |id: &str, on: &str| json!({"id": id, "title": id, "status": "pending", "command": "true", "depends_on": [on]});
    let desk = Desk::new(&json!([
        plain("bad", "exit 1"),
        task("child", "true", &after(&["bad"])),
        task("grandchild", "true", &after(&["child"])),
        task("lost", "true", &after(&["nowhere"])),
        legacy("x", "y"),
        legacy("y", "x"),
        plain("good", "true"),
    ]));
    let end = desk.finish(&[]);
    assert_eq!(
        (&end["reason"], &end["exit_code"], &end["left"]),
        (&json!("blocked"), &json!(1), &json!(5)),
        "{end}"
    );
    let stuck: Vec<(&str, &str)> = end["stuck"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["task"].as_str().unwrap(), entry["why"].as_str().unwrap()))
        .collect();
    for (id, why) in [
        ("child", "depends on `bad`, which is failed"),
        ("grandchild", "depends on `child`, which can never run either"),
        ("lost", "depends on `nowhere`, which is not there"),
    ] {
        assert!(stuck.contains(&(id, why)), "{stuck:?}");
    }
    assert!(stuck.iter().any(|(id, why)| *id == "x" && why.starts_with("waits for itself")), "{stuck:?}");
    let text = desk.drain(&[]);
    assert_eq!(text.code, 1, "{text:?}");
    assert!(text.stdout.contains("child depends on `bad`"), "{text:?}");
    // One that waits for a person is no failure.
    let desk = Desk::new(&json!([
        task("a", "true", &json!({"dispatch": "acp"})),
        task("b", "true", &after(&["a"]))
    ]));
    assert_eq!(desk.drain(&[]).code, 4);
    assert_eq!(desk.drain(&[]).code, 4);
}

#[test]
fn the_most_urgent_runs_first_and_dependencies_before() {
    let desk = Desk::new(&json!([
        task("late", "true", &json!({"priority": 3})),
        task("needs", "true", &json!({"priority": 0, "depends_on": ["late"]})),
        task("b", "true", &json!({"priority": 1})),
        task("a", "true", &json!({"priority": 1})),
        task("first", "true", &json!({"priority": 0})),
    ]));
    assert_eq!(desk.drain(&[]).code, 0);
    assert_eq!(desk.order(), ["first", "b", "a", "late", "needs"]);
}

#[test]
fn limits_end_it_with_three() {
    let desk = Desk::new(&json!([
        task("a", "test -f a || { touch a; exit 1; }", &json!({"max_attempts": 2})),
        plain("b", "true"),
        plain("c", "true"),
    ]));
    let end = desk.finish(&["--limit", "2"]);
    assert_eq!(
        (&end["reason"], &end["exit_code"], &end["left"]),
        (&json!("limit"), &json!(3), &json!(1)),
        "{end}"
    );
    assert_eq!(
        end["counts"],
        json!({"completed": 2, "cached": 0, "failed": 0, "escalated": 0, "cancelled": 0, "retried": 1})
    );
    assert_eq!(desk.finish(&["--limit", "5"])["reason"], "complete");
    desk.tasks(&json!([plain("a", "sleep 0.3"), plain("b", "touch b")]));
    let end = desk.finish(&["--max-time", "100ms"]);
    assert_eq!((&end["reason"], &end["exit_code"]), (&json!("max_time"), &json!(3)), "{end}");
    assert_eq!((desk.status("a"), desk.status("b")), ("completed".into(), "pending".into()));
}

/// The most tasks that were under way at one time, by what they wrote.
fn peak(desk: &Desk) -> usize {
    let (mut now, mut most) = (0usize, 0);
    for line in desk.sandbox.read("log").lines() {
        now = if line == "+" { now + 1 } else { now - 1 };
        most = most.max(now);
    }
    most
}

#[test]
fn jobs_keys_and_the_limit_over_all() {
    let busy = "echo + >> log; sleep 0.1; echo - >> log";
    let tasks = |key: Option<&str>| -> Value {
        (0..6)
            .map(|at| task(&format!("t{at}"), busy, &key.map_or(json!({}), |key| json!({"key": key}))))
            .collect()
    };
    // key, arguments, TASK_MAX_CONCURRENT, expected peak
    let table = [
        (None, &[][..], None, 1),
        (None, &["--jobs", "3"], None, 3),
        (None, &["--jobs", "6"], None, 6),
        (None, &["--jobs", "3"], Some("2"), 2),
        (Some("drive"), &["--jobs", "3"], None, 1),
    ];
    for (key, args, most, expected) in table {
        let desk = Desk::new(&tasks(key));
        let mut command = desk.sandbox.command();
        command.args(["macp", "drain"]).args(args);
        if let Some(most) = most {
            command.env("TASK_MAX_CONCURRENT", most);
        }
        let out = Outcome::of(&mut command);
        assert_eq!(out.code, 0, "{out:?}");
        assert_eq!(peak(&desk), expected, "{key:?} {args:?} {most:?}");
    }
}
