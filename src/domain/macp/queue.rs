//! The queue on disk: read it, change it. Every change is an event, or a task that was submitted or edited; nothing else writes here.
//!
//! `events.ndjson` is the truth since the last checkpoint, `tasks.json` a snapshot that people edit; a submitted task waits in
//! the inbox until the next one. So a change costs what it says, not what the queue holds.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Map, Value};

use super::load::{self, load};
use super::memory::{Memory, unknown};
use super::place::Place;
use super::state::State;
use super::task::Task;
pub use super::turn::Turn;
use super::turn::lines;
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
const SHARE: u32 = 50;

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
    /// Notices that whoever looked on was given since all was read.
    told: Vec<String>,
}

/// When things were written last.
#[derive(Debug)]
struct Pace {
    synced: Instant,
    changed: Option<Instant>,
    written: Instant,
    cost: Duration,
}

impl Queue {
    /// Reads it, without a lock and without writing; a queue that is not there is empty. Errors: [`Fault::Invalid`] naming
    /// file and line.
    pub fn open(place: Place) -> Result<Self> {
        let (memory, _) = load(&place, false)?;
        let now = Instant::now();
        let started = Pace { synced: now, changed: None, written: now, cost: Duration::ZERO };
        Ok(Self { place, memory, stays: false, looked: false, pace: started, told: Vec::new() })
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

    /// All that is known of it.
    pub(super) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// A task's whole definition, with its status and attempts as they are now. Unknown ids: [`Fault::NotFound`].
    pub fn task(&self, id: &str) -> Result<Task> {
        load::task(&self.memory, &self.place, id)
    }

    /// All fields of a task, those we do not know too, with its progress as it is now.
    pub fn definition(&self, id: &str) -> Result<Map<String, Value>> {
        let row = self.memory.state.index_of(id).ok_or_else(|| unknown(id))?;
        let text = serde_json::to_string(&self.memory.fields(row)?)?;
        Ok(serde_json::from_str(&snapshot::told(self.memory.state.at(row), self.memory.noted[row], &text))?)
    }

    /// What came of a task: from its file, or from the log where the file is missing or torn.
    pub fn result(&self, id: &str) -> Result<Option<Value>> {
        if self.state().row(id).is_some_and(|row| !row.status.is_final()) {
            // What came of an earlier attempt is for `history`.
            return Ok(None);
        }
        let path = results::of(&self.place, &self.memory, id);
        let whole = path.and_then(|path| results::read(&path));
        let whole = whole.filter(|result| results::stranger(result, id).is_none());
        match self.memory.results.get(id).cloned() {
            // It was set aside, and a hand ended the task since.
            Some(Value::Null) => return Ok(None),
            Some(result) => return Ok(Some(result)),
            None if whole.is_some() => return Ok(whole),
            None => {}
        }
        let mut last = None;
        history::read(&self.place, |line| {
            if let history::Line::Event(event) = line
                && history::is_of(&event, id)
            {
                let again = event.get("event_type").is_some_and(|kind| kind == "task.retry.scheduled");
                let result = event.get("metadata").and_then(|more| more.get("result"));
                last = result.cloned().or(last.take().filter(|_| !again));
            }
            Ok(())
        })?;
        Ok(last)
    }

    /// The file in which a task's result should be and another's is, and whose that is.
    pub fn foreign_result(&self, id: &str) -> Option<(PathBuf, String)> {
        let path = results::of(&self.place, &self.memory, id)?;
        let whole = serde_json::from_slice::<Value>(&std::fs::read(&path).ok()?).ok()?;
        let other = results::stranger(&whole, id)?.to_owned();
        Some((path, other))
    }

    /// What was found that is not as it should be, since this was last asked.
    pub fn notices(&mut self) -> Vec<String> {
        let notices = std::mem::take(&mut self.memory.notices);
        self.told.extend_from_slice(&notices);
        notices
    }

    /// Reads again what others have changed meanwhile.
    pub fn refresh(&mut self) -> Result<()> {
        let notices = std::mem::take(&mut self.memory.notices);
        self.memory = load(&self.place, false)?.0;
        self.memory.notices.splice(0..0, notices);
        Ok(())
    }

    /// Changes it: takes the lock, reads what is new, has `decide` record what happens, writes it. An error leaves all as it
    /// was. What was changed survives the end of this process; [`Queue::sync`] has it survive a power loss.
    pub fn change<T>(&mut self, decide: impl FnOnce(&mut Turn<'_>) -> Result<T>) -> Result<T> {
        let lock = self.lock()?;
        match self.catch_up() {
            // A hand is in the middle of writing `tasks.json`; what we know is right, and is written once that is whole.
            Err(error)
                if self.stays && self.memory.file.is_some() && error.downcast_ref::<Fault>().is_some() =>
            {
                self.append_only(&error)?;
            }
            caught_up => caught_up?,
        }
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
            match self.settle() {
                // It is on record; `tasks.json` follows.
                Err(error) if !self.stays => self.memory.notices.push(format!(
                    "`tasks.json` was not brought up to date: {error:#}; what was changed is on record, and comes into it later"
                )),
                settled => settled?,
            }
        }
        drop(lock);
        if !self.stays || self.pace.synced.elapsed() >= UNSAFE {
            self.sync()?;
        }
        Ok(answer)
    }

    fn lock(&self) -> Result<Lock> {
        match Lock::take(&self.place.queue_lock(), PATIENCE) {
            // Somebody else may be making the directory just now.
            Err(error) if error.downcast_ref::<Fault>().is_none() => {
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
        let first = !std::mem::replace(&mut self.looked, true);
        let rebooted = first && known.is_some_and(Memory::is_of_another_boot);
        if apart || rebooted || Mark::at(&self.place.tasks()) != memory.mark {
            if first {
                // Not two of them at a time: this one was only for a look.
                self.memory = Memory::new(&self.place, None);
            }
            return self.reload();
        }
        let end = memory.events.size();
        let at = memory.events.at();
        if end < at || memory.head.as_ref().is_some_and(|head| head.events > at) {
            memory.log_was_cut(end, true)?;
            memory.notices.retain(|notice| !self.told.contains(notice));
            return snapshot::write(&self.place, memory).map(|_| ());
        }
        memory.read_on(end)?;
        self.write_results()
    }

    /// Writes the results that are in the log only; for who keeps the queue and has nothing more urgent to do. A death before
    /// that is made good by whoever reads the log next.
    pub fn write_results(&mut self) -> Result<()> {
        for (id, result) in std::mem::take(&mut self.memory.results) {
            // It is in the log, where it is read from then. Whoever comes to write it has other things to do.
            if let Err(error) = results::restore(&self.place, &self.memory, &id, &result) {
                self.memory.notices.push(format!("the result of task `{id}` is in the log only: {error:#}"));
            }
        }
        Ok(())
    }

    fn tell(&mut self, error: &anyhow::Error) {
        let told = error.to_string();
        if !self.memory.notices.contains(&told) {
            self.memory.notices.push(told);
        }
    }

    /// Goes on without `tasks.json`.
    fn append_only(&mut self, error: &anyhow::Error) -> Result<()> {
        self.tell(error);
        let end = self.memory.events.size();
        self.memory.read_on(end)
    }

    /// Reads all again under the lock, and has files agree that a crash or a hand has left apart.
    fn reload(&mut self) -> Result<()> {
        let (memory, hands) = load(&self.place, true)?;
        let notices = std::mem::take(&mut self.memory.notices);
        let told = std::mem::take(&mut self.told);
        self.memory = memory;
        self.memory.notices.retain(|notice| !(told.contains(notice) || notices.contains(notice)));
        self.memory.notices.splice(0..0, notices);
        let known = self.memory.head.as_ref();
        let cut = known.is_some_and(|head| head.events > self.memory.events.at());
        let apart = cut || known.is_none_or(|head| head.tasks != self.memory.mark);
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
        let due = if self.stays {
            let since = self.pace.written.elapsed();
            since >= self.pace.cost * SHARE && since >= 4 * IDLE
        } else if Lock::is_held(&self.place.drain_lock()) {
            false
        } else {
            size + backlog <= SMALL || backlog > size.max(4 * SMALL)
        };
        if due { self.write_down().map(|_| ()) } else { Ok(()) }
    }

    /// Writes `tasks.json`; `false` where a hand was faster, whose edit is read with the next change.
    fn write_down(&mut self) -> Result<bool> {
        let start = Instant::now();
        // What is folded in is not read again.
        self.write_results()?;
        let done = snapshot::write(&self.place, &mut self.memory)?;
        let now = Instant::now();
        let changed = if done { None } else { self.pace.changed };
        self.pace = Pace { synced: now, changed, written: now, cost: now - start };
        Ok(done)
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
        let _lock = self.lock()?;
        loop {
            self.catch_up()?;
            let read = self.memory.head.as_ref().map(|head| (head.events, head.inbox_at));
            if read == Some((self.memory.events.at(), self.memory.inbox.at())) || self.write_down()? {
                return Ok(());
            }
        }
    }

    /// For who has a moment to spare: brings to the disk and into `tasks.json` what is due. Says how long until the next time,
    /// `None` where nothing is left.
    pub fn keep_up(&mut self) -> Result<Option<Duration>> {
        let Some(changed) = self.pace.changed else { return Ok(None) };
        // Where a writing is long, what comes every now and then would be written all the time.
        let share = (self.pace.cost * SHARE).saturating_sub(self.pace.written.elapsed());
        let wait = IDLE.saturating_sub(changed.elapsed()).max(share);
        if !wait.is_zero() {
            return Ok(Some(wait));
        }
        match self.checkpoint() {
            // A hand is in the middle of writing it.
            Err(error) if error.downcast_ref::<Fault>().is_some() => {
                self.tell(&error);
                Ok(Some(IDLE))
            }
            done => {
                self.pace.changed = None;
                done.map(|()| None)
            }
        }
    }
}
