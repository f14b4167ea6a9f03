//! A drain that is killed again and again, at any moment, over a graph of tasks that count what they do.
//!
//! 25 kills run always; `TASKRUN_STORM=1` makes it 300 over graphs of 200 tasks.

use std::collections::HashMap;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::{living, reap, wait_for};
use crate::macp_drain::{Desk, task};
use crate::sandbox::Outcome;

fn git(desk: &Desk, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=t", "-c", "user.email=t@example.org"]).args(args);
    let out = Outcome::of(command.current_dir(desk.sandbox.path("")));
    assert_eq!(out.code, 0, "{out:?}");
    out.stdout
}

fn name(at: usize) -> String {
    format!("t{at:03}")
}

/// Tasks of which each waits for up to two before it; every eighth has a worktree, every fifth a gate.
fn graph(desk: &Desk, count: usize) -> Value {
    let effects = desk.sandbox.root().join("effects").display().to_string();
    let tasks = (0..count).map(|at| {
        let id = name(at);
        let before: Vec<String> =
            [at / 2, at.saturating_sub(7)].iter().filter(|on| **on < at).map(|on| name(*on)).collect();
        let mut fields = json!({"depends_on": before});
        if at % 8 == 3 {
            fields["worktree"] = json!(id);
        }
        if at % 5 == 1 {
            fields["quality_gates"] = json!([format!("grep -qx {id} {effects}")]);
        }
        task(&id, &format!("echo {id} >> {effects}; sleep 0.01"), &fields)
    });
    tasks.collect()
}

/// What is true once a graph is drained, however often that was cut short. Says how many attempts it took.
fn check(desk: &Desk, count: usize) -> usize {
    let mut effects: HashMap<String, usize> = HashMap::new();
    for line in fs::read_to_string(desk.sandbox.root().join("effects")).unwrap().lines() {
        *effects.entry(line.to_owned()).or_default() += 1;
    }
    let mut started: HashMap<String, usize> = HashMap::new();
    let mut completed: HashMap<String, usize> = HashMap::new();
    let tasks = desk.read_tasks();
    let tasks: HashMap<&str, &Value> =
        tasks.as_array().unwrap().iter().map(|task| (task["id"].as_str().unwrap(), task)).collect();
    for event in desk.events() {
        let id = event["task_id"].as_str().unwrap();
        match event["event_type"].as_str().unwrap() {
            "task.started" => {
                for on in tasks[id]["depends_on"].as_array().unwrap() {
                    assert_eq!(
                        completed.get(on.as_str().unwrap()),
                        Some(&1),
                        "{id} began before {on} was done"
                    );
                }
                *started.entry(id.to_owned()).or_default() += 1;
            }
            "task.completed" => *completed.entry(id.to_owned()).or_default() += 1,
            "task.failed" | "task.escalated" => panic!("{event}"),
            _ => {}
        }
    }
    for at in 0..count {
        let id = name(at);
        let attempts = started[&id];
        assert_eq!(completed.get(&id), Some(&1), "{id}");
        let (done, result) = (effects[&id], desk.result(&id));
        assert!(done >= 1 && done <= attempts, "{id}: {done} effects of {attempts} attempts");
        assert_eq!(
            (&tasks[&*id]["status"], &tasks[&*id]["attempts"]),
            (&json!("completed"), &json!(attempts)),
            "{id}"
        );
        assert_eq!((&result["status"], &result["attempt"]), (&json!("completed"), &json!(attempts)), "{id}");
    }
    assert_eq!(effects.len(), count);
    assert_eq!(git(desk, &["worktree", "list"]).lines().count(), 1);
    let left = fs::read_dir(desk.sandbox.root().join("trees")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "worktrees are left");
    let root = desk.sandbox.root().display().to_string();
    wait_for("the end of all processes", || living(&root).is_empty());
    started.values().sum()
}

#[test]
fn a_storm_of_kills_does_every_task() {
    let (kills, count) = if std::env::var_os("TASKRUN_STORM").is_some() { (300, 200) } else { (25, 24) };
    let (mut hits, mut rounds, mut attempts) = (0, 0, 0);
    let mut seed: u64 = 0x2545_f491_4f6c_dd1d;
    while hits < kills {
        rounds += 1;
        let desk = Desk::new(&json!([]));
        desk.config(&format!("worktree_base = '{}'", desk.sandbox.root().join("trees").display()));
        git(&desk, &["init", "-q", "-b", "main"]);
        desk.sandbox.write("file", "x");
        desk.sandbox.write(".gitignore", ".taskrun\n");
        git(&desk, &["add", "-A"]);
        git(&desk, &["commit", "-qm", "one"]);
        desk.tasks(&graph(&desk, count));
        loop {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let mut drain = desk.start(&["--jobs", "2"]);
            // The random moment; a drain that ends before it was not killed, and must have gone well.
            thread::sleep(Duration::from_micros(3_000 + seed % 350_000));
            let _ = drain.kill();
            let code = reap(drain);
            assert!([0, 137].contains(&code), "{code}");
            hits += usize::from(code == 137);
            if code == 0 || hits >= kills {
                break;
            }
        }
        let out = desk.drain(&["--jobs", "2"]);
        assert_eq!(out.code, 0, "{out:?}");
        attempts += check(&desk, count);
    }
    println!("{hits} kills, {rounds} rounds of {count} tasks, {attempts} attempts");
}
