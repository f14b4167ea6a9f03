//! Takes old finished tasks out of the queue, with what they left. The log is kept: it is what happened.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use super::event::{Event, Kind};
use super::place::Place;
use super::queue::Queue;
use super::state::State;
use super::task::Status;
use super::{history, logs, results, settings, worktree};
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
    /// Finished and old, but their worktrees are still there.
    pub kept: Vec<Kept>,
}

/// A task that stays for the sake of its worktree.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Its id.
    pub task: String,
    /// The worktree.
    pub worktree: PathBuf,
}

/// Removes completed, failed and cancelled tasks that ended before `age` ago, unless a task that stays depends on them, or
/// their worktree is still there: there may be work in it that is nowhere else.
pub fn collect(place: Place, age: Duration) -> Result<Gone> {
    let settings = settings::load(&place)?;
    let mut queue = Queue::open(place)?;
    let ends = ends(queue.place())?;
    let before = Timestamp::now().checked_sub(age).unwrap_or(Timestamp::MIN);
    let (gone, paths) = queue.change(|turn| {
        let left =
            |id: &str| turn.task(id).ok().and_then(|task| worktree::left(&task, turn.place(), &settings));
        let mut gone = choose(turn.state(), &ends, before, &left);
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

/// When each task came to its end, as far as the log knows; else when it was last heard of.
fn ends(place: &Place) -> Result<HashMap<String, Timestamp>> {
    let (mut ends, mut heard) = (HashMap::new(), HashMap::new());
    history::read(place, |line| {
        if let history::Line::Event(event) = line
            && let Ok(event) = serde_json::from_value::<Event>(event.into())
        {
            let edited = event.metadata.contains_key("edited");
            let end = edited || matches!(event.event_type, Kind::Completed | Kind::Failed | Kind::Escalated);
            let map = if end { &mut ends } else { &mut heard };
            map.insert(event.task_id, event.timestamp);
        }
        Ok(())
    })?;
    for (id, at) in heard {
        ends.entry(id).or_insert(at);
    }
    Ok(ends)
}

/// Which may go; `left` says what worktree of a task is still there.
fn choose(
    state: &State,
    ends: &HashMap<String, Timestamp>,
    before: Timestamp,
    left: &dyn Fn(&str) -> Option<PathBuf>,
) -> Gone {
    let over = |status| matches!(status, Status::Completed | Status::Failed | Status::Cancelled);
    let old = |id: &String| ends.get(id).is_some_and(|end| *end <= before);
    let mut goes: Vec<bool> = state.rows().map(|row| over(row.status) && old(&row.id)).collect();
    let mut kept = Vec::new();
    for (row, goes) in state.rows().zip(&mut goes).filter(|(_, goes)| **goes) {
        if let Some(worktree) = left(&row.id) {
            kept.push(Kept { task: row.id.clone(), worktree });
            *goes = false;
        }
    }
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
    Gone { needed: found - removed.len(), removed, files: 0, kept }
}

/// Removes the logs of tasks.
fn sweep(dir: &Path, ids: &[String]) -> Result<usize> {
    let names: std::collections::HashSet<String> = ids.iter().map(|id| logs::start(id)).collect();
    let mut count = 0;
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_str().and_then(logs::owner).is_some_and(|owner| names.contains(owner)) {
            count += 1;
            store::remove_tree(&entry.path()).or_else(|_| store::remove(&entry.path()))?;
        }
    }
    Ok(count)
}

/// How long ago, for people.
pub fn since(age: Duration) -> String {
    clock::human(age)
}
