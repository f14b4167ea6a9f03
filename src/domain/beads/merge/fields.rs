//! Merges one issue that both sides changed, field by field.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::identity::instant;
use super::lists;
use super::values::{Meaning, TIMES, Version, times};
use crate::domain::beads::line::{Line, quote};

/// Fields that must agree with each other: the newer side's are taken together.
const STATUS: [&str; 8] = [
    "status",
    "closed_at",
    "close_reason",
    "closed_by_session",
    "deleted_at",
    "deleted_by",
    "delete_reason",
    "original_type",
];
/// Fields that are sets.
const LISTS: [&str; 3] = ["labels", "dependencies", "comments"];
/// Fields that follow from others.
const DERIVED: [&str; 7] =
    ["id", "updated_at", "parent", "dependency_count", "dependent_count", "comment_count", TIMES];

/// The line of an issue that both sides changed; a base that lacks it is empty text. Apart from the
/// order and spelling of fields it is the same whichever side is ours.
pub fn merge(base: &str, ours: &str, theirs: &str) -> String {
    let versions = [base, ours, theirs].map(Version::parse);
    let mut merge = Merge { versions, line: Line::new(ours), times: BTreeMap::new() };
    let keys: BTreeSet<&str> =
        merge.versions.iter().flat_map(|v| v.members.keys()).map(|key| &**key).collect();
    let keys: Vec<String> = keys.into_iter().map(str::to_owned).collect();
    merge.unit("status", &STATUS);
    for key in keys.iter().map(String::as_str) {
        if LISTS.contains(&key) {
            merge.list(key);
        } else if !STATUS.contains(&key) && !DERIVED.contains(&key) {
            merge.unit(key, &[key]);
        }
    }
    merge.parent();
    merge.counts();
    merge.updated();
    merge.line.text().to_owned()
}

/// The items of a set; a single label may stand there without a list.
fn listed<'r>(key: &str, raw: Option<&'r str>) -> Option<Vec<&'r str>> {
    match raw {
        Some(label) if key == "labels" && label.starts_with('"') => Some(vec![label]),
        _ => lists::items(raw),
    }
}

struct Merge<'a> {
    versions: [Version<'a>; 3],
    line: Line,
    /// Since when a field is what it is now.
    times: BTreeMap<String, (Timestamp, Meaning)>,
}

impl Merge<'_> {
    /// Merges the values of `keys` as one: the side that changed it, or of two the newer.
    fn unit(&mut self, name: &str, keys: &[&str]) {
        let [base, ours, theirs] = &self.versions;
        let [old, a, b] = [base, ours, theirs].map(|version| version.meaning(keys));
        let since = match (a != old, b != old) {
            (false, false) => base.noted(name, &old),
            (true, false) => Some(ours.since(name, &a)),
            (false, true) => Some(theirs.since(name, &b)),
            (true, true) if a == b => Some(ours.since(name, &a).max(theirs.since(name, &b))),
            (true, true) => Some(ours.since(name, &a)).max(Some(theirs.since(name, &b))),
        };
        let take_theirs = match (a != old, b != old) {
            (_, false) => false,
            (false, true) => a != b,
            (true, true) => (theirs.since(name, &b), &b) > (ours.since(name, &a), &a),
        };
        if let Some(since) = since {
            let meaning = if take_theirs { b.clone() } else { a.clone() };
            self.times.insert(name.to_owned(), (since, meaning));
        }
        for (key, (a, b)) in keys.iter().zip(a.iter().zip(&b)) {
            if a == b {
                self.spell(key);
            } else if take_theirs {
                self.put(key, self.versions[2].written(key));
            }
        }
    }

    fn put(&mut self, key: &str, raw: Option<&str>) {
        match raw {
            Some(raw) => self.line.set(key, raw),
            None => self.line.remove(key),
        }
    }

    /// Of two spellings of one value the one that is not the base's.
    fn spell(&mut self, key: &str) {
        let [old, a, b] = [0, 1, 2].map(|at| self.versions[at].written(key));
        if a != b && (a == old || (b != old && b < a)) {
            self.put(key, b);
        }
    }

    /// Merges a set; what is no list after all is merged as any other value.
    fn list(&mut self, key: &str) {
        let raws = [0, 1, 2].map(|at| self.versions[at].raw(key));
        let [Some(base), Some(ours), Some(theirs)] = raws.map(|raw| listed(key, raw)) else {
            return self.unit(key, &[key]);
        };
        let [old, a, b] = [0, 1, 2].map(|at| self.versions[at].meaning(&[key]));
        if a == b {
            return self.spell(key);
        }
        if b == old {
            return;
        }
        if a == old {
            return self.put(key, self.versions[2].written(key));
        }
        let merge = match key {
            "labels" => lists::labels,
            "dependencies" => lists::dependencies,
            _ => lists::comments,
        };
        let merged = merge([&base, &ours, &theirs]);
        if merged.is_empty() {
            self.line.remove(key);
        } else if merged != ours {
            self.line.set(key, &format!("[{}]", merged.join(",")));
        }
    }

    /// `parent` repeats the first parent among the dependencies.
    fn parent(&mut self) {
        if self.versions.iter().all(|version| version.raw("parent").is_none()) {
            return;
        }
        let parents = |raw: Option<&str>| {
            let items = lists::items(raw).unwrap_or_default();
            items.into_iter().map(lists::edge).find(|(_, kind)| kind == "parent-child")
        };
        let merged = self.line.get("dependencies").map(str::to_owned);
        match parents(merged.as_deref()) {
            Some((parent, _)) => self.line.set("parent", &quote(&parent)),
            None if self.versions.iter().any(|v| parents(v.raw("dependencies")).is_some()) => {
                self.line.remove("parent");
            }
            None => self.unit("parent", &["parent"]),
        }
    }

    /// Counters follow what they count, from where the base was.
    fn counts(&mut self) {
        const DEPENDENTS: &str = "dependent_count";
        if self.line.get(DEPENDENTS).is_none() {
            // What it is to be the whole file tells.
            self.put(DEPENDENTS, self.versions[2].written(DEPENDENTS));
        }
        for (counter, list) in [("dependency_count", "dependencies"), ("comment_count", "comments")] {
            let counts = |item: &&&str| list == "comments" || lists::edge(item).1 == "blocks";
            let length = |raw: Option<&str>| {
                let items = lists::items(raw).unwrap_or_default();
                i64::try_from(items.iter().filter(counts).count()).unwrap_or(i64::MAX)
            };
            let [base, ours, theirs] = &self.versions;
            if ours.raw(counter).is_none() && theirs.raw(counter).is_none() {
                continue;
            }
            let old = length(base.raw(list));
            let counted = base.raw(counter).and_then(|raw| raw.parse().ok()).unwrap_or(old);
            let count = counted + length(self.line.get(list)) - old;
            self.line.set(counter, &count.max(0).to_string());
        }
    }

    /// The newest `updated_at`, and which fields are older than it.
    fn updated(&mut self) {
        let [_, ours, theirs] = &self.versions;
        let newest = ours.updated.max(theirs.updated);
        let rank = |version: &Version| {
            let raw = version.raw("updated_at").unwrap_or_default().to_owned();
            let text: String = serde_json::from_str(&raw).unwrap_or_default();
            (instant(&text), raw)
        };
        let (a, b) = (rank(ours), rank(theirs));
        if b > a {
            self.line.set("updated_at", &b.1);
        }
        self.times.retain(|_, (since, _)| *since < newest);
        if self.times.is_empty() {
            self.line.remove(TIMES);
        } else {
            self.line.set(TIMES, &times(&self.times));
        }
    }
}
