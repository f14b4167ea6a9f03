//! Takes old finished tasks out of the queue, with what they left. The log is kept: it is what happened.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use super::event::Event;
use super::place::Place;
use super::queue::Queue;
use super::state::State;
use super::task::Status;
use super::{history, results};
use crate::system::{clock, store};

/// What was removed.
#[derive(Debug, Default, Serialize)]
pub struct Gone {
    /// Ids of the tasks.
    pub removed: Vec<String>,
    /// Files of theirs.
    pub files: usize,
    /// Finished and old, but others depend on them.
    pub needed: usize,
}

/// Removes completed, failed and cancelled tasks that ended before `age` ago, unless a task that stays depends on them.
pub fn collect(place: Place, age: Duration) -> Result<Gone> {
    let mut queue = Queue::open(place)?;
    let ends = ends(queue.place())?;
    let before = Timestamp::now().checked_sub(age).unwrap_or(Timestamp::MIN);
    let (gone, paths) = queue.change(|turn| {
        let mut gone = choose(turn.state(), &ends, before);
        // What is asked for by name has to be known before the task is forgotten.
        let path = |id: &String| {
            let given = turn.task(id).ok().and_then(|task| task.result_path);
            results::path(turn.place(), id, given.as_deref()).ok()
        };
        let paths: Vec<_> = gone.removed.iter().filter_map(path).collect();
        gone.removed.sort_unstable();
        turn.remove(gone.removed.clone());
        Ok((gone, paths))
    })?;
    let mut gone = gone;
    if !gone.removed.is_empty() {
        queue.checkpoint()?;
    }
    for path in paths {
        gone.files += usize::from(path.exists());
        store::remove(&path)?;
    }
    gone.files += sweep(&queue.place().logs(), &gone.removed)?;
    Ok(gone)
}

/// When each task came to its end, as far as the log knows.
fn ends(place: &Place) -> Result<HashMap<String, Timestamp>> {
    let mut ends = HashMap::new();
    history::read(place, |line| {
        if let history::Line::Event(event) = line
            && let Ok(event) = serde_json::from_value::<Event>(event.into())
        {
            ends.insert(event.task_id, event.timestamp);
        }
        Ok(())
    })?;
    Ok(ends)
}

/// Which may go. Pure.
fn choose(state: &State, ends: &HashMap<String, Timestamp>, before: Timestamp) -> Gone {
    let over = |status| matches!(status, Status::Completed | Status::Failed | Status::Cancelled);
    let old = |id: &String| ends.get(id).is_some_and(|end| *end <= before);
    let mut goes: Vec<bool> = state.rows().map(|row| over(row.status) && old(&row.id)).collect();
    let found = goes.iter().filter(|goes| **goes).count();
    let mut stay: Vec<usize> = (0..goes.len()).filter(|at| !goes[*at]).collect();
    while let Some(at) = stay.pop() {
        for on in state.at(at).depends_on.iter().filter_map(|id| state.index_of(id)) {
            if std::mem::replace(&mut goes[on], false) {
                stay.push(on);
            }
        }
    }
    let removed: Vec<String> =
        state.rows().zip(&goes).filter(|(_, goes)| **goes).map(|(row, _)| row.id.clone()).collect();
    Gone { needed: found - removed.len(), removed, files: 0 }
}

/// Removes the logs of tasks: `ID-N…` and `ID.log`.
fn sweep(dir: &Path, ids: &[String]) -> Result<usize> {
    let names: std::collections::HashSet<String> = ids.iter().map(|id| results::file_name(id)).collect();
    let mut count = 0;
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_str().and_then(owner).is_some_and(|owner| names.contains(owner)) {
            count += 1;
            store::remove_tree(&entry.path()).or_else(|_| store::remove(&entry.path()))?;
        }
    }
    Ok(count)
}

/// The task that a log is of, by the log's name.
fn owner(name: &str) -> Option<&str> {
    if let Some(owner) = name.strip_suffix(".log")
        && !owner.contains("-gate")
    {
        let attempt = owner
            .rsplit_once('-')
            .filter(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
        return attempt.map_or(Some(owner), |(owner, _)| Some(owner));
    }
    // `ID-N-gate-1.out`, `ID-N.stdout`: what follows the last number that a hyphen leads and no digit follows.
    name.match_indices('-').rev().find_map(|(at, _)| {
        let rest = &name[at + 1..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let next = rest.as_bytes().get(digits);
        let after = next.is_none_or(|byte| matches!(byte, b'.' | b'_' | b'-'));
        let gate = name[..at].ends_with("-gate");
        (digits > 0 && after && !gate).then(|| &name[..at])
    })
}

/// How long ago, for people.
pub fn since(age: Duration) -> String {
    clock::human(age)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_known_by_their_names() {
        let table = [
            ("a.log", Some("a")),
            ("a-1.log", Some("a")),
            ("a-1-2.log", Some("a-1")),
            ("a-1.out", Some("a")),
            ("a-b-12.stderr", Some("a-b")),
            ("a-1-gate-2.out", Some("a")),
            ("notes.txt", None),
        ];
        for (name, expected) in table {
            assert_eq!(owner(name), expected, "{name}");
        }
    }
}
