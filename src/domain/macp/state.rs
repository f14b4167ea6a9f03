//! The queue in memory: every task and how far it is. Pure: events in, answers out.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{Event, Hold, Kind};
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
    pub hold: Option<Hold>,
    /// When its last attempt began.
    #[serde(default)]
    pub started_at: Option<Timestamp>,
    /// Somebody wants it called off: whoever works on it is to end it, cancelled.
    #[serde(default)]
    pub cancel_requested: bool,
}

/// All tasks, in the file's order.
#[derive(Debug, Clone, Default)]
pub struct State {
    pub(super) rows: Vec<Row>,
    pub(super) index: HashMap<String, usize>,
}

impl State {
    /// Every task, in order.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }

    /// One of them.
    pub fn row(&self, id: &str) -> Option<&Row> {
        self.index.get(id).map(|at| &self.rows[*at])
    }

    /// Adds a task; an id that is there already is replaced.
    pub(super) fn insert(&mut self, row: Row) {
        if let Some(at) = self.index.get(&row.id) {
            self.rows[*at] = row;
        } else {
            self.index.insert(row.id.clone(), self.rows.len());
            self.rows.push(row);
        }
    }

    /// Takes what an event says; one of an unknown task says nothing.
    pub fn apply(&mut self, event: &Event) {
        let Some(row) = self.index.get(&event.task_id).map(|at| &mut self.rows[*at]) else { return };
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
                return;
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
        row.cancel_requested &= row.hold.is_some();
        let cancelled = event.metadata.get("cancelled").and_then(serde_json::Value::as_bool);
        row.status = if cancelled == Some(true) { Status::Cancelled } else { event.status };
    }
}
