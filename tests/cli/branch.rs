//! One branch's tasks, changed at random as tools change them; the same for the same seed.

use serde_json::{Value, json};

/// What the branches are called that leave a base.
pub const NAMES: [&str; 3] = ["a", "b", "c"];

/// One branch's issues, changed as tools change them.
#[derive(Clone)]
pub struct Branch {
    pub name: &'static str,
    pub issues: Vec<Value>,
    pub memories: Vec<Value>,
    seed: u64,
    /// Microseconds since the branches left each other.
    pub clock: u64,
    /// Whether times are whole seconds, as newer tools write them.
    whole: bool,
    made: usize,
    pub created: usize,
}

impl Branch {
    pub fn random(&mut self, below: usize) -> usize {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        usize::try_from((self.seed >> 11) % below as u64).unwrap()
    }

    pub fn now(&mut self) -> Value {
        self.clock += 1 + self.random(2_500_000) as u64;
        let (seconds, micros) = (self.clock / 1_000_000, self.clock % 1_000_000);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let part = if self.whole { String::new() } else { format!(".{micros:06}") };
        json!(format!("2026-03-01T{hours:02}:{minutes:02}:{seconds:02}{part}Z"))
    }

    /// A mark by which whatever was made here is known again.
    pub fn mark(&mut self) -> String {
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
    pub fn step(&mut self) {
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
    pub fn add(&mut self) {
        let at = self.random(self.issues.len());
        let id = self.issues[at]["id"].as_str().unwrap().to_owned();
        match self.random(6) {
            0 => return self.create(None),
            1 if id.matches('.').count() < 2 => return self.create(Some(&id)),
            2 => self.label(at),
            // Of tasks made in one second the title is all that tells them apart.
            3 if !self.whole => self.issues[at]["title"] = json!(format!("title <{}>", self.mark())),
            _ => self.comment(at),
        }
        self.issues[at]["updated_at"] = self.now();
    }

    pub fn text(&self) -> String {
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

/// The items of a list, if it is there.
pub fn items<'v>(issue: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    issue[key].as_array().into_iter().flatten()
}

/// What the branches come from.
pub fn start(seed: u64, whole: bool) -> Branch {
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
    (0..20).for_each(|_| base.step());
    base.created = base.issues.len();
    base
}

/// A branch of its own with as many others as there are [`NAMES`].
pub fn fork(base: &Branch, at: usize) -> Branch {
    let seed = base.seed.wrapping_add(0x1234_5678_9abc_def1 * (at as u64 + 1)) | 1;
    Branch { name: NAMES[at], seed, made: 0, ..base.clone() }
}
