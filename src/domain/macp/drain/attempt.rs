//! One attempt on one task, from what it needs to its verdict; on a worker's thread.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};

use anyhow::Result;

use super::cache;
use super::command::{Ran, Run};
use super::job::{Job, News, Order, What};
use super::judge::{Draft, Fallen};
use super::{ground, legacy};
use crate::domain::attempt::completion::Promise;
use crate::domain::attempt::event::Kind;
use crate::domain::attempt::gates::{self, Gates};
use crate::domain::attempt::receipt::GateResult as Checked;
use crate::domain::launchers::{Labels, Launcher, Launching};
use crate::domain::macp::dispatch::{self, Call};
use crate::domain::macp::place::Place;
use crate::domain::macp::result::GateResult;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::{Gate, Task};
use crate::domain::macp::transition::Verdict;
use crate::domain::macp::worktree::{self, Ground};
use crate::system::process::{Spawn, Supervisor};
use crate::system::{clock, interrupt, redact, store};

/// Why acp tasks escalate; the words are MACP's.
const HANDED_OVER: &str = "ACP dispatch requires OpenClaw integration (Phase 2)";

/// What all workers share.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) place: Place,
    pub(super) settings: Settings,
    /// Whether results of identical tasks do.
    pub(super) cache: bool,
    /// What the commands of tasks that name no launcher are handed to.
    pub(super) launcher: Option<String>,
}

impl Shop {
    /// What a task's commands are handed to, if they are not to run right here.
    fn launcher(&self, task: &Task) -> Result<Option<Launcher>> {
        let Some(name) = task.launcher.as_ref().or(self.launcher.as_ref()) else { return Ok(None) };
        let (config, place) = (&self.settings.config, &self.place);
        let launcher = Launcher::resolve(config, name, place.root(), &place.launches());
        launcher.map(Some).map_err(|error| Fallen::Call.mark(error))
    }
}

/// How a task's commands are handed over, if they are.
fn launching<'a>(launcher: Option<&'a Launcher>, task: &'a Task, attempt: u64) -> Option<Launching<'a>> {
    let labels = Labels { task: &task.id, attempt, branch: task.branch.as_deref() };
    launcher.map(|launcher| Launching { launcher, labels })
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
    /// Set when its task is to be stopped.
    pub(super) stop: Arc<AtomicBool>,
}

