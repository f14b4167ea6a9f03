//! What becomes of a task after an attempt. Pure.

use std::time::Duration;

use super::event::{Attempt, Blame};

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The worker did well and every gate passed.
    Passed,
    /// The worker failed: a bad exit code, a time limit.
    WorkerFailed,
    /// A gate failed.
    GateFailed,
    /// The worker asks for a person, or only a person can go on; why.
    Escalates(String),
    /// It cannot be tried again: no worktree, no brief, no command.
    Hopeless,
    /// What was to run it failed, by name.
    Infrastructure(String),
    /// It was interrupted with us.
    Interrupted,
}

/// What becomes of the task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It is completed.
    Complete,
    /// It is pending again, after this pause.
    Again(Blame, Duration),
    /// It is failed.
    Fail,
    /// It is escalated; why.
    Escalate(String),
}

/// Decides it. `infrastructure` is how many attempts failed by what was to run them, this one included, of at most
/// `most_infrastructure`; `pause` is the one before the next attempt that counts. The legacy path never escalates.
pub fn next(
    verdict: &Verdict,
    attempt: Attempt,
    macp: bool,
    (infrastructure, most): (u64, u64),
    pause: Duration,
) -> Next {
    match verdict {
        Verdict::Passed => Next::Complete,
        Verdict::Interrupted => Next::Again(Blame::Lost, Duration::ZERO),
        Verdict::Infrastructure(_) if infrastructure < most => Next::Again(Blame::Infrastructure, pause),
        Verdict::Infrastructure(_) | Verdict::Hopeless => Next::Fail,
        Verdict::Escalates(why) if macp => Next::Escalate(why.clone()),
        Verdict::Escalates(_) => Next::Fail,
        Verdict::WorkerFailed | Verdict::GateFailed if !attempt.is_last() => Next::Again(Blame::Task, pause),
        Verdict::GateFailed if macp => Next::Escalate("quality gates failed".into()),
        Verdict::WorkerFailed | Verdict::GateFailed => Next::Fail,
    }
}
