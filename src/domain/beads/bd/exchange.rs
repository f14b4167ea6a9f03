//! What `issues.jsonl` and a database of `bd` have to tell each other: of each issue the newest counts.
//!
//! Pure. `bd` 1.x keeps whole seconds, rounded; within one such second the caller says who wins.

use std::collections::HashMap;

use anyhow::Result;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value};

use crate::domain::beads::comment;
use crate::domain::beads::issue::Issue;
use crate::domain::beads::line::{Line, quote};
use crate::domain::beads::record::Record;
use crate::domain::beads::table::Table;

/// What people change, and `bd` keeps. Where the newer side has none of it, it was cleared.
const CONTENT: [&str; 22] = [
    "title",
    "description",
    "design",
    "acceptance_criteria",
    "notes",
    "spec_id",
    "status",
    "priority",
    "issue_type",
    "assignee",
    "estimated_minutes",
    "closed_at",
    "close_reason",
    "due_at",
    "defer_until",
    "external_ref",
    "metadata",
    "labels",
    "dependencies",
    "comments",
    "pinned",
    "ephemeral",
];
/// Written with the newer side, but no change by themselves.
const BESIDE: [&str; 4] = ["updated_at", "started_at", "owner", "closed_by_session"];

/// Characters of an id that nobody else has.
const UUID: usize = 36;

/// Who has the last word about an issue that both changed in the same second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// The file.
    Ours,
    /// The database.
    Theirs,
}

/// How two stores are compared.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Who wins within one second.
    pub ties: Ties,
    /// Whether the other side is a Dolt database, which keeps whole seconds and ids of its own for comments.
    pub dolt: bool,
}

/// What is to go which way.
#[derive(Debug, Default)]
pub struct Exchange {
    /// Lines for the file, by id; in place of the one that is there, or new.
    pub take: Vec<(String, Line)>,
    /// Lines for `bd import`.
    pub give: Vec<(String, Line)>,
    /// Labels that `bd import` would leave: issue and labels.
    pub drop_labels: Vec<(String, Vec<String>)>,
    /// Dependencies that `bd import` would leave: issue and target.
    pub drop_deps: Vec<(String, String)>,
    /// Issues that were deleted in the file alone.
    pub deleted: Vec<String>,
}

/// Which way one issue goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Take,
    Give,
}

impl Exchange {
    /// Compares the file with what the database exports.
    pub fn new(ours: &Table, theirs: &Table, terms: Terms) -> Result<Self> {
        let mut exchange = Self::default();
        for record in ours.records() {
            exchange.weigh(record, (ours, theirs), terms)?;
        }
        for record in theirs.records().filter(|record| ours.get(&record.id).is_none()) {
            let line = Line::new(&theirs.issue(&record.id)?.json);
            exchange.take.push((record.id.to_string(), suited(line, ours.is_typed())));
        }
        Ok(exchange)
    }

    fn weigh(&mut self, record: &Record, (ours, theirs): (&Table, &Table), terms: Terms) -> Result<()> {
        let id = record.id.to_string();
        let mine = ours.issue(&id)?;
        let Some(other) = theirs.get(&id) else {
            if !record.is_tombstone() {
                self.give.push((id, given(&mine, None, terms.dolt.then(|| ours.now()))));
            }
            return Ok(());
        };
        let yours = theirs.issue(&id)?;
        let (a, b) = (content(&mine), content(&yours));
        if a == b {
            return Ok(());
        }
        match way(record.updated(), other.updated(), terms.ties) {
            Way::Take => self.take.push((id, adopted(&mine, &yours))),
            Way::Give if record.is_tombstone() => self.deleted.push(id),
            Way::Give => {
                let gone: Vec<String> =
                    yours.labels.iter().filter(|label| !mine.labels.contains(label)).cloned().collect();
                if !gone.is_empty() {
                    self.drop_labels.push((id.clone(), gone));
                }
                let kept = |target: &str| mine.dependencies.iter().any(|mine| mine.target == target);
                let gone = yours.dependencies.iter().filter(|edge| !kept(&edge.target));
                self.drop_deps.extend(gone.map(|edge| (id.clone(), edge.target.clone())));
                self.give.push((id, given(&mine, Some(&yours), terms.dolt.then(|| ours.now()))));
            }
        }
        Ok(())
    }
}

