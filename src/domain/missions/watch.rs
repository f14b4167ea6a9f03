//! What changed of a mission between two looks at it.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use super::detail;
use super::mission::{Mission, Status};
use super::run::{Needs, StepRun, needs};
use super::shelf::Shelf;
use super::workflow::Workflow;
use crate::system::clock;
use crate::system::stamp::Stamp;

/// A mission as it was seen.
#[derive(Debug)]
pub struct Sight {
    /// It.
    pub mission: Mission,
    /// The name of its step for people, and how many there are.
    step: Option<String>,
    steps: usize,
    runs: Vec<StepRun>,
    artifacts: BTreeMap<String, (u64, Stamp)>,
}

/// One change, as it is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Format version.
    pub v: u32,
    /// When it was noticed.
    pub ts: Timestamp,
    /// The mission.
    pub mission_id: String,
    /// What.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What there is to tell.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type")]
pub enum Kind {
    /// A run of a step began.
    #[serde(rename = "run.started")]
    Began {
        /// Which step.
        step_id: String,
        /// Which run.
        run_id: String,
    },
    /// An artifact was written.
    #[serde(rename = "artifact.written")]
    Written {
        /// Its name.
        artifact: String,
        /// Its size (bytes).
        size: u64,
    },
    /// A run of a step ended, or a person decided.
    #[serde(rename = "run.finished")]
    Ended(Box<StepRun>),
    /// The mission is in another state, or at another step.
    #[serde(rename = "mission.status")]
    Status {
        /// Its state.
        status: Status,
        /// Index of its step.
        current_step: usize,
        /// How many steps there are.
        steps: usize,
        /// The step's name for people; none past the end.
        step_name: Option<String>,
        /// Why it failed.
        #[serde(skip_serializing_if = "Option::is_none")]
        last_error: Option<String>,
    },
}

/// The mission `id` now.
pub fn look(shelf: &Shelf, workflows: &[Workflow], id: &str) -> Result<Sight> {
    let folder = shelf.find(id)?;
    let (mission, runs) = detail::truth(shelf, &folder)?;
    let workflow = workflows.iter().find(|workflow| workflow.workflow_id == mission.workflow_id);
    let step = workflow.and_then(|workflow| workflow.steps.get(mission.current_step));
    let dir = folder.artifacts();
    let artifacts = detail::sizes(&folder)?.into_iter().map(|(name, size)| {
        let stamp = Stamp::of(&dir.join(&name));
        (name, (size, stamp))
    });
    let artifacts = artifacts.collect();
    let step = step.map(|step| step.name.clone());
    Ok(Sight { mission, step, steps: workflow.map_or(0, |workflow| workflow.steps.len()), runs, artifacts })
}

impl Sight {
    /// What is new since `before`, in the order in which it came about; at the first look only where the mission is.
    pub fn since(&self, before: Option<&Self>) -> Vec<Change> {
        let mut kinds = Vec::new();
        if let Some(before) = before {
            let known = |run: &StepRun| before.runs.iter().find(|known| known.run_id == run.run_id);
            let ended = |run: &StepRun| run.finished_at.is_some() || run.error.is_some();
            for run in self.runs.iter().filter(|run| known(run).is_none() && run.decision.is_none()) {
                kinds.push(Kind::Began { step_id: run.step_id.clone(), run_id: run.run_id.clone() });
            }
            for (name, state) in
                self.artifacts.iter().filter(|(name, state)| before.artifacts.get(*name) != Some(state))
            {
                kinds.push(Kind::Written { artifact: name.clone(), size: state.0 });
            }
            let new = |run: &&StepRun| ended(run) && !known(run).is_some_and(ended);
            kinds.extend(self.runs.iter().filter(new).map(|run| Kind::Ended(Box::new(run.clone()))));
        }
        let state = |sight: &Self| (sight.mission.status, sight.mission.current_step);
        if before.is_none_or(|before| state(before) != state(self)) {
            kinds.push(self.status());
        }
        let change =
            |kind| Change { v: 1, ts: clock::now(), mission_id: self.mission.mission_id.clone(), kind };
        kinds.into_iter().map(change).collect()
    }

