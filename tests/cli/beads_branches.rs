//! Branches that change the same tasks at random, merged in every order by the driver and real git.
//!
//! The short form runs always; `TASKRUN_STORM=1 cargo test --release storm` runs the full one (3 branches
//! with 200 changes each).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::beads_merge::{self, git};
use crate::branch::{Branch, NAMES, fork, items, start};
use crate::sandbox::Sandbox;

const FILE: &str = ".beads/issues.jsonl";
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

fn size(short: usize, full: usize) -> usize {
    if std::env::var_os("TASKRUN_STORM").is_some() { full } else { short }
}

/// A repository whose driver is installed as users install it.
fn repository() -> Sandbox {
    let sandbox = beads_merge::repository();
    assert_eq!(sandbox.run(&["beads", "init"]).code, 0);
    git(&sandbox, &["add", "-A"]);
    sandbox
}

fn commit(sandbox: &Sandbox, branch: &Branch) {
    sandbox.write(FILE, branch.text());
    git(sandbox, &["commit", "-q", "--allow-empty", "-am", branch.name]);
}

fn issues(text: &str) -> Vec<Value> {
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.filter(|line: &Value| line["id"].is_string()).collect()
}

/// What a file says, whatever the order of its lines.
fn content(text: &str) -> BTreeSet<String> {
    let sorted = |line: &str| {
        let mut line: BTreeMap<String, Value> = serde_json::from_str(line).unwrap();
        if let Some(edges) = line.get_mut("dependencies").and_then(Value::as_array_mut) {
            edges.sort_by_key(ToString::to_string); // a set
        }
        serde_json::to_string(&line).unwrap()
    };
    text.lines().map(sorted).collect()
}

/// Merges the branches in an order and returns the file.
fn merged(sandbox: &Sandbox, order: [usize; 3]) -> String {
    git(sandbox, &["checkout", "-q", "--detach", NAMES[order[0]]]);
    for at in &order[1..] {
        git(sandbox, &["merge", "-q", "--no-edit", NAMES[*at]]);
    }
    sandbox.read(FILE)
}

/// By their marks, which no change touches.
fn by_mark(issues: &[Value]) -> BTreeMap<&str, &Value> {
    let marked: BTreeMap<_, _> =
        issues.iter().map(|issue| (issue["design"].as_str().unwrap(), issue)).collect();
    let twice =
        issues.iter().filter(|issue| !std::ptr::eq(marked[issue["design"].as_str().unwrap()], *issue));
    assert!(marked.len() == issues.len(), "{:?} are there twice", twice.collect::<Vec<_>>());
    marked
}

/// Nothing that a branch added is lost, and all that names an issue names the same one.
fn check_additions(base: &Branch, branch: &[Value], merged: &[Value]) {
    let (old, ours, all) = (by_mark(&base.issues), by_mark(branch), by_mark(merged));
    let mark = |issues: &[Value], id: &Value| {
        issues.iter().find(|issue| issue["id"] == *id).map(|issue| issue["design"].clone())
    };
    for (uid, issue) in ours {
        let before = old.get(uid).copied();
        let Some(now) = all.get(uid) else {
            assert!(before == Some(issue), "{uid} is lost");
            continue;
        };
        let was = |key: &str, item: &Value| before.is_some_and(|old| items(old, key).any(|old| old == item));
        for comment in items(issue, "comments").filter(|comment| !was("comments", comment)) {
            let kept = items(now, "comments").filter(|kept| kept["text"] == comment["text"]);
            let kept: Vec<_> = kept.collect();
            assert!(kept.len() == 1 && kept[0]["issue_id"] == now["id"], "{comment} is lost or doubled");
        }
        for edge in items(issue, "dependencies").filter(|edge| !was("dependencies", edge)) {
            let Some(target) = mark(branch, &edge["depends_on_id"]) else { continue };
            let Some(target) = all.get(target.as_str().unwrap()) else { continue };
            let kept = |kept: &Value| {
                kept["depends_on_id"] == target["id"]
                    && kept["type"] == edge["type"]
                    && kept["issue_id"] == now["id"]
            };
            assert!(items(now, "dependencies").any(kept), "{edge} of {uid} points elsewhere: {now}");
        }
    }
}

