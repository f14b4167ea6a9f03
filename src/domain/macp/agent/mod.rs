//! An agent of the attempt engine that works for a task: started, listened to, judged, put on record.

mod judged;
mod record;

use std::cell::Cell;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

pub use record::{Told, settle};

use super::dispatch::brief::News;
use super::dispatch::{brief, runtime, servers};
use super::place::Place;
use super::purse::Purse;
use super::settings::Settings;
use super::task::Task;
use super::transition::Verdict;
use crate::domain::agents::catalog::{self, Agent, Choice};
use crate::domain::agents::{Class, Usage};
use crate::domain::attempt::budget::Spend;
use crate::domain::attempt::engine::{Answer, Engine, Order};
use crate::domain::attempt::event::Kind;
use crate::domain::launchers::Launching;
use crate::domain::loops::plan::refuse_unknown_cost;
use crate::domain::loops::provider;
use crate::fault::Fault;
use crate::system::config::Permissions;
use crate::system::process::Supervisor;
use judged::Seen;
use record::Record;

/// Calls of tools that a result names at most.
const MOST_OPERATIONS: usize = 200;

/// One attempt on a task, as whoever works the queue has prepared it.
pub struct Job<'a> {
    /// The task.
    pub task: &'a Task,
    /// Its queue.
    pub place: &'a Place,
    /// What is in force.
    pub settings: &'a Settings,
    /// Where it works: its worktree, or the repository.
    pub dir: &'a Path,
    /// Path and start of the name of the attempt's logs: `<prefix>.stdout` and so on.
    pub prefix: &'a Path,
    /// The slot's directory: what is only needed while it runs.
    pub slot: &'a Path,
    /// The run that it belongs to.
    pub run: &'a str,
    /// What is new about it.
    pub news: &'a News,
    /// Longest time; none leaves `[agent] timeout`.
    pub limit: Option<Duration>,
    /// What may be spent.
    pub purse: &'a Purse,
    /// Whether somebody has called it off.
    pub asked: &'a dyn Fn() -> bool,
    /// What its agent is handed to, if it is not to run right here.
    pub launch: Option<Launching<'a>>,
}

/// What came of it, before gates.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentAnswer {
    /// What the attempt came to. An agent that was ended by a limit of the whole drain is [`Verdict::Interrupted`]: the limit is
    /// in [`Purse::over`].
    pub verdict: Verdict,
    /// Its exit code.
    pub exit_code: Option<i64>,
    /// For people: its last words.
    pub summary: String,
    /// Why it failed.
    pub error: Option<String>,
    /// When it makes sense to try again.
    pub not_before: Option<Timestamp>,
    /// Whether somebody called it off.
    pub called_off: bool,
    /// For the result: `spend`, `agent`, `model`, `session`, `operations` …
    pub metadata: Map<String, Value>,
}

impl AgentAnswer {
    /// Nothing was started, and nothing will be.
    pub fn hopeless(error: String) -> Self {
        Self {
            verdict: Verdict::Hopeless,
            exit_code: None,
            summary: "not run".into(),
            error: Some(error),
            not_before: None,
            called_off: false,
            metadata: Map::new(),
        }
    }
}

/// Has the agent `runtime` work for a task, with full permission; `told` is the task's brief. Errors: the machinery failed, not
/// the agent.
pub fn run(
    child: &mut Supervisor,
    job: &Job<'_>,
    (runtime, told): (&str, &str),
    dir: &Path,
    tell: &mut dyn FnMut(Kind),
) -> Result<AgentAnswer> {
    let engine = match engine(job, runtime, dir) {
        Ok(engine) => engine,
        Err(error) if error.downcast_ref::<Fault>().is_some() => {
            return Ok(AgentAnswer::hopeless(format!("{error:#}")));
        }
        Err(error) => return Err(error),
    };
    let task = job.task;
    let prompt = brief::prompt(task, told, job.news, dir)?;
    let record = Record::begin(job, &engine.agent, dir);
    record.save(job.slot)?;
    let (cut, called_off) = (Cell::new(None), Cell::new(false));
    let stop = |live: &Spend| {
        cut.set(cut.get().or_else(|| job.purse.during(&task.id, live)));
        called_off.set(called_off.get() || (job.asked)());
        cut.get().is_some() || called_off.get()
    };
    let env: Vec<(OsString, OsString)> = task.variables();
    let order = Order {
        prompt: &prompt,
        dir,
        prefix: job.prefix,
        task: &task.id,
        description: task.description.as_deref().unwrap_or_default(),
        attempt: job.news.attempt,
        budget_left: job.purse.left(&task.id),
        resume: None,
        before: Usage::default(),
        env: &env,
        launch: job.launch,
        stop: &stop,
    };
    let mut operations = Vec::new();
    let answer = engine.run(child, &order, &mut |kind| {
        if let Kind::AgentTool { name, detail } = &kind
            && let Some(operation) = operation(&engine.agent, name, detail)
            && operations.len() < MOST_OPERATIONS
        {
            operations.push(operation);
        }
        tell(kind);
    })?;
    let own_limit = answer.class() == Some(Class::AgentLimit);
    let kept = || own_limit.then(|| job.purse.kept(&task.id, &answer.spend)).flatten();
    let cut = cut.get().or_else(kept);
    let own = |name: &&String| !job.settings.config.mcp.contains_key(*name);
    let unusable = answer.report.unusable.iter().find(own).map(String::as_str);
    let seen = Seen { answer: &answer, cut, called_off: called_off.get(), unusable };
    let (mut judged, receipt) = judged::judge(&seen);
    if let Verdict::TurnedAway(turned) = &mut judged.verdict {
        turned.hint = provider::way_out(&engine.agent, turned.class);
    }
    job.purse.settle(&task.id, record.receipt(&answer, &receipt))?;
    record.done(job.slot)?;
    let metadata = metadata(&engine.agent, &answer, operations);
    Ok(AgentAnswer { metadata, called_off: called_off.get(), ..judged })
}

