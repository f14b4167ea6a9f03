//! One step from its first record to its last: prepared before anything is written, run, judged, put on record.

mod agent;
mod commands;
mod looped;
mod mock;
mod queued;

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;
use serde_json::Value;

use super::cast::Cast;
use super::names;
use super::output::Print;
use super::run::{LEFT, NEEDS, Needs, StepRun};
use super::shelf::Folder;
use super::stand::Stand;
use super::told::{Close, Event, Hands, Kind, Told};
use super::walk::Happened;
use super::workflow::{Step, StepKind};
use crate::domain::attempt::budget::{Budget, Spend};
use crate::domain::attempt::event;
use crate::domain::attempt::gates;
use crate::domain::prompted::plan::Used;
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::config::Config;
use crate::system::log::Log;
use crate::system::{clock, interrupt, redact};

/// The field of a record that says that nobody worked.
pub const MOCK: &str = "mock";

/// What steps are run with.
#[derive(Debug)]
pub struct Means<'a> {
    /// Where.
    pub workspace: &'a Workspace,
    /// The settings.
    pub config: &'a Config,
    /// Who works, as it was when all this began.
    pub cast: Cast,
    /// Limits over those of the settings.
    pub budget: Budget,
    /// Work within a budget though an agent does not say what it costs.
    pub allow_unknown_cost: bool,
    /// Copy inputs to outputs, and have nobody work.
    pub mock: bool,
    /// What a person says to the step that is run.
    pub note: Option<Note>,
    /// What the steps before this one have used of the limits.
    pub used: Used,
}

/// A word to the step that is run.
#[derive(Debug, Clone)]
pub struct Note {
    /// Who says it.
    pub by: String,
    /// What.
    pub text: String,
}

/// What came of a step.
#[derive(Debug, Clone, Default)]
pub struct Came {
    /// What its process exited with, if it did.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it cost.
    pub spend: Option<Spend>,
    /// How it ended; its `error` says whether that was well.
    pub close: Close,
}

impl Came {
    /// It ended well.
    fn well() -> Self {
        Self { exit_code: Some(0), close: Close::well("done"), ..Self::default() }
    }

    /// It came to nothing.
    fn failed(reason: &str, exit_code: u8, error: String) -> Self {
        let close = Close { reason: reason.into(), exit_code, error: Some(error), ..Close::default() };
        Self { close, ..Self::default() }
    }
}

/// A step, ready to be run.
enum Ready {
    Agent(Box<agent::Ready>),
    Mock(mock::Ready),
    Commands(commands::Ready),
    Loop(Box<looped::Ready>),
    Queue(Box<queued::Ready>),
}

/// A step under way: its record, and its log.
struct Running {
    folder: Folder,
    index: usize,
    run: StepRun,
    log: Log,
}

impl Running {
    /// Appends to the log, for readers to see.
    fn line(&mut self, text: &str) {
        self.log.line(text.as_bytes());
        self.log.flush();
    }

    /// The attempt engine, or the loop, works in the run `id`. What cannot be noted now is with the last record.
    fn is_run(&mut self, id: &str) {
        if self.run.run.is_none() {
            self.run.run = Some(id.to_owned());
            let _ = self.folder.save_run(self.index, &self.run);
        }
    }

    /// Takes in what an attempt tells.
    fn hear(&mut self, event: &event::Event) {
        if let event::Kind::RunStarted { .. } = event.kind {
            self.is_run(&event.run);
        }
        if let Some(line) = line(event) {
            self.line(&line);
        }
    }
}

/// Runs the step at `index` to its end. Errors: it could not be run; where that shows before anything is started, the mission
/// stays as it was.
pub fn run(
    stand: &mut Stand<'_>,
    index: usize,
    means: &Means<'_>,
    hands: &mut Hands<'_>,
) -> Result<(StepRun, Came)> {
    let step = stand.workflow.steps[index].clone();
    let ready = ready(stand, &step, means)?;
    let mut run = StepRun::begin(&step.step_id, &names::run_id(), clock::now());
    if let Some(Note { by, text }) = means.note.clone() {
        (run.note, run.by) = (Some(text), Some(by));
    }
    if matches!(ready, Ready::Mock(_)) {
        run.more.insert(MOCK.to_owned(), Value::Bool(true));
    }
    let path = stand.folder.log(index, &run);
    let log = Log::create(&path, means.config.logs.max_size)?;
    stand.record(index, &run)?;
    stand.happened(Happened::Began)?;
    let (mission, id) = (stand.mission.mission_id.clone(), step.step_id.clone());
    let mock = run.more.contains_key(MOCK);
    let started = Kind::Started { name: step.name.clone(), run_id: run.run_id.clone(), log: path, mock };
    (hands.tell)(Told::Mission(&Event::new(&mission, &id, started)));
    let mut running = Running { folder: stand.folder.clone(), index, run, log };
    let came = match ready {
        Ready::Agent(ready) => ready.run(&mut running, means, hands),
        Ready::Mock(ready) => ready.run(&mut running),
        Ready::Commands(ready) => ready.run(&mut running, means, hands),
        Ready::Loop(ready) => ready.run(&mut running, means, hands),
        Ready::Queue(ready) => ready.run(&mut running, hands),
    };
    let (mut came, failure) = match came {
        Ok(came) => (came, None),
        Err(error) => {
            let came = Came::failed("failed", 2, format!("{error:#}"));
            (Came { signal: interrupt::signal(), ..came }, Some(error))
        }
    };
    came.close.error = came.close.error.map(|error| redact::ours().text(&error).into_owned());
    let end = came.close.error.as_deref().unwrap_or("the step is done");
    running.line(&format!("[taskrun: {end}]"));
    let run = ended(stand, &step, running.run, &mut came);
    stand.record(index, &run)?;
    stand.happened(came.close.error.as_deref().map_or(Happened::Done, Happened::Failed))?;
    let (run_id, error, spend) = (run.run_id.clone(), run.error.clone(), run.spend);
    let kind = Kind::Ended { run_id, exit_code: run.exit_code, error, spend, mock };
    (hands.tell)(Told::Mission(&Event::new(&mission, &id, kind)));
    failure.map_or(Ok((run, came)), Err)
}

