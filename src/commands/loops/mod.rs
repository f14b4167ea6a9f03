//! `loop run|status|pause|resume|stop|logs|history|prompt`

pub(crate) mod render;
pub(crate) mod run;
mod show;

pub(crate) use run::drive;

use clap::Subcommand;

use crate::commands::Context;
use crate::exit::Exit;

/// Work the ready tasks with an agent, and see how it goes.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take ready tasks one by one until there is a reason to end
    #[command(visible_alias = "start")]
    Run(Box<run::Run>),
    /// Show what the current or last run is doing
    Status,
    /// Let the run finish its iteration, then wait
    Pause,
    /// Let a paused run go on
    Resume,
    /// Let the run finish its iteration, then end
    Stop(show::Stop),
    /// Show what agents printed
    Logs(show::Logs),
    /// List every attempt: what it came to, what it cost, what to go back to
    History(show::History),
    /// Print the prompt an agent would get for a task
    Prompt(show::Prompt),
}

/// Runs one of them.
pub fn run(command: Command, context: &Context) -> anyhow::Result<Exit> {
    match command {
        Command::Run(args) => run::run(&args, context),
        Command::Status => show::status(context),
        Command::Pause => show::pause(context),
        Command::Resume => show::resume(context),
        Command::Stop(args) => show::stop(&args, context),
        Command::Logs(args) => show::logs(&args, context),
        Command::History(args) => show::history(&args, context),
        Command::Prompt(args) => show::prompt(&args, context),
    }
}
