//! What people do to tasks: call them off, hand them back, let them go on, say that they are done.

use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::claim::{self, row};
use super::claim_end::Ending;
use super::claim_gates;
use super::claim_update::{self, Update};
use super::event::{Blame, Event, Source};
use super::queue::{Queue, Turn};
use super::result::TaskResult;
use super::settings::Settings;
use super::state::Row;
use super::task::{Dispatch, Status, Task};
use super::transition::Verdict;
use super::worktree;
use crate::fault::Fault;
use crate::system::host::Host;
use crate::system::{interrupt, redact};

/// How long a `cancel` waits for a drain to end what it runs.
const PATIENCE: Duration = Duration::from_secs(20);

/// What became of a task that was to be called off.
#[derive(Debug, Serialize)]
pub struct Cancelled {
    /// The task.
    pub id: String,
    /// Whether it is called off by this.
    pub cancelled: bool,
    /// Whether whoever works on it was told, and has not yet ended it.
    pub requested: bool,
    /// What its status is, as people see it.
    pub status: &'static str,
}

/// Who wants what, and why.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Who.
    pub who: String,
    /// Why.
    pub reason: Option<String>,
}

/// Calls tasks off. One that is pending or claimed is cancelled at once; of one that a drain or a `run` works on, its holder is
/// told, and waited for. Errors: no such task; then nothing is changed.
pub fn cancel(queue: &mut Queue, settings: &Settings, ids: &[String], wish: &Wish) -> Result<Vec<Cancelled>> {
    interrupt::install()?;
    let mut answers = queue.change(|turn| {
        ids.iter().try_for_each(|id| row(turn.state(), id).map(|_| ()))?;
        ids.iter().map(|id| cancel_one(turn, settings, id, wish)).collect::<Result<Vec<_>>>()
    })?;
    queue.sync()?;
    let start = Instant::now();
    while answers.iter().any(|answer| answer.requested) && start.elapsed() < PATIENCE {
        interrupt::nap(Duration::from_millis(20))?;
        queue.refresh()?;
        for answer in answers.iter_mut().filter(|answer| answer.requested) {
            let row = row(queue.state(), &answer.id)?;
            answer.status = row.status.word();
            answer.cancelled = row.status == Status::Cancelled;
            answer.requested = row.cancel_requested;
        }
    }
    Ok(answers)
}

fn cancel_one(turn: &mut Turn<'_>, settings: &Settings, id: &str, wish: &Wish) -> Result<Cancelled> {
    let now = turn.now();
    let row = row(turn.state(), id)?.clone();
    let answer = |cancelled, requested, status: Status| {
        Ok(Cancelled { id: id.to_owned(), cancelled, requested, status: status.word() })
    };
    if row.status.is_final() {
        return answer(false, false, row.status);
    }
    let why = format!("Cancelled by `{}`", wish.who);
    let reason = wish.reason.as_ref().map(|reason| redact::ours().text(reason).into_owned());
    let why = reason.map_or(why.clone(), |reason| format!("{why}: {reason}"));
    if row.status.is_active() && ends_by_itself(&row) {
        let event = Event::progress(&row, now).from(Source::Controller).saying(why);
        turn.record(event.with("cancel", true).with("by", wish.who.clone()));
        return answer(false, true, row.status);
    }
    let task = turn.task(id)?;
    let result =
        TaskResult { error: Some(why.clone()), ..outcome(&task, &row, settings, Status::Failed, now) };
    turn.record(Event::ended(id, &result, true, now).saying(why).with("by", wish.who.clone()));
    answer(true, false, Status::Cancelled)
}

/// Whether a process works on it that ends it when it is told: a drain or a `run`, elsewhere or alive here.
fn ends_by_itself(row: &Row) -> bool {
    row.hold.as_ref().filter(|hold| hold.lease_until.is_none()).is_some_and(|hold| {
        let dead = hold.holder.as_ref().is_none_or(|holder| !holder.alive());
        hold.host != Host::here() || !dead
    })
}

