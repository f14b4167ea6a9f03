//! Dependencies between issues: added and removed.

use anyhow::Result;
use serde::Serialize;

use super::batch::Make;
use super::graph::Graph;
use super::issue::Dependency;
use super::line::quote;
use super::store::Store;
use super::table::Table;
use crate::fault::Fault;

/// The kinds of dependency that can be added; the first four bear on what is ready.
pub const KINDS: [&str; 20] = [
    "blocks",
    "parent-child",
    "conditional-blocks",
    "waits-for",
    "related",
    "discovered-from",
    "replies-to",
    "relates-to",
    "duplicates",
    "supersedes",
    "authored-by",
    "assigned-to",
    "approved-by",
    "attests",
    "tracks",
    "until",
    "caused-by",
    "validates",
    "delegated-from",
    "blocked-by",
];

/// What [`Store::add_dep`] did.
#[derive(Debug, Serialize)]
pub struct Added {
    /// `added`, or `unchanged` where it was there already.
    pub status: &'static str,
    /// Who depends.
    pub issue_id: String,
    /// On whom.
    pub depends_on_id: String,
    /// How.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Store {
    /// Makes `issue` depend on `target`; self, unknown ids and circles are refused.
    pub fn add_dep(&self, issue: &str, target: &str, kind: &str, author: &str) -> Result<Added> {
        if let Some(bd) = self.bd() {
            return bd.add_dep(self, (issue, target), kind, author);
        }
        self.change(|table| {
            let (issue, target) = (table.resolve(issue)?, table.resolve(target)?);
            let kind = check_kind(kind)?;
            let status = if add(table, &issue, &target, kind, author)? { "added" } else { "unchanged" };
            Ok(Added { status, issue_id: issue, depends_on_id: target, kind: kind.to_owned() })
        })
    }

    /// Ends every dependency of `issue` on `target`, which may be gone itself.
    pub fn remove_dep(&self, issue: &str, target: &str) -> Result<(String, String)> {
        if let Some(bd) = self.bd() {
            return bd.remove_dep(self, issue, target);
        }
        self.change(|table| {
            let (issue, target) = resolve_edge(table, issue, target)?;
            let edges = table.get(&issue).map_or(&[][..], |record| record.edges());
            let blocking = edges.iter().any(|edge| *edge.target == *target && edge.blocks());
            table.edit(&issue, |line| {
                let other = |item: &str| {
                    serde_json::from_str::<Dependency>(item)
                        .map_or(true, |dependency| dependency.target != target)
                };
                line.retain("dependencies", other);
                line.count("dependency_count", -i64::from(blocking));
            })?;
            Ok((issue, target))
        })
    }
}

/// The full ids of a dependency that is there; its target may be gone itself.
pub(super) fn resolve_edge(table: &Table, issue: &str, target: &str) -> Result<(String, String)> {
    let issue = table.resolve(issue)?;
    let named = |target: &str| {
        table.get(&issue).is_some_and(|record| record.edges().iter().any(|edge| *edge.target == *target))
    };
    // What is gone itself must not be taken for another that begins so.
    let target = if named(target) { target.to_owned() } else { table.resolve(target)? };
    if named(&target) {
        return Ok((issue, target));
    }
    let hint = format!("`taskrun beads show {issue}` shows on what it does");
    Err(Fault::not_found(format!("`{issue}` does not depend on `{target}`"), hint))
}

/// Makes `issue` depend on `target`, both known ids; says whether it did not already.
pub fn add(table: &mut Table, issue: &str, target: &str, kind: &str, author: &str) -> Result<bool> {
    if issue == target {
        return Err(Fault::refused(format!("`{issue}` cannot depend on itself"), "name another issue"));
    }
    let edges = table.get(issue).map_or(&[][..], |record| record.edges());
    if let Some(edge) = edges.iter().find(|edge| *edge.target == *target) {
        if *edge.kind == *kind {
            return Ok(false);
        }
        // `bd` keeps one dependency between two issues and would drop the second.
        let message = format!("`{issue}` already depends on `{target}` as `{}`", &*edge.kind);
        return Err(Fault::refused(
            message,
            format!("run `taskrun beads dep remove {issue} {target}` first"),
        ));
    }
    let orders = matches!(kind, "blocks" | "conditional-blocks" | "waits-for" | "parent-child");
    let graph = table.graph();
    check_ancestors(&graph, Some(issue), target, kind, issue)?;
    if let Some(path) = graph.path(target, issue).filter(|_| orders) {
        return Err(circle(&[&[issue], &path[..]].concat()));
    }
    let record = record(&Make::of(table), issue, target, kind, author);
    table.edit(issue, |line| {
        line.push("dependencies", &record);
        line.count("dependency_count", i64::from(kind == "blocks"));
    })?;
    Ok(true)
}

