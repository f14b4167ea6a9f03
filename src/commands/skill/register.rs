//! `skill register`

use std::path::PathBuf;

use anyhow::Result;

use crate::commands::Context;
use crate::exit::Exit;

/// Take over a skill from a file, standard input or the command line
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A skill as TOML or JSON, a folder with a `SKILL.md`, or `-` for standard input
    #[arg(value_name = "FILE|-", required_unless_present = "inline")]
    file: Option<PathBuf>,
    /// The skill itself, as JSON
    #[arg(long, value_name = "JSON", conflicts_with = "file", allow_hyphen_values = true)]
    inline: Option<String>,
    /// Put it into the user's folder instead of the workspace's
    #[arg(long)]
    user: bool,
    /// Replace the one that is there
    #[arg(long)]
    force: bool,
}

pub(super) fn run(_args: &Args, _context: &Context) -> Result<Exit> {
    Err(crate::fault::Fault::refused("not there yet", ""))
}
