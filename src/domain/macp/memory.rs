//! A queue's files as they are held in memory: how far each task is, where its text lies, how far the log was read.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::checkpoint::Head;
use super::elements::Frame;
use super::event::Event;
use super::ids::{Ids, awaited};
use super::inbox::{Edit, Line};
use super::place::Place;
use super::sketch::{Noted, Sketch};
use super::state::State;
use super::task::Task;
use crate::domain::agents::one_line;
use crate::fault::Fault;
use crate::system::store::{Journal, Mark, PRIVATE, SHARED};

/// Where a task's text lies.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// From here.
    pub at: u64,
    /// So long.
    pub len: u32,
    /// In the inbox, not in `tasks.json`.
    pub inbox: bool,
    /// Nor there: in the copy of what `tasks.json` was before a hand took it out.
    pub kept: bool,
    /// Whether it has a `result_path`.
    pub result_path: bool,
}

/// All of it.
#[derive(Debug)]
pub struct Memory {
    /// Every task.
    pub state: State,
    /// Where the text of each lies.
    pub spans: Vec<Span>,
    /// What its text says of its progress.
    pub noted: Vec<Noted>,
    /// Fields that were set since the text was written, by row.
    pub edits: HashMap<usize, Map<String, Value>>,
    /// Rows that are no more.
    pub gone: HashSet<usize>,
    /// What `tasks.json` holds of them.
    pub dropped: Vec<Span>,
    /// The `tasks.json` the spans are of.
    pub file: Option<File>,
    /// What it was before a hand took tasks out.
    pub kept: Option<File>,
    /// What it is known by.
    pub mark: Option<Mark>,
    /// Where more tasks can be put in it.
    pub frame: Option<Frame>,
    /// The checkpoint it began with.
    pub head: Option<Head>,
    /// The log.
    pub events: Journal,
    /// Lines of it that were read.
    pub lines: u64,
    /// What was submitted.
    pub inbox: Journal,
    /// Results the log told since the checkpoint, the last one of each task.
    pub results: HashMap<String, Value>,
    /// What whoever looks on should know.
    pub notices: Vec<String>,
}

impl Memory {
    /// Nothing read yet.
    pub fn new(place: &Place, head: Option<Head>) -> Self {
        let at =
            head.as_ref().map_or((0, 0, 0, 0), |head| (head.events, head.lines, head.inbox, head.inbox_at));
        Self {
            state: State::default(),
            spans: Vec::new(),
            noted: Vec::new(),
            edits: HashMap::new(),
            gone: HashSet::new(),
            dropped: Vec::new(),
            file: None,
            kept: None,
            mark: None,
            frame: None,
            head,
            events: Journal::new(place.events(), PRIVATE, at.0),
            lines: at.1,
            inbox: Journal::new(place.inbox(at.2), SHARED, at.3),
            results: HashMap::new(),
            notices: Vec::new(),
        }
    }

    /// Takes a task in.
    pub fn insert(&mut self, sketch: Sketch<'_>, span: Span) -> usize {
        let (noted, meant) = (sketch.noted(), sketch.meant_for());
        let at = self.state.insert(sketch.row(), meant);
        if at == self.spans.len() {
            self.spans.push(span);
            self.noted.push(noted);
        } else {
            self.spans[at] = span;
            self.noted[at] = noted;
        }
        at
    }

