//! `mission logs`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::missions::Shelf;
use crate::exit::Exit;

/// Print what a step printed
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The mission
    #[arg(value_name = "ID")]
    id: String,
    /// Go on until the step has ended
    #[arg(short, long)]
    follow: bool,
}

pub(super) fn run(_args: &Args, _shelf: &Shelf, _context: &Context) -> Result<Exit> {
    Err(crate::fault::Fault::refused("not there yet", ""))
}
