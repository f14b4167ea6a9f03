//! `beads dep add|remove|tree|cycles`

use std::collections::HashMap;
use std::fmt::Write;

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use super::{notices, open, rows, view};
use crate::commands::Context;
use crate::domain::beads::{self, Branch, Walk};
use crate::exit::Exit;
use crate::ui::fit::wide;
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
        /// What depends on it, instead of what it depends on
        #[arg(long, visible_alias = "up")]
        reverse: bool,
        /// No further than so many steps from the task
        #[arg(long, value_name = "N")]
        depth: Option<usize>,
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
        Command::Tree { id, reverse, depth } => {
            let store = open(context)?.1;
            let tree = store.dep_tree(&id, Walk { up: reverse, depth })?;
            notices(&store, context);
            context.ui.result(&tree, || drawn(&tree, context.ui.fit()))?;
        }
        Command::Cycles => return cycles(context),
    }
    Ok(Exit::Done)
}

fn drawn(tree: &[Branch], columns: Option<usize>) -> String {
    let depths: Vec<usize> = tree.iter().map(|branch| branch.depth).collect();
    let mut at: HashMap<&str, usize> = HashMap::new();
    for (row, branch) in tree.iter().enumerate().filter(|(_, branch)| !branch.seen) {
        at.entry(&branch.id).or_insert(row);
    }
    let mut out = String::new();
    for (row, (branch, guide)) in tree.iter().zip(rows::guides(&depths, columns)).enumerate() {
        let (id, status) = (one_line(&branch.id), one_line(&branch.status));
        let facts = format!("{id}  P{}  {status}  ", branch.priority);
        let _ = write!(out, "{}{} {facts}", rows::faint(&guide), rows::glyph(branch.state));
        let room = columns.map(|columns| columns.saturating_sub(wide(&guide) + 2 + wide(&facts)));
        let edge = branch.edge_from_parent.as_deref().filter(|edge| *edge != "blocks").map(one_line);
        let elsewhere =
            if at.get(&*branch.id).is_some_and(|at| *at > row) { "see below" } else { "see above" };
        let notes = [
            edge,
            branch.seen.then(|| elsewhere.to_owned()),
            (branch.hidden > 0).then(|| format!("{} more below", branch.hidden)),
        ];
        let notes = notes.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let notes = (!notes.is_empty()).then(|| format!("({notes})"));
        rows::marked(&mut out, &one_line(&branch.title), notes.as_deref(), room);
        out.push('\n');
    }
    out
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
