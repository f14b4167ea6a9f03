//! What can be worked and what waits for what, kept up change by change: asking for the next task costs a look, a task that
//! ends costs what waits for it. Pure.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use super::schedule::AGEING;
use super::state::Row;
use super::task::Status;

const NONE: u32 = u32::MAX;

/// All tasks, and whom those are meant for that are meant for somebody.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'s> {
    pub(super) rows: &'s [Row],
    pub(super) meant: &'s HashMap<usize, Vec<String>>,
}

/// A task's place in the order: when it is due, how old it is, where it is in the file.
type Slot = (i64, i64, u32);

/// Tasks in order, one after another.
type Line = BTreeSet<Slot>;

/// Whom a line is for: a worker, an org; none is anybody.
type Lane = (Option<String>, Option<String>);

/// Tasks of one key.
#[derive(Debug, Clone, Default)]
struct Key {
    /// How many are being worked.
    active: usize,
    /// Those that could be, by org. Only the first of each is in a lane, and none while one is worked.
    waiting: Vec<(Option<String>, Line)>,
}

impl Key {
    fn line(&mut self, org: Option<&String>) -> &mut Line {
        let found = self.waiting.iter().position(|(own, _)| own.as_ref() == org);
        let at = found.unwrap_or_else(|| {
            self.waiting.push((org.cloned(), Line::new()));
            self.waiting.len() - 1
        });
        &mut self.waiting[at].1
    }

    fn is_idle(&self) -> bool {
        self.active == 0 && self.waiting.iter().all(|(_, line)| line.is_empty())
    }
}

/// The whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Agenda {
    /// How many of the tasks it depends on are not completed.
    missing: Vec<u32>,
    /// The first edge to a task that depends on it.
    dependents: Vec<u32>,
    /// Who depends, and the next edge.
    edges: Vec<(u32, u32)>,
    /// Who depends on an id that is not there.
    unknown: HashMap<String, Vec<u32>>,
    /// How old each is, in microseconds.
    ages: Vec<i64>,
    /// Whether one has a time of its own.
    dated: bool,
    everybody: Line,
    lanes: HashMap<Lane, Line>,
    keys: HashMap<String, Key>,
    timers: BTreeSet<(Timestamp, u32)>,
    /// Whose time has come.
    come: HashSet<u32>,
}

impl Agenda {
    /// Makes it.
    pub(super) fn new(view: View<'_>, find: impl Fn(&str) -> Option<usize>) -> Self {
        let first = view.rows.iter().find_map(|row| row.created_at);
        let mut agenda = Self { dated: first.is_some(), ..Self::default() };
        let count = view.rows.len();
        agenda.missing.reserve_exact(count);
        agenda.dependents = vec![NONE; count];
        let mut age = first.map_or(0, Timestamp::as_microsecond);
        for (at, row) in view.rows.iter().enumerate() {
            age = row.created_at.map_or(age, Timestamp::as_microsecond);
            agenda.ages.push(age);
            agenda.missing.push(0);
            agenda.link(view, at, &find);
        }
        for at in 0..count {
            agenda.enter(view, at);
        }
        agenda
    }

    /// Takes in the task at the end; `false` where all has to be looked at anew.
    pub(super) fn add(&mut self, view: View<'_>, find: impl Fn(&str) -> Option<usize>) -> bool {
        let at = self.missing.len();
        let row = &view.rows[at];
        if row.created_at.is_some() && !self.dated {
            return false;
        }
        let before = self.ages.last().copied().unwrap_or(0);
        self.ages.push(row.created_at.map_or(before, Timestamp::as_microsecond));
        self.missing.push(0);
        self.dependents.push(NONE);
        self.link(view, at, find);
        for waits in self.unknown.remove(&row.id).unwrap_or_default() {
            self.edge(at, waits as usize);
            // It was counted as missing when it was unknown.
        }
        self.enter(view, at);
        if row.status == Status::Completed {
            self.ripple(view, at, true);
        }
        true
    }

    fn edge(&mut self, from: usize, to: usize) {
        let next = std::mem::replace(&mut self.dependents[from], place(self.edges.len()));
        self.edges.push((place(to), next));
    }

    fn link(&mut self, view: View<'_>, at: usize, find: impl Fn(&str) -> Option<usize>) {
        for id in &view.rows[at].depends_on {
            let Some(on) = find(id) else {
                self.unknown.entry(id.clone()).or_default().push(place(at));
                self.missing[at] += 1;
                continue;
            };
            self.edge(on, at);
            if view.rows[on].status != Status::Completed {
                self.missing[at] += 1;
            }
        }
    }

    /// Before a task changes.
    pub(super) fn leave(&mut self, view: View<'_>, at: usize) {
        let row = &view.rows[at];
        if row.status.is_active()
            && let Some(key) = &row.key
        {
            self.work(view, key, false);
        }
        if row.status != Status::Pending || row.blocked || self.missing[at] > 0 {
            return;
        }
        match row.not_before {
            Some(time) if !self.come.remove(&place(at)) => drop(self.timers.remove(&(time, place(at)))),
            _ => self.withdraw(view, at),
        }
    }

