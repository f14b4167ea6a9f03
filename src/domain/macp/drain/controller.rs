//! Who is in the office: takes up what the workers tell, records it, and gives them what is next.

use std::collections::{HashMap, HashSet};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;

use super::attempt::Shop;
use super::bars::Bars;
use super::job::{News, Order};
use super::marker;
use super::office::Office;
use super::recover::{self, DRAIN, RUN, drain_slot, run_slot};
use super::slots::Slots;
use super::{Counts, Finished, Hands, Options, Told};
use crate::domain::attempt::prompt::Previous;
use crate::domain::launchers;
use crate::domain::macp::event::{Event, Hold, Kind};
use crate::domain::macp::purse::Purse;
use crate::domain::macp::queue::Queue;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::Status;
use crate::fault::Fault;
use crate::system::host::Host;
use crate::system::lock::Holder;
use crate::system::{clock, interrupt, store};

/// How long a hand may take to save `tasks.json`.
pub(super) const WHOLE: Duration = Duration::from_secs(5);
/// Between two looks for tasks whose holder is gone, where the drain goes on for ever.
const ROUNDS: Duration = Duration::from_secs(2);

/// A drain, or the run of one task.
pub(super) struct Controller<'a> {
    pub(super) queue: Queue,
    pub(super) desk: Desk<'a>,
    rounds: Instant,
}

/// All it knows beside the queue.
pub(super) struct Desk<'a> {
    pub(super) settings: &'a Settings,
    pub(super) options: Options,
    /// The one task that is worked, where it is one.
    pub(super) only: Option<&'a str>,
    pub(super) run: String,
    pub(super) hold: Hold,
    pub(super) counts: Counts,
    pub(super) failed: Vec<String>,
    pub(super) escalated: Vec<String>,
    /// Tasks whose `on_complete` failed.
    pub(super) undelivered: Vec<String>,
    /// How many attempts of a task failed by what was to run them.
    pub(super) infrastructure: HashMap<String, u64>,
    /// How the last attempt of a task ended, for the next one.
    pub(super) previous: HashMap<String, Previous>,
    /// Tasks that were given out, where there is a limit.
    pub(super) given: HashSet<String>,
    /// Of these, those that are to be tried again.
    pub(super) retrying: Vec<String>,
    /// Whether what agents may spend is spent.
    pub(super) broke: bool,
    /// Tasks for an agent that wait for money.
    pub(super) parked: HashSet<String>,
    /// Agents that their provider turns away.
    pub(super) bars: Bars,
    /// What killed workers have left to do.
    pub(super) leftovers: Vec<Order>,
    /// What is wrong with a task that came, or was edited, while it went: it ends.
    pub(super) refused: Option<anyhow::Error>,
    /// Since when `tasks.json` has been such that what is next cannot be read.
    pub(super) torn: Option<Instant>,
    /// What is to be done after the task that ended last.
    pub(super) after: Option<Order>,
    /// What the current change records, to be told once it is written.
    pub(super) told: Vec<Event>,
    pub(super) notes: Vec<String>,
    pub(super) begun: Instant,
    pub(super) started_at: Timestamp,
}

/// Why it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing is runnable any more.
    Idle,
    /// `--limit`.
    Limit,
    /// `--max-time`.
    Time,
    /// What agents may spend is spent.
    Money,
    /// Agents are turned away by their provider.
    Barred,
    /// A task that is not as it must be.
    Refused,
    /// A signal.
    Interrupted,
}

impl<'a> Controller<'a> {
    pub(super) fn new(queue: Queue, settings: &'a Settings, options: Options, only: Option<&'a str>) -> Self {
        let by = if only.is_some() { RUN } else { DRAIN };
        let hold = Hold { by: by.into(), host: Host::here(), holder: Some(Holder::me()), lease_until: None };
        let desk = Desk {
            settings,
            options,
            only,
            run: clock::run_id(),
            hold,
            counts: Counts::default(),
            failed: Vec::new(),
            escalated: Vec::new(),
            undelivered: Vec::new(),
            infrastructure: HashMap::new(),
            previous: HashMap::new(),
            given: HashSet::new(),
            retrying: Vec::new(),
            broke: false,
            parked: HashSet::new(),
            bars: Bars::default(),
            leftovers: Vec::new(),
            refused: None,
            torn: None,
            after: None,
            told: Vec::new(),
            notes: Vec::new(),
            begun: Instant::now(),
            started_at: clock::now(),
        };
        Self { queue, desk, rounds: Instant::now() }
    }

