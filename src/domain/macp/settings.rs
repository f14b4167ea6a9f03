//! What is in force for a queue: `config.json` beside it (MACP's), `[macp]` of taskrun's own settings, the environment.
//! Order: flags, environment, `.taskrun/config.toml`, `config.json`, defaults.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;

use super::place::Place;
use super::task::{Dispatch, Gate};
use crate::system::config::Config;
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
    /// Attempts of a task that does not say.
    pub max_attempts: u64,
    /// Attempts in all where it is what was to run them that fails.
    pub infrastructure_attempts: u64,
    /// Tasks at a time, over all drains and runs of the queue.
    pub max_concurrent: u64,
    /// Gates of every task that has none of its own.
    pub gates: Vec<Gate>,
    /// Gates by type of task, beside its own.
    pub gates_by_type: BTreeMap<String, Vec<String>>,
}

/// Loads it. Errors: a file or variable that makes no sense, naming it.
pub fn load(place: &Place) -> Result<Settings> {
    let config = config::load(Some(place.settings()))?;
    let foreign = store::read_text(&place.config())?;
    let foreign: Foreign = foreign.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default();
    let set = config.macp.clone();
    let repo = place.root().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let base = set.worktree_base.clone().or(foreign.macp.worktree_base.clone());
    let base = base.unwrap_or_else(|| "~/src/{repo}-worktrees".into()).replace("{repo}", &repo);
    let home = config::env::home().unwrap_or_default();
    let base =
        base.strip_prefix("~/").map(|rest| home.join(rest)).unwrap_or_else(|| place.root().join(&base));
    Ok(Settings {
        worktree_base: base,
        default_dispatch: foreign.macp.default_dispatch.clone().unwrap_or(Dispatch::Exec),
        default_runtime: foreign
            .worker
            .runtime
            .clone()
            .or(set.default_runtime.clone())
            .unwrap_or_else(|| "codex".into()),
        cleanup_worktrees: set.cleanup_worktrees.or(foreign.macp.cleanup_worktrees).unwrap_or(true),
        worktree_reuse: set.worktree_reuse,
        timeout: Duration::from_secs(foreign.worker.timeout_seconds.unwrap_or(300)),
        max_attempts: foreign.worker.max_attempts.unwrap_or(1),
        infrastructure_attempts: 3,
        max_concurrent: set.max_concurrent.unwrap_or(5),
        gates: foreign.quality_gates.clone(),
        gates_by_type: set.gates.clone(),
        foreign,
        config,
    })
}
