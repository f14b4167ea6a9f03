//! The queue on disk: read it, change it. Every change is an event, or a task that was submitted or edited; nothing else writes here.
//!
//! `events.ndjson` is the truth since the last checkpoint, `tasks.json` a snapshot that people edit; a submitted task waits in
//! the inbox until the next one. So a change costs what it says, not what the queue holds.

use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::event::Event;
use super::inbox::{self, Edit};
use super::load::load;
use super::memory::{Memory, Span, unknown};
use super::place::Place;
use super::sketch::Sketch;
use super::state::State;
use super::task::Task;
use super::{history, results, snapshot};
use crate::fault::Fault;
use crate::system::lock::Lock;
use crate::system::store::Mark;
use crate::system::{clock, store};

/// How long a change waits for another one.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// A `tasks.json` up to this size is written with each change.
pub(super) const SMALL: u64 = 128 << 10;
/// How long a change may wait to be safe from a power loss while more are coming.
const UNSAFE: Duration = Duration::from_millis(100);
/// How long after the last change `tasks.json` is brought up to date where nothing happens.
const IDLE: Duration = Duration::from_millis(50);
/// While things happen it may cost one part in so many of the time.
const SHARE: u32 = 20;

/// A queue, as it was when it was last read.
#[derive(Debug)]
pub struct Queue {
    place: Place,
    memory: Memory,
    /// Somebody keeps it and changes it often.
    stays: bool,
    /// Whether it was looked after what a loss of power may have taken.
    looked: bool,
    pace: Pace,
}

/// When things were written last.
#[derive(Debug)]
struct Pace {
    synced: Instant,
    changed: Option<Instant>,
    written: Instant,
    cost: Duration,
}

/// One change under way, under the lock and on the newest state. What it records is written when it ends well,
/// all or nothing.
#[derive(Debug)]
pub struct Turn<'q> {
    memory: &'q mut Memory,
    events: Vec<Event>,
    submits: Vec<(usize, Vec<u8>)>,
    edits: Vec<Edit>,
    removes: Vec<String>,
    now: Timestamp,
    place: &'q Place,
}

impl Queue {
    /// Reads it, without a lock and without writing; a queue that is not there is empty. Errors: [`Fault::Invalid`] naming
    /// file and line.
    pub fn open(place: Place) -> Result<Self> {
        let (memory, _) = load(&place, false)?;
        let now = Instant::now();
        let started = Pace { synced: now, changed: None, written: now, cost: Duration::ZERO };
        Ok(Self { place, memory, stays: false, looked: false, pace: started })
    }

    /// For who keeps it and changes it often: changes are written at once, but brought to the disk and into `tasks.json`
    /// only now and then ([`Queue::keep_up`]), and in any case by [`Queue::sync`] and [`Queue::checkpoint`].
    #[must_use]
    pub fn staying(mut self) -> Self {
        self.stays = true;
        self
    }

    /// Where it lies.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Every task and how far it is.
    pub fn state(&self) -> &State {
        &self.memory.state
    }

    /// A task's whole definition, with its status and attempts as they are now. Unknown ids: [`Fault::NotFound`].
    pub fn task(&self, id: &str) -> Result<Task> {
        self.memory.task(id)
    }

    /// All fields of a task, those we do not know too, with its progress as it is now.
    pub fn definition(&self, id: &str) -> Result<Map<String, Value>> {
        let row = self.memory.state.index_of(id).ok_or_else(|| unknown(id))?;
        let text = serde_json::to_string(&self.memory.fields(row)?)?;
        Ok(serde_json::from_str(&snapshot::told(self.memory.state.at(row), self.memory.noted[row], &text))?)
    }

    /// What came of a task: from its file, or from the log where the file is missing or torn.
    pub fn result(&self, id: &str) -> Result<Option<Value>> {
        let path = result_path(&self.place, &self.memory, id);
        let file = path.and_then(|path| std::fs::read(path).ok());
        let whole = file.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        if let Some(result) = self.memory.results.get(id).cloned().or(whole) {
            return Ok(Some(result));
        }
        let mut last = None;
        history::read(&self.place, |line| {
            if let history::Line::Event(event) = line
                && history::is_of(&event, id)
                && let Some(result) = event.get("metadata").and_then(|more| more.get("result"))
            {
                last = Some(result.clone());
            }
            Ok(())
        })?;
        Ok(last)
    }

