//! Many writers at once, and writers killed in the middle.
//!
//! The short form runs always; `TASKRUN_STORM=1 cargo test --release storm` runs the full one
//! (8 processes, 200 tasks; 200 updates, each killed at a random moment).

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::sandbox::{Outcome, Sandbox};

const FILE: &str = ".beads/issues.jsonl";

fn size(short: usize, full: usize) -> usize {
    if std::env::var_os("TASKRUN_STORM").is_some() { full } else { short }
}

fn tasks(count: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    let lines: Vec<String> = (0..count)
        .map(|at| {
            format!("{{\"id\":\"bd-{at:03}\",\"title\":\"task {at}\",\"status\":\"open\",\"priority\":2}}\n")
        })
        .collect();
    sandbox.write(FILE, lines.concat());
    sandbox
}

fn quiet(command: &mut Command) -> &mut Command {
    command.env("BEADS_ACTOR", "storm").stdout(Stdio::piped()).stderr(Stdio::null())
}

#[test]
fn storm_of_claims_gives_each_task_to_one() {
    let (claimants, count) = (8, size(40, 200));
    let sandbox = tasks(count);
    let claimed: Vec<String> = thread::scope(|scope| {
        let claim = || {
            let mut mine = Vec::new();
            loop {
                let out = Outcome::of(quiet(&mut sandbox.command()).args(["beads", "claim", "--json"]));
                if out.code == 1 {
                    return mine;
                }
                assert_eq!(out.code, 0, "{out:?}");
                mine.push(out.json()["id"].as_str().unwrap().to_owned());
            }
        };
        let threads: Vec<_> = (0..claimants).map(|_| scope.spawn(claim)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut once: HashMap<&str, usize> = HashMap::new();
    for id in &claimed {
        *once.entry(id).or_default() += 1;
    }
    assert!(once.len() == count && once.values().all(|times| *times == 1), "{once:?}");
}

#[test]
fn storm_of_claims_on_one_task_has_one_winner() {
    let sandbox = tasks(1);
    let codes: Vec<i32> = thread::scope(|scope| {
        let claim = || Outcome::of(quiet(&mut sandbox.command()).args(["beads", "claim", "bd-000"])).code;
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(claim)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert!(codes.iter().all(|code| [0, 1].contains(code)), "{codes:?}");
}

#[test]
fn storm_of_creates_keeps_every_one() {
    let (makers, each) = (4, size(8, 50));
    let sandbox = tasks(1);
    let made: Vec<String> = thread::scope(|scope| {
        let create = || {
            let one = |_| {
                Outcome::of(
                    quiet(&mut sandbox.command()).args(["beads", "create", "x", "--parent", "bd-000"]),
                )
            };
            (0..each).map(one).map(|out| out.stdout.trim().to_owned()).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..makers).map(|_| scope.spawn(create)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let listed = sandbox.run(&["beads", "list", "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 1 + makers * each);
    let mut numbers: Vec<usize> =
        made.iter().map(|id| id.strip_prefix("bd-000.").unwrap().parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=makers * each).collect::<Vec<_>>());
}

/// Updates are killed after a pseudo-random delay (fixed seed); whatever was acknowledged must be there.
#[test]
fn storm_of_kills_loses_no_acknowledged_change() {
    let count = size(60, 200);
    let sandbox = tasks(200);
    let mut seed: u64 = 0x2545_f491_4f6c_dd1d;
    let mut acknowledged = HashMap::new();
    for at in 0..count {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let id = format!("bd-{:03}", at % 200);
        let notes = format!("note {at}");
        let args = ["beads", "update", &id, "--notes", &notes];
        let mut child = quiet(&mut sandbox.command()).stdout(Stdio::null()).args(args).spawn().unwrap();
        // The random moment; every fifth is left to finish, however slow the machine.
        if at % 5 != 0 {
            thread::sleep(Duration::from_micros(seed % 12_000));
            let _ = child.kill();
        }
        if child.wait().unwrap().success() {
            acknowledged.insert(id, notes);
        }
    }
    let listed = sandbox.run(&["beads", "list", "--json"]);
    assert_eq!(listed.code, 0, "{listed:?}");
    let listed = listed.json();
    assert_eq!(listed.as_array().unwrap().len(), 200);
    for issue in listed.as_array().unwrap() {
        if let Some(notes) = acknowledged.get(issue["id"].as_str().unwrap()) {
            assert_eq!(issue["notes"], **notes);
        }
    }
    assert!(acknowledged.len() >= count / 5, "{} of {count}", acknowledged.len());
}