/// A result for what nobody ran.
pub fn outcome(task: &Task, row: &Row, settings: &Settings, status: Status, now: Timestamp) -> TaskResult {
    TaskResult {
        task_id: task.id.clone(),
        status,
        completed_at: now,
        failed_at: (status != Status::Completed).then_some(now),
        exit_code: None,
        attempt: row.attempts,
        max_attempts: row.max_attempts.unwrap_or(settings.max_attempts),
        runtime: task.runtime.clone().unwrap_or_else(|| settings.default_runtime.clone()),
        dispatch: task.way().unwrap_or(Dispatch::Exec).word().to_owned(),
        worktree: task.worktree.clone(),
        branch: task.branch.clone(),
        pr: task.pr.clone(),
        summary: String::new(),
        files_changed: Vec::new(),
        gate_results: Vec::new(),
        error: None,
        escalation_reason: None,
        metadata: Map::new(),
    }
}

/// A task's row, as it is now.
pub fn row_of(turn: &Turn<'_>, id: &str) -> Result<Row> {
    row(turn.state(), id).cloned()
}

/// Hands `ids`, or every failed task, back to the queue, with all their attempts before them again. Gives their ids. Errors: no
/// such task; one that is neither failed, cancelled nor escalated; then nothing is changed.
pub fn retry(queue: &mut Queue, ids: &[String], all_failed: bool, wish: &Wish) -> Result<Vec<String>> {
    let back = queue.change(|turn| {
        let failed = turn.state().rows().filter(|row| all_failed && row.status == Status::Failed);
        let mut chosen: Vec<String> = failed.map(|row| row.id.clone()).collect();
        for id in ids {
            let row = row(turn.state(), id)?;
            if !row.status.is_final() || row.status == Status::Completed {
                let message = format!("task `{id}` is {}", row.status.word());
                let hint = "only what is failed, cancelled or escalated is handed back";
                return Err(Fault::refused(message, hint));
            }
            if !chosen.contains(id) {
                chosen.push(id.clone());
            }
        }
        chosen.iter().try_for_each(|id| hand_back(turn, id, "Handed back", wish))?;
        Ok(chosen)
    })?;
    queue.sync()?;
    Ok(back)
}

/// Pending again, as if nothing had been tried.
pub fn hand_back(turn: &mut Turn<'_>, id: &str, verb: &str, wish: &Wish) -> Result<()> {
    let attempts = row(turn.state(), id)?.attempts;
    let why = format!("{verb} by `{}`", wish.who);
    let why = wish.reason.as_ref().map_or(why.clone(), |reason| format!("{why}: {reason}"));
    let event = Event::again(id, Blame::Nobody, attempts, None, turn.now()).saying(why);
    turn.record(event.with("by", wish.who.clone()));
    Ok(())
}

/// What a person said when an escalated task was to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub note: String,
}

/// The notes on a task, oldest first.
pub fn approvals(task: &Task) -> Vec<Approval> {
    let list =
        task.metadata.as_ref().and_then(|metadata| metadata.get("approvals")).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|entry| serde_json::from_value(entry.clone()).ok()).collect()
}

/// What the next attempt is told beside the brief; nothing where nobody said anything.
pub fn notes(task: &Task) -> Option<String> {
    let lines =
        approvals(task).into_iter().map(|said| format!("- {} ({}): {}\n", said.by, said.at, said.note));
    let lines: String = lines.collect();
    (!lines.is_empty()).then(|| format!("## Notes from people on earlier attempts\n\n{lines}"))
}

/// Lets an escalated task go on: pending again, its attempts before it again, with the note for whoever works it next. Errors:
/// it is not escalated.
pub fn approve(queue: &mut Queue, id: &str, wish: &Wish) -> Result<()> {
    queue.change(|turn| {
        escalated(turn, id)?;
        let task = turn.task(id)?;
        if let Some(note) = &wish.reason {
            let note = redact::ours().text(note).into_owned();
            let said = Approval { by: wish.who.clone(), at: turn.now(), note };
            turn.edit(
                id,
                metadata(&task, "approvals", |list| match list {
                    Value::Array(list) => list.push(json!(said)),
                    other => *other = json!([said]),
                })?,
            )?;
        }
        hand_back(turn, id, "Approved", wish)
    })?;
    queue.sync()
}

