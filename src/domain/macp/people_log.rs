//! The log of one task: what its workers said, every transition with its time, and where the output of its attempts lies.

use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Map, Value};

use super::claim;
use super::event::Event;
use super::history::{self, Line};
use super::logs;
use super::place::Place;
use super::queue::Queue;
use crate::system::host::Host;
use crate::system::{clock, redact};

/// The log of a task.
#[derive(Debug, Serialize)]
pub struct Log {
    /// The task.
    pub id: String,
    /// What its status is, as people see it.
    pub status: &'static str,
    /// All that happened, oldest first.
    pub events: Vec<Map<String, Value>>,
    /// Files that hold what its attempts and gates printed.
    pub outputs: Vec<PathBuf>,
}

/// Adds `line` to the log of a task.
pub fn add(queue: &mut Queue, id: &str, who: &str, line: &str) -> Result<()> {
    let line = redact::ours().text(line);
    queue.change(|turn| {
        let row = claim::row(turn.state(), id)?;
        let event = Event::progress(row, turn.now()).saying(line).with("by", who).with("log", true);
        turn.record(event);
        Ok(())
    })?;
    queue.sync()
}

/// Reads the log of a task.
pub fn read(queue: &Queue, id: &str) -> Result<Log> {
    let status = claim::row(queue.state(), id)?.status_at(clock::now(), &Host::here()).word();
    let place = queue.place();
    let mut events = Vec::new();
    history::read(place, |line| {
        if let Line::Event(event) = line
            && history::is_of(&event, id)
        {
            events.push(event);
        }
        Ok(())
    })?;
    Ok(Log { id: id.to_owned(), status, events, outputs: outputs(place, id)? })
}

/// The files in `logs/` that belong to a task.
fn outputs(place: &Place, id: &str) -> Result<Vec<PathBuf>> {
    let dir = place.logs();
    let entries = match dir.read_dir() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| format!("failed to read `{}`", dir.display()))?,
    };
    let start = logs::start(id);
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.strip_prefix(&start).is_some_and(logs::is_output) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The line that somebody logged and who, where an event is one.
pub fn logged(event: &Map<String, Value>) -> Option<(&str, &str)> {
    let more = event.get("metadata").filter(|more| more.get("log") == Some(&Value::Bool(true)))?;
    Some((more.get("by")?.as_str()?, event.get("message")?.as_str()?))
}
