//! `board`: BLOCKED | READY | IN PROGRESS | DONE, fitted to the terminal.

mod render;
mod watch;

use anyhow::Result;
use serde_json::{Value, json};

use self::render::{columns, render};
use crate::commands::Context;
use crate::domain::beads::{Board, Graph, Record, Store};
use crate::domain::loops::state;
use crate::domain::workspace::Workspace;
use crate::exit::Exit;

/// Show every task in the column it is in.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show it again whenever something changes, until `q` or Ctrl-C
    #[arg(long)]
    watch: bool,
}

/// Shows the board.
pub fn run(args: &Args, context: &Context) -> Result<Exit> {
    if args.watch {
        return watch::watch(context);
    }
    context.ui.text(&shown(context)?);
    Ok(Exit::Done)
}

/// The board as text or as one JSON document, with the last run's budget in its header.
pub fn shown(context: &Context) -> Result<String> {
    let workspace = context.workspace()?;
    let store = Store::open(&workspace)?;
    let size = Size { wide: context.ui.width(), rows: None };
    let text = read(&workspace, &store, context.ui.json(), size)?;
    for notice in store.take_notices() {
        context.ui.notice(&notice);
    }
    Ok(text)
}

/// What the board is to fit into; what scrolls has no end of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Size {
    wide: usize,
    rows: Option<usize>,
}

fn read(workspace: &Workspace, store: &Store, json: bool, size: Size) -> Result<String> {
    let budget = state::budget_line(workspace)?;
    let budget = budget.as_deref();
    store.view(|table| {
        let graph = table.graph();
        let board = Board::new(&graph);
        if json {
            return Ok(serde_json::to_string_pretty(&document(&board, &graph, budget))?);
        }
        Ok(render(&board, budget, size.wide, size.rows))
    })
}

fn document(board: &Board, graph: &Graph, budget: Option<&str>) -> Value {
    let task = |record: &&Record| {
        let blockers: Vec<&str> = graph.blockers(&record.id).iter().map(|by| by.id).collect();
        json!({
            "id": &*record.id,
            "title": &*record.title,
            "status": record.status(),
            "priority": record.priority(),
            "issue_type": record.kind(),
            "assignee": &*record.assignee,
            "blocked_by": blockers,
        })
    };
    let mut document = serde_json::Map::new();
    document.insert("budget".into(), json!(budget));
    for (name, records) in columns(board) {
        let key = name.to_lowercase().replace(' ', "_");
        document.insert(key, records.iter().map(task).collect());
    }
    Value::Object(document)
}
