//! `completions SHELL`

use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::commands::Context;
use crate::exit::Exit;

/// Print a shell's completion script.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

/// Runs it.
pub fn run(args: &Completions, context: &Context) -> Result<Exit> {
    let (_, script) = script(args.shell);
    context.ui.bytes(&script);
    Ok(Exit::Done)
}

/// The name of a shell's completion file, as that shell looks for it, and what is in it.
pub fn script(shell: Shell) -> (String, Vec<u8>) {
    use clap_complete::Generator;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "taskrun", &mut script);
    (shell.file_name("taskrun"), script)
}
