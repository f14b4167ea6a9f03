//! A drain's events and end: NDJSON on stdout, or lines on stderr and a summary on stdout.

use std::fmt::Write;
use std::time::Duration;

use anyhow::Result;
use console::style;

use crate::commands::Context;
use crate::domain::macp::drain::{Finished, Hands, Told};
use crate::domain::macp::event::{Event, Kind};
use crate::exit::Exit;
use crate::system::clock;
use crate::ui::one_line;

/// Stuck tasks that are named one by one.
const NAMED: usize = 20;

/// Lends ears to a drain, and ends as it does.
pub(super) fn listen(context: &Context, work: impl FnOnce(Hands<'_>) -> Result<Finished>) -> Result<Exit> {
    let ui = &context.ui;
    let mut tell = |told: Told<'_>| match told {
        // It goes on without its stdout.
        Told::Event(event) if ui.json() => drop(ui.line(event)),
        Told::Finished(finished) if ui.json() => drop(ui.line(finished)),
        Told::Event(event) => {
            if let Some(line) = line(event, ui.verbose()) {
                ui.progress(&line);
            }
            if let Some(config) = handed_over(event) {
                ui.text(&config);
            }
        }
        Told::Finished(finished) => ui.text(&summary(finished)),
    };
    let mut notice = |message: &str| ui.notice(message);
    let finished = work(Hands { tell: &mut tell, notice: &mut notice })?;
    Ok(Exit::from_code(finished.exit_code))
}

/// One event as a line, or nothing where it is not worth one.
pub(crate) fn line(event: &Event, verbose: bool) -> Option<String> {
    let task = one_line(&event.task_id);
    let said = one_line(&event.message);
    let word = match event.event_type {
        Kind::Completed => {
            let result = event.metadata.get("result").and_then(|result| result.get("metadata"));
            let took =
                result.and_then(|result| result.get("duration_ms")).and_then(serde_json::Value::as_u64);
            let cached = result.is_some_and(|result| result.get("cached").is_some());
            let how =
                if cached { "cached".into() } else { clock::human(Duration::from_millis(took.unwrap_or(0))) };
            return Some(format!("{} {task} ({how})", style("completed").for_stderr().green()));
        }
        Kind::Failed if event.metadata.get("cancelled").is_some_and(|word| word == true) => {
            style("cancelled").for_stderr().yellow()
        }
        Kind::Failed => style("failed").for_stderr().red(),
        Kind::Escalated => style("needs a person").for_stderr().red(),
        Kind::RetryScheduled => style("again").for_stderr().yellow(),
        Kind::CheckFailed => style("gate red").for_stderr().red(),
        Kind::CheckPassed if verbose => style("gate ok").for_stderr().green(),
        Kind::Started if verbose => {
            let attempt = event.metadata.get("attempt").and_then(serde_json::Value::as_u64).unwrap_or(1);
            return Some(format!("started {task} (attempt {attempt})"));
        }
        _ => return None,
    };
    Some(format!("{word} {task}: {said}"))
}

/// What an `acp` task asks of whoever integrates such agents, as JSON.
fn handed_over(event: &Event) -> Option<String> {
    let result = event.metadata.get("result").filter(|_| event.event_type == Kind::Escalated)?;
    serde_json::to_string(result.get("metadata")?.get("acp_config")?).ok()
}

/// How it ended, for people.
fn summary(finished: &Finished) -> String {
    let counts = finished.counts;
    let mut parts = Vec::new();
    for (count, word) in [
        (counts.completed, "completed"),
        (counts.failed, "failed"),
        (counts.escalated, "escalated"),
        (counts.cancelled, "cancelled"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    if counts.retried > 0 && parts.is_empty() {
        parts.push(format!("nothing came to its end, {} to be tried again", counts.retried));
    }
    let done = if parts.is_empty() { "nothing was run".to_owned() } else { parts.join(", ") };
    let took = clock::human(Duration::from_millis(finished.duration_ms));
    let mut text = format!("{done} in {took}");
    if counts.cached > 0 {
        let _ = write!(text, " ({} from the cache)", counts.cached);
    }
    if finished.left > 0 {
        let why = match finished.reason {
            "limit" => ": the limit of tasks is reached",
            "max_time" => ": the time is over",
            "rate_limited" | "failed" => ": their agent cannot work",
            "budget" => ": agents have spent what they may",
            "invalid" => ": one of them is not as it must be",
            "interrupted" => ": interrupted",
            "waiting" => ": others work on them, or on what they wait for",
            "blocked" => ": they can never run as things are",
            _ => "",
        };
        let _ = write!(text, "; {} left{why}", finished.left);
    }
    for said in [&finished.message, &finished.hint].into_iter().flatten() {
        let _ = write!(text, "\n  {}", one_line(said));
    }
    for blocked in finished.stuck.iter().take(NAMED) {
        let _ = write!(text, "\n  {} {}", one_line(&blocked.task), one_line(&blocked.why));
    }
    if let Some(more) = finished.stuck.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = write!(text, "\n  and {more} more");
    }
    text
}
