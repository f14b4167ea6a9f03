//! The life of an issue: claimed, released, updated, closed, reopened, escalated, commented on.

use anyhow::Result;
use jiff::Timestamp;

use super::comment;
use super::create::check_title;
use super::graph::{Filter, Graph};
use super::holds::{Grip, Hold};
use super::issue::Issue;
use super::line::{Line, quote};
use super::record::Record;
use super::store::Store;
use super::table::Table;
use crate::fault::Fault;

/// The statuses an issue can be given.
pub const STATUSES: [&str; 5] = ["open", "in_progress", "blocked", "deferred", "closed"];
/// The label of what waits for a person.
pub const NEEDS_HUMAN: &str = "needs-human";
/// The reason for which an epic is closed after its last child.
pub const ALL_CHILDREN_CLOSED: &str = "All children closed";

/// What is to change; what is `None` stays. Empty texts remove.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Update {
    /// One of [`STATUSES`].
    pub status: Option<String>,
    /// The title; never empty.
    pub title: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// 0 to 4.
    pub priority: Option<i64>,
    /// What was noted on the way.
    pub notes: Option<String>,
    /// When it is done.
    pub acceptance: Option<String>,
    /// Who works on it.
    pub assignee: Option<String>,
    /// Labels it gets.
    pub add_labels: Vec<String>,
    /// Labels it loses.
    pub remove_labels: Vec<String>,
}

/// What closing did.
#[derive(Debug, Clone)]
pub struct Closed {
    /// What was closed.
    pub issues: Vec<Issue>,
    /// What became ready by it, in order.
    pub ready: Vec<Issue>,
}

impl Store {
    /// Claims the first ready issue a loop would take and `filter` wants; `None` when there is none.
    /// Of many claimants each issue goes to exactly one. The claim ends with what `grip` says.
    pub fn claim_next(&self, filter: &Filter, who: &str, grip: &Grip) -> Result<Option<Issue>> {
        if let Some(bd) = self.bd() {
            return bd.claim_next(self, filter, who, grip);
        }
        self.change_held(|table, _, new| {
            let id = table.graph().first(filter).map(|record| record.id.to_string());
            id.map(|id| take(table, &id, who, grip, new)).transpose()
        })
    }

    /// Claims this one issue, which must be ready; otherwise [`Fault::Refused`] says why it is not.
    pub fn claim(&self, id: &str, who: &str, grip: &Grip) -> Result<Issue> {
        if let Some(bd) = self.bd() {
            return bd.claim(self, id, who, grip);
        }
        self.change_held(|table, holds, new| {
            let id = table.resolve(id)?;
            check_claimable(&table.graph(), &id, holds.of(table, &id).as_ref())?;
            take(table, &id, who, grip, new)
        })
    }

    /// Opens again, with the notes and the assignee as they were, what nobody holds any more; says of
    /// each what to tell the user in [`Store::take_notices`].
    pub fn release_dead(&self) -> Result<()> {
        self.change(|_| Ok(()))
    }

    /// Puts a claimed issue back: open again, `note` added to its notes. One that somebody else has
    /// claimed meanwhile stays as it is.
    pub fn release(&self, id: &str, back: &Back<'_>, note: Option<&str>) -> Result<Issue> {
        if let Some(bd) = self.bd() {
            return bd.release(self, id, back, note);
        }
        self.change(|table| {
            let id = table.resolve(id)?;
            let now = table.now();
            if back.is_due(table, &id) {
                table.edit(&id, |line| open_again(line, back.assignee, note, now))?;
            }
            table.issue(&id)
        })
    }

    /// Hands a claimed issue to a person: status `blocked`, the label [`NEEDS_HUMAN`], `why` as a comment
    /// of `who`. One that somebody else has claimed meanwhile stays as it is.
    pub fn escalate(&self, id: &str, back: &Back<'_>, who: &str, why: &str) -> Result<Issue> {
        if let Some(bd) = self.bd() {
            return bd.escalate(self, id, back, (who, why));
        }
        self.change(|table| {
            let id = table.resolve(id)?;
            let now = table.now();
            if back.is_due(table, &id) {
                table.edit(&id, |line| {
                    set_status(line, "blocked", now);
                    line.set_text("assignee", back.assignee);
                    add_labels(line, &[NEEDS_HUMAN.to_owned()]);
                })?;
                comment::add(table, &id, who, why)?;
            }
            table.issue(&id)
        })
    }

    /// Applies `update` to every one of `ids`, or to none.
    pub fn update(&self, ids: &[String], update: &Update) -> Result<Vec<Issue>> {
        if let Some(title) = &update.title {
            check_title(title)?;
        }
        if let Some(bd) = self.bd() {
            return bd.update(self, ids, update);
        }
        self.change(|table| {
            if let Some(status) = &update.status {
                check_new_status(table, status)?;
            }
            let ids = table.resolve_all(ids)?;
            let now = table.now();
            for id in &ids {
                table.edit(id, |line| apply(line, update, now))?;
            }
            ids.iter().map(|id| table.issue(id)).collect()
        })
    }

