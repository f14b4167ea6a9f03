//! The workers: their threads, what they work on. They are taken on by the thread that their supervisors live as long as.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, Scope};

use anyhow::{Context, Result};

use super::attempt::{Bench, Shop};
use super::job::{News, Order};
use super::office::Ear;
use super::recover::{self, MARK};
use super::worker;
use crate::domain::macp::agent;
use crate::domain::macp::event::Attempt;
use crate::domain::macp::purse::Grant;
use crate::domain::macp::task::{Dispatch, Task};
use crate::system::process::Supervisor;
use crate::system::store;

/// How far a worker is with its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It makes ready what the attempt needs; the attempt has not begun.
    Preparing,
    /// The attempt is under way.
    Running,
    /// The task is over; something is done after it.
    After,
}

/// What a worker works on.
#[derive(Debug)]
pub(super) struct Busy {
    pub(super) task: Box<Task>,
    pub(super) attempt: Attempt,
    pub(super) phase: Phase,
}

/// One worker, as the thread that owns the queue sees it.
#[derive(Debug)]
struct Slot {
    orders: Sender<Order>,
    stop: Arc<AtomicBool>,
    busy: Option<Busy>,
}

/// All of them.
pub(super) struct Slots<'s> {
    shop: &'s Shop,
    news: Sender<News>,
    /// How their directories are called.
    names: Box<dyn Fn(usize) -> String + Send + 's>,
    run: String,
    all: Vec<Slot>,
    /// How many there are to be.
    wanted: usize,
    /// Those whose supervisor is gone.
    lost: Vec<usize>,
}

impl<'s> Slots<'s> {
    pub(super) fn new(
        shop: &'s Shop,
        news: Sender<News>,
        names: Box<dyn Fn(usize) -> String + Send + 's>,
        run: &str,
    ) -> Self {
        Self { shop, news, names, run: run.to_owned(), all: Vec::new(), wanted: 0, lost: Vec::new() }
    }

    /// Asks for `count` workers.
    pub(super) fn grow(&mut self, count: usize) {
        self.wanted = self.wanted.max(count);
    }

    /// Whether there are fewer than are asked for.
    pub(super) fn short(&self) -> bool {
        self.all.len() < self.wanted || !self.lost.is_empty()
    }

    /// Takes on those that are asked for, and one in the place of each whose supervisor is gone. On the thread that the
    /// supervisors live as long as.
    pub(super) fn hire<'scope, 'env>(
        &mut self,
        scope: &'scope Scope<'scope, 'env>,
        office: &'env dyn Ear,
    ) -> Result<()>
    where
        's: 'env,
    {
        while let Some(at) = self.lost.pop() {
            // It had nothing to do since.
            self.all[at] = self.start(at, scope, office)?;
        }
        while self.all.len() < self.wanted {
            let slot = self.start(self.all.len(), scope, office)?;
            self.all.push(slot);
        }
        Ok(())
    }

    /// Lets all of them go. Whatever still runs then (after an error) is ended.
    pub(super) fn dismiss(&mut self) {
        for slot in self.all.drain(..) {
            slot.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Whether a limit of money keeps agents from working.
    pub(super) fn money_is_spent(&self) -> bool {
        self.shop.purse.over().is_some()
    }

    /// Refuses a task for an agent whose cost nobody can tell, where a limit counts money.
    pub(super) fn cost_is_known(&self, task: &Task) -> Result<()> {
        if task.dispatch != Some(Dispatch::Yolo) || !self.shop.purse.refuses_unknown() {
            return Ok(());
        }
        agent::cost_is_known(task, &self.shop.place, &self.shop.settings)
    }

    /// Asks for the money that a task may need.
    pub(super) fn reserve(&self, task: &Task, hands: usize) -> Result<Grant> {
        let free = self.all.iter().filter(|slot| slot.busy.is_none()).count();
        self.shop.purse.reserve(task, free.min(hands))
    }

    /// A task is over, or did not begin; whether money is free because of it.
    pub(super) fn release(&self, task: &str) -> bool {
        self.shop.purse.release(task)
    }

    /// Whether money is set aside for agents under way.
    pub(super) fn agents(&self) -> bool {
        self.shop.purse.under_way()
    }

    /// Notes that the supervisor of one is gone.
    pub(super) fn lose(&mut self, at: usize) {
        self.lost.push(at);
    }

    fn start<'scope, 'env>(
        &self,
        at: usize,
        scope: &'scope Scope<'scope, 'env>,
        office: &'env dyn Ear,
    ) -> Result<Slot>
    where
        's: 'env,
    {
        let dir = self.shop.place.slot(&(self.names)(at));
        store::make_dir(&dir)?;
        // A mark of its own: who ends what carries it must not end another worker's task.
        let mark = format!("{}.{at}", self.run);
        recover::end_left(&dir)?;
        store::scratch(&dir.join(MARK), mark.as_bytes())?;
        let child = Supervisor::start(&dir.join("lock"), &mark)?;
        // What an agent spent here whose worker was killed.
        agent::settle(&self.shop.place, &dir)?;
        let (orders, told) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let bench = Bench {
            shop: self.shop,
            slot: at,
            dir,
            child,
            orders: told,
            news: self.news.clone(),
            office,
            stop: Arc::clone(&stop),
        };
        let thread = thread::Builder::new().name(format!("worker {at}")).stack_size(1 << 20);
        thread.spawn_scoped(scope, move || worker::serve(bench)).context("failed to start a worker")?;
        Ok(Slot { orders, stop, busy: None })
    }

    /// A worker that has nothing to do.
    pub(super) fn free(&self) -> Option<usize> {
        self.all.iter().zip(0..).position(|(slot, at)| slot.busy.is_none() && !self.lost.contains(&at))
    }

    /// How many have something to do.
    pub(super) fn busy(&self) -> usize {
        self.all.iter().filter(|slot| slot.busy.is_some()).count()
    }

    /// What one works on.
    pub(super) fn at(&mut self, at: usize) -> &mut Option<Busy> {
        &mut self.all[at].busy
    }

    /// What all work on.
    pub(super) fn all(&self) -> impl Iterator<Item = &Busy> {
        self.all.iter().filter_map(|slot| slot.busy.as_ref())
    }

    /// How many make ready what they need.
    pub(super) fn preparing(&self) -> usize {
        self.all().filter(|busy| busy.phase == Phase::Preparing).count()
    }

    /// Tells one what to do. One that is gone says so itself.
    pub(super) fn order(&self, at: usize, order: Order) {
        if matches!(order, Order::Work(_)) {
            self.all[at].stop.store(false, Ordering::Relaxed);
        }
        let _ = self.all[at].orders.send(order);
    }

    /// Stops the attempts of which `theirs` says that somebody else has decided about the task.
    pub(super) fn stop_where(&self, theirs: impl Fn(&Busy) -> bool) {
        for slot in &self.all {
            if slot.busy.as_ref().is_some_and(|busy| busy.phase == Phase::Running && theirs(busy)) {
                slot.stop.store(true, Ordering::Relaxed);
            }
        }
    }
}
