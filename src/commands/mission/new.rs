//! `mission new`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::missions::Shelf;
use crate::exit::Exit;

/// Make a mission
#[derive(Debug, clap::Args)]
pub struct Args {
    /// One line
    #[arg(long, value_name = "TITLE")]
    title: String,
    /// What sort of work it is
    #[arg(long = "type", value_name = "TYPE")]
    kind: String,
    /// What is wanted: text, a file, or `-` for standard input
    #[arg(long, value_name = "TEXT|FILE|-", allow_hyphen_values = true)]
    input: Option<String>,
    /// Whose steps it goes through [default: the first workflow]
    #[arg(long, value_name = "ID")]
    workflow: Option<String>,
}

pub(super) fn run(_args: &Args, _shelf: &Shelf, _context: &Context) -> Result<Exit> {
    Err(crate::fault::Fault::refused("not there yet", ""))
}
