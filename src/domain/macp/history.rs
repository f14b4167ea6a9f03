//! What happened, line by line, as `events.ndjson` has it.

use std::io::{self, BufRead, BufReader};

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use super::place::Place;
use crate::system::document::shown;
use crate::system::store;

/// A line that was read.
#[derive(Debug)]
pub enum Line {
    /// An event, with all that is in it.
    Event(Map<String, Value>),
    /// A line that is none; what to say about it.
    Bad(String),
}

/// Calls `each` with every line, in order; without a lock, while others write.
pub fn read(place: &Place, mut each: impl FnMut(Line) -> Result<()>) -> Result<()> {
    let path = place.events();
    let file = match store::open_plain(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file.with_context(|| format!("failed to read `{}`", shown(&path)))?,
    };
    let mut lines = BufReader::with_capacity(1 << 16, file);
    let mut bytes = Vec::new();
    for number in 1_u64.. {
        bytes.clear();
        let read = lines.read_until(b'\n', &mut bytes);
        if read.with_context(|| format!("failed to read `{}`", shown(&path)))? == 0 {
            return Ok(());
        }
        let whole = bytes.ends_with(b"\n");
        let text = bytes.trim_ascii();
        if text.is_empty() {
            continue;
        }
        let bad = |told: &str| Line::Bad(format!("`{}` line {number}: {told}", shown(&path)));
        each(match serde_json::from_slice::<Map<String, Value>>(text) {
            Ok(event) if text_of(&event, "task_id").is_some() && text_of(&event, "event_type").is_some() => {
                Line::Event(event)
            }
            Ok(_) => bad("it is no event, and is skipped"),
            Err(_) if !whole => bad("it is not written to its end, and is left out"),
            Err(error) => {
                let told = error.to_string();
                let told = told.rsplit_once(" at line ").map_or(told.as_str(), |(told, _)| told);
                bad(&format!("{told}; it is skipped"))
            }
        })?;
    }
    Ok(())
}

fn text_of<'e>(event: &'e Map<String, Value>, name: &str) -> Option<&'e str> {
    event.get(name).and_then(Value::as_str)
}

/// Whether it happened to this task.
pub fn is_of(event: &Map<String, Value>, id: &str) -> bool {
    text_of(event, "task_id") == Some(id)
}

/// An event for people.
pub fn line(event: &Map<String, Value>) -> String {
    let text = |name| text_of(event, name).unwrap_or_default();
    let attempt = event.get("metadata").and_then(|more| more.get("attempt")).and_then(Value::as_u64);
    let attempt = attempt.map(|attempt| format!(" (attempt {attempt})")).unwrap_or_default();
    format!(
        "{}  {:<20}  {}  {}  {}{attempt}",
        text("timestamp"),
        text("event_type"),
        text("task_id"),
        text("status"),
        text("message"),
    )
}