    /// Closes every one of `ids`, or none. One that is closed already gets the new reason.
    pub fn close(&self, ids: &[String], reason: Option<&str>) -> Result<Closed> {
        if let Some(bd) = self.bd() {
            return bd.close(self, ids, reason);
        }
        let (closed, notices) = self.change(|table| {
            let ids = table.resolve_all(ids)?;
            let graph = table.graph();
            let held = |id: &String| Some(format!("`{id}` is closed, though {}", graph.held_open(id, &ids)?));
            let notices: Vec<String> = ids.iter().filter_map(held).collect();
            let closed =
                closing(table, &ids, |table| ids.iter().try_for_each(|id| close_one(table, id, reason)))?;
            Ok((closed, notices))
        })?;
        self.announce(notices);
        Ok(closed)
    }

    /// Closes what a run has finished, and every epic above it whose last child that was.
    /// Returns what was closed, the epics at the end.
    pub fn complete(&self, id: &str, reason: &str) -> Result<Vec<Issue>> {
        if let Some(bd) = self.bd() {
            return bd.complete(self, id, reason);
        }
        self.change(|table| {
            let id = table.resolve(id)?;
            close_one(table, &id, Some(reason))?;
            let mut ids = vec![id];
            while let Some(epic) = finished_epic(&table.graph(), &ids[ids.len() - 1]) {
                close_one(table, &epic, Some(ALL_CHILDREN_CLOSED))?;
                ids.push(epic);
            }
            ids.iter().map(|id| table.issue(id)).collect()
        })
    }

    /// Opens every one of `ids` again, or none; they no longer wait for a person.
    pub fn reopen(&self, ids: &[String]) -> Result<Vec<Issue>> {
        if let Some(bd) = self.bd() {
            return bd.reopen(self, ids);
        }
        self.update(ids, &Update { status: Some("open".into()), ..Update::default() })
    }

    /// Adds what `author` says about an issue.
    pub fn comment(&self, id: &str, author: &str, text: &str) -> Result<Issue> {
        if let Some(bd) = self.bd() {
            return bd.comment(self, id, author, text);
        }
        self.change(|table| {
            let id = table.resolve(id)?;
            comment::add(table, &id, author, text)?;
            table.issue(&id)
        })
    }

    /// The whole issue.
    pub fn issue(&self, id: &str) -> Result<Issue> {
        self.view(|table| table.issue(&table.resolve(id)?))
    }
}

/// A claim that is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Back<'a> {
    /// Whose it was.
    pub of: &'a str,
    /// Who was assigned before.
    pub assignee: &'a str,
}

impl Back<'_> {
    /// Not where somebody else works on it by now.
    pub(super) fn is_due(&self, table: &Table, id: &str) -> bool {
        let others = |record: &Record| record.status() == "in_progress" && *record.assignee != *self.of;
        !table.get(id).is_some_and(others)
    }
}

/// Opens a line again, `note` added to its notes, the assignee as given.
pub(super) fn open_again(line: &mut Line, assignee: &str, note: Option<&str>, now: Timestamp) {
    set_status(line, "open", now);
    line.set_text("assignee", assignee);
    if let Some(note) = note.filter(|note| !note.trim().is_empty()) {
        let before = line.get_text("notes").unwrap_or_default();
        line.set_text("notes", &noted(&before, note));
    }
}

fn take(table: &mut Table, id: &str, who: &str, grip: &Grip, new: &mut Vec<Hold>) -> Result<Issue> {
    let now = table.now();
    let before = table.get(id).map(|record| record.assignee.to_string()).unwrap_or_default();
    table.edit(id, |line| {
        set_status(line, "in_progress", now);
        line.set_text("assignee", who);
    })?;
    new.extend(table.get(id).map(|record| Hold::new(record, who, grip.clone(), &before)));
    table.issue(id)
}

/// `before` with a paragraph more.
pub(super) fn noted(before: &str, note: &str) -> String {
    let gap = if before.is_empty() { "" } else { "\n\n" };
    format!("{before}{gap}{}", note.trim_end())
}

pub(super) fn check_claimable(graph: &Graph, id: &str, hold: Option<&Hold>) -> Result<()> {
    if graph.is_ready(id) {
        return Ok(());
    }
    let Some(record) = graph.get(id) else { return Ok(()) };
    let blockers: Vec<String> = graph.blockers(id).iter().map(|by| format!("`{}`", by.id)).collect();
    let (message, hint) = match record.status() {
        "in_progress" if record.assignee.is_empty() => {
            (format!("`{id}` is in progress already"), "claim another one")
        }
        "in_progress" => {
            let since = hold.map(|hold| format!(" {}", hold.describe())).unwrap_or_default();
            let hint = "claim another one, or take it back with `taskrun beads reopen`";
            (format!("`{id}` is held by `{}`{since}", &*record.assignee), hint)
        }
        "open" if !blockers.is_empty() => {
            (format!("`{id}` waits for {}", blockers.join(", ")), "claim one of those")
        }
        "open" => {
            (format!("`{id}` is put off or not work for the queue"), "`taskrun beads ready` shows what is")
        }
        status => (format!("`{id}` is `{status}`"), "`taskrun beads reopen` makes it open again"),
    };
    Err(Fault::refused(message, hint))
}

