//! Works the queue: takes what is next, runs it, judges it, records it.
//!
//! The [`Queue`](super::Queue) and all decisions about it are in one room, the [`office`], which one thread enters at a time:
//! the caller's, which looks around every now and then, takes on workers and says when it is over, or a worker's that has news.
//! Every worker thread has a supervisor of its own and one task at a time: it is told what to do by a channel and tells what
//! happens by another. Who enters takes up all that has come in by then and records it in one change, together with the
//! starts that it makes possible; so changes are the fewer the busier the queue is, and a worker whose task is over
//! finds its next one without waiting for anybody to wake up.

pub(super) mod attempt;
mod bars;
mod cache;
pub(super) mod checks;
mod command;
mod controller;
mod desk;
mod finish;
mod job;
mod judge;
mod legacy;
pub(super) mod marker;
mod money;
mod office;
mod over;
pub(super) mod record;
mod recover;
mod slots;
mod start;
mod worker;

pub(super) use attempt::of_task;
pub(super) use legacy::call as legacy_call;
pub(super) use marker::ending;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use super::check;
use super::event::Event;
use super::place::Place;
use super::queue::Queue;
use super::settings::{self, Settings};
use super::task::Status;
use crate::domain::agents::Class;
use crate::domain::launchers::Launcher;
use crate::fault::Fault;
use crate::system::lock::Lock;
use crate::system::{interrupt, store};
use controller::Controller;

/// How long the lock of a drain that was killed may still be held.
const A_MOMENT: Duration = Duration::from_millis(500);

/// What is asked of a drain.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // flags
pub struct Options {
    /// Tasks at a time.
    pub jobs: usize,
    /// End after so many tasks; attempts of one task count once.
    pub limit: Option<u64>,
    /// Start nothing after this time.
    pub max_time: Option<Duration>,
    /// Wait for new tasks when there is nothing to do.
    pub watch: bool,
    /// Work a queue that is switched off.
    pub force: bool,
    /// Take the result of an identical task where a task allows it.
    pub cache: bool,
    /// What the commands of tasks that name no launcher are handed to.
    pub launcher: Option<String>,
    /// Keep a limit in USD as well as may be with agents that do not say what they cost.
    pub allow_unknown_cost: bool,
    /// Whether somebody may be watching: then a rate limit is waited for where nothing is said about it.
    pub terminal: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            jobs: 1,
            limit: None,
            max_time: None,
            watch: false,
            force: false,
            cache: true,
            launcher: None,
            allow_unknown_cost: false,
            terminal: false,
        }
    }
}

/// What is told while it goes.
#[derive(Debug, Clone, Copy)]
pub enum Told<'a> {
    /// Something happened to a task, and is on record.
    Event(&'a Event),
    /// It is over.
    Finished(&'a Finished),
}

/// What the caller lends: ears.
pub struct Hands<'a> {
    /// Hears what happens.
    pub tell: &'a mut dyn FnMut(Told<'_>),
    /// Hears what the user should know beside it.
    pub notice: &'a mut dyn FnMut(&str),
}

/// How a drain, or the run of one task, ended: the last line of `--json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finished {
    /// Version of the format.
    pub v: u32,
    /// Always `run.finished`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// When.
    pub ts: Timestamp,
    /// The run.
    pub run: String,
    /// `complete`, `blocked`, `waiting`, `limit`, `max_time`, `budget`, `rate_limited`, `failed` (its agents cannot
    /// work), `invalid`, `interrupted`.
    pub reason: &'static str,
    /// What the process exits with.
    pub exit_code: u8,
    /// How many tasks ended in it, and how.
    pub counts: Counts,
    /// Tasks that failed in it.
    pub failed: Vec<String>,
    /// Tasks that wait for a person since.
    pub escalated: Vec<String>,
    /// Completed tasks whose `on_complete` failed in it.
    pub undelivered: Vec<String>,
    /// Tasks that are not over, whoever works on them.
    pub left: u64,
    /// Pending tasks that can never run as things are.
    pub stuck: Vec<Blocked>,
    /// Why agents cannot work, where that has ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The way out, where there is one to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// When it makes sense to try again, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    pub duration_ms: u64,
}

/// How many tasks ended, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Completed, those from the cache too.
    pub completed: u64,
    /// Of these, how many were not run because the result of an identical task did.
    pub cached: u64,
    /// Failed.
    pub failed: u64,
    /// Escalated.
    pub escalated: u64,
    /// Called off while they ran.
    pub cancelled: u64,
    /// Attempts that are to be made again.
    pub retried: u64,
}

