//! `macp clean`

use anyhow::Result;
use serde_json::json;

use crate::commands::Context;
use crate::domain::macp::{Place, worktree_clean};
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
        let removed = worktree_clean::pool(&place)?;
        context.ui.result(&json!({"removed": removed}), || {
            removed
                .iter()
                .map(|path| format!("removed {}", one_line(&path.display().to_string())))
                .collect::<Vec<_>>()
                .join("\n")
        })?;
        return Ok(Exit::Done);
    };
    let removed = worktree_clean::task(id, place, args.force)?;
    context.ui.result(&json!({"id": id, "removed": removed}), || match &removed {
        Some(path) => format!("removed {}", one_line(&path.display().to_string())),
        None => format!("{} has no worktree", one_line(id)),
    })?;
    Ok(Exit::Done)
}
