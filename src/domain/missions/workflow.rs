//! `.taskrun/workflows.json`: the workflows, as in seed 003 (`{"workflows":[…]}`); further types of steps are ours.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Workflow {
    /// Its name in commands.
    pub workflow_id: String,
    /// Its name for people.
    pub name: String,
    /// In order; at least one.
    pub steps: Vec<Step>,
    /// Fields of others.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Unique in the workflow; letters, digits, `-`, `_`.
    pub step_id: String,
    /// Its name for people.
    pub name: String,
    /// Who does it.
    #[serde(rename = "type")]
    pub kind: StepKind,
    /// `agent` steps: which one, by its name in `agents.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The artifact it begins with.
    #[serde(default, rename = "inputArtifact", skip_serializing_if = "Option::is_none")]
    pub input_artifact: Option<String>,
    /// The artifact that must be there when it is done.
    #[serde(default, rename = "outputArtifact", skip_serializing_if = "Option::is_none")]
    pub output_artifact: Option<String>,
    /// `human-gate` steps: what is to be looked at.
    #[serde(default, rename = "reviewArtifact", skip_serializing_if = "Option::is_none")]
    pub review_artifact: Option<String>,
    /// `gate` steps: commands that must all succeed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// `loop` steps: the epic whose tasks are worked until none is left; an id, or empty for all ready tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epic: Option<String>,
    /// `macp` steps: tasks that are submitted and worked to their end, as `macp submit --from` reads them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Map<String, Value>>,
    /// Fields of others.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Who does a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// An agent.
    Agent,
    /// A person.
    HumanGate,
    /// Commands.
    Gate,
    /// The loop.
    Loop,
    /// The queue.
    Macp,
}