/// A pending task that can never run as things are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocked {
    /// Its id.
    pub task: String,
    /// Why, in words.
    pub why: String,
}

/// Works the queue until nothing is runnable, or a limit is reached. Only one drain at a time works on a queue: a second
/// one is [`Fault::Busy`]. Errors: a queue that is switched off, files or tasks that are invalid; nothing is started then.
pub fn drain(place: Place, options: &Options, hands: Hands<'_>) -> Result<Finished> {
    let settings = ready(&place, options)?;
    store::make_dir(&place.state())?;
    let _lock = Lock::take(&place.drain_lock(), A_MOMENT).map_err(|error| other_drain(&place, error))?;
    interrupt::install()?;
    recover::await_dead_drain(&place)?.iter().for_each(|note| (hands.notice)(note));
    let queue = Queue::open(place)?.staying();
    check::refuse(&check::queue(&queue, &settings)?, queue.place())?;
    Controller::new(queue, &settings, options.clone(), None).run(hands)
}

/// Works one task to its end, now, whoever else works the queue. Errors as with [`drain`], and a task that is unknown, not
/// pending, or waits for others.
pub fn run(place: Place, id: &str, options: &Options, hands: Hands<'_>) -> Result<Finished> {
    let settings = ready(&place, options)?;
    let queue = Queue::open(place)?.staying();
    let row = queue.state().row(id);
    // Said before anything is made.
    row.ok_or_else(|| Fault::not_found(format!("no task `{id}`"), "`taskrun macp status` lists the tasks"))?;
    check::task(&queue.task(id)?, queue.place(), &settings)?;
    interrupt::install()?;
    Controller::new(queue, &settings, options.clone(), Some(id)).run(hands)
}

/// Hands back the tasks whose workers are gone, as a drain does when it begins.
pub fn take_back(place: Place, notice: &mut dyn FnMut(&str)) -> Result<()> {
    let (mut told, mut notes) = (Vec::new(), Vec::new());
    recover::recover(&mut Queue::open(place)?, false, (&mut told, &mut notes))?;
    for note in notes {
        notice(&note);
    }
    Ok(())
}

fn ready(place: &Place, options: &Options) -> Result<Settings> {
    plain_files(place)?;
    let settings = settings::load(place)?;
    if let Some(name) = &options.launcher {
        Launcher::resolve(&settings.config, name, place.root(), &place.launches())?;
    }
    if settings.foreign.enabled == Some(false) && !options.force {
        return Err(Fault::usage(
            format!("this queue is switched off: `enabled` is false in `{}`", place.config().display()),
            "set it to true, or give `--force`",
        ));
    }
    Ok(settings)
}

/// Refuses a queue whose own directories or log are links to elsewhere, or no such things at all.
fn plain_files(place: &Place) -> Result<()> {
    let refuse = |path: &Path, what: &str| {
        let hint = "put a directory or file of its own there; the queue's directory as a whole may be a link";
        Fault::invalid(format!("`{}` {what}; nothing was started", path.display()), hint)
    };
    let Ok(top) = place.dir().canonicalize() else { return Ok(()) };
    for dir in [place.results(), place.logs(), place.state()] {
        match dir.canonicalize() {
            Ok(real) if !real.starts_with(&top) => {
                return Err(refuse(&dir, "leads out of the queue's directory"));
            }
            Ok(real) if !real.is_dir() => return Err(refuse(&dir, "is no directory")),
            Err(_) if dir.is_symlink() => return Err(refuse(&dir, "is a link to nothing")),
            _ => {}
        }
    }
    let log = place.events();
    if store::is_plain(&log) { Ok(()) } else { Err(refuse(&log, "is not a regular file")) }
}

fn other_drain(place: &Place, error: anyhow::Error) -> anyhow::Error {
    let Some(Fault::Busy { message, .. }) = error.downcast_ref() else { return error };
    let who = message.rsplit_once(" is held by ").map_or("another process", |(_, who)| who);
    Fault::busy(
        format!("another drain works on `{}`: {who}", place.dir().display()),
        "wait for its end, or work single tasks with `taskrun macp run ID`",
    )
}

/// Why a row cannot be worked, for people.
fn state_in_words(status: Status) -> &'static str {
    match status {
        Status::Completed => "is completed already",
        Status::Failed => "has failed; `taskrun macp retry` hands it back",
        Status::Escalated => "waits for a person; `taskrun macp approve` lets it go on",
        Status::Cancelled => "is cancelled; `taskrun macp retry` hands it back",
        Status::Running | Status::Gated => "is being worked on",
        Status::Pending => "is pending",
    }
}
