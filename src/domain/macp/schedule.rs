//! Which task is next, and what the others wait for. Pure.

use jiff::Timestamp;

use super::state::{Row, State};
use super::task::Status;

/// What a worker wants to be given.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Tasks of this one only.
    pub org: Option<String>,
    /// A task whose runtime or metadata hint names this worker goes first.
    pub worker: Option<String>,
}

/// Why a pending task cannot run, though nothing has to be waited for that will come by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stuck {
    /// It depends on a task that is not there.
    Unknown(String),
    /// It depends on one that failed, was cancelled or escalated.
    Unfinished(String, Status),
    /// It waits for itself, by way of these.
    Cycle(Vec<String>),
}

impl State {
    /// The next task to be worked now: pending, its time come, all it depends on completed, no other of its key active;
    /// the most urgent first, waiting making more urgent, then the oldest.
    pub fn next(&self, now: Timestamp, wish: &Wish) -> Option<&Row> {
        let runnable = self.rows().filter(|row| {
            row.status == Status::Pending
                && !row.blocked
                && row.not_before.is_none_or(|at| at <= now)
                && wish.org.as_ref().is_none_or(|org| row.org.as_ref() == Some(org))
                && row
                    .depends_on
                    .iter()
                    .all(|id| self.row(id).is_some_and(|row| row.status == Status::Completed))
                && !self
                    .rows()
                    .any(|other| other.status.is_active() && other.key.is_some() && other.key == row.key)
        });
        runnable.min_by_key(|row| row.priority)
    }

    /// When the next pending task's time comes, for who has nothing to do until then.
    pub fn next_time(&self) -> Option<Timestamp> {
        self.rows().filter(|row| row.status == Status::Pending).filter_map(|row| row.not_before).min()
    }

    /// Every pending task that can never run as things are, and why.
    pub fn stuck(&self) -> Vec<(&Row, Stuck)> {
        let mut all = Vec::new();
        for row in self.rows().filter(|row| row.status == Status::Pending) {
            for id in &row.depends_on {
                match self.row(id) {
                    None => all.push((row, Stuck::Unknown(id.clone()))),
                    Some(other) if other.status.is_final() && other.status != Status::Completed => {
                        all.push((row, Stuck::Unfinished(id.clone(), other.status)));
                    }
                    Some(_) => {}
                }
            }
        }
        all
    }
}
