//! How a drain ended: in counts, words and an exit code.

use super::controller::{Desk, End};
use super::over::taken;
use super::{Blocked, Counts, Finished};
use crate::domain::agents::Class;
use crate::domain::macp::queue::Queue;
use crate::domain::macp::schedule::Stuck;
use crate::domain::macp::state::State;
use crate::domain::macp::task::Status;
use crate::domain::macp::transition::Turned;
use crate::fault::Fault;
use crate::system::{clock, interrupt};

/// The version of the last line's format.
const VERSION: u32 = 1;

impl Desk<'_> {
    /// Why the one task came to nothing here, where it did: somebody else took it before us.
    pub(super) fn not_run(&self, state: &State) -> Option<anyhow::Error> {
        let Counts { completed, failed, escalated, cancelled, .. } = self.counts;
        let row = self.only.and_then(|id| state.row(id))?;
        if completed + failed + escalated + cancelled > 0 || row.status == Status::Pending {
            return None;
        }
        Some(match row.status {
            Status::Completed => {
                let here = if self.counts.retried > 0 { "" } else { "; nothing was run here" };
                let message = format!("task `{}` was completed by somebody else meanwhile{here}", row.id);
                Fault::busy(message, "`taskrun macp show` tells what came of it")
            }
            _ => taken(row),
        })
    }

    /// How it ended. What failed or was escalated in it decides the exit code, and what is stuck for good: a task that depends
    /// on one that failed has failed as well, as far as this drain is concerned.
    pub(super) fn finish(&self, queue: &Queue, end: End) -> Finished {
        let state = queue.state();
        let stuck = if self.only.is_some() { Vec::new() } else { state.stuck() };
        let unfinished = |wanted: &[Status]| {
            stuck
                .iter()
                .any(|(_, why)| matches!(why, Stuck::Unfinished(_, status) if wanted.contains(status)))
        };
        let human = self.counts.escalated > 0 || unfinished(&[Status::Escalated]);
        let failed = self.counts.failed > 0
            || self.undelivered.iter().any(|id| self.only.is_none_or(|only| only == id))
            || (self.only.is_some() && self.counts.cancelled > 0)
            || stuck.iter().any(|(_, why)| matches!(why, Stuck::Unknown(_) | Stuck::Cycle(_)))
            || unfinished(&[Status::Failed, Status::Cancelled]);
        let turned = self.bars.why().filter(|_| end == End::Barred);
        let exit_code = exit_code(end, failed, human, turned);
        let left = state.rows().filter(|row| !row.status.is_final()).count() as u64;
        let pending = state.rows().any(|row| row.status == Status::Pending);
        let is_blocked = state.rows().any(|row| row.blocked && row.status == Status::Pending);
        let reason = match end {
            End::Refused => "invalid",
            End::Interrupted => "interrupted",
            End::Limit => "limit",
            End::Time => "max_time",
            End::Money => "budget",
            End::Barred if turned.is_some_and(|why| why.class == Class::RateLimit) => "rate_limited",
            End::Barred => "failed",
            End::Idle if self.only.is_some() || left == 0 => "complete",
            End::Idle if pending && stuck.is_empty() && !is_blocked => "waiting",
            End::Idle if pending => "blocked",
            End::Idle => "waiting",
        };
        let blocked = state.rows().filter(|row| row.blocked && row.status == Status::Pending);
        let blocked = blocked
            .map(|row| Blocked { task: row.id.clone(), why: "is blocked: its `metadata` says so".into() });
        let stuck = stuck.into_iter().map(|(row, why)| Blocked { task: row.id.clone(), why: words(&why) });
        let stuck = stuck.chain(blocked.filter(|_| self.only.is_none()));
        Finished {
            v: VERSION,
            kind: "run.finished",
            ts: clock::now(),
            run: self.run.clone(),
            reason,
            exit_code,
            counts: self.counts,
            failed: self.failed.clone(),
            escalated: self.escalated.clone(),
            undelivered: self.undelivered.clone(),
            left,
            stuck: stuck.collect(),
            class: turned.map(|why| why.class),
            message: turned.map(|why| why.why.clone()),
            hint: turned.and_then(|why| why.hint.clone()),
            not_before: turned.and_then(|why| why.not_before),
            started_at: self.started_at,
            duration_ms: u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// What the process exits with.
fn exit_code(end: End, failed: bool, human: bool, turned: Option<&Turned>) -> u8 {
    match end {
        End::Refused => 2,
        End::Interrupted => 128u8.saturating_add(interrupt::signal().unwrap_or(2).try_into().unwrap_or(2)),
        _ if failed => 1,
        _ if human => 4,
        End::Limit | End::Time | End::Money => 3,
        End::Barred if turned.is_some_and(|why| why.class == Class::RateLimit) => 75,
        End::Barred => 1,
        End::Idle => 0,
    }
}

/// Why a task can never run, for people.
fn words(why: &Stuck) -> String {
    match why {
        Stuck::Unknown(id) => format!("depends on `{id}`, which is not there"),
        Stuck::Unfinished(id, Status::Pending) => format!("depends on `{id}`, which can never run either"),
        Stuck::Unfinished(id, status) => format!("depends on `{id}`, which is {}", status.word()),
        Stuck::Cycle(ids) => format!("waits for itself: {}", ids.join(" → ")),
    }
}
