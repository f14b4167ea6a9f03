//! All missions, each in a line.

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use super::shelf::twins;
use super::{Folder, Kind, Shelf, Status, Workflow};

/// What is said where a mission is at no step of a workflow that is known.
pub const UNKNOWN: &str = "Unknown";

/// A mission. The first six fields are seed 003's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// `m-…`
    pub mission_id: String,
    /// One line.
    pub title: String,
    /// What sort of work it is.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// How far it is; failed where its process died.
    pub status: Status,
    /// The step it is at; `Unknown` past the end.
    pub current_step_name: String,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// Whose steps it goes through.
    pub workflow_id: String,
    /// `active` or `completed`: where its folder lies.
    pub folder: &'static str,
}

/// The name of the step at `index`, as lists show it.
pub fn step_name(workflow: Option<&Workflow>, index: usize) -> String {
    let step = workflow.and_then(|workflow| workflow.steps.get(index));
    step.map_or_else(|| UNKNOWN.into(), |step| step.name.clone())
}

/// The missions under way, or all, by when they were made; and what is wrong with those that could not be read.
pub fn list(shelf: &Shelf, completed: bool) -> Result<(Vec<Listed>, Vec<anyhow::Error>)> {
    let (mut listed, mut broken) = (Vec::new(), Vec::new());
    // Without them only the names of steps are not known.
    let workflows = shelf.workflows().map_err(|error| broken.push(error)).unwrap_or_default();
    let all = shelf.all(completed)?;
    for same in all.chunk_by(|one, other| one.id() == other.id()) {
        // One that is completed meanwhile is seen twice, or where it is not any more.
        let there: Vec<&Folder> = match same {
            [one] => vec![one],
            many => many.iter().filter(|folder| folder.dir.is_dir()).collect(),
        };
        if let [one, other, ..] = there[..] {
            broken.push(twins(one, other));
            continue;
        }
        for folder in there {
            match entry(folder, &workflows) {
                Ok(one) => listed.push(one),
                Err(_) if !folder.dir.is_dir() => {}
                Err(error) => broken.push(error),
            }
        }
    }
    Ok((listed, broken))
}

fn entry(folder: &Folder, workflows: &[Workflow]) -> Result<Listed> {
    let mission = folder.truth()?;
    let workflow = workflows.iter().find(|workflow| workflow.workflow_id == mission.workflow_id);
    Ok(Listed {
        status: mission.status,
        current_step_name: step_name(workflow, mission.current_step),
        mission_id: mission.mission_id,
        title: mission.title,
        kind: mission.kind,
        updated_at: mission.updated_at,
        workflow_id: mission.workflow_id,
        folder: if folder.frozen { "completed" } else { "active" },
    })
}
