//! Whether a run goes on, and why it ends: pure decisions.

use crate::domain::attempt::budget::Stop;

/// Why a run ended; the words are part of the public contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Every task in scope is closed.
    Complete,
    /// Tasks are left, but none can start now.
    NothingReady,
    /// The limit on iterations.
    Iterations,
    /// A limit on money.
    BudgetUsd,
    /// The limit on tokens.
    BudgetTokens,
    /// The limit on time.
    Time,
    /// Too many iterations in a row changed nothing.
    NoProgress,
    /// The agent cannot work: login, credit, it does not start.
    Failed,
    /// What is left waits for a person.
    Escalated,
    /// The provider makes us wait.
    RateLimited,
    /// Somebody asked the run to stop.
    Stopped,
    /// A signal.
    Interrupted,
}

impl Reason {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::NothingReady => "nothing_ready",
            Self::Iterations => "iterations",
            Self::BudgetUsd => "budget_usd",
            Self::BudgetTokens => "budget_tokens",
            Self::Time => "time",
            Self::NoProgress => "no_progress",
            Self::Failed => "failed",
            Self::Escalated => "escalated",
            Self::RateLimited => "rate_limited",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<Stop> for Reason {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Iterations => Self::Iterations,
            Stop::Usd => Self::BudgetUsd,
            Stop::Tokens => Self::BudgetTokens,
            Stop::Time => Self::Time,
        }
    }
}

/// What the task graph holds for a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scope {
    /// A task can be taken.
    pub ready: bool,
    /// Tasks in scope that are not closed.
    pub left: u64,
    /// Those of them that wait for a person.
    pub waiting: u64,
}

/// What the run itself knows before another iteration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// A signal came.
    pub interrupted: bool,
    /// Somebody asked for a stop.
    pub stop_asked: bool,
    /// The limit that is reached, if one is.
    pub limit: Option<Stop>,
    /// Iterations in a row that changed nothing.
    pub unchanged: u64,
    /// How many of those end the run; 0 is never.
    pub patience: u64,
    /// The one iteration of `--once` is over.
    pub once_done: bool,
}

/// Whether the run ends here. Nothing left is `Complete` even when a limit is reached at the same
/// time; what waits for a person goes before `NoProgress`.
pub fn end(standing: &Standing, scope: &Scope) -> Option<Reason> {
    if standing.interrupted {
        return Some(Reason::Interrupted);
    }
    if scope.left == 0 {
        return Some(Reason::Complete);
    }
    if standing.stop_asked {
        return Some(Reason::Stopped);
    }
    if !scope.ready {
        return Some(if scope.waiting > 0 { Reason::Escalated } else { Reason::NothingReady });
    }
    if standing.once_done {
        return Some(Reason::Iterations);
    }
    if standing.patience > 0 && standing.unchanged >= standing.patience {
        return Some(Reason::NoProgress);
    }
    standing.limit.map(Reason::from)
}

/// How `--once` ended, for its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Once {
    /// Nothing was tried.
    #[default]
    Idle,
    /// The task was closed.
    Closed,
    /// It is open again.
    NotClosed,
    /// It waits for a person.
    Escalated,
}

/// The exit code for a reason. `signal` is the one that interrupted; `once` is given for `--once`,
/// whose code tells about its one task.
pub fn exit_code(reason: Reason, signal: Option<i32>, once: Option<Once>) -> u8 {
    let by_reason = match reason {
        Reason::Complete | Reason::NothingReady | Reason::Stopped => 0,
        Reason::Iterations | Reason::BudgetUsd | Reason::BudgetTokens | Reason::Time | Reason::NoProgress => {
            3
        }
        Reason::Failed => 1,
        Reason::Escalated => 4,
        Reason::RateLimited => 75,
        Reason::Interrupted => 128u8.saturating_add(signal.and_then(|s| u8::try_from(s).ok()).unwrap_or(2)),
    };
    let own_way = matches!(reason, Reason::Interrupted | Reason::Failed | Reason::RateLimited);
    match once.filter(|_| !own_way) {
        None | Some(Once::Idle) => by_reason,
        Some(Once::Closed) => 0,
        Some(Once::NotClosed) => 1,
        Some(Once::Escalated) => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: Scope = Scope { ready: true, left: 2, waiting: 0 };

    #[test]
    fn a_run_ends_for_the_right_reason() {
        let none = Standing { patience: 3, ..Standing::default() };
        let limit = Standing { limit: Some(Stop::Iterations), ..none };
        let table = [
            ("goes on", none, READY, None),
            ("limit", limit, READY, Some(Reason::Iterations)),
            ("closed on the last iteration", limit, Scope::default(), Some(Reason::Complete)),
            ("blocked", none, Scope { ready: false, left: 1, waiting: 0 }, Some(Reason::NothingReady)),
            ("person", none, Scope { ready: false, left: 2, waiting: 1 }, Some(Reason::Escalated)),
            ("person, but others go on", none, Scope { ready: true, left: 2, waiting: 1 }, None),
            ("stuck", Standing { unchanged: 3, ..none }, READY, Some(Reason::NoProgress)),
            (
                "stuck and a person",
                Standing { unchanged: 3, ..none },
                Scope { ready: false, left: 1, waiting: 1 },
                Some(Reason::Escalated),
            ),
            ("never stuck", Standing { unchanged: 99, patience: 0, ..none }, READY, None),
            ("stop", Standing { stop_asked: true, ..limit }, READY, Some(Reason::Stopped)),
            (
                "signal",
                Standing { interrupted: true, stop_asked: true, ..limit },
                READY,
                Some(Reason::Interrupted),
            ),
            ("once", Standing { once_done: true, ..none }, READY, Some(Reason::Iterations)),
            ("money", Standing { limit: Some(Stop::Usd), ..none }, READY, Some(Reason::BudgetUsd)),
        ];
        for (name, standing, scope, expected) in table {
            assert_eq!(end(&standing, &scope), expected, "{name}");
        }
    }

    #[test]
    fn exit_codes_are_those_of_the_contract() {
        let table = [
            (Reason::Complete, None, None, 0),
            (Reason::NothingReady, None, None, 0),
            (Reason::Stopped, None, None, 0),
            (Reason::Iterations, None, None, 3),
            (Reason::BudgetUsd, None, None, 3),
            (Reason::BudgetTokens, None, None, 3),
            (Reason::Time, None, None, 3),
            (Reason::NoProgress, None, None, 3),
            (Reason::Failed, None, None, 1),
            (Reason::Escalated, None, None, 4),
            (Reason::RateLimited, None, None, 75),
            (Reason::Interrupted, Some(2), None, 130),
            (Reason::Interrupted, Some(15), None, 143),
            (Reason::Iterations, None, Some(Once::Closed), 0),
            (Reason::Iterations, None, Some(Once::NotClosed), 1),
            (Reason::Escalated, None, Some(Once::Escalated), 4),
            (Reason::NothingReady, None, Some(Once::Escalated), 4),
            (Reason::Escalated, None, Some(Once::Closed), 0),
            (Reason::NothingReady, None, Some(Once::Idle), 0),
            (Reason::Interrupted, Some(15), Some(Once::NotClosed), 143),
            (Reason::RateLimited, None, Some(Once::NotClosed), 75),
        ];
        for (reason, signal, once, code) in table {
            assert_eq!(exit_code(reason, signal, once), code, "{reason:?} {once:?}");
        }
    }
}
