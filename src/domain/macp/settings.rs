//! What is in force for a queue: `config.json` beside it (MACP's), `[macp]` of taskrun's own settings, the environment.
//! Order: flags, environment, `.taskrun/config.toml`, `config.json`, defaults.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;

use super::load::regular;
use super::place::Place;
use super::task::{Dispatch, Gate};
use crate::fault::Fault;
use crate::system::config::Config;
use crate::system::document::worded;
use crate::system::{config, store};

/// `config.json`; unknown keys are left alone.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Foreign {
    /// Whether the queue is to be worked at all.
    pub enabled: Option<bool>,
    /// `macp`.
    pub macp: ForeignMacp,
    /// `worker`.
    pub worker: ForeignWorker,
    /// Gates of every task that has none of its own.
    pub quality_gates: Vec<Gate>,
}

/// `macp` in `config.json`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ForeignMacp {
    /// `~` and `{repo}` are replaced.
    pub worktree_base: Option<String>,
    /// For tasks submitted without one.
    pub default_dispatch: Option<Dispatch>,
    /// The last resort.
    pub default_runtime: Option<String>,
    /// Whether worktrees go once their task is over.
    pub cleanup_worktrees: Option<bool>,
    /// Relative to the repository.
    pub brief_dir: Option<String>,
    /// Relative to the repository.
    pub result_dir: Option<String>,
}

/// `worker` in `config.json`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ForeignWorker {
    /// The agent of tasks that name none.
    pub runtime: Option<String>,
    /// `{task_id}`, `{task_title}`, `{task_file}`: the command of legacy tasks that have none.
    pub command_template: Option<String>,
    /// Longest time of a task that does not say.
    pub timeout_seconds: Option<u64>,
    /// Attempts of a task that does not say.
    pub max_attempts: Option<u64>,
}

/// All of it, resolved.
#[derive(Debug, Clone)]
pub struct Settings {
    /// taskrun's own.
    pub config: Config,
    /// MACP's.
    pub foreign: Foreign,
    /// The directory that worktrees must lie in.
    pub worktree_base: PathBuf,
    /// For tasks submitted without one.
    pub default_dispatch: Dispatch,
    /// The agent of a task that names none.
    pub default_runtime: String,
    /// Whether worktrees go once their task is over.
    pub cleanup_worktrees: bool,
    /// Whether a worktree is used again by the next task.
    pub worktree_reuse: bool,
    /// Longest time of a command that does not say.
    pub timeout: Duration,
    /// The same for a task that an agent works on.
    pub agent_timeout: Duration,
    /// Attempts of a task that does not say.
    pub max_attempts: u64,
    /// Attempts in all where it is what was to run them that fails.
    pub infrastructure_attempts: u64,
    /// The pause before the second attempt, doubled each time.
    pub retry_delay: Duration,
    /// Tasks at a time, over all who work the queue.
    pub max_concurrent: u64,
    /// Whether somebody has set that.
    pub limits_concurrency: bool,
    /// Gates of every task that has none of its own.
    pub gates: Vec<Gate>,
    /// Gates by type of task, beside its own.
    pub gates_by_type: BTreeMap<String, Vec<String>>,
}

