//! A task as it stands in `tasks.json`: MACP's fields (facts in its task schema) and ours beside them.

use std::collections::BTreeMap;
use std::ffi::OsString;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Waits for its turn.
    Pending,
    /// Its worker runs.
    Running,
    /// Its worker is done, its gates run.
    Gated,
    /// Done, gates passed.
    Completed,
    /// Given up.
    Failed,
    /// A person is needed.
    Escalated,
    /// Called off. MACP's schema has no word for it: on disk it is `failed` with `"cancelled": true`.
    Cancelled,
}

impl Status {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Running,
        Self::Gated,
        Self::Completed,
        Self::Failed,
        Self::Escalated,
        Self::Cancelled,
    ];

    /// The word people see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            other => other.on_disk(),
        }
    }

    /// The word of MACP's schema.
    pub fn on_disk(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Gated => "gated",
            Self::Completed => "completed",
            Self::Failed | Self::Cancelled => "failed",
            Self::Escalated => "escalated",
        }
    }

    /// Whether somebody works on it.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Gated)
    }

    /// Whether nothing more happens to it by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Escalated | Self::Cancelled)
    }
}

/// How a task is worked. That it is there at all makes a task MACP-aware. MACP's schema knows no plug-ins: in files one is
/// `exec` with its name in `plugin` beside it; where people type it, any other word is a plug-in's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dispatch {
    /// A command.
    Exec,
    /// A runtime's agent with full permission.
    Yolo,
    /// Handed to an outside session.
    Acp,
    /// The program `taskrun-exec-NAME` on `PATH`.
    #[serde(untagged)]
    Plugin(String),
}

impl Dispatch {
    /// The word in files.
    pub fn word(&self) -> &str {
        match self {
            Self::Exec => "exec",
            Self::Yolo => "yolo",
            Self::Acp => "acp",
            Self::Plugin(name) => name,
        }
    }
}

/// A gate of a task: a command, or with what kind of check it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a gate is a shell command, or an object with `command` and `type`")]
pub enum Gate {
    /// Its shell command.
    Command(String),
    /// The same with its kind.
    Typed {
        /// Its shell command.
        command: String,
        /// `mechanical` (where it is missing), `ai-review`, `ci-pipeline`.
        #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
    },
}

impl Gate {
    /// Its shell command.
    pub fn command(&self) -> &str {
        match self {
            Self::Command(command) | Self::Typed { command, .. } => command,
        }
    }

    /// Its kind.
    pub fn kind(&self) -> &str {
        match self {
            Self::Typed { kind: Some(kind), .. } => kind,
            _ => "mechanical",
        }
    }
}

/// A task's definition. What is not named here is in `rest` and survives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// How far it was when the file was written.
    pub status: Status,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `coding`, `deploy`, `research`, `review`, `documentation`, `infrastructure`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// How it is worked; none is the legacy path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch: Option<Dispatch>,
    /// The plug-in that works it, where `dispatch` is `exec`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// Which agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// Path of its worktree; none has it run in the repository itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree: Option<String>,
    /// Branch of its worktree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Its brief, relative to the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brief_path: Option<String>,
    /// Where its result goes, relative to the queue's directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_path: Option<String>,
    /// What it belongs to elsewhere, such as `#42`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<String>,
    /// Its pull request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pr: Option<String>,
    /// Ids of tasks that must be completed before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// Attempts in all; none is the default of the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u64>,
    /// Attempts started, when the file was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u64>,
    /// Longest time of one attempt, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// Its shell command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Its command as program and arguments, without a shell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub argv: Option<Vec<String>>,
    /// What must pass before it is completed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quality_gates: Vec<Gate>,
    /// 0 is most urgent, as in Beads; none is the default of its type, else 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u64>,
    /// Tasks of one key run one at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whose task it is; workers can claim by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// The launcher that its commands are handed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launcher: Option<String>,
    /// Variables for its command.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Where its command runs, relative to the repository or the worktree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// A file of MCP servers for its agent, relative to the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcp_config: Option<String>,
    /// Whether the result of an identical task will do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cache: bool,
    /// Program and arguments that get the result on stdin once it is completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_complete: Option<Vec<String>>,
    /// A JSON Schema file that the task's standard output must fit, relative to the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_schema: Option<String>,
    /// When it was submitted (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<jiff::Timestamp>,
    /// Whether it is called off; with status `failed`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// Anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
    /// What we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The variable that tells what a task runs how many tasks lie behind it, itself included.
pub const DEPTH: &str = "TASKRUN_DEPTH";

impl Task {
    /// How it is worked, a plug-in by its name; none is the legacy path.
    pub fn way(&self) -> Option<Dispatch> {
        match (&self.dispatch, &self.plugin) {
            (Some(Dispatch::Exec), Some(name)) => Some(Dispatch::Plugin(name.clone())),
            (dispatch, _) => dispatch.clone(),
        }
    }

    /// Whether it is not to be worked until somebody says so: `blocked` in its `metadata`.
    pub fn is_blocked(&self) -> bool {
        let blocked = self.metadata.as_ref().and_then(|metadata| metadata.get("blocked"));
        blocked.and_then(Value::as_bool) == Some(true)
    }

    /// How many tasks lie behind it, itself included, where an event submitted it.
    pub fn depth(&self) -> Option<u64> {
        self.rest.get("depth").and_then(Value::as_u64)
    }

    /// What everything that runs for it finds in its environment: its own variables, and how deep it lies.
    pub fn variables(&self) -> Vec<(OsString, OsString)> {
        let own = self.env.iter().map(|(name, value)| (name.into(), value.into()));
        own.chain(self.depth().map(|depth| (DEPTH.into(), depth.to_string().into()))).collect()
    }
}

/// The types of tasks that MACP knows.
pub const TYPES: [&str; 6] = ["coding", "deploy", "research", "review", "documentation", "infrastructure"];

/// The priority of a task that has none.
pub const PRIORITY: u64 = 2;
