//! `agent list`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::agents::listing::{self, Listed};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::system::{config, interrupt};

pub(super) fn list(context: &Context) -> Result<Exit> {
    let (config, dir) = match context.workspace() {
        Ok(workspace) => (config::load(Some(&workspace.config_file()))?, workspace.root().to_owned()),
        // It needs none; one that was asked for must be there.
        Err(error) if matches!(error.downcast_ref(), Some(Fault::NoWorkspace)) => {
            (config::load(None)?, config::env::current_dir()?)
        }
        Err(error) => return Err(error),
    };
    // What is asked for its version is ended with us.
    interrupt::install()?;
    let agents = listing::list(&config, &dir)?;
    context.ui.result(&agents, || table(&agents))?;
    Ok(Exit::Done)
}

fn table(agents: &[Listed]) -> String {
    let width = |of: fn(&Listed) -> usize| agents.iter().map(of).max().unwrap_or(0);
    let (names, kinds) = (width(|agent| agent.name.chars().count()), width(|agent| agent.kind.len()));
    let versions = width(|agent| agent.version.as_ref().map_or(1, String::len));
    let line = |agent: &Listed| {
        let mark = if agent.default { '*' } else { ' ' };
        let version = agent.version.as_deref().unwrap_or("-");
        let path = match (&agent.path, &agent.install) {
            (Some(path), Some(install)) => format!("{}  too old; {install}", path.display()),
            (Some(path), None) => path.display().to_string(),
            (None, Some(install)) => format!("not installed; {install}"),
            (None, None) => "not installed".to_owned(),
        };
        format!("{mark} {:names$}  {:kinds$}  {version:versions$}  {path}\n", agent.name, agent.kind)
    };
    agents.iter().map(line).collect()
}
