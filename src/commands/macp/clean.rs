//! `macp clean`

use anyhow::Result;
use serde_json::json;

use crate::commands::Context;
use crate::domain::macp::worktree::Cleaned;
use crate::domain::macp::{Place, worktree};
use crate::exit::Exit;
use crate::ui::one_line;

/// Remove the worktree of a task that is over
///
/// The branch stays. A worktree with changes that are not committed, or commits in no branch, stays too.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    #[arg(value_name = "ID", required_unless_present = "pool")]
    id: Option<String>,
    /// Remove it with what is unsaved in it, and that of a task that waits to be tried again
    #[arg(long)]
    force: bool,
    /// Remove the worktrees that wait to be used again (`worktree_reuse`)
    #[arg(long, conflicts_with_all = ["id", "force"])]
    pool: bool,
}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let Some(id) = &args.id else {
        let removed = worktree::empty_pool(&place)?;
        context.ui.result(&json!({"removed": removed}), || {
            removed.iter().map(|path| format!("removed {}", path.display())).collect::<Vec<_>>().join("\n")
        })?;
        return Ok(Exit::Done);
    };
    let cleaned = worktree::clean_task(id, place, args.force)?;
    let (word, path) = match &cleaned {
        Cleaned::Nothing => ("nothing", None),
        Cleaned::Removed(path) => ("removed", Some(path)),
    };
    context.ui.result(&json!({"id": id, "outcome": word, "path": path}), || match path {
        Some(path) => format!("removed {}", one_line(&path.display().to_string())),
        None => format!("{} has no worktree", one_line(id)),
    })?;
    Ok(Exit::Done)
}
