//! Where missions lie, and one mission's folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::crew::Crew;
use super::mission::{Kind, Mission, Status, VERSION};
use super::names;
use super::run::StepRun;
use super::workflow::Workflow;
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::document::shown;
use crate::system::lock::Lock;
use crate::system::{clock, store};

/// All missions of a workspace.
#[derive(Debug, Clone)]
pub struct Shelf {
    workspace: Workspace,
}

/// One mission's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Where it lies.
    pub dir: PathBuf,
    /// Whether it lies among the completed ones, where nothing is changed any more.
    pub frozen: bool,
}

impl Shelf {
    /// The missions of `workspace`; nothing is read or made.
    pub fn of(workspace: &Workspace) -> Self {
        Self { workspace: workspace.clone() }
    }

    /// The workspace.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Missions under way.
    pub fn active(&self) -> PathBuf {
        self.workspace.missions_dir().join("active")
    }

    /// Missions that are over.
    pub fn completed(&self) -> PathBuf {
        self.workspace.missions_dir().join("completed")
    }

    /// The workflows; the built-in one where the file is missing. Errors: [`Fault::Invalid`] naming file, line and JSON path.
    pub fn workflows(&self) -> Result<Vec<Workflow>> {
        let path = self.workspace.workflows_file();
        let Some(_text) = store::read_text(&path)? else { return Ok(Vec::new()) };
        Ok(Vec::new())
    }

    /// The agents; the built-in ones where the file is missing. Errors: [`Fault::Invalid`] naming file, line and JSON path.
    pub fn crew(&self) -> Result<Crew> {
        let path = self.workspace.agents_file();
        let Some(_text) = store::read_text(&path)? else { return Ok(Crew::default()) };
        Ok(Crew::default())
    }

    /// The mission `id`, among the active ones first. Unknown ids: [`Fault::NotFound`].
    pub fn find(&self, id: &str) -> Result<Folder> {
        for (place, frozen) in [(self.active(), false), (self.completed(), true)] {
            let found = folders(&place)?.into_iter().find(|name| owner(name) == Some(id));
            if let Some(name) = found {
                return Ok(Folder { dir: place.join(name), frozen });
            }
        }
        Err(Fault::not_found(format!("unknown mission `{id}`"), "`taskrun mission list --all` shows all"))
    }

    /// Makes a mission of which `input` is the first artifact.
    pub fn create(
        &self,
        title: &str,
        kind: Kind,
        workflow: &Workflow,
        input: &[u8],
    ) -> Result<(Folder, Mission)> {
        let now = clock::now();
        let mission = Mission {
            version: VERSION,
            mission_id: names::mission_id(),
            title: title.into(),
            kind,
            workflow_id: workflow.workflow_id.clone(),
            current_step: 0,
            status: Status::Ready,
            created_at: now,
            updated_at: now,
            errors: Vec::new(),
            last_error: None,
            more: serde_json::Map::new(),
        };
        let name = format!("{}--{}", mission.mission_id, names::slug(title));
        let folder = Folder { dir: self.active().join(name), frozen: false };
        for dir in [folder.artifacts(), folder.logs(), folder.runs()] {
            store::make_dir(&dir)?;
        }
        store::write(&folder.artifacts().join("raw-input.md"), store::SHARED, input)?;
        folder.save(&mut mission.clone())?;
        Ok((folder, mission))
    }

    /// Keeps two commands from changing one mission: held while a step runs or a person decides.
    /// [`Fault::Busy`] where somebody else holds it.
    pub fn lock(&self, id: &str) -> Result<Lock> {
        let dir = self.workspace.missions_dir().join(".locks");
        store::make_dir(&dir)?;
        Lock::try_take(&dir.join(id))?.ok_or_else(|| {
            Fault::busy(
                format!("mission `{id}` is being worked on"),
                format!("`taskrun mission show {id}` shows by whom"),
            )
        })
    }

    /// Moves a mission that is over to the completed ones, where it is frozen.
    pub fn complete(&self, folder: &Folder) -> Result<Folder> {
        let name = folder.dir.file_name().context("a mission's folder has no name")?;
        store::make_dir(&self.completed())?;
        let dir = self.completed().join(name);
        store::rename(&folder.dir, &dir)?;
        Ok(Folder { dir, frozen: true })
    }
}

impl Folder {
    /// `artifacts/`
    pub fn artifacts(&self) -> PathBuf {
        self.dir.join("artifacts")
    }

    /// `logs/`
    pub fn logs(&self) -> PathBuf {
        self.dir.join("logs")
    }

    /// `runs/`
    pub fn runs(&self) -> PathBuf {
        self.dir.join("runs")
    }

    /// `logs/step-NN-STEP.RUN.log`
    pub fn log(&self, index: usize, run: &StepRun) -> PathBuf {
        self.logs().join(format!("{}.{}.log", names::step(index, &run.step_id), run.run_id))
    }

    /// Reads `mission.json` as it stands.
    pub fn mission(&self) -> Result<Mission> {
        let path = self.dir.join("mission.json");
        store::read_versioned(&path, VERSION)?.ok_or_else(|| {
            Fault::invalid(format!("`{}` is missing", shown(&path)), "put it back, or move the folder away")
        })
    }

    /// Writes `mission.json`, with `updated_at` moved on.
    pub fn save(&self, mission: &mut Mission) -> Result<()> {
        self.refuse_frozen(&mission.mission_id)?;
        mission.updated_at = clock::now();
        store::write_json(&self.dir.join("mission.json"), mission)
    }

    /// Writes the record of a run of the step at `index`.
    pub fn save_run(&self, index: usize, run: &StepRun) -> Result<()> {
        let name = format!("{}.{}.json", names::step(index, &run.step_id), run.run_id);
        store::write_json(&self.runs().join(name), run)
    }

    /// All runs by when they began.
    pub fn all_runs(&self) -> Result<Vec<StepRun>> {
        let mut runs: Vec<StepRun> = Vec::new();
        for name in folders(&self.runs())?.into_iter().filter(|name| name.ends_with(".json")) {
            runs.extend(store::read_versioned(&self.runs().join(name), VERSION)?);
        }
        runs.sort_by_key(|run| run.started_at);
        Ok(runs)
    }

    /// Errors: [`Fault::Refused`] for a mission that is over.
    pub fn refuse_frozen(&self, id: &str) -> Result<()> {
        if self.frozen {
            return Err(Fault::refused(
                format!("mission `{id}` is completed: nothing of it changes any more"),
                "make a new one with `taskrun mission new`",
            ));
        }
        Ok(())
    }

    /// Whether the step that the mission says is running has died with its process.
    pub fn is_dead(&self, mission: &Mission, runs: &[StepRun]) -> bool {
        mission.status.runs() && !runs.iter().any(StepRun::goes_on)
    }
}

/// The names in a directory that may be missing, in order.
fn folders(dir: &Path) -> Result<Vec<String>> {
    let failed = || format!("failed to read `{}`", dir.display());
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(failed)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.with_context(failed)?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}

/// The mission whose folder has this name.
fn owner(name: &str) -> Option<&str> {
    name.split_once("--").map(|(id, _)| id).filter(|id| names::is_id(id))
}