    /// What was found that is not as it should be, since this was last asked.
    pub fn notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.memory.notices)
    }

    /// Reads again what others have changed meanwhile.
    pub fn refresh(&mut self) -> Result<()> {
        let notices = self.notices();
        self.memory = load(&self.place, false)?.0;
        self.memory.notices.splice(0..0, notices);
        Ok(())
    }

    /// Changes it: takes the lock, reads what is new, has `decide` record what happens, writes it. An error leaves all as it
    /// was. What was changed survives the end of this process; [`Queue::sync`] has it survive a power loss.
    pub fn change<T>(&mut self, decide: impl FnOnce(&mut Turn<'_>) -> Result<T>) -> Result<T> {
        let lock = self.lock()?;
        self.catch_up()?;
        let mut turn = Turn {
            memory: &mut self.memory,
            events: Vec::new(),
            submits: Vec::new(),
            edits: Vec::new(),
            removes: Vec::new(),
            now: clock::now(),
            place: &self.place,
        };
        let decided = decide(&mut turn);
        let changed = turn.is_changed();
        let written = match &decided {
            Ok(_) if changed => turn.write(),
            _ => Ok(()),
        };
        if changed && (decided.is_err() || written.is_err()) {
            self.reload()?;
        }
        let answer = decided?;
        written?;
        if changed {
            if !self.stays {
                self.write_results()?;
            }
            self.pace.changed = Some(Instant::now());
            self.settle()?;
        }
        drop(lock);
        if !self.stays || self.pace.synced.elapsed() >= UNSAFE {
            self.sync()?;
        }
        Ok(answer)
    }

    fn lock(&self) -> Result<Lock> {
        match Lock::take(&self.place.queue_lock(), PATIENCE) {
            Err(error) if !self.place.state().is_dir() => {
                store::make_dir(&self.place.state()).map_err(|_| error)?;
                Lock::take(&self.place.queue_lock(), PATIENCE)
            }
            lock => lock,
        }
    }

    /// Reads what is new, under the lock: what others appended, or all where somebody else wrote `tasks.json`.
    fn catch_up(&mut self) -> Result<()> {
        let memory = &mut self.memory;
        let known = memory.head.as_ref();
        let apart = known.is_none_or(|head| head.tasks != memory.mark);
        let rebooted =
            !std::mem::replace(&mut self.looked, true) && known.is_some_and(Memory::is_of_another_boot);
        if apart || rebooted || Mark::at(&self.place.tasks()) != memory.mark {
            return match self.reload() {
                // A hand is in the middle of writing it; what we know is right, and is written once it is whole.
                Err(error) if self.stays && error.downcast_ref::<Fault>().is_some() => {
                    self.append_only(&error)
                }
                other => other,
            };
        }
        let end = memory.events.size();
        if end < memory.events.at() {
            return self.reload();
        }
        memory.read_on(end)?;
        self.write_results()
    }

    /// Writes the results that are in the log only; for who keeps the queue and has nothing more urgent to do. A death before
    /// that is made good by whoever reads the log next.
    pub fn write_results(&mut self) -> Result<()> {
        for (id, result) in std::mem::take(&mut self.memory.results) {
            ensure(&self.place, &self.memory, &id, &result)?;
        }
        Ok(())
    }

    /// Goes on without `tasks.json`.
    fn append_only(&mut self, error: &anyhow::Error) -> Result<()> {
        let told = error.to_string();
        if !self.memory.notices.contains(&told) {
            self.memory.notices.push(told);
        }
        let end = self.memory.events.size();
        self.memory.read_on(end)
    }

    /// Reads all again under the lock, and has files agree that a crash or a hand has left apart.
    fn reload(&mut self) -> Result<()> {
        let (memory, hands) = load(&self.place, true)?;
        let notices = self.notices();
        self.memory = memory;
        self.memory.notices.splice(0..0, notices);
        let known = self.memory.head.as_ref();
        let apart = known.is_none_or(|head| head.tasks != self.memory.mark);
        let rebooted = known.is_some_and(Memory::is_of_another_boot);
        if rebooted {
            self.memory.read_all_results()?;
        }
        self.write_results()?;
        if !hands.is_empty() {
            self.memory.events.append(&lines(&hands)?)?;
            self.memory.lines += hands.len() as u64;
        }
        if apart || rebooted {
            snapshot::write(&self.place, &mut self.memory)?;
        }
        Ok(())
    }

    /// Writes `tasks.json` where that is cheap or due.
    fn settle(&mut self) -> Result<()> {
        let memory = &self.memory;
        let size = memory.mark.map_or(0, |mark| mark.size());
        let read = memory.head.as_ref().map_or(0, |head| head.events);
        let backlog = memory.events.at().saturating_sub(read) + memory.inbox.at();
        let due = match self.stays {
            true => {
                self.pace.written.elapsed() >= self.pace.cost * SHARE
                    && self.pace.written.elapsed() >= 4 * IDLE
            }
            false if Lock::is_held(&self.place.drain_lock()) => false,
            false => size + backlog <= SMALL || backlog > size.max(4 * SMALL),
        };
        if due { self.write_down() } else { Ok(()) }
    }

    fn write_down(&mut self) -> Result<()> {
        let start = Instant::now();
        // What is folded in is not read again.
        self.write_results()?;
        snapshot::write(&self.place, &mut self.memory)?;
        let now = Instant::now();
        self.pace = Pace { synced: now, changed: None, written: now, cost: now - start };
        Ok(())
    }

    /// Has all that was changed survive a power loss.
    pub fn sync(&mut self) -> Result<()> {
        self.write_results()?;
        self.memory.inbox.sync()?;
        self.memory.events.sync()?;
        self.pace.synced = Instant::now();
        Ok(())
    }

    /// Brings `tasks.json` up to date.
    pub fn checkpoint(&mut self) -> Result<()> {
        let lock = self.lock()?;
        self.catch_up()?;
        let read = self.memory.head.as_ref().map(|head| (head.events, head.inbox_at));
        if read != Some((self.memory.events.at(), self.memory.inbox.at())) {
            self.write_down()?;
        }
        drop(lock);
        Ok(())
    }

    /// For who has a moment to spare: brings to the disk and into `tasks.json` what is due. Says how long until the next time,
    /// `None` where nothing is left.
    pub fn keep_up(&mut self) -> Result<Option<Duration>> {
        let Some(changed) = self.pace.changed else { return Ok(None) };
        let wait = IDLE.saturating_sub(changed.elapsed());
        if !wait.is_zero() {
            return Ok(Some(wait));
        }
        self.checkpoint()?;
        self.pace.changed = None;
        Ok(None)
    }
}

