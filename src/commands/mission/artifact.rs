//! `mission artifact`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::missions::Shelf;
use crate::exit::Exit;

/// Print, write or list artifacts
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_args: &Args, _shelf: &Shelf, _context: &Context) -> Result<Exit> {
    Err(crate::fault::Fault::refused("not there yet", ""))
}
