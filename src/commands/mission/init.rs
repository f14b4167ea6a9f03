//! `mission init`

use anyhow::Result;
use serde_json::json;

use crate::commands::Context;
use crate::domain::missions::{Shelf, builtin};
use crate::exit::Exit;
use crate::system::document::shown;
use crate::ui::one_line;

/// Make the folders, the standard workflow and its agents where they are missing
///
/// Makes `.taskrun/missions/active` and `completed`, `.taskrun/workflows.json` with the workflow `standard-feature`,
/// `.taskrun/agents.json` and the instructions of its four agents in `.claude/agents/`. What is there stays as it is.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_args: &Args, shelf: &Shelf, context: &Context) -> Result<Exit> {
    let made = builtin::init(shelf)?;
    let made: Vec<String> = made.iter().map(|path| shown(path)).collect();
    let dir = shelf.workspace().missions_dir();
    context.ui.result(&json!({"dir": dir, "made": made}), || {
        if made.is_empty() {
            return "nothing was missing".into();
        }
        made.iter().map(|path| format!("made {}", one_line(path))).collect::<Vec<_>>().join("\n")
    })?;
    Ok(Exit::Done)
}
