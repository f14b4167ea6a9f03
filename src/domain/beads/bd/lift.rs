//! A line of `bd`'s as the file would hold it: what the file last had, with what was changed in `bd` since.
//!
//! What `bd` cannot hold, or spells in its own way, so does not look like a change.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::content::{CONTENT, LISTS, content, items, name, plain};
use super::synced::Pair;
use crate::domain::beads::instant::instant;
use crate::domain::beads::line::{Line, quote};

/// Written with a change, but none by themselves.
const BESIDE: [&str; 3] = ["started_at", "owner", "closed_by_session"];
/// Of issues that were deleted in a file.
const DEATH: [&str; 4] = ["deleted_at", "deleted_by", "delete_reason", "original_type"];
/// What exports count out, and classic files do not hold.
const COUNTED: [&str; 5] = ["_type", "dependency_count", "dependent_count", "comment_count", "parent"];

/// What is known about one issue of `bd`'s.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Our line, if it is the same issue.
    pub ours: Option<&'a str>,
    /// How both had it after they were last brought together.
    pub pair: Option<&'a Pair>,
}

/// The line `theirs`. Without a pair our line is taken for the earlier one; what it alone has in its sets
/// stays when `unite` says so.
pub fn lift(theirs: &str, known: Known, (typed, unite): (bool, bool)) -> String {
    let Some(start) = known.pair.map(|pair| pair.file.as_str()).or(known.ours) else {
        return suited(theirs, typed);
    };
    let before = known.pair.map_or(start, |pair| &pair.bd);
    let (old, new) = (content(before), content(theirs));
    if old == new {
        return start.to_owned();
    }
    let mine = known.ours.map(|ours| (Line::new(ours), content(ours)));
    let (mut line, theirs) = (Line::new(start), Line::new(theirs));
    for key in CONTENT.into_iter().filter(|key| old.get(*key) != new.get(*key)) {
        if LISTS.contains(&key) {
            let gone = if unite && known.pair.is_none() { Vec::new() } else { less(key, &old, &new) };
            set(&mut line, key, &gone, [&theirs, mine.as_ref().map_or(&theirs, |(line, _)| line)]);
            continue;
        }
        // In our spelling where we say the same.
        let same = mine.as_ref().filter(|(_, content)| content.get(key) == new.get(key));
        put(&mut line, key, same.map_or(&theirs, |(line, _)| line).get(key));
    }
    if old.get("status") == Some(&Value::from("tombstone")) {
        for key in DEATH {
            line.remove(key);
        }
    }
    for key in BESIDE {
        let value = |line: &Line| plain(line.get_text(key).map_or(Value::Null, Value::from));
        if value(&Line::new(before)) != value(&theirs) {
            put(&mut line, key, theirs.get(key));
        }
    }
    let at = |line: &Line| line.get_text("updated_at").and_then(|at| instant(&at));
    if let Some(updated) = theirs.get("updated_at").filter(|_| at(&theirs) > at(&line)) {
        line.set("updated_at", updated);
    }
    for (counter, list) in [("dependency_count", ""), ("comment_count", "comments")] {
        if line.get(counter).is_some() {
            let count = if list.is_empty() {
                items(&line, "dependencies").iter().filter(|item| item["type"] == "blocks").count()
            } else {
                items(&line, list).len()
            };
            line.set(counter, &count.to_string());
        }
    }
    line.text().to_owned()
}

/// A line of theirs as a file of our make holds it.
fn suited(theirs: &str, typed: bool) -> String {
    let mut line = Line::new(theirs);
    if !typed {
        for key in COUNTED {
            line.remove(key);
        }
    }
    line.text().to_owned()
}

fn put(line: &mut Line, key: &str, value: Option<&str>) {
    match value {
        Some(value) => line.set(key, value),
        None => line.remove(key),
    }
}

/// The names at `key` that `old` has more often than `new`.
fn less(key: &str, old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<String> {
    let names = |content: &Map<String, Value>| -> Vec<String> {
        let names = content.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        names.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut left = names(old);
    for name in names(new) {
        if let Some(at) = left.iter().position(|other| *other == name) {
            left.remove(at);
        }
    }
    left
}

/// Takes `gone` out of the set at `key`, and adds what theirs has more of, in our spelling where we have it.
fn set(line: &mut Line, key: &str, gone: &[String], [theirs, ours]: [&Line; 2]) {
    let mut gone = gone.to_vec();
    let mut kept = items(line, key);
    kept.retain(|item| match gone.iter().position(|other| *other == name(key, item)) {
        Some(at) => {
            gone.remove(at);
            false
        }
        None => true,
    });
    let mut have: HashMap<String, usize> = HashMap::new();
    for item in &kept {
        *have.entry(name(key, item)).or_default() += 1;
    }
    let ours = items(ours, key);
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut added = Vec::new();
    for item in items(theirs, key) {
        let name = name(key, &item);
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        if *count > have.get(&name).copied().unwrap_or(0) {
            let spelt = ours.iter().filter(|other| self::name(key, other) == name).nth(*count - 1);
            added.push(spelt.unwrap_or(&item).clone());
        }
    }
    // As written, whatever stays.
    let mut left: Vec<String> = kept.iter().map(Value::to_string).collect();
    let keep: std::cell::RefCell<&mut Vec<String>> = std::cell::RefCell::new(&mut left);
    line.retain(key, |raw| {
        let text =
            serde_json::from_str::<Value>(raw).map_or_else(|_| raw.to_owned(), |item| item.to_string());
        let mut keep = keep.borrow_mut();
        let at = keep.iter().position(|other| *other == text);
        at.map(|at| keep.remove(at)).is_some()
    });
    for item in added {
        let raw = item.as_str().map_or_else(|| item.to_string(), quote);
        line.push(key, &raw);
    }
}
