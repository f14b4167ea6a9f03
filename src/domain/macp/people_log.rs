//! The log of one task: what its workers said, every transition with its time, and where the output of its attempts lies.

use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Map, Value};

use super::claim;
use super::event::Event;
use super::history::{self, Line};
use super::place::Place;
use super::queue::Queue;
use super::results::file_name;
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
    let start = file_name(id);
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.strip_prefix(&start).is_some_and(is_output) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// What comes after a task's name in the names of its logs; the id of another task may begin alike.
fn is_output(rest: &str) -> bool {
    let gate = rest.strip_prefix(".gate-").and_then(|rest| rest.strip_suffix(".log"));
    gate.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        || matches!(
            rest,
            ".log" | ".stderr.log" | ".stdout" | ".stderr" | ".after.log" | ".prompt" | ".prompt.md"
        )
}

/// The line that somebody logged and who, where an event is one.
pub fn logged(event: &Map<String, Value>) -> Option<(&str, &str)> {
    let more = event.get("metadata").filter(|more| more.get("log") == Some(&Value::Bool(true)))?;
    Some((more.get("by")?.as_str()?, event.get("message")?.as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_tasks_are_not_taken_for_those_of_one() {
        for (rest, expected) in [
            (".log", true),
            (".gate-12.log", true),
            (".after.log", true),
            (".b.log", false),
            (".gate-.log", false),
            (".gate-1b.log", false),
            ("-1.log", false),
            ("", false),
        ] {
            assert_eq!(is_output(rest), expected, "{rest}");
        }
    }
}
