//! One agent under the limits of the run, be it the one that works or the one that judges the work, and what its
//! own failure means for the task.

use std::cell::Cell;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::domain::agents::{Class, Failure};
use crate::domain::attempt::budget::{self, Cut, Spend};
use crate::domain::attempt::engine::{Answer, Engine, Order};
use crate::domain::attempt::event::Kind;
use crate::domain::launchers::{Labels, Launcher, Launching};
use crate::domain::loops::attempt::Attempt;
use crate::domain::loops::control::{self, Action};
use crate::domain::loops::ledger::Past;
use crate::domain::loops::resume::Thread;
use crate::domain::loops::run::Run;
use crate::domain::loops::settle::Fate;
use crate::domain::loops::verdict::Reason;
use crate::domain::workspace::Workspace;
use crate::system::interrupt;

/// Why an agent was ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Limit(Cut),
    Asked,
}

/// What an agent is to do in an attempt.
pub(super) struct Job<'j> {
    /// Who does it, if not the one that works.
    pub(super) judge: Option<&'j Engine>,
    pub(super) prompt: &'j str,
    pub(super) prefix: &'j Path,
    /// The session that it continues.
    pub(super) thread: Option<&'j Thread>,
    /// What the attempt has spent before it.
    pub(super) spent: Spend,
}

impl Run<'_> {
    /// Has an agent do its job; `cause` tells why it was ended, if it was. Errors: it could not be started.
    pub(super) fn attend(
        &mut self,
        attempt: &Attempt,
        job: &Job<'_>,
        past: &Past,
        cause: &Cell<Option<Cause>>,
    ) -> Result<Answer> {
        self.ensure_child()?;
        self.await_ref()?;
        let tally = self.tally();
        let (workspace, run, limits) = (self.workspace, self.state.run.clone(), self.plan.budget);
        let (since, task, spent) = (Instant::now(), past.spend, job.spent);
        let shared = self.shared.as_ref();
        // What the whole attempt has cost so far.
        let tally = move |live: &Spend| {
            let day = shared.map_or(tally.day, |shared| shared.borrow_mut().now(live));
            budget::Tally { elapsed: tally.elapsed + since.elapsed(), day, ..tally }
        };
        let stop = |live: &Spend| {
            let live = sum(&spent, live);
            let cut = budget::during(&limits, &tally(&live), &task, &live).map(Cause::Limit);
            let now = cut.or_else(|| stop_now(workspace, &run).then_some(Cause::Asked));
            cause.set(cause.get().or(now));
            now.is_some()
        };
        let order = Order {
            prompt: job.prompt,
            dir: workspace.root(),
            prefix: job.prefix,
            task: &attempt.issue.id,
            description: &attempt.issue.description,
            attempt: attempt.number,
            budget_left: budget::left(&limits, &tally(&spent), &task).map(|left| (left - spent.usd).max(0.0)),
            resume: job.thread.map(|thread| thread.session.as_str()),
            before: job.thread.map(|thread| thread.used).unwrap_or_default(),
            env: &[],
            launch: launching(self.plan.launcher.as_ref(), &attempt.issue.id, attempt.number),
            stop: &stop,
        };
        let engine = job.judge.unwrap_or(&self.plan.engine);
        let child = self.child.as_mut().context("there is no supervisor")?;
        let (recorder, warned) = (&mut self.recorder, &mut self.warned);
        engine.run(child, &order, &mut |kind| {
            // What is told is told of the whole attempt.
            let (kind, live) = match kind {
                Kind::AgentUsage { spend: live } => {
                    let all = sum(&spent, &live);
                    (Kind::AgentUsage { spend: all }, Some(all))
                }
                kind => (kind, None),
            };
            recorder.tell(kind);
            let near = live.map(|live| budget::warnings(&limits, &tally(&live), &task, &live));
            warned.tell(near.unwrap_or_default(), recorder);
        })
    }

    /// What an agent's own failure means for its task, after the attempt has spent `own`.
    pub(super) fn broken_by(&self, failure: Failure, cause: Option<Cause>, past: &Past, own: &Spend) -> Fate {
        let kept = || budget::kept(&self.plan.budget, &self.tally(), &past.spend, own);
        let cut = match (cause, failure.class) {
            (Some(Cause::Asked), _) => return Fate::Interrupted,
            (Some(Cause::Limit(cut)), _) => Some(cut),
            (None, _) if interrupt::signal().is_some() => return Fate::Interrupted,
            // It keeps the limit it was told by itself.
            (None, Class::AgentLimit) => kept(),
            (None, _) => None,
        };
        let limit = |limit: Option<f64>| limit.unwrap_or_default();
        match (cut, failure.class) {
            (Some(Cut::Run(stop)), _) => Fate::Cut(format!(
                "it was ended because the run reached its limit: `{}`",
                Reason::from(stop).word()
            )),
            (Some(Cut::Task), _) => Fate::Escalate(format!(
                "`per_task_usd` ({:.2} USD) was reached ({:.2} USD before this attempt)",
                limit(self.plan.budget.per_task_usd),
                past.spend.usd
            )),
            (Some(Cut::Attempt), _) => Fate::NotDone(format!(
                "it was ended because it reached `per_attempt_usd` ({:.2} USD)",
                limit(self.plan.budget.per_attempt_usd)
            )),
            (
                None,
                Class::RateLimit
                | Class::Overload
                | Class::Authentication
                | Class::Billing
                | Class::Model
                | Class::Launcher,
            ) => Fate::Broken(failure),
            (None, _) => Fate::NotDone(failure.message),
        }
    }
}

/// What went wrong with us, not with the task; after a signal that is no wonder.
pub(super) fn blameless(failure: Failure) -> Fate {
    if interrupt::signal().is_some() { Fate::Interrupted } else { Fate::Broken(failure) }
}

/// An error of ours as a failure.
pub(super) fn other(error: &anyhow::Error) -> Failure {
    Failure { class: Class::Other, message: format!("{error:#}"), not_before: None }
}

/// Two spends together; a stream that has shown nothing yet adds nothing.
fn sum(before: &Spend, live: &Spend) -> Spend {
    let mut spend = *before;
    spend.add(live);
    spend
}

/// How what is started for a task is handed over, if it is.
pub(super) fn launching<'a>(
    launcher: Option<&'a Launcher>,
    task: &'a str,
    attempt: u64,
) -> Option<Launching<'a>> {
    launcher.map(|launcher| Launching { launcher, labels: Labels { task, attempt, branch: None } })
}

/// Whether somebody asked the run to end at once.
pub(super) fn stop_now(workspace: &Workspace, run: &str) -> bool {
    // A request that cannot be read is not one.
    matches!(control::asked(workspace, run), Ok(Some(Action::StopNow)))
}
