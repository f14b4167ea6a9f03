//! `workspace init|set|get|list|forget`

use clap::Subcommand;

use crate::commands::Context;
use crate::exit::Exit;

/// Make, choose and list workspaces.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the workspace in force
    Get,
}

/// Runs one of them.
pub fn run(command: Command, context: &Context) -> anyhow::Result<Exit> {
    match command {
        Command::Get => context.workspace().map(|_| Exit::Done),
    }
}
