//! `beads dep add|remove|tree|cycles`

use std::fmt::Write;

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use super::{notices, open, view};
use crate::commands::Context;
use crate::domain::beads::{self, Branch};
use crate::exit::Exit;
use crate::ui::one_line;

/// Add, remove and show dependencies.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make one task wait for another
    Add {
        /// The one that waits
        id: String,
        /// The one it waits for
        on: String,
        /// How it depends: `blocks`, `parent-child`, `related`, `discovered-from` and the like
        #[arg(short = 't', long = "type", value_name = "TYPE", default_value = "blocks")]
        kind: String,
    },
    /// End a dependency
    Remove {
        /// The one that waits
        id: String,
        /// The one it waits for
        on: String,
    },
    /// Show what a task depends on, and what that does
    Tree {
        /// The task
        id: String,
    },
    /// Show tasks that wait for each other in a circle; exit code 1 when there are any
    Cycles,
}

/// Runs one of them.
pub fn run(command: Command, context: &Context) -> Result<Exit> {
    match command {
        Command::Add { id, on, kind } => {
            let (workspace, store) = open(context)?;
            let added = store.add_dep(&id, &on, &kind, &beads::who(workspace.root()))?;
            notices(&store, context);
            let [id, on] = [&added.issue_id, &added.depends_on_id].map(|id| one_line(id));
            let text = || format!("{id} depends on {on} ({})", added.kind);
            context.ui.result(&added, text)?;
        }
        Command::Remove { id, on } => {
            let store = open(context)?.1;
            let (id, on) = store.remove_dep(&id, &on)?;
            notices(&store, context);
            let document = json!({"status": "removed", "issue_id": id, "depends_on_id": on});
            context.ui.result(&document, || one_line(&format!("{id} no longer depends on {on}")))?;
        }
        Command::Tree { id } => {
            let store = open(context)?.1;
            let tree = store.dep_tree(&id, beads::Walk::default())?;
            notices(&store, context);
            context.ui.result(&tree, || tree.iter().map(branch).collect())?;
        }
        Command::Cycles => return cycles(context),
    }
    Ok(Exit::Done)
}

fn branch(branch: &Branch) -> String {
    let mut out = "  ".repeat(branch.depth);
    let (id, title, status) = (one_line(&branch.id), one_line(&branch.title), one_line(&branch.status));
    let _ = write!(out, "{id}  P{}  {status}  {title}", branch.priority);
    if let Some(edge) = branch.edge_from_parent.as_deref().filter(|edge| *edge != "blocks") {
        let _ = write!(out, "  ({})", one_line(edge));
    }
    out + if branch.seen { "  (see above)\n" } else { "\n" }
}

fn cycles(context: &Context) -> Result<Exit> {
    let cycles: Vec<Vec<String>> = view(context, |table| {
        let graph = table.graph();
        Ok(graph.cycles().into_iter().map(|cycle| cycle.into_iter().map(str::to_owned).collect()).collect())
    })?;
    let line = |cycle: &Vec<String>| format!("{} → {}\n", one_line(&cycle.join(" → ")), one_line(&cycle[0]));
    context.ui.result(&cycles, || cycles.iter().map(line).collect())?;
    Ok(if cycles.is_empty() { Exit::Done } else { Exit::Failed })
}
