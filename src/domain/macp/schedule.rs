//! Which task is next. Pure.
//!
//! Order: by the moment at which a task would be due if it had to wait [`AGEING`] for each step of its priority, then by
//! age, then by place in the file. So every half hour of waiting makes up for one step, nothing waits for ever, and the order
//! of two tasks never changes while they wait. A task without `created_at` is as old as the one before it in the file; those
//! before the first with one are as old as that one.

use std::cell::RefCell;

use jiff::Timestamp;

use super::agenda::{Agenda, View};
use super::state::{Row, State};
pub use super::stuck::Stuck;

/// So much waiting makes up for one step of priority.
pub const AGEING: std::time::Duration = std::time::Duration::from_secs(30 * 60);

/// What a worker wants to be given.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Tasks of this one only.
    pub org: Option<String>,
    /// A task whose runtime or metadata hint names this worker goes first.
    pub worker: Option<String>,
}

/// The agenda of a state, made when it is first asked for and kept up from then on.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept(RefCell<Option<Box<Agenda>>>);

impl Kept {
    /// It has to be made anew.
    pub(super) fn forget(&mut self) {
        self.0.get_mut().take();
    }

    /// Does something with it, if it is there.
    pub(super) fn update(&mut self, update: impl FnOnce(&mut Agenda)) {
        if let Some(agenda) = self.0.get_mut() {
            update(agenda);
        }
    }

    fn with<T>(&self, state: &State, ask: impl FnOnce(&mut Agenda, View<'_>) -> T) -> T {
        let mut kept = self.0.borrow_mut();
        let view = state.view();
        ask(kept.get_or_insert_with(|| Box::new(Agenda::new(view, |id| state.index_of(id)))), view)
    }
}

impl State {
    /// The next task to be worked now: pending, its time come, all it depends on completed, no other of its key active;
    /// the most urgent first, waiting making more urgent, then the oldest.
    pub fn next(&self, now: Timestamp, wish: &Wish) -> Option<&Row> {
        let found = self.agenda.with(self, |agenda, view| {
            agenda.tell_time(view, now);
            let own = wish.worker.as_ref().and_then(|worker| agenda.first(Some(worker), wish.org.as_deref()));
            own.or_else(|| agenda.first(None, wish.org.as_deref()))
        });
        found.map(|at| self.at(at))
    }

    /// All tasks that [`State::next`] could be, in its order.
    pub fn ready(&self, now: Timestamp) -> Vec<&Row> {
        let found: Vec<usize> = self.agenda.with(self, |agenda, view| {
            agenda.tell_time(view, now);
            agenda.all().collect()
        });
        found.into_iter().map(|at| self.at(at)).collect()
    }

    /// When the next pending task's time comes, for who has nothing to do until then.
    pub fn next_time(&self) -> Option<Timestamp> {
        self.agenda.with(self, |agenda, _| agenda.next_time())
    }
}
