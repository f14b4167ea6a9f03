//! One mission as it stands, held so that nobody else changes it meanwhile.

use std::time::Duration;

use anyhow::Result;

use super::folder::{self, Folder};
use super::mission::{Mission, Status};
use super::run::StepRun;
use super::shelf::Shelf;
use super::walk::{self, Happened};
use super::workflow::Workflow;
use crate::domain::prompted::record::Record;
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::clock;
use crate::system::lock::Lock;
use crate::system::process::end_marked;
use crate::system::store;

/// How long the processes of a killed step may take to be gone.
const PREDECESSOR: Duration = Duration::from_secs(10);
/// Why a run failed whose process died; what more there is to say follows it.
pub const KILLED: &str = "killed";

/// A mission, its workflow and its runs. Whoever has one holds the mission's lock.
#[derive(Debug)]
pub struct Stand<'a> {
    /// Where it lies.
    pub folder: Folder,
    /// As it was last saved.
    pub mission: Mission,
    /// Its steps.
    pub workflow: Workflow,
    /// All runs by when they began.
    pub runs: Vec<StepRun>,
    shelf: &'a Shelf,
}

impl<'a> Stand<'a> {
    /// The mission `id`, of which `_lock` is the lock. A step whose process died is put on record as failed. Errors: an unknown
    /// mission or workflow, files that cannot be read, [`Fault::Refused`] for one that is completed.
    pub fn open(shelf: &'a Shelf, _lock: &Lock, id: &str) -> Result<Self> {
        let folder = shelf.find(id)?;
        let mission = folder.mission()?;
        if mission.status == Status::Completed && !folder.frozen {
            // Whoever completed it was killed before the folder was moved.
            shelf.complete(&folder)?.refuse_frozen(id)?;
        }
        folder.refuse_frozen(id)?;
        // What killed writers have left is not to move with the mission.
        for dir in [folder.dir.clone(), folder.runs(), folder.artifacts()] {
            store::sweep(&dir);
        }
        let workflow = workflow(shelf, &mission)?;
        let records = folder.records()?;
        let runs = records.iter().map(|record| record.run.clone()).collect();
        let mut stand = Self { folder, mission, workflow, runs, shelf };
        stand.settle(&records)?;
        Ok(stand)
    }

    /// Where missions lie.
    pub fn shelf(&self) -> &'a Shelf {
        self.shelf
    }

    /// Puts runs on record whose process died, once what they had started is gone.
    fn settle(&mut self, records: &[folder::Record]) -> Result<()> {
        let dead = self.folder.is_dead(&self.mission, &self.runs);
        let mut why = None;
        for record in records.iter().filter(|it| it.run.finished_at.is_none() && !it.run.goes_on()) {
            let mut run = record.run.clone();
            bury(self.shelf.workspace(), &mut run)?;
            self.record(record.index, &run)?;
            why = run.error;
        }
        if !dead {
            return Ok(());
        }
        let step = self.workflow.steps.get(self.mission.current_step).map(|step| &step.step_id);
        let last = self.runs.iter().rev().find(|run| Some(&run.step_id) == step && run.decision.is_none());
        if why.is_none() && last.is_some_and(|run| run.exit_code == Some(0) && run.error.is_none()) {
            // It had ended well; only the mission did not say so yet.
            return self.happened(Happened::Done);
        }
        let why = why.unwrap_or_else(|| format!("{KILLED}: the process that ran the step died"));
        self.happened(Happened::Failed(&why))
    }

    /// Saves what became of the mission. One that is over moves to the completed ones.
    pub fn happened(&mut self, happened: Happened<'_>) -> Result<()> {
        self.mission = walk::after(&self.workflow, &self.mission, happened);
        self.folder.save(&mut self.mission)?;
        if self.mission.status == Status::Completed {
            self.folder = self.shelf.complete(&self.folder)?;
        }
        Ok(())
    }

    /// Saves a run of the step at `index`.
    pub fn record(&mut self, index: usize, run: &StepRun) -> Result<()> {
        self.folder.save_run(index, run)?;
        match self.runs.iter_mut().find(|known| known.run_id == run.run_id) {
            Some(known) => *known = run.clone(),
            None => self.runs.push(run.clone()),
        }
        Ok(())
    }
}

/// Ends what is left of a run whose process died, and says in it that it did.
pub(super) fn bury(workspace: &Workspace, run: &mut StepRun) -> Result<()> {
    gone(workspace, run)?;
    let told = format!("{KILLED}: the process that ran step `{}` died", run.step_id);
    (run.finished_at, run.error) = (Some(clock::now()), Some(told));
    Ok(())
}

/// Sees to it that nothing is left of a run whose process died, and what it had spent is in its record.
fn gone(workspace: &Workspace, run: &mut StepRun) -> Result<()> {
    let Some(id) = run.run.as_deref() else { return Ok(()) };
    end_marked(id);
    let lock = workspace.prompt_lock(id);
    if lock.exists() {
        drop(Lock::take(&lock, PREDECESSOR)?);
    }
    run.spend = Record::read(workspace, id).map(|record| record.spend).or(run.spend);
    Ok(())
}

/// The workflow that a mission goes through.
pub(super) fn workflow(shelf: &Shelf, mission: &Mission) -> Result<Workflow> {
    let id = &mission.workflow_id;
    let found = shelf.workflows()?.into_iter().find(|workflow| workflow.workflow_id == *id);
    found.ok_or_else(|| {
        Fault::invalid(
            format!("mission `{}` has the workflow `{id}`, which is unknown", mission.mission_id),
            "`taskrun mission workflows` lists those there are",
        )
    })
}
