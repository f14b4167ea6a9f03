//! `mission runs`

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use crate::commands::Context;
use crate::domain::missions::{Shelf, StepRun};
use crate::exit::Exit;
use crate::system::clock;
use crate::ui::fit::cut;
use crate::ui::one_line;

/// List what was run
///
/// Each run of a step and each decision of a person, oldest first. A run whose process died has failed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The mission
    #[arg(value_name = "ID")]
    id: String,
}

pub(super) fn run(args: &Args, shelf: &Shelf, context: &Context) -> Result<Exit> {
    let runs = shelf.find(&args.id)?.all_runs()?;
    if runs.is_empty() {
        context.ui.progress("nothing was run yet");
    }
    let documents = runs.iter().map(document).collect::<Result<Vec<_>>>()?;
    context.ui.result(&documents, || table(&runs, context.ui.fit()))?;
    Ok(Exit::Done)
}

/// The record, and how it ended in a word.
fn document(run: &StepRun) -> Result<Value> {
    let mut document = serde_json::to_value(run)?;
    document["state"] = json!(run.state());
    Ok(document)
}

/// `started  run  step  state  took  why` for each.
fn table(runs: &[StepRun], columns: Option<usize>) -> String {
    let width = |of: fn(&StepRun) -> usize| runs.iter().map(of).max().unwrap_or(0);
    let (ids, steps) = (width(|run| run.run_id.len()), width(|run| run.step_id.len()));
    let line = |run: &StepRun| {
        let at = run.started_at.strftime("%Y-%m-%d %H:%M:%S UTC");
        let took = run.finished_at.map(|end| end.duration_since(run.started_at));
        let took = took.and_then(|took| Duration::try_from(took).ok()).map(clock::human).unwrap_or_default();
        let why = one_line(run.reason().or(run.note.as_deref()).unwrap_or_default());
        let (id, step) = (one_line(&run.run_id), one_line(&run.step_id));
        let state = one_line(run.state());
        let line = format!("{at}  {id:ids$}  {step:steps$}  {state:9}  {took:>6}  {why}");
        let line = line.trim_end();
        columns.map_or_else(|| line.to_owned(), |columns| cut(line, columns).into_owned()) + "\n"
    };
    runs.iter().map(line).collect()
}
