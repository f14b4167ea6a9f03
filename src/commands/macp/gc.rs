//! `macp gc`

use std::fmt::Write;
use std::time::Duration;

use anyhow::Result;

use crate::commands::Context;
use crate::domain::macp::{Place, gc};
use crate::exit::Exit;
use crate::system::clock;
use crate::ui::one_line;

/// Remove what old finished tasks left
///
/// Completed, failed and cancelled tasks go, with their results and logs, unless a task that stays depends on
/// them or their worktree is still there. Pending, running and escalated tasks stay, and so does the log of events.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only tasks that ended at least so long ago (90s, 12h, 30d)
    #[arg(long, value_name = "TIME", value_parser = clock::parse_duration)]
    older_than: Duration,
}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let gone = gc::collect(place, args.older_than)?;
    context.ui.result(&gone, || {
        let needed = match gone.needed {
            0 => String::new(),
            count => format!("; {count} more are old, but others depend on them"),
        };
        let mut text = format!("removed {} tasks and {} files{needed}\n", gone.removed.len(), gone.files);
        for kept in &gone.kept {
            let (task, path) = (one_line(&kept.task), one_line(&kept.worktree.display().to_string()));
            let _ = writeln!(
                text,
                "  {task} stays: its worktree {path} is still there; `taskrun macp clean {task}`"
            );
        }
        text
    })?;
    Ok(Exit::Done)
}
