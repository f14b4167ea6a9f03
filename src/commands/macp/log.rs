//! `macp log`

use std::fmt::Write;

use anyhow::Result;
use serde_json::json;

use super::who;
use crate::commands::Context;
use crate::commands::words::{Words, parse_who};
use crate::domain::macp::people_log::{self, Log};
use crate::domain::macp::{Place, Queue, history};
use crate::exit::Exit;
use crate::ui::one_line;

/// Add a line to a task's log, or print it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    id: String,
    /// What to add; without it the log is printed: every transition and line with its time, and where output lies
    #[arg(allow_hyphen_values = true, value_parser = Words)]
    line: Option<String>,
    /// Who says so [default: `BEADS_ACTOR`, git's `user.name`, or the login name]
    #[arg(long = "as", value_name = "WHO", value_parser = parse_who)]
    who: Option<String>,
}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let who = who(args.who.as_ref(), &place);
    let mut queue = Queue::open(place)?;
    if let Some(line) = &args.line {
        people_log::add(&mut queue, &args.id, &who, line)?;
        context.ui.result(&json!({"id": args.id, "by": who, "line": line}), String::new)?;
        return Ok(Exit::Done);
    }
    let log = people_log::read(&queue, &args.id)?;
    context.ui.result(&log, || text(&log))?;
    Ok(Exit::Done)
}

fn text(log: &Log) -> String {
    let mut text = String::new();
    for event in &log.events {
        let at = event.get("timestamp").and_then(|at| at.as_str()).unwrap_or_default();
        let line = match people_log::logged(event) {
            Some((who, line)) => format!("{at}  {who}: {line}"),
            None => history::line(event),
        };
        let _ = writeln!(text, "{}", one_line(&line));
    }
    for path in &log.outputs {
        let _ = writeln!(text, "output: {}", one_line(&path.display().to_string()));
    }
    text
}
