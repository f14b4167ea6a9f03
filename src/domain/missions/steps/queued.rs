//! A step of tasks for the queue: submitted once, then worked one after the other until all are over.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Map, Value};

use super::super::stand::Stand;
use super::super::told::{Hands, Told};
use super::super::workflow::Step;
use super::{Came, Means, Running};
use crate::domain::macp::drain::{self, Finished, Options};
use crate::domain::macp::people::{self, Wish};
use crate::domain::macp::settings::{self, Settings};
use crate::domain::macp::state::{Row, State};
use crate::domain::macp::submit;
use crate::domain::macp::task::Status;
use crate::domain::macp::{Place, Queue};
use crate::fault::Fault;
use crate::system::{clock, interrupt};

/// Between two looks at what others work on.
const NAP: Duration = Duration::from_millis(100);

/// The tasks, as they are to be in the queue.
pub(super) struct Ready {
    place: Place,
    settings: Settings,
    tasks: Vec<Map<String, Value>>,
    ids: Vec<String>,
    who: String,
}

pub(super) fn ready(stand: &Stand<'_>, step: &Step, means: &Means<'_>) -> Result<Ready> {
    let place = Place::of(means.workspace);
    let settings = settings::load(&place)?;
    let start = format!("{}-{}", stand.mission.mission_id, step.step_id);
    let tasks = named(&step.tasks, &start, &step.name);
    let ids = tasks.iter().filter_map(|task| task["id"].as_str().map(str::to_owned)).collect();
    Ok(Ready { place, settings, tasks, ids, who: format!("mission {}", stand.mission.mission_id) })
}

/// The tasks with ids that begin with `start`, so that each is in the queue once, however often the step is run.
fn named(tasks: &[Map<String, Value>], start: &str, title: &str) -> Vec<Map<String, Value>> {
    let own = |(at, task): (usize, &Map<String, Value>)| {
        let given =
            task.get("id").and_then(Value::as_str).map_or_else(|| (at + 1).to_string(), str::to_owned);
        let full = format!("{start}-{given}");
        (given, full)
    };
    let names: Vec<(String, String)> = tasks.iter().enumerate().map(own).collect();
    let known: HashMap<&str, &str> =
        names.iter().map(|(given, full)| (given.as_str(), full.as_str())).collect();
    let full = |task: (&Map<String, Value>, &(String, String))| {
        let (given, (_, id)) = task;
        let mut task = given.clone();
        task.insert("id".into(), id.as_str().into());
        task.entry("title").or_insert_with(|| title.into());
        if let Some(Value::Array(list)) = task.get_mut("depends_on") {
            for on in list.iter_mut() {
                if let Some(full) = on.as_str().and_then(|on| known.get(on)) {
                    *on = (*full).into();
                }
            }
        }
        task
    };
    tasks.iter().zip(&names).map(full).collect()
}

impl Ready {
    /// Submits what is not in the queue yet, hands back what had failed, and works all of it.
    pub(super) fn run(&self, running: &mut Running, hands: &mut Hands<'_>) -> Result<Came> {
        interrupt::install()?;
        // A killed run of this step leaves tasks under way at which nobody works.
        drain::take_back(self.place.clone(), &mut *hands.notice)?;
        self.hand_in()?;
        loop {
            interrupt::check()?;
            let queue = Queue::open(self.place.clone())?;
            let state = queue.state();
            let rows: Vec<&Row> = self.ids.iter().filter_map(|id| state.row(id)).collect();
            let next = rows.iter().find(|row| is_due(state, row)).map(|row| row.id.clone());
            let waits = rows.iter().any(|row| !row.status.is_final()) && goes_on(state, &rows);
            match next {
                None if waits => interrupt::nap(NAP)?,
                None => return Ok(judge(&rows, self.ids.len())),
                Some(id) => {
                    if let Some(came) = self.work(&id, running, hands)? {
                        return Ok(came);
                    }
                }
            }
        }
    }

    fn hand_in(&self) -> Result<()> {
        let mut queue = Queue::open(self.place.clone())?;
        let is_new = |id: &str| queue.state().row(id).is_none();
        let new = |task: &&Map<String, Value>| task["id"].as_str().is_some_and(is_new);
        let new: Vec<Map<String, Value>> = self.tasks.iter().filter(new).cloned().collect();
        let over = |id: &&String| {
            let row = queue.state().row(id);
            row.is_some_and(|row| matches!(row.status, Status::Failed | Status::Cancelled))
        };
        let over: Vec<String> = self.ids.iter().filter(over).cloned().collect();
        if !new.is_empty() {
            submit::submit(&self.place, &self.settings, &new)?;
        }
        if !over.is_empty() {
            let wish = Wish { who: self.who.clone(), reason: Some("the step is run again".into()) };
            people::retry(&mut queue, &over, false, &wish)?;
        }
        Ok(())
    }

