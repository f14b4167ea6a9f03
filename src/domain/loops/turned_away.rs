//! An agent that its provider turns away: the run waits, tries again, takes another agent or ends.

use std::time::Duration;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use crate::domain::agents::{Class, Failure};
use crate::domain::attempt::event::{Kind, TurnedAway};
use crate::domain::attempt::receipt::Outcome;
use crate::domain::loops::plan::Verifier;
use crate::domain::loops::provider::{self, Standing, Step, Streak};
use crate::domain::loops::run::Run;
use crate::domain::loops::verdict::{self, Once, Reason, Scope};
use crate::system::{clock, interrupt};

/// Between two looks whether a wait is over.
const LOOK: Duration = Duration::from_millis(100);
/// A retry that comes sooner is not worth a notice of its own.
const SOON: Duration = Duration::from_secs(1);

impl Run<'_> {
    /// Says who pays for the agent that works from now on.
    pub(super) fn tell_billing(&mut self) {
        let judge = match &self.plan.verify {
            Some(Verifier::Other(engine)) => engine.agent.billing(),
            _ => None,
        };
        let worker = self.plan.engine.agent.billing();
        for who in worker.iter().chain(judge.iter().filter(|judge| Some(*judge) != worker.as_ref())) {
            (self.notice)(who);
        }
    }

    /// Does what is to be done about an attempt that did not get through. A reason ends the run.
    pub(super) fn turned_away(&mut self, failure: Failure) -> Result<Option<Reason>> {
        let judge = self.judge_away.take();
        let who = judge.as_ref().map_or_else(|| self.state.agent.clone(), |judge| judge.name.clone());
        let standing = Standing {
            streak: self.streak,
            // Those take over from who works.
            other_left: judge.is_none() && !self.plan.fallbacks.is_empty(),
            now: clock::now(),
            chance: clock::random(),
        };
        let step = provider::step(&failure, &self.plan.policy, &standing);
        self.tell_turned_away(&failure, &who, step, standing.now);
        if let Step::End(reason) = step {
            self.judge_away = judge;
            self.broken = Some(failure);
            return Ok(Some(reason));
        }
        // The run goes on as if it had not been tried.
        self.state.excused += 1;
        self.once = Once::Idle;
        match step {
            Step::Switch => self.switch(&failure)?,
            Step::Wait { until } => {
                self.streak.limited += 1;
                self.wait_until(until, &who, &failure)?;
            }
            Step::Again { after } => {
                let lost = failure.class == Class::Launcher;
                *if lost { &mut self.streak.lost } else { &mut self.streak.overloaded } += 1;
                self.wait_until(later(standing.now, after), &who, &failure)?;
            }
            Step::End(_) => {}
        }
        Ok(None)
    }

    /// An attempt that got through starts the counting anew.
    pub(super) fn got_through(&mut self, outcome: Outcome) {
        if matches!(outcome, Outcome::Closed | Outcome::Reopened | Outcome::Escalated) {
            self.streak = Streak::default();
        }
    }

    fn tell_turned_away(&mut self, failure: &Failure, who: &str, step: Step, now: Timestamp) {
        if !matches!(failure.class, Class::RateLimit | Class::Overload) {
            return;
        }
        let (action, until) = match step {
            Step::Again { after } => ("retry", Some(later(now, after))),
            Step::Wait { until } => ("wait", Some(until)),
            Step::Switch => ("fallback", None),
            Step::End(_) => ("exit", None),
        };
        let next = self.plan.fallbacks.front().filter(|_| step == Step::Switch);
        self.recorder.tell(Kind::TurnedAway(Box::new(TurnedAway {
            not_before: failure.not_before,
            class: failure.class,
            agent: who.to_owned(),
            action,
            until,
            fallback: next.map(|engine| engine.agent.name.clone()),
        })));
    }

    /// The next agent works for the rest of the run.
    fn switch(&mut self, failure: &Failure) -> Result<()> {
        let Some(next) = self.plan.fallbacks.pop_front() else { return Ok(()) };
        let last = std::mem::replace(&mut self.plan.engine, next);
        self.streak = Streak::default();
        self.state.agent.clone_from(&self.plan.engine.agent.name);
        self.state.save(self.workspace)?;
        (self.notice)(&format!(
            "`{}` is {}: `{}` takes over for the rest of this run",
            last.agent.name,
            plight(failure.class),
            self.state.agent
        ));
        self.tell_billing();
        Ok(())
    }

    /// Waits, with an open ear for all that ends a run or pauses it.
    fn wait_until(&mut self, until: Timestamp, who: &str, failure: &Failure) -> Result<()> {
        let left = |now: Timestamp| Duration::try_from(until.duration_since(now)).unwrap_or_default();
        let wait = left(clock::now());
        if wait >= SOON {
            (self.notice)(&format!(
                "`{who}` is {}: waiting until {} ({}); `taskrun loop stop` ends it",
                plight(failure.class),
                until.strftime("%Y-%m-%dT%H:%M:%SZ"),
                clock::human(wait)
            ));
        }
        self.state.waits_until = Some(until);
        self.state.save(self.workspace)?;
        let goes_on = Scope { ready: true, left: 1, waiting: 0 };
        let waited = loop {
            self.ledger.turn(clock::now());
            let left = left(clock::now());
            if left.is_zero() || verdict::end(&self.standing()?, &goes_on).is_some() {
                break Ok(());
            }
            if let Err(error) = self.wait_while_paused() {
                break Err(error);
            }
            if interrupt::nap(left.min(LOOK)).is_err() {
                break Ok(());
            }
        };
        self.state.waits_until = None;
        self.state.save(self.workspace)?;
        waited
    }
}

fn later(now: Timestamp, after: Duration) -> Timestamp {
    let after = SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX);
    now.saturating_add(after).unwrap_or(Timestamp::MAX)
}

/// What has befallen an agent, in words.
pub(super) fn plight(class: Class) -> &'static str {
    match class {
        Class::Overload => "turned away by an overloaded or unreachable provider",
        Class::Launcher => "lost by its launcher",
        _ => "rate-limited",
    }
}
