//! One mission's folder: its document, the records of its runs, and whether they tell the truth.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;

use super::mission::{self, Mission, Status, VERSION};
use super::names;
use super::run::StepRun;
use super::sheet::{Sheet, Spot, Wrong, quoted};
use crate::fault::Fault;
use crate::system::document::shown;
use crate::system::lock::Lock;
use crate::system::{clock, store};

/// The way out of a broken file.
const HINT: &str = "correct it, or move the mission's folder away";

/// One mission's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Where it lies.
    pub dir: PathBuf,
    /// Whether it lies among the completed ones, where nothing is changed any more.
    pub frozen: bool,
}

/// A run and where it is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Which step of the workflow it was, from 0.
    pub index: usize,
    /// The name of its files, without an ending: `step-03-research.r-…`
    pub name: String,
    /// What is recorded.
    pub run: StepRun,
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

    /// The mission's id, as the folder's name has it.
    pub fn id(&self) -> &str {
        let name = self.dir.file_name().and_then(|name| name.to_str());
        name.and_then(names::owner).unwrap_or_default()
    }

    /// Reads `mission.json` as it stands. Errors ([`Fault::Invalid`]) name file, line and JSON path.
    pub fn mission(&self) -> Result<Mission> {
        let path = self.dir.join("mission.json");
        let mission: Mission = read(&path, &mission::check)?.ok_or_else(|| {
            Fault::invalid(format!("`{}` is missing", shown(&path)), "put it back, or move the folder away")
        })?;
        if mission.mission_id == self.id() {
            return Ok(mission);
        }
        let (is, id) = (quoted(&mission.mission_id), self.id());
        Err(Fault::invalid(
            format!("`{}`: `mission_id` is {is}, but the folder is named for `{id}`", shown(&path)),
            "the folder's name begins with the mission's id and `--`; what comes behind is free",
        ))
    }

    /// Writes `mission.json`, with `updated_at` moved on.
    pub fn save(&self, mission: &mut Mission) -> Result<()> {
        self.refuse_frozen(&mission.mission_id)?;
        mission.updated_at = clock::now();
        store::write_json(&self.dir.join("mission.json"), mission)
    }

    /// Writes the record of a run of the step at `index`.
    pub fn save_run(&self, index: usize, run: &StepRun) -> Result<()> {
        self.refuse_frozen(self.id())?;
        let name = format!("{}.{}.json", names::step(index, &run.step_id), run.run_id);
        store::make_dir(&self.runs())?;
        store::write_json(&self.runs().join(name), run)
    }

    /// All runs by when they began.
    pub fn all_runs(&self) -> Result<Vec<StepRun>> {
        Ok(self.records()?.into_iter().map(|record| record.run).collect())
    }

    /// The same with where they are recorded.
    pub fn records(&self) -> Result<Vec<Record>> {
        let mut records = Vec::new();
        for name in entries(&self.runs())? {
            let Some((stem, index)) =
                name.strip_suffix(".json").and_then(|stem| Some((stem, names::index(stem)?)))
            else {
                continue;
            };
            let run: Option<StepRun> = read(&self.runs().join(&name), &super::run::check)?;
            records.extend(run.map(|run| Record { index, name: stem.into(), run }));
        }
        // Those that began in one moment are in the order of the steps.
        records.sort_by_key(|record| record.run.started_at);
        Ok(records)
    }

    /// The mission as it really is: what says that it runs though its process died has failed. For lists, which hold no lock.
    pub fn truth(&self) -> Result<Mission> {
        let mission = self.mission()?;
        if !mission.status.runs() || !self.is_dead(&mission, &self.all_runs()?) || self.is_worked_on() {
            return Ok(mission);
        }
        // What ended meanwhile has said so before it let the lock go.
        let again = self.mission()?;
        let dead = again == mission;
        Ok(if dead { Mission { status: Status::Failed, ..again } } else { again })
    }

    /// Whether some process holds the mission's lock: between the record of a run and that of the mission, one is at work, too.
    fn is_worked_on(&self) -> bool {
        let locks = self.dir.parent().and_then(Path::parent).map(|missions| missions.join(".locks"));
        locks.is_some_and(|locks| Lock::is_held(&locks.join(self.id())))
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

impl Record {
    /// Its log, which need not be there.
    pub fn log(&self, folder: &Folder) -> PathBuf {
        folder.logs().join(format!("{}.log", self.name))
    }
}

/// Reads one of a mission's documents. What cannot be read is looked at closely by `check`.
fn read<T: DeserializeOwned + Versioned>(
    path: &Path,
    check: &dyn Fn(&Spot<'_>) -> Result<(), Wrong>,
) -> Result<Option<T>> {
    let failed = || format!("failed to read `{}`", shown(path));
    let bytes = match store::read_plain(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.with_context(failed)?,
    };
    let parsed = match serde_json::from_slice::<T>(&bytes) {
        Ok(value) if value.version() <= VERSION => return Ok(Some(value)),
        Ok(_) => None,
        Err(error) => Some(error),
    };
    let told = || format!("`{}` is not UTF-8", shown(path));
    let text = String::from_utf8(bytes).map_err(|_| Fault::invalid(told(), HINT))?;
    let sheet = Sheet::parse(text, path, VERSION, HINT)?;
    check(&sheet.top()).map_err(|wrong| sheet.fault(&wrong))?;
    let told = parsed.map(|error| error.to_string()).unwrap_or_default();
    Err(Fault::invalid(format!("`{}`: {told}", shown(path)), HINT))
}

/// A document that may be of a later version.
trait Versioned {
    fn version(&self) -> u64;
}

impl Versioned for Mission {
    fn version(&self) -> u64 {
        self.version
    }
}

impl Versioned for StepRun {
    fn version(&self) -> u64 {
        self.more.get("version").and_then(serde_json::Value::as_u64).unwrap_or(0)
    }
}

/// The names in a directory that may be missing, in order.
pub(super) fn entries(dir: &Path) -> Result<Vec<String>> {
    let failed = || format!("failed to read `{}`", shown(dir));
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
