//! Which agents run, and what those came to that do not: prompts and a loop's runs alike.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::Result;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::attempt::budget::Spend;
use crate::domain::loops::history::{self, Filter};
use crate::domain::loops::state::{self, Current, State};
use crate::domain::prompted::record::Record;
use crate::domain::workspace::Workspace;
use crate::fault::Fault;

/// The last event of a run is not longer than this (bytes), but for a message of the agent's.
const LAST: u64 = 2 << 20;

/// What there is to say about one prompt or one loop's run.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Run id.
    pub id: String,
    /// `prompt`, `mission` or `loop`.
    pub kind: &'static str,
    /// `running`, `completed`, `failed`, `stopped`, `limited`, `blocked`, `rate_limited`, `interrupted`.
    pub status: &'static str,
    /// The process that waits for the agent, while it runs.
    pub pid: Option<u32>,
    /// Agent's name.
    pub agent: Option<String>,
    /// Model, where known.
    pub model: Option<String>,
    /// The agent's session, where known.
    pub session: Option<String>,
    /// What a loop, or a mission's agent, works on now.
    pub task: Option<Current>,
    /// The first line of a prompt.
    pub prompt: Option<String>,
    /// Why it ended: a word of the contract.
    pub reason: Option<String>,
    /// What its process exited with, where that is known.
    pub exit_code: Option<u8>,
    /// Whether it was killed, so that it could not say why.
    pub killed: bool,
    /// What there is to say about the reason.
    pub message: Option<String>,
    /// What it has spent.
    pub spend: Spend,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended, where that is known.
    pub ended_at: Option<Timestamp>,
}

/// What runs now, or the last that ran.
#[derive(Debug, Clone, Serialize)]
pub struct Now {
    /// Whether any agent runs.
    pub running: bool,
    /// All that run, oldest first, or else the last one.
    pub agents: Vec<Status>,
}

/// What runs now, or else the last that ran; none when nothing ever did.
pub fn now(workspace: &Workspace) -> Result<Now> {
    let ids = running(workspace)?;
    let running = !ids.is_empty();
    let shown = if running { ids } else { latest(workspace).into_iter().collect() };
    let agents = shown.iter().map(|id| of(workspace, id)).collect::<Result<Vec<_>>>()?;
    Ok(Now { running: running && agents.iter().any(|agent| agent.status == "running"), agents })
}

/// The status of `id`; an unknown one is a [`Fault::NotFound`].
pub fn of(workspace: &Workspace, id: &str) -> Result<Status> {
    known(workspace, id)?;
    if id.starts_with("p-") { prompt(workspace, id) } else { looped(workspace, id) }
}

/// The ids of all that runs now, oldest first.
pub fn running(workspace: &Workspace) -> Result<Vec<String>> {
    let state = State::read(workspace)?.filter(State::runs).map(|state| state.run);
    let prompts = super::record::ids(workspace).into_iter();
    let prompts = prompts.filter(|id| Record::read(workspace, id).is_some_and(|record| record.runs()));
    let mut ids: Vec<String> = state.into_iter().chain(prompts).collect();
    ids.sort_by(|a, b| age(a).cmp(age(b)));
    Ok(ids)
}

/// The id of what began last, running or not.
pub fn latest(workspace: &Workspace) -> Option<String> {
    // The names tell the second; within one, the first event does.
    let second = |id: &String| age(id).split('-').next().unwrap_or_default().to_owned();
    let all = folders(workspace);
    let last = all.iter().map(second).max()?;
    let began = |id: &String| {
        let first: Option<First> = first_line(&workspace.run_dir(id).join("events.ndjson"));
        first.and_then(|first| first.ts)
    };
    all.into_iter().filter(|id| second(id) == last).max_by_key(began)
}

/// The ids of all prompts and runs whose folders are still there, in no order.
pub fn folders(workspace: &Workspace) -> Vec<String> {
    let entries = std::fs::read_dir(workspace.runs_dir()).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name.starts_with("p-") || name.starts_with("r-")).collect()
}

/// Checks that `id` names a prompt or a run whose folder is there: [`Fault::NotFound`].
pub fn known(workspace: &Workspace, id: &str) -> Result<()> {
    // An id is one name; anything else would lead out of the folder.
    let named = id.starts_with("p-") || id.starts_with("r-");
    if named && !id.contains('/') && workspace.run_dir(id).is_dir() {
        return Ok(());
    }
    Err(Fault::not_found(
        format!("there is no prompt or run `{id}`"),
        "`taskrun loop history` lists those on record",
    ))
}

/// The part of an id that sorts by time.
fn age(id: &str) -> &str {
    id.get(2..).unwrap_or_default()
}

