//! Several lines of one issue become one.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Finding;
use super::rows::Rows;
use crate::domain::beads::merge::{Version, merge_lines};

/// Merges all lines of an id into the one that counts: the latest change, then the later line. What the
/// newer line overrules is kept aside.
pub fn join(rows: &mut Rows) {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    let mut latest: HashMap<String, (jiff::Timestamp, usize)> = HashMap::new();
    for (at, record) in rows.records() {
        let id = record.id.to_string();
        let known = latest.entry(id.clone()).or_insert((record.updated(), at));
        if known.0 <= record.updated() {
            *known = (record.updated(), at);
        }
        places.entry(id).or_default().push(at);
    }
    let mut twice: Vec<(String, Vec<usize>)> =
        places.into_iter().filter(|(_, places)| places.len() > 1).collect();
    twice.sort_by_key(|(_, places)| places[0]);
    let mut gone = Vec::new();
    for (id, places) in twice {
        let counts = latest[&id].1;
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

/// Whether `merged` no longer says what `line` said.
pub fn overrules(merged: &str, line: &str) -> bool {
    let (merged, line) = (Version::parse(merged), Version::parse(line));
    let lists = ["labels", "dependencies", "comments"];
    let others = line.members.keys().filter(|key| &***key != "updated_at" && !lists.contains(&&***key));
    others.into_iter().any(|key| line.raw(key).is_some() && line.meaning(&[key]) != merged.meaning(&[key]))
}
