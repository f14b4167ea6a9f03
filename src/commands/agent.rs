//! `agent list`

use clap::Subcommand;

use crate::commands::Context;
use crate::domain::agents::catalog::{self, Listed};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::system::config;

/// See which coding agents there are.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the agents that can be named, and which are installed
    List,
}

/// Runs one of them.
pub fn run(command: &Command, context: &Context) -> anyhow::Result<Exit> {
    match command {
        Command::List => list(context),
    }
}

fn list(context: &Context) -> anyhow::Result<Exit> {
    let (config, dir) = match context.workspace() {
        Ok(workspace) => (config::load(Some(&workspace.config_file()))?, workspace.root().to_owned()),
        // It needs none; one that was asked for must be there.
        Err(error) if matches!(error.downcast_ref(), Some(Fault::NoWorkspace)) => {
            (config::load(None)?, config::env::current_dir()?)
        }
        Err(error) => return Err(error),
    };
    let agents = catalog::list(&config, &dir);
    context.ui.result(&agents, || table(&agents))?;
    Ok(Exit::Done)
}

fn table(agents: &[Listed]) -> String {
    let width = |of: fn(&Listed) -> usize| agents.iter().map(of).max().unwrap_or(0);
    let (names, kinds) = (width(|agent| agent.name.chars().count()), width(|agent| agent.kind.len()));
    let line = |agent: &Listed| {
        let mark = if agent.default { '*' } else { ' ' };
        let path = agent.path.as_ref().map_or("not installed".into(), |path| path.display().to_string());
        format!("{mark} {:names$}  {:kinds$}  {path}\n", agent.name, agent.kind)
    };
    agents.iter().map(line).collect()
}