/// Has a result be where it belongs. One that would lie elsewhere is left in the log alone.
fn ensure(place: &Place, memory: &Memory, id: &str, result: &Value) -> Result<()> {
    let Some(path) = result_path(place, memory, id) else { return Ok(()) };
    results::ensure(&path, result)
}

fn result_path(place: &Place, memory: &Memory, id: &str) -> Option<std::path::PathBuf> {
    let row = memory.state.index_of(id)?;
    let given = match memory.spans[row].result_path {
        true => memory.task(id).ok().and_then(|task| task.result_path),
        false => None,
    };
    let usual = || results::path(place, id, None).ok();
    results::path(place, id, given.as_deref()).ok().or_else(usual)
}

fn lines(events: &[Event]) -> Result<Vec<u8>> {
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
            None => self.memory.task(id),
        }
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
    pub fn submit(&mut self, task: Map<String, Value>) -> Result<()> {
        let text = inbox::text(&task)?;
        let sketch = Sketch::read(&text).map_err(|error| {
            let told = error.to_string();
            let told = told.rsplit_once(" at line ").map_or(told.as_str(), |(told, _)| told);
            let id = task.get("id").and_then(Value::as_str).unwrap_or("?");
            Fault::usage(format!("task `{id}`: {told}"), "see `taskrun macp submit --help`")
        })?;
        if self.memory.state.row(sketch.id()).is_some() {
            return Err(taken(sketch.id()));
        }
        let result_path = sketch.has_result_path();
        let row = self.memory.insert(sketch, Span { at: 0, len: 0, inbox: true, result_path });
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

    fn is_changed(&self) -> bool {
        !(self.events.is_empty()
            && self.submits.is_empty()
            && self.edits.is_empty()
            && self.removes.is_empty())
    }

    /// Writes it: tasks first, so that what is told of them is told of something.
    fn write(self) -> Result<()> {
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
            if let Some(result) = event.metadata.get_mut("result").map(Value::take) {
                memory.results.insert(event.task_id, result);
            }
        }
        Ok(())
    }
}

/// The error that there is such a task.
pub(super) fn taken(id: &str) -> anyhow::Error {
    Fault::refused(format!("there is a task `{id}` already"), "choose another id")
}
