//! What a verdict does: the task is closed, opened again or handed to a person, and the attempt
//! goes on record.

use std::time::Instant;

use anyhow::Result;

use crate::domain::agents::Failure;
use crate::domain::attempt::changes::{Carried, Changes, between, carry};
use crate::domain::attempt::engine::Answer;
use crate::domain::attempt::event::Kind;
use crate::domain::attempt::receipt::{Outcome, Receipt};
use crate::domain::beads::Back;
use crate::domain::loops::attempt::{Attempt, claimant};
use crate::domain::loops::claims::Phase;
use crate::domain::loops::land::Landed;
use crate::domain::loops::run::Run;
use crate::domain::loops::verdict::Once;

/// The author of comments that a run writes.
pub(super) const AUTHOR: &str = "taskrun";

/// What is to become of a task.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fate {
    /// Judged complete.
    Done,
    /// Not done, and why.
    NotDone(String),
    /// A person is needed, and why.
    Escalate(String),
    /// We were told to stop.
    Interrupted,
    /// A limit of the run was reached, and which.
    Cut(String),
    /// The agent or its provider cannot go on; no task is to blame.
    Broken(Failure),
}

/// Many a time not done is a matter for a person.
fn after_attempt(fate: Fate, number: u64, max: u64) -> Fate {
    match fate {
        Fate::NotDone(why) if number >= max => Fate::Escalate(match max {
            1 => format!("one attempt failed: {why}"),
            _ => format!("{number} attempts failed; the last: {why}"),
        }),
        other => other,
    }
}

