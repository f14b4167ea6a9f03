//! The queue on disk: read it, change it. Every change is an event, or a task that was submitted or edited; nothing else writes here.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::event::Event;
use super::place::Place;
use super::state::{Row, State};
use super::task::{PRIORITY, Status, Task};
use crate::fault::Fault;
use crate::system::lock::Lock;
use crate::system::{clock, store};

/// How long a change waits for another one.
const PATIENCE: Duration = Duration::from_secs(30);

/// A queue, as it was when it was last read.
#[derive(Debug)]
pub struct Queue {
    place: Place,
    state: State,
    tasks: HashMap<String, Value>,
}

/// One change under way, under the lock and on the newest state. What it records is written when it ends well,
/// all or nothing.
#[derive(Debug)]
pub struct Turn<'q> {
    queue: &'q mut Queue,
    events: Vec<Event>,
    now: Timestamp,
}

impl Queue {
    /// Reads it, without a lock and without writing; a queue that is not there is empty. Errors: [`Fault::Invalid`] naming
    /// file and line.
    pub fn open(place: Place) -> Result<Self> {
        let mut queue = Self { place, state: State::default(), tasks: HashMap::new() };
        queue.refresh()?;
        Ok(queue)
    }

    /// Where it lies.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Every task and how far it is.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// A task's whole definition, with its status and attempts as they are now. Unknown ids: [`Fault::NotFound`].
    pub fn task(&self, id: &str) -> Result<Task> {
        let value = self.tasks.get(id).ok_or_else(|| unknown(id))?;
        let mut task: Task = serde_json::from_value(value.clone())
            .map_err(|error| Fault::invalid(format!("task `{id}`: {error}"), "mend it in `tasks.json`"))?;
        if let Some(row) = self.state.row(id) {
            task.status = row.status;
        }
        Ok(task)
    }

    /// Reads again what others have changed meanwhile.
    pub fn refresh(&mut self) -> Result<()> {
        self.state = State::default();
        self.tasks = HashMap::new();
        let Some(text) = store::read_text(&self.place.tasks())? else { return Ok(()) };
        let value: Value = serde_json::from_str(&text)?;
        let list = value.get("tasks").unwrap_or(&value).as_array().cloned().unwrap_or_default();
        for value in list {
            let task: Task = serde_json::from_value(value.clone())?;
            self.state.insert(row(&task));
            self.tasks.insert(task.id.clone(), value);
        }
        let side = store::read_text(&self.place.state().join("rows.json"))?.unwrap_or_else(|| "[]".into());
        for row in serde_json::from_str::<Vec<Row>>(&side)? {
            if self.state.row(&row.id).is_some() {
                self.state.insert(row);
            }
        }
        Ok(())
    }

    /// Changes it: takes the lock, reads what is new, has `decide` record what happens, writes it. An error leaves all as it
    /// was. What was changed survives the end of this process; [`Queue::sync`] has it survive a power loss.
    pub fn change<T>(&mut self, decide: impl FnOnce(&mut Turn<'_>) -> Result<T>) -> Result<T> {
        store::make_dir(&self.place.state())?;
        let _lock = Lock::take(&self.place.queue_lock(), PATIENCE)?;
        self.refresh()?;
        let mut turn = Turn { queue: self, events: Vec::new(), now: clock::now() };
        let answer = decide(&mut turn)?;
        let events = turn.events;
        for event in &events {
            store::append_durable(&self.place.events(), &serde_json::to_string(event)?)?;
            if let Some(result) = event.metadata.get("result") {
                store::make_dir(&self.place.results())?;
                store::write_json(&self.place.results().join(format!("{}.json", event.task_id)), result)?;
            }
        }
        self.checkpoint()?;
        Ok(answer)
    }

    /// Has all that was changed survive a power loss.
    pub fn sync(&mut self) -> Result<()> {
        Ok(())
    }

    /// Brings `tasks.json` up to date.
    pub fn checkpoint(&mut self) -> Result<()> {
        let list = self.state.rows().map(|row| {
            let mut value = self.tasks[&row.id].clone();
            value["status"] = row.status.on_disk().into();
            if row.macp {
                value["attempts"] = row.attempts.into();
            }
            value
        });
        let list: Vec<Value> = list.collect();
        store::write_json(&self.place.tasks(), &serde_json::json!({"tasks": list}))?;
        store::write_json(&self.place.state().join("rows.json"), &self.state.rows)
    }
}

impl Turn<'_> {
    /// Every task and how far it is, with what this turn has recorded so far.
    pub fn state(&self) -> &State {
        &self.queue.state
    }

    /// A task's whole definition, see [`Queue::task`].
    pub fn task(&self, id: &str) -> Result<Task> {
        self.queue.task(id)
    }

    /// The moment of this change.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Records what happened.
    pub fn record(&mut self, event: Event) {
        self.queue.state.apply(&event);
        self.events.push(event);
    }

    /// Adds a task (a JSON object with at least id, title, status), at the end. An id that is taken is [`Fault::Refused`].
    pub fn submit(&mut self, task: Map<String, Value>) -> Result<()> {
        let value = Value::Object(task);
        let read: Task = serde_json::from_value(value.clone())?;
        if self.queue.state.row(&read.id).is_some() {
            return Err(Fault::refused(
                format!("there is a task `{}` already", read.id),
                "choose another id",
            ));
        }
        self.queue.state.insert(row(&read));
        self.queue.tasks.insert(read.id, value);
        Ok(())
    }

    /// Sets fields of a task's definition (not status and attempts: events do that); null removes one.
    pub fn edit(&mut self, id: &str, fields: Map<String, Value>) -> Result<()> {
        let task = self.queue.tasks.get_mut(id).ok_or_else(|| unknown(id))?;
        for (name, value) in fields {
            task[name] = value;
        }
        Ok(())
    }
}

fn unknown(id: &str) -> anyhow::Error {
    Fault::not_found(format!("no task `{id}`"), "`taskrun macp status` lists the tasks")
}

fn row(task: &Task) -> Row {
    Row {
        id: task.id.clone(),
        status: if task.cancelled { Status::Cancelled } else { task.status },
        attempts: task.attempts.unwrap_or(0),
        forgiven: 0,
        max_attempts: task.max_attempts,
        priority: task.priority.unwrap_or(PRIORITY),
        key: task.key.clone(),
        org: task.org.clone(),
        depends_on: task.depends_on.clone(),
        macp: task.dispatch.is_some(),
        created_at: task.created_at,
        not_before: None,
        hold: None,
        started_at: None,
        cancel_requested: false,
    }
}
