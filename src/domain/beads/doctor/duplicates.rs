//! Several lines of one issue become one.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Finding;
use super::rows::{Rows, heads};
use crate::domain::beads::merge::{Head, Version, merge_lines};

/// Merges all lines of an id into the one that counts: the latest change, then the later line. What the
/// newer line overrules is kept aside.
pub fn join(rows: &mut Rows) {
    let mut gone = Vec::new();
    for (id, places, counts) in several(rows) {
        let lines: Vec<usize> = places.iter().map(|at| rows.lines[*at].line).collect();
        for at in places.into_iter().filter(|at| *at != counts) {
            let other = rows.lines[at].clone();
            let merged = merge_lines("", &rows.lines[counts].text, &other.text);
            if overrules(&merged, &other.text) {
                rows.keep(&other);
            }
            if other.text != rows.lines[counts].text {
                rows.lines[counts].text = Cow::Owned(merged);
            }
            gone.push(at);
        }
        let finding = Finding::new("duplicate-id", format!("`{id}` has {} lines", lines.len()));
        let fix = "merges them: the newest values, and the labels, dependencies and comments of all; what is \
                   overruled is kept in `.beads/rejected-….jsonl`";
        rows.findings.push(finding.at(lines).about(&[&id]).mended(fix));
    }
    gone.sort_unstable();
    let mut at = 0;
    rows.lines.retain(|_| {
        at += 1;
        gone.binary_search(&(at - 1)).is_err()
    });
}

/// The issues that have more than one line: their ids, the places, and the one that counts.
fn several(rows: &Rows) -> Vec<(String, Vec<usize>, usize)> {
    let mut known: HashMap<String, Vec<Vec<(usize, Head)>>> = HashMap::new();
    for (at, head) in heads(rows) {
        // Lines with one id may still be about several issues.
        let issues = known.entry(head.id.to_string()).or_default();
        match issues.iter_mut().find(|lines| lines[0].1.likely(&head)) {
            Some(lines) => lines.push((at, head)),
            None => issues.push(vec![(at, head)]),
        }
    }
    let mut twice = Vec::new();
    for (id, lines) in
        known.into_iter().flat_map(|(id, issues)| issues.into_iter().map(move |lines| (id.clone(), lines)))
    {
        let counts = lines.iter().max_by_key(|(at, head)| (head.updated(), *at)).map_or(0, |(at, _)| *at);
        if lines.len() > 1 {
            twice.push((id, lines.into_iter().map(|(at, _)| at).collect::<Vec<_>>(), counts));
        }
    }
    twice.sort_by_key(|(_, places, _)| places[0]);
    twice
}

/// Whether `merged` no longer says what `line` said.
pub fn overrules(merged: &str, line: &str) -> bool {
    let (merged, line) = (Version::parse(merged), Version::parse(line));
    let lists = ["labels", "dependencies", "comments"];
    let others = line.members.keys().filter(|key| &***key != "updated_at" && !lists.contains(&&***key));
    others.into_iter().any(|key| line.raw(key).is_some() && line.meaning(&[key]) != merged.meaning(&[key]))
}