    /// Takes lines of the inbox in, which begin at `base`.
    pub fn take_inbox(&mut self, bytes: &[u8], base: u64) {
        let mut at = base;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match Line::read(line) {
                Ok(read) => self.take_line(&read, line, at),
                Err(error) => self.notices.push(format!(
                    "`{}`: a line cannot be read ({error}) and is skipped",
                    self.inbox.path().display()
                )),
            }
            at += line.len() as u64;
        }
    }

    fn take_line<'l>(&mut self, read: &Line<'l>, line: &'l [u8], at: u64) {
        for (place, text) in read.submits(line) {
            let Ok(sketch) = Sketch::read(text) else { continue };
            // One that a hand, or a writing that was cut short, has put into `tasks.json` already.
            if self.state.row(sketch.id()).is_some() {
                continue;
            }
            let len = u32::try_from(place.len()).unwrap_or(u32::MAX);
            let span = Span {
                at: at + place.start as u64,
                len,
                inbox: true,
                kept: false,
                result_path: sketch.has_result_path(),
            };
            self.insert(sketch, span);
        }
        for edit in &read.edit {
            self.take_edit(edit, true);
        }
        for id in &read.remove {
            self.gone.extend(self.state.index_of(id));
        }
    }

    /// Sets fields. What a hand has changed meanwhile stays where `merge` is wanted.
    pub fn take_edit(&mut self, edit: &Edit, merge: bool) {
        let Some(row) = self.state.index_of(&edit.id) else { return };
        let mut set = edit.set.clone();
        if merge {
            let Ok(now) = self.fields(row) else { return };
            set.retain(|name, _| now.get(name) == edit.was.get(name));
        }
        self.edits.entry(row).or_default().extend(set);
        let Ok(text) = self.fields(row).and_then(|fields| Ok(serde_json::to_vec(&fields)?)) else { return };
        let Ok(sketch) = Sketch::read(&text) else { return };
        self.spans[row].result_path = sketch.has_result_path();
        let meant = sketch.meant_for();
        self.state.redefine(row, sketch.row(), meant);
    }

    /// Takes lines of the log in. One that cannot be read is told and skipped.
    pub fn take_events(&mut self, bytes: &[u8]) {
        for line in bytes.split(|byte| *byte == b'\n') {
            // The last piece, behind the last newline, is none.
            if line.as_ptr_range().end == bytes.as_ptr_range().end {
                break;
            }
            self.lines += 1;
            if line.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice::<Event>(line) {
                Ok(mut event) => {
                    self.state.apply(&event);
                    self.note_result(&mut event);
                }
                Err(error) => self.notices.push(format!(
                    "`{}` line {}: {error}; it is skipped",
                    self.events.path().display(),
                    self.lines
                )),
            }
        }
    }

    /// The text of a task as it was written.
    pub fn text(&self, row: usize) -> Result<String> {
        let span = self.spans[row];
        let mut bytes = vec![0; span.len as usize];
        let file = if span.kept { &self.kept } else { &self.file };
        let read = match file {
            _ if span.inbox && !span.kept => self.inbox.read_at(&mut bytes, span.at),
            Some(file) => file.read_exact_at(&mut bytes, span.at),
            None => Err(io::ErrorKind::NotFound.into()),
        };
        read.context("failed to read `tasks.json`")?;
        String::from_utf8(bytes).context("`tasks.json` was changed meanwhile")
    }

    /// All fields of a task.
    pub fn fields(&self, row: usize) -> Result<Map<String, Value>> {
        let mut fields: Map<String, Value> = serde_json::from_str(&self.text(row)?)?;
        for (name, value) in self.edits.get(&row).into_iter().flatten() {
            match value {
                Value::Null => drop(fields.shift_remove(name)),
                value => drop(fields.insert(name.clone(), value.clone())),
            }
        }
        Ok(fields)
    }

    /// A task's whole definition, with its progress as it is now.
    pub fn task(&self, id: &str) -> Result<Task> {
        let row = self.state.index_of(id).ok_or_else(|| unknown(id))?;
        // Most are as they were written, and can be read in one go; who has written a field twice means the last.
        let whole = || serde_json::from_str(&self.text(row).ok()?).ok();
        let whole = if self.edits.contains_key(&row) { None } else { whole() };
        let parsed = match whole {
            Some(task) => Ok(task),
            None => self.fields(row).and_then(|fields| Ok(serde_json::from_value(Value::Object(fields))?)),
        };
        let mut task: Task = parsed.map_err(|error| {
            Fault::invalid(format!("task `{id}`: {error:#}"), "mend it in `tasks.json`, or try again")
        })?;
        if task.id != id {
            return Err(Fault::busy(format!("task `{id}` is being edited"), "try again in a moment"));
        }
        if let Some(row) = self.state.row(id) {
            task.status = row.status;
            if row.macp || task.attempts.is_some() {
                task.attempts = Some(row.attempts);
            }
        }
        Ok(task)
    }

    /// Whether somebody works on a task right now, as far as can be told from here.
    pub fn is_worked(&self, row: usize, now: Timestamp) -> bool {
        let row = self.state.at(row);
        let Some(hold) = row.hold.as_ref().filter(|_| row.status.is_active()) else { return false };
        if let Some(until) = hold.lease_until {
            return until > now;
        }
        let here = crate::system::host::Host::here();
        match &hold.holder {
            Some(holder) if hold.host == here => holder.alive(),
            _ => true,
        }
    }
}

