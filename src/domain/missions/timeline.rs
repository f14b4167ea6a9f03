//! How far a mission is, step by step. Pure.

use super::mission::{Mission, Status};
use super::run::StepRun;
use super::workflow::{Step, StepKind, Workflow};

/// Whether a step is behind a mission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is done.
    Done,
    /// It is there.
    Here,
    /// It is to come.
    ToCome,
}

impl Stage {
    /// As it is drawn.
    pub fn mark(self) -> char {
        match self {
            Self::Done => '✓',
            Self::Here => '●',
            Self::ToCome => '○',
        }
    }
}

/// A step of a mission.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// It.
    pub step: &'a Step,
    /// Whether it is behind.
    pub stage: Stage,
    /// How often it was run, or decided at.
    pub times: usize,
    /// The last time; of a step that is to come again, what there was before it was sent back.
    pub last: Option<&'a StepRun>,
}

/// All steps in order. What was never done because somebody declared the mission completed is not shown as done.
pub fn of<'a>(workflow: &'a Workflow, mission: &Mission, runs: &'a [StepRun]) -> Vec<Mark<'a>> {
    let mark = |(index, step): (usize, &'a Step)| {
        let own = || runs.iter().filter(|run| run.step_id == step.step_id);
        let stage = match index.cmp(&mission.current_step) {
            std::cmp::Ordering::Less if is_behind(step, runs) => Stage::Done,
            std::cmp::Ordering::Equal if mission.status != Status::Completed => Stage::Here,
            _ => Stage::ToCome,
        };
        Mark { number: index + 1, step, stage, times: own().count(), last: own().next_back() }
    };
    workflow.steps.iter().enumerate().map(mark).collect()
}

/// Whether a step before the current one was really passed: what is run leaves a record. Of gates for people there need not be
/// one: the program that missions come from keeps none.
fn is_behind(step: &Step, runs: &[StepRun]) -> bool {
    step.kind == StepKind::HumanGate || runs.iter().any(|run| run.step_id == step.step_id)
}

/// Whether the workflow has other steps than those that this mission went through.
pub fn is_changed(workflow: &Workflow, mission: &Mission, runs: &[StepRun]) -> bool {
    let behind = workflow.steps.iter().take(mission.current_step);
    let known = |run: &StepRun| workflow.steps.iter().any(|step| step.step_id == run.step_id);
    behind.into_iter().any(|step| !is_behind(step, runs)) || !runs.iter().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_step_is_behind_here_or_to_come() {
        let step = |id: &str| json!({"step_id": id, "name": id, "type": "human-gate"});
        let workflow = json!({"workflow_id": "w", "name": "W", "steps": [step("a"), step("b"), step("c")]});
        let workflow: Workflow = serde_json::from_value(workflow).unwrap();
        let run = |step: &str, id: &str| {
            let run = json!({"step_id": step, "run_id": id, "started_at": "2026-01-01T00:00:00Z"});
            serde_json::from_value::<StepRun>(run).unwrap()
        };
        let runs = [run("a", "r-1"), run("b", "r-2"), run("a", "r-3")];
        let table = [
            (0, "ready", "●○○"),
            (1, "waiting_human", "✓●○"),
            (2, "failed", "✓✓●"),
            (3, "completed", "✓✓✓"),
            (1, "completed", "✓○○"),
            (9, "failed", "✓✓✓"),
        ];
        for (current, status, expected) in table {
            let mission = json!({"mission_id": "m-1", "title": "t", "type": "fix", "workflow_id": "w",
                "current_step": current, "status": status, "created_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-01-01T00:00:00Z"});
            let mission: Mission = serde_json::from_value(mission).unwrap();
            let marks = of(&workflow, &mission, &runs);
            let drawn: String = marks.iter().map(|mark| mark.stage.mark()).collect();
            assert_eq!(drawn, expected, "{current} {status}");
            let last: Vec<_> = marks.iter().map(|mark| mark.last.map(|run| run.run_id.as_str())).collect();
            assert_eq!(last, [Some("r-3"), Some("r-2"), None]);
            assert_eq!(marks[0].times, 2);
        }
    }

    #[test]
    fn what_never_ran_is_not_behind() {
        let workflow = |ids: &[&str]| -> Workflow {
            let step = |id: &&str| json!({"step_id": id, "name": id, "type": if *id == "h" { "human-gate" } else { "agent" }});
            let steps: Vec<_> = ids.iter().map(step).collect();
            serde_json::from_value(json!({"workflow_id": "w", "name": "W", "steps": steps})).unwrap()
        };
        let mission = json!({"mission_id": "m-1", "title": "t", "type": "fix", "workflow_id": "w", "current_step": 2,
            "status": "ready", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"});
        let mission: Mission = serde_json::from_value(mission).unwrap();
        let run = json!({"step_id": "a", "run_id": "r-1", "started_at": "2026-01-01T00:00:00Z"});
        let runs: Vec<StepRun> = vec![serde_json::from_value(run).unwrap()];
        let table: [(&[&str], &str, bool); 4] = [
            (&["a", "h", "b"], "✓✓●", false),
            (&["new", "a", "h", "b"], "○✓●○", true),
            (&["other", "h", "b"], "○✓●", true),
            (&["h", "h", "b"], "✓✓●", true),
        ];
        for (ids, expected, changed) in table {
            let workflow = workflow(ids);
            let marks = of(&workflow, &mission, &runs);
            let drawn: String = marks.iter().map(|mark| mark.stage.mark()).collect();
            assert_eq!((&*drawn, is_changed(&workflow, &mission, &runs)), (expected, changed), "{ids:?}");
        }
    }
}
