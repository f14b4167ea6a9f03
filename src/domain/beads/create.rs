//! Makes issues: what a new one must be, and the line it becomes.

use std::path::Path;

use anyhow::Result;

use super::deps;
use super::ids;
use super::issue::Issue;
use super::line::{Line, quote};
use super::store::Store;
use super::table::Table;
use crate::fault::Fault;
use crate::system::store;

/// Types every store takes; a file's own are taken beside them.
pub const TYPES: [&str; 6] = ["task", "bug", "feature", "epic", "chore", "story"];

/// `bd` refuses longer titles, so none must get into a file both read.
const TITLE_BYTES: usize = 500;

/// What a new issue is to be.
#[derive(Debug, Clone, Default)]
pub struct New {
    /// One line, at most 500 bytes.
    pub title: String,
    /// One of [`TYPES`], or one the file already uses.
    pub kind: String,
    /// 0 is the most urgent, 4 the least.
    pub priority: i64,
    /// What it is about.
    pub description: String,
    /// How it is to be built.
    pub design: String,
    /// When it is done.
    pub acceptance: String,
    /// The issue it belongs to.
    pub parent: Option<String>,
    /// What it depends on: `ID`, or `TYPE:ID` for another kind than `blocks`.
    pub deps: Vec<String>,
    /// Words to find it by.
    pub labels: Vec<String>,
    /// Who is to work on it; empty for nobody.
    pub assignee: String,
    /// How many minutes it may take.
    pub estimate: Option<u32>,
    /// Who makes it.
    pub author: String,
}

impl Store {
    /// Makes an issue and returns it.
    pub fn create(&self, new: &New) -> Result<Issue> {
        if let Some(bd) = self.bd() {
            return bd.create(self, new);
        }
        let fallback = self.configured_prefix()?;
        self.change(|table| create(table, new, fallback.as_deref()))
    }
}

/// Appends the issue to the table.
fn create(table: &mut Table, new: &New, fallback: Option<&str>) -> Result<Issue> {
    check_title(&new.title)?;
    check_type(table, &new.kind)?;
    let parent = new.parent.as_deref().map(|parent| table.resolve(parent)).transpose()?;
    let id = match &parent {
        Some(parent) => ids::child(table, parent)?,
        None => ids::fresh(table, &ids::prefix(table, fallback))?,
    };
    let mut targets: Vec<(String, String)> = Vec::new();
    targets.extend(parent.iter().map(|parent| (parent.clone(), "parent-child".to_owned())));
    for dep in &new.deps {
        let (kind, given) = deps::split(dep)?;
        let target = table.resolve(given)?;
        if !targets.iter().any(|(known, _)| *known == target) {
            targets.push((target, kind.to_owned()));
        } else if parent.as_ref() == Some(&target) {
            return Err(deps::own_parent(&id, &target));
        }
    }
    let mut line = line(table, new, &id);
    for (target, kind) in &targets {
        deps::check_ancestors(table, parent.as_deref(), target, kind, &id)?;
        let record = deps::record(table, &id, target, kind, &new.author);
        line.push("dependencies", &record);
        if kind == "blocks" {
            line.count("dependency_count", 1);
        }
    }
    table.push(&line)?;
    table.issue(&id)
}

fn line(table: &Table, new: &New, id: &str) -> Line {
    let now = table.now().to_string();
    let mut line = Line::new("{}");
    if table.is_typed() {
        line.set("_type", "\"issue\"");
        for count in ["dependency_count", "dependent_count", "comment_count"] {
            line.set(count, "0");
        }
    }
    let texts = [
        ("id", id),
        ("title", &new.title),
        ("description", &new.description),
        ("design", &new.design),
        ("acceptance_criteria", &new.acceptance),
        ("status", "open"),
        ("issue_type", &new.kind),
        ("assignee", &new.assignee),
        ("created_at", &now),
        ("created_by", &new.author),
        ("updated_at", &now),
    ];
    for (key, value) in texts {
        line.set_text(key, value);
    }
    line.set("priority", &new.priority.to_string());
    if let Some(minutes) = new.estimate {
        line.set("estimated_minutes", &minutes.to_string());
    }
    for label in &new.labels {
        line.push("labels", &quote(label));
    }
    line
}

/// The text of a file that people wrote a description in.
pub fn body(path: &Path) -> Result<String> {
    store::read_text(path)?.ok_or_else(|| {
        Fault::usage(format!("`{}` does not exist", path.display()), "give a file, or `-` for standard input")
    })
}

/// A title that `bd` takes, too.
pub fn check_title(title: &str) -> Result<()> {
    if title.trim().is_empty() {
        return Err(Fault::usage("the title is empty", "say in a few words what is to be done"));
    }
    if title.len() > TITLE_BYTES {
        return Err(Fault::usage(
            format!("the title is {} bytes long; at most {TITLE_BYTES} are allowed", title.len()),
            "put the rest into the description",
        ));
    }
    Ok(())
}

/// A type that is known or already used.
pub fn check_type(table: &Table, kind: &str) -> Result<()> {
    let known: Vec<&str> = TYPES.into_iter().chain(table.customs().types()).collect();
    if known.contains(&kind) || table.records().any(|record| record.kind() == kind) {
        return Ok(());
    }
    Err(Fault::usage(format!("`{kind}` is not a type of issue"), format!("one of {}", known.join(", "))))
}
