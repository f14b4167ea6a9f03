//! What becomes of a task after an attempt, and how long it waits for the next. Pure.

use std::time::Duration;

use jiff::Timestamp;

use super::event::{Attempt, Blame};
use crate::domain::agents::Class;

/// The longest pause between two attempts.
const LONGEST: Duration = Duration::from_secs(10 * 60);

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
    /// The agent's provider turned it away, as it would any task.
    TurnedAway(Turned),
}

/// How a provider turned an agent away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turned {
    /// A rate limit, the login, the account.
    pub class: Class,
    /// In words.
    pub why: String,
    /// The way out, where there is one to tell.
    pub hint: Option<String>,
    /// When it makes sense to try again.
    pub not_before: Option<Timestamp>,
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
/// `most_infrastructure`; `pause` is the one before the next attempt. The legacy path never escalates.
pub fn next(
    verdict: &Verdict,
    attempt: Attempt,
    macp: bool,
    (infrastructure, most): (u64, u64),
    pause: Duration,
) -> Next {
    match verdict {
        Verdict::Passed => Next::Complete,
        Verdict::Interrupted | Verdict::TurnedAway(_) => Next::Again(Blame::Lost, Duration::ZERO),
        Verdict::Infrastructure(_) if infrastructure < most => Next::Again(Blame::Infrastructure, pause),
        Verdict::Escalates(why) if macp => Next::Escalate(why.clone()),
        Verdict::WorkerFailed | Verdict::GateFailed if !attempt.is_last() => Next::Again(Blame::Task, pause),
        Verdict::GateFailed if macp => Next::Escalate("quality gates failed".into()),
        _ => Next::Fail,
    }
}

/// The pause after the `failures`th failure (from 1) of `task`: `base`, doubled each time, and up to a quarter more, so
/// that tasks that failed together do not all come back together. The same task and number always give the same pause.
pub fn pause(base: Duration, failures: u64, task: &str) -> Duration {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX).min(20);
    let pause = base.saturating_mul(1 << doublings).min(LONGEST);
    pause + pause.mul_f64(jitter(task, failures) / 4.0)
}

/// A number from 0 up to 1 that only its arguments decide (FNV-1a, mixed).
fn jitter(task: &str, number: u64) -> f64 {
    let bytes = task.bytes().chain(number.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    f64::from(u32::try_from(mixed >> 32).unwrap_or(0)) / 4_294_967_296.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_has_its_consequence() {
        let pause = Duration::from_secs(2);
        let again = |blame| Next::Again(blame, pause);
        let escalated = || Next::Escalate("quality gates failed".into());
        let asks = || Verdict::Escalates("why".into());
        let broken = || Verdict::Infrastructure("slurm".into());
        let turned = Turned { class: Class::Billing, why: "no credit".into(), hint: None, not_before: None };
        // verdict, (number, forgiven, most), macp, infrastructure of 3
        let table = [
            (Verdict::Passed, (1, 0, 1), true, 0, Next::Complete),
            (Verdict::Passed, (9, 0, 1), false, 0, Next::Complete),
            (Verdict::WorkerFailed, (1, 0, 1), true, 0, Next::Fail),
            (Verdict::WorkerFailed, (1, 0, 2), true, 0, again(Blame::Task)),
            (Verdict::WorkerFailed, (2, 0, 2), true, 0, Next::Fail),
            (Verdict::WorkerFailed, (2, 1, 2), true, 0, again(Blame::Task)),
            (Verdict::WorkerFailed, (3, 1, 2), true, 0, Next::Fail),
            (Verdict::WorkerFailed, (1, 0, 2), false, 0, again(Blame::Task)),
            (Verdict::GateFailed, (1, 0, 2), true, 0, again(Blame::Task)),
            (Verdict::GateFailed, (2, 0, 2), true, 0, escalated()),
            (Verdict::GateFailed, (1, 0, 1), false, 0, Next::Fail),
            (asks(), (1, 0, 5), true, 0, Next::Escalate("why".into())),
            (asks(), (1, 0, 5), false, 0, Next::Fail),
            (Verdict::Hopeless, (1, 0, 5), true, 0, Next::Fail),
            (broken(), (1, 0, 1), true, 1, again(Blame::Infrastructure)),
            (broken(), (2, 1, 1), true, 2, again(Blame::Infrastructure)),
            (broken(), (3, 2, 1), true, 3, Next::Fail),
            (Verdict::Interrupted, (1, 0, 1), true, 0, Next::Again(Blame::Lost, Duration::ZERO)),
            (Verdict::Interrupted, (1, 0, 1), false, 0, Next::Again(Blame::Lost, Duration::ZERO)),
            (Verdict::TurnedAway(turned), (1, 0, 1), true, 0, Next::Again(Blame::Lost, Duration::ZERO)),
        ];
        for (verdict, (number, forgiven, most), macp, infrastructure, expected) in table {
            let attempt = Attempt { number, forgiven, most };
            let found = next(&verdict, attempt, macp, (infrastructure, 3), pause);
            assert_eq!(found, expected, "{verdict:?} {attempt:?} macp {macp}");
        }
    }

    #[test]
    fn pauses_double_and_differ_by_task() {
        let base = Duration::from_millis(100);
        for (failures, factor) in [(1, 1), (2, 2), (3, 4), (4, 8)] {
            let found = pause(base, failures, "a");
            assert!(found >= base * factor && found < base * factor * 5 / 4, "{failures}: {found:?}");
            assert_eq!(found, pause(base, failures, "a"));
        }
        assert_ne!(pause(base, 1, "a"), pause(base, 1, "b"));
        assert!(pause(base, u64::MAX, "a") < LONGEST * 5 / 4);
        assert_eq!(pause(Duration::ZERO, 3, "a"), Duration::ZERO);
    }
}
