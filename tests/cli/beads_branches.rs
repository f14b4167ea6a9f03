//! Branches that change the same tasks at random, merged in every order by the driver and real git.
//!
//! The short form runs always; `TASKRUN_STORM=1 cargo test --release storm` runs the full one (3 branches
//! with 200 changes each).

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

const FILE: &str = ".beads/issues.jsonl";
const BRANCHES: [&str; 3] = ["a", "b", "c"];
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

fn size(short: usize, full: usize) -> usize {
    if std::env::var_os("TASKRUN_STORM").is_some() { full } else { short }
}

/// One branch's issues, changed as tools change them.
#[derive(Clone)]
struct Branch {
    name: &'static str,
    issues: Vec<Value>,
    memories: Vec<Value>,
    seed: u64,
    /// Milliseconds since the branches left each other.
    clock: u64,
    /// Whether times are whole seconds, as newer tools write them.
    whole: bool,
    made: usize,
    created: usize,
}

impl Branch {
    fn random(&mut self, below: usize) -> usize {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        usize::try_from((self.seed >> 11) % below as u64).unwrap()
    }

    fn now(&mut self) -> Value {
        self.clock += 1 + self.random(2500) as u64;
        let (seconds, millis) = (self.clock / 1000, self.clock % 1000);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let part = if self.whole { String::new() } else { format!(".{millis:03}") };
        json!(format!("2026-03-01T{hours:02}:{minutes:02}:{seconds:02}{part}Z"))
    }

    /// A mark by which whatever was made here is known again.
    fn mark(&mut self) -> String {
        self.made += 1;
        format!("{}{}", self.name, self.made)
    }

    fn create(&mut self, parent: Option<&str>) {
        let stem = parent.map_or("bd-".to_owned(), |parent| format!("{parent}."));
        let taken = |number: &usize| self.issues.iter().any(|issue| issue["id"] == format!("{stem}{number}"));
        let id = format!("{stem}{}", (1..).find(|number| !taken(number)).unwrap());
        let (now, uid) = (self.now(), self.mark());
        let mut issue = json!({"id": id, "title": format!("task {uid}"), "design": uid, "status": "open",
            "priority": 2, "issue_type": "task", "created_at": now, "created_by": "agent", "updated_at": now});
        if let Some(parent) = parent {
            issue["dependencies"] = json!([{"issue_id": id, "depends_on_id": parent, "type": "parent-child",
                "created_at": now}]);
            issue["dependency_count"] = json!(0);
        }
        self.issues.push(issue);
        self.created += 1;
    }

    fn comment(&mut self, at: usize) {
        let ids = self.issues.iter().flat_map(|issue| issue["comments"].as_array().into_iter().flatten());
        let last = ids.filter_map(|comment| comment["id"].as_u64()).filter(|id| *id < 1000).max();
        let text = format!("comment {}", self.mark());
        let comment = json!({"id": last.unwrap_or(0) + 1, "issue_id": self.issues[at]["id"], "author": "agent",
            "text": text, "created_at": self.now()});
        push(&mut self.issues[at], "comments", comment);
    }

    fn depend(&mut self, at: usize, on: usize) {
        let kind = ["blocks", "related", "discovered-from"][self.random(3)];
        let (issue, target, now) = (self.issues[at]["id"].clone(), self.issues[on]["id"].clone(), self.now());
        let known = self.issues[at]["dependencies"].as_array().into_iter().flatten();
        if at != on && known.clone().all(|edge| edge["depends_on_id"] != target) {
            let edge = json!({"issue_id": issue, "depends_on_id": target, "type": kind, "created_at": now});
            push(&mut self.issues[at], "dependencies", edge);
        }
    }

    fn label(&mut self, at: usize) {
        let label = json!(format!("l{}", self.random(6)));
        let labels = self.issues[at]["labels"].as_array().cloned().unwrap_or_default();
        if labels.contains(&label) {
            let left: Vec<_> = labels.into_iter().filter(|old| *old != label).collect();
            self.issues[at]["labels"] = json!(left);
        } else {
            push(&mut self.issues[at], "labels", label);
        }
    }

