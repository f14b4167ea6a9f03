//! `gates run|list`

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use crate::commands::Context;
use crate::domain::attempt::event::Kind;
use crate::domain::attempt::gates;
use crate::domain::attempt::receipt::GateResult;
use crate::domain::loops::{check, plan};
use crate::exit::Exit;
use crate::system::config;

/// Quality gates: the commands that must pass before a task is closed.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run all gates; exit 1 when one is red
    Run {
        /// A shell command to run beside the configured ones
        #[arg(long = "gate", value_name = "CMD")]
        gates: Vec<String>,
        /// Hand the gates to `[launchers.NAME]` of the settings
        #[arg(long, value_name = "NAME")]
        launcher: Option<String>,
    },
    /// List the gates in force for this project
    List,
}

/// Runs one of them.
pub fn run(command: &Command, context: &Context) -> Result<Exit> {
    let workspace = context.workspace()?;
    let config = config::load(Some(&workspace.config_file()))?;
    let (extra, launcher) = match command {
        Command::Run { gates, launcher } => (gates.as_slice(), launcher.as_deref()),
        Command::List => (&[][..], None),
    };
    let gates = plan::gates(&workspace, &config, extra, true)?;
    if let Command::List = command {
        let list: Vec<_> = gates.commands.iter().map(|command| json!({"command": command})).collect();
        context.ui.result(&list, || gates.commands.join("\n"))?;
        return Ok(Exit::Done);
    }
    let mut tell = |kind: Kind| {
        if let Kind::GateStarted { command } = kind {
            context.ui.progress(&format!("running {command}"));
        }
    };
    let launcher = plan::launcher(&workspace, &config, launcher)?;
    let results = check::check(&workspace, gates, launcher.as_ref(), &mut tell)?;
    context.ui.result(&results, || results.iter().map(line).collect())?;
    Ok(if results.iter().all(|result| result.passed) { Exit::Done } else { Exit::Failed })
}

fn line(result: &GateResult) -> String {
    if result.passed {
        return format!("ok   {}\n", result.command);
    }
    format!("red  {}, see {}\n", gates::complaint(result), result.output.display())
}
