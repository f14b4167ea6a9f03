//! `macp drain` and `macp run` beside others: one drain at a time, signals, watching, what is called off, the cache.

use std::fs;
use std::time::Instant;

use serde_json::{Value, json};

use crate::bench::{kill, living, reap, wait_for};
use crate::macp_drain::{Desk, plain, task};
use crate::sandbox::Outcome;

#[test]
fn one_drain_at_a_time_and_a_run_beside_it() {
    let desk = Desk::new(&json!([
        plain("slow", "touch began; while ! test -f go; do sleep 0.02; done"),
        plain("mine", "touch hit")
    ]));
    let first = desk.start(&["--limit", "1"]);
    wait_for("the first task", || desk.sandbox.path("began").exists());
    let second = desk.drain(&[]);
    assert_eq!(second.code, 75, "{second:?}");
    assert!(second.stderr.contains("another drain") && second.stderr.contains("pid"), "{second:?}");
    let busy = desk.sandbox.run(&["macp", "run", "slow"]);
    assert_eq!(busy.code, 75, "{busy:?}");
    assert!(busy.stderr.contains("task `slow` is being worked on by `drain`"), "{busy:?}");
    let beside = desk.sandbox.run(&["macp", "run", "mine", "--json"]);
    assert_eq!(beside.code, 0, "{beside:?}");
    assert!(desk.sandbox.path("hit").exists());
    desk.sandbox.write("go", "");
    assert_eq!(reap(first), 0);
    for (id, words) in [("mine", "is completed already"), ("none", "no task `none`")] {
        let out = desk.sandbox.run(&["macp", "run", id]);
        assert_eq!(out.code, 1, "{out:?}");
        assert!(out.stderr.contains(words), "{out:?}");
    }
    assert_eq!((desk.status("slow"), desk.status("mine")), ("completed".into(), "completed".into()));
    let slots = fs::read_dir(desk.sandbox.path(".taskrun/macp/state")).unwrap();
    let left: Vec<String> = slots.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!left.iter().any(|name| name.starts_with("slot-run")), "{left:?}");
}

#[test]
fn run_tries_again_and_refuses_what_waits() {
    let desk = Desk::new(&json!([
        task("a", "test -f a || { touch a; exit 1; }", &json!({"max_attempts": 2})),
        task("b", "true", &json!({"depends_on": ["c"]})),
        plain("c", "exit 1"),
    ]));
    assert_eq!(desk.sandbox.run(&["macp", "run", "a"]).code, 0);
    assert_eq!(desk.result("a")["attempt"], 2);
    let out = desk.sandbox.run(&["macp", "run", "b"]);
    assert_eq!(out.code, 1);
    assert!(out.stderr.contains("task `b` depends on `c`, which is pending"), "{out:?}");
    assert_eq!(desk.sandbox.run(&["macp", "run", "c"]).code, 1);
    assert_eq!(desk.status("c"), "failed");
}

#[test]
fn a_signal_ends_the_children_and_hands_tasks_back() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let desk = Desk::new(&json!([]));
        let mark = desk.sandbox.root().join("mark").display().to_string();
        let wait = format!("echo x >> began; tail -f /dev/null {mark} 2>/dev/null");
        desk.tasks(&json!([plain("a", &wait), plain("b", &wait), plain("c", "true")]));
        let drain = desk.start(&["--jobs", "2"]);
        wait_for("two tasks", || {
            fs::read_to_string(desk.sandbox.path("began")).is_ok_and(|text| text.lines().count() == 2)
        });
        let since = Instant::now();
        kill(drain.id(), signal);
        assert_eq!(reap(drain), code);
        assert!(since.elapsed().as_secs() < 8);
        assert_eq!(living(&mark), Vec::<u32>::new());
        for (id, attempts) in [("a", 1), ("b", 1)] {
            assert_eq!(desk.status(id), "pending");
            assert_eq!(desk.kinds(id).last().unwrap(), "task.retry.scheduled");
            let tasks = desk.read_tasks();
            let task = tasks.as_array().unwrap().iter().find(|task| task["id"] == id).unwrap();
            assert_eq!(task["attempts"], attempts);
        }
        // The attempt that was cut short does not count.
        fs::write(&mark, "").unwrap();
        desk.sandbox.write("began", "");
        let again = desk.start(&["--jobs", "2"]);
        wait_for("two tasks", || desk.sandbox.read("began").lines().count() == 2);
        kill(again.id(), "KILL");
        reap(again);
        wait_for("the end of the orphans", || living(&mark).is_empty());
    }
}

#[test]
fn a_watching_drain_takes_what_comes_and_ends_by_a_signal() {
    let desk = Desk::new(&json!([plain("a", "touch a")]));
    let drain = desk.start(&["--watch"]);
    wait_for("the first", || desk.sandbox.path("a").exists());
    wait_for("its end on record", || desk.kinds("a").last().is_some_and(|kind| kind == "task.completed"));
    let path = desk.sandbox.path(".taskrun/macp/tasks.json");
    // By hand, as an editor does it, once the file is up to date.
    wait_for("the file", || desk.status("a") == "completed");
    let mut tasks = desk.read_tasks();
    tasks.as_array_mut().unwrap().push(plain("b", "touch b"));
    let text = serde_json::to_string_pretty(&json!({"tasks": tasks})).unwrap();
    let draft = desk.sandbox.path("draft");
    fs::write(&draft, text).unwrap();
    fs::rename(draft, path).unwrap();
    let ended = || desk.kinds("b").last().is_some_and(|kind| kind == "task.completed");
    wait_for("the second", ended);
    kill(drain.id(), "TERM");
    assert_eq!(reap(drain), 143);
    assert_eq!((desk.status("a"), desk.status("b")), ("completed".into(), "completed".into()));
}