impl Bench<'_> {
    pub(super) fn tell(&self, what: What) {
        // Nobody listens any more where the drain is over by an error.
        let _ = self.news.send(News { slot: self.slot, what });
    }

    /// Makes an attempt; nothing is told where the task turned out to be somebody else's.
    pub(super) fn work(&mut self, job: &Job) {
        let mut draft = Draft::new(job, &self.shop.settings);
        let verdict = match self.attempt(job, &mut draft) {
            Ok(Some(verdict)) => verdict,
            Ok(None) => return,
            Err(error) => draft.fall(Fallen::of(&error), &error, self.child.lost()),
        };
        let report = draft.report(verdict, job, self.shop);
        self.tell(What::Ended(Box::new(report)));
    }

    fn attempt(&mut self, job: &Job, draft: &mut Draft) -> Result<Option<Verdict>> {
        let (place, settings) = (&self.shop.place, &self.shop.settings);
        let task = &job.task;
        let mut key = None;
        let ground = if job.prepares {
            key = cache::key(task, self.shop)?.filter(|_| task.cache);
            if let Some(found) = key.as_ref().filter(|_| self.shop.cache).and_then(|key| key.look(self.shop))
            {
                draft.take(found);
                return Ok(Some(Verdict::Passed));
            }
            let ground = worktree::prepare(task, place, settings);
            let ground = ground.map_err(|error| Fallen::Worktree.mark(error))?;
            self.tell(What::Ready(Box::new(ground.clone())));
            if !matches!(self.orders.recv(), Ok(Order::Go)) {
                return Ok(None);
            }
            ground
        } else {
            Ground { dir: place.root().to_owned(), branch: None, base: None, note: None }
        };
        draft.begin(&ground);
        if interrupt::signal().is_some() || self.stop.load(Ordering::Relaxed) {
            return Ok(Some(Verdict::Interrupted));
        }
        let verdict = self.run(job, &ground, draft)?;
        let verdict = match verdict {
            Verdict::Passed => self.check(job, &ground, draft)?,
            other => other,
        };
        if verdict == Verdict::Passed
            && let Some(key) = key
        {
            draft.keep_in_cache(key);
        }
        Ok(Some(verdict))
    }

    /// Runs what the task says.
    fn run(&mut self, job: &Job, ground: &Ground, draft: &mut Draft) -> Result<Verdict> {
        let (place, settings) = (&self.shop.place, &self.shop.settings);
        let task = &job.task;
        let call = if task.dispatch.is_some() {
            dispatch::call(task, place, settings, &ground.dir)
        } else {
            let file = self.dir.join("task.json");
            if legacy::wants_file(task, settings) {
                store::scratch(&file, serde_json::to_string_pretty(task)?.as_bytes())?;
            }
            legacy::call(task, settings, &file)
        };
        match call.map_err(|error| Fallen::Call.mark(error))? {
            Call::HandOver(config) => {
                draft.hand_over(config);
                Ok(Verdict::Escalates(HANDED_OVER.into()))
            }
            Call::Agent { runtime, .. } => {
                let error = anyhow::anyhow!("agent `{runtime}` cannot be started by the queue");
                Err(Fallen::Call.mark(error))
            }
            Call::Command { argv, env, stdin, .. } => {
                let dir = ground::cwd(task, &ground.dir, place, settings);
                let dir = dir.map_err(|error| Fallen::Call.mark(error))?;
                let path = self.dir.join("stdin");
                if let Some(bytes) = &stdin {
                    store::scratch(&path, bytes)?;
                }
                let stdin = stdin.map(|_| path.into_os_string());
                self.command(job, Spawn { argv, env, stdin, dir: dir.into(), ..Spawn::default() }, draft)
            }
        }
    }

    fn command(&mut self, job: &Job, mut spawn: Spawn, draft: &mut Draft) -> Result<Verdict> {
        let settings = &self.shop.settings;
        spawn.env.push(("TASKRUN_TASK".into(), (&job.task.id).into()));
        spawn.env.push(("TASKRUN_ATTEMPT".into(), job.attempt.number.to_string().into()));
        let launcher = self.shop.launcher(&job.task)?;
        if let Some(launch) = launching(launcher.as_ref(), &job.task, job.attempt.number) {
            draft.launched_by(launch.launcher.name());
            spawn = launch.wrap(spawn);
        }
        let timeout = timeout(&job.task, settings);
        let run = Run {
            spawn,
            slot: &self.dir,
            log: &log_prefix(&self.shop.place, &job.task.id),
            log_limit: settings.config.logs.max_size,
            timeout,
            again: job.attempt.number > 1,
        };
        let ran = run.run(&mut self.child, &self.stop).map_err(|error| Fallen::Start.mark(error))?;
        let launched = Launcher::verdict(&ran.outcome);
        let complaint = ran.complaint(timeout).filter(|_| launched.is_ok());
        draft.ran(&ran, complaint.as_deref());
        launched.map_err(|failed| Fallen::Start.mark(failed.into()))?;
        Ok(verdict(&ran, complaint.is_none(), job.task.dispatch.is_some()))
    }

    /// Runs the task's gates, all of them, in order.
    fn check(&mut self, job: &Job, ground: &Ground, draft: &mut Draft) -> Result<Verdict> {
        let (task, settings) = (&job.task, &self.shop.settings);
        let gates = of_task(task, settings);
        let macp = task.dispatch.is_some();
        if gates.is_empty() {
            draft.gated = macp.then(clock::now);
            return Ok(Verdict::Passed);
        }
        if macp {
            self.tell(What::Gated(clock::now()));
        }
        store::make_dir(&self.shop.place.logs())?;
        let runner = Gates {
            commands: gates.iter().map(|gate| gate.command().to_owned()).collect(),
            timeout: settings.config.gates.timeout.unwrap_or(gates::DEFAULT_TIMEOUT),
            stop_at_red: false,
            log_limit: settings.config.logs.max_size,
        };
        let prefix = log_prefix(&self.shop.place, &task.id);
        let env = vec![("TASKRUN_TASK".into(), (&task.id).into())];
        let capture = Some(self.dir.join("out"));
        let launcher = self.shop.launcher(task)?;
        let launch = launching(launcher.as_ref(), task, job.attempt.number);
        let place = gates::Place { dir: &ground.dir, prefix: &prefix, env, capture, launch };
        let (slot, news, stop) = (self.slot, self.news.clone(), Arc::clone(&self.stop));
        let mut kinds = gates.iter().map(Gate::kind);
        let mut found = Vec::new();
        let mut tell = |kind: Kind| {
            let what = match kind {
                Kind::GateStarted { command } => What::CheckStarted(command, clock::now()),
                Kind::GateFinished { result } => {
                    let result = in_macp(&result, kinds.next().unwrap_or("mechanical"));
                    found.push(result.clone());
                    What::Checked(result, clock::now())
                }
                _ => return,
            };
            let _ = news.send(News { slot, what });
        };
        let asked = || stop.load(Ordering::Relaxed);
        let results = runner.run(&mut self.child, &place, &asked, &mut tell);
        let Some(results) = results.map_err(|error| Fallen::Start.mark(error))? else {
            return Ok(Verdict::Interrupted);
        };
        draft.gates(found, results.iter().find(|result| !result.passed).map(gates::complaint));
        Ok(if results.iter().all(|result| result.passed) { Verdict::Passed } else { Verdict::GateFailed })
    }
}

