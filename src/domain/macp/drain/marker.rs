//! A note of a task after whose end there is something to do: its worktree goes, `on_complete` gets its result. Who finds
//! the note of a worker that is gone sees to it, so `on_complete` is run at least once. Where it fails the note stays, and
//! the next drain tries again, up to a limit; after that the note only tells.

use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::job::Order;
use super::recover::{DRAIN, RUN, end_left};
use crate::domain::macp::agent;
use crate::domain::macp::event::Hold;
use crate::domain::macp::place::Place;
use crate::domain::macp::queue::Queue;
use crate::domain::macp::result::TaskResult;
use crate::domain::macp::results::file_name;
use crate::domain::macp::task::{Status, Task};
use crate::system::lock::{Holder, Lock};
use crate::system::store;

const VERSION: u64 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    version: u64,
    task: String,
    /// Who sees to it.
    hold: Hold,
    /// How often `on_complete` has failed.
    #[serde(default)]
    failures: u64,
    /// How it failed last.
    #[serde(default)]
    why: Option<String>,
}

/// Whether there is something to do after the end of a task.
pub(super) fn is_due(task: &Task) -> bool {
    task.dispatch.is_some() && task.worktree.is_some() || task.on_complete.is_some()
}

fn path(place: &Place, id: &str) -> PathBuf {
    place.state().join("after").join(format!("{}.json", file_name(id)))
}

/// Leaves the note, if one is needed.
pub(in crate::domain::macp) fn leave(task: &Task, place: &Place, hold: &Hold) -> Result<()> {
    if !is_due(task) {
        return Ok(());
    }
    store::make_dir(&place.state().join("after"))?;
    write(
        place,
        &Marker { version: VERSION, task: task.id.clone(), hold: hold.clone(), failures: 0, why: None },
    )
}

fn write(place: &Place, marker: &Marker) -> Result<()> {
    store::write_json_soon(&path(place, &marker.task), marker)
}

/// Notes that `on_complete` failed; how often it has by now.
pub(in crate::domain::macp) fn failed(place: &Place, id: &str, why: &str) -> Result<u64> {
    let Some(marker) = store::read_versioned::<Marker>(&path(place, id), VERSION)? else { return Ok(1) };
    let failures = marker.failures + 1;
    write(place, &Marker { failures, why: Some(why.to_owned()), ..marker })?;
    Ok(failures)
}

/// How `on_complete` of a task that is over failed last, and how often it has; none where it did not.
pub(in crate::domain::macp) fn undelivered(place: &Place, id: &str) -> Option<(String, u64)> {
    let marker = store::read_versioned::<Marker>(&path(place, id), VERSION).ok()??;
    Some((marker.why?, marker.failures))
}

/// Removes it.
pub(in crate::domain::macp) fn remove(task: &Task, place: &Place) -> Result<()> {
    if is_due(task) { store::remove(&path(place, &task.id)) } else { Ok(()) }
}

/// The tasks after whose end somebody of those has something to do, or will have.
pub fn ending(place: &Place, of: impl Fn(&Hold) -> bool) -> Vec<String> {
    let entries = place.state().join("after").read_dir().into_iter().flatten().flatten();
    let marker =
        |entry: std::fs::DirEntry| store::read_versioned::<Marker>(&entry.path(), VERSION).ok().flatten();
    entries.filter_map(marker).filter(|marker| of(&marker.hold)).map(|marker| marker.task).collect()
}

/// What workers that are gone have left to do after tasks that are over; from now on it is for `me` to do. `drains` says that
/// we hold the drain's lock, so that no other drain is alive. What has failed `most` times is left alone.
pub(super) fn left(queue: &Queue, me: &Hold, drains: bool, most: u64) -> Result<Vec<Order>> {
    let mut orders = Vec::new();
    for entry in queue.place().state().join("after").read_dir().into_iter().flatten().flatten() {
        let Ok(Some(marker)) = store::read_versioned::<Marker>(&entry.path(), VERSION) else {
            // A power loss has torn it, or it is just gone.
            store::remove(&entry.path())?;
            continue;
        };
        let here = marker.hold.host == me.host;
        let alive = marker.hold.holder.as_ref().is_some_and(Holder::alive);
        let dead = if here { !alive } else { drains && marker.hold.by == DRAIN };
        if !dead {
            continue;
        }
        let over = queue.state().row(&marker.task).is_some_and(|row| row.status.is_final());
        match queue.task(&marker.task) {
            Ok(_) if over && marker.failures >= most => {}
            Ok(task) if over => {
                write(queue.place(), &Marker { hold: me.clone(), ..marker })?;
                let result = result(queue, &task);
                orders.push(Order::After(Box::new(task), Box::new(result)));
            }
            // It is to be tried again, or is gone.
            _ => store::remove(&entry.path())?,
        }
    }
    Ok(orders)
}

/// Removes the directories of runs that were killed.
pub(super) fn sweep_runs(place: &Place) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    for entry in place.state().read_dir().into_iter().flatten().flatten() {
        let (name, dir) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        let pid = name.strip_prefix(&format!("slot-{RUN}-")).and_then(|pid| pid.parse().ok());
        let dead = pid.is_some_and(|pid| Holder::of(pid).is_none()) && !Lock::is_held(&dir.join("lock"));
        if dead {
            notes.extend(end_left(&dir)?);
            // What its agent spent is put on record first.
            agent::settle(place, &dir)?;
            store::remove_tree(&dir)?;
        }
    }
    Ok(notes)
}

/// The result of a task that is over, as it is on record.
fn result(queue: &Queue, task: &Task) -> TaskResult {
    let read = queue.result(&task.id).ok().flatten().and_then(|result| serde_json::from_value(result).ok());
    let status = queue.state().row(&task.id).map_or(Status::Failed, |row| row.status);
    read.unwrap_or_else(|| {
        let now = crate::system::clock::now();
        TaskResult {
            task_id: task.id.clone(),
            status,
            completed_at: now,
            failed_at: None,
            exit_code: None,
            attempt: 0,
            max_attempts: 0,
            runtime: String::new(),
            dispatch: String::new(),
            worktree: None,
            branch: None,
            pr: None,
            summary: String::new(),
            files_changed: Vec::new(),
            gate_results: Vec::new(),
            error: None,
            escalation_reason: None,
            metadata: serde_json::Map::new(),
        }
    })
}
