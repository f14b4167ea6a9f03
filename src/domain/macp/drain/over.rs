//! When a drain is over, and how long it waits for what comes.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;

use super::controller::{Desk, End};
use super::state_in_words;
use crate::domain::macp::schedule::Wish;
use crate::domain::macp::state::{Row, State};
use crate::domain::macp::task::Status;
use crate::fault::Fault;
use crate::system::{clock, interrupt};

/// Longest nap while there is nothing to do.
const NAP: Duration = Duration::from_millis(100);

impl Desk<'_> {
    /// Whether it is over, when no worker has anything to do.
    pub(super) fn end(&self, state: &State) -> Option<End> {
        let now = clock::now();
        if interrupt::signal().is_some() {
            return Some(End::Interrupted);
        }
        if self.refused.is_some() {
            return Some(End::Refused);
        }
        if self.out_of_time() || self.broke && self.pick(state, now).is_none() {
            let left = state.rows().any(|row| row.status == Status::Pending);
            let limit = if self.broke { End::Money } else { End::Time };
            return Some(if left { limit } else { End::Idle });
        }
        if let Some(id) = self.only {
            let pending = state.row(id).is_some_and(|row| row.status == Status::Pending);
            if pending && self.bars.for_good(id) {
                return Some(End::Barred);
            }
            return (!pending).then_some(End::Idle);
        }
        if self.at_limit() {
            let again = self.retrying.iter().filter_map(|id| state.row(id));
            let pending: Vec<&Row> = again.into_iter().filter(|row| row.status == Status::Pending).collect();
            if pending.iter().any(|row| !self.bars.for_good(&row.id)) {
                return None;
            }
            if !pending.is_empty() {
                return Some(End::Barred);
            }
            let more = state.next(now, &Wish::default()).is_some() || later(state, now);
            return Some(if more { End::Limit } else { End::Idle });
        }
        let next = if self.bars.any() {
            state.ready(now).into_iter().any(|row| !self.bars.for_good(&row.id))
        } else {
            state.next(now, &Wish::default()).is_some()
        };
        let goes_on = self.options.watch && !self.bars.exits()
            || next && self.has_room(state)
            || later(state, now)
            || held_up(state);
        let left = state.rows().any(|row| self.bars.for_good(&row.id) && row.status == Status::Pending);
        (!goes_on).then_some(if left { End::Barred } else { End::Idle })
    }

    /// Whether another task may be worked, now or once a live process ends one: a claim may last for ever.
    fn has_room(&self, state: &State) -> bool {
        let claimed = state.rows().filter(|row| row.status.is_active() && !is_worked(row)).count() as u64;
        claimed < self.most()
    }

    /// How long to wait for the next look.
    pub(super) fn pause(&self, state: &State) -> Duration {
        let until = state.next_time().map(|at| at.duration_since(clock::now()));
        let until = until.and_then(|until| Duration::try_from(until).ok()).unwrap_or(NAP);
        let left = self.longest().map_or(NAP, |time| time.saturating_sub(self.begun.elapsed()));
        until.min(left).clamp(Duration::from_millis(1), NAP)
    }
}

/// Why a task is not worked that is not pending: somebody works on it, or it is over.
pub(super) fn taken(row: &Row) -> anyhow::Error {
    let by = row.hold.as_ref().map_or_else(String::new, |hold| {
        let pid = hold.holder.as_ref().map_or_else(String::new, |holder| format!(" (pid {})", holder.pid));
        format!(" by `{}`{pid}", hold.by)
    });
    let message = format!("task `{}` {}{by}", row.id, state_in_words(row.status));
    if row.status.is_active() {
        return Fault::busy(message, "wait for its end; `taskrun macp show` tells how far it is");
    }
    Fault::refused(message, "`taskrun macp show` tells more")
}

/// Whether a task waits for its next attempt.
fn later(state: &State, now: Timestamp) -> bool {
    state.next_time().is_some_and(|at| at > now)
}

/// Whether a live process works on it; other holds are claims, which may last for ever.
fn is_worked(row: &Row) -> bool {
    row.status.is_active() && row.hold.as_ref().is_some_and(|hold| hold.holder.is_some())
}

/// Whether a task waits only for a live process to end what it does now: a task it depends on, or one of its key.
fn held_up(state: &State) -> bool {
    // We work on nothing ourselves where this is asked.
    if !state.rows().any(is_worked) {
        return false;
    }
    let claimed = |row: &&Row| row.status.is_active() && !is_worked(row);
    let keys: HashSet<&String> = state.rows().filter(claimed).filter_map(|row| row.key.as_ref()).collect();
    state.rows().filter(|row| row.status == Status::Pending && !row.blocked).any(|row| {
        let done =
            |on: &String| state.row(on).is_some_and(|on| on.status == Status::Completed || is_worked(on));
        row.key.as_ref().is_none_or(|key| !keys.contains(key)) && row.depends_on.iter().all(done)
    })
}
