//! `config.toml` as people write it; every key is optional, an unknown one is an error.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::loops::LoopTable;
use super::queue::{LauncherEntry, MacpTable};
use super::site::SiteTable;
use super::stacks::StackEntry;
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
    /// `[mcp.NAME]`
    pub mcp: BTreeMap<String, McpEntry>,
    /// `[logs]`
    pub logs: LogsTable,
    /// `[macp]`
    pub macp: MacpTable,
    /// `[launchers.NAME]`
    pub launchers: BTreeMap<String, LauncherEntry>,
    /// `[site]`
    pub site: SiteTable,
    /// `[stacks.NAME]`
    pub stacks: BTreeMap<String, StackEntry>,
}

/// `[agent]`: which agent runs, with what rights, for how long.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentTable {
    /// `claude`, `codex`, `opencode`, `gemini`, `shell`, or a name below `[agents]`.
    pub default: String,
    /// Model name handed to the agent; none leaves the agent's own choice.
    pub model: Option<String>,
    /// What the agent may do without being asked.
    pub permissions: Permissions,
    /// Longest time one attempt may take.
    #[serde(deserialize_with = "duration")]
    pub timeout: Duration,
    /// Longest silence of the agent, but for the time that a tool of its is known to run.
    #[serde(deserialize_with = "duration")]
    pub idle_timeout: Duration,
    /// Longest time before an agent that reports what it does says anything at all.
    #[serde(deserialize_with = "duration")]
    pub start_timeout: Duration,
    /// Who takes over for the rest of a run when the provider makes the agent wait, in this order.
    pub fallback: Vec<String>,
    /// What a rate limit does where no flag says it; none is `fallback` where there is one, else `wait`
    /// on a terminal and `exit` without.
    pub on_rate_limit: Option<OnRateLimit>,
    /// How often in a row an overloaded provider or a dropped stream is tried again.
    pub retries: u64,
    /// The pause before the first of those, doubled each time.
    #[serde(deserialize_with = "duration")]
    pub retry_delay: Duration,
    /// The same event this often in a row ends the agent; 0 never does.
    pub max_repeats: u64,
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
            start_timeout: Duration::from_secs(60),
            fallback: Vec::new(),
            on_rate_limit: None,
            retries: 5,
            retry_delay: Duration::from_secs(5),
            max_repeats: 50,
            env_pass: Vec::new(),
            env_drop: Vec::new(),
            leave_children: false,
        }
    }
}

/// What the loop does when the provider makes the agent wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnRateLimit {
    /// Wait until it is over.
    Wait,
    /// End the run, to be tried again later.
    Exit,
    /// Go on with the next agent of `agent.fallback`.
    Fallback,
}

/// What an agent may do without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default, serde::Serialize)]
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
    /// The program of a built-in agent, where it is not on `PATH`.
    pub path: Option<String>,
    /// More arguments for a built-in agent, put after taskrun's own.
    pub args: Vec<String>,
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
    /// `codex exec --json`.
    Codex,
    /// `opencode run --format json`.
    Opencode,
    /// Gemini CLI's `stream-json`.
    Gemini,
}

/// `[budget]`: limits of a run, of a task, of a day.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BudgetTable {
    /// USD one run may spend.
    #[serde(deserialize_with = "optional_usd")]
    pub usd: Option<f64>,
    /// Tokens one run may use.
    #[serde(deserialize_with = "optional_count")]
    pub tokens: Option<u64>,
    /// Iterations one run may make.
    #[serde(deserialize_with = "optional_count")]
    pub iterations: Option<u64>,
    /// Time one run may take.
    #[serde(deserialize_with = "optional_duration")]
    pub time: Option<Duration>,
    /// USD one attempt may spend.
    #[serde(deserialize_with = "optional_usd")]
    pub per_attempt_usd: Option<f64>,
    /// USD all attempts on one task may spend.
    #[serde(deserialize_with = "optional_usd")]
    pub per_task_usd: Option<f64>,
    /// USD all attempts of one UTC day may spend.
    #[serde(deserialize_with = "optional_usd")]
    pub per_day_usd: Option<f64>,
}

