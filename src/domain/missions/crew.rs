//! `.taskrun/agents.json`: which agents work for missions (`{"agents":{NAME:{"promptFile":…}}}`), as in seed 003; further fields are
//! ours.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::system::config::Permissions;

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Crew {
    /// By name.
    pub agents: BTreeMap<String, Member>,
    /// Fields of others.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Its instructions: a file in the workspace. YAML front matter (as agents of `.claude/agents` have it) is left out.
    #[serde(rename = "promptFile")]
    pub prompt_file: String,
    /// The agent CLI, by a name that `taskrun agent list` knows; the configured default if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Model instead of the configured one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Rights instead of the configured ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Permissions>,
    /// What it is handed to (`[launchers.NAME]`: docker, podman, bwrap), for isolation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launcher: Option<String>,
    /// A command instead of an agent CLI, as `[agents.NAME] command` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// Fields of others.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}
