//! `runs/step-NN-STEP.RUN.json`: one run of a step, or what a person decided at one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::attempt::budget::Spend;
use crate::system::lock::Holder;

/// A run. The first five fields are seed 003's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRun {
    /// Which step.
    pub step_id: String,
    /// `r-…`
    pub run_id: String,
    /// When it began; never changed afterwards.
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// What it exited with; none while it runs, and where it was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The process that waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// The attempt's own run, whose folder lies in `.taskrun/runs/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// What it cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spend: Option<Spend>,
    /// At a human gate: `approved`, `edited` or `sent_back`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// The person's word with it; a step that is sent back is told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Fields of others.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

impl StepRun {
    /// One that begins now, in this process.
    pub fn begin(step_id: &str, run_id: &str, now: Timestamp) -> Self {
        Self {
            step_id: step_id.into(),
            run_id: run_id.into(),
            started_at: now,
            finished_at: None,
            exit_code: None,
            signal: None,
            error: None,
            holder: Some(Holder::me()),
            run: None,
            spend: None,
            decision: None,
            note: None,
            by: None,
            more: Map::new(),
        }
    }

    /// Whether it goes on: it has not ended, and its process lives.
    pub fn goes_on(&self) -> bool {
        self.finished_at.is_none() && self.holder.as_ref().is_some_and(Holder::alive)
    }
}