/// The record of a run that has ended: how, what it needs, and what it left.
fn ended(stand: &Stand<'_>, step: &Step, mut run: StepRun, came: &mut Came) -> StepRun {
    (run.finished_at, run.holder) = (Some(clock::now()), None);
    (run.exit_code, run.signal, run.spend) = (came.exit_code, came.signal, came.spend);
    run.error.clone_from(&came.close.error);
    let needs = Needs::of(came.close.exit_code).filter(|_| run.error.is_some());
    if let Some(needs) = needs {
        run.more.insert(NEEDS.to_owned(), needs.word().into());
    }
    if needs == Some(Needs::Human) && step.kind == StepKind::Agent {
        let id = &stand.mission.mission_id;
        came.close.hint = Some(format!("answer it: `taskrun mission continue {id} --note TEXT`"));
    }
    if let Some(left) = left(stand, step, &run) {
        run.more.insert(LEFT.to_owned(), left);
    }
    run
}

/// What an agent's step that ended well has left, for whoever reviews it to know whether it was changed since.
fn left(stand: &Stand<'_>, step: &Step, run: &StepRun) -> Option<Value> {
    let artifact =
        step.output_artifact.as_deref().filter(|_| step.kind == StepKind::Agent && run.error.is_none())?;
    let print = Print::of(&artifact_at(&stand.folder, artifact).ok()?).ok()?;
    serde_json::to_value(print).ok()
}

/// Prepares a step: whatever cannot be is told here.
fn ready(stand: &Stand<'_>, step: &Step, means: &Means<'_>) -> Result<Ready> {
    Ok(match step.kind {
        StepKind::Agent if means.mock => Ready::Mock(mock::ready(stand, step)?),
        StepKind::Agent => Ready::Agent(Box::new(agent::ready(stand, step, means)?)),
        StepKind::Loop | StepKind::Macp if means.mock => {
            return Err(Fault::usage(
                format!(
                    "the step `{}` may start agents of its own, which `--mock-agent` does not replace",
                    step.step_id
                ),
                "run it without `--mock-agent`",
            ));
        }
        StepKind::Gate => Ready::Commands(commands::ready(stand, step, means)?),
        StepKind::Loop => Ready::Loop(Box::new(looped::ready(step, means)?)),
        StepKind::Macp => Ready::Queue(Box::new(queued::ready(stand, step, means)?)),
        StepKind::HumanGate => {
            return Err(Fault::refused(format!("`{}` is for a person to decide", step.step_id), ""));
        }
    })
}

/// What a step's processes find in their environment.
fn variables(stand: &Stand<'_>, step: &Step) -> Result<Vec<(OsString, OsString)>> {
    let mut variables: Vec<(OsString, OsString)> = vec![
        ("TASKRUN_MISSION".into(), stand.mission.mission_id.clone().into()),
        ("TASKRUN_STEP".into(), step.step_id.clone().into()),
        ("TASKRUN_MISSION_DIR".into(), stand.folder.dir.clone().into()),
    ];
    for (name, artifact) in
        [("TASKRUN_INPUT", &step.input_artifact), ("TASKRUN_OUTPUT", &step.output_artifact)]
    {
        if let Some(artifact) = artifact {
            variables.push((name.into(), artifact_at(&stand.folder, artifact)?.into()));
        }
    }
    Ok(variables)
}

/// Where an artifact is.
fn artifact_at(folder: &Folder, name: &str) -> Result<PathBuf> {
    if names::is_artifact(name) {
        return Ok(folder.artifacts().join(name));
    }
    Err(Fault::invalid(format!("`{name}` cannot be an artifact's name"), "give it one plain file name"))
}

/// The path of an artifact that has to be there.
fn input_at(stand: &Stand<'_>, step: &Step, name: &str) -> Result<PathBuf> {
    let path = artifact_at(&stand.folder, name)?;
    if path.is_file() {
        return Ok(path);
    }
    let id = &stand.mission.mission_id;
    Err(Fault::refused(
        format!("the step `{}` begins with the artifact `{name}`, which is missing", step.step_id),
        format!("put it there with `taskrun mission artifact set {id} {name}`"),
    ))
}

/// One event of an attempt as a line of the log, or nothing where it is not worth one.
fn line(event: &event::Event) -> Option<String> {
    let task = event.task.as_deref().unwrap_or_default();
    Some(match &event.kind {
        event::Kind::AgentTool { name, detail } => format!("[{name}] {detail}"),
        event::Kind::TaskClaimed { title } => format!("[task {task}] {title}"),
        event::Kind::TaskClosed { reason, .. } => format!("[task {task}] closed: {reason}"),
        event::Kind::TaskReopened { reason } => format!("[task {task}] open again: {reason}"),
        event::Kind::TaskEscalated { reason } => format!("[task {task}] needs a person: {reason}"),
        event::Kind::GateFinished { result } if result.passed => format!("[gate] passed: {}", result.command),
        event::Kind::GateFinished { result } => format!("[gate] {}", gates::complaint(result)),
        event::Kind::BudgetWarning { limit, used } => {
            format!("[budget] {:.0} % of the limit `{limit}` are used", used * 100.0)
        }
        event::Kind::RateLimited { .. } | event::Kind::TurnedAway(_) => {
            "[the provider makes the agent wait]".to_owned()
        }
        _ => return None,
    })
}
