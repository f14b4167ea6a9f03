//! One change of a queue: what it records is written when it ends well, all or nothing.

use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::event::Event;
use super::inbox::{self, Edit};
use super::load;
use super::memory::{Memory, Span, unknown};
use super::place::Place;
use super::sketch::Sketch;
use super::state::State;
use super::task::Task;
use crate::fault::Fault;
use crate::system::store::Mark;

/// One change under way, under the lock and on the newest state. What it records is written when it ends well,
/// all or nothing.
#[derive(Debug)]
pub struct Turn<'q> {
    pub(super) memory: &'q mut Memory,
    pub(super) events: Vec<Event>,
    pub(super) submits: Vec<(usize, Vec<u8>)>,
    pub(super) edits: Vec<Edit>,
    pub(super) removes: Vec<String>,
    pub(super) now: Timestamp,
    pub(super) place: &'q Place,
}

/// Events as lines of the log.
pub(super) fn lines(events: &[Event]) -> Result<Vec<u8>> {
    let mut lines = Vec::with_capacity(events.len() * 256);
    for event in events {
        serde_json::to_writer(&mut lines, event)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

impl Turn<'_> {
    /// Every task and how far it is, with what this turn has recorded so far.
    pub fn state(&self) -> &State {
        &self.memory.state
    }

    /// A task's whole definition, see [`Queue::task`].
    pub fn task(&self, id: &str) -> Result<Task> {
        let new = self.memory.state.index_of(id);
        let new = self.submits.iter().find(|(row, _)| Some(*row) == new);
        match new {
            Some((row, text)) => {
                let mut task: Task = serde_json::from_slice(text)?;
                task.status = self.memory.state.at(*row).status;
                Ok(task)
            }
            None => load::task(self.memory, self.place, id),
        }
    }

    /// Whether a hand was at `tasks.json` since it was read.
    pub fn is_behind(&self) -> bool {
        Mark::at(&self.place.tasks()) != self.memory.mark
    }

    /// The moment of this change.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Where the queue lies.
    pub fn place(&self) -> &Place {
        self.place
    }

    /// Records what happened.
    pub fn record(&mut self, event: Event) {
        self.memory.state.apply(&event);
        self.events.push(event);
    }

    /// Adds a task (a JSON object with at least id, title, status), at the end. An id that is taken is [`Fault::Refused`].
    #[allow(clippy::needless_pass_by_value)] // whoever submits a task has no more use for it
    pub fn submit(&mut self, task: Map<String, Value>) -> Result<()> {
        let text = inbox::text(&task)?;
        let sketch = Sketch::read(&text).map_err(|error| {
            let told = error.to_string();
            let told = told.rsplit_once(" at line ").map_or(told.as_str(), |(told, _)| told);
            let id = task.get("id").and_then(Value::as_str).unwrap_or("?");
            Fault::usage(format!("task `{id}`: {told}"), "see `taskrun macp submit --help`")
        })?;
        if self.memory.state.row(sketch.id()).is_some() {
            return Err(Fault::refused(
                format!("there is a task `{}` already", sketch.id()),
                "choose another id",
            ));
        }
        let result_path = sketch.has_result_path();
        let row = self.memory.insert(sketch, Span { at: 0, len: 0, inbox: true, kept: false, result_path });
        self.submits.push((row, text));
        Ok(())
    }

    /// Sets fields of a task's definition (not status and attempts: events do that); null removes one.
    pub fn edit(&mut self, id: &str, fields: Map<String, Value>) -> Result<()> {
        let row = self.memory.state.index_of(id).ok_or_else(|| unknown(id))?;
        if let Some((_, text)) = self.submits.iter_mut().find(|(new, _)| *new == row) {
            let mut task: Map<String, Value> = serde_json::from_slice(text)?;
            task.extend(fields);
            task.retain(|_, value| !value.is_null());
            *text = inbox::text(&task)?;
            let sketch = Sketch::read(text)?;
            let meant = sketch.meant_for();
            self.memory.spans[row].result_path = sketch.has_result_path();
            self.memory.state.redefine(row, sketch.row(), meant);
            return Ok(());
        }
        let now = self.memory.fields(row)?;
        let was = now.into_iter().filter(|(name, _)| fields.contains_key(name)).collect();
        let edit = Edit { id: id.to_owned(), set: fields, was };
        self.memory.take_edit(&edit, false);
        self.edits.push(edit);
        Ok(())
    }

    /// Takes tasks out of the queue. They are gone when the turn is over.
    pub fn remove(&mut self, ids: impl IntoIterator<Item = String>) {
        self.removes.extend(ids);
    }

    pub(super) fn is_changed(&self) -> bool {
        !(self.events.is_empty()
            && self.submits.is_empty()
            && self.edits.is_empty()
            && self.removes.is_empty())
    }

    /// Writes it: tasks first, so that what is told of them is told of something.
    pub(super) fn write(self) -> Result<()> {
        let (memory, place) = (self.memory, self.place);
        if !(self.submits.is_empty() && self.edits.is_empty() && self.removes.is_empty()) {
            let (rows, texts): (Vec<usize>, Vec<Vec<u8>>) = self.submits.into_iter().unzip();
            let (line, places) = inbox::line(&texts, &self.edits, &self.removes)?;
            let base = memory.append_to_inbox(place, &line, &rows)?;
            for (row, range) in rows.into_iter().zip(places) {
                let len = u32::try_from(range.len())?;
                memory.spans[row] = Span { at: base + range.start as u64, len, ..memory.spans[row] };
            }
            memory.gone.extend(self.removes.iter().filter_map(|id| memory.state.index_of(id)));
            if !memory.gone.is_empty() {
                memory.forget();
            }
        }
        if self.events.is_empty() {
            return Ok(());
        }
        memory.events.append(&lines(&self.events)?)?;
        memory.lines += self.events.len() as u64;
        for mut event in self.events {
            memory.note_result(&mut event);
        }
        Ok(())
    }
}
