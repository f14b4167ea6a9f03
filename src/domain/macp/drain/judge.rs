//! The result of an attempt in the making, and what becomes of its task.

use std::fmt;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::attempt::Shop;
use super::cache::{Found, Key};
use super::command::Ran;
use super::job::{Job, Report};
use super::marker;
use crate::domain::macp::agent::AgentAnswer;
use crate::domain::macp::dispatch::plugin::Answer;
use crate::domain::macp::event::Blame;
use crate::domain::macp::result::{GateResult, TaskResult};
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::{Dispatch, Status, Task};
use crate::domain::macp::transition::{self, Next, Verdict};
use crate::domain::macp::worktree::{self, Ground};
use crate::system::{clock, interrupt, redact};

/// Where an attempt fell that did not come to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fallen {
    /// Its worktree could not be made.
    Worktree,
    /// What is to be started could not be said.
    Call,
    /// It could not be started.
    Start,
}

/// An error, and where it fell.
#[derive(Debug)]
struct Marked(Fallen, anyhow::Error);

impl fmt::Display for Marked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:#}", self.1)
    }
}

impl std::error::Error for Marked {}

impl Fallen {
    pub(super) fn mark(self, error: anyhow::Error) -> anyhow::Error {
        Marked(self, error).into()
    }

    /// Where an error fell; what was not said is as if nothing could be started.
    pub(super) fn of(error: &anyhow::Error) -> Self {
        error.downcast_ref().map_or(Self::Start, |Marked(fallen, _)| *fallen)
    }
}

/// A result in the making.
pub(super) struct Draft {
    result: TaskResult,
    pub(super) gated: Option<Timestamp>,
    since: Instant,
    why: String,
    by_worker: bool,
    key: Option<Key>,
    not_before: Option<Timestamp>,
    ground: Option<Ground>,
}

impl Draft {
    pub(super) fn new(job: &Job, settings: &Settings) -> Self {
        let task = &job.task;
        let now = clock::now();
        let dispatch = task.way().unwrap_or(Dispatch::Exec);
        let dispatch = dispatch.word();
        let result = TaskResult {
            task_id: task.id.clone(),
            status: Status::Failed,
            completed_at: now,
            failed_at: None,
            exit_code: None,
            attempt: job.attempt.number,
            max_attempts: job.attempt.most,
            runtime: task.runtime.clone().unwrap_or_else(|| settings.default_runtime.clone()),
            dispatch: dispatch.to_owned(),
            worktree: None,
            branch: task.branch.clone(),
            pr: task.pr.clone(),
            summary: String::new(),
            files_changed: Vec::new(),
            gate_results: Vec::new(),
            error: None,
            escalation_reason: None,
            metadata: Map::new(),
        };
        let mut draft = Self {
            result,
            gated: None,
            since: Instant::now(),
            why: String::new(),
            by_worker: false,
            key: None,
            not_before: None,
            ground: None,
        };
        draft.note("started_at", now.to_string());
        // What a trigger makes of this result lies one deeper.
        if let Some(depth) = task.depth() {
            draft.note("depth", depth);
        }
        draft
    }

    fn note(&mut self, name: &str, value: impl Into<Value>) {
        self.result.metadata.insert(name.to_owned(), value.into());
    }

    /// The attempt begins here.
    pub(super) fn begin(&mut self, ground: &Ground) {
        if let Some(branch) = &ground.branch {
            self.result.worktree = Some(ground.dir.to_string_lossy().into_owned());
            self.result.branch = Some(branch.clone());
            self.ground = Some(ground.clone());
        }
        if let Some(base) = &ground.base {
            self.note("base", base.clone());
        }
        if let Some(note) = &ground.note {
            self.note("start_point", note.clone());
        }
    }

    /// Its commands are handed to this launcher.
    pub(super) fn launched_by(&mut self, launcher: &str) {
        self.note("launcher", launcher);
    }