/// Whose line counts; `theirs` may be half a second off.
fn way(ours: Timestamp, theirs: Timestamp, ties: Ties) -> Way {
    let half = 500.milliseconds();
    let (from, to) = (theirs.checked_sub(half), theirs.checked_add(half));
    if to.is_ok_and(|to| ours > to) {
        Way::Give
    } else if from.is_ok_and(|from| ours < from) || ties == Ties::Theirs {
        Way::Take
    } else {
        Way::Give
    }
}

/// What an issue says, in a form that is equal for both makes of file.
fn content(issue: &Issue) -> Map<String, Value> {
    let document: Map<String, Value> = serde_json::from_str(&issue.json).unwrap_or_default();
    let mut out = Map::new();
    for (key, value) in document {
        let value = match key.as_str() {
            key if !CONTENT.contains(&key) => continue,
            "labels" => sorted(issue.labels.clone()),
            "dependencies" => {
                sorted(issue.dependencies.iter().map(|edge| format!("{} {}", edge.kind, edge.target)))
            }
            "comments" => {
                sorted(issue.comments.iter().map(|comment| format!("{}: {}", comment.author, comment.text)))
            }
            _ => plain(value),
        };
        let empty = match &value {
            Value::Null | Value::Bool(false) => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(object) => object.is_empty(),
            _ => false,
        };
        if !empty {
            out.insert(key, value);
        }
    }
    out.sort_keys();
    out
}

fn sorted(items: impl IntoIterator<Item = String>) -> Value {
    let mut items: Vec<String> = items.into_iter().collect();
    items.sort_unstable();
    items.into()
}

/// Times to the second, numbers as floats, objects by key: what `bd` rewrites is no change.
fn plain(value: Value) -> Value {
    match value {
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(at) => Value::from((at.as_millisecond() + 500).div_euclid(1000)),
            Err(_) => Value::String(text),
        },
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(object) => {
            let mut object: Map<String, Value> =
                object.into_iter().map(|(key, value)| (key, plain(value))).collect();
            object.sort_keys();
            Value::Object(object)
        }
        other => other,
    }
}

/// A line of theirs as a file of our make holds it.
fn suited(mut line: Line, typed: bool) -> Line {
    if !typed {
        for key in ["_type", "dependency_count", "dependent_count", "comment_count", "parent"] {
            line.remove(key);
        }
    }
    line
}

/// Our line with all that the newer one of theirs says. What `bd` does not know stays, and so do comments.
fn adopted(mine: &Issue, yours: &Issue) -> Line {
    let (mut line, theirs) = (Line::new(&mine.json), Line::new(&yours.json));
    let (a, b) = (content(mine), content(yours));
    for key in CONTENT.into_iter().filter(|key| a.get(*key) != b.get(*key)) {
        match (key, theirs.get(key)) {
            ("dependencies", _) => edges(&mut line, &theirs, yours),
            ("comments", _) => talk(&mut line, &theirs, mine),
            (_, Some(value)) => line.set(key, value),
            (_, None) => line.remove(key),
        }
    }
    for key in BESIDE {
        if let Some(value) = theirs.get(key) {
            line.set(key, value);
        }
    }
    if let Some(value) = theirs.get("dependency_count").filter(|_| line.get("dependency_count").is_some()) {
        line.set("dependency_count", value);
    }
    if line.get("comment_count").is_some() {
        let count = items(&line, "comments").len();
        line.set("comment_count", &count.to_string());
    }
    line
}

