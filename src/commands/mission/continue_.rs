//! `mission continue`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::missions::Shelf;
use crate::exit::Exit;

/// Run the step, or pass the gate, that a mission is at
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The mission
    #[arg(value_name = "ID")]
    id: String,
    /// Run all steps up to the next one that needs a person
    #[arg(long)]
    until_gate: bool,
}

pub(super) fn run(_args: &Args, _shelf: &Shelf, _context: &Context) -> Result<Exit> {
    Err(crate::fault::Fault::refused("not there yet", ""))
}