/// `[gates]`: commands by stack, `"*"` for any.
#[derive(Debug, Clone, Default)]
pub struct GatesTable {
    /// Longest time one gate may take (default 20m).
    pub timeout: Option<Duration>,
    /// Shell commands by stack name.
    pub by_stack: BTreeMap<String, Vec<String>>,
}

/// Who keeps the tasks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// We do, in `.beads/issues.jsonl`.
    #[default]
    Builtin,
    /// The program `bd`; every command calls it.
    Bd,
}

/// `[beads]`: where tasks are kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BeadsTable {
    /// Who keeps them.
    pub backend: Backend,
    /// Push after each sync.
    pub push: bool,
}

/// `[mcp.NAME]`: an MCP server that every agent is given, in its own form.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct McpEntry {
    /// Program to start, for a server on standard input and output.
    pub command: Option<String>,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables set for it; no secrets, which go by `pass_env`.
    pub env: BTreeMap<String, String>,
    /// Names of variables handed on to it; their values are written nowhere.
    pub pass_env: Vec<String>,
    /// Address, for a server reached by HTTP.
    pub url: Option<String>,
    /// HTTP headers; `${NAME}` in a value is the variable of that name.
    pub headers: BTreeMap<String, String>,
    /// The only tools of it that may be used; empty is all.
    pub tools: Vec<String>,
    /// Longest time of one call, in seconds.
    pub timeout_s: Option<u64>,
}

/// `[logs]`: what is kept of what agents and gates print.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogsTable {
    /// How long the logs of a run are kept.
    #[serde(deserialize_with = "duration")]
    pub keep: Duration,
    /// Largest size of one log, in bytes.
    #[serde(deserialize_with = "count")]
    pub max_size: u64,
}

impl Default for LogsTable {
    fn default() -> Self {
        Self { keep: Duration::from_secs(30 * 24 * 3600), max_size: 64 << 20 }
    }
}

/// `[prices."MODEL"]`: USD per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Uncached input.
    #[serde(deserialize_with = "usd")]
    pub input: f64,
    /// Cached input.
    #[serde(default, deserialize_with = "usd")]
    pub cached: f64,
    /// Input written to a cache; none is as `input`.
    #[serde(default, deserialize_with = "optional_usd")]
    pub cache_write: Option<f64>,
    /// Output.
    #[serde(deserialize_with = "usd")]
    pub output: f64,
}

// By hand, for `serde(flatten)` would lose the place of an error.
impl<'de> Deserialize<'de> for GatesTable {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(GatesVisitor)
    }
}

struct GatesVisitor;

impl<'de> Visitor<'de> for GatesVisitor {
    type Value = GatesTable;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a table of gate commands by stack")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<GatesTable, A::Error> {
        let mut gates = GatesTable::default();
        while let Some(key) = map.next_key::<String>()? {
            if key == "timeout" {
                gates.timeout = Some(map.next_value::<Limit>()?.0);
            } else {
                gates.by_stack.insert(key, map.next_value::<Commands>()?.0);
            }
        }
        Ok(gates)
    }
}

#[derive(Deserialize)]
struct Limit(#[serde(deserialize_with = "duration")] Duration);

#[derive(Deserialize)]
struct Commands(#[serde(deserialize_with = "commands")] Vec<String>);

fn commands<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let commands = Vec::<String>::deserialize(from)?;
    if commands.iter().any(|command| command.trim().is_empty()) {
        return Err(D::Error::custom("a gate is an empty command"));
    }
    Ok(commands)
}

pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let duration = clock::parse_duration(&String::deserialize(from)?).map_err(D::Error::custom)?;
    if duration.is_zero() {
        return Err(D::Error::custom("must be more than zero"));
    }
    Ok(duration)
}

pub(super) fn optional_duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    duration(from).map(Some)
}

fn usd<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let usd = f64::deserialize(from)?;
    if !usd.is_finite() {
        return Err(D::Error::custom("must be a number of USD"));
    }
    if usd < 0.0 {
        return Err(D::Error::custom("must not be negative"));
    }
    Ok(usd)
}

fn optional_usd<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    usd(from).map(Some)
}

pub(super) fn count<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let count = u64::deserialize(from)?;
    if count == 0 {
        return Err(D::Error::custom("must be more than zero"));
    }
    Ok(count)
}

fn optional_count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    count(from).map(Some)
}
