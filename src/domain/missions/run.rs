//! `runs/step-NN-STEP.RUN.json`: one run of a step, or what a person decided at one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::mission::{self, Mission, Status};
use super::output::Print;
use super::sheet::{Spot, Wrong};
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

/// The field of a record that says what a run needs, see [`Needs`].
pub const NEEDS: &str = "needs";

/// The field of a record that says what an agent left, see [`StepRun::left`].
pub const LEFT: &str = "left";

/// What has to come before a failed step makes sense to be run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// A person's word: its agent is blocked, a task was escalated.
    Human,
    /// More money, time or tokens.
    Budget,
    /// Time to pass: the provider makes the agent wait.
    Patience,
}

impl Needs {
    const ALL: [Self; 3] = [Self::Human, Self::Budget, Self::Patience];

    /// What a step needs that ended with this exit code.
    pub fn of(exit_code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|needs| needs.exit_code() == exit_code)
    }

    /// As records have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Budget => "budget",
            Self::Patience => "patience",
        }
    }

    /// What whoever ran or watched it exits with.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Human => 4,
            Self::Budget => 3,
            Self::Patience => 75,
        }
    }
}

/// What the mission needs whose step failed: what the last run of any step said.
pub fn needs(mission: &Mission, runs: &[StepRun]) -> Option<Needs> {
    let last = runs.iter().rfind(|run| run.decision.is_none()).filter(|_| mission.status == Status::Failed);
    last.and_then(StepRun::needs)
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

    /// What it needs where it ended without a fault of its own, of which watchers are told the exit code.
    pub fn needs(&self) -> Option<Needs> {
        let word = self.more.get(NEEDS)?.as_str()?;
        Needs::ALL.into_iter().find(|needs| needs.word() == word)
    }

    /// What it left in its step's output artifact.
    pub fn left(&self) -> Option<Print> {
        serde_json::from_value(self.more.get(LEFT)?.clone()).ok()
    }

    /// Whether it goes on: it has not ended, and its process lives.
    pub fn goes_on(&self) -> bool {
        self.finished_at.is_none() && self.holder.as_ref().is_some_and(Holder::alive)
    }
}

impl StepRun {
    /// How it ended, in a word: `running`, `ok`, `failed`, or what a person decided. One whose process died has failed.
    pub fn state(&self) -> &str {
        if let Some(decision) = self.decision.as_deref() {
            return decision;
        }
        let good = self.finished_at.is_some() && self.error.is_none() && self.signal.is_none();
        if self.goes_on() {
            "running"
        } else if good && self.exit_code.is_none_or(|code| code == 0) {
            "ok"
        } else {
            "failed"
        }
    }

    /// Why it failed, if it did.
    pub fn reason(&self) -> Option<&str> {
        let died = self.finished_at.is_none() && self.decision.is_none() && !self.goes_on();
        self.error.as_deref().or_else(|| died.then_some("its process died"))
    }
}

/// What is wrong with a record that could not be read.
pub(super) fn check(top: &Spot<'_>) -> Result<(), Wrong> {
    for field in ["step_id", "run_id"] {
        top.need(field)?.text()?;
    }
    mission::time(&top.need("started_at")?)?;
    if let Some(finished) = top.field("finished_at").filter(|at| at.any_text().is_ok()) {
        mission::time(&finished)?;
    }
    for field in ["error", "run", "decision", "note", "by"] {
        top.field(field).map(|field| field.any_text_or_null()).transpose()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_in_a_word() {
        let now = Timestamp::UNIX_EPOCH;
        let begun = StepRun::begin("s", "r-1", now);
        let over = StepRun { finished_at: Some(now), exit_code: Some(0), ..begun.clone() };
        let dead = Holder { start: u64::MAX, ..Holder::me() };
        let table = [
            (begun.clone(), "running", None),
            (StepRun { holder: Some(dead), ..begun.clone() }, "failed", Some("its process died")),
            (StepRun { holder: None, ..begun }, "failed", Some("its process died")),
            (over.clone(), "ok", None),
            (StepRun { exit_code: None, ..over.clone() }, "ok", None),
            (StepRun { exit_code: Some(3), error: Some("E".into()), ..over.clone() }, "failed", Some("E")),
            (StepRun { exit_code: Some(0), error: Some("E".into()), ..over.clone() }, "failed", Some("E")),
            (StepRun { exit_code: None, signal: Some(9), ..over.clone() }, "failed", None),
            (StepRun { decision: Some("sent_back".into()), ..over }, "sent_back", None),
        ];
        for (run, state, reason) in table {
            assert_eq!((run.state(), run.reason()), (state, reason), "{run:?}");
        }
    }
}
