//! What is run for a task that somebody else worked on: its gates, for the harness judges and not the worker's word, and its
//! `on_complete`.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::after::{self, Undelivered};
use super::agent;
use super::dispatch::brief::News;
use super::drain::attempt::{log_prefix, of_task};
use super::drain::checks::in_macp;
use super::drain::{marker, record};
use super::event::{Event, Hold};
use super::place::Place;
use super::purse::Purse;
use super::result::{GateResult, TaskResult};
use super::settings::Settings;
use super::task::{Gate, Task};
use super::worktree::Ground;
use crate::domain::attempt::event::Kind as Told;
use crate::domain::attempt::gates::{self, DEFAULT_TIMEOUT, Gates};
use crate::domain::launchers::{Labels, Launcher, Launching};
use crate::system::host::Host;
use crate::system::lock::Holder;
use crate::system::process::Supervisor;
use crate::system::{clock, interrupt, store};

/// How gates went.
#[derive(Debug, Default)]
pub struct Judgement {
    /// One entry a gate.
    pub results: Vec<GateResult>,
    /// What the first red one says.
    pub complaint: Option<String>,
    /// What happened, for the record.
    pub events: Vec<Event>,
}

/// The gates of a task.
pub fn of(task: &Task, settings: &Settings) -> Vec<Gate> {
    of_task(task, settings)
}

/// How long one gate may take.
pub fn timeout(settings: &Settings) -> Duration {
    settings.config.gates.timeout.unwrap_or(DEFAULT_TIMEOUT)
}

/// Runs `gates` in `ground`, all of them. Errors: interrupted; a gate could not be started.
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
    let run = Gates {
        commands: gates.iter().map(|gate| gate.command().to_owned()).collect(),
        timeout: timeout(settings),
        stop_at_red: false,
        log_limit: settings.config.logs.max_size,
    };
    let launcher = task.launcher.as_ref().filter(|_| task.dispatch.is_some());
    let resolve = |name: &String| Launcher::resolve(&settings.config, name, place.root(), &place.launches());
    let launcher = launcher.map(resolve).transpose()?;
    let labels = Labels { task: &task.id, attempt, branch: ground.branch.as_deref() };
    let at = gates::Place {
        dir: &ground.dir,
        prefix: &log_prefix(place, &task.id),
        env: vec![("TASKRUN_TASK".into(), (&task.id).into())],
        capture: None,
        launch: launcher.as_ref().map(|launcher| Launching { launcher, labels }),
    };
    let mut kinds = gates.iter().map(Gate::kind);
    let mut judgement = Judgement::default();
    let mut tell = |told: Told| match told {
        Told::GateStarted { command } => {
            judgement.events.push(record::check_started(task, &command, clock::now()));
        }
        Told::GateFinished { result } => {
            let entry = in_macp(&result, kinds.next().unwrap_or("mechanical"));
            judgement.events.push(record::checked(task, &entry, clock::now()));
            judgement.results.push(entry);
        }
        _ => {}
    };
    let ran = supervised(place, |child, _| run.run(child, &at, &|| false, &mut tell))?;
    let Some(ran) = ran else {
        interrupt::check()?;
        anyhow::bail!("the gates were stopped");
    };
    judgement.complaint = ran.iter().find(|result| !result.passed).map(gates::complaint);
    Ok(judgement)
}

/// Hands the result of a completed task to its `on_complete`; says what went wrong with that, and
/// how often it has. It stays noted until that is
/// done: where it fails, or is interrupted, the next drain tries again.
pub fn on_complete(
    place: &Place,
    settings: &Settings,
    task: &Task,
    result: &TaskResult,
) -> Result<Option<(Undelivered, u64)>> {
    if task.on_complete.is_none() {
        return Ok(None);
    }
    let hold =
        Hold { by: "update".into(), host: Host::here(), holder: Some(Holder::me()), lease_until: None };
    marker::leave(task, place, &hold)?;
    let Some(undelivered) = hand_over(place, settings, task, result)? else {
        return marker::remove(task, place).map(|()| None);
    };
    let failures =
        if undelivered.interrupted { 0 } else { marker::failed(place, &task.id, &undelivered.why)? };
    Ok(Some((undelivered, failures)))
}

fn hand_over(
    place: &Place,
    settings: &Settings,
    task: &Task,
    result: &TaskResult,
) -> Result<Option<Undelivered>> {
    let purse = Purse::open(place, settings, "", false)?;
    let (news, prefix) = (News::default(), log_prefix(place, &task.id));
    supervised(place, |child, slot| {
        let job = agent::Job {
            task,
            place,
            settings,
            dir: place.root(),
            prefix: &prefix,
            slot,
            run: &clock::run_id(),
            news: &news,
            limit: None,
            purse: &purse,
            asked: &|| false,
            launch: None,
        };
        Ok(after::completed(child, &job, result))
    })
}

/// Has a supervisor for as long as `work` takes, with a directory of its own.
fn supervised<T>(place: &Place, work: impl FnOnce(&mut Supervisor, &Path) -> Result<T>) -> Result<T> {
    interrupt::install()?;
    let mark = clock::run_id().replacen("r-", "u-", 1);
    let slot = place.slot(&mark);
    store::make_dir(&slot)?;
    store::make_dir(&place.logs())?;
    let mut child = Supervisor::start(&slot.join("lock"), &mark)?;
    let done = work(&mut child, &slot);
    child.quit();
    store::remove_tree(&slot)?;
    done
}
