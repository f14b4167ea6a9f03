//! One attempt on one task, from what it needs to its verdict; on a worker's thread.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use anyhow::Result;

use super::cache;
use super::job::{Job, News, Order, What};
use super::judge::{Draft, Fallen};
use super::marker;
use super::office::Ear;
use crate::domain::launchers::{Labels, Launcher, Launching};
use crate::domain::macp::event::Hold;
use crate::domain::macp::logs;
use crate::domain::macp::place::Place;
use crate::domain::macp::purse::Purse;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::{Dispatch, Gate, Task};
use crate::domain::macp::transition::Verdict;
use crate::domain::macp::worktree::{self, Ground};
use crate::system::interrupt;
use crate::system::process::Supervisor;

/// What all workers share.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) place: Place,
    pub(super) settings: Settings,
    /// Whether results of identical tasks do.
    pub(super) cache: bool,
    /// What the commands of tasks that name no launcher are handed to.
    pub(super) launcher: Option<String>,
    pub(super) run: String,
    pub(super) hold: Hold,
    pub(super) purse: Purse,
}

/// One worker, and what it works with.
pub(super) struct Bench<'a> {
    pub(super) shop: &'a Shop,
    pub(super) slot: usize,
    /// Its own directory.
    pub(super) dir: PathBuf,
    pub(super) child: Supervisor,
    pub(super) orders: Receiver<Order>,
    pub(super) news: Sender<News>,
    /// Where news are taken up.
    pub(super) office: &'a dyn Ear,
    /// Set when its task is to be stopped.
    pub(super) stop: Arc<AtomicBool>,
}

impl Bench<'_> {
    pub(super) fn tell(&self, what: What) {
        let waits = what.may_wait();
        // Nobody listens any more where the drain is over by an error.
        let _ = self.news.send(News { slot: self.slot, what });
        if !waits {
            self.office.hear(self.slot);
        }
    }

    /// Makes an attempt; nothing is told where the task turned out to be somebody else's.
    pub(super) fn work(&mut self, job: &Job) {
        let mut draft = Draft::new(job, &self.shop.settings);
        let verdict = match self.attempt(job, &mut draft) {
            Ok(Some(verdict)) => verdict,
            Ok(None) => return,
            Err(error) => draft.fall(&error),
        };
        let mut report = draft.report(&verdict, job, self.shop);
        report.lost = self.child.lost();
        if !report.after
            && let Err(error) = marker::remove(&job.task, &self.shop.place)
        {
            self.tell(What::Note(format!("{error:#}")));
        }
        self.tell(What::Ended(Box::new(report)));
    }

    fn attempt(&mut self, job: &Job, draft: &mut Draft) -> Result<Option<Verdict>> {
        let task = &job.task;
        let mut key = None;
        let ground = if job.prepares {
            key = cache::key(task, self.shop)?;
            if let Some(found) = key.as_ref().filter(|_| self.shop.cache).and_then(|key| key.look(self.shop))
            {
                draft.take(found);
                return Ok(Some(Verdict::Passed));
            }
            let ground = worktree::prepare(task, &self.shop.place, &self.shop.settings);
            let ground = ground.map_err(|error| Fallen::Worktree.mark(error))?;
            self.tell(What::Ready(Box::new(ground.clone())));
            if !matches!(self.orders.recv(), Ok(Order::Go)) {
                return Ok(None);
            }
            ground
        } else {
            Ground { dir: self.shop.place.root().to_owned(), branch: None, base: None, note: None }
        };
        marker::leave(task, &self.shop.place, &self.shop.hold)?;
        draft.begin(&ground);
        if interrupt::signal().is_some() || self.stop.load(Ordering::Relaxed) {
            return Ok(Some(Verdict::Interrupted));
        }
        let launcher = self.launcher(task).map_err(|error| Fallen::Call.mark(error))?;
        let labels = Labels { task: &task.id, attempt: job.attempt.number, branch: ground.branch.as_deref() };
        let launch = launcher.as_ref().map(|launcher| Launching { launcher, labels });
        if let Some(launcher) = &launcher {
            launcher.refuse_code(&labels).map_err(|error| Fallen::Call.mark(error))?;
            draft.launched_by(launcher.name());
        }
        let verdict = match self.start(job, &ground, launch, draft)? {
            Verdict::Passed => self.check(job, &ground, launch, draft)?,
            other => other,
        };
        if verdict == Verdict::Passed
            && let Some(key) = key
        {
            draft.keep_in_cache(key);
        }
        Ok(Some(verdict))
    }

    /// What the task's commands are handed to.
    fn launcher(&self, task: &Task) -> Result<Option<Launcher>> {
        let (place, config) = (&self.shop.place, &self.shop.settings.config);
        let resolve = |name: &String| Launcher::resolve(config, name, place.root(), &place.launches());
        let own = task.launcher.as_ref().filter(|_| task.dispatch.is_some());
        own.or(self.shop.launcher.as_ref()).map(resolve).transpose()
    }
}

/// Longest time of one attempt.
pub(super) fn timeout(task: &Task, settings: &Settings) -> Duration {
    let agent = task.dispatch == Some(Dispatch::Yolo);
    let default = if agent { settings.agent_timeout } else { settings.timeout };
    task.timeout_seconds.map_or(default, Duration::from_secs)
}

/// What must pass before a task is completed: its own gates, else those of all, and those of its type.
pub(in crate::domain::macp) fn of_task(task: &Task, settings: &Settings) -> Vec<Gate> {
    let own = if task.quality_gates.is_empty() { &settings.gates } else { &task.quality_gates };
    let kind = task.kind.as_ref().filter(|_| task.dispatch.is_some());
    let typed = kind.and_then(|kind| settings.gates_by_type.get(kind)).into_iter().flatten();
    own.iter().cloned().chain(typed.cloned().map(Gate::Command)).collect()
}

/// What the logs of a task are called, without their ends.
pub(in crate::domain::macp) fn log_prefix(place: &Place, id: &str) -> PathBuf {
    place.logs().join(logs::start(id))
}