/// What a command that has ended comes to; only MACP-aware tasks can ask for a person.
fn verdict(ran: &Ran, well: bool, macp: bool) -> Verdict {
    match &ran.promise {
        _ if ran.stopped() => Verdict::Interrupted,
        Promise::Blocked(why) if macp && !ran.timed_out() => {
            Verdict::Escalates(redact::ours().text(why).into_owned())
        }
        _ if well => Verdict::Passed,
        _ => Verdict::WorkerFailed,
    }
}

/// Longest time of one attempt.
pub(super) fn timeout(task: &Task, settings: &Settings) -> std::time::Duration {
    task.timeout_seconds.map_or(settings.timeout, std::time::Duration::from_secs)
}

/// What must pass before a task is completed: its own gates, else those of all, and those of its type.
pub(super) fn of_task(task: &Task, settings: &Settings) -> Vec<Gate> {
    let own = if task.quality_gates.is_empty() { &settings.gates } else { &task.quality_gates };
    let kind = task.kind.as_ref().filter(|_| task.dispatch.is_some());
    let typed = kind.and_then(|kind| settings.gates_by_type.get(kind)).into_iter().flatten();
    own.iter().cloned().chain(typed.cloned().map(Gate::Command)).collect()
}

/// A gate's result as MACP has it.
fn in_macp(result: &Checked, kind: &str) -> GateResult {
    let code = match (result.exit_code, &result.ended_for) {
        (_, Some(_)) => 124,
        (Some(code), None) => i64::from(code),
        (None, None) => 128 + i64::from(result.signal.unwrap_or(9)),
    };
    GateResult { command: result.command.clone(), exit_code: code, kind: kind.to_owned() }
}

/// What the logs of a task are called, without their ends.
pub(super) fn log_prefix(place: &Place, id: &str) -> PathBuf {
    place.logs().join(crate::domain::macp::place::file_name(id))
}
