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
/// that a task has (`type`, `dispatch`, `runtime`, `branch`, `depends_on` and so on) go to the queue where a cell has changed
/// since the last sync. A table without `dispatch` makes tasks without it. Where both sides have changed a status, the queue's
/// counts, and that is told. Tasks that are being worked are left alone; a row that is gone removes no task. Of the Markdown
/// nothing changes but cells of `status`.
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
        context.ui.warn(&format!("line {}: {}", conflict.line, line(conflict)));
    }
    match (sync.changes.is_empty() && sync.conflicts.is_empty(), sync.applied) {
        (true, _) => context.ui.notice("table and queue agree"),
        (false, false) => context.ui.notice("nothing was written; `--apply` does it"),
        (false, true) => {}
    }
    Ok(Exit::Done)
}

fn text(sync: &Sync) -> String {
    let file = one_line(&sync.file.file_name().unwrap_or_default().to_string_lossy());
    let lines = sync.changes.iter().chain(&sync.conflicts).chain(&sync.left);
    let lines = lines.map(|change| format!("{file}:{}  {}", change.line, line(change)));
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
        (None, what) => format!("{id}  left   {what}: {from} here, {to} in the queue{why}"),
    }
}