    /// Works to the end, and says how that was.
    pub(super) fn run(mut self, mut hands: Hands<'_>) -> Result<Finished> {
        launchers::recover(&self.queue.place().launches(), &mut *hands.notice);
        self.recover()?;
        self.say(&mut hands);
        self.desk.infrastructure = recover::infrastructure(&self.queue)?;
        if let Some(id) = self.desk.only {
            self.desk.may_run(self.queue.state(), id)?;
        }
        let place = self.queue.place().clone();
        let shop = Shop {
            settings: self.desk.settings.clone(),
            cache: self.desk.options.cache,
            launcher: self.desk.options.launcher.clone(),
            run: self.desk.run.clone(),
            hold: self.desk.hold.clone(),
            purse: Purse::open(
                &place,
                self.desk.settings,
                &self.desk.run,
                self.desk.options.allow_unknown_cost,
            )?,
            place,
        };
        let pid = std::process::id();
        let single = self.desk.only.is_some();
        let name = move |at| if single { run_slot(pid) } else { drain_slot(at) };
        let (send, news) = channel();
        let slots = Slots::new(&shop, send, Box::new(name), &self.desk.run);
        let (ring, bell) = channel();
        let office = Office::new(self, slots, news, ring);
        let ended = thread::scope(|scope| {
            let _closing = office.closing();
            office.go(scope, &bell, &mut hands)
        });
        self = office.left()?;
        // The queue is brought up to date whatever happened.
        let kept = self.bring_up().and_then(|()| self.queue.sync());
        if single {
            store::remove_tree(&shop.place.slot(&run_slot(pid)))?;
        }
        let end = ended?;
        kept?;
        if end == End::Idle
            && let Some(error) = self.desk.not_run(self.queue.state())
        {
            return Err(error);
        }
        let finished = self.desk.finish(&self.queue, end);
        (hands.tell)(Told::Finished(&finished));
        if end == End::Refused
            && let Some(error) = self.desk.refused.take()
        {
            return Err(error);
        }
        Ok(finished)
    }

    /// Brings `tasks.json` up to date; waits a while where a hand is in the middle of saving it.
    fn bring_up(&mut self) -> Result<()> {
        let end = Instant::now() + WHOLE;
        loop {
            match self.queue.checkpoint() {
                Err(error)
                    if matches!(error.downcast_ref(), Some(Fault::Invalid { .. }))
                        && self.desk.torn.is_none()
                        && Instant::now() < end => {}
                done => return done,
            }
            if interrupt::signal().is_some() || interrupt::nap(super::office::LOOK).is_err() {
                return self.queue.checkpoint();
            }
        }
    }

    fn recover(&mut self) -> Result<()> {
        let told = self.desk.told.len();
        let (told_of, notes) = (&mut self.desk.told, &mut self.desk.notes);
        recover::recover(&mut self.queue, self.desk.only.is_none(), (told_of, notes))?;
        for event in self.desk.told[told..].iter().filter(|event| event.event_type == Kind::Escalated) {
            self.desk.counts.escalated += 1;
            self.desk.escalated.push(event.task_id.clone());
        }
        let most = self.desk.settings.infrastructure_attempts;
        let left = marker::left(&self.queue, &self.desk.hold, self.desk.only.is_none(), most)?;
        self.desk.leftovers.extend(left);
        self.desk.notes.extend(marker::sweep_runs(self.queue.place())?);
        self.rounds = Instant::now();
        Ok(())
    }

    /// Records the news and gives out what is next, in one change; without either the queue is left alone. Says who was told
    /// something; what there is to do beside it is left to [`Controller::chores`].
    pub(super) fn step(&mut self, batch: &mut Vec<News>, slots: &mut Slots<'_>) -> Result<Vec<usize>> {
        if batch.is_empty() {
            // Cheaper than to read all again.
            self.queue.change(|_| Ok(()))?;
            if self.rounds.elapsed() > ROUNDS {
                self.recover()?;
            }
            let state = self.queue.state();
            slots.stop_where(|busy| self.desk.is_off(state, busy));
        }
        self.desk.give_leftovers(slots);
        self.desk.broke = slots.money_is_spent();
        // What others set aside may be free again at any time.
        self.desk.bars.lift(clock::now());
        self.desk.unpark(!self.desk.broke && !slots.agents());
        let going = !self.desk.stopping();
        let pick = going && self.desk.pick(self.queue.state(), clock::now()).is_some();
        if pick {
            let counts = self.queue.state().counts();
            let pending =
                counts.iter().filter(|(status, _)| *status == Status::Pending).map(|(_, count)| count);
            slots.grow((slots.busy() + pending.sum::<usize>()).min(self.desk.jobs()));
        }
        if batch.is_empty() && !(pick && slots.free().is_some()) {
            return Ok(Vec::new());
        }
        let (queue, desk) = (&mut self.queue, &mut self.desk);
        let orders = queue.change(|turn| {
            let mut orders = Vec::new();
            for news in batch.drain(..) {
                desk.hear(news, turn, slots, &mut orders);
            }
            if going {
                desk.give(turn, slots, &mut orders)?;
            }
            Ok(orders)
        })?;
        // What acts outside of this machine, or beside the queue, comes after what it is about.
        let launched = self.desk.options.launcher.is_some() && !orders.is_empty();
        if launched || orders.iter().any(|(_, order)| order.acts_outside()) {
            self.queue.sync()?;
        }
        let told = orders.iter().map(|(at, _)| *at).collect();
        for (at, order) in orders {
            slots.order(at, order);
        }
        Ok(told)
    }

    /// What the workers need not wait for.
    pub(super) fn chores(&mut self) -> Result<()> {
        self.queue.write_results()
    }

    /// Tells what is on record now.
    pub(super) fn say(&mut self, hands: &mut Hands<'_>) {
        for event in self.desk.told.drain(..) {
            (hands.tell)(Told::Event(&event));
        }
        let notes = self.queue.notices().into_iter().chain(self.desk.notes.drain(..));
        notes.for_each(|note| (hands.notice)(&note));
    }
}
