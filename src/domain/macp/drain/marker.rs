//! A note in a worker's directory of the task after whose end there is something to do: its worktree goes, `on_complete`
//! gets its result. Who finds one that a killed worker left sees to it, so `on_complete` is run at least once.

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::job::Order;
use super::recover::{DRAIN, RUN};
use crate::domain::macp::queue::Queue;
use crate::domain::macp::result::TaskResult;
use crate::domain::macp::results::file_name;
use crate::domain::macp::task::{Status, Task};
use crate::system::lock::{Holder, Lock};
use crate::system::store;

const VERSION: u64 = 1;
/// Its name in the worker's directory.
const FILE: &str = "after.json";

#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    version: u64,
    task: String,
}

/// Whether there is something to do after the end of a task.
pub(super) fn is_due(task: &Task) -> bool {
    task.worktree.is_some() || task.on_complete.is_some()
}

/// Leaves the note, if one is needed.
pub(super) fn leave(task: &Task, slot: &Path) -> Result<()> {
    if !is_due(task) {
        return Ok(());
    }
    store::write_json_soon(&slot.join(FILE), &Marker { version: VERSION, task: task.id.clone() })
}

/// Removes it.
pub(super) fn remove(task: &Task, slot: &Path) -> Result<()> {
    if is_due(task) { store::remove(&slot.join(FILE)) } else { Ok(()) }
}

/// What killed workers have left to do after tasks that are over. Their directories are nobody's now: those of drains where
/// `drains` says that we hold the drain's lock, those of runs whose lock is free.
pub(super) fn left(queue: &Queue, drains: bool) -> Result<Vec<Order>> {
    let mut orders = Vec::new();
    for entry in queue.place().state().read_dir().into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let of_drain = name.starts_with(&format!("slot-{DRAIN}-"));
        let of_run = name.starts_with(&format!("slot-{RUN}-"));
        let dir = entry.path();
        let pid = name.rsplit('-').next().and_then(|pid| pid.parse().ok());
        let lives = of_run && pid.is_some_and(|pid| Holder::of(pid).is_some());
        if !(of_drain && drains || of_run) || lives || Lock::is_held(&dir.join("lock")) {
            continue;
        }
        if let Some(Marker { task, .. }) = store::read_versioned(&dir.join(FILE), VERSION).ok().flatten() {
            let over = queue.state().row(&task).is_some_and(|row| row.status.is_final());
            if let Ok(task) = queue.task(&task)
                && over
            {
                let result = result(queue, &task);
                orders.push(Order::After(Box::new(task), Box::new(result)));
            }
        }
        if of_run {
            store::remove_tree(&dir)?;
        } else {
            store::remove(&dir.join(FILE))?;
        }
    }
    Ok(orders)
}

/// The result of a task that is over, as it is on record.
fn result(queue: &Queue, task: &Task) -> TaskResult {
    let path = queue.place().results().join(format!("{}.json", file_name(&task.id)));
    let read = store::read_text(&path).ok().flatten().and_then(|text| serde_json::from_str(&text).ok());
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
