//! What workers are told, and what they tell.

use jiff::Timestamp;

use crate::domain::attempt::prompt::Previous;
use crate::domain::macp::after::Undelivered;
use crate::domain::macp::event::Attempt;
use crate::domain::macp::result::{GateResult, TaskResult};
use crate::domain::macp::task::Task;
use crate::domain::macp::transition::{Next, Turned};
use crate::domain::macp::worktree::Ground;

/// A task to be worked.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) task: Task,
    pub(super) attempt: Attempt,
    /// How many attempts failed so far by what was to run them.
    pub(super) infrastructure: u64,
    /// How the attempt before this one ended, for an agent.
    pub(super) previous: Option<Previous>,
    /// What people have said about it.
    pub(super) notes: Vec<String>,
    /// Whether the attempt begins only once the worker says [`What::Ready`].
    pub(super) prepares: bool,
}

impl Job {
    /// Whether a task needs something before an attempt can begin: a worktree that may fail, a result that may do.
    pub(super) fn prepares(task: &Task) -> bool {
        task.dispatch.is_some() && (task.worktree.is_some() || task.cache)
    }
}

/// What a worker is told.
#[derive(Debug)]
pub(super) enum Order {
    /// Work this task.
    Work(Box<Job>),
    /// After [`What::Ready`]: the attempt is on record.
    Go,
    /// After [`What::Ready`]: somebody else has the task.
    Drop,
    /// The end of this task is on record, as this: what is to be done after it.
    After(Box<Task>, Box<TaskResult>),
}

impl Order {
    /// Whether it has effects that a loss of power here does not end: a launch elsewhere, `on_complete`.
    pub(super) fn acts_outside(&self) -> bool {
        match self {
            Self::Work(job) => job.task.launcher.is_some() && !job.prepares,
            Self::After(task, _) => task.on_complete.is_some(),
            Self::Go => true,
            Self::Drop => false,
        }
    }
}

/// What a worker tells.
#[derive(Debug)]
pub(super) struct News {
    pub(super) slot: usize,
    pub(super) what: What,
}

/// What happens.
#[derive(Debug)]
pub(super) enum What {
    /// What the attempt needs is there.
    Ready(Box<Ground>),
    /// The worker is done, gates begin.
    Gated(Timestamp),
    /// A gate begins.
    CheckStarted(String, Timestamp),
    /// A gate ended.
    Checked(GateResult, Timestamp),
    /// The attempt is over.
    Ended(Box<Report>),
    /// Something people should know.
    Note(String),
    /// A task's `on_complete` failed, so often by now.
    Undelivered(Undelivered, u64),
    /// What was to be done after a task is done; whether the worker's supervisor is gone.
    AfterDone(bool),
}

impl What {
    /// Whether it is soon enough on record with whatever is told next, or after [`LOOK`](super::office::LOOK).
    pub(super) fn may_wait(&self) -> bool {
        matches!(self, Self::Gated(_) | Self::CheckStarted(..) | Self::Checked(..) | Self::Note(_))
    }
}

/// How an attempt went and what becomes of the task.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // four things that are so or not
pub(super) struct Report {
    pub(super) next: Next,
    /// When the worker was done, where that was not told yet and is to be.
    pub(super) gated: Option<Timestamp>,
    /// Why it is not completed, in a few words.
    pub(super) why: String,
    /// The result, as it is where this is the end.
    pub(super) result: TaskResult,
    /// Whether the words are the worker's end rather than ours (legacy).
    pub(super) by_worker: bool,
    /// Whether it failed by what was to run it.
    pub(super) infrastructure: bool,
    /// Whether the worker's supervisor is gone.
    pub(super) lost: bool,
    /// Whether there is something to be done once the end is on record.
    pub(super) after: bool,
    /// How its agent was turned away, where that is so.
    pub(super) turned: Option<Turned>,
}
