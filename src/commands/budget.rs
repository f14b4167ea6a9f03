//! `budget show`

use std::fmt::Write;

use anyhow::Result;
use clap::{Subcommand, ValueEnum};

use crate::commands::Context;
use crate::domain::attempt::budget::Spend;
use crate::domain::loops::history::{self, By};
use crate::exit::Exit;

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
    context.ui.result(&spent, || {
        let mut out = String::new();
        let width = spent.by.iter().map(|sum| sum.key.len()).max().unwrap_or(0).max(5);
        for sum in &spent.by {
            row(&mut out, &sum.key, width, (sum.attempts, &sum.spend));
        }
        row(&mut out, "total", width, (spent.attempts, &spent.total));
        out
    })?;
    Ok(Exit::Done)
}

fn row(out: &mut String, key: &str, width: usize, (attempts, spend): (u64, &Spend)) {
    let more = if spend.known { "" } else { " and an unknown amount" };
    let _ = writeln!(
        out,
        "{key:<width$}  {attempts:>4} attempts  {:>9} tokens  ${:.4}{more}",
        spend.tokens(),
        spend.usd
    );
}
