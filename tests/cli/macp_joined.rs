//! What comes to a queue by hand while it is worked, and what lies in its directory that is none of its files.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::bench::{kill, reap, wait_for};
use crate::macp_drain::{Desk, plain, task};

#[test]
fn a_hostile_task_that_joins_a_drain_is_not_run() {
    for (id, fields, field) in [
        ("b c", json!({}), "`id`"),
        ("b", json!({"result_path": "../../../out.json"}), "`result_path`"),
        ("b", json!({"cwd": "/"}), "`cwd`"),
    ] {
        let desk = Desk::new(&json!([]));
        let first = plain("a", "cp evil.json .taskrun/macp/tasks.json");
        let evil = json!({"tasks": [first, task(id, "touch ran", &fields), plain("z", "touch ran")]});
        desk.sandbox.write("evil.json", evil.to_string());
        desk.tasks(&json!([first]));
        let out = desk.drain(&["--json"]);
        assert_eq!(out.code, 2, "{out:?}");
        assert!(out.stderr.contains(field) && out.stderr.contains(id), "{out:?}");
        assert!(out.stdout.contains("\"reason\":\"invalid\""), "{out:?}");
        assert!(!desk.sandbox.path("ran").exists());
        assert_eq!(desk.order(), ["a"]);
        assert_eq!(desk.result("a")["status"], "completed");
    }
}

#[test]
fn a_run_whose_task_is_taken_from_it_does_not_end_well() {
    let desk = Desk::new(&json!([task("a", "exit 1", &json!({"max_attempts": 2}))]));
    desk.config("retry_delay = '10m'");
    let mut run = desk.sandbox.command();
    run.args(["macp", "run", "a"]).stdout(Stdio::null()).stderr(Stdio::null());
    let run = run.spawn().unwrap();
    wait_for("the pause", || desk.kinds("a").contains(&"task.retry.scheduled".to_owned()));
    assert_eq!(desk.sandbox.run(&["macp", "cancel", "a"]).code, 0);
    assert_eq!(reap(run), 1);
}

#[test]
fn links_and_pipes_in_the_queue_are_not_followed() {
    let desk = Desk::new(&json!([plain("a", "echo words"), plain("b", "echo words"), plain("c", "echo x")]));
    let queue = desk.sandbox.path(".taskrun/macp");
    for dir in ["logs", "results"] {
        fs::create_dir_all(queue.join(dir)).unwrap();
    }
    let outside = desk.sandbox.root().join("outside");
    fs::write(&outside, "mine").unwrap();
    symlink(&outside, queue.join("logs/a.log")).unwrap();
    assert!(Command::new("mkfifo").arg(queue.join("logs/b.log")).status().unwrap().success());
    symlink(&outside, queue.join("results/a.json")).unwrap();
    assert!(Command::new("mkfifo").arg(queue.join("results/b.json")).status().unwrap().success());
    fs::create_dir_all(queue.join("results/c.json")).unwrap();
    let out = desk.drain(&[]);
    assert_eq!(out.code, 1, "{out:?}");
    assert_eq!(fs::read_to_string(&outside).unwrap(), "mine");
    for id in ["a", "b"] {
        let error = desk.result(id)["error"].as_str().unwrap().to_owned();
        assert!(error.contains(&format!("logs/{id}.log")) && error.contains("regular"), "{error}");
        assert!(!queue.join(format!("results/{id}.json")).is_symlink());
    }
    // What cannot be written is in the log.
    assert!(out.stderr.contains("the result of task `c` is in the log only"), "{out:?}");
    assert_eq!(desk.status("c"), "completed");
    for name in ["results", "logs", "state", "events.ndjson"] {
        let desk = Desk::new(&json!([plain("a", "touch ran")]));
        let queue = desk.sandbox.path(".taskrun/macp");
        let outside = desk.sandbox.root().join("elsewhere");
        fs::create_dir_all(&outside).unwrap();
        symlink(&outside, queue.join(name)).unwrap();
        for args in [vec!["macp", "drain"], vec!["macp", "run", "a"]] {
            let out = desk.sandbox.run(&args);
            assert_eq!(out.code, 2, "{name} {out:?}");
            assert!(out.stderr.contains(name), "{out:?}");
        }
        assert!(!desk.sandbox.path("ran").exists());
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    }
}

#[test]
fn a_program_that_is_not_there_is_not_tried_again() {
    let desk = Desk::new(&json!([]));
    desk.sandbox.write("plain-file", "no program");
    let argv = |id: &str, program: &str| {
        task(id, "", &json!({"command": null, "argv": [program], "max_attempts": 2}))
    };
    desk.tasks(&json!([argv("a", "no-such-program-of-ours"), argv("b", "./plain-file")]));
    assert_eq!(desk.drain(&[]).code, 1);
    assert_eq!(desk.order(), ["a", "b"]);
    for id in ["a", "b"] {
        let result = desk.result(id);
        assert_eq!((&result["attempt"], &result["status"]), (&json!(1), &json!("failed")), "{result}");
        assert!(result["error"].as_str().unwrap().contains("failed to start"), "{result}");
    }
}

#[test]
fn what_only_a_hand_says_is_under_way_is_for_a_person() {
    let desk = Desk::new(&json!([
        task("a", "touch ran-a", &json!({"status": "gated"})),
        task("b", "touch ran-b", &json!({"status": "running"})),
    ]));
    let out = desk.finish(&[]);
    assert_eq!((&out["exit_code"], &out["escalated"]), (&json!(4), &json!(["a", "b"])), "{out}");
    assert_eq!((desk.status("a"), desk.status("b")), ("escalated".into(), "escalated".into()));
    assert!(!desk.sandbox.path("ran-a").exists() && !desk.sandbox.path("ran-b").exists());
    assert_eq!(desk.sandbox.run(&["macp", "retry", "a"]).code, 0);
    assert_eq!(desk.sandbox.run(&["macp", "run", "a"]).code, 0);
    assert!(desk.sandbox.path("ran-a").exists());
}

#[test]
fn a_task_whose_worker_was_killed_is_said_to_be_so() {
    let desk = Desk::new(&json!([plain("a", "touch began; while ! test -f go; do sleep 0.02; done")]));
    let drain = desk.start(&[]);
    wait_for("the task", || desk.sandbox.path("began").exists());
    kill(drain.id(), "KILL");
    reap(drain);
    let out = desk.sandbox.run(&["macp", "status"]);
    assert!(out.stdout.contains("gone: a"), "{out:?}");
    let out = desk.sandbox.run(&["macp", "show", "a"]);
    assert!(out.stdout.contains("which is gone"), "{out:?}");
    desk.sandbox.write("go", "");
    assert_eq!(desk.drain(&[]).code, 0);
}
