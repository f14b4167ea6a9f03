//! Ends the step that runs, from elsewhere; and declares a mission completed that will not be.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;
use serde_json::Value;

use super::folder::Record;
use super::go_on::held;
use super::mission::Mission;
use super::run::StepRun;
use super::shelf::Shelf;
use super::stand::{self, Stand};
use super::walk::{self, Happened};
use crate::domain::beads::who;
use crate::fault::Fault;
use crate::system::interrupt;
use crate::system::lock::{Holder, Lock};
use crate::system::process::{Ask, ask};

/// INT, TERM and KILL of an agent take up to seven seconds; after this the process that waits for it is killed itself.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long all it had started may take to be gone then.
const A_MOMENT: Duration = Duration::from_secs(10);
/// Between two looks.
const NAP: Duration = Duration::from_millis(20);
/// The field that names who declared a mission completed.
const MARKED_BY: &str = "marked_completed_by";
/// SIGTERM and SIGKILL, as a record has them.
const TERM: i32 = 15;
const KILL: i32 = 9;

/// What was ended.
#[derive(Debug, Clone, Serialize)]
pub struct Killed {
    /// Which mission.
    pub mission: String,
    /// Which step of it.
    pub step: String,
    /// Its run.
    pub run_id: String,
    /// The signal that ended it.
    pub signal: Option<i32>,
}

/// Ends the step that runs of mission `id`, with all that it has started, and waits for that. Only the process that holds the
/// mission's lock is signalled, whatever a record names. Errors ([`Fault::Refused`]): nothing runs.
pub fn kill(shelf: &Shelf, id: &str) -> Result<Killed> {
    let running = |shelf: &Shelf| -> Result<Option<(StepRun, Holder)>> {
        let runs = shelf.find(id)?.all_runs()?;
        let run = runs.into_iter().rfind(StepRun::goes_on);
        Ok(run.and_then(|run| run.holder.clone().map(|holder| (run, holder))))
    };
    let Some((run, holder)) = running(shelf)? else { return Err(nothing(shelf, id)) };
    if !Lock::is_held_by(&shelf.lock_file(id), &holder) {
        return Err(Fault::refused(
            format!(
                "run `{}` of mission `{id}` names pid {}, which does not work on it",
                run.run_id, holder.pid
            ),
            "its record was copied or changed by hand, and nothing was ended: remove it from `runs/`",
        ));
    }
    interrupt::install()?;
    ask(&holder, Ask::End);
    let gone = wait(PATIENCE, || {
        !holder.alive() || !matches!(running(shelf), Ok(Some((now, _))) if now.run_id == run.run_id)
    })?;
    if !gone {
        ask(&holder, Ask::Kill);
        wait(A_MOMENT, || !holder.alive())?;
    }
    let _lock = lock(shelf, id)?;
    let signal = settled(shelf, id, &run, if gone { TERM } else { KILL })?;
    Ok(Killed { mission: id.into(), step: run.step_id, run_id: run.run_id, signal })
}

/// Puts on record what became of a run that was ended, where it could not say so itself; no workflow is needed for that.
fn settled(shelf: &Shelf, id: &str, run: &StepRun, signal: i32) -> Result<Option<i32>> {
    let folder = shelf.find(id)?;
    let found = folder.records()?.into_iter().find(|known| known.run.run_id == run.run_id);
    let Some(Record { index, run: mut ended, .. }) = found else { return Err(nothing(shelf, id)) };
    if ended.finished_at.is_none() {
        stand::bury(shelf.workspace(), &mut ended)?;
        folder.save_run(index, &ended)?;
        let mission = folder.mission()?;
        if mission.status.runs() {
            folder.save(&mut walk::failed(&mission, ended.error.as_deref().unwrap_or_default()))?;
        }
    }
    if ended.error.is_none() {
        return Err(Fault::refused(
            format!("the step `{}` of mission `{id}` has just ended by itself", run.step_id),
            "",
        ));
    }
    if ended.signal.is_none() {
        ended.signal = Some(signal);
        folder.save_run(index, &ended)?;
    }
    Ok(ended.signal)
}

fn wait(patience: Duration, holds: impl Fn() -> bool) -> Result<bool> {
    let start = Instant::now();
    while !holds() {
        if start.elapsed() > patience {
            return Ok(false);
        }
        interrupt::nap(NAP)?;
    }
    Ok(true)
}

/// The mission's lock, once whoever ran the step has let go of it.
fn lock(shelf: &Shelf, id: &str) -> Result<Lock> {
    let start = Instant::now();
    loop {
        match shelf.lock(id) {
            Err(error)
                if matches!(error.downcast_ref(), Some(Fault::Busy { .. })) && start.elapsed() < A_MOMENT =>
            {
                interrupt::nap(NAP)?;
            }
            other => return other,
        }
    }
}

/// That nothing runs; a step whose process died is put on record.
fn nothing(shelf: &Shelf, id: &str) -> anyhow::Error {
    let settled = shelf.lock(id).and_then(|lock| Stand::open(shelf, &lock, id).map(|stand| stand.mission));
    let why = settled.ok().and_then(|mission: Mission| mission.last_error);
    let hint = why.map_or_else(
        || format!("`taskrun mission show {id}` shows where it is"),
        |why| format!("its last step has failed already: {why}"),
    );
    Fault::refused(format!("nothing of mission `{id}` runs"), hint)
}

/// Declares the mission `id` completed, wherever it is. Errors: [`Fault::Busy`] while its step runs, [`Fault::Refused`] when it
/// is completed.
pub fn mark_completed(shelf: &Shelf, id: &str) -> Result<(Mission, std::path::PathBuf)> {
    let lock = held(shelf, id)?;
    let mut stand = Stand::open(shelf, &lock, id)?;
    if stand.mission.status.runs() {
        return Err(Fault::busy(
            format!("a step of mission `{id}` runs"),
            format!("end it first with `taskrun mission kill {id}`"),
        ));
    }
    let by = who(shelf.workspace().root());
    stand.mission.more.insert(MARKED_BY.to_owned(), Value::String(by));
    stand.happened(Happened::Marked)?;
    Ok((stand.mission, stand.folder.dir))
}