pub(super) fn unknown(id: &str) -> anyhow::Error {
    Fault::not_found(
        format!("no task `{}`", one_line(id, 60)),
        "`taskrun macp status` counts the tasks; `history` names them",
    )
}

impl Memory {
    /// Deals with the last line of the log that has no end: a writer was killed or the power was lost in the middle of it.
    pub fn torn(&mut self, rest: &[u8], locked: bool) -> Result<()> {
        if !locked {
            return Ok(());
        }
        self.events.cut()?;
        if serde_json::from_slice::<Event>(rest).is_ok() {
            // Only its newline is missing.
            let line = [rest, b"\n"].concat();
            self.events.append(&line)?;
            self.take_events(&line);
        } else {
            self.notices.push(format!(
                "`{}` line {}: it was not written to its end, and is dropped",
                self.events.path().display(),
                self.lines + 1
            ));
        }
        Ok(())
    }

    /// Drops the rows that are no more.
    pub fn forget(&mut self) {
        let gone = std::mem::take(&mut self.gone);
        let edits = std::mem::take(&mut self.edits);
        let old = std::mem::take(&mut self.state);
        let (spans, noted) = (std::mem::take(&mut self.spans), std::mem::take(&mut self.noted));
        let mut edits: HashMap<_, _> = edits.into_iter().collect();
        for (at, (row, meant)) in old.into_rows().enumerate() {
            if gone.contains(&at) {
                if !spans[at].inbox {
                    self.dropped.push(spans[at]);
                }
                continue;
            }
            let new = self.state.insert(row, meant);
            self.spans.push(spans[at]);
            self.noted.push(noted[at]);
            if let Some(set) = edits.remove(&at) {
                self.edits.insert(new, set);
            }
        }
    }
}

impl Memory {
    /// Reads what was appended to the inbox and to the log, which ends at `end`; under the lock.
    pub fn read_on(&mut self, end: u64) -> Result<()> {
        let (base, size) = (self.inbox.at(), self.inbox.size());
        if size > base {
            let (bytes, rest) = self.inbox.news(size)?;
            self.take_inbox(&bytes, base);
            if !rest.is_empty() {
                self.inbox.cut()?;
            }
            if !self.gone.is_empty() {
                self.forget();
            }
        }
        let (bytes, rest) = self.events.news(end)?;
        self.take_events(&bytes);
        if rest.is_empty() { Ok(()) } else { self.torn(&rest, true) }
    }

    /// Appends a line about the tasks in `rows` to the inbox; says where it begins.
    pub fn append_to_inbox(&mut self, place: &Place, line: &[u8], rows: &[usize]) -> Result<u64> {
        let generation = self.head.as_ref().map_or(0, |head| head.inbox);
        let rows = || rows.iter().map(|row| self.state.at(*row));
        let awaited: Vec<String> = rows().flat_map(|row| &row.depends_on).map(|on| awaited(on)).collect();
        let names: Vec<&str> =
            rows().map(|row| row.id.as_str()).chain(awaited.iter().map(String::as_str)).collect();
        let start = self.inbox.at();
        Ids::new(place.ids(generation)).add(&names, start..start + line.len() as u64)?;
        self.inbox.append(line)
    }

    /// Whether what was not waited for may be lost: this machine was started anew since.
    pub fn is_of_another_boot(head: &Head) -> bool {
        let boot = crate::system::lock::Holder::me().boot;
        head.boot != boot && head.host.is_machine(&crate::system::host::Host::here())
    }

    /// Reads the last result of each task from the whole log.
    pub fn read_all_results(&mut self) -> Result<()> {
        let mut log = Journal::new(self.events.path().to_owned(), PRIVATE, 0);
        let (bytes, _) = log.news(self.events.at())?;
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let Ok(mut event) = serde_json::from_slice::<Event>(line) else { continue };
            self.note_result(&mut event);
        }
        Ok(())
    }

    /// Remembers what an event says of its task's result: there is a new one, or the old one is set aside (null).
    pub fn note_result(&mut self, event: &mut Event) {
        if let Some(result) = event.metadata.remove("result") {
            self.results.insert(std::mem::take(&mut event.task_id), result);
        } else if event.sets_aside() {
            self.results.insert(std::mem::take(&mut event.task_id), Value::Null);
        }
    }
}
