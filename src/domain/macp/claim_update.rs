//! What a worker tells of the task it claimed, and what becomes of the task by it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::claim::{self, LEASE};
use super::claim_end::Ending;
use super::claim_gates::{self, Judgement};
use super::drain::record;
use super::event::{Attempt, Blame, Event, Hold};
use super::place::Place;
use super::queue::{Queue, Turn};
use super::result::{GateResult, TaskResult};
use super::settings::Settings;
use super::task::{Gate, Status, Task};
use super::transition::Verdict;
use super::worktree::{self, Ground};
use super::{after, agent, dispatch, purse};
use crate::fault::Fault;
use crate::system::host::Host;
use crate::system::lock::Holder;
use crate::system::{clock, redact};

/// How it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Still at it.
    Running,
    /// Done, says the worker; the gates have the last word.
    Completed,
    /// It did not work out.
    Failed,
    /// A person is needed.
    Escalated,
    /// Somebody else is to do it.
    Pending,
}

/// What a worker tells.
#[derive(Debug, Clone)]
pub struct Word {
    /// Who says so.
    pub who: String,
    /// Of which attempt, where it says.
    pub attempt: Option<u64>,
    /// How it goes.
    pub told: Told,
    /// What its command ended with.
    pub exit_code: Option<i64>,
    /// Its last words.
    pub summary: Option<String>,
    /// What went wrong, or why a person is needed.
    pub reason: Option<String>,
    /// Its pull request.
    pub pr: Option<String>,
    /// What it has spent, in USD.
    pub usd: Option<f64>,
    /// How long the claim is to hold from now on.
    pub lease: Option<Duration>,
    /// What it printed, for a task whose output has to fit a schema.
    pub output: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub struct Update {
    /// The task.
    pub id: String,
    /// What its status is now, as people see it.
    pub status: &'static str,
    /// Which attempt was spoken of.
    pub attempt: u64,
    /// How many there may be.
    pub max_attempts: u64,
    /// Until when the claim holds.
    pub lease_until: Option<Timestamp>,
    /// When it may be tried again.
    pub not_before: Option<Timestamp>,
    /// How its gates went.
    pub gate_results: Vec<GateResult>,
    /// Why it is what it is.
    pub reason: Option<String>,
    /// Whether a worker's yes was not enough.
    pub red: bool,
    /// The result, where this is the end.
    #[serde(skip)]
    pub result: Option<Box<TaskResult>>,
    /// What did not go well after its end: the worktree, `on_complete`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Takes a worker's word for the task `id` that it holds. Errors: no such task; somebody else holds it, or nobody.
pub fn update(queue: &mut Queue, settings: &Settings, id: &str, word: &Word) -> Result<Update> {
    let word = &clean(word);
    claim::notice_end(queue, id)?;
    let updated = match word.told {
        Told::Running => queue.change(|turn| renew(turn, settings, id, word)),
        Told::Pending => {
            let began = queue.state().row(id).and_then(|row| row.started_at);
            let updated = queue.change(|turn| hand_back(turn, settings, id, word));
            updated.and_then(|updated| {
                let task = queue.task(id)?;
                paid((queue.place(), settings), &task, word, (updated.attempt, began)).map(|()| updated)
            })
        }
        _ => end(queue, settings, id, word),
    }?;
    queue.sync()?;
    Ok(updated)
}

/// The words without secrets.
fn clean(word: &Word) -> Word {
    let text = |text: &Option<String>| text.as_ref().map(|text| redact::ours().text(text).into_owned());
    Word { summary: text(&word.summary), reason: text(&word.reason), pr: text(&word.pr), ..word.clone() }
}

fn renew(turn: &mut Turn<'_>, settings: &Settings, id: &str, word: &Word) -> Result<Update> {
    let now = turn.now();
    let row = claim::held(turn.state(), id, &word.who, word.attempt)?;
    let attempt = claim::attempt(row, settings, 0);
    let hold = row
        .hold
        .as_deref()
        .cloned()
        .map(|hold| renewed(hold, claim::until(now, word.lease.unwrap_or(LEASE))));
    let mut event = Event::progress(row, now).with("by", word.who.clone());
    if let Some(hold) = &hold {
        event = event.holding(hold);
    }
    event.message = word.summary.clone().or(word.reason.clone()).unwrap_or_else(|| "Lease renewed".into());
    let status = row.status;
    turn.record(event);
    if let Some(pr) = &word.pr {
        turn.edit(id, Map::from_iter([("pr".to_owned(), json!(pr))]))?;
    }
    Ok(Update { lease_until: hold.and_then(|hold| hold.lease_until), ..told(id, status, attempt) })
}

/// A renewal never shortens what runs: a lease may be set to any length from now.
fn renewed(hold: Hold, until: Timestamp) -> Hold {
    Hold { holder: None, lease_until: Some(until), ..hold }
}

fn hand_back(turn: &mut Turn<'_>, settings: &Settings, id: &str, word: &Word) -> Result<Update> {
    let now = turn.now();
    let row = claim::held(turn.state(), id, &word.who, word.attempt)?;
    let attempt = claim::attempt(row, settings, 0);
    let why = word.reason.clone().or(word.summary.clone());
    let message = why.clone().unwrap_or_else(|| format!("Handed back by `{}`", word.who));
    let event = Event::again(id, Blame::Nobody, row.forgiven + 1, None, now).saying(message);
    turn.record(event.with("by", word.who.clone()));
    Ok(Update { reason: why, ..told(id, Status::Pending, attempt) })
}

/// What is told of a task that has this status now.
pub fn told(id: &str, status: Status, attempt: Attempt) -> Update {
    Update {
        id: id.to_owned(),
        status: status.word(),
        attempt: attempt.number,
        max_attempts: attempt.most,
        lease_until: None,
        not_before: None,
        gate_results: Vec::new(),
        reason: None,
        red: false,
        result: None,
        notes: Vec::new(),
    }
}

/// The worker is done with it, one way or the other.
fn end(queue: &mut Queue, settings: &Settings, id: &str, word: &Word) -> Result<Update> {
    let place = queue.place().clone();
    let row = claim::held(queue.state(), id, &word.who, word.attempt)?;
    let (attempt, began) = (claim::attempt(row, settings, 0), row.started_at);
    let task = queue.task(id)?;
    let gates = if word.told == Told::Completed { claim_gates::of(&task, settings) } else { Vec::new() };
    let word = Word { attempt: Some(attempt.number), ..word.clone() };
    let output = if word.told == Told::Completed { output(&task, &place, &word)? } else { Ok(None) };
    let gates = if output.is_ok() { gates } else { Vec::new() };
    let ground = worktree::prepare(&task, &place, settings)?;
    let (judgement, judging) = if gates.is_empty() {
        (Judgement::default(), None)
    } else {
        judged(queue, settings, (&task, &word), &gates, &ground)?
    };
    let verdict = match (word.told, &judgement.complaint) {
        (Told::Completed, _) if output.is_err() => Verdict::WorkerFailed,
        (Told::Completed, None) => Verdict::Passed,
        (Told::Completed, Some(_)) => Verdict::GateFailed,
        (Told::Escalated, _) => Verdict::Escalates(word.reason.clone().unwrap_or_else(|| "asked for".into())),
        _ => Verdict::WorkerFailed,
    };
    let mut ending = Ending::new(&task, attempt, verdict, settings);
    ending.files = worktree::files_changed(&ground)?;
    ending.branch.clone_from(&ground.branch);
    ending.say(&word, &judgement);
    ending.judgement = judgement;
    ending.take_output(output);
    let mut updated = queue.change(|turn| {
        match &judging {
            None => drop(claim::held(turn.state(), id, &word.who, word.attempt)?),
            Some(hold) if claim::row(turn.state(), id)?.hold.as_deref() == Some(hold) => {}
            Some(_) => {
                let message = format!("task `{id}` was taken from `{}` while its gates ran", word.who);
                return Err(Fault::refused(message, "`taskrun macp log ID` tells by whom"));
            }
        }
        ending.settle(turn)
    })?;
    queue.sync()?;
    paid((&place, settings), &task, &word, (attempt.number, began))?;
    finish(queue, settings, &task, &mut updated)?;
    Ok(updated)
}

/// Puts on record what a worker says its attempt has cost, beside what all others cost.
fn paid(
    (place, settings): (&Place, &Settings),
    task: &Task,
    word: &Word,
    (attempt, began): (u64, Option<Timestamp>),
) -> Result<()> {
    let Some(usd) = word.usd else { return Ok(()) };
    let (run, well) = (clock::run_id(), word.told == Told::Completed);
    let (agent, started_at) = (dispatch::runtime(task, settings), began.unwrap_or_else(clock::now));
    let told = agent::Told { task, run: &run, attempt, agent, usd, started_at, well };
    purse::append(&purse::receipts(place), &told.receipt())
}

/// What a task's output is, where it has to fit a schema; else what is wrong with it.
fn output(task: &Task, place: &Place, word: &Word) -> Result<Result<Option<Value>, String>> {
    let Some(schema) = after::schema(task, place)? else { return Ok(Ok(None)) };
    let Some(path) = &word.output else {
        let message = format!("the output of task `{}` has to fit its `result_schema`", task.id);
        return Err(Fault::usage(message, "give the file that holds it with `--output`"));
    };
    Ok(after::output_fits(&schema, path)?.map(Some))
}

/// What there is to do once a task is over: its `on_complete`, its worktree. Nothing of that changes how it ended.
pub(super) fn finish(
    queue: &mut Queue,
    settings: &Settings,
    task: &Task,
    updated: &mut Update,
) -> Result<()> {
    if updated.status == Status::Pending.word() {
        return Ok(());
    }
    let place = &queue.place().clone();
    if let Some(result) = updated.result.take().filter(|result| result.status == Status::Completed)
        && let Some((undelivered, failures)) = claim_gates::on_complete(place, settings, task, &result)?
    {
        queue.change(|turn| {
            let told = (&undelivered, failures);
            turn.record(record::undelivered(&task.id, result.status, told, turn.now()));
            Ok(())
        })?;
        updated.notes.push(undelivered.why);
    }
    if task.worktree.is_some() {
        updated.notes.extend(worktree::cleanup(task, place, settings)?);
    }
    Ok(())
}

/// Runs the gates of a task, held by this process meanwhile. What it is held by is given back with what they said.
fn judged(
    queue: &mut Queue,
    settings: &Settings,
    (task, word): (&Task, &Word),
    gates: &[Gate],
    ground: &Ground,
) -> Result<(Judgement, Option<Hold>)> {
    let id = &task.id;
    let most = claim_gates::timeout(settings).saturating_mul(u32::try_from(gates.len()).unwrap_or(u32::MAX));
    let (before, hold) = queue.change(|turn| gated(turn, id, word, most))?;
    let attempt = word.attempt.unwrap_or(0);
    let judged = claim_gates::judge(queue.place(), settings, (task, attempt), gates, ground);
    if judged.is_err() {
        // Nothing is judged: the claim is the worker's again.
        queue.change(|turn| {
            let now = turn.now();
            if let Some(row) = turn.state().row(id).filter(|row| row.hold.as_deref() == Some(&hold)) {
                let event = Event::progress(row, now).saying("The gates were stopped").holding(&before);
                turn.record(event);
            }
            Ok(())
        })?;
    }
    Ok((judged?, Some(hold)))
}

/// Takes note that the worker is done: from here on the claim is held by this process, for as long as the gates may take.
/// The claim as it was is given back with the new one.
fn gated(turn: &mut Turn<'_>, id: &str, word: &Word, most: Duration) -> Result<(Hold, Hold)> {
    let now = turn.now();
    let row = claim::held(turn.state(), id, &word.who, word.attempt)?.clone();
    let Some(before) = row.hold.as_deref().cloned() else {
        return Err(Fault::refused("nobody holds it", ""));
    };
    let until = claim::until(now, most.saturating_add(Duration::from_secs(60)));
    let hold = Hold {
        holder: Some(Holder::me()),
        host: Host::here(),
        lease_until: before.lease_until.max(Some(until)),
        ..before.clone()
    };
    if row.macp && row.status == Status::Running {
        turn.record(Event::gated(id, now));
    }
    let row = claim::row(turn.state(), id)?.clone();
    turn.record(Event::progress(&row, now).saying("The worker is done").holding(&hold));
    Ok((before, hold))
}

/// Fails a task that was just claimed and cannot be worked at all.
pub(super) fn hopeless(queue: &mut Queue, settings: &Settings, task: &Task, why: &str) -> Result<()> {
    queue.change(|turn| {
        let row = claim::row(turn.state(), &task.id)?;
        let mut ending = Ending::new(task, claim::attempt(row, settings, 0), Verdict::Hopeless, settings);
        ending.error = Some(redact::ours().text(why).into_owned());
        ending.settle(turn).map(|_| ())
    })
}
