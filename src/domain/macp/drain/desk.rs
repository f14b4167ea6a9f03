//! The decisions about the queue: what is given out, what is made of what workers tell, when it is over.

use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;

use super::controller::{Desk, WHOLE};
use super::job::{Job, News, Order, Report, What};
use super::over::taken;
use super::record;
use super::slots::{Busy, Phase, Slots};
use crate::domain::attempt::prompt::Previous;
use crate::domain::macp::event::{Attempt, Event};
use crate::domain::macp::purse::Grant;
use crate::domain::macp::queue::Turn;
use crate::domain::macp::result::TaskResult;
use crate::domain::macp::schedule::Wish;
use crate::domain::macp::state::{Row, State};
use crate::domain::macp::task::{Status, Task};
use crate::domain::macp::transition::Next;
use crate::domain::macp::{check, dispatch, people};
use crate::fault::Fault;
use crate::system::interrupt;

/// What workers are told once the change is written.
type Orders = Vec<(usize, Order)>;

impl Desk<'_> {
    /// Whether nothing new is started any more.
    pub(super) fn stopping(&self) -> bool {
        interrupt::signal().is_some() || self.refused.is_some() || self.out_of_time()
    }

    pub(super) fn out_of_time(&self) -> bool {
        self.longest().is_some_and(|time| self.begun.elapsed() >= time)
    }

    /// Nothing is started after this time.
    pub(super) fn longest(&self) -> Option<Duration> {
        self.options.max_time.or(self.settings.config.budget.time)
    }

    pub(super) fn at_limit(&self) -> bool {
        self.options.limit.is_some_and(|limit| self.given.len() as u64 >= limit)
    }

    /// Workers at most.
    pub(super) fn jobs(&self) -> usize {
        if self.only.is_some() {
            return 1;
        }
        self.options.jobs.min(usize::try_from(self.most()).unwrap_or(usize::MAX)).max(1)
    }

    /// Tasks at a time, over all who work the queue. Who asks for more jobs than the default allows gets them.
    pub(super) fn most(&self) -> u64 {
        let jobs = if self.settings.limits_concurrency { 0 } else { self.options.jobs as u64 };
        self.settings.max_concurrent.max(jobs)
    }

    /// The task that is to be worked next.
    pub(super) fn pick<'s>(&self, state: &'s State, now: Timestamp) -> Option<&'s Row> {
        let due = |row: &&Row| row.status == Status::Pending && row.not_before.is_none_or(|at| at <= now);
        let free = |row: &&Row| !self.parked.contains(&row.id) && !self.bars.holds(&row.id);
        if let Some(id) = self.only {
            return state.row(id).filter(due).filter(free);
        }
        if self.at_limit() {
            return self.retrying.iter().filter_map(|id| state.row(id)).find(|row| due(row) && free(row));
        }
        if self.parked.is_empty() && !self.bars.any() {
            return state.next(now, &Wish::default());
        }
        state.ready(now).into_iter().find(free)
    }

    /// Whether a worker's task is still held by us as it is known to be.
    pub(super) fn is_ours(&self, state: &State, busy: &Busy) -> bool {
        state.row(&busy.task.id).is_some_and(|row| match busy.phase {
            Phase::Preparing => row.status == Status::Pending,
            Phase::Running => {
                let held = row.hold.as_ref().is_some_and(|hold| hold.holder == self.hold.holder);
                row.status.is_active() && held && row.attempts == busy.attempt.number
            }
            Phase::After => true,
        })
    }

    /// Whether the attempt of a worker is to be ended: somebody else has decided about its task, or wants it called off.
    pub(super) fn is_off(&self, state: &State, busy: &Busy) -> bool {
        !self.is_ours(state, busy) || state.row(&busy.task.id).is_some_and(|row| row.cancel_requested)
    }

    /// Refuses a task that `run` cannot work now, by what keeps it.
    pub(super) fn may_run(&self, state: &State, id: &str) -> Result<()> {
        let Some(row) = state.row(id) else { return Ok(()) };
        if row.status != Status::Pending {
            return Err(taken(row));
        }
        if row.blocked {
            return Err(Fault::refused(
                format!("task `{id}` is blocked: its `metadata` says so"),
                "take `blocked` out of its `metadata` in `tasks.json`",
            ));
        }
        for on in &row.depends_on {
            let status = state.row(on).map(|row| row.status);
            if status != Some(Status::Completed) {
                let words = status.map_or("not there", Status::word);
                return Err(Fault::refused(
                    format!("task `{id}` depends on `{on}`, which is {words}"),
                    format!("work it first: `taskrun macp run {on}`"),
                ));
            }
        }
        let same_key = |other: &&Row| other.status.is_active() && other.key.is_some() && other.key == row.key;
        if let Some(other) = state.rows().find(same_key) {
            return Err(Fault::busy(
                format!("task `{}` of the same key is being worked on", other.id),
                "try again when it is over",
            ));
        }
        if active(state) >= self.settings.max_concurrent {
            return Err(Fault::busy(
                format!("{} tasks are being worked on, which is the most allowed", active(state)),
                "try again later, or raise `max_concurrent` under `[macp]`",
            ));
        }
        Ok(())
    }

    /// Gives free workers what is next.
    pub(super) fn give(
        &mut self,
        turn: &mut Turn<'_>,
        slots: &mut Slots<'_>,
        orders: &mut Orders,
    ) -> Result<()> {
        let mut room = self.most().saturating_sub(active(turn.state()) + slots.preparing() as u64);
        while let Some(at) = slots.free().filter(|_| room > 0) {
            let Some(row) = self.pick(turn.state(), turn.now()) else { break };
            // What is being prepared is still pending. One after the other.
            if slots.all().any(|busy| busy.phase == Phase::Preparing && busy.task.id == row.id) {
                break;
            }
            let most = row.max_attempts.unwrap_or(self.settings.max_attempts);
            let attempt = Attempt { number: row.attempts + 1, forgiven: row.forgiven, most };
            let id = row.id.clone();
            let mut task = match turn.task(&id) {
                Ok(task) => Box::new(task),
                Err(error) => {
                    self.unreadable(error, turn);
                    return Ok(());
                }
            };
            self.torn = None;
            // It may have come, or been edited, since all of them were looked at.
            let checked = check::task(&task, turn.place, self.settings);
            if self.barred(&mut task, turn) {
                continue;
            }
            if let Err(error) = checked.and_then(|()| slots.cost_is_known(&task)) {
                self.refused = Some(error);
                return Ok(());
            }
            let grant = slots.reserve(&task, usize::try_from(room).unwrap_or(usize::MAX))?;
            if grant != Grant::Given {
                self.kept_by_money(&task, attempt, grant, turn);
                continue;
            }
            self.retrying.retain(|other| *other != id);
            if self.options.limit.is_some() {
                self.given.insert(id.clone());
            }
            let job = self.begin(turn, &task, attempt);
            let phase = if job.prepares { Phase::Preparing } else { Phase::Running };
            orders.push((at, Order::Work(Box::new(job))));
            *slots.at(at) = Some(Busy { task, attempt, phase });
            room -= 1;
        }
        Ok(())
    }

    /// A task's definition cannot be read: it stays pending. A hand may be in the middle of saving `tasks.json`, and is given
    /// some time to end that.
    fn unreadable(&mut self, error: anyhow::Error, turn: &Turn<'_>) {
        let since = *self.torn.get_or_insert_with(Instant::now);
        if !turn.is_behind() || since.elapsed() >= WHOLE {
            self.refused = Some(error);
        }
    }

    /// Puts on record that a task is given out, and says what its worker has to know.
    fn begin(&mut self, turn: &mut Turn<'_>, task: &Task, attempt: Attempt) -> Job {
        self.record(turn, Event::assigned(&task.id, turn.now()));
        let prepares = Job::prepares(task);
        if !prepares {
            self.record(turn, record::started(task, attempt, &self.hold, None, turn.now()));
        }
        let infrastructure = self.infrastructure.get(&task.id).copied().unwrap_or(0);
        let previous = self.previous.remove(&task.id);
        let notes = people::approvals(task).into_iter().map(|said| format!("{}: {}", said.by, said.note));
        Job { task: task.clone(), attempt, infrastructure, previous, notes: notes.collect(), prepares }
    }

    pub(super) fn record(&mut self, turn: &mut Turn<'_>, event: Event) {
        self.told.push(event.clone());
        turn.record(event);
    }

    /// Takes what a worker tells.
    pub(super) fn hear(
        &mut self,
        news: News,
        turn: &mut Turn<'_>,
        slots: &mut Slots<'_>,
        orders: &mut Orders,
    ) {
        let at = news.slot;
        let ours = slots.at(at).as_ref().is_some_and(|busy| self.is_ours(turn.state(), busy));
        let Some(busy) = slots.at(at).as_mut() else { return };
        let task = &busy.task;
        match news.what {
            What::Note(note) => self.notes.push(note),
            What::Undelivered(undelivered, failures) => {
                self.undelivered.push(task.id.clone());
                let status = turn.state().row(&task.id).map_or(Status::Completed, |row| row.status);
                let event = record::undelivered(&task.id, status, (&undelivered, failures), turn.now());
                self.record(turn, event);
            }
            What::AfterDone(lost) => {
                *slots.at(at) = None;
                if lost {
                    slots.lose(at);
                }
            }
            What::Ready(ground) if ours => {
                let worktree = ground.branch.is_some().then(|| ground.dir.to_string_lossy());
                let event = record::started(task, busy.attempt, &self.hold, worktree.as_deref(), turn.now());
                busy.phase = Phase::Running;
                self.record(turn, event);
                orders.push((at, Order::Go));
            }
            What::Ready(_) => {
                let id = task.id.clone();
                *slots.at(at) = None;
                self.unpark(slots.release(&id));
                orders.push((at, Order::Drop));
            }
            What::Gated(when) if ours => self.record(turn, Event::gated(&task.id, when)),
            What::CheckStarted(command, when) if ours => {
                self.record(turn, record::check_started(task, &command, when));
            }
            What::Checked(result, when) if ours => self.record(turn, record::checked(task, &result, when)),
            What::Gated(_) | What::CheckStarted(..) | What::Checked(..) => {}
            What::Ended(report) => {
                if report.lost {
                    slots.lose(at);
                }
                let Some(busy) = slots.at(at).take() else { return };
                self.unpark(slots.release(&busy.task.id));
                self.ended(&busy, *report, ours, turn);
                // `ended` has put the result in place of the report.
                if let Some(order) = self.after.take() {
                    *slots.at(at) = Some(Busy { phase: Phase::After, ..busy });
                    orders.push((at, order));
                }
            }
        }
    }

    fn ended(&mut self, busy: &Busy, mut report: Report, ours: bool, turn: &mut Turn<'_>) {
        let (id, now) = (&busy.task.id, turn.now());
        if report.infrastructure {
            *self.infrastructure.entry(id.clone()).or_default() += 1;
        }
        if !ours {
            // Somebody has called it off, or handed it to another.
            let status = turn.state().row(id).map(|row| row.status);
            self.counts.cancelled += u64::from(status == Some(Status::Cancelled));
            if status.is_some_and(Status::is_final) && busy.task.worktree.is_some() && !report.lost {
                self.after = Some(Order::After(busy.task.clone(), Box::new(report.result)));
            }
            return;
        }
        let asked = turn.state().row(id).is_some_and(|row| row.cancel_requested);
        if let Some(until) = report.turned.as_ref().and_then(|why| self.turned_away(&busy.task, why))
            && let (Next::Again(_, pause), Ok(wait)) =
                (&mut report.next, until.duration_since(now).try_into())
        {
            *pause = wait;
        }
        if asked && matches!(report.next, Next::Again(..)) {
            return self.cancelled(busy, report, turn);
        }
        if let Some(when) = report.gated {
            self.record(turn, Event::gated(id, when));
        }
        self.record(turn, record::ended(&busy.task, busy.attempt, &report, now));
        match &report.next {
            Next::Complete => {
                self.counts.completed += 1;
                self.counts.cached += u64::from(report.result.metadata.contains_key("cached"));
                self.bars.got_through(dispatch::runtime(&busy.task, self.settings));
            }
            Next::Again(..) => {
                self.counts.retried += 1;
                self.retrying.push(id.clone());
                if report.turned.is_some() {
                    return;
                }
                let outcome = if report.infrastructure { "not run" } else { "failed" };
                let previous = Previous { outcome: outcome.into(), reason: report.why.clone(), gate: None };
                self.previous.insert(id.clone(), previous);
            }
            Next::Fail => {
                self.counts.failed += 1;
                self.failed.push(id.clone());
            }
            Next::Escalate(_) => {
                self.counts.escalated += 1;
                self.escalated.push(id.clone());
            }
        }
        if report.after && !report.lost {
            self.after = Some(Order::After(busy.task.clone(), Box::new(report.result)));
        }
    }

    /// Ends a task as somebody has asked.
    fn cancelled(&mut self, busy: &Busy, report: Report, turn: &mut Turn<'_>) {
        let now = turn.now();
        let why = "called off while it ran".to_owned();
        let result = TaskResult {
            status: Status::Failed,
            completed_at: now,
            failed_at: Some(now),
            error: Some(why.clone()),
            ..report.result
        };
        self.record(turn, Event::ended(&busy.task.id, &result, true, now).saying(why));
        self.counts.cancelled += 1;
        if busy.task.worktree.is_some() && !report.lost {
            self.after = Some(Order::After(busy.task.clone(), Box::new(result)));
        }
    }

    /// Gives free workers what killed ones have left to do after tasks that are over.
    pub(super) fn give_leftovers(&mut self, slots: &mut Slots<'_>) {
        while !self.leftovers.is_empty() {
            slots.grow(slots.busy() + 1);
            let Some(at) = slots.free() else { return };
            let Some(Order::After(task, _)) = self.leftovers.last() else { return };
            let attempt = Attempt { number: 0, forgiven: 0, most: 0 };
            *slots.at(at) = Some(Busy { task: task.clone(), attempt, phase: Phase::After });
            self.leftovers.pop().into_iter().for_each(|order| slots.order(at, order));
        }
    }
}

/// How many tasks are being worked on, by whomever.
fn active(state: &State) -> u64 {
    state.active() as u64
}
