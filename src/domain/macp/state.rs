//! The queue in memory: every task and how far it is. Pure: events in, answers out.

use std::collections::HashMap;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::agenda::View;
use super::event::{Event, Hold, Kind};
use super::schedule::Kept;
use super::task::Status;

/// One task, as far as the queue itself has to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// How far it is.
    pub status: Status,
    /// Attempts started.
    pub attempts: u64,
    /// Those that do not count towards `max_attempts`.
    pub forgiven: u64,
    /// How many may count, where the task says so.
    pub max_attempts: Option<u64>,
    /// 0 is most urgent.
    pub priority: u64,
    /// One at a time.
    pub key: Option<String>,
    /// Whose it is.
    pub org: Option<String>,
    /// What must be completed before.
    pub depends_on: Vec<String>,
    /// Whether it has `dispatch`.
    pub macp: bool,
    /// When it was submitted; orders tasks of one priority, before their place in the file.
    pub created_at: Option<Timestamp>,
    /// It waits until then.
    pub not_before: Option<Timestamp>,
    /// Who works on it.
    pub hold: Option<Box<Hold>>,
    /// Not to be worked until somebody says so: `blocked` in its `metadata`.
    pub blocked: bool,
    /// When the attempt began that is under way.
    pub started_at: Option<Timestamp>,
    /// Somebody wants it called off: whoever works on it is to end it, cancelled.
    pub cancel_requested: bool,
    /// Statuses that somebody's word has moved it on from since it was last begun: back there leads only another word.
    #[serde(default)]
    pub left: Left,
}

/// Some statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Left(u8);

impl Left {
    /// One more.
    pub fn add(&mut self, status: Status) {
        self.0 |= 1 << status as u8;
    }

    /// Whether it is one of them.
    pub fn has(self, status: Status) -> bool {
        self.0 & (1 << status as u8) != 0
    }

    /// Whether there are none.
    #[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
    pub fn is_none(&self) -> bool {
        self.0 == 0
    }
}

/// All tasks, in the file's order.
#[derive(Debug, Clone, Default)]
pub struct State {
    rows: Vec<Row>,
    /// Whom tasks are meant for, where they say so.
    meant: HashMap<usize, Vec<String>>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    counts: [usize; Status::ALL.len()],
    pub(super) agenda: Kept,
}