fn prompt(workspace: &Workspace, id: &str) -> Result<Status> {
    let record = Record::read(workspace, id);
    let runs = record.as_ref().is_some_and(Record::runs);
    let mission = record.as_ref().and_then(|record| record.task.clone());
    let blank = blank(id, if mission.is_some() { "mission" } else { "prompt" });
    let Some(record) = record else { return Ok(Status { killed: true, ..blank }) };
    let ended = record.ended.as_ref();
    let dead = ended.is_none() && !runs;
    let found = dead.then(|| history::history(workspace, &of_run(id))).transpose()?.unwrap_or_default();
    let receipt = found.last();
    Ok(Status {
        status: if runs {
            "running"
        } else {
            ended.map_or("interrupted", |ended| word(&ended.reason, ended.exit_code))
        },
        pid: runs.then_some(record.holder.pid),
        agent: Some(record.agent),
        model: record.model,
        session: record.session.or_else(|| receipt.and_then(|receipt| receipt.session.clone())),
        task: mission.filter(|_| runs).map(|id| Current { id, title: record.title.clone() }),
        prompt: Some(record.title),
        reason: ended.map(|ended| ended.reason.clone()).or_else(|| dead.then(|| "interrupted".to_owned())),
        exit_code: ended.filter(|ended| !ended.killed).map(|ended| ended.exit_code),
        killed: dead || ended.is_some_and(|ended| ended.killed),
        message: ended.and_then(|ended| ended.message.clone()),
        spend: receipt.map_or(record.spend, |receipt| receipt.spend),
        started_at: Some(record.started_at),
        ended_at: ended.map(|ended| ended.at),
        ..blank
    })
}

fn looped(workspace: &Workspace, id: &str) -> Result<Status> {
    let state = State::read(workspace)?.filter(|state| state.run == id);
    let runs = state.as_ref().is_some_and(State::runs);
    let events = workspace.run_dir(id).join("events.ndjson");
    let first: Option<First> = first_line(&events);
    let last: Option<Last> = last_line(&events);
    let last = last.filter(|last| last.kind == "run.finished" && !runs);
    let receipts = history::history(workspace, &of_run(id))?;
    let mut spend = Spend::nothing();
    for receipt in &receipts {
        spend.add(&receipt.spend);
    }
    if let Some(live) = state.as_ref().filter(|_| runs).and_then(|state| state::live(workspace, state)) {
        spend.add(&Spend { partial: true, ..live });
    }
    let receipt = receipts.last();
    Ok(Status {
        status: if runs { "running" } else { last.as_ref().map_or("interrupted", Last::word) },
        pid: state.as_ref().filter(|_| runs).map(|state| state.holder.pid),
        agent: state.as_ref().map(|state| state.agent.clone()).or_else(|| first.as_ref()?.agent.clone()),
        model: receipt.and_then(|receipt| receipt.model.clone()).or_else(|| first.as_ref()?.model.clone()),
        session: receipt.and_then(|receipt| receipt.session.clone()),
        task: state.as_ref().filter(|_| runs).and_then(|state| state.task.clone()),
        reason: match &last {
            Some(last) => last.reason.clone(),
            None => (!runs).then(|| "interrupted".to_owned()),
        },
        exit_code: last.as_ref().and_then(|last| last.exit_code),
        killed: !runs && last.is_none(),
        message: last.as_ref().and_then(|last| last.message.clone()),
        spend,
        started_at: state.as_ref().map(|state| state.started_at).or_else(|| first.as_ref()?.ts),
        ended_at: last.as_ref().and_then(|last| last.ts),
        ..blank(id, "loop")
    })
}

fn of_run(id: &str) -> Filter {
    Filter { run: Some(id.to_owned()), ..Filter::default() }
}

/// Nothing is known but the id.
fn blank(id: &str, kind: &'static str) -> Status {
    Status {
        id: id.to_owned(),
        kind,
        status: "interrupted",
        pid: None,
        agent: None,
        model: None,
        session: None,
        task: None,
        prompt: None,
        reason: Some("interrupted".to_owned()),
        exit_code: None,
        killed: false,
        message: None,
        spend: Spend::nothing(),
        started_at: None,
        ended_at: None,
    }
}

/// What a reason and an exit code stand for.
fn word(reason: &str, code: u8) -> &'static str {
    match code {
        _ if reason == "stopped" => "stopped",
        0 => "completed",
        3 => "limited",
        4 => "blocked",
        75 => "rate_limited",
        128.. => "interrupted",
        _ => "failed",
    }
}

#[derive(Deserialize)]
struct First {
    ts: Option<Timestamp>,
    agent: Option<String>,
    model: Option<String>,
}

#[derive(Deserialize)]
struct Last {
    #[serde(rename = "type")]
    kind: String,
    ts: Option<Timestamp>,
    reason: Option<String>,
    exit_code: Option<u8>,
    message: Option<String>,
}

impl Last {
    fn word(&self) -> &'static str {
        let code = self.exit_code.unwrap_or(2);
        self.reason.as_deref().map_or("interrupted", |reason| word(reason, code))
    }
}

fn first_line<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    let mut start = vec![0; 64 << 10];
    let count = File::open(path).ok()?.read_at(&mut start, 0).ok()?;
    let line = start[..count].split(|byte| *byte == b'\n').next()?;
    serde_json::from_slice(line).ok()
}

fn last_line<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    let file = File::open(path).ok()?;
    let size = file.metadata().ok()?.len();
    let mut end = vec![0; usize::try_from(size.min(LAST)).ok()?];
    file.read_exact_at(&mut end, size - size.min(LAST)).ok()?;
    let line = end.trim_ascii_end().rsplit(|byte| *byte == b'\n').next()?;
    serde_json::from_slice(line).ok()
}