/// The engine for the task's agent, with the task's own servers and time.
fn engine(job: &Job<'_>, runtime: &str, dir: &Path) -> Result<Engine> {
    let agent = resolve(job.task, runtime, job.place, job.settings)?;
    // What a launcher hands it to has programs of its own.
    if job.launch.is_none() {
        servers::startable(job.task, job.place, job.settings, dir)?;
    }
    let mut engine = Engine::new(agent, &job.settings.config);
    engine.limits.total = job.limit.or(engine.limits.total);
    Ok(engine)
}

/// Refuses a task whose agent's cost nobody can tell, for a limit on money. What else is wrong with it is said elsewhere.
pub(super) fn cost_is_known(task: &Task, place: &Place, settings: &Settings) -> Result<()> {
    if !settings.config.macp.yolo_command.is_empty() {
        return Err(Fault::usage(
            "nobody can tell what `[macp] yolo_command` costs, so a limit in USD cannot be kept",
            "limit tokens or time under `[budget]` instead, or accept it with `--allow-unknown-cost`",
        ));
    }
    let Ok(agent) = resolve(task, runtime(task, settings), place, settings) else { return Ok(()) };
    let engine = Engine::new(agent, &settings.config);
    refuse_unknown_cost(&engine.agent, &engine.prices)
}

/// The agent `runtime` with full permission and the task's own servers.
pub(super) fn resolve(task: &Task, runtime: &str, place: &Place, settings: &Settings) -> Result<Agent> {
    let mut config = settings.config.clone();
    // A model's name means something to one agent only.
    if config.agent.default != runtime {
        config.agent.model = None;
    }
    config.mcp.extend(servers::read(task, place, settings)?);
    let choice = Choice { agent: Some(runtime), model: None, permissions: Some(Permissions::Full) };
    catalog::resolve(&config, choice, place.root())
}

/// What an agent did by way of an MCP server, as the result tells it: every agent names such a tool after the server.
fn operation(agent: &Agent, name: &str, detail: &str) -> Option<Value> {
    agent.mcp.keys().find_map(|server| {
        let starts = [
            format!("mcp__{server}__"),
            format!("mcp_{server}_"),
            format!("{server}."),
            format!("{server}_"),
        ];
        let tool = starts.iter().find_map(|start| name.strip_prefix(start.as_str()))?;
        Some(json!({"server": server, "tool": tool, "detail": detail}))
    })
}

fn metadata(agent: &Agent, answer: &Answer, operations: Vec<Value>) -> Map<String, Value> {
    let model = answer.report.model.clone().or_else(|| agent.model.clone());
    let mut all =
        Map::from_iter([("agent".to_owned(), json!(agent.name)), ("spend".to_owned(), json!(answer.spend))]);
    all.extend(model.map(|model| ("model".to_owned(), json!(model))));
    all.extend(answer.report.session.clone().map(|id| ("session".to_owned(), json!(id))));
    all.extend(answer.class().map(|class| ("class".to_owned(), json!(class))));
    if !operations.is_empty() {
        all.insert("operations".to_owned(), operations.into());
    }
    if answer.outcome.as_ref().is_some_and(|outcome| outcome.cut_short) {
        all.insert("stdout_incomplete".to_owned(), true.into());
    }
    let left = answer.outcome.as_ref().map(|outcome| outcome.left.clone()).unwrap_or_default();
    if !left.is_empty() {
        all.insert("left_running".to_owned(), json!(left));
    }
    all
}
