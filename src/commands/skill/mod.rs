//! `skill …`: kinds of work with their stories, gates and prompts.

mod apply;
mod get;
mod list;
mod new;
mod register;
mod remove;
mod render;
mod select;

use anyhow::Result;
use clap::Subcommand;

use crate::commands::Context;
use crate::domain::skills::catalog::{Catalog, From};
use crate::domain::skills::home::Home;
use crate::domain::workspace::Workspace;
use crate::exit::Exit;
use crate::fault::Fault;

/// What to do with skills.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Command {
    /// List the skills, and where each comes from
    List(list::Args),
    /// Show one skill
    Get(get::Args),
    /// Write the file of a new skill, to be filled in
    New(new::Args),
    /// Take over a skill from a file, standard input or the command line
    Register(register::Args),
    /// Remove a skill of the workspace or of the user
    Remove(remove::Args),
    /// Select the skill that the next `loop run` goes by
    Select(select::Args),
    /// Make the stories of a skill tasks below an epic, all or nothing
    Apply(apply::Args),
    /// Print the prompt an agent would get for a task by a skill
    Render(render::Args),
}

/// Runs one of them.
pub fn run(command: &Command, context: &Context) -> Result<Exit> {
    match command {
        Command::List(args) => list::run(args, context),
        Command::Get(args) => get::run(args, context),
        Command::New(args) => new::run(args, context),
        Command::Register(args) => register::run(args, context),
        Command::Remove(args) => remove::run(args, context),
        Command::Select(args) => select::run(args, context),
        Command::Apply(args) => apply::run(args, context),
        Command::Render(args) => render::run(args, context),
    }
}

/// The skills seen from here; no workspace is needed.
fn catalog(context: &Context) -> Result<Catalog> {
    let found = Workspace::find(context.global.workspace.as_deref())?;
    Ok(Catalog::new(found.as_ref().map(|found| &found.workspace)))
}

/// Where skills are written: the workspace's folder, or the user's.
fn home(user: bool, context: &Context) -> Result<Home> {
    if !user {
        return context.workspace().map(|workspace| Home::of(&workspace));
    }
    Home::user().ok_or_else(|| Fault::usage("there is no user's folder without `HOME`", "set `HOME`"))
}

/// In words.
fn whose(from: From) -> &'static str {
    match from {
        From::Builtin => "built-in",
        From::User => "user's",
        From::Workspace => "workspace's",
    }
}
