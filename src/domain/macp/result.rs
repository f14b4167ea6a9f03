//! The result of a task, in MACP's format: written once, after its gates, as `results/<id>.json`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::task::Status;
use crate::system::redact;

/// What came of a task. A failed or escalated one has both times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskResult {
    /// Its id.
    pub task_id: String,
    /// `completed`, `failed` or `escalated`.
    pub status: Status,
    /// When it was over.
    pub completed_at: Timestamp,
    /// The same, unless it is completed.
    #[serde(default)]
    pub failed_at: Option<Timestamp>,
    /// The worker's exit code; none where it was never started or ended by a signal.
    #[serde(default)]
    pub exit_code: Option<i64>,
    /// Which attempt this was, from 1.
    #[serde(default)]
    pub attempt: u64,
    /// How many there may be.
    #[serde(default)]
    pub max_attempts: u64,
    /// The agent, as resolved.
    #[serde(default)]
    pub runtime: String,
    /// How it was worked, as resolved; `exec` on the legacy path.
    #[serde(default)]
    pub dispatch: String,
    /// Its worktree.
    #[serde(default)]
    pub worktree: Option<String>,
    /// Its branch.
    #[serde(default)]
    pub branch: Option<String>,
    /// Its pull request.
    #[serde(default)]
    pub pr: Option<String>,
    /// For people: the last words of the worker.
    #[serde(default)]
    pub summary: String,
    /// Paths that were added, changed or deleted, committed or not.
    #[serde(default)]
    pub files_changed: Vec<String>,
    /// One entry a gate that ran, in order.
    #[serde(default)]
    pub gate_results: Vec<GateResult>,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<String>,
    /// Why a person is needed.
    #[serde(default)]
    pub escalation_reason: Option<String>,
    /// More: `started_at`, `duration_ms`, `spend`, `launcher`, `base` …
    #[serde(default)]
    pub metadata: Map<String, Value>,
}

/// Takes secrets out of all that a result tells, before it is written anywhere.
pub fn clean(result: &mut Value) {
    let Value::Object(fields) = result else { return };
    let told = fields.iter_mut().filter(|(name, _)| *name != "task_id");
    told.for_each(|(_, value)| redact::ours().value(value));
}

impl TaskResult {
    /// The same without secrets.
    #[must_use]
    pub fn cleaned(self) -> Self {
        let mut value = json!(self);
        clean(&mut value);
        serde_json::from_value(value).unwrap_or(self)
    }
}

/// How a gate went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateResult {
    /// Its command.
    pub command: String,
    /// Its exit code; 128 + n for a signal.
    pub exit_code: i64,
    /// `mechanical`, `ai-review`, `ci-pipeline`.
    #[serde(rename = "type")]
    pub kind: String,
}