/// Runs `close`, which closes `ids`, and finds out what it made ready.
fn closing(
    table: &mut Table,
    ids: &[String],
    close: impl FnOnce(&mut Table) -> Result<()>,
) -> Result<Closed> {
    let before = ids.iter().filter_map(|id| table.get(id)).map(|record| record.clone().into_owned());
    let before: Vec<Record> = before.collect();
    close(table)?;
    let issues = ids.iter().map(|id| table.issue(id)).collect::<Result<_>>()?;
    let graph = table.graph();
    let ready = graph.newly_ready(&before).into_iter().map(|record| table.issue(&record.id));
    Ok(Closed { issues, ready: ready.collect::<Result<_>>()? })
}

fn close_one(table: &mut Table, id: &str, reason: Option<&str>) -> Result<()> {
    let now = table.now();
    table.edit(id, |line| {
        let closed = line.get_text("status").as_deref() == Some("closed");
        set_status(line, "closed", now);
        // `bd` writes `Closed` where no reason is given.
        if let Some(reason) = reason.or(Some("Closed").filter(|_| !closed)) {
            line.set_text("close_reason", reason);
        }
    })
}

/// The open epic above `id` all of whose children are closed, if there is one.
pub(super) fn finished_epic(graph: &Graph, id: &str) -> Option<String> {
    let parent = graph.parent(id).filter(|parent| parent.kind() == "epic" && !parent.is_finished())?;
    let done = graph.children(&parent.id).iter().all(|child| child.is_finished());
    done.then(|| parent.id.to_string())
}

fn apply(line: &mut Line, update: &Update, now: Timestamp) {
    if let Some(status) = &update.status {
        set_status(line, status, now);
        if status == "open" {
            // Whoever opens it has seen to what it waited for.
            remove_labels(line, &[NEEDS_HUMAN.to_owned()]);
        }
    }
    let texts = [
        ("title", &update.title),
        ("description", &update.description),
        ("acceptance_criteria", &update.acceptance),
        ("notes", &update.notes),
        ("assignee", &update.assignee),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            line.set_text(key, text);
        }
    }
    if let Some(priority) = update.priority {
        line.set("priority", &priority.to_string());
    }
    add_labels(line, &update.add_labels);
    remove_labels(line, &update.remove_labels);
}

fn remove_labels(line: &mut Line, labels: &[String]) {
    line.retain("labels", |label| {
        serde_json::from_str::<String>(label).map_or(true, |label| !labels.contains(&label))
    });
}

fn add_labels(line: &mut Line, labels: &[String]) {
    for label in labels {
        let has = line.get("labels").and_then(|labels| serde_json::from_str::<Vec<String>>(labels).ok());
        if !has.unwrap_or_default().contains(label) {
            line.push("labels", &quote(label));
        }
    }
}

/// Sets the status and what must agree with it: `closed_at` is there exactly while it is closed.
pub(super) fn set_status(line: &mut Line, status: &str, now: Timestamp) {
    line.set_text("status", status);
    let now = now.to_string();
    if status == "in_progress" && line.get_text("started_at").is_none_or(|at| at.is_empty()) {
        line.set_text("started_at", &now);
    }
    if status != "closed" {
        for key in ["closed_at", "close_reason", "closed_by_session"] {
            line.remove(key);
        }
    } else if line.get_text("closed_at").is_none_or(|at| at.is_empty()) {
        line.set_text("closed_at", &now);
    }
}

/// The values a filter by status may name: those of [`STATUSES`], the project's own, and what the file uses.
pub fn check_status(table: &Table, status: &str) -> Result<()> {
    if table.records().any(|record: &Record| record.status() == status) {
        return Ok(());
    }
    check_new_status(table, status)
}

/// The values that a status can be set to: those of [`STATUSES`], the project's own, and what live issues have.
fn check_new_status(table: &Table, status: &str) -> Result<()> {
    let known: Vec<&str> = STATUSES.into_iter().chain(table.customs().statuses()).collect();
    let used = |record: &Record| !record.is_tombstone() && record.status() == status;
    if known.contains(&status) || table.records().any(|record: &Record| used(record)) {
        return Ok(());
    }
    Err(Fault::usage(format!("`{status}` is not a status"), format!("one of {}", known.join(", "))))
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
