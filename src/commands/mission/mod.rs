//! `mission …`: pieces of work that go through steps, some done by agents, some by people.

mod artifact;
mod continue_;
mod init;
mod kill;
mod list;
mod logs;
mod mark_completed;
mod new;
mod picture;
mod review;
mod runs;
mod show;
mod watch;
mod workflows;

use anyhow::Result;
use clap::Subcommand;

use crate::commands::Context;
use crate::domain::missions::Shelf;
use crate::exit::Exit;

/// What to do with missions.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Command {
    /// Make the folders, the standard workflow and its agents where they are missing
    Init(init::Args),
    /// Make a mission
    New(new::Args),
    /// List the missions under way
    List(list::Args),
    /// Show a mission: its steps, runs, artifacts and the end of its log
    Show(show::Args),
    /// Run the step, or pass the gate, that a mission is at
    Continue(continue_::Args),
    /// Look at what waits for a person, and decide
    Review(review::Args),
    /// Print, write or list artifacts
    Artifact(artifact::Args),
    /// List what was run
    Runs(runs::Args),
    /// Print what a step printed
    Logs(logs::Args),
    /// Print each change, until a person is needed
    Watch(watch::Args),
    /// End the step that runs
    Kill(kill::Args),
    /// Declare a mission completed
    MarkCompleted(mark_completed::Args),
    /// List the workflows, or show one
    Workflows(workflows::Args),
}

/// Runs one of them.
pub fn run(command: &Command, context: &Context) -> Result<Exit> {
    let shelf = Shelf::of(&context.workspace()?);
    match command {
        Command::Init(args) => init::run(args, &shelf, context),
        Command::New(args) => new::run(args, &shelf, context),
        Command::List(args) => list::run(args, &shelf, context),
        Command::Show(args) => show::run(args, &shelf, context),
        Command::Continue(args) => continue_::run(args, &shelf, context),
        Command::Review(args) => review::run(args, &shelf, context),
        Command::Artifact(args) => artifact::run(args, &shelf, context),
        Command::Runs(args) => runs::run(args, &shelf, context),
        Command::Logs(args) => logs::run(args, &shelf, context),
        Command::Watch(args) => watch::run(args, &shelf, context),
        Command::Kill(args) => kill::run(args, &shelf, context),
        Command::MarkCompleted(args) => mark_completed::run(args, &shelf, context),
        Command::Workflows(args) => workflows::run(args, &shelf, context),
    }
}
