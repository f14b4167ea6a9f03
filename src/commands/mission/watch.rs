//! `mission watch`

use std::time::Duration;

use anyhow::Result;

use super::picture;
use crate::commands::Context;
use crate::commands::words::parse_span;
use crate::domain::missions::watch::{Change, Kind, Sight, look};
use crate::domain::missions::{Shelf, Status};
use crate::exit::Exit;
use crate::system::interrupt;
use crate::ui::fit::bytes;
use crate::ui::one_line;

/// Print each change, until a person is needed
///
/// Ends when the mission waits for a person (exit code 4), has failed (1) or is completed (0). A step that failed because its agent
/// is blocked, or a task was escalated, waits for a person, too; one that met a limit ends it with 3, one that the provider makes
/// wait with 75. With `--json` each change is one line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The mission
    #[arg(value_name = "ID")]
    id: String,
    /// How often to look
    #[arg(long, value_name = "DUR", default_value = "1s", value_parser = parse_span)]
    interval: Duration,
}

pub(super) fn run(args: &Args, shelf: &Shelf, context: &Context) -> Result<Exit> {
    interrupt::install()?;
    let workflows = shelf.workflows()?;
    let mut before: Option<Sight> = None;
    loop {
        // It may just be moving to the completed ones; what is wrong the second time is wrong.
        let now = look(shelf, &workflows, &args.id).or_else(|_| look(shelf, &workflows, &args.id))?;
        for change in now.since(before.as_ref()) {
            if context.ui.json() { context.ui.line(&change)? } else { context.ui.text(&line(&change)) }
        }
        if now.is_last() {
            return Ok(match now.mission.status {
                Status::Completed => Exit::Done,
                Status::Failed => {
                    now.needs().map_or(Exit::Failed, |needs| Exit::from_code(needs.exit_code()))
                }
                _ => Exit::Human,
            });
        }
        if context.ui.stdout_is_gone() {
            return Ok(Exit::Done);
        }
        before = Some(now);
        // Ending it is how one stops watching, and no error.
        if let (Err(_), Some(signal)) = (interrupt::nap(args.interval), interrupt::signal()) {
            return Ok(Exit::Interrupted(signal));
        }
    }
}

fn line(change: &Change) -> String {
    let told = match &change.kind {
        Kind::Began { step_id, run_id } => format!("step {} began ({})", one_line(step_id), one_line(run_id)),
        Kind::Written { artifact, size } => format!("{} written ({})", one_line(artifact), bytes(*size)),
        Kind::Ended(run) if run.decision.is_some() => {
            let note = run.note.as_deref().map(|note| format!(": {}", one_line(note))).unwrap_or_default();
            format!("step {} {}{note}", one_line(&run.step_id), picture::decision(run))
        }
        Kind::Ended(run) => format!("step {} ended: {}", one_line(&run.step_id), picture::outcome(run)),
        Kind::Status { status, current_step, steps, step_name, last_error } => {
            let name = step_name.as_deref().map(one_line);
            let at = name.map(|name| format!(" at step {} of {steps}, {name}", current_step + 1));
            let why = last_error.as_deref().map(|why| format!(": {}", one_line(why)));
            let word = picture::coloured(*status, status.word());
            format!("{word}{}{}", at.unwrap_or_default(), why.unwrap_or_default())
        }
    };
    format!("{}  {told}", change.ts.strftime("%Y-%m-%dT%H:%M:%SZ"))
}
