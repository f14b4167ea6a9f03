//! `mission workflows`

use std::fmt::Write;

use anyhow::Result;

use crate::commands::Context;
use crate::domain::missions::{Shelf, Step, StepKind, Workflow};
use crate::exit::Exit;
use crate::ui::fit::{pad, wide};
use crate::ui::one_line;

/// List the workflows, or show one
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The workflow
    #[arg(value_name = "ID")]
    id: Option<String>,
}

pub(super) fn run(args: &Args, shelf: &Shelf, context: &Context) -> Result<Exit> {
    if let Some(id) = &args.id {
        let workflow = shelf.workflow(Some(id))?;
        context.ui.result(&workflow, || steps(&workflow))?;
        return Ok(Exit::Done);
    }
    let workflows = shelf.workflows()?;
    context.ui.result(&workflows, || {
        let width = workflows.iter().map(|workflow| workflow.workflow_id.len()).max().unwrap_or(0);
        let line = |workflow: &Workflow| {
            let (id, name, count) = (&workflow.workflow_id, one_line(&workflow.name), workflow.steps.len());
            format!("{id:width$}  {count:>2} step{}  {name}\n", if count == 1 { " " } else { "s" })
        };
        workflows.iter().map(line).collect()
    })?;
    Ok(Exit::Done)
}

/// Its name and a line for each step.
fn steps(workflow: &Workflow) -> String {
    let mut text = format!("{}: {}\n", workflow.workflow_id, one_line(&workflow.name));
    let steps = &workflow.steps;
    let ids = steps.iter().map(|step| step.step_id.len()).max().unwrap_or(0);
    let names = steps.iter().map(|step| wide(&one_line(&step.name))).max().unwrap_or(0);
    for (index, step) in steps.iter().enumerate() {
        let (id, name) = (&step.step_id, pad(&one_line(&step.name), names));
        let _ =
            writeln!(text, "{:>3}. {id:ids$}  {name}  {:10}  {}", index + 1, step.kind.word(), what(step));
    }
    text
}

/// What it needs and makes.
fn what(step: &Step) -> String {
    let text = |field: &Option<String>| one_line(field.as_deref().unwrap_or_default());
    match step.kind {
        StepKind::Agent => {
            let (from, to) = (text(&step.input_artifact), text(&step.output_artifact));
            format!("{}: {from} → {to}", text(&step.agent))
        }
        StepKind::HumanGate => text(&step.review_artifact),
        StepKind::Gate => one_line(&step.commands.join(" && ")),
        StepKind::Loop => match step.epic.as_deref().unwrap_or_default() {
            "" => "all ready tasks".into(),
            epic => format!("epic {}", one_line(epic)),
        },
        StepKind::Macp => {
            format!("{} task{}", step.tasks.len(), if step.tasks.len() == 1 { "" } else { "s" })
        }
    }
}
