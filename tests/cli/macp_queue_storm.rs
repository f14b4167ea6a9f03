//! Many processes that submit at once, readers that look all the time, and submitters killed at random moments: nothing that was
//! acknowledged is lost, nothing is there twice, no reader sees anything that is not so.
//!
//! A short form runs always, on a small queue and on one whose `tasks.json` is not written for each submit;
//! `TASKRUN_STORM=1 cargo test --release macp_queue_storm` runs the full one.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::macp_queue::queue;
use crate::sandbox::Sandbox;

const TASKS: &str = ".taskrun/macp/tasks.json";

fn storm(before: usize, seed: u64) {
    let (writers, each) = if std::env::var_os("TASKRUN_STORM").is_some() { (6, 120) } else { (4, 10) };
    let sandbox = queue();
    let first: Vec<Value> = (0..before)
        .map(|at| json!({"id": format!("b{at}"), "title": "before", "status": "pending", "description": "x".repeat(200)}))
        .collect();
    sandbox
        .write(".taskrun/macp/tasks.json", serde_json::to_string_pretty(&json!({"tasks": first})).unwrap());
    let over = AtomicBool::new(false);
    let (sandbox, over) = (&sandbox, &over);
    let (sure, maybe) = thread::scope(|scope| {
        let reader = scope.spawn(move || look(sandbox, over, before));
        let writing: Vec<_> =
            (0..writers).map(|writer| scope.spawn(move || write(sandbox, writer, each, seed))).collect();
        let mut sure: BTreeSet<String> = (0..before).map(|at| format!("b{at}")).collect();
        let mut maybe = BTreeSet::new();
        let written: Vec<_> = writing.into_iter().map(thread::ScopedJoinHandle::join).collect();
        // Also where one of them failed: the reader would look for ever.
        over.store(true, Ordering::SeqCst);
        for written in written {
            let (told, killed) = written.unwrap();
            sure.extend(told);
            maybe.extend(killed);
        }
        assert!(reader.join().unwrap() > 0);
        (sure, maybe)
    });
    // A hand saves the file: whoever comes next reads all and writes all.
    sandbox.write(TASKS, sandbox.read(TASKS));
    assert_eq!(sandbox.run(&["macp", "submit", "--title", "L", "--task-id", "last", "--", "true"]).code, 0);
    for id in sure.iter().take(3) {
        assert_eq!(
            sandbox.run(&["macp", "submit", "--title", "L", "--task-id", id, "--", "true"]).code,
            1,
            "{id}"
        );
    }
    let all: Value = serde_json::from_str(&sandbox.read(TASKS)).unwrap();
    let ids = all["tasks"].as_array().unwrap().iter().map(|task| task["id"].as_str().unwrap().to_owned());
    let ids: Vec<String> = ids.filter(|id| id != "last").collect();
    let found: BTreeSet<String> = ids.iter().cloned().collect();
    assert_eq!(ids.len(), found.len(), "something is there twice");
    assert!(sure.is_subset(&found), "lost: {:?}", sure.difference(&found));
    let possible: BTreeSet<String> = sure.union(&maybe).cloned().collect();
    assert!(found.is_subset(&possible), "submitted by nobody: {:?}", found.difference(&possible));
}

/// Submits, one after another; each fifth is killed soon after it began. Gives what was acknowledged, and what may be there.
fn write(sandbox: &Sandbox, writer: usize, each: usize, mut seed: u64) -> (Vec<String>, Vec<String>) {
    seed += writer as u64 * 7919 + 1;
    let (mut sure, mut maybe) = (Vec::new(), Vec::new());
    for at in 0..each {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let id = format!("w{writer}-{at}");
        let mut command = sandbox.command();
        command.args(["macp", "submit", "--title", "T", "--task-id", &id, "--", "true"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        if at % 5 == 4 {
            thread::sleep(Duration::from_micros((seed >> 33) % 8_000));
            child.kill().unwrap();
        }
        let out = child.wait_with_output().unwrap();
        match out.status.code() {
            Some(0) => sure.push(id),
            None => maybe.push(id),
            Some(_) => panic!("{id}: {out:?}"),
        }
    }
    (sure, maybe)
}

/// Looks until it is over; what was there once stays.
fn look(sandbox: &Sandbox, over: &AtomicBool, before: usize) -> usize {
    let (mut looks, mut least) = (0, before as u64);
    while !over.load(Ordering::SeqCst) {
        let seen = sandbox.run(&["macp", "status", "--json"]);
        assert_eq!(seen.code, 0, "{seen:?}");
        let total = seen.json()["total"].as_u64().unwrap();
        assert!(total >= least, "{total} after {least}");
        (looks, least) = (looks + 1, total);
    }
    looks
}

#[test]
fn storm_on_a_small_queue() {
    storm(3, 1);
}

#[test]
fn storm_on_a_large_queue() {
    storm(900, 2);
}
