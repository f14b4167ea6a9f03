//! `macp show`

use anyhow::Result;

use super::{TaskId, open};
use crate::commands::Context;
use crate::domain::macp::{Place, overview};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::system::clock;
use crate::ui::{many_lines, one_line};

/// Show a task with its result
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    task: TaskId,
}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let id = args.task.id().ok_or_else(|| {
        Fault::usage("which task is not said", "name its id; `taskrun macp status` counts the tasks")
    })?;
    let queue = open(place, context)?;
    let full = overview::full(&queue, id)?;
    let lines = full.detail.lines(clock::now());
    if let Some(warning) = &full.warning {
        context.ui.warn(&one_line(warning));
    }
    let task = serde_json::to_string_pretty(&full.task)?;
    let result = full.result.as_ref().map(serde_json::to_string_pretty).transpose()?;
    context.ui.result(&full, || {
        let mut parts: Vec<String> =
            lines.iter().map(|(name, value)| format!("{name:<11} {}", one_line(value))).collect();
        parts.push(format!("\ntask {}", many_lines(&task)));
        parts.extend(result.map(|result| format!("\nresult {}", many_lines(&result))));
        parts.join("\n")
    })?;
    Ok(Exit::Done)
}
