//! `skill remove`

use anyhow::Result;

use crate::commands::Context;
use crate::exit::Exit;

/// Remove a skill of the workspace or of the user
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its id
    id: String,
    /// From the user's folder instead of the workspace's
    #[arg(long)]
    user: bool,
}

pub(super) fn run(_args: &Args, _context: &Context) -> Result<Exit> {
    Err(crate::fault::Fault::refused("not there yet", ""))
}