    fn status(&self) -> Kind {
        let failed = self.mission.status == Status::Failed;
        Kind::Status {
            status: self.mission.status,
            current_step: self.mission.current_step,
            steps: self.steps,
            step_name: self.step.clone(),
            last_error: self.mission.last_error.clone().filter(|_| failed),
        }
    }

    /// What the mission needs, where it has failed only for want of that.
    pub fn needs(&self) -> Option<Needs> {
        needs(&self.mission, &self.runs)
    }

    /// Whether nothing more happens by itself: it is over, has failed, or waits for a person.
    pub fn is_last(&self) -> bool {
        matches!(self.mission.status, Status::Completed | Status::Failed | Status::WaitingHuman)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sight(status: &str, current: usize, runs: &[serde_json::Value], artifacts: &[(&str, u64)]) -> Sight {
        let mission = json!({"mission_id": "m-1", "title": "t", "type": "fix", "workflow_id": "w",
            "current_step": current, "status": status, "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z", "last_error": "e"});
        let none = Stamp::of(std::path::Path::new("/no/such/file"));
        Sight {
            mission: serde_json::from_value(mission).unwrap(),
            step: Some("S".into()),
            steps: 3,
            runs: runs.iter().map(|run| serde_json::from_value(run.clone()).unwrap()).collect(),
            artifacts: artifacts.iter().map(|(name, size)| ((*name).to_owned(), (*size, none))).collect(),
        }
    }

    #[test]
    fn each_change_is_told_once_and_in_order() {
        let begun = json!({"step_id": "a", "run_id": "r-1", "started_at": "2026-01-01T00:00:00Z"});
        let with = |more: &[(&str, &str)]| {
            let mut run = begun.clone();
            for (key, value) in more {
                run[*key] = json!(value);
            }
            run
        };
        let ended = with(&[("finished_at", "2026-01-01T00:00:01Z")]);
        let dead = with(&[("error", "killed")]);
        let decided = with(&[("decision", "approved"), ("finished_at", "2026-01-01T00:00:01Z")]);
        let runs = |run: &serde_json::Value| vec![run.clone()];
        let ready = || sight("ready", 0, &[], &[("a", 1)]);
        let running = || sight("running_code_agent", 0, &runs(&begun), &[("a", 1)]);
        let table = [
            (None, ready(), vec!["mission.status"], false),
            (None, running(), vec!["mission.status"], false),
            (Some(ready()), ready(), vec![], false),
            (Some(ready()), running(), vec!["run.started", "mission.status"], false),
            (Some(running()), running(), vec![], false),
            (
                Some(running()),
                sight("waiting_human", 1, &runs(&ended), &[("a", 1), ("b", 2)]),
                vec!["artifact.written", "run.finished", "mission.status"],
                true,
            ),
            (
                Some(ready()),
                sight("ready", 1, &runs(&ended), &[("a", 2)]),
                vec!["run.started", "artifact.written", "run.finished", "mission.status"],
                false,
            ),
            (
                Some(running()),
                sight("failed", 0, &runs(&dead), &[("a", 1)]),
                vec!["run.finished", "mission.status"],
                true,
            ),
            (
                Some(ready()),
                sight("completed", 3, &runs(&decided), &[]),
                vec!["run.finished", "mission.status"],
                true,
            ),
        ];
        for (before, now, expected, last) in table {
            let changes = now.since(before.as_ref());
            let told: Vec<_> = changes.iter().map(|change| serde_json::to_value(change).unwrap()).collect();
            let types: Vec<_> = told.iter().map(|change| change["type"].as_str().unwrap()).collect();
            assert_eq!(types, expected, "{before:?} {now:?}");
            assert_eq!(now.is_last(), last, "{now:?}");
        }
    }
}
