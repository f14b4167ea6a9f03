//! `macp sync`

use std::path::PathBuf;

use anyhow::Result;

use crate::commands::Context;
use crate::domain::macp::tasks_md::{self, Change, Sync};
use crate::domain::macp::{Place, Queue, settings};
use crate::exit::Exit;
use crate::ui::one_line;

/// Bring the queue and a `TASKS.md` together
///
/// Every table with the columns `id` and `status` counts. New rows become tasks; the status goes both ways, and other columns
/// that a task has (`title`, `type`, `dispatch`, `runtime`, `branch`, `depends_on` and so on) go to the side that has not
/// changed them since the last sync. A table without `dispatch` makes tasks without it. Where both sides have changed a cell,
/// the queue's word counts, and that is told as a conflict. Tasks that are being worked are left alone; a row that is gone
/// removes no task, and tasks of the queue without a row get none: both are told. Of the Markdown nothing changes but such cells.
///
/// Without `--apply` nothing is written: the plan is printed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The Markdown file [default: `docs/TASKS.md`, else `TASKS.md`]
    file: Option<PathBuf>,
    /// Do it
    #[arg(long)]
    apply: bool,
}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let settings = settings::load(&place)?;
    let file = tasks_md::find(&place, args.file.as_deref(), context.global.workspace.as_deref())?;
    let mut queue = Queue::open(place)?;
    let sync = tasks_md::sync(&mut queue, &settings, &file, args.apply)?;
    context.ui.result(&sync, || text(&sync))?;
    for conflict in &sync.conflicts {
        context.ui.warn(&format!("line {}: {}", conflict.line.unwrap_or_default(), line(conflict)));
    }
    if sync.missing > 0 {
        let (s, are) = if sync.missing == 1 { ("", "is") } else { ("s", "are") };
        context.ui.notice(&format!("{} task{s} of the queue {are} not in the table", sync.missing));
    }
    match (sync.changes.is_empty() && sync.conflicts.is_empty(), sync.applied) {
        (true, _) if sync.left.is_empty() => context.ui.notice("table and queue agree"),
        (true, _) => context.ui.notice("nothing is to be done; where they differ is left as it is"),
        (false, false) => context.ui.notice("nothing was written; `--apply` does it"),
        (false, true) => {}
    }
    Ok(Exit::Done)
}

fn text(sync: &Sync) -> String {
    let file = one_line(&sync.file.file_name().unwrap_or_default().to_string_lossy());
    let lines = sync.changes.iter().chain(&sync.conflicts).chain(&sync.left);
    // Of tasks without a row the number is told, unless they had one.
    let lines = lines.filter(|change| change.line.is_some() || change.why.is_some());
    let lines = lines.map(|change| {
        let at = change.line.map(|line| format!(":{line}")).unwrap_or_default();
        format!("{file}{at}  {}", line(change))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// `A1  queue  status: not-started -> done`
fn line(change: &Change) -> String {
    let from = change.from.as_deref().map(one_line).unwrap_or_default();
    let to = change.to.as_deref().map(one_line).unwrap_or_default();
    let id = one_line(&change.id);
    let why = change.why.map(|why| format!("  ({why})")).unwrap_or_default();
    match (change.side, change.what.as_str()) {
        (Some(side), "new") => format!("{id}  {side}  new task, {to}"),
        (Some(side), what) => format!("{id}  {side}  {what}: {from} -> {to}{why}"),
        (None, "row") => format!("{id}  left   {to} in the queue{why}"),
        (None, what) => format!("{id}  left   {what}: {from} here, {to} in the queue{why}"),
    }
}
