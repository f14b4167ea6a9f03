//! `agent list|prompt|status|logs|stop`

mod list;

use clap::Subcommand;

use crate::commands::Context;
use crate::exit::Exit;

/// See which coding agents there are.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the agents that can be named: which are installed, their versions, what they can do
    List,
}

/// Runs one of them.
pub fn run(command: &Command, context: &Context) -> anyhow::Result<Exit> {
    match command {
        Command::List => list::list(context),
    }
}
