//! `mission watch`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::missions::Shelf;
use crate::exit::Exit;

/// Print each change, until a person is needed
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The mission
    #[arg(value_name = "ID")]
    id: String,
}

pub(super) fn run(_args: &Args, _shelf: &Shelf, _context: &Context) -> Result<Exit> {
    Err(crate::fault::Fault::refused("not there yet", ""))
}