fn edges(line: &mut Line, theirs: &Line, yours: &Issue) {
    let key = |item: &Value| (item["depends_on_id"].clone(), item["type"].clone());
    let kept = |item: &str| {
        let item: Value = serde_json::from_str(item).unwrap_or_default();
        let wanted = |edge: &crate::domain::beads::Dependency| {
            (Value::from(&*edge.target), Value::from(&*edge.kind)) == key(&item)
        };
        yours.dependencies.iter().any(wanted)
    };
    line.retain("dependencies", kept);
    let have: Vec<_> = items(line, "dependencies").iter().map(key).collect();
    for item in items(theirs, "dependencies").iter().filter(|item| !have.contains(&key(item))) {
        line.push("dependencies", &item.to_string());
    }
}

fn talk(line: &mut Line, theirs: &Line, mine: &Issue) {
    let mut said: Vec<_> = mine.comments.iter().collect();
    for item in items(theirs, "comments") {
        let same = said.iter().position(|mine| item["author"] == *mine.author && item["text"] == *mine.text);
        match same {
            Some(at) => drop(said.swap_remove(at)),
            None => line.push("comments", &item.to_string()),
        }
    }
}

fn items(line: &Line, key: &str) -> Vec<Value> {
    line.get(key).and_then(|array| serde_json::from_str(array).ok()).unwrap_or_default()
}

/// Our line as `bd import` takes it: comments that it has already carry its own ids and times, or it would
/// store them twice; new ones carry ids that nobody else has, and whole seconds.
fn given(mine: &Issue, yours: Option<&Issue>, dolt: Option<Timestamp>) -> Line {
    let mut line = Line::new(&mine.json);
    let mut theirs: Vec<Value> =
        yours.map_or_else(Vec::new, |yours| items(&Line::new(&yours.json), "comments"));
    let comments = items(&line, "comments");
    if !comments.is_empty() {
        line.remove("comments");
    }
    for mut item in comments {
        let same = |their: &Value| their["author"] == item["author"] && their["text"] == item["text"];
        if let Some(at) = theirs.iter().position(same) {
            line.push("comments", &theirs.swap_remove(at).to_string());
            continue;
        }
        let Some(now) = dolt else {
            line.push("comments", &item.to_string());
            continue;
        };
        if item["id"].as_str().is_none_or(|id| id.len() != UUID) {
            item["id"] = Value::from(comment::uuid(now));
        }
        if let Some(at) = item["created_at"].as_str().and_then(|at| at.parse::<Timestamp>().ok()) {
            item["created_at"] = comment::whole_second(at).to_string().into();
        }
        line.push("comments", &item.to_string());
    }
    // What is older than its own is not taken by `bd import`.
    let at = |issue: &Issue| issue.updated_at.parse::<Timestamp>().ok();
    if let Some((yours, latest)) = yours.and_then(|yours| Some((yours, at(yours)?)))
        && at(mine).is_none_or(|mine| mine < latest)
    {
        line.set("updated_at", &quote(&yours.updated_at));
    }
    line
}

/// `text` with the lines of `take` in place of those that count for their ids, the new ones at its end.
pub fn merged(text: &str, take: &[(String, Line)]) -> Result<String> {
    let mut counts: HashMap<String, (usize, Timestamp)> = HashMap::new();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let record = Record::parse(line)?;
        let updated = record.updated();
        if record.is_issue() && counts.get(&*record.id).is_none_or(|(_, known)| *known <= updated) {
            counts.insert(record.id.to_string(), (at, updated));
        }
    }
    let mut lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
    let mut new = Vec::new();
    for (id, line) in take {
        let Some((at, _)) = counts.get(id) else {
            new.push(format!("{}\n", line.text()));
            continue;
        };
        let old = &lines[*at];
        let end = &old[old.trim_end_matches(['\n', '\r']).len()..];
        lines[*at] = format!("{}{end}", line.text());
    }
    if let Some(last) = lines.last_mut().filter(|last| !new.is_empty() && !last.ends_with('\n')) {
        last.push('\n');
    }
    Ok(lines.into_iter().chain(new).collect())
}

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;
