//! `mission continue`: runs the step, or passes the gate, that a mission is at.

use std::time::Duration;

use anyhow::Result;

use super::cast::{self, Cast};
use super::decide::{self, Decision, Ruling};
use super::mission::Status;
use super::run::StepRun;
use super::shelf::Shelf;
use super::stand::Stand;
use super::steps::{self, Came, Means, Note};
use super::told::{Close, Event, Finished, Hands, Kind, Told};
use super::walk::{self, Happened, Next};
use crate::domain::attempt::budget::{Budget, Spend};
use crate::domain::beads::who;
use crate::domain::prompted::{self, plan::Used};
use crate::fault::Fault;
use crate::system::config::Config;
use crate::system::interrupt;
use crate::system::lock::Lock;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Run all steps up to the next gate for a person, and pass none.
    pub until_gate: bool,
    /// Copy inputs to outputs instead of starting agents.
    pub mock: bool,
    /// The person's word at a gate, or to the step that is run.
    pub note: Option<String>,
    /// Limits over those of the settings, for all that is run here together.
    pub budget: Budget,
    /// Work within a budget though an agent does not say what it costs.
    pub allow_unknown_cost: bool,
}

/// Takes the mission `id` on. Errors: [`Fault::Busy`] while its step runs, [`Fault::Refused`] when it is completed, and what
/// keeps the step from being run, in which case all is as it was.
pub fn go_on(
    shelf: &Shelf,
    config: &Config,
    id: &str,
    options: &Options,
    hands: Hands<'_>,
) -> Result<Finished> {
    let lock = held(shelf, id)?;
    // What a killed step has spent is on record before anything else is.
    prompted::settle(shelf.workspace(), config.logs.max_size, &mut *hands.notice)?;
    let stand = Stand::open(shelf, &lock, id)?;
    let ahead = cast::ahead(&stand.workflow, &stand.mission, options.until_gate);
    let means = Means {
        cast: if options.mock { Cast::default() } else { Cast::read(shelf, ahead)? },
        workspace: shelf.workspace(),
        config,
        budget: options.budget,
        allow_unknown_cost: options.allow_unknown_cost,
        mock: options.mock,
        note: options
            .note
            .clone()
            .filter(|note| !note.trim().is_empty())
            .map(|text| Note { by: who(shelf.workspace().root()), text }),
        used: Used::default(),
    };
    let mut walk = Walk { stand, means, hands, runs: Vec::new(), spend: Spend::nothing() };
    let close = walk.go(options)?;
    let made = (std::mem::take(&mut walk.runs), options.mock);
    let finished = Finished::new(&walk.stand, close, walk.spend, made);
    (walk.hands.tell)(Told::Finished(&finished));
    Ok(finished)
}

/// The mission's lock; who holds it is named where that can be told.
pub(super) fn held(shelf: &Shelf, id: &str) -> Result<Lock> {
    shelf.find(id)?;
    shelf.lock(id).map_err(|error| {
        let runs = shelf.find(id).and_then(|folder| folder.all_runs()).unwrap_or_default();
        let holder = runs.iter().rfind(|run| run.goes_on());
        let Some((run, holder)) = holder.and_then(|run| Some((run, run.holder.as_ref()?))) else {
            return error;
        };
        Fault::busy(
            format!("mission `{id}` runs the step `{}` (`{}`, pid {})", run.step_id, run.run_id, holder.pid),
            format!("wait for its end, or end it with `taskrun mission kill {id}`"),
        )
    })
}

/// A mission on its way.
struct Walk<'a, 'h> {
    stand: Stand<'a>,
    means: Means<'a>,
    hands: Hands<'h>,
    runs: Vec<String>,
    spend: Spend,
}

impl Walk<'_, '_> {
    fn go(&mut self, options: &Options) -> Result<Close> {
        loop {
            match walk::next(&self.stand.workflow, &self.stand.mission, false)? {
                Next::Complete => self.stand.happened(Happened::Done)?,
                Next::Gate(gate) if options.until_gate => return Ok(self.waits(gate)),
                Next::Gate(gate) => self.approve(gate)?,
                Next::Run(index) => {
                    let (run, came) = steps::run(&mut self.stand, index, &self.means, &mut self.hands)?;
                    self.count(&run, &came);
                    if came.close.error.is_some() {
                        return Ok(came.close);
                    }
                }
            }
            if self.stand.mission.status == Status::Completed {
                return Ok(Close::well("completed"));
            }
            if !options.until_gate {
                return Ok(Close::well("done"));
            }
            // Between two steps nothing runs that a signal could end.
            interrupt::check()?;
        }
    }

    /// A person is needed.
    fn waits(&self, gate: usize) -> Close {
        let (step, id) = (&self.stand.workflow.steps[gate].step_id, &self.stand.mission.mission_id);
        let hint = Some(format!("`taskrun mission review {id}` shows what waits at `{step}`"));
        Close { reason: "gate".into(), exit_code: 4, hint, ..Close::default() }
    }

    fn approve(&mut self, gate: usize) -> Result<()> {
        let step = self.stand.workflow.steps[gate].step_id.clone();
        let (by, note) = match self.means.note.take() {
            Some(Note { by, text }) => (by, Some(text)),
            None => (who(self.means.workspace.root()), None),
        };
        let ruling = Ruling { decision: Decision::Approved, note: note.clone(), by: by.clone() };
        let word = ruling.decision.word();
        decide::pass(&mut self.stand, gate, ruling)?;
        let event =
            Event::new(&self.stand.mission.mission_id, &step, Kind::Decided { decision: word, by, note });
        (self.hands.tell)(Told::Mission(&event));
        Ok(())
    }

    /// Counts a run against the limits of the next one.
    fn count(&mut self, run: &StepRun, came: &Came) {
        self.runs.push(run.run_id.clone());
        let Some(spend) = &came.spend else { return };
        self.spend.add(spend);
        let took = run.finished_at.map(|at| at.duration_since(run.started_at));
        let took = took.and_then(|took| Duration::try_from(took).ok()).unwrap_or_default();
        self.means.used.add(spend, took);
    }
}
