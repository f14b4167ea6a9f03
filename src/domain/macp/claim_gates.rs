//! The gates of a task that somebody else worked on: the harness judges, not the worker's word.

use std::time::Duration;

use anyhow::Result;

use super::event::{Event, Kind};
use super::place::Place;
use super::result::GateResult;
use super::settings::Settings;
use super::task::{Gate, Status, Task};
use super::worktree::Ground;
use crate::domain::attempt::event::Kind as Told;
use crate::domain::attempt::gates::{self, DEFAULT_TIMEOUT, Gates};
use crate::domain::attempt::receipt;
use crate::system::process::Supervisor;
use crate::system::{clock, interrupt, store};

/// How gates went.
#[derive(Debug, Default)]
pub struct Judgement {
    /// One entry a gate that ran.
    pub results: Vec<GateResult>,
    /// What the first red one says.
    pub complaint: Option<String>,
    /// What happened, for the record.
    pub events: Vec<Event>,
}

/// The gates of a task: its own, else those of every task, then those of its type.
pub fn of(task: &Task, settings: &Settings) -> Vec<Gate> {
    let own = if task.quality_gates.is_empty() { &settings.gates } else { &task.quality_gates };
    let typed = task.kind.as_ref().and_then(|kind| settings.gates_by_type.get(kind));
    let typed = typed.into_iter().flatten().map(|command| Gate::Command(command.clone()));
    own.iter().cloned().chain(typed).collect()
}

/// How long one gate may take.
pub fn timeout(settings: &Settings) -> Duration {
    settings.config.gates.timeout.unwrap_or(DEFAULT_TIMEOUT)
}

/// Runs `gates` in `ground`, up to the first red one. Errors: interrupted; a gate could not be started.
pub fn judge(
    place: &Place,
    settings: &Settings,
    (task, attempt): (&Task, u64),
    gates: &[Gate],
    ground: &Ground,
) -> Result<Judgement> {
    if gates.is_empty() {
        return Ok(Judgement::default());
    }
    interrupt::install()?;
    let mark = clock::run_id().replacen("r-", "g-", 1);
    let slot = place.slot(&mark);
    store::make_dir(&slot)?;
    store::make_dir(&place.logs())?;
    let run = Gates {
        commands: gates.iter().map(|gate| gate.command().to_owned()).collect(),
        timeout: timeout(settings),
        stop_at_red: true,
        log_limit: settings.config.logs.max_size,
    };
    let env = [("TASKRUN_TASK", task.id.clone()), ("TASKRUN_ATTEMPT", attempt.to_string())];
    let at = gates::Place {
        dir: &ground.dir,
        prefix: &place.logs().join(format!("{}-{attempt}", file_name(&task.id))),
        env: env.map(|(name, value)| (name.into(), value.into())).into(),
        capture: None,
        launch: None,
    };
    let status = if task.dispatch.is_some() { Status::Gated } else { Status::Running };
    let mut events = Vec::new();
    let mut tell = |told: Told| events.extend(event(&task.id, status, told));
    let mut child = Supervisor::start(&slot.join("lock"), &mark)?;
    let ran = run.run(&mut child, &at, &|| false, &mut tell);
    child.quit();
    store::remove_tree(&slot)?;
    let Some(ran) = ran? else {
        interrupt::check()?;
        anyhow::bail!("the gates were stopped");
    };
    let complaint = ran.iter().find(|result| !result.passed).map(gates::complaint);
    let results = ran.iter().zip(gates).map(|(result, gate)| entry(result, gate)).collect();
    Ok(Judgement { results, complaint, events })
}

/// A gate's entry in the task's result.
fn entry(result: &receipt::GateResult, gate: &Gate) -> GateResult {
    // A gate without an exit code was ended by a signal: ours, or somebody's.
    let killed = if result.ended_for.is_some() { 124 } else { 137 };
    GateResult {
        command: result.command.clone(),
        exit_code: result.exit_code.map_or(killed, i64::from),
        kind: gate.kind().to_owned(),
    }
}

fn event(task: &str, status: Status, told: Told) -> Option<Event> {
    let now = clock::now();
    match told {
        Told::GateStarted { command } => {
            Some(Event::new(Kind::CheckStarted, task, status, now).saying(command))
        }
        Told::GateFinished { result } => {
            let kind = if result.passed { Kind::CheckPassed } else { Kind::CheckFailed };
            let event = Event::new(kind, task, status, now).saying(result.command.clone());
            Some(event.with("exit_code", result.exit_code).with("duration_ms", result.duration_ms))
        }
        _ => None,
    }
}

/// An id as part of a file's name; ids of legacy tasks may hold anything.
pub fn file_name(id: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '_' | '-');
    let kept: String = id.chars().map(|char| if plain(char) { char } else { '_' }).take(128).collect();
    if kept.starts_with('.') { format!("_{kept}") } else { kept }
}
