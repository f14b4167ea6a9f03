//! How a mission goes through its workflow: from where it is and what happened to where it is next. Pure; nothing here reads a file.

use anyhow::Result;

use super::mission::{Mission, Status};
use super::workflow::{StepKind, Workflow};
use crate::fault::Fault;

/// What to do with a mission that is to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Run the step at this index.
    Run(usize),
    /// A person has to decide at the gate at this index.
    Gate(usize),
    /// No step is left.
    Complete,
}

/// What happened to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened<'a> {
    /// Its step is being run.
    Began,
    /// Its step is done: it ended well, or a person passed the gate.
    Done,
    /// Its step came to nothing, and this is why; also when its process was killed.
    Failed(&'a str),
    /// A person wants the step at this index done again.
    SentBack(usize),
    /// Somebody declared it completed.
    Marked,
}

/// What `continue` has to do. `dead` says that the step which the file calls running has no process any more. Errors:
/// [`Fault::Busy`] while its step runs, [`Fault::Refused`] when it is completed.
pub fn next(workflow: &Workflow, mission: &Mission, dead: bool) -> Result<Next> {
    let id = &mission.mission_id;
    if mission.status.runs() && !dead {
        return Err(Fault::busy(
            format!("cannot continue from the current state: a step of mission `{id}` runs"),
            format!("wait for its end, or end it with `taskrun mission kill {id}`"),
        ));
    }
    if mission.status == Status::Completed {
        return Err(Fault::refused(
            format!("cannot continue from the current state: mission `{id}` is completed"),
            "make a new one with `taskrun mission new`",
        ));
    }
    Ok(match workflow.steps.get(mission.current_step) {
        None => Next::Complete,
        Some(step) if step.kind == StepKind::HumanGate => Next::Gate(mission.current_step),
        Some(_) => Next::Run(mission.current_step),
    })
}

/// The mission after something happened to it. What it says of itself follows from the step it then is at; every failure stays
/// in `errors`, and is `last_error` until a step is done.
#[must_use]
pub fn after(workflow: &Workflow, mission: &Mission, happened: Happened<'_>) -> Mission {
    let mut mission = mission.clone();
    match happened {
        Happened::Began => mission.status = Status::RunningCodeAgent,
        Happened::Done => {
            mission.current_step = (mission.current_step + 1).min(workflow.steps.len());
            mission.status = waiting(workflow, mission.current_step);
            mission.last_error = None;
        }
        Happened::Failed(why) => return failed(&mission, why),
        Happened::SentBack(to) => {
            mission.current_step = to;
            mission.status = waiting(workflow, to);
        }
        Happened::Marked => mission.status = Status::Completed,
    }
    mission
}

/// The mission after its step came to nothing.
#[must_use]
pub fn failed(mission: &Mission, why: &str) -> Mission {
    let mut mission = mission.clone();
    mission.status = Status::Failed;
    mission.errors.push(why.to_owned());
    mission.last_error = Some(why.to_owned());
    mission
}

/// What a mission says of itself before anything happened at the step at `index`.
pub fn waiting(workflow: &Workflow, index: usize) -> Status {
    match workflow.steps.get(index) {
        None => Status::Completed,
        Some(step) if step.kind == StepKind::HumanGate => Status::WaitingHuman,
        Some(_) => Status::Ready,
    }
}

/// The step that has to be done again when what the gate at `gate` shows is sent back: the agent that writes the reviewed
/// artifact, else the nearest agent before.
pub fn back_from(workflow: &Workflow, gate: usize) -> Option<usize> {
    let before = &workflow.steps[..gate.min(workflow.steps.len())];
    let reviewed = workflow.steps.get(gate).and_then(|step| step.review_artifact.as_deref());
    let agent = |index: &usize| before[*index].kind == StepKind::Agent;
    let writer = |index: &usize| reviewed.is_some() && before[*index].output_artifact.as_deref() == reviewed;
    let agents = || (0..before.len()).rev().filter(agent);
    agents().find(writer).or_else(|| agents().next())
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