    fn status(&mut self, at: usize) {
        let status = ["open", "in_progress", "closed", "blocked", "tombstone"][self.random(5)];
        let (now, mark) = (self.now(), self.mark());
        let issue = self.issues[at].as_object_mut().unwrap();
        for key in ["closed_at", "close_reason", "deleted_at"] {
            issue.shift_remove(key);
        }
        issue["status"] = json!(status);
        match status {
            "closed" => {
                issue.insert("closed_at".into(), now);
                issue.insert("close_reason".into(), json!(mark));
            }
            "tombstone" => {
                issue.insert("deleted_at".into(), now);
            }
            _ => {}
        }
    }

    fn has_children(&self, id: &str) -> bool {
        self.issues.iter().any(|issue| issue["id"].as_str().unwrap().starts_with(&format!("{id}.")))
    }

    /// Removes the line, and what depends on it no longer does, as newer tools have it.
    fn remove(&mut self, at: usize) {
        let (id, now) = (self.issues.remove(at)["id"].clone(), self.now());
        for issue in &mut self.issues {
            if items(issue, "dependencies").any(|edge| edge["depends_on_id"] == id) {
                let left = items(issue, "dependencies").filter(|edge| edge["depends_on_id"] != id);
                issue["dependencies"] = left.cloned().collect();
                issue["updated_at"] = now.clone();
            }
        }
    }

    /// One random change.
    fn step(&mut self) {
        let at = self.random(self.issues.len());
        let id = self.issues[at]["id"].as_str().unwrap().to_owned();
        match self.random(20) {
            0..3 => return self.create(None),
            3..6 if id.matches('.').count() < 2 => return self.create(Some(&id)),
            6..9 => self.comment(at),
            9..12 => {
                let on = self.random(self.issues.len());
                self.depend(at, on);
            }
            12..14 => self.label(at),
            14..16 => self.status(at),
            16 => {
                let field = ["title", "description", "notes", "assignee"][self.random(4)];
                self.issues[at][field] = json!(format!("{field} <{}>", self.mark()));
            }
            17 => self.issues[at]["priority"] = json!(self.random(5)),
            18 if self.random(4) == 0 && !self.has_children(&id) => return self.remove(at),
            18 => {
                if let Some(edges) = self.issues[at]["dependencies"].as_array_mut() {
                    edges.pop();
                }
            }
            _ => {
                let memory = json!({"_type": "memory", "key": self.mark(), "value": "x"});
                return self.memories.push(memory);
            }
        }
        self.issues[at]["updated_at"] = self.now();
    }

    /// A random change that removes nothing and closes no circle.
    fn add(&mut self) {
        let at = self.random(self.issues.len());
        let id = self.issues[at]["id"].as_str().unwrap().to_owned();
        match self.random(6) {
            0 => return self.create(None),
            1 if id.matches('.').count() < 2 => return self.create(Some(&id)),
            2 => self.label(at),
            3 => self.issues[at]["title"] = json!(format!("title <{}>", self.mark())),
            _ => self.comment(at),
        }
        self.issues[at]["updated_at"] = self.now();
    }

    fn text(&self) -> String {
        let header = json!({"_schema": "beads-jsonl/1"});
        let lines = std::iter::once(&header).chain(&self.memories).chain(&self.issues);
        lines.map(|line| line.to_string() + "\n").collect()
    }
}

fn push(issue: &mut Value, key: &str, item: Value) {
    match issue[key].as_array_mut() {
        Some(items) => items.push(item),
        None => issue[key] = json!([item]),
    }
}

/// A repository whose driver is installed as users install it.
fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    git(&sandbox, &["init", "-q", "-b", "main"]);
    assert_eq!(sandbox.run(&["beads", "init"]).code, 0);
    git(&sandbox, &["add", "-A"]);
    sandbox
}

