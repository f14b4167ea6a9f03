//! Dependencies that go in circles or lead nowhere.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::Finding;
use super::fields::with_kind;
use super::rows::Rows;
use crate::domain::beads::graph::Graph;
use crate::domain::beads::line::Line;
use crate::domain::beads::merge::edge;
use crate::domain::beads::record::Record;
use crate::system::clock;

/// More circles than this in one file are left to a second run.
const MOST: usize = 10_000;

/// Finds both kinds. A dependency that closes a circle, and a parent that is not there, become
/// `related`: nothing waits for it any more, and what it was can still be seen.
pub fn check(rows: &mut Rows) {
    dangling(rows);
    for _ in 0..MOST {
        let Some((at, target, kind, finding)) = circle(rows) else { break };
        rows.findings.push(finding);
        relax(rows, at, &target, &kind);
    }
}

fn dangling(rows: &mut Rows) {
    let records = rows.records();
    let alive: HashMap<&str, bool> =
        records.iter().map(|(_, record)| (&*record.id, !record.is_tombstone())).collect();
    let (mut findings, mut lost) = (Vec::new(), Vec::new());
    for (at, record) in records.iter().filter(|(_, record)| !record.is_tombstone()) {
        for edge in record.edges() {
            let (id, target) = (&*record.id, &*edge.target);
            let finding = |code, message: String| {
                Finding::new(code, message).at([rows.lines[*at].line]).about(&[id, target])
            };
            match alive.get(target) {
                None if target.starts_with("external:") => {}
                None if edge.is_parent() => {
                    let finding = finding(
                        "dangling-parent",
                        format!("`{id}` belongs to `{target}`, which is not there"),
                    );
                    findings.push(finding.mended("makes it `related`: it no longer belongs to anything"));
                    lost.push((*at, target.to_owned()));
                }
                None => {
                    let message = format!(
                        "`{id}` depends on `{target}` ({}), which is not there; `taskrun beads dep remove` ends it",
                        &*edge.kind
                    );
                    // Nothing waits for it.
                    findings.push(finding("dangling-dependency", message).info());
                }
                Some(false) if edge.is_parent() => {
                    let message = format!("`{id}` belongs to `{target}`, which was deleted");
                    findings.push(finding("deleted-parent", message).info());
                }
                Some(_) => {}
            }
        }
    }
    rows.findings.append(&mut findings);
    for (at, target) in lost {
        relax(rows, at, &target, "parent-child");
    }
}

/// The first circle, and which dependency is to go: never a parent where something else will do, and
/// the newest of the rest.
fn circle(rows: &Rows) -> Option<(usize, String, String, Finding)> {
    let records = rows.records();
    let graph = Graph::new(records.iter().map(|(_, record)| record), clock::now());
    let circle: Vec<String> = graph.cycles().into_iter().next()?.into_iter().map(str::to_owned).collect();
    let members: HashSet<&str> = circle.iter().map(String::as_str).collect();
    let places: HashMap<&str, (usize, &Record)> = records
        .iter()
        .filter(|(_, record)| members.contains(&*record.id))
        .map(|(at, record)| (&*record.id, (*at, record)))
        .collect();
    let mut candidates = Vec::new();
    for (step, id) in circle.iter().enumerate() {
        let target = &circle[(step + 1) % circle.len()];
        let (at, record) = places[id.as_str()];
        for edge in record.edges().iter().filter(|edge| *edge.target == **target && edge.orders()) {
            let made = made(&rows.lines[at].text, target, &edge.kind);
            candidates.push((!edge.is_parent(), made, id, target, edge.kind.to_string(), at));
        }
    }
    let (_, _, id, target, kind, at) = candidates.into_iter().max()?;
    let all = circle.iter().chain(circle.first()).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" → ");
    let lines = circle.iter().map(|id| rows.lines[places[id.as_str()].0].line);
    let ids: Vec<&str> = circle.iter().map(String::as_str).collect();
    let fix = if id == target {
        format!("removes the dependency of `{id}` on itself")
    } else {
        format!("makes the newest of these, `{id}` on `{target}` ({kind}), `related`: it no longer waits")
    };
    let finding = Finding::new("cycle", format!("these wait for each other: {all}"));
    Some((at, target.clone(), kind, finding.at(lines.collect::<Vec<_>>()).about(&ids).mended(fix)))
}

/// When a dependency was made.
fn made(text: &str, target: &str, kind: &str) -> jiff::Timestamp {
    let line = Line::new(text);
    let items = crate::domain::beads::merge::items(line.get("dependencies")).unwrap_or_default();
    let found = items.into_iter().find(|item| edge(item) == (target.to_owned(), kind.to_owned()));
    let at = found.and_then(|item| Line::new(item).get_text("created_at"));
    at.and_then(|at| at.parse().ok()).unwrap_or(jiff::Timestamp::MIN)
}

/// Makes a dependency `related`; one on itself, or beside one that is `related` already, goes.
fn relax(rows: &mut Rows, at: usize, target: &str, kind: &str) {
    let mut line = Line::new(&rows.lines[at].text);
    let Some(array) = line.get("dependencies").map(str::to_owned) else { return };
    let items = crate::domain::beads::merge::items(Some(&array)).unwrap_or_default();
    let edges: Vec<(String, String)> = items.iter().map(|item| edge(item)).collect();
    let twice = edges.contains(&(target.to_owned(), "related".to_owned()))
        || line.get_text("id").as_deref() == Some(target);
    let mut kept = Vec::new();
    for (item, (to, how)) in items.iter().zip(&edges) {
        if to != target || how != kind {
            kept.push((*item).to_owned());
        } else if !twice && !kept.iter().any(|kept| edge(kept) == (to.clone(), "related".to_owned())) {
            kept.push(with_kind(item, "related"));
        }
    }
    if kept.is_empty() {
        line.remove("dependencies");
    } else {
        line.set("dependencies", &format!("[{}]", kept.join(",")));
    }
    if kind == "blocks" {
        line.count("dependency_count", -1);
    }
    if kind == "parent-child" && line.get_text("parent").as_deref() == Some(target) {
        line.remove("parent");
    }
    rows.lines[at].text = Cow::Owned(line.text().to_owned());
}
