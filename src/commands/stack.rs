//! `stack …`: what a project is built on, and how that is worked with.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use crate::commands::Context;
use crate::domain::stack;
use crate::exit::Exit;

/// What to ask of stacks.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Command {
    /// Tell what a directory is built on, and why
    Detect(Detect),
    /// Print the commands, ports and pages of a stack
    Config(Config),
}

/// Tell what a directory is built on, and why
#[derive(Debug, clap::Args)]
pub struct Detect {
    /// The directory (default: the present one)
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Print the commands, ports and pages of a stack
#[derive(Debug, clap::Args)]
pub struct Config {
    /// The stack (default: that of the present directory)
    #[arg(value_name = "STACK")]
    stack: Option<String>,
}

/// Runs one of them.
pub fn run(command: &Command, context: &Context) -> Result<Exit> {
    match command {
        Command::Detect(args) => {
            let found = stack::detect(args.dir.as_deref().unwrap_or(".".as_ref()))?;
            context.ui.text(&format!("{found:?}"));
            Ok(Exit::Done)
        }
        Command::Config(args) => {
            context.ui.text(args.stack.as_deref().unwrap_or_default());
            Ok(Exit::Done)
        }
    }
}