    /// Works one task to its end; what that came to is in the queue, but for a limit or a signal that ends the step.
    fn work(&self, id: &str, running: &mut Running, hands: &mut Hands<'_>) -> Result<Option<Came>> {
        let mut tell = |told: drain::Told<'_>| {
            match told {
                drain::Told::Event(event) => running.line(&format!("[{}] {}", event.task_id, event.message)),
                drain::Told::Finished(finished) => running.is_run(&finished.run),
            }
            (hands.tell)(Told::Queue(told));
        };
        let lent = drain::Hands { tell: &mut tell, notice: &mut *hands.notice };
        match drain::run(self.place.clone(), id, &Options::default(), lent) {
            Ok(finished) => Ok(cut(&finished)),
            // Somebody else works on it.
            Err(error) if matches!(error.downcast_ref(), Some(Fault::Busy { .. })) => {
                interrupt::nap(NAP)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether a task can be worked now.
fn is_due(state: &State, row: &Row) -> bool {
    let done = |on: &String| state.row(on).is_some_and(|on| on.status == Status::Completed);
    let due = row.not_before.is_none_or(|at| at <= clock::now());
    row.status == Status::Pending && !row.blocked && due && row.depends_on.iter().all(done)
}

/// Whether something may still happen without us: a pause that ends, or somebody who works.
fn goes_on(state: &State, rows: &[&Row]) -> bool {
    let later =
        |row: &&Row| row.status == Status::Pending && row.not_before.is_some_and(|at| at > clock::now());
    let works = |row: &Row| {
        row.status.is_active()
            && row
                .hold
                .as_ref()
                .and_then(|hold| hold.holder.as_ref())
                .is_some_and(crate::system::lock::Holder::alive)
    };
    rows.iter().any(later) || state.rows().any(works)
}

/// The end of a run that ends the step, too.
fn cut(finished: &Finished) -> Option<Came> {
    let signal = finished.exit_code.checked_sub(128).map(i32::from);
    (finished.exit_code == 3 || signal.is_some()).then(|| Came {
        exit_code: Some(i32::from(finished.exit_code)),
        signal,
        ..Came::failed(
            finished.reason,
            finished.exit_code,
            format!("the queue ended with `{}`", finished.reason),
        )
    })
}

/// What the tasks came to together.
fn judge(rows: &[&Row], count: usize) -> Came {
    let with = |status: Status| rows.iter().filter(move |row| row.status == status);
    let names = |status| with(status).map(|row| format!("`{}`", row.id)).collect::<Vec<_>>().join(", ");
    let failed =
        |reason, code, error| Came { exit_code: Some(i32::from(code)), ..Came::failed(reason, code, error) };
    if with(Status::Completed).count() == count {
        return Came::well();
    }
    for status in [Status::Failed, Status::Cancelled] {
        if with(status).next().is_some() {
            return failed(
                "failed",
                1,
                format!("tasks of the queue are {}: {}", status.word(), names(status)),
            );
        }
    }
    if with(Status::Escalated).next().is_some() {
        let told = names(Status::Escalated);
        return failed("escalated", 4, format!("tasks of the queue wait for a person: {told}"));
    }
    let left = rows.iter().filter(|row| !row.status.is_final()).map(|row| format!("`{}`", row.id));
    let left = left.collect::<Vec<_>>().join(", ");
    failed("failed", 1, format!("tasks of the queue cannot be worked as things are: {left}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tasks_are_named_after_the_step_and_know_each_other() {
        let tasks: Vec<Map<String, Value>> = serde_json::from_value(json!([
            {"id": "a", "title": "A"},
            {"command": "true", "depends_on": ["a", "t-9"]},
            {"id": "c", "depends_on": ["2"]}
        ]))
        .unwrap();
        let named = named(&tasks, "m-1-work", "Work");
        let expected = json!([
            {"id": "m-1-work-a", "title": "A"},
            {"command": "true", "depends_on": ["m-1-work-a", "t-9"], "id": "m-1-work-2", "title": "Work"},
            {"id": "m-1-work-c", "depends_on": ["m-1-work-2"], "title": "Work"}
        ]);
        assert_eq!(json!(named), expected);
    }
}
