//! `config.toml` as people write it; every key is optional, an unknown one is an error.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::system::clock;

/// A whole `config.toml`. Field names are the keys; `man taskrun-config` documents each.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `[agent]`
    pub agent: AgentTable,
    /// `[agents.NAME]`
    pub agents: BTreeMap<String, AgentsEntry>,
    /// `[budget]`
    pub budget: BudgetTable,
    /// `[gates]`
    pub gates: GatesTable,
    /// `[loop]`
    #[serde(rename = "loop")]
    pub loops: LoopTable,
    /// `[beads]`
    pub beads: BeadsTable,
    /// `[prices."MODEL"]`
    pub prices: BTreeMap<String, Price>,
}

/// `[agent]`: which agent runs, with what rights, for how long.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentTable {
    /// `claude`, `shell`, or a name below `[agents]`.
    pub default: String,
    /// Model name handed to the agent; none leaves the agent's own choice.
    pub model: Option<String>,
    /// What the agent may do without being asked.
    pub permissions: Permissions,
    /// Longest time one attempt may take.
    #[serde(deserialize_with = "duration")]
    pub timeout: Duration,
    /// Longest silence of the agent.
    #[serde(deserialize_with = "duration")]
    pub idle_timeout: Duration,
    /// Environment variables handed on though they would be cleared.
    pub env_pass: Vec<String>,
    /// Environment variables not handed on.
    pub env_drop: Vec<String>,
    /// Keep what the agent left running after a normal end.
    pub leave_children: bool,
}

impl Default for AgentTable {
    fn default() -> Self {
        Self {
            default: "claude".into(),
            model: None,
            permissions: Permissions::Workspace,
            timeout: Duration::from_secs(30 * 60),
            idle_timeout: Duration::from_secs(10 * 60),
            env_pass: Vec::new(),
            env_drop: Vec::new(),
            leave_children: false,
        }
    }
}

/// What an agent may do without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Permissions {
    /// Look, but change nothing.
    ReadOnly,
    /// Change files in the workspace and run commands there.
    #[default]
    Workspace,
    /// Anything; never a default.
    Full,
}

/// `[agents.NAME]`: any other command, or a built-in agent's own settings.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentsEntry {
    /// Program and arguments; `{prompt_file}`, `{model}` and `{dir}` are replaced.
    pub command: Vec<String>,
    /// How the prompt reaches it.
    pub prompt: PromptBy,
    /// What its output is.
    pub output: Output,
    /// Model, where it differs from `[agent] model`.
    pub model: Option<String>,
}

/// How the prompt reaches a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum PromptBy {
    /// On its standard input.
    #[default]
    Stdin,
    /// In a file whose path replaces `{prompt_file}`.
    File,
}

/// What a command's standard output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// Plain text; all of it is the final message.
    #[default]
    Text,
    /// Claude Code's `stream-json`.
    Claude,
}

/// `[budget]`: limits of a run, of a task, of a day.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BudgetTable {
    /// USD one run may spend.
    pub usd: Option<f64>,
    /// Tokens one run may use.
    pub tokens: Option<u64>,
    /// Iterations one run may make.
    pub iterations: Option<u64>,
    /// Time one run may take.
    #[serde(deserialize_with = "optional_duration")]
    pub time: Option<Duration>,
    /// USD all attempts on one task may spend.
    pub per_task_usd: Option<f64>,
    /// USD all attempts of one UTC day may spend.
    pub per_day_usd: Option<f64>,
}

/// `[gates]`: commands by stack, `"*"` for any.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct GatesTable {
    /// Longest time one gate may take (default 20m).
    #[serde(deserialize_with = "optional_duration")]
    pub timeout: Option<Duration>,
    /// Shell commands by stack name.
    #[serde(flatten)]
    pub by_stack: BTreeMap<String, Vec<String>>,
}

/// `[loop]`: how the loop behaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoopTable {
    /// Attempts on one task before a person is asked.
    pub max_attempts: u64,
    /// Commit what a task changed.
    pub commit: bool,
    /// Iterations in a row that changed nothing before the run ends; 0 never ends it.
    pub no_progress: u64,
    /// Tasks at a time; only 1 is possible in this version.
    pub jobs: u64,
}

impl Default for LoopTable {
    fn default() -> Self {
        Self { max_attempts: 3, commit: true, no_progress: 3, jobs: 1 }
    }
}

/// `[beads]`: where tasks are kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BeadsTable {
    /// `builtin`; `bd` is not available in this version.
    pub backend: Option<String>,
    /// Push after each sync.
    pub push: bool,
}

/// `[prices."MODEL"]`: USD per million tokens.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Uncached input.
    pub input: f64,
    /// Cached input.
    #[serde(default)]
    pub cached: f64,
    /// Output.
    pub output: f64,
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    clock::parse_duration(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

fn optional_duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    duration(from).map(Some)
}
