//! The grammar's root and the global options; parse → dispatch → report.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands::lazy::Lazy;
use crate::commands::{self, Context};
use crate::exit::Exit;
use crate::ui::{Color, Ui};

/// Takes ready tasks from a Beads graph, hands them to a coding agent, judges the result by gates
#[derive(Debug, Parser)]
#[command(name = "taskrun", version, propagate_version = false, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The options that work before and after every command.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Work in this directory's workspace [env: `TASKRUN_WORKSPACE`]
    #[arg(short = 'C', long = "workspace", value_name = "DIR", global = true)]
    pub workspace: Option<PathBuf>,
    /// Print results as JSON (runs: one event a line)
    #[arg(long, global = true)]
    pub json: bool,
    /// Say less: no progress
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", global = true)]
    pub color: Color,
}

/// Every command; its own grammar is built when it is typed.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Command {
    /// Make, choose and list workspaces
    #[command(subcommand)]
    Workspace(Lazy<commands::workspace::Command>),
    /// Keep tasks and what they wait for in `.beads/issues.jsonl`
    #[command(subcommand)]
    Beads(Lazy<Box<commands::beads::Command>>),
    /// Show every task in the column it is in
    Board(Lazy<commands::board::Args>),
    /// Work the ready tasks with an agent, and see how it goes
    #[command(subcommand)]
    Loop(Lazy<commands::loops::Command>),
    /// Run the quality gates by hand
    #[command(subcommand)]
    Gates(Lazy<commands::gates::Command>),
    /// See what was spent
    #[command(subcommand)]
    Budget(Lazy<commands::budget::Command>),
    /// Ask a coding agent by hand, and see which there are and which run
    #[command(subcommand)]
    Agent(Lazy<commands::agent::Command>),
    /// Keep and work a durable queue of tasks (MACP)
    Macp(Lazy<Box<commands::macp::Args>>),
    /// Show the skills: kinds of work with their stories, gates and prompts
    #[command(subcommand)]
    Skill(Lazy<commands::skill::Command>),
    /// Tell what a project is built on, and how that is worked with
    #[command(subcommand)]
    Stack(Lazy<commands::stack::Command>),
    /// Serve, preview and check the sites of a workspace
    #[command(subcommand)]
    Site(Lazy<Box<commands::site::Command>>),
    /// Lead a piece of work through steps, some done by agents, some by people
    #[command(subcommand)]
    Mission(Lazy<Box<commands::mission::Command>>),
    /// Work a small task graph in a throw-away repository, to see how it goes
    Demo(Lazy<commands::demo::Demo>),
    /// Print a shell's completion script
    Completions(Lazy<commands::completions::Completions>),
    /// Print the manual page, or write all of them into a directory
    Man(Lazy<commands::man::Man>),
}

/// Parses `args`, runs the command, reports its error, and returns how it ended.
pub fn dispatch(args: &[OsString]) -> Exit {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return commands::usage::report(&error, args),
    };
    let ui = Ui::new(cli.global.json, cli.global.quiet, cli.global.verbose, cli.global.color);
    let context = Context { ui, global: cli.global };
    let outcome = run(cli.command, &context);
    match (outcome, context.ui.stdout_failure()) {
        (Ok(exit), Some(error)) => {
            context.ui.error(&anyhow::Error::new(error).context("failed to write to stdout"));
            if exit == Exit::Done { Exit::Cannot } else { exit }
        }
        (Ok(exit), None) => exit,
        (Err(error), _) => {
            context.ui.error(&error);
            Exit::of(&error)
        }
    }
}

fn run(command: Command, context: &Context) -> anyhow::Result<Exit> {
    match command {
        Command::Workspace(Lazy(command)) => commands::workspace::run(command, context),
        Command::Beads(Lazy(command)) => commands::beads::run(*command, context),
        Command::Board(Lazy(args)) => commands::board::run(&args, context),
        Command::Loop(Lazy(command)) => commands::loops::run(command, context),
        Command::Gates(Lazy(command)) => commands::gates::run(&command, context),
        Command::Budget(Lazy(command)) => commands::budget::run(&command, context),
        Command::Agent(Lazy(command)) => commands::agent::run(&command, context),
        Command::Macp(Lazy(args)) => commands::macp::run(&args, context),
        Command::Skill(Lazy(command)) => commands::skill::run(&command, context),
        Command::Stack(Lazy(command)) => commands::stack::run(&command, context),
        Command::Site(Lazy(command)) => commands::site::run(&command, context),
        Command::Mission(Lazy(command)) => commands::mission::run(&command, context),
        Command::Demo(Lazy(args)) => commands::demo::run(&args, context),
        Command::Completions(Lazy(args)) => commands::completions::run(&args, context),
        Command::Man(Lazy(args)) => commands::man::run(&args, context),
    }
}
