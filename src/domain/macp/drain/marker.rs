//! A note of a task after whose end there is something to do: its worktree goes, `on_complete` gets its result. Who finds
//! the note of a killed worker sees to it, so `on_complete` is run at least once.

use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::job::Order;
use super::recover::{DRAIN, RUN};
use crate::domain::macp::agent;
use crate::domain::macp::event::Hold;
use crate::domain::macp::place::Place;
use crate::domain::macp::queue::Queue;
use crate::domain::macp::result::TaskResult;
use crate::domain::macp::results::{self, file_name};
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
}

/// Whether there is something to do after the end of a task.
pub(super) fn is_due(task: &Task) -> bool {
    task.dispatch.is_some() && task.worktree.is_some() || task.on_complete.is_some()
}

fn path(place: &Place, id: &str) -> PathBuf {
    place.state().join("after").join(format!("{}.json", file_name(id)))
}

/// Leaves the note, if one is needed.
pub(super) fn leave(task: &Task, place: &Place, hold: &Hold) -> Result<()> {
    if !is_due(task) {
        return Ok(());
    }
    store::make_dir(&place.state().join("after"))?;
    let marker = Marker { version: VERSION, task: task.id.clone(), hold: hold.clone() };
    store::write_json_soon(&path(place, &task.id), &marker)
}

/// Removes it.
pub(super) fn remove(task: &Task, place: &Place) -> Result<()> {
    if is_due(task) { store::remove(&path(place, &task.id)) } else { Ok(()) }
}

/// What killed workers have left to do after tasks that are over; from now on it is for `me` to do. `drains` says that we
/// hold the drain's lock, so that no other drain is alive.
pub(super) fn left(queue: &Queue, me: &Hold, drains: bool) -> Result<Vec<Order>> {
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
            Ok(task) if over => {
                leave(&task, queue.place(), me)?;
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
pub(super) fn sweep_runs(place: &Place) -> Result<()> {
    for entry in place.state().read_dir().into_iter().flatten().flatten() {
        let (name, dir) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        let pid = name.strip_prefix(&format!("slot-{RUN}-")).and_then(|pid| pid.parse().ok());
        let dead = pid.is_some_and(|pid| Holder::of(pid).is_none()) && !Lock::is_held(&dir.join("lock"));
        if dead {
            // What its agent spent is put on record first.
            agent::settle(place, &dir)?;
            store::remove_tree(&dir)?;
        }
    }
    Ok(())
}

/// The result of a task that is over, as it is on record.
fn result(queue: &Queue, task: &Task) -> TaskResult {
    let path = queue.place().results().join(format!("{}.json", file_name(&task.id)));
    let read = results::read(&path).and_then(|result| serde_json::from_value(result).ok());
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