/// The field `metadata` of `task` with one entry changed, for [`Turn::edit`].
pub fn metadata(task: &Task, name: &str, change: impl FnOnce(&mut Value)) -> Result<Map<String, Value>> {
    let mut all = metadata_of(task)?;
    change(all.entry(name).or_insert(Value::Null));
    Ok(Map::from_iter([("metadata".to_owned(), Value::Object(all))]))
}

/// A task's `metadata`, empty where it has none. Errors: it is no object.
pub fn metadata_of(task: &Task) -> Result<Map<String, Value>> {
    match &task.metadata {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(all)) => Ok(all.clone()),
        Some(_) => Err(Fault::invalid(
            format!("`metadata` of task `{}` is no object", task.id),
            "mend it in `tasks.json`",
        )),
    }
}

fn escalated<'t>(turn: &'t Turn<'_>, id: &str) -> Result<&'t Row> {
    let row = row(turn.state(), id)?;
    if row.status == Status::Escalated {
        return Ok(row);
    }
    let message = format!("task `{id}` is {}, not escalated", row.status.word());
    Err(Fault::refused(message, "`taskrun macp retry` hands failed tasks back"))
}

/// A person says that an escalated task is done. Its gates run first; red ones refuse it, unless `despite`.
pub fn done(
    queue: &mut Queue,
    settings: &Settings,
    id: &str,
    (wish, despite): (&Wish, bool),
) -> Result<Update> {
    let place = queue.place().clone();
    let (task, attempts) = queue.change(|turn| {
        let attempts = escalated(turn, id)?.attempts;
        Ok((turn.task(id)?, attempts))
    })?;
    let ground = worktree::prepare(&task, &place, settings)?;
    let gates = claim_gates::of(&task, settings);
    let mut judgement = claim_gates::judge(&place, settings, (&task, attempts), &gates, &ground)?;
    if let Some(complaint) = judgement.complaint.take().filter(|_| !despite) {
        return Err(Fault::refused(
            format!("task `{id}` is not done: {complaint}"),
            "mend it, or say `--despite-gates`",
        ));
    }
    let files = worktree::files_changed(&ground)?;
    let mut updated = queue.change(|turn| {
        let row = escalated(turn, id)?;
        let attempt = claim::attempt(row, settings, 0);
        if attempt.number != attempts {
            return Err(Fault::refused(format!("task `{id}` was tried again meanwhile"), "look at it again"));
        }
        let mut ending = Ending::new(&task, attempt, Verdict::Passed, settings);
        // What gates said is in the result; the record has no gates of an attempt that is over.
        judgement.events.clear();
        ending.judgement = judgement;
        ending.files = files;
        ending.branch = ground.branch;
        let said = format!("Done, says `{}`", wish.who);
        ending.summary = wish.reason.as_ref().map_or(said.clone(), |note| format!("{said}: {note}"));
        ending.metadata.insert("approved_by".into(), json!(wish.who));
        ending.settle(turn)
    })?;
    queue.sync()?;
    claim_update::finish(queue, settings, &task, &mut updated)?;
    Ok(updated)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(metadata: &Value) -> Task {
        let task = json!({"id": "a", "title": "A", "status": "pending", "metadata": metadata});
        serde_json::from_value(task).unwrap()
    }

    #[test]
    fn notes_are_told_in_order_and_other_metadata_stays() {
        let at = "2026-01-01T00:00:00Z";
        assert_eq!(notes(&task(&json!({"owner": "x"}))), None);
        let one = json!({"by": "ann", "at": at, "note": "use v2"});
        let said = task(&json!({"approvals": [one, {"odd": 1}, {"by": "bob", "at": at, "note": "go"}]}));
        let text = notes(&said).unwrap();
        assert!(text.ends_with(&format!("- ann ({at}): use v2\n- bob ({at}): go\n")), "{text}");
        let fields = metadata(&task(&json!({"owner": "x"})), "n", |value| *value = json!(1)).unwrap();
        assert_eq!(json!(fields), json!({"metadata": {"owner": "x", "n": 1}}));
        assert!(metadata(&task(&json!("text")), "n", |_| ()).is_err());
    }
}
