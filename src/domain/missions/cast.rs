//! Who works while a mission is taken on: read once, before its first step. What an agent writes into these files meanwhile holds
//! for the next command, and for no step of this one.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};

use super::crew::{self, Crew, Member};
use super::mission::Mission;
use super::shelf::Shelf;
use super::workflow::{Step, StepKind, Workflow};
use crate::fault::Fault;
use crate::system::document::shown;
use crate::system::store;

/// The agents of the steps to come, and what each is told of itself.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    crew: Crew,
    prompts: HashMap<String, String>,
}

/// The steps that are run before somebody is asked again: one, or all up to the next gate for a person.
pub fn ahead<'w>(workflow: &'w Workflow, mission: &Mission, until_gate: bool) -> &'w [Step] {
    let rest = workflow.steps.get(mission.current_step..).unwrap_or_default();
    let gate = rest.iter().position(|step| step.kind == StepKind::HumanGate).unwrap_or(rest.len());
    &rest[..if until_gate { gate } else { gate.min(1) }]
}

impl Cast {
    /// Reads the agents of `steps`, and their prompt files. Errors ([`Fault::Invalid`]): one that is not there.
    pub fn read(shelf: &Shelf, steps: &[Step]) -> Result<Self> {
        let agents = steps.iter().filter(|step| step.kind == StepKind::Agent);
        let names: Vec<&str> = agents.map(|step| step.agent.as_deref().unwrap_or_default()).collect();
        if names.is_empty() {
            return Ok(Self::default());
        }
        let crew = shelf.crew()?;
        let mut prompts = HashMap::new();
        for name in names {
            let path = shelf.workspace().root().join(&crew.get(name)?.prompt_file);
            prompts.insert(name.to_owned(), instructions(&path, name)?);
        }
        Ok(Self { crew, prompts })
    }

    /// The agent of that name, and its prompt file's text. Errors ([`Fault::Invalid`]): it was not there at the beginning.
    pub fn get(&self, name: &str) -> Result<(&Member, &str)> {
        let member = self.crew.get(name)?;
        let prompt = self.prompts.get(name).with_context(|| crew::absent(name))?;
        Ok((member, prompt))
    }
}

fn instructions(path: &Path, name: &str) -> Result<String> {
    let told = |what: &str| format!("`{}`, the prompt file of agent `{name}`, {what}", shown(path));
    // Whoever opens a pipe waits for somebody to write into it.
    if std::fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
        return Err(Fault::invalid(told("is no regular file"), "put a regular file there"));
    }
    store::read_text(path)?.ok_or_else(|| {
        Fault::invalid(
            told("is missing"),
            "write it, or have the standard ones made with `taskrun mission init`",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_run_before_the_next_person_is_ahead() {
        let step = |kind: &str| json!({"step_id": kind, "name": kind, "type": kind});
        let steps = json!([step("agent"), step("gate"), step("agent"), step("human-gate"), step("loop")]);
        let workflow: Workflow =
            serde_json::from_value(json!({"workflow_id": "w", "name": "W", "steps": steps})).unwrap();
        for (at, until_gate, expected) in [
            (0, true, 3),
            (0, false, 1),
            (2, true, 1),
            (3, true, 0),
            (3, false, 0),
            (4, true, 1),
            (9, true, 0),
        ] {
            let mission = json!({"mission_id": "m-1", "title": "t", "type": "fix", "workflow_id": "w",
                "current_step": at, "status": "ready", "created_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-01-01T00:00:00Z"});
            let mission: Mission = serde_json::from_value(mission).unwrap();
            assert_eq!(ahead(&workflow, &mission, until_gate).len(), expected, "{at} {until_gate}");
        }
    }
}
