//! Tells everybody what happens in a run: the event log, and whoever listens.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::domain::attempt::event::{Event, Kind};
use crate::system::store::Appender;

/// Which limits have been warned of: each once, those of a task and an attempt once for each of them.
#[derive(Debug, Default)]
pub struct Warned {
    told: HashSet<(&'static str, Option<String>, Option<u64>)>,
}

impl Warned {
    /// Tells of those limits in `near` that were not told of yet.
    pub fn tell(&mut self, near: Vec<(&'static str, f64)>, recorder: &mut Recorder<'_>) {
        for (limit, used) in near {
            let about = match limit {
                "per_task_usd" => (limit, recorder.task.clone(), None),
                "per_attempt_usd" => (limit, recorder.task.clone(), recorder.iteration),
                _ => (limit, None, None),
            };
            if self.told.insert(about) {
                recorder.tell(Kind::BudgetWarning { limit: limit.to_owned(), used });
            }
        }
    }
}

/// Stamps events and hands them on.
pub struct Recorder<'a> {
    run: String,
    log: Appender,
    /// Iteration that events belong to from now on.
    pub iteration: Option<u64>,
    /// Task that events belong to from now on.
    pub task: Option<String>,
    /// Attempt that events belong to from now on.
    pub attempt: Option<u64>,
    listener: &'a mut dyn FnMut(&Event),
    failed: bool,
}

impl<'a> Recorder<'a> {
    /// For `run`, whose events are appended to `log`.
    pub fn new(run: &str, log: PathBuf, listener: &'a mut dyn FnMut(&Event)) -> Self {
        let log = Appender::new(log);
        Self { run: run.into(), log, iteration: None, task: None, attempt: None, listener, failed: false }
    }

    /// Records one event. A log that cannot be written any more (a full disk) must not stop the
    /// work half-way; whether that happened is said by [`Recorder::failed`].
    pub fn tell(&mut self, kind: Kind) {
        let mut event = Event::new(&self.run, kind);
        event.iteration = self.iteration;
        event.task.clone_from(&self.task);
        event.attempt = self.attempt;
        let line = serde_json::to_string(&event).unwrap_or_default();
        self.failed |= self.log.line(&line).is_err();
        (self.listener)(&event);
    }

    /// Whether an event could not be written to the log.
    pub fn failed(&self) -> bool {
        self.failed
    }
}
