//! `mission.json`: what a mission is and how far it is. Field names as in seed 003, so that other tools can read it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Version of the file.
pub const VERSION: u64 = 1;

/// A mission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mission {
    /// Version of the file; one without is of version 1.
    #[serde(default = "version")]
    pub version: u64,
    /// `m-<milliseconds>-<random>`
    pub mission_id: String,
    /// One line.
    pub title: String,
    /// What sort of work it is.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Whose steps it goes through.
    pub workflow_id: String,
    /// Index of the step it is at; as many as there are steps when it is over.
    pub current_step: usize,
    /// How far it is. What was running when its process died still says so here: ask [`super::Folder`] for what is true.
    pub status: Status,
    /// When it was made.
    pub created_at: Timestamp,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// Everything that went wrong, oldest first.
    #[serde(default)]
    pub errors: Vec<String>,
    /// The last of them that still matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Fields of others.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

fn version() -> u64 {
    VERSION
}

/// What sort of work a mission is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something new.
    Feature,
    /// A small mend.
    Fix,
    /// The mend of a bug.
    Bugfix,
}

/// How far a mission is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not yet to be worked. Never written by us; `continue` takes it as `ready`.
    Draft,
    /// The step can be run.
    Ready,
    /// A person has to look at an artifact.
    WaitingHuman,
    /// The step runs: an agent, commands, a loop or a queue.
    RunningCodeAgent,
    /// Never written by us (the original ran some steps in its own server); read as [`Status::RunningCodeAgent`].
    RunningRootLlm,
    /// The step failed; it can be run again.
    Failed,
    /// All steps are done.
    Completed,
}

impl Status {
    /// As the file has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Ready => "ready",
            Self::WaitingHuman => "waiting_human",
            Self::RunningCodeAgent => "running_code_agent",
            Self::RunningRootLlm => "running_root_llm",
            Self::Failed => "failed",
            Self::Completed => "completed",
        }
    }

    /// Whether a step is being run, if its process lives.
    pub fn runs(self) -> bool {
        matches!(self, Self::RunningCodeAgent | Self::RunningRootLlm)
    }
}
