//! `agent list|prompt|status|logs|stop`

mod list;
mod logs;
mod prompt;
mod status;

use clap::Subcommand;

use crate::commands::Context;
use crate::domain::attempt::budget::Spend;
use crate::exit::Exit;

/// What was spent, to a hundredth of a cent: a single prompt is cheap.
pub(crate) fn money(spend: &Spend) -> String {
    match (spend.known, spend.usd > 0.0) {
        (true, _) => format!("${:.4}", spend.usd.abs()),
        (false, true) => format!("${:.4} and an unknown amount", spend.usd),
        (false, false) => "an unknown amount".to_owned(),
    }
}

/// Ask a coding agent by hand, and see which there are and which run.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the agents that can be named: which are installed, their versions, what they can do
    List,
    /// Hand a prompt to an agent and print its answer as it comes
    Prompt(Box<prompt::Prompt>),
    /// Show which agents run, or what the last one came to
    Status(status::Status),
    /// Print what an agent printed, or remove what old runs left
    Logs(logs::Logs),
    /// End a running agent now, and wait until all is ended
    Stop(status::Stop),
}

/// Runs one of them.
pub fn run(command: &Command, context: &Context) -> anyhow::Result<Exit> {
    match command {
        Command::List => list::list(context),
        Command::Prompt(args) => prompt::prompt(args, context),
        Command::Status(args) => status::status(args, context),
        Command::Logs(args) => logs::logs(args, context),
        Command::Stop(args) => status::stop(args, context),
    }
}
