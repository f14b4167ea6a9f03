//! `workspace init|set|get|list|forget`

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use crate::commands::Context;
use crate::domain::workspace::{Origin, Workspace, init, registry, start_dir};
use crate::exit::Exit;

/// Make, choose and list workspaces.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a directory a workspace: `.taskrun/` and, where there is none, `.beads/`
    Init {
        /// The directory, made where it is missing [default: the current one]
        dir: Option<PathBuf>,
        /// What new task ids begin with
        #[arg(long, value_name = "PREFIX")]
        prefix: Option<String>,
    },
    /// Choose the workspace to use where no other is found
    Set {
        /// Its directory
        dir: PathBuf,
    },
    /// Print the workspace in force
    Get,
    /// List the workspaces that were made or set; `*` marks the one in force
    List,
    /// Take a workspace off the list; its files stay
    Forget {
        /// Its directory, which may be gone
        dir: PathBuf,
    },
}

/// Runs one of them.
pub fn run(command: Command, context: &Context) -> Result<Exit> {
    match command {
        Command::Init { dir, prefix } => make(dir, prefix.as_deref(), context),
        Command::Set { dir } => {
            let root = registry::set(&dir)?;
            context.ui.result(&json!({"workspace": root}), || root.display().to_string())?;
            Ok(Exit::Done)
        }
        Command::Get => get(context),
        Command::List => list(context),
        Command::Forget { dir } => {
            let root = registry::forget(&dir)?;
            context.ui.result(&json!({"workspace": root}), || root.display().to_string())?;
            Ok(Exit::Done)
        }
    }
}

fn make(dir: Option<PathBuf>, prefix: Option<&str>, context: &Context) -> Result<Exit> {
    let start = start_dir(context.global.workspace.as_deref())?;
    let dir = dir.map_or(start.clone(), |dir| start.join(dir));
    let made = init::init(&dir, prefix)?;
    for note in &made.notes {
        context.ui.notice(note);
    }
    if let Some(error) = &made.unregistered {
        context.ui.notice(&format!("`workspace list` will not show it: {error:#}"));
    }
    for path in &made.created {
        context.ui.progress(&format!("created `{}`", path.display()));
    }
    context.ui.result(&made, || made.workspace.display().to_string())?;
    Ok(Exit::Done)
}

fn get(context: &Context) -> Result<Exit> {
    let found = Workspace::find(context.global.workspace.as_deref())?;
    let Some(found) = found else {
        context.ui.result(&json!(null), String::new)?;
        context.ui.progress("no workspace");
        return Ok(Exit::Done);
    };
    let root = found.workspace.root();
    let tasks = found.workspace.tasks()?;
    let has_beads = tasks.dir.is_dir();
    let value = json!({
        "workspace": root,
        "hasBeads": has_beads,
        "store": has_beads.then_some(&tasks.dir),
        "storeFrom": has_beads.then_some(tasks.origin),
        "from": found.source,
        "stored": registry::load()?.current,
    });
    if has_beads && tasks.origin != Origin::Own {
        context.ui.progress(&format!("tasks are kept in `{}`", tasks.dir.display()));
    }
    context.ui.result(&value, || root.display().to_string())?;
    Ok(Exit::Done)
}

fn list(context: &Context) -> Result<Exit> {
    // A stored workspace that is gone must not keep the list from being seen.
    let in_force = Workspace::find(context.global.workspace.as_deref()).ok().flatten();
    let entries = registry::list(in_force.as_ref().map(|found| &found.workspace))?;
    context.ui.result(&entries, || {
        let line = |entry: &registry::Entry| {
            let mark = if entry.current { '*' } else { ' ' };
            let note = match (entry.exists, entry.has_beads) {
                (false, _) => "  (gone)",
                (true, false) => "  (no .beads)",
                (true, true) => "",
            };
            format!("{mark} {}{note}\n", entry.workspace.display())
        };
        entries.iter().map(line).collect()
    })?;
    Ok(Exit::Done)
}
