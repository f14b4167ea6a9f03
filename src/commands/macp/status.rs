//! `macp status`

use anyhow::Result;

use super::{TaskId, open};
use crate::commands::Context;
use crate::domain::macp::{Place, overview};
use crate::exit::Exit;
use crate::system::clock;
use crate::ui::one_line;

/// Count the tasks by status, or show one
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    task: TaskId,
}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let queue = open(place, context)?;
    if let Some(id) = args.task.id() {
        let detail = overview::detail(&queue, id)?;
        context.ui.result(&detail, || {
            let lines = detail.lines(clock::now());
            let lines = lines.iter().map(|(name, value)| format!("{name:<11} {}", one_line(value)));
            lines.collect::<Vec<_>>().join("\n")
        })?;
        return Ok(Exit::Done);
    }
    let all = overview::overview(&queue);
    context.ui.result(&all, || {
        let mut lines: Vec<String> =
            all.counts.iter().map(|(word, count)| format!("{word:<10} {count}")).collect();
        lines.push(format!("{:<10} {}", "total", all.total));
        let stuck = all.stuck.iter();
        lines.extend(stuck.map(|task| format!("stuck: {} {}", one_line(&task.id), one_line(&task.reason))));
        lines.extend(all.lost.iter().map(|id| {
            format!("gone: {} its worker is not there any more; the next drain sees to it", one_line(id))
        }));
        if all.more_stuck > 0 {
            lines.push(format!("stuck: {} more", all.more_stuck));
        }
        lines.join("\n")
    })?;
    Ok(Exit::Done)
}
