//! `beads show`

use std::fmt::Write;

use anyhow::Result;

use super::{open, print, view};
use crate::commands::Context;
use crate::domain::beads::{Graph, Issue};
use crate::exit::Exit;
use crate::ui::{many_lines, one_line};

/// Shows whole tasks.
pub fn run(ids: &[String], context: &Context) -> Result<Exit> {
    let held = open(context)?.1.holds()?;
    let shown = view(context, |table| {
        let graph = table.graph();
        let held = |id: &str| {
            held.iter().find(|hold| hold.task == id).map(|hold| format!("{} {}", hold.who, hold.describe()))
        };
        let describe = |id: &String| table.issue(id).map(|issue| (describe(&issue, &graph, held(id)), issue));
        table.resolve_all(ids)?.iter().map(describe).collect::<Result<Vec<_>>>()
    })?;
    let (texts, issues): (Vec<String>, Vec<Issue>) = shown.into_iter().unzip();
    if context.ui.json() {
        print(&issues, context, |_| String::new())?;
    } else {
        context.ui.text(&texts.join("\n"));
    }
    Ok(Exit::Done)
}

fn describe(issue: &Issue, graph: &Graph, held: Option<String>) -> String {
    let mut out = format!("{}  {}\n", one_line(&issue.id), console::style(one_line(&issue.title)).bold());
    let ready = if graph.is_ready(&issue.id) { " (ready)" } else { "" };
    let _ =
        writeln!(out, "P{}  {}  {}{ready}", issue.priority, one_line(&issue.kind), one_line(&issue.status));
    let blockers: Vec<String> = graph.blockers(&issue.id).iter().map(|by| one_line(by.id)).collect();
    let children: Vec<String> = graph.children(&issue.id).iter().map(|child| one_line(&child.id)).collect();
    let facts = [
        ("assignee", one_line(&issue.assignee)),
        ("held by", one_line(&held.unwrap_or_default())),
        ("labels", one_line(&issue.labels.join(", "))),
        ("parent", graph.parent(&issue.id).map(|parent| one_line(&parent.id)).unwrap_or_default()),
        ("children", children.join(", ")),
        ("waits for", blockers.join(", ")),
        ("created", one_line(&format!("{} {}", issue.created_at, issue.created_by))),
        ("updated", one_line(&issue.updated_at)),
        ("not before", one_line(&issue.defer_until)),
        ("closed", one_line(&format!("{} {}", issue.closed_at, issue.close_reason))),
    ];
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(out, "{name:<11}{value}");
    }
    for dependency in &issue.dependencies {
        let _ = writeln!(
            out,
            "{:<11}{} ({})",
            "depends on",
            one_line(&dependency.target),
            one_line(&dependency.kind)
        );
    }
    let texts = [
        ("Description", &issue.description),
        ("Design", &issue.design),
        ("Acceptance criteria", &issue.acceptance_criteria),
        ("Notes", &issue.notes),
    ];
    for (name, text) in texts.iter().filter(|(_, text)| !text.is_empty()) {
        let _ = writeln!(out, "\n{}\n{}", console::style(name).bold(), many_lines(text));
    }
    for comment in &issue.comments {
        let (author, at) = (one_line(&comment.author), one_line(&comment.created_at));
        let _ = writeln!(out, "\n{author}, {at}:\n{}", many_lines(&comment.text));
    }
    out
}
