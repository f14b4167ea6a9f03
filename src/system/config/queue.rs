//! `[macp]` and `[launchers.NAME]` of `config.toml`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

/// `[macp]`: the queue. What is not set here may be in a `config.json` beside the queue.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MacpTable {
    /// Program and arguments in whose hands `yolo` tasks are given; `{runtime}` is replaced. It gets a terminal and the
    /// path of the brief as its last argument.
    pub yolo_command: Vec<String>,
    /// Program and arguments that get an `acp` task's JSON on stdin.
    pub acp_command: Vec<String>,
    /// Tasks at a time, over all who work the queue.
    pub max_concurrent: Option<u64>,
    /// Where worktrees lie; `~` and `{repo}` are replaced.
    pub worktree_base: Option<String>,
    /// Give a task the worktree of one that is over, reset.
    pub worktree_reuse: bool,
    /// Remove a task's worktree once it is over.
    pub cleanup_worktrees: Option<bool>,
    /// How tasks submitted without `--dispatch` are worked: `exec`, `yolo`, `acp`, a plug-in's name.
    pub default_dispatch: Option<String>,
    /// The agent of tasks that name none.
    pub default_runtime: Option<String>,
    /// Directories beside the repository and the worktrees in which tasks may run.
    pub allowed_dirs: Vec<String>,
    /// The pause before the second attempt, doubled each time.
    #[serde(deserialize_with = "super::file::optional_duration")]
    pub retry_delay: Option<Duration>,
    /// Gates by type of task, beside its own.
    pub gates: BTreeMap<String, Vec<String>>,
    /// Priority by type of task.
    pub priorities: BTreeMap<String, u64>,
}

/// `[launchers.NAME]`: what commands are handed to where this machine is too small.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LauncherEntry {
    /// Program and arguments put before the command; `{dir}`, `{task}`, `{branch}`, `{name}`, `{env}` are replaced.
    pub command: Vec<String>,
    /// Program and arguments that end what was launched as `{name}`.
    pub stop: Vec<String>,
    /// Variables handed on by name.
    pub pass_env: Vec<String>,
}
