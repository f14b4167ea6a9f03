//! `mission init`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::missions::Shelf;
use crate::exit::Exit;

/// Make the folders, the standard workflow and its agents where they are missing
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_args: &Args, _shelf: &Shelf, _context: &Context) -> Result<Exit> {
    Err(crate::fault::Fault::refused("not there yet", ""))
}
