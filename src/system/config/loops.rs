//! `[loop]` of the settings.

use serde::Deserialize;

use super::file::count;

/// `[loop]`: how the loop behaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoopTable {
    /// Attempts on one task before a person is asked.
    #[serde(deserialize_with = "count")]
    pub max_attempts: u64,
    /// Commit what a task changed.
    pub commit: bool,
    /// Iterations in a row that changed nothing before the run ends; 0 never ends it.
    pub no_progress: u64,
    /// Continue the agent's session on the next attempt of the same task.
    pub resume_session: bool,
    /// Who judges the work of an attempt whose gates are green.
    pub verify: Verify,
    /// The agent that does; none is the one that works.
    pub verify_agent: Option<String>,
    /// The model it is asked for.
    pub verify_model: Option<String>,
    /// Tasks at a time; only 1 is possible in this version.
    #[serde(deserialize_with = "count")]
    pub jobs: u64,
}

impl Default for LoopTable {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            commit: true,
            no_progress: 3,
            resume_session: false,
            verify: Verify::None,
            verify_agent: None,
            verify_model: None,
            jobs: 1,
        }
    }
}

/// Who judges, after green gates, whether a task is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verify {
    /// Nobody: the gates decide.
    #[default]
    None,
    /// A second agent, which sees the task, its criteria and what was changed.
    Agent,
}
