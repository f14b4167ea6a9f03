//! A step that drains an epic: a run of the loop.

use anyhow::Result;

use super::super::told::{Close, Hands, Told};
use super::super::workflow::Step;
use super::{Came, Means, Running};
use crate::domain::attempt::event::{Event, Finished};
use crate::domain::beads::Store;
use crate::domain::loops;
use crate::domain::loops::plan::{self, Options, Plan};
use crate::fault::Fault;
use crate::system::lock::Lock;

/// The loop's run, decided.
pub(super) struct Ready {
    plan: Plan,
}

pub(super) fn ready(step: &Step, means: &Means<'_>) -> Result<Ready> {
    let options = Options {
        epic: step.epic.clone().filter(|epic| !epic.trim().is_empty()),
        budget: means.budget,
        allow_unknown_cost: means.allow_unknown_cost,
        ..Options::default()
    };
    let plan = plan::plan(means.workspace, means.config, &options)?;
    // An unknown epic is told before anything begins.
    loops::survey(&Store::open(means.workspace)?, &plan.filter, None)?;
    if Lock::is_held(&means.workspace.run_lock()) {
        return Err(Fault::busy(
            format!("the step `{}` runs the loop, and another run works in this workspace", step.step_id),
            "see `taskrun loop status`; end it with `taskrun loop stop`",
        ));
    }
    Ok(Ready { plan })
}

impl Ready {
    /// Runs the loop to its end; only `complete` is a good one.
    pub(super) fn run(self, running: &mut Running, means: &Means<'_>, hands: &mut Hands<'_>) -> Result<Came> {
        let mut tell = |event: &Event| {
            running.hear(event);
            (hands.tell)(Told::Run(event));
        };
        let mut ask = |_: &str| Err(Fault::usage("nobody is asked in a mission", ""));
        let lent = loops::Hands { tell: &mut tell, notice: &mut *hands.notice, ask: &mut ask, beside: None };
        Ok(judge(&loops::run(means.workspace, self.plan, lent)?))
    }
}

fn judge(finished: &Finished) -> Came {
    let spend = Some(finished.spend);
    if finished.reason == "complete" {
        return Came { spend, ..Came::well() };
    }
    // That nothing is ready, or that it was stopped, is no fault of the loop's; the step is not done all the same.
    let code = finished.exit_code.max(1);
    let left = match finished.left {
        0 => String::new(),
        1 => "; 1 task is left".to_owned(),
        count => format!("; {count} tasks are left"),
    };
    let why = finished.message.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let error = format!("the loop ended with `{}`{why}{left}", finished.reason);
    let close = Close {
        reason: finished.reason.clone(),
        exit_code: code,
        error: Some(error),
        hint: finished.hint.clone(),
        not_before: finished.not_before,
    };
    let signal = finished.exit_code.checked_sub(128).map(i32::from);
    Came { exit_code: Some(i32::from(finished.exit_code)), signal, spend, close }
}
