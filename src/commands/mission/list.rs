//! `mission list`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::missions::Shelf;
use crate::exit::Exit;

/// List the missions under way
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Completed ones too
    #[arg(long)]
    all: bool,
}

pub(super) fn run(_args: &Args, _shelf: &Shelf, _context: &Context) -> Result<Exit> {
    Err(crate::fault::Fault::refused("not there yet", ""))
}
