//! A checklist in Markdown of issues, each below its parent, that can be imported again.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use anyhow::Result;

use super::super::graph::Graph;
use super::super::issue::Issue;
use super::super::record::Record;
use super::super::table::Table;
use super::item;
use super::outline::{boxed, heading};
use crate::domain::attempt::fence::Fence;

/// Writes the issues, each below its parent where that is among them.
pub fn markdown(table: &Table, graph: &Graph, records: &[&Record]) -> Result<String> {
    let mut out = String::new();
    for (depth, record) in ordered(graph, records) {
        write(&mut out, depth, &table.issue(&record.id)?, record);
    }
    Ok(out)
}

/// Each issue with its depth, parents first, in the order of the file; those in a circle at the end.
fn ordered<'t>(graph: &Graph<'t>, records: &[&'t Record<'t>]) -> Vec<(usize, &'t Record<'t>)> {
    let listed: HashSet<&str> = records.iter().map(|record| &*record.id).collect();
    let mut children: HashMap<&str, Vec<&'t Record<'t>>> = HashMap::new();
    let mut roots = Vec::new();
    for record in records {
        match graph.parent(&record.id).filter(|parent| listed.contains(&*parent.id)) {
            Some(parent) => children.entry(&*parent.id).or_default().push(record),
            None => roots.push(*record),
        }
    }
    let (mut out, mut seen) = (Vec::with_capacity(records.len()), HashSet::new());
    for root in roots.iter().chain(records) {
        let mut stack = vec![(0, *root)];
        while let Some((depth, record)) = stack.pop() {
            if seen.insert(&*record.id) {
                out.push((depth, record));
                stack.extend(
                    children.get(&*record.id).into_iter().flatten().rev().map(|child| (depth + 1, *child)),
                );
            }
        }
    }
    out
}

fn write(out: &mut String, depth: usize, issue: &Issue, record: &Record) {
    let indent = "  ".repeat(depth);
    let tick = if issue.is_closed() { 'x' } else { ' ' };
    let line = words(issue, record, false);
    // What its words could be taken for is only escaped where it would be.
    let same = |line: &str| {
        let read = item::read(line);
        let meant = crate::domain::attempt::prompt::one_line(&issue.title);
        read.title == meant && read.perhaps.is_none() && read.priority.unwrap_or(2) == issue.priority
    };
    let line = if same(&line) { line } else { words(issue, record, true) };
    let _ = writeln!(out, "{indent}- [{tick}] {line}");
    let mut below = issue.description.clone();
    if !issue.acceptance_criteria.is_empty() {
        let gap = if below.is_empty() { "" } else { "\n\n" };
        let _ = write!(below, "{gap}**Acceptance criteria**\n{}", issue.acceptance_criteria);
    }
    let mut fence = Fence::default();
    for line in super::body(&below).lines() {
        let _ = writeln!(out, "{}", text(&indent, line, &mut fence));
    }
    // An open block would swallow what comes after.
    if let Some(closing) = fence.closing() {
        let _ = writeln!(out, "{indent}  {closing}");
    }
}

/// The words of an item after its box.
fn words(issue: &Issue, record: &Record, escape: bool) -> String {
    let title = crate::domain::attempt::prompt::one_line(&issue.title);
    let mut line = if escape { item::escaped(&title) } else { title };
    for label in issue.labels.iter().filter(|label| item::is_word(label)) {
        let _ = write!(line, " #{label}");
    }
    if item::is_word(&issue.assignee) {
        let _ = write!(line, " @{}", issue.assignee);
    }
    let waits: Vec<&str> =
        record.edges().iter().filter(|edge| edge.blocks()).map(|edge| &*edge.target).collect();
    let mut facts = Vec::new();
    if issue.priority != 2 && (0..=4).contains(&issue.priority) {
        facts.push(format!("P{}", issue.priority));
    }
    if !waits.is_empty() {
        facts.push(format!("depends on: {}", waits.join(", ")));
    }
    if !facts.is_empty() {
        let _ = write!(line, " ({})", facts.join(", "));
    }
    let kind = if issue.kind == "task" || !item::is_word(&issue.kind) {
        String::new()
    } else {
        format!(" {}", issue.kind)
    };
    let _ = write!(line, " <!-- {}{kind} -->", issue.id);
    line
}

/// A line of text below an item, so marked that it is read as text again.
fn text(indent: &str, line: &str, fence: &mut Fence) -> String {
    let bare = line.trim_start();
    let inside = fence.line(bare) != crate::domain::attempt::fence::Line::Outside;
    let marked = !inside && (boxed(bare).is_some() || heading(bare).is_some());
    let escape = if marked || bare.starts_with("\\\\") || escapes(bare) { "\\" } else { "" };
    let lead = &line[..line.len() - bare.len()];
    format!("{indent}  {lead}{escape}{bare}").trim_end().to_owned()
}

/// Whether its own back-slash would be taken for an escape.
fn escapes(bare: &str) -> bool {
    bare.strip_prefix('\\').is_some_and(|plain| boxed(plain).is_some() || heading(plain).is_some())
}
