//! `budget show`

use std::fmt::Write;

use anyhow::Result;
use clap::{Subcommand, ValueEnum};
use console::{Alignment, measure_text_width, pad_str};

use crate::commands::Context;
use crate::domain::attempt::budget::{Source, Spend};
use crate::domain::loops::history::{self, By, Spent};
use crate::exit::Exit;
use crate::ui::one_line;

/// See what was spent.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add up what all attempts on record spent
    Show {
        /// What to add up by
        #[arg(long, value_enum, default_value = "task")]
        by: Key,
        /// Only what belongs to this epic
        #[arg(long, value_name = "ID")]
        epic: Option<String>,
    },
}

/// What to add up by.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Key {
    /// Each task
    Task,
    /// Each epic
    Epic,
    /// Each agent
    Agent,
    /// Each model
    Model,
    /// Each day (UTC)
    Day,
}

/// Runs it.
pub fn run(command: &Command, context: &Context) -> Result<Exit> {
    let Command::Show { by, epic } = command;
    let by = match by {
        Key::Task => By::Task,
        Key::Epic => By::Epic,
        Key::Agent => By::Agent,
        Key::Model => By::Model,
        Key::Day => By::Day,
    };
    let spent = history::spent(&context.workspace()?, by, epic.as_deref())?;
    context.ui.result(&spent, || table(&spent, by))?;
    Ok(Exit::Done)
}

/// A line for each sum, and one for all.
fn table(spent: &Spent, by: By) -> String {
    let head = match by {
        By::Task => "TASK",
        By::Epic => "EPIC",
        By::Agent => "AGENT",
        By::Model => "MODEL",
        By::Day => "DAY",
    };
    let keys = spent.by.iter().map(|sum| one_line(&sum.key));
    let width =
        keys.map(|key| measure_text_width(&key)).chain([head.len(), "total".len()]).max().unwrap_or(0);
    let (input, cached, output) = ("INPUT", "CACHED", "OUTPUT");
    let mut out = String::new();
    let _ = writeln!(out, "{head:<width$}  ATTEMPTS  {input:>11}  {cached:>11}  {output:>11}  {:>11}", "USD");
    let mut row = |key: &str, attempts: u64, unknown: u64, spend: &Spend| {
        let key = pad_str(key, width, Alignment::Left, None);
        let (input, cached, output) = (spend.input_tokens, spend.cached_tokens, spend.output_tokens);
        let (usd, note) = (spend.usd, note(spend, attempts, unknown));
        let line =
            format!("{key}  {attempts:>8}  {input:>11}  {cached:>11}  {output:>11}  {usd:>11.4}  {note}");
        let _ = writeln!(out, "{}", line.trim_end());
    };
    for sum in &spent.by {
        row(&one_line(&sum.key), sum.attempts, sum.unknown, &sum.spend);
    }
    row("total", spent.attempts, spent.unknown, &spent.total);
    out
}

/// How far the money can be believed.
fn note(spend: &Spend, attempts: u64, unknown: u64) -> String {
    let mut notes = Vec::new();
    match (unknown, spend.source) {
        (0, Source::Estimated) => notes.push("estimated".to_owned()),
        (0, _) => {}
        (1, _) if attempts == 1 => notes.push("and an unknown amount".to_owned()),
        (unknown, _) => notes.push(format!("and an unknown amount ({unknown} of {attempts})")),
    }
    if spend.partial {
        notes.push("partly read from attempts cut short".to_owned());
    }
    notes.join(", ")
}