    /// A command has ended; `complaint` says why that is no success.
    pub(super) fn ran(&mut self, ran: &Ran, complaint: Option<&str>) {
        let ended = ran.outcome.ended;
        self.result.exit_code = ended.code.map(i64::from);
        if let Some(signal) = ended.signal {
            self.note("signal", signal);
        }
        self.note("timed_out", ran.timed_out());
        if ran.outcome.cut_short {
            self.note("stdout_incomplete", true);
        }
        for (name, path) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
            if let Some(path) = path {
                self.note(name, path.to_string_lossy());
            }
        }
        if !ran.outcome.left.is_empty() {
            self.note("left_running", ran.outcome.left.clone());
        }
        self.result.summary = if ran.last.is_empty() { ran.last_error.clone() } else { ran.last.clone() };
        if let Some(complaint) = complaint {
            self.by_worker = true;
            self.fails(complaint);
        }
    }

    pub(super) fn fails(&mut self, why: &str) {
        self.why = redact::ours().text(why).into_owned();
        self.result.error = Some(self.why.clone());
    }

    /// The gates have ended; `complaint` is about the first red one.
    pub(super) fn gates(&mut self, results: Vec<GateResult>, complaint: Option<String>) {
        self.result.gate_results = results;
        if let Some(complaint) = complaint {
            self.by_worker = false;
            self.fails(&complaint);
        }
    }

    /// An agent, or what a task was handed on to, has answered.
    pub(super) fn answered(&mut self, answer: AgentAnswer) {
        self.result.exit_code = answer.exit_code;
        self.result.summary = answer.summary;
        self.result.metadata.extend(answer.metadata);
        self.not_before = answer.not_before;
        if let Some(error) = answer.error {
            self.by_worker = true;
            self.fails(&error);
        }
    }

    /// A plug-in has answered, or what it said is no answer.
    pub(super) fn plugin(&mut self, answer: Result<Answer, String>) -> Verdict {
        let answer = match answer {
            Ok(answer) => answer,
            Err(why) => {
                self.fails(&why);
                return Verdict::WorkerFailed;
            }
        };
        let verdict = answer.verdict();
        self.result.summary = redact::ours().text(&answer.summary).into_owned();
        self.result.metadata.extend(answer.metadata);
        self.result.pr = answer.pr.or(self.result.pr.take());
        match (&verdict, answer.error) {
            (Verdict::Passed, _) => self.result.error = None,
            (_, Some(error)) => self.fails(&error),
            (Verdict::Escalates(why), None) => self.fails(&why.clone()),
            (_, None) if self.result.error.is_none() => self.fails("the plug-in says that it failed"),
            _ => {}
        }
        verdict
    }

    /// What the attempt says it cost (USD).
    pub(super) fn cost(&self) -> Option<f64> {
        let usd = self.result.metadata.get("spend")?.get("usd")?.as_f64()?;
        (usd.is_finite() && usd >= 0.0).then_some(usd)
    }

    /// The output was to hold a document that fits a schema.
    pub(super) fn document(&mut self, document: Result<Value, String>) -> Verdict {
        match document {
            Ok(document) => {
                self.note("output", document);
                Verdict::Passed
            }
            Err(why) => {
                self.by_worker = true;
                self.fails(&why);
                Verdict::WorkerFailed
            }
        }
    }

    /// The attempt came to no end.
    pub(super) fn fall(&mut self, error: &anyhow::Error) -> Verdict {
        if interrupt::signal().is_some() {
            return Verdict::Interrupted;
        }
        self.fails(&format!("{error:#}"));
        match Fallen::of(error) {
            Fallen::Worktree => {
                self.result.summary = "worktree creation failed".into();
                Verdict::Hopeless
            }
            Fallen::Call => {
                self.result.summary = "not run".into();
                Verdict::Hopeless
            }
            Fallen::Start => Verdict::Infrastructure(self.why.clone()),
        }
    }

    /// The result of an identical task does.
    pub(super) fn take(&mut self, found: Found) {
        self.result.exit_code = found.result.exit_code;
        self.result.summary = found.result.summary;
        self.result.files_changed = found.result.files_changed;
        self.result.gate_results = found.result.gate_results;
        self.note("cached", true);
        self.note("cached_from", found.result.task_id);
        self.note("cached_at", found.result.completed_at.to_string());
        self.note("cache_basis", found.basis);
    }

    /// This result may do for identical tasks.
    pub(super) fn keep_in_cache(&mut self, key: Key) {
        self.key = Some(key);
    }

    /// What becomes of the task, and its result where this is the end.
    pub(super) fn report(mut self, verdict: &Verdict, job: &Job, shop: &Shop) -> Report {
        let task = &job.task;
        let infrastructure = matches!(verdict, Verdict::Infrastructure(_));
        let failed = job.infrastructure + u64::from(infrastructure);
        let failures =
            if infrastructure { failed } else { job.attempt.number.saturating_sub(job.attempt.forgiven) };
        let pause = transition::pause(shop.settings.retry_delay, failures, &task.id);
        let until = self.not_before.map(|at| at.duration_since(clock::now()));
        let pause =
            until.and_then(|until| Duration::try_from(until).ok()).map_or(pause, |until| until.max(pause));
        let most = shop.settings.infrastructure_attempts;
        let next = transition::next(verdict, job.attempt, task.dispatch.is_some(), (failed, most), pause);
        let over = !matches!(next, Next::Again(..));
        if over {
            self.finish(&next, task, job);
        }
        if task.on_complete.is_some() || self.key.is_some() {
            self.result = self.result.cleaned();
        }
        if next == Next::Complete
            && let Some(key) = self.key.take()
        {
            key.keep(&self.result, shop);
        }
        let why = match &next {
            Next::Escalate(why) => why.clone(),
            Next::Again(Blame::Lost, _) if *verdict == Verdict::Interrupted => "interrupted".into(),
            _ => self.why,
        };
        let after = over && marker::is_due(task);
        let by_worker = self.by_worker;
        Report {
            next,
            gated: self.gated,
            why,
            result: self.result,
            by_worker,
            infrastructure,
            lost: false,
            after,
            turned: if let Verdict::TurnedAway(turned) = verdict { Some(turned.clone()) } else { None },
        }
    }

    fn finish(&mut self, next: &Next, task: &Task, job: &Job) {
        let now = clock::now();
        self.result.completed_at = now;
        self.result.status = match next {
            Next::Complete => Status::Completed,
            Next::Escalate(_) => Status::Escalated,
            _ => Status::Failed,
        };
        self.result.failed_at = (*next != Next::Complete).then_some(now);
        if let Next::Escalate(why) = next {
            self.result.escalation_reason = Some(why.clone());
            // Why the gates are red stays told.
            if let Some(error) = self.result.error.take() {
                self.note("last_error", error);
            }
        }
        self.note("duration_ms", u64::try_from(self.took().as_millis()).unwrap_or(u64::MAX));
        self.note("retry_count", job.attempt.number.saturating_sub(1));
        if let Some(ground) = &self.ground {
            match worktree::files_changed(ground) {
                Ok(files) => self.result.files_changed = files,
                Err(error) => self.note("files_changed_error", format!("{error:#}")),
            }
        }
        if self.result.summary.is_empty() {
            self.result.summary = summary(task, &self.result);
        }
    }

    fn took(&self) -> Duration {
        self.since.elapsed()
    }
}

/// What there is to say of a task that said nothing itself.
fn summary(task: &Task, result: &TaskResult) -> String {
    let passed = result.gate_results.iter().filter(|gate| gate.exit_code == 0).count();
    let gates = match (passed, result.gate_results.len()) {
        (_, 0) => String::new(),
        (1, 1) => ", 1 gate passed".into(),
        (passed, all) if passed == all => format!(", {all} gates passed"),
        (passed, all) => format!(", {passed} of {all} gates passed"),
    };
    match (result.exit_code, &result.error) {
        (Some(code), _) => format!("{}: exited {code}{gates}", task.title),
        (None, Some(error)) => format!("{}: {error}", task.title),
        (None, None) => format!("{}: ended{gates}", task.title),
    }
}