/// Of the values that branches gave to a field, the one of the newest line is there. Returns how often
/// there was more than one.
fn check_newest(base: &Branch, branches: &[Branch], merged: &[Value]) -> usize {
    let all = by_mark(merged);
    let mut contested = 0;
    for (uid, old) in by_mark(&base.issues) {
        let Some(now) = all.get(uid) else { continue };
        let sides = branches.iter().filter_map(|branch| by_mark(&branch.issues).remove(uid).cloned());
        let sides: Vec<Value> = sides.collect();
        for field in ["title", "description", "notes", "assignee", "priority", "status", "close_reason"] {
            let group = |issue: &Value| match field {
                "status" | "close_reason" => {
                    ["status", "closed_at", "close_reason", "deleted_at"].map(|key| issue[key].to_string())
                }
                _ => [field; 4].map(|key| issue[key].to_string()),
            };
            let changed = sides.iter().filter(|side| group(side) != group(old));
            let newest = changed.clone().max_by_key(|side| {
                (side["updated_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap(), group(side))
            });
            contested += usize::from(changed.count() > 1);
            let same_time = newest.is_some_and(|newest| {
                sides.iter().filter(|side| side["updated_at"] == newest["updated_at"]).count() > 1
            });
            if !same_time {
                assert_eq!(now[field], newest.unwrap_or(old)[field], "{field} of {uid}");
            }
        }
        let ids: BTreeSet<String> = items(now, "comments").map(|comment| comment["id"].to_string()).collect();
        assert_eq!(ids.len(), items(now, "comments").count(), "comments have ids of their own");
        assert_eq!(now["closed_at"].is_string(), now["status"] == "closed", "{now}");
    }
    contested
}

#[test]
fn storm_of_branches_ends_the_same_in_every_order() {
    let mut contested = 0;
    for seed in 0..size(2, 6) as u64 {
        let sandbox = repository();
        let base = start(seed + 1, seed % 2 == 1);
        commit(&sandbox, &base);
        let mut branches = Vec::new();
        for (at, name) in NAMES.into_iter().enumerate() {
            let mut branch = fork(&base, at);
            (0..size(40, 200)).for_each(|_| branch.step());
            git(&sandbox, &["checkout", "-q", "-b", name, "main"]);
            commit(&sandbox, &branch);
            branches.push(branch);
        }
        let texts = ORDERS.map(|order| merged(&sandbox, order));
        for (order, text) in ORDERS.iter().zip(&texts) {
            assert!(!text.contains("<<<<<<<") && !text.contains(">>>>>>>"), "{order:?}");
            let (first, this) = (content(&texts[0]), content(text));
            let odd: Vec<_> = first.symmetric_difference(&this).collect();
            assert!(odd.is_empty(), "seed {seed}, {order:?} differs:\n{odd:#?}");
            assert_eq!(text.lines().count(), this.len());
            assert_eq!(merged(&sandbox, *order), *text, "the same bytes again");
        }
        let all = issues(&texts[0]);
        let ids: BTreeSet<_> = all.iter().map(|issue| issue["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), all.len(), "every issue has an id of its own");
        for branch in &branches {
            check_additions(&base, &branch.issues, &all);
            assert!(branch.memories.iter().all(|memory| texts[0].contains(&memory.to_string())));
        }
        contested += check_newest(&base, &branches, &all);
        assert_eq!(sandbox.run(&["beads", "list", "--all"]).code, 0);
    }
    assert!(contested > 2, "{contested} fields were contested");
}

/// Branches that go on and merge each other again and again, from either side.
#[test]
fn storm_of_repeated_merges_doubles_and_loses_nothing() {
    for seed in 0..size(2, 10) as u64 {
        let sandbox = repository();
        let base = start(seed + 77, seed % 2 == 1);
        commit(&sandbox, &base);
        let mut branches: Vec<Branch> = (0..3).map(|at| fork(&base, at)).collect();
        NAMES.iter().for_each(|name| drop(git(&sandbox, &["branch", "-q", name, "main"])));
        let mut comments: BTreeSet<String> = BTreeSet::new();
        for round in 0..size(12, 40) {
            let (at, from) = (round % 3, (round + 1 + base.issues.len() % 2) % 3);
            git(&sandbox, &["checkout", "-q", NAMES[at]]);
            let branch = &mut branches[at];
            (0..5).for_each(|_| branch.add());
            commit(&sandbox, branch);
            comments.extend(texts(&branch.issues));
            git(&sandbox, &["merge", "-q", "--no-edit", NAMES[from]]);
            let text = sandbox.read(FILE);
            assert!(!text.contains("<<<<<<<"), "round {round}");
            branch.issues = issues(&text);
            by_mark(&branch.issues);
            branch.clock += 1_000_000;
        }
        for (at, from) in [(0, 1), (0, 2), (1, 0), (2, 0)] {
            git(&sandbox, &["checkout", "-q", NAMES[at]]);
            git(&sandbox, &["merge", "-q", "--no-edit", NAMES[from]]);
        }
        let all = issues(&sandbox.read(FILE));
        let made: usize = branches.iter().map(|branch| branch.created).sum();
        assert_eq!(by_mark(&all).len(), made - 2 * base.created, "seed {seed}");
        let kept = texts(&all);
        assert_eq!(kept.iter().cloned().collect::<BTreeSet<_>>(), comments, "seed {seed}");
        assert_eq!(kept.len(), comments.len(), "seed {seed}: a comment is there twice");
        let ids: BTreeSet<_> = all.iter().map(|issue| issue["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), all.len());
        assert_eq!(sandbox.run(&["beads", "list", "--all"]).code, 0);
    }
}

fn texts(all: &[Value]) -> Vec<String> {
    all.iter().flat_map(|issue| items(issue, "comments")).map(|comment| comment["text"].to_string()).collect()
}
