//! `board`: BLOCKED | READY | IN PROGRESS | DONE, fitted to the terminal.

use std::time::Duration;

use anyhow::Result;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::commands::{Context, beads};
use crate::domain::beads::{Board, Graph, Record};
use crate::domain::loops::state;
use crate::exit::Exit;
use crate::system::interrupt;
use crate::ui::one_line;

/// Show every task in the column it is in.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show it again whenever something changes, until interrupted
    #[arg(long)]
    watch: bool,
}

/// What comes between two columns.
const GAP: &str = " │ ";

/// Shows the board.
pub fn run(args: &Args, context: &Context) -> Result<Exit> {
    if !args.watch && context.ui.json() {
        stream(context)?;
        return Ok(Exit::Done);
    }
    if !args.watch {
        context.ui.text(&shown(context)?);
        return Ok(Exit::Done);
    }
    interrupt::install()?;
    let json = context.ui.json();
    let clear = if context.ui.stdout_is_terminal() && !json { "\x1b[H\x1b[2J" } else { "" };
    let mut last = String::new();
    loop {
        let now = shown(context)?;
        if now != last {
            // One line a board, for who reads them as they come.
            let shown = if json { serde_json::from_str::<Value>(&now)?.to_string() } else { now.clone() };
            context.ui.text(&format!("{clear}{shown}"));
            last = now;
        }
        interrupt::nap(Duration::from_secs(1))?;
    }
}

/// The board as text or as one JSON document, with the last run's budget in its header.
pub fn shown(context: &Context) -> Result<String> {
    let budget = state::budget_line(&context.workspace()?)?;
    let budget = budget.as_deref();
    beads::view(context, |table| {
        let graph = table.graph();
        let board = Board::new(&graph);
        if context.ui.json() {
            return Ok(serde_json::to_string_pretty(&document(&board, &graph, budget))?);
        }
        Ok(render(&board, budget, context.ui.width()))
    })
}

fn columns<'b, 't>(board: &'b Board<'t>) -> [(&'static str, &'b [&'t Record<'t>]); 4] {
    [
        ("BLOCKED", &board.blocked),
        ("READY", &board.ready),
        ("IN PROGRESS", &board.in_progress),
        ("DONE", &board.done),
    ]
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

fn render(board: &Board, budget: Option<&str>, width: usize) -> String {
    let wide = (width.saturating_sub(3 * GAP.chars().count()) / 4).max(8);
    let cells = columns(board).map(|(name, records)| {
        let head = console::style(format!("{name} {}", records.len())).bold().to_string();
        let mut cells = vec![head, "─".repeat(wide)];
        cells.extend(records.iter().flat_map(|record| card(record, wide)));
        cells
    });
    let mut out = budget.map_or(String::new(), |budget| format!("{}\n\n", one_line(budget)));
    for row in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
        let line: Vec<_> = cells
            .iter()
            .map(|column| column.get(row).map_or("", String::as_str))
            .map(|cell| console::pad_str(cell, wide, console::Alignment::Left, Some("…")))
            .collect();
        out.push_str(line.join(GAP).trim_end());
        out.push('\n');
    }
    out
}

/// The id, broken where it is too long (it must be there to be copied), and the title, cut.
fn card(record: &Record, wide: usize) -> Vec<String> {
    let head: Vec<char> = format!("{} P{}", one_line(&record.id), record.priority()).chars().collect();
    let mut lines: Vec<String> = head.chunks(wide).map(|part| part.iter().collect()).collect();
    let title = format!(" {}", one_line(&record.title));
    lines.push(console::truncate_str(&title, wide, "…").into_owned());
    lines
}
