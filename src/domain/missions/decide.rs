//! What a person decides at a gate: a record of its own, and where the mission goes from there.

use anyhow::Result;
use serde_json::Value;

use super::mission::Mission;
use super::names;
use super::run::StepRun;
use super::shelf::Shelf;
use super::stand::Stand;
use super::walk::{self, Happened, Next};
use crate::fault::Fault;
use crate::system::clock;
use crate::system::lock::Lock;

/// The field of a record that names the step which has to be done again.
pub const SENT_TO: &str = "sent_to";

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is good as it is.
    Approved,
    /// It is good now that the person has changed it.
    Edited,
    /// It has to be done again, and this is why.
    SentBack(String),
}

impl Decision {
    /// As the record has it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Edited => "edited",
            Self::SentBack(_) => "sent_back",
        }
    }
}

/// A decision, and by whom.
#[derive(Debug, Clone)]
pub struct Ruling {
    /// What was decided.
    pub decision: Decision,
    /// The person's word with it; that of [`Decision::SentBack`] is in there.
    pub note: Option<String>,
    /// Who decided.
    pub by: String,
}

/// Decides at the gate that the mission `id` is at. Errors: [`Fault::Busy`] while somebody else is at it, [`Fault::Refused`]
/// where it is at no gate, or nobody could do again what is sent back.
pub fn decide(shelf: &Shelf, id: &str, decision: Decision, by: &str) -> Result<Mission> {
    let lock = shelf.lock(id)?;
    decide_held(shelf, &lock, id, Ruling { decision, note: None, by: by.to_owned() })
}

/// [`decide`], for who holds the mission's `lock` already.
pub fn decide_held(shelf: &Shelf, lock: &Lock, id: &str, ruling: Ruling) -> Result<Mission> {
    let mut stand = Stand::open(shelf, lock, id)?;
    let Next::Gate(gate) = walk::next(&stand.workflow, &stand.mission, false)? else {
        return Err(Fault::refused(
            format!("mission `{id}` is at no gate: there is nothing to decide"),
            format!("`taskrun mission show {id}` shows where it is"),
        ));
    };
    pass(&mut stand, gate, ruling)?;
    Ok(stand.mission)
}

/// Puts the ruling at the gate at `gate` on record, and moves the mission on, or back.
pub(super) fn pass(stand: &mut Stand<'_>, gate: usize, ruling: Ruling) -> Result<()> {
    let step = stand.workflow.steps[gate].step_id.clone();
    let mut run = StepRun::begin(&step, &names::run_id(), clock::now());
    (run.finished_at, run.holder) = (Some(run.started_at), None);
    run.decision = Some(ruling.decision.word().to_owned());
    (run.note, run.by) = (ruling.note, Some(ruling.by));
    let happened = match ruling.decision {
        Decision::Approved | Decision::Edited => Happened::Done,
        Decision::SentBack(note) => {
            let to = sent_to(stand, gate, &note)?;
            let name = stand.workflow.steps[to].step_id.clone();
            run.more.insert(SENT_TO.to_owned(), Value::String(name));
            run.note = Some(note);
            Happened::SentBack(to)
        }
    };
    stand.record(gate, &run)?;
    stand.happened(happened)
}

fn sent_to(stand: &Stand<'_>, gate: usize, note: &str) -> Result<usize> {
    if note.trim().is_empty() {
        return Err(Fault::usage(
            "nothing is said about why it is sent back",
            "say what is to be done better",
        ));
    }
    walk::back_from(&stand.workflow, gate).ok_or_else(|| {
        Fault::refused(
            format!(
                "no agent works before `{}`: nobody could do it again",
                stand.workflow.steps[gate].step_id
            ),
            "change the artifact yourself with `taskrun mission artifact set`, then approve",
        )
    })
}

/// What the step `step_id` is to be told of having been sent back: the last note, while no run of it has ended well since.
pub fn note_for<'r>(runs: &'r [StepRun], step_id: &str) -> Option<&'r StepRun> {
    let sent = runs.iter().rposition(|run| run.more.get(SENT_TO).and_then(Value::as_str) == Some(step_id))?;
    let well = |run: &StepRun| run.step_id == step_id && run.exit_code == Some(0) && run.error.is_none();
    (!runs[sent..].iter().any(well)).then(|| &runs[sent])
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn a_note_holds_until_its_step_has_ended_well() {
        let run = |step: &str, code: Option<i32>, to: Option<&str>| {
            let mut run = StepRun::begin(step, "r-1", Timestamp::UNIX_EPOCH);
            run.exit_code = code;
            run.more.extend(to.map(|to| (SENT_TO.to_owned(), to.into())));
            run
        };
        let (well, bad, dead) = (run("a", Some(0), None), run("a", Some(1), None), run("a", None, None));
        let (back, other) = (run("h", None, Some("a")), run("h", None, Some("b")));
        let table = [
            (vec![&well], false),
            (vec![&well, &back], true),
            (vec![&well, &back, &bad, &dead], true),
            (vec![&well, &back, &bad, &well], false),
            (vec![&well, &back, &well, &back], true),
            (vec![&well, &other], false),
            (vec![&back, &other], true),
        ];
        for (runs, expected) in table {
            let runs: Vec<StepRun> = runs.into_iter().cloned().collect();
            assert_eq!(note_for(&runs, "a").is_some(), expected, "{runs:?}");
        }
    }
}
