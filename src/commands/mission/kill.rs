//! `mission kill`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::missions::{Shelf, kill};
use crate::exit::Exit;
use crate::ui::one_line;

/// End the step that runs
///
/// All that it has started is ended, and the mission is failed: `mission continue` runs the step again. Exit code 1 when
/// nothing runs.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The mission
    #[arg(value_name = "ID")]
    id: String,
}

pub(super) fn run(args: &Args, shelf: &Shelf, context: &Context) -> Result<Exit> {
    let killed = kill::kill(shelf, &args.id)?;
    context.ui.result(&killed, || {
        format!("ended step `{}` of mission {}", one_line(&killed.step), one_line(&killed.mission))
    })?;
    Ok(Exit::Done)
}
