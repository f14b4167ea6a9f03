//! `board`: BLOCKED | READY | IN PROGRESS | DONE, fitted to the terminal.

mod render;
mod site;
mod watch;

use anyhow::Result;
use serde::{Serialize, Serializer};

use self::render::render;
use crate::commands::{Context, beads};
use crate::domain::beads::{Board, Graph, Record, Store};
use crate::domain::loops::state;
use crate::domain::workspace::Workspace;
use crate::exit::Exit;

/// Show every task in the column it is in.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show it again whenever something changes, until Ctrl-C, or `q` where it is drawn over the last one
    #[arg(long)]
    watch: bool,
    /// The tasks of this site's epic in a list instead, each below what it belongs to
    #[arg(long, value_name = "NAME", conflicts_with = "watch")]
    site: Option<String>,
}

/// Shows the board.
pub fn run(args: &Args, context: &Context) -> Result<Exit> {
    if let Some(name) = &args.site {
        return site::show(name, context);
    }
    if args.watch {
        return watch::watch(context);
    }
    if context.ui.json() {
        stream(context)?;
        return Ok(Exit::Done);
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
    store.survey(|table| {
        let graph = table.graph();
        let board = Board::new(&graph);
        if json {
            return Ok(serde_json::to_string_pretty(&document(&board, &graph, budget))?);
        }
        Ok(render(&board, budget, size.wide, size.rows))
    })
}

/// Prints the JSON document as it comes: with very many tasks it is long.
fn stream(context: &Context) -> Result<()> {
    let budget = state::budget_line(&context.workspace()?)?;
    beads::view(context, |table| {
        let graph = table.graph();
        let board = Board::new(&graph);
        context.ui.stream(|out| {
            serde_json::to_writer_pretty(&mut *out, &document(&board, &graph, budget.as_deref()))?;
            Ok(out.write_all(b"\n")?)
        })
    })
}

/// The board as a document.
#[derive(Serialize)]
struct Document<'b> {
    budget: Option<&'b str>,
    blocked: Tasks<'b>,
    ready: Tasks<'b>,
    in_progress: Tasks<'b>,
    done: Tasks<'b>,
}

/// The tasks of one column.
struct Tasks<'b>(&'b [&'b Record<'b>], &'b Graph<'b>);

/// One of them.
#[derive(Serialize)]
struct Task<'b> {
    id: &'b str,
    title: &'b str,
    status: &'b str,
    priority: i64,
    issue_type: &'b str,
    assignee: &'b str,
    blocked_by: Vec<&'b str>,
}

impl Serialize for Tasks<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(|record| Task {
            id: &record.id,
            title: &record.title,
            status: record.status(),
            priority: record.priority(),
            issue_type: record.kind(),
            assignee: &record.assignee,
            blocked_by: self.1.blockers(&record.id).iter().map(|by| by.id).collect(),
        }))
    }
}

fn document<'b>(board: &'b Board, graph: &'b Graph, budget: Option<&'b str>) -> Document<'b> {
    Document {
        budget,
        blocked: Tasks(&board.blocked, graph),
        ready: Tasks(&board.ready, graph),
        in_progress: Tasks(&board.in_progress, graph),
        done: Tasks(&board.done, graph),
    }
}