impl Run<'_> {
    /// Carries out what was decided about an attempt.
    pub(super) fn settle(&mut self, attempt: &Attempt, fate: Fate) -> Result<()> {
        let fate = after_attempt(fate, attempt.number, self.plan.max_attempts);
        if fate == Fate::Done {
            match self.land(attempt)? {
                Landed::Closed(landed) => {
                    self.once = Once::Closed;
                    self.unchanged = 0;
                    self.state.failed.retain(|id| *id != attempt.issue.id);
                    self.state.completed.push(attempt.issue.id.clone());
                    self.taken.remove(&attempt.issue.id);
                    let mut receipt = self.receipt(attempt, Outcome::Closed, landed.reason.clone());
                    receipt.commit.clone_from(&landed.commit);
                    receipt.files_changed = landed.files;
                    receipt.not_committed.clone_from(&landed.not_committed);
                    self.record(receipt)?;
                    return self.tell_closed(attempt, &landed);
                }
                Landed::Refused(why) => {
                    let fate = after_attempt(Fate::NotDone(why), attempt.number, self.plan.max_attempts);
                    return self.put_back(attempt, fate);
                }
            }
        }
        self.put_back(attempt, fate)
    }

    /// Everything but closing.
    fn put_back(&mut self, attempt: &Attempt, fate: Fate) -> Result<()> {
        let id = attempt.issue.id.clone();
        let run = claimant(&self.state.run);
        let back = Back { of: &run, assignee: &attempt.issue.assignee };
        let (outcome, reason) = match fate {
            Fate::NotDone(reason) => {
                let note = format!("attempt {} of {}: {reason}", attempt.number, self.plan.max_attempts);
                self.store.release(&id, &back, Some(&note))?;
                (Outcome::Reopened, reason)
            }
            Fate::Escalate(reason) => {
                self.store.escalate(&id, &back, AUTHOR, &reason)?;
                (Outcome::Escalated, reason)
            }
            Fate::Broken(failure) => {
                self.store.release(&id, &back, None)?;
                let reason = failure.message.clone();
                self.trouble = Some(failure);
                (Outcome::AgentFailed, reason)
            }
            Fate::Cut(reason) => {
                self.store.release(&id, &back, None)?;
                (Outcome::Interrupted, reason)
            }
            Fate::Interrupted | Fate::Done => {
                self.store.release(&id, &back, None)?;
                (Outcome::Interrupted, "stopped before it was done".to_owned())
            }
        };
        let changes = self.leave_behind(attempt, outcome)?;
        let mut receipt = self.receipt(attempt, outcome, reason.clone());
        receipt.files_changed = changes.count();
        self.record(receipt)?;
        self.count(outcome, &id);
        self.recorder.tell(match outcome {
            Outcome::Escalated => Kind::TaskEscalated { reason },
            _ => Kind::TaskReopened { reason },
        });
        self.release_claim(&id)
    }

    fn count(&mut self, outcome: Outcome, id: &str) {
        self.once = if outcome == Outcome::Escalated { Once::Escalated } else { Once::NotClosed };
        self.state.failed.retain(|failed| failed != id);
        match outcome {
            Outcome::Escalated => {
                // What a person makes of it holds when it comes back.
                self.taken.remove(id);
                self.state.escalated.push(id.to_owned());
            }
            Outcome::Reopened => self.state.failed.push(id.to_owned()),
            // No task is to blame for the rest.
            _ => {}
        }
    }

    /// Remembers what the attempt left in the work tree, and whether it changed anything at all.
    fn leave_behind(&mut self, attempt: &Attempt, outcome: Outcome) -> Result<Changes> {
        let after = self.look()?;
        let before = &attempt.before;
        let same = after.head == before.head && after.dirt == before.dirt;
        self.unchanged = match (same, outcome) {
            (false, _) => 0,
            // Who is turned away has no chance to change anything.
            (true, Outcome::AgentFailed) => self.unchanged,
            (true, _) => self.unchanged + 1,
        };
        let changes = between(
            &before.dirt,
            &after.dirt,
            &self.claims.carried(&attempt.issue.id),
            attempt.snapshot.as_deref(),
        );
        self.claims.carry(&attempt.issue.id, carry(&changes, &after.dirt));
        self.glance.keep((after, Instant::now()), &Changes::default(), None);
        Ok(changes)
    }

    fn tell_closed(&mut self, attempt: &Attempt, landed: &super::land::Landing) -> Result<()> {
        self.recorder.tell(Kind::TaskClosed {
            reason: landed.reason.clone(),
            commit: landed.commit.clone(),
            files_changed: landed.files,
        });
        for epic in &landed.epics {
            self.recorder.task = Some(epic.clone());
            self.recorder.attempt = None;
            let reason = crate::domain::beads::ALL_CHILDREN_CLOSED.to_owned();
            self.recorder.tell(Kind::TaskClosed { reason, commit: landed.commit.clone(), files_changed: 0 });
        }
        self.claims.carry(&attempt.issue.id, Carried::default());
        self.release_claim(&attempt.issue.id)
    }

    fn release_claim(&mut self, id: &str) -> Result<()> {
        self.claims.drop_claim(id);
        self.claims.save(self.workspace)?;
        self.state.task = None;
        self.state.save(self.workspace)?;
        (self.recorder.task, self.recorder.attempt) = (None, None);
        Ok(())
    }

    pub(super) fn record(&mut self, receipt: Receipt) -> Result<()> {
        let path = self.workspace.receipts();
        let size = || std::fs::metadata(&path).map_or(0, |meta| meta.len());
        if size() < self.receipts_size {
            (self.notice)("the record of attempts was cut while the agent ran: what it said is lost");
        }
        receipt.append(&path)?;
        self.receipts_size = size();
        if receipt.run == self.state.run {
            self.got_through(receipt.outcome);
            self.spent(&receipt.spend);
            self.on_record = receipt.iteration;
        }
        self.ledger.add(receipt);
        Ok(())
    }

    /// Puts an attempt on record that an error of ours broke off: its money is spent all the same. One
    /// that was being landed is finished, and put on record, by the next run.
    pub(super) fn record_broken_off(&mut self, attempt: &Attempt, error: &anyhow::Error) {
        let id = &attempt.issue.id;
        let landing =
            self.claims.claims.iter().any(|claim| claim.task == *id && claim.phase == Phase::Landing);
        let closed = self.store.issue(id).is_ok_and(|issue| issue.is_closed());
        if !(landing && closed) && self.on_record < self.state.iteration {
            let reason = format!("the run ended with an error: {error:#}");
            let receipt = self.receipt(attempt, Outcome::Interrupted, reason);
            // Where this cannot be written either, the claim's note is left for the next run.
            let _ = self.record(receipt);
        }
    }

    fn receipt(&self, attempt: &Attempt, outcome: Outcome, reason: String) -> Receipt {
        let answer = attempt.answer.as_ref();
        let process = answer.and_then(|answer| answer.outcome.as_ref());
        let ended = Self::now();
        let took = ended.duration_since(attempt.started).as_millis();
        Receipt {
            v: Receipt::VERSION,
            run: self.state.run.clone(),
            iteration: self.state.iteration,
            task: attempt.issue.id.clone(),
            title: attempt.issue.title.clone(),
            epic: attempt.epic.as_ref().map(|(id, ..)| id.clone()),
            attempt: attempt.number,
            agent: self.plan.engine.agent.name.clone(),
            model: answer
                .and_then(|a| a.report.model.clone())
                .or_else(|| self.plan.engine.agent.model.clone()),
            session: answer.and_then(|answer| answer.report.session.clone()),
            started_at: attempt.started,
            ended_at: ended,
            duration_ms: u64::try_from(took).unwrap_or(0),
            outcome,
            reason,
            class: answer.and_then(Answer::class),
            exit_code: process.and_then(|process| process.ended.code),
            signal: process.and_then(|process| process.ended.signal),
            spend: attempt.spend(),
            gates: attempt.gates.clone(),
            judged: attempt.judged.clone(),
            left_running: process.map(|process| process.left.clone()).unwrap_or_default(),
            snapshot: attempt.snapshot.clone(),
            snapshot_ref: attempt.snapshot_ref.clone(),
            commit: None,
            files_changed: 0,
            not_committed: Vec::new(),
            noted: attempt.noted.clone(),
        }
    }

    /// Gives back whatever this run still holds; for ends nobody planned. The notes of its claims
    /// stay, so that the next run puts the attempts and their cost on record.
    pub(super) fn give_back_all(&mut self) {
        for claim in self.claims.claims.iter().filter(|claim| claim.run == self.state.run) {
            let held = self.store.issue(&claim.task).is_ok_and(|issue| issue.status == "in_progress");
            if held {
                // What cannot be written now is given back by the next run, too.
                let run = claimant(&claim.run);
                let back = Back { of: &run, assignee: &claim.assignee };
                let _ = self.store.release(&claim.task, &back, None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_failed_attempt_goes_to_a_person() {
        let failed = || Fate::NotDone("red".into());
        assert_eq!(after_attempt(failed(), 2, 3), failed());
        let escalated = Fate::Escalate("3 attempts failed; the last: red".into());
        assert_eq!(after_attempt(failed(), 3, 3), escalated);
        assert_eq!(after_attempt(failed(), 1, 1), Fate::Escalate("one attempt failed: red".into()));
        assert_eq!(after_attempt(Fate::Interrupted, 9, 3), Fate::Interrupted);
    }
}
