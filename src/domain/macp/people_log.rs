//! The log of one task: what its workers said, every transition with its time, and where the output of its attempts lies.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

use super::claim;
use super::event::{Event, Kind};
use super::place::Place;
use super::queue::Queue;
use super::results::file_name;
use crate::system::redact;

/// The log of a task.
#[derive(Debug, Serialize)]
pub struct Log {
    /// The task.
    pub id: String,
    /// What its status is, as people see it.
    pub status: &'static str,
    /// All that happened, oldest first.
    pub events: Vec<Event>,
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
    let status = claim::row(queue.state(), id)?.status.word();
    let place = queue.place();
    let mut events = Vec::new();
    let id_text = serde_json::to_string(id)?;
    lines(&place.events(), |line| {
        // Most lines are of other tasks: only those that may be of this one are parsed.
        if line.contains(&id_text)
            && let Ok(event) = serde_json::from_str::<Event>(line)
            && event.task_id == id
        {
            events.push(event);
        }
    })?;
    Ok(Log { id: id.to_owned(), status, events, outputs: outputs(place, id)? })
}

/// Every whole line of a file that may be missing; what is torn or no text is passed over.
pub fn lines(path: &Path, mut take: impl FnMut(&str)) -> Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("failed to read `{}`", path.display())),
    };
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let count = reader.read_until(b'\n', &mut line);
        let count = count.with_context(|| format!("failed to read `{}`", path.display()))?;
        if count == 0 || line.last() != Some(&b'\n') {
            return Ok(());
        }
        if let Ok(line) = std::str::from_utf8(&line) {
            take(line);
        }
    }
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

impl Event {
    /// Whether it is a line that somebody logged.
    pub fn is_line(&self) -> bool {
        self.event_type == Kind::Progress && self.metadata.contains_key("log")
    }
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