#[test]
fn a_task_that_is_called_off_is_ended() {
    let desk = Desk::new(&json!([]));
    let mark = desk.sandbox.root().join("mark").display().to_string();
    desk.tasks(&json!([
        plain("a", &format!("touch began; tail -f /dev/null {mark} 2>/dev/null")),
        plain("b", "touch b")
    ]));
    let drain = desk.start(&[]);
    wait_for("it", || desk.sandbox.path("began").exists());
    let out = desk.sandbox.run(&["macp", "cancel", "a"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert_eq!(reap(drain), 0);
    assert_eq!(living(&mark), Vec::<u32>::new());
    assert_eq!((desk.status("a"), desk.status("b")), ("failed".into(), "completed".into()));
    assert_eq!(desk.read_tasks()[0]["cancelled"], true);
}

#[test]
fn identical_tasks_are_run_once_where_they_say_so() {
    let cached = |id: &str, fields: &Value| {
        let mut task = task(id, "echo x >> ../runs; echo said", fields);
        task["cache"] = json!(true);
        task
    };
    let desk = Desk::new(&json!([cached("a", &json!({}))]));
    let runs = || fs::read_to_string(desk.sandbox.root().join("runs")).unwrap().lines().count();
    assert_eq!((desk.drain(&[]).code, runs()), (0, 1));
    let submit = |id: &str, fields: Value| {
        let mut tasks = desk.read_tasks();
        tasks.as_array_mut().unwrap().push(cached(id, &fields));
        desk.sandbox.write(".taskrun/macp/tasks.json", json!({"tasks": tasks}).to_string());
    };
    submit("b", json!({"title": "Another name"}));
    let end = desk.finish(&[]);
    assert_eq!(
        (&end["counts"]["completed"], &end["counts"]["cached"], runs()),
        (&json!(1), &json!(1), 1),
        "{end}"
    );
    let result = desk.result("b");
    assert_eq!(
        (&result["metadata"]["cached"], &result["summary"]),
        (&json!(true), &json!("said")),
        "{result}"
    );
    assert_eq!(desk.kinds("b"), ["task.assigned", "task.completed"]);
    submit("c", json!({"env": {"A": "b"}}));
    assert_eq!((desk.drain(&[]).code, runs()), (0, 2));
    submit("d", json!({}));
    assert_eq!((desk.drain(&["--no-cache"]).code, runs()), (0, 3));
    // With git it is the files that count as well.
    let git = |args: &[&str]| {
        let mut command = std::process::Command::new("git");
        command
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
            .args(args)
            .current_dir(desk.sandbox.path(""));
        assert_eq!(Outcome::of(&mut command).code, 0);
    };
    git(&["init", "-q"]);
    desk.sandbox.write("code", "1");
    git(&["add", "code"]);
    git(&["commit", "-qm", "one"]);
    for (id, change, expected) in
        [("e", None, 4), ("f", None, 4), ("g", Some("2"), 5), ("h", None, 5), ("i", Some("1"), 6)]
    {
        if let Some(text) = change {
            desk.sandbox.write("code", text);
        }
        submit(id, json!({}));
        assert_eq!((desk.drain(&[]).code, runs()), (0, expected), "{id}");
    }
}

#[test]
fn an_invalid_task_starts_nothing() {
    let desk = Desk::new(&json!([plain("good", "touch hit"), task("bad", "true", &json!({"cwd": "../.."}))]));
    let out = desk.drain(&[]);
    assert_eq!(out.code, 2, "{out:?}");
    assert!(out.stderr.contains("task `bad`: `cwd`"), "{out:?}");
    assert!(!desk.sandbox.path("hit").exists() && desk.events().is_empty());
    desk.sandbox.write(".taskrun/macp/tasks.json", "{\"tasks\": [\n{\"id\": 1}]}");
    let out = desk.drain(&["--json"]);
    assert_eq!(out.code, 2, "{out:?}");
    assert!(out.json_error()["message"].as_str().unwrap().contains("tasks.json"), "{out:?}");
}

#[test]
fn gates_of_a_type_run_for_that_type_only() {
    let desk = Desk::new(&json!([
        task("code", "true", &json!({"type": "coding", "quality_gates": ["true"]})),
        task("docs", "true", &json!({"type": "documentation"})),
    ]));
    desk.config("[macp.gates]\ncoding = ['test 1 = 1']");
    desk.sandbox.write(".taskrun/macp/config.json", "{\"quality_gates\": [\"test 2 = 2\"]}");
    assert_eq!(desk.drain(&[]).code, 0);
    let commands = |id: &str| -> Vec<String> {
        let result = desk.result(id);
        let list = result["gate_results"].as_array().unwrap().clone();
        list.iter().map(|gate| gate["command"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(commands("code"), ["true", "test 1 = 1"]);
    assert_eq!(commands("docs"), ["test 2 = 2"]);
}