/// How many tasks at a time where nothing says.
const CONCURRENT: u64 = 5;
/// Longest time of a command where nothing says.
const TIMEOUT: Duration = Duration::from_secs(5 * 60);
/// Attempts in all where it is what was to run them that fails, and nothing says.
const INFRASTRUCTURE: u64 = 3;
/// The pause before the second attempt where nothing says.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Loads it. Errors: a file or variable that makes no sense, naming it.
pub fn load(place: &Place) -> Result<Settings> {
    let config = config::load(Some(place.settings()))?;
    let foreign = foreign(place)?;
    let set = config.macp.clone();
    let attempts = number("TASK_RETRY_ATTEMPTS", "how often a task is tried, such as `3`")?;
    let timeout = number("TASK_TIMEOUT_MS", "milliseconds, such as `300000`")?.map(Duration::from_millis);
    let timeout = timeout.or(foreign.worker.timeout_seconds.map(Duration::from_secs));
    let concurrent = number("TASK_MAX_CONCURRENT", "how many tasks run at a time, such as `5`")?;
    let concurrent = concurrent.or(set.max_concurrent.filter(|count| *count > 0));
    let dispatch = set.default_dispatch.as_deref().map(dispatch);
    let runtime = set.default_runtime.clone().or(foreign.worker.runtime.clone());
    Ok(Settings {
        worktree_base: worktree_base(
            place,
            set.worktree_base.as_ref().or(foreign.macp.worktree_base.as_ref()),
        ),
        default_dispatch: dispatch.or(foreign.macp.default_dispatch.clone()).unwrap_or(Dispatch::Exec),
        default_runtime: runtime.or(foreign.macp.default_runtime.clone()).unwrap_or_else(|| "codex".into()),
        cleanup_worktrees: set.cleanup_worktrees.or(foreign.macp.cleanup_worktrees).unwrap_or(true),
        worktree_reuse: set.worktree_reuse,
        timeout: timeout.unwrap_or(TIMEOUT),
        agent_timeout: timeout.unwrap_or(config.agent.timeout),
        max_attempts: attempts.or(foreign.worker.max_attempts).unwrap_or(1).max(1),
        infrastructure_attempts: attempts.unwrap_or(INFRASTRUCTURE),
        retry_delay: set.retry_delay.unwrap_or(RETRY_DELAY),
        max_concurrent: concurrent.unwrap_or(CONCURRENT),
        limits_concurrency: concurrent.is_some(),
        gates: foreign.quality_gates.clone(),
        gates_by_type: set.gates.clone(),
        foreign,
        config,
    })
}

/// Errors: a variable of the environment that makes no sense, whether it is of any use here or not.
pub fn check_environment() -> Result<()> {
    number("TASK_RETRY_ATTEMPTS", "how often a task is tried, such as `3`")?;
    number("TASK_TIMEOUT_MS", "milliseconds, such as `300000`")?;
    number("TASK_MAX_CONCURRENT", "how many tasks run at a time, such as `5`").map(drop)
}

fn foreign(place: &Place) -> Result<Foreign> {
    let path = place.config();
    regular(&path)?;
    let Some(text) = store::read_text(&path)? else { return Ok(Foreign::default()) };
    serde_json::from_str(&text).map_err(|error| {
        Fault::invalid(
            format!(
                "`{}` line {}: {}",
                path.display(),
                error.line(),
                worded(&error.to_string(), "an object")
            ),
            "mend it; `taskrun macp validate` checks it",
        )
    })
}

fn dispatch(word: &str) -> Dispatch {
    serde_json::from_value(word.into()).unwrap_or_else(|_| Dispatch::Plugin(word.to_owned()))
}

fn worktree_base(place: &Place, set: Option<&String>) -> PathBuf {
    let repo = place.root().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let base = set.map_or("~/src/{repo}-worktrees", String::as_str).replace("{repo}", &repo);
    let home = config::env::home().unwrap_or_default();
    match base.strip_prefix("~/") {
        Some(rest) => home.join(rest),
        None if base == "~" => home,
        None => place.root().join(&base),
    }
}

/// A variable that holds a number of at least 1.
fn number(name: &str, example: &str) -> Result<Option<u64>> {
    let Some(value) = config::env::value(name) else { return Ok(None) };
    let number = value.to_str().and_then(|text| text.trim().parse().ok()).filter(|number| *number > 0);
    let wrong = || {
        let message = format!("`{}` ({name}) is no number of 1 and more", value.display());
        Fault::usage(message, format!("give {example}, or unset `{name}`"))
    };
    number.map(Some).ok_or_else(wrong)
}
