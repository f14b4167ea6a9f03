//! What a worker left behind that was killed: its tasks are pending again, once nothing of it runs any more.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::Value;

use crate::domain::macp::agent;
use crate::domain::macp::event::{Blame, Event};
use crate::domain::macp::history;
use crate::domain::macp::place::Place;
use crate::domain::macp::queue::{Queue, Turn};
use crate::domain::macp::state::Row;
use crate::domain::macp::task::Status;
use crate::system::host::Host;
use crate::system::lock::Lock;
use crate::system::process::end_only_marked;
use crate::system::store;

/// How long a killed drain's supervisors may take to end what it had started.
const PREDECESSOR: Duration = Duration::from_secs(10);

/// The name of a drain as a holder of tasks.
pub(super) const DRAIN: &str = "drain";
/// That of the run of one task.
pub(super) const RUN: &str = "run";

/// The file of a slot that says what all carry that are started there. It goes when the worker has ended well.
pub(super) const MARK: &str = "mark";

/// What the slots of a drain are called.
pub(super) fn drain_slot(at: usize) -> String {
    format!("{DRAIN}-{at}")
}

/// What the slot of a run is called that is process `pid`.
pub(super) fn run_slot(pid: u32) -> String {
    format!("{RUN}-{pid}")
}

/// Waits until all that a killed drain had started has ended. Says what had to be ended for that. For who holds the
/// drain's lock.
pub(super) fn await_dead_drain(place: &Place) -> Result<Vec<String>> {
    let (mut at, mut notes) = (0, Vec::new());
    while place.slot(&drain_slot(at)).is_dir() {
        notes.extend(await_slot(place, &drain_slot(at))?);
        at += 1;
    }
    Ok(notes)
}

/// Ends what a worker left running that was killed together with its supervisor; says what that was. For who holds the
/// slot.
pub(super) fn end_left(slot: &Path) -> Result<Option<String>> {
    let file = slot.join(MARK);
    let Some(mark) = store::read_text(&file)?.filter(|mark| !mark.is_empty()) else { return Ok(None) };
    let ended = end_only_marked(&mark);
    store::remove(&file)?;
    let words = || format!("ended what the killed `{mark}` had left running: {}", ended.join(", "));
    Ok((!ended.is_empty()).then(words))
}

fn await_slot(place: &Place, name: &str) -> Result<Option<String>> {
    let dir = place.slot(name);
    if !dir.is_dir() {
        return Ok(None);
    }
    let lock = Lock::take(&dir.join("lock"), PREDECESSOR);
    let _lock = lock.context("tasks of a drain that was killed are still being ended")?;
    let note = end_left(&dir)?;
    // What its agent spent counts from now on, also where nobody takes this slot again.
    agent::settle(place, &dir)?;
    Ok(note)
}

/// Why somebody's hold on a task is void, if it is. `drains` says whether we hold the drain's lock, so that no other
/// drain can be alive.
pub(super) fn void(row: &Row, here: &Host, drains: bool, now: Timestamp) -> Option<String> {
    let Some(hold) = &row.hold else { return drains.then(|| "nobody works on it".into()) };
    if hold.lease_until.is_some() {
        return hold.is_over(now, here).then(|| format!("the lease of `{}` is over", hold.by));
    }
    let holder = hold.holder.as_ref()?;
    let dead = if hold.host == *here { !holder.alive() } else { drains && hold.by == DRAIN };
    dead.then(|| format!("its worker (pid {}) is gone", holder.pid))
}

/// How many attempts of each pending task failed by what was to run them since a person last handed it back: as it is on
/// record, whoever worked it. The record is only read where there may be any.
pub(super) fn infrastructure(queue: &Queue) -> Result<HashMap<String, u64>> {
    let may = |row: &Row| row.status == Status::Pending && row.forgiven > 0;
    let mut counts: HashMap<String, u64> =
        queue.state().rows().filter(|row| may(row)).map(|row| (row.id.clone(), 0)).collect();
    if counts.is_empty() {
        return Ok(counts);
    }
    history::read(queue.place(), |line| {
        let history::Line::Event(event) = line else { return Ok(()) };
        let count = event.get("task_id").and_then(Value::as_str).and_then(|id| counts.get_mut(id));
        let told = |name: &str| event.get("metadata").and_then(|more| more.get(name));
        if let Some(count) = count {
            match told("blame").and_then(Value::as_str) {
                Some("infrastructure") => *count += 1,
                Some("nobody") => *count = 0,
                _ if told("edited").is_some() => *count = 0,
                _ => {}
            }
        }
        Ok(())
    })?;
    Ok(counts)
}

/// Hands back every task whose worker is gone, or whose lease is over, and has people see to those that were never begun
/// here; what was started for it is waited for first.
pub(super) fn recover(
    queue: &mut Queue,
    drains: bool,
    (told, notes): (&mut Vec<Event>, &mut Vec<String>),
) -> Result<()> {
    let here = Host::here();
    let now = crate::system::clock::now();
    let lost = |row: &&Row| row.status.is_active() && void(row, &here, drains, now).is_some();
    let rows: Vec<&Row> = queue.state().rows().filter(lost).collect();
    if rows.is_empty() {
        return Ok(());
    }
    // A drain that is alive sees to what the one before it left.
    let theirs = !drains && Lock::is_held(&queue.place().drain_lock());
    let rows: Vec<&Row> = rows.into_iter().filter(|row| !(theirs && is_of_drain(row))).collect();
    for row in &rows {
        match row.hold.as_ref().and_then(|hold| hold.holder.as_ref()) {
            _ if is_of_drain(row) && !drains => notes.extend(await_dead_drain(queue.place())?),
            Some(holder) => notes.extend(await_slot(queue.place(), &run_slot(holder.pid))?),
            None => {}
        }
    }
    let ids: Vec<String> = rows.into_iter().map(|row| row.id.clone()).collect();
    queue.change(|turn| {
        for id in &ids {
            if let Some(event) = hand_back(turn, id, &here, drains) {
                told.push(event.clone());
                turn.record(event);
            }
        }
        Ok(())
    })
}

fn is_of_drain(row: &Row) -> bool {
    row.hold.as_ref().is_some_and(|hold| hold.by == DRAIN)
}

fn hand_back(turn: &Turn<'_>, id: &str, here: &Host, drains: bool) -> Option<Event> {
    let row = turn.state().row(id).filter(|row| row.status.is_active())?;
    let why = void(row, here, drains, turn.now())?;
    if row.hold.is_none() && row.macp {
        return unknown(row, turn.now());
    }
    let forgiven = (row.forgiven + 1).min(row.attempts);
    Some(Event::again(id, Blame::Lost, forgiven, None, turn.now()).saying(why))
}

/// Has a person look at a task that is under way according to `tasks.json` alone: nobody whom we know of has begun it, and
/// how much of it is done is not known either.
fn unknown(row: &Row, now: Timestamp) -> Option<Event> {
    let why = format!("it was {} with nobody at work: approve it or retry it", row.status.word());
    let result = serde_json::json!({"task_id": row.id, "status": "escalated", "completed_at": now, "failed_at": now,
        "attempt": row.attempts, "escalation_reason": why, "summary": "not run"});
    let result = serde_json::from_value(result).ok()?;
    Some(Event::ended(&row.id, &result, false, now).saying(why))
}
