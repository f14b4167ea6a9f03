//! `mission show`

use anyhow::Result;

use super::picture;
use crate::commands::Context;
use crate::domain::missions::{Shelf, detail};
use crate::exit::Exit;

/// Show a mission: its steps, runs, artifacts and the end of its log
///
/// A step is done (✓), the one it is at (●) or to come (○). With `--json` the texts of the artifacts are given too, of those
/// longer than 64 KiB only the beginning: they are named in `truncated`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The mission
    #[arg(value_name = "ID")]
    id: String,
}

pub(super) fn run(args: &Args, shelf: &Shelf, context: &Context) -> Result<Exit> {
    let detail = detail::of(shelf, &args.id, context.ui.json())?;
    context.ui.result(&detail, || picture::whole(&detail, context.ui.fit()))?;
    Ok(Exit::Done)
}
