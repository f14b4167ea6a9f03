//! `mission mark-completed`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::missions::{Shelf, kill};
use crate::exit::Exit;
use crate::ui::one_line;

/// Declare a mission completed
///
/// Whatever step it is at, as long as none runs. It is moved to the completed ones, where nothing of it changes any more.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The mission
    #[arg(value_name = "ID")]
    id: String,
}

pub(super) fn run(args: &Args, shelf: &Shelf, context: &Context) -> Result<Exit> {
    let (mission, dir) = kill::mark_completed(shelf, &args.id)?;
    context.ui.result(&mission, || {
        let dir = one_line(&dir.display().to_string());
        format!("mission {} is completed: {dir}", one_line(&mission.mission_id))
    })?;
    Ok(Exit::Done)
}
