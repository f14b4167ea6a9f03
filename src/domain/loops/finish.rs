//! The end of a run: what is still held goes back, the state says why, the last event is told.

use anyhow::Result;

use crate::domain::agents::Class;
use crate::domain::attempt::event::{Finished, Kind};
use crate::domain::loops::control;
use crate::domain::loops::provider;
use crate::domain::loops::run::Run;
use crate::domain::loops::scope::survey;
use crate::domain::loops::verdict::{self, Reason, Scope};
use crate::fault::Fault;
use crate::system::{clock, interrupt};

/// The exit code of a run that an error ended; the error itself goes to the caller.
fn code_of(error: &anyhow::Error) -> u8 {
    match error.downcast_ref() {
        Some(Fault::Busy { .. }) => 75,
        Some(Fault::NotFound { .. } | Fault::Refused { .. }) => 1,
        _ => 2,
    }
}

impl Run<'_> {
    /// Ends the run: what is still claimed goes back, the state says why, the last event is told.
    pub(super) fn close(mut self, ended: Result<(Reason, Scope)>) -> Result<Finished> {
        let signal = interrupt::signal();
        let (reason, left, failure) = match (ended, signal) {
            (Ok((reason, scope)), _) => (reason, scope.left, None),
            (Err(_), Some(_)) => (Reason::Interrupted, self.count_left(), None),
            (Err(error), None) => (Reason::Failed, self.count_left(), Some(error)),
        };
        self.give_back_all();
        if let Some(child) = self.child.take() {
            child.quit();
        }
        if let Some((repo, _)) = self.repo.as_ref().filter(|_| self.commits > 0) {
            repo.maintain();
        }
        let once = self.plan.once.then_some(self.once);
        let finished = Finished {
            reason: reason.word().into(),
            exit_code: failure.as_ref().map_or_else(|| verdict::exit_code(reason, signal, once), code_of),
            iterations: self.state.counted(),
            completed: self.state.completed.clone(),
            failed: self.state.failed.clone(),
            escalated: self.state.escalated.clone(),
            left,
            spend: self.state.spend,
            not_before: self
                .broken
                .as_ref()
                .and_then(|failure| failure.not_before)
                .filter(|at| *at > clock::now()),
            started_at: self.state.started_at,
            duration_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            message: failure.as_ref().map(|error| format!("{error:#}")).or_else(|| self.message(reason)),
            hint: self.broken.as_ref().and_then(|broken| {
                let agent = self.judge_away.as_ref().unwrap_or(&self.plan.engine.agent);
                provider::way_out(agent, broken.class)
            }),
            text: None,
            session: None,
        };
        self.state.reason = Some(finished.reason.clone());
        self.state.task = None;
        let saved = self.state.save(self.workspace).and_then(|()| control::clear(self.workspace));
        self.recorder.iteration = None;
        self.recorder.tell(Kind::RunFinished(Box::new(finished.clone())));
        if self.recorder.failed() {
            (self.notice)("the event log of this run is not complete: it could not be written");
        }
        failure.map_or(saved, Err).map(|()| finished)
    }

    fn message(&self, reason: Reason) -> Option<String> {
        match (reason, &self.broken) {
            (Reason::RateLimited, Some(failure)) if failure.class == Class::Overload => {
                Some(format!("the provider is overloaded or unreachable: {}", failure.message))
            }
            (Reason::Failed | Reason::RateLimited, Some(failure)) => Some(failure.message.clone()),
            (Reason::BudgetUsd, _) if !self.state.spend.known && !self.plan.unknown_allowed => {
                Some("what the last attempt cost is unknown, so the limit in USD cannot be kept".into())
            }
            _ => None,
        }
    }

    fn count_left(&self) -> u64 {
        survey(&self.store, &self.plan.filter, self.plan.task.as_deref()).map_or(0, |found| found.scope.left)
    }
}
