//! The one room where the queue is decided about; who has news comes in, and finds what is next.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::Scope;
use std::time::Duration;

use anyhow::{Result, anyhow};

use super::Hands;
use super::controller::{Controller, End};
use super::job::News;
use super::slots::Slots;
use crate::system::interrupt;

/// Between two looks at what others do to the queue.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// What workers come to.
pub(super) trait Ear: Sync {
    /// The worker of this slot has told something: whoever is first takes all up that was told. What is next is in the
    /// workers' channels when this returns.
    fn hear(&self, slot: usize);
    /// The worker has started what it was given, and has time for what was left undone for that.
    fn idle(&self);
}

/// The room.
pub(super) struct Office<'a, 's> {
    room: Mutex<Room<'a, 's>>,
    /// Has the caller's thread look in: what only it can do is to be done.
    bell: Sender<()>,
}

/// All that is in it.
struct Room<'a, 's> {
    controller: Controller<'a>,
    slots: Slots<'s>,
    news: Receiver<News>,
    /// Why it cannot go on.
    failed: Option<anyhow::Error>,
    /// Whether it is over.
    closed: bool,
}

/// What the caller's thread does next.
enum Next {
    /// It is over.
    End(End),
    /// Waits for the bell, as long as this.
    Bell(Duration),
    /// Nobody works: waits as long as this.
    Nap(Duration),
}

impl<'a, 's> Office<'a, 's> {
    pub(super) fn new(
        controller: Controller<'a>,
        slots: Slots<'s>,
        news: Receiver<News>,
        bell: Sender<()>,
    ) -> Self {
        let room = Room { controller, slots, news, failed: None, closed: false };
        Self { room: Mutex::new(room), bell }
    }

    /// Works to the end, on the caller's thread.
    pub(super) fn go<'scope, 'env>(
        &'env self,
        scope: &'scope Scope<'scope, 'env>,
        bell: &Receiver<()>,
        hands: &mut Hands<'_>,
    ) -> Result<End>
    where
        's: 'env,
    {
        loop {
            let next = self.enter()?.look(scope, self, hands)?;
            match next {
                Next::End(end) => return Ok(end),
                Next::Bell(time) => match bell.recv_timeout(time) {
                    Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return Err(gone()),
                },
                // A signal cuts this short, and ends the drain in the next round.
                Next::Nap(time) => drop(interrupt::nap(time)),
            }
        }
    }

    fn enter(&self) -> Result<MutexGuard<'_, Room<'a, 's>>> {
        self.room.lock().map_err(|_| gone())
    }

    /// Lets the workers go when it is dropped, however that comes.
    pub(super) fn closing(&self) -> Closing<'_, 'a, 's> {
        Closing(self)
    }

    /// What is left of it.
    pub(super) fn left(self) -> Result<Controller<'a>> {
        Ok(self.room.into_inner().map_err(|_| gone())?.controller)
    }
}

/// A worker has died in the middle of something.
fn gone() -> anyhow::Error {
    anyhow!("the workers are gone")
}

/// See [`Office::closing`].
pub(super) struct Closing<'o, 'a, 's>(&'o Office<'a, 's>);

impl Drop for Closing<'_, '_, '_> {
    fn drop(&mut self) {
        let mut room = self.0.room.lock().unwrap_or_else(PoisonError::into_inner);
        room.closed = true;
        room.slots.dismiss();
    }
}

impl Ear for Office<'_, '_> {
    fn hear(&self, slot: usize) {
        // Where somebody has died in there, the caller's thread sees to it.
        if let Ok(mut room) = self.enter()
            && room.take_up(slot)
        {
            let _ = self.bell.send(());
        }
    }

    fn idle(&self) {
        let mut room = match self.room.try_lock() {
            Ok(room) => room,
            // Who is in there, or comes next, does it.
            Err(TryLockError::WouldBlock | TryLockError::Poisoned(_)) => return,
        };
        let done = if room.closed { Ok(()) } else { room.controller.chores() };
        if room.note(done).is_none() {
            let _ = self.bell.send(());
        }
    }
}

impl<'s> Room<'_, 's> {
    /// Looks around, on the caller's thread.
    fn look<'scope, 'env>(
        &mut self,
        scope: &'scope Scope<'scope, 'env>,
        office: &'env dyn Ear,
        hands: &mut Hands<'_>,
    ) -> Result<Next>
    where
        's: 'env,
    {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        loop {
            let mut batch = self.news.try_iter().collect();
            self.controller.step(&mut batch, &mut self.slots)?;
            if !self.slots.short() {
                break;
            }
            self.slots.hire(scope, office)?;
        }
        self.controller.chores()?;
        self.controller.say(hands);
        let Controller { queue, desk, .. } = &mut self.controller;
        if self.slots.busy() > 0 {
            return Ok(Next::Bell(queue.keep_up()?.unwrap_or(LOOK).min(LOOK)));
        }
        if let Some(end) = desk.end(queue.state()) {
            return Ok(Next::End(end));
        }
        let due = queue.keep_up()?.unwrap_or(LOOK);
        Ok(Next::Nap(desk.pause(queue.state()).min(due)))
    }

    /// Takes up what was told, for the worker of `slot`; whether the caller's thread is needed.
    fn take_up(&mut self, slot: usize) -> bool {
        let mut batch: Vec<News> = self.news.try_iter().collect();
        if batch.is_empty() || self.closed || self.failed.is_some() {
            return false;
        }
        let done = self.controller.step(&mut batch, &mut self.slots);
        let Some(told) = self.note(done) else { return true };
        // One that goes on at once comes back for the chores when its child is started.
        let done = if told.contains(&slot) { Ok(()) } else { self.controller.chores() };
        self.note(done).is_none() || self.slots.short() || self.slots.busy() == 0
    }

    fn note<T>(&mut self, done: Result<T>) -> Option<T> {
        done.map_err(|error| self.failed = Some(error)).ok()
    }
}
