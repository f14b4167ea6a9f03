//! The lines of `events.ndjson`, in MACP's format: what happened to a task. The same lines, applied in order, make the
//! [`State`](super::state::State): every event carries absolute values, so that applying one twice changes nothing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::result::{self, TaskResult};
use super::task::Status;
use crate::system::host::Host;
use crate::system::lock::Holder;

/// What happened; the words are MACP's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Chosen to be worked.
    #[serde(rename = "task.assigned")]
    Assigned,
    /// An attempt began.
    #[serde(rename = "task.started")]
    Started,
    /// The worker, or somebody else, said something.
    #[serde(rename = "task.progress")]
    Progress,
    /// The worker is done; gates begin.
    #[serde(rename = "task.gated")]
    Gated,
    /// Done.
    #[serde(rename = "task.completed")]
    Completed,
    /// Given up, or called off.
    #[serde(rename = "task.failed")]
    Failed,
    /// A person is needed.
    #[serde(rename = "task.escalated")]
    Escalated,
    /// Pending again.
    #[serde(rename = "task.retry.scheduled")]
    RetryScheduled,
    /// A gate begins.
    #[serde(rename = "rail.check.started")]
    CheckStarted,
    /// A gate passed.
    #[serde(rename = "rail.check.passed")]
    CheckPassed,
    /// A gate failed.
    #[serde(rename = "rail.check.failed")]
    CheckFailed,
}

/// Who says so; the words are MACP's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The queue itself.
    Controller,
    /// Whoever works on the task.
    Worker,
    /// A gate.
    QualityGate,
    /// What starts the worker of a MACP-aware task.
    Dispatcher,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// A UUID of its own.
    pub event_id: String,
    /// What happened.
    pub event_type: Kind,
    /// To which task.
    pub task_id: String,
    /// What its status is after it (never `cancelled`, see [`Status`]).
    pub status: Status,
    /// When.
    pub timestamp: Timestamp,
    /// Who says so.
    pub source: Source,
    /// For people.
    #[serde(default)]
    pub message: String,
    /// For us: see the constructors.
    #[serde(default)]
    pub metadata: Map<String, Value>,
}

/// Who works on a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Who, by name.
    pub by: String,
    /// The machine.
    pub host: Host,
    /// Its process, where the work ends with it: a drain, a `run`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// Until when a claim holds that no process stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<Timestamp>,
}

/// Who is to blame that an attempt has to be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Blame {
    /// The task: it counts towards `max_attempts`.
    Task,
    /// What was to run it (a launcher, a node, a program that could not be started): it does not.
    Infrastructure,
    /// Its worker was killed or interrupted, or its lease ran out: it does not.
    Lost,
    /// Nobody: a person hands it back.
    Nobody,
}

/// An attempt, as events name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Which, from 1: how many were started.
    pub number: u64,
    /// How many of the earlier ones do not count.
    pub forgiven: u64,
    /// How many may count.
    pub most: u64,
}

impl Attempt {
    /// Whether the task may not be tried again after this one, if this one counts.
    pub fn is_last(self) -> bool {
        self.number.saturating_sub(self.forgiven) >= self.most
    }
}

impl Event {
    /// An event with a new id.
    pub fn new(kind: Kind, task: &str, status: Status, now: Timestamp) -> Self {
        let source = match kind {
            Kind::CheckStarted | Kind::CheckPassed | Kind::CheckFailed => Source::QualityGate,
            _ => Source::Controller,
        };
        Self {
            event_id: crate::system::clock::uuid(),
            event_type: kind,
            task_id: task.to_owned(),
            status,
            timestamp: now,
            source,
            message: String::new(),
            metadata: Map::new(),
        }
    }

    /// The same from somebody else.
    #[must_use]
    pub fn from(mut self, source: Source) -> Self {
        self.source = source;
        self
    }

    /// The same with words for people.
    #[must_use]
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// The same with a value for programs.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.metadata.insert(name.to_owned(), value.into());
        self
    }

    /// Chosen: `task.assigned`, status `pending`.
    pub fn assigned(task: &str, now: Timestamp) -> Self {
        Self::new(Kind::Assigned, task, Status::Pending, now).saying("Task assigned")
    }

    /// An attempt begins: `task.started`, with `attempt`, `max_attempts`, `forgiven`, `hold`.
    pub fn started(task: &str, attempt: Attempt, hold: &Hold, now: Timestamp) -> Self {
        Self::new(Kind::Started, task, Status::Running, now)
            .from(Source::Dispatcher)
            .with("attempt", attempt.number)
            .with("max_attempts", attempt.most)
            .with("forgiven", attempt.forgiven)
            .with("hold", json!(hold))
    }

    /// Its worker is done: `task.gated`.
    pub fn gated(task: &str, now: Timestamp) -> Self {
        Self::new(Kind::Gated, task, Status::Gated, now).saying("Worker done; gates running")
    }

    /// It is over: completed, failed, escalated or cancelled (`cancelled`: true), with the whole `result`.
    pub fn ended(task: &str, result: &TaskResult, cancelled: bool, now: Timestamp) -> Self {
        let kind = match result.status {
            Status::Completed => Kind::Completed,
            Status::Escalated => Kind::Escalated,
            _ => Kind::Failed,
        };
        let mut told = json!(result);
        result::clean(&mut told);
        let event = Self::new(kind, task, result.status, now).with("result", told);
        if cancelled { event.with("cancelled", true) } else { event }
    }

    /// It is pending again: `task.retry.scheduled`, with `blame`, `forgiven` and, where it has to wait, `not_before`.
    pub fn again(
        task: &str,
        blame: Blame,
        forgiven: u64,
        not_before: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let event = Self::new(Kind::RetryScheduled, task, Status::Pending, now)
            .with("blame", json!(blame))
            .with("forgiven", forgiven);
        match not_before {
            Some(at) => event.with("not_before", json!(at)),
            None => event,
        }
    }

    /// Whether a result the task had is one of an earlier time now: the task is to be done again.
    pub fn sets_aside(&self) -> bool {
        let edited = || self.metadata.get("edited").and_then(Value::as_bool) == Some(true);
        self.status == Status::Pending && (self.event_type == Kind::RetryScheduled || edited())
    }

    /// A hand has changed how far it is in `tasks.json`: `task.progress` with `edited`: true, `attempt`, `forgiven`.
    pub fn edited(task: &str, status: Status, (attempts, forgiven): (u64, u64), now: Timestamp) -> Self {
        let on_disk = if status == Status::Cancelled { Status::Failed } else { status };
        let event = Self::new(Kind::Progress, task, on_disk, now)
            .saying(format!("tasks.json was edited: {}", status.word()))
            .with("edited", true)
            .with("attempt", attempts)
            .with("forgiven", forgiven);
        if status == Status::Cancelled { event.with("cancelled", true) } else { event }
    }
}