impl State {
    /// Every task, in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &Row> {
        self.rows.iter()
    }

    /// One of them.
    pub fn row(&self, id: &str) -> Option<&Row> {
        self.index_of(id).map(|at| &self.rows[at])
    }

    /// How many tasks are in each status, in the order of [`Status::ALL`].
    pub fn counts(&self) -> [(Status, usize); Status::ALL.len()] {
        std::array::from_fn(|at| (Status::ALL[at], self.counts[at]))
    }

    /// How many are being worked.
    pub fn active(&self) -> usize {
        self.counts().iter().filter(|(status, _)| status.is_active()).map(|(_, count)| count).sum()
    }

    /// Where a task is.
    pub(super) fn index_of(&self, id: &str) -> Option<usize> {
        let found = self.index.find(self.hasher.hash_one(id), |at| self.rows[*at as usize].id == id);
        found.map(|at| *at as usize)
    }

    /// The task there.
    pub(super) fn at(&self, at: usize) -> &Row {
        &self.rows[at]
    }

    /// All of them, and whom each is meant for.
    pub(super) fn into_rows(self) -> impl Iterator<Item = (Row, Vec<String>)> {
        let mut meant = self.meant;
        self.rows.into_iter().enumerate().map(move |(at, row)| (row, meant.remove(&at).unwrap_or_default()))
    }

    /// Adds a task, at the end; an id that is there already is replaced. Says where it is.
    pub(super) fn insert(&mut self, row: Row, meant: Vec<String>) -> usize {
        self.count(row.status, true);
        if let Some(at) = self.index_of(&row.id) {
            self.count(self.rows[at].status, false);
            self.rows[at] = row;
            self.mean(at, meant);
            self.agenda.forget();
            return at;
        }
        let at = self.rows.len();
        let hash = self.hasher.hash_one(&*row.id);
        self.rows.push(row);
        let (rows, hasher) = (&self.rows, &self.hasher);
        let place = u32::try_from(at).unwrap_or(u32::MAX);
        self.index.insert_unique(hash, place, |at| hasher.hash_one(&*rows[*at as usize].id));
        self.mean(at, meant);
        let mut agenda = std::mem::take(&mut self.agenda);
        let mut kept = true;
        agenda.update(|agenda| kept = agenda.add(self.view(), |id| self.index_of(id)));
        if !kept {
            agenda.forget();
        }
        self.agenda = agenda;
        at
    }

    fn mean(&mut self, at: usize, meant: Vec<String>) {
        if meant.is_empty() {
            self.meant.remove(&at);
        } else {
            self.meant.insert(at, meant);
        }
    }

    /// What the agenda has to see.
    pub(super) fn view(&self) -> View<'_> {
        View { rows: &self.rows, meant: &self.meant }
    }

    /// Gives a task another definition; how far it is stays.
    pub(super) fn redefine(&mut self, at: usize, row: Row, meant: Vec<String>) {
        let old = &mut self.rows[at];
        *old = Row {
            id: std::mem::take(&mut old.id),
            status: old.status,
            attempts: old.attempts,
            forgiven: old.forgiven,
            not_before: old.not_before,
            hold: old.hold.take(),
            started_at: old.started_at,
            cancel_requested: old.cancel_requested,
            left: old.left,
            ..row
        };
        self.mean(at, meant);
        self.agenda.forget();
    }

    /// Changes how far a task is.
    pub(super) fn change(&mut self, id: &str, change: impl FnOnce(&mut Row)) {
        let Some(at) = self.index_of(id) else { return };
        let before = self.rows[at].status;
        let view = View { rows: &self.rows, meant: &self.meant };
        self.agenda.update(|agenda| agenda.leave(view, at));
        change(&mut self.rows[at]);
        let after = self.rows[at].status;
        let view = View { rows: &self.rows, meant: &self.meant };
        self.agenda.update(|agenda| {
            agenda.enter(view, at);
            if (before == Status::Completed) != (after == Status::Completed) {
                agenda.ripple(view, at, after == Status::Completed);
            }
        });
        self.count(before, false);
        self.count(after, true);
    }

    /// Sets a task back to what it was when its text was written.
    pub(super) fn begin_at(&mut self, at: usize, status: Status, attempts: Option<u32>) {
        let id = self.rows[at].id.clone();
        self.change(&id, |row| {
            row.status = status;
            row.attempts = attempts.map_or(0, u64::from);
        });
    }

    fn count(&mut self, status: Status, more: bool) {
        let count = &mut self.counts[status as usize];
        *count = if more { *count + 1 } else { *count - 1 };
    }

    /// Takes what an event says; one of an unknown task says nothing.
    pub fn apply(&mut self, event: &Event) {
        self.change(&event.task_id, |row| apply(row, event));
    }
}

fn apply(row: &mut Row, event: &Event) {
    let number = |name: &str| event.metadata.get(name).and_then(serde_json::Value::as_u64);
    row.attempts = number("attempt").unwrap_or(row.attempts);
    row.forgiven = number("forgiven").unwrap_or(row.forgiven);
    let read = |name: &str| event.metadata.get(name).cloned();
    match event.event_type {
        Kind::Assigned | Kind::CheckStarted | Kind::CheckPassed | Kind::CheckFailed => return,
        Kind::Progress => {
            // A worker that renews its lease.
            if let Some(hold) = read("hold").and_then(|hold| serde_json::from_value(hold).ok()) {
                row.hold = Some(hold);
            }
            row.cancel_requested |= read("cancel").and_then(|asked| asked.as_bool()) == Some(true);
            if event.metadata.get("edited").and_then(serde_json::Value::as_bool) != Some(true) {
                return;
            }
            row.hold = None;
            row.not_before = None;
        }
        Kind::Started => {
            row.hold = read("hold").and_then(|hold| serde_json::from_value(hold).ok());
            row.not_before = None;
            row.started_at = Some(event.timestamp);
            row.cancel_requested = false;
        }
        Kind::Gated => {}
        Kind::RetryScheduled => {
            row.hold = None;
            row.not_before = read("not_before").and_then(|at| serde_json::from_value(at).ok());
        }
        Kind::Completed | Kind::Failed | Kind::Escalated => row.hold = None,
    }
    if row.hold.is_none() {
        row.started_at = None;
        row.cancel_requested = false;
    }
    let cancelled = event.metadata.get("cancelled").and_then(serde_json::Value::as_bool) == Some(true);
    let before = std::mem::replace(&mut row.status, if cancelled { Status::Cancelled } else { event.status });
    if matches!(event.event_type, Kind::Started | Kind::Progress) {
        row.left = Left::default();
    } else if before != row.status && (cancelled || before.is_final()) {
        row.left.add(before);
    }
}