    /// After it has changed.
    pub(super) fn enter(&mut self, view: View<'_>, at: usize) {
        let row = &view.rows[at];
        if row.status.is_active()
            && let Some(key) = &row.key
        {
            self.work(view, key, true);
        }
        if row.status != Status::Pending || row.blocked || self.missing[at] > 0 {
            return;
        }
        match row.not_before {
            Some(time) => drop(self.timers.insert((time, place(at)))),
            None => self.offer(view, at),
        }
    }

    /// After it was completed, or is so no more.
    pub(super) fn ripple(&mut self, view: View<'_>, at: usize, done: bool) {
        let mut edge = self.dependents[at];
        while edge != NONE {
            let (to, next) = self.edges[edge as usize];
            let to = to as usize;
            if done {
                self.missing[to] = self.missing[to].saturating_sub(1);
                if self.missing[to] == 0 {
                    self.enter_pending(view, to);
                }
            } else {
                if self.missing[to] == 0 && view.rows[to].status == Status::Pending {
                    self.leave(view, to);
                }
                self.missing[to] += 1;
            }
            edge = next;
        }
    }

    fn enter_pending(&mut self, view: View<'_>, at: usize) {
        if view.rows[at].status == Status::Pending {
            self.enter(view, at);
        }
    }

    /// Offers those whose time has come.
    pub(super) fn tell_time(&mut self, view: View<'_>, now: Timestamp) {
        while let Some((time, at)) = self.timers.first().copied().filter(|(time, _)| *time <= now) {
            self.timers.remove(&(time, at));
            self.come.insert(at);
            self.offer(view, at as usize);
        }
    }

    /// The first task of a lane.
    pub(super) fn first(&self, worker: Option<&str>, org: Option<&str>) -> Option<usize> {
        let line = match (worker, org) {
            (None, None) => Some(&self.everybody),
            (worker, org) => self.lanes.get(&(worker.map(str::to_owned), org.map(str::to_owned))),
        };
        line.and_then(Line::first).map(|slot| slot.2 as usize)
    }

    /// All that could be worked now, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = usize> {
        self.everybody.iter().map(|slot| slot.2 as usize)
    }

    /// When the next task's time comes.
    pub(super) fn next_time(&self) -> Option<Timestamp> {
        self.timers.first().map(|(time, _)| *time)
    }

    fn slot(&self, view: View<'_>, at: usize) -> Slot {
        let step = i64::try_from(AGEING.as_micros()).unwrap_or(i64::MAX);
        let priority = i64::try_from(view.rows[at].priority.min(1_000_000)).unwrap_or(0);
        (self.ages[at].saturating_add(priority.saturating_mul(step)), self.ages[at], place(at))
    }

    fn offer(&mut self, view: View<'_>, at: usize) {
        let slot = self.slot(view, at);
        let row = &view.rows[at];
        let Some(name) = &row.key else { return self.stand(view, at, true) };
        let key = self.keys.entry(name.clone()).or_default();
        let active = key.active;
        let line = key.line(row.org.as_ref());
        let first = line.first().copied();
        line.insert(slot);
        if active > 0 || first.is_some_and(|first| first < slot) {
            return;
        }
        if let Some(first) = first {
            self.stand(view, first.2 as usize, false);
        }
        self.stand(view, at, true);
    }

    fn withdraw(&mut self, view: View<'_>, at: usize) {
        let slot = self.slot(view, at);
        let row = &view.rows[at];
        let Some(name) = &row.key else { return self.stand(view, at, false) };
        let Some(key) = self.keys.get_mut(name) else { return };
        let active = key.active;
        let line = key.line(row.org.as_ref());
        let first = line.first().copied();
        line.remove(&slot);
        let next = line.first().copied();
        if key.is_idle() {
            self.keys.remove(name);
        }
        if active > 0 || first != Some(slot) {
            return;
        }
        self.stand(view, at, false);
        if let Some(next) = next {
            self.stand(view, next.2 as usize, true);
        }
    }

    /// Notes that one more, or less, of a key is being worked.
    fn work(&mut self, view: View<'_>, name: &str, more: bool) {
        let key = self.keys.entry(name.to_owned()).or_default();
        let before = key.active;
        key.active = if more { before + 1 } else { before.saturating_sub(1) };
        if (before == 0) == (key.active == 0) {
            return;
        }
        let stands = key.active == 0;
        let heads: Vec<usize> =
            key.waiting.iter().filter_map(|(_, line)| line.first().map(|slot| slot.2 as usize)).collect();
        if key.is_idle() {
            self.keys.remove(name);
        }
        for at in heads {
            self.stand(view, at, stands);
        }
    }

    /// Puts a task in every line it belongs in, or takes it out.
    fn stand(&mut self, view: View<'_>, at: usize, stands: bool) {
        let slot = self.slot(view, at);
        let set = |line: &mut Line| if stands { line.insert(slot) } else { line.remove(&slot) };
        set(&mut self.everybody);
        let org = view.rows[at].org.clone();
        if org.is_some() {
            set(self.lanes.entry((None, org.clone())).or_default());
        }
        for worker in view.meant.get(&at).into_iter().flatten() {
            set(self.lanes.entry((Some(worker.clone()), None)).or_default());
            if org.is_some() {
                set(self.lanes.entry((Some(worker.clone()), org.clone())).or_default());
            }
        }
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NONE)
}