fn git(sandbox: &Sandbox, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(sandbox.path("")).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.env("HOME", sandbox.root().join("home"));
    for (key, value) in [("NAME", "t"), ("EMAIL", "t@localhost"), ("DATE", "2026-01-01T00:00:00Z")] {
        command.env(format!("GIT_AUTHOR_{key}"), value).env(format!("GIT_COMMITTER_{key}"), value);
    }
    let out = command.args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(out.status.success(), "git {args:?}: {}{}", text(&out.stdout), text(&out.stderr));
    text(&out.stdout)
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

fn start(seed: u64, whole: bool) -> Branch {
    let mut base = Branch {
        name: "o",
        issues: Vec::new(),
        memories: Vec::new(),
        seed: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        clock: 0,
        whole,
        made: 0,
        created: 0,
    };
    for _ in 0..4 {
        base.create(None);
    }
    (0..40).for_each(|_| base.step());
    base.created = base.issues.len();
    base
}

fn fork(base: &Branch, at: usize) -> Branch {
    let seed = base.seed.wrapping_add(0x1234_5678_9abc_def1 * (at as u64 + 1)) | 1;
    Branch { name: BRANCHES[at], seed, made: 0, ..base.clone() }
}

/// Merges the branches in an order and returns the file.
fn merged(sandbox: &Sandbox, order: [usize; 3]) -> String {
    git(sandbox, &["checkout", "-q", "--detach", BRANCHES[order[0]]]);
    for at in &order[1..] {
        git(sandbox, &["merge", "-q", "--no-edit", BRANCHES[*at]]);
    }
    sandbox.read(FILE)
}

/// By their marks, which no change touches.
fn by_mark(issues: &[Value]) -> BTreeMap<&str, &Value> {
    let marked: BTreeMap<_, _> =
        issues.iter().map(|issue| (issue["design"].as_str().unwrap(), issue)).collect();
    assert_eq!(marked.len(), issues.len(), "an issue is there twice");
    marked
}

fn items<'v>(issue: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    issue[key].as_array().into_iter().flatten()
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

/// Of the values that branches gave to a field, the one of the newest line is there.
fn check_newest(base: &Branch, branches: &[Branch], merged: &[Value]) {
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
    assert!(contested > 0, "nothing was contested");
}

#[test]
fn storm_of_branches_ends_the_same_in_every_order() {
    for seed in 0..size(2, 6) as u64 {
        let sandbox = repository();
        let base = start(seed + 1, seed % 2 == 1);
        commit(&sandbox, &base);
        let mut branches = Vec::new();
        for (at, name) in BRANCHES.into_iter().enumerate() {
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
        check_newest(&base, &branches, &all);
        assert_eq!(sandbox.run(&["beads", "list", "--all"]).code, 0);
    }
}

/// Branches that go on and merge each other again and again, from either side.
#[test]
fn storm_of_repeated_merges_doubles_and_loses_nothing() {
    for seed in 0..size(2, 10) as u64 {
        let sandbox = repository();
        let base = start(seed + 77, seed % 2 == 1);
        commit(&sandbox, &base);
        let mut branches: Vec<Branch> = (0..3).map(|at| fork(&base, at)).collect();
        BRANCHES.iter().for_each(|name| drop(git(&sandbox, &["branch", "-q", name, "main"])));
        let mut comments: BTreeSet<String> = BTreeSet::new();
        for round in 0..size(12, 40) {
            let (at, from) = (round % 3, (round + 1 + base.issues.len() % 2) % 3);
            git(&sandbox, &["checkout", "-q", BRANCHES[at]]);
            let branch = &mut branches[at];
            (0..5).for_each(|_| branch.add());
            commit(&sandbox, branch);
            comments.extend(texts(&branch.issues));
            git(&sandbox, &["merge", "-q", "--no-edit", BRANCHES[from]]);
            let text = sandbox.read(FILE);
            assert!(!text.contains("<<<<<<<"), "round {round}");
            branch.issues = issues(&text);
            by_mark(&branch.issues);
            branch.clock += 1000;
        }
        for (at, from) in [(0, 1), (0, 2), (1, 0), (2, 0)] {
            git(&sandbox, &["checkout", "-q", BRANCHES[at]]);
            git(&sandbox, &["merge", "-q", "--no-edit", BRANCHES[from]]);
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