/// Refuses that `id`, whose nearest known ancestor (or itself) is `from`, waits for what it belongs
/// to: the parent is done when its children are, so neither could ever start.
pub fn check_ancestors(graph: &Graph, from: Option<&str>, target: &str, kind: &str, id: &str) -> Result<()> {
    if !matches!(kind, "blocks" | "conditional-blocks" | "waits-for") {
        return Ok(());
    }
    let mut at = from.map(str::to_owned);
    let mut steps = 0;
    while let Some(ancestor) = at.filter(|_| steps < 1000) {
        if ancestor == target && ancestor != id {
            return Err(own_parent(id, target));
        }
        at = graph.parent(&ancestor).map(|parent| parent.id.to_string());
        steps += 1;
    }
    Ok(())
}

/// The refusal of a child that is to wait for its own parent.
pub fn own_parent(id: &str, parent: &str) -> anyhow::Error {
    Fault::refused(
        format!("`{id}` belongs to `{parent}` and cannot wait for it: neither could ever start"),
        "nothing was changed",
    )
}

/// The refusal of a second dependency of a child on its own parent; `bd` keeps one between two issues.
pub fn second_to_parent(id: &str, parent: &str, kind: &str) -> anyhow::Error {
    if matches!(kind, "blocks" | "conditional-blocks" | "waits-for") {
        return own_parent(id, parent);
    }
    Fault::refused(
        format!(
            "`{id}` belongs to `{parent}` and cannot depend on it as `{kind}`, too: two issues have one dependency"
        ),
        "leave out the dependency or the parent; nothing was changed",
    )
}

/// The refusal of issues that would wait for each other.
pub fn circle(names: &[&str]) -> anyhow::Error {
    Fault::refused(format!("that would be a circle: {}", names.join(" → ")), "nothing was changed")
}

/// The JSON of a dependency, in the make of the file.
pub fn record(make: &Make, issue: &str, target: &str, kind: &str, author: &str) -> String {
    let author = if author.is_empty() { String::new() } else { format!(",\"created_by\":{}", quote(author)) };
    let metadata = match kind {
        // Without it the classic `bd` drops the dependency.
        "waits-for" => r#","metadata":"{\"gate\":\"all-children\"}""#,
        _ if make.typed => r#","metadata":"{}""#,
        _ => "",
    };
    format!(
        "{{\"issue_id\":{},\"depends_on_id\":{},\"type\":{},\"created_at\":\"{}\"{author}{metadata}}}",
        quote(issue),
        quote(target),
        quote(kind),
        make.now
    )
}

/// Reads `ID` or `TYPE:ID`; a bare id blocks. In every spelling the new issue depends on `ID`.
pub fn split(text: &str) -> Result<(&str, &str)> {
    match text.split_once(':') {
        Some(("depends-on", id)) => Ok(("blocks", id)),
        Some((kind, id)) if kind != "external" => Ok((check_kind(kind)?, id)),
        _ => Ok(("blocks", text)),
    }
}

/// The kind by its one name.
pub(super) fn check_kind(kind: &str) -> Result<&str> {
    match KINDS.into_iter().find(|known| *known == kind) {
        Some("blocked-by") => Ok("blocks"),
        Some(_) => Ok(kind),
        None => Err(Fault::usage(
            format!("`{kind}` is not a type of dependency"),
            format!("one of {}", KINDS[..KINDS.len() - 1].join(", ")),
        )),
    }
}
