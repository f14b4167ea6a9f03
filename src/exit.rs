//! The exit codes every command keeps to, and which fault gives which.

use crate::fault::Fault;

/// What a command ends with; the numbers are part of the public contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// What was asked is done, or there was nothing to do.
    Done,
    /// It ran and the answer is no: a task failed, a gate is red, an id is unknown.
    Failed,
    /// It could not run: usage, config, missing tool, unreadable or newer state.
    Cannot,
    /// Stopped by a limit (iterations, money, tokens, time, no progress); work is left.
    Limit,
    /// A person is needed.
    Human,
    /// Try again: another run holds the lock, or the agent is rate-limited.
    Later,
    /// Ended by this signal (`SIGINT` 2, `SIGTERM` 15).
    Interrupted(i32),
}

impl Exit {
    /// The process exit status for this outcome.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Cannot => 2,
            Self::Limit => 3,
            Self::Human => 4,
            Self::Later => 75,
            Self::Interrupted(signal) => 128u8.saturating_add(u8::try_from(signal).unwrap_or(127)),
        }
    }

    /// The outcome a run's own exit code stands for.
    pub fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Done,
            1 => Self::Failed,
            3 => Self::Limit,
            4 => Self::Human,
            75 => Self::Later,
            128.. => Self::Interrupted(i32::from(code) - 128),
            _ => Self::Cannot,
        }
    }

    /// The outcome an error stands for: that of its [`Fault`], else [`Exit::Cannot`].
    pub fn of(error: &anyhow::Error) -> Self {
        match error.downcast_ref::<Fault>() {
            Some(Fault::NotFound { .. } | Fault::Refused { .. }) => Self::Failed,
            Some(Fault::Busy { .. }) => Self::Later,
            Some(Fault::Interrupted { signal }) => Self::Interrupted(*signal),
            Some(Fault::Usage { .. } | Fault::NoWorkspace | Fault::Invalid { .. }) | None => Self::Cannot,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_contract() {
        let table = [
            (Exit::Done, 0),
            (Exit::Failed, 1),
            (Exit::Cannot, 2),
            (Exit::Limit, 3),
            (Exit::Human, 4),
            (Exit::Later, 75),
            (Exit::Interrupted(2), 130),
            (Exit::Interrupted(15), 143),
        ];
        for (exit, code) in table {
            assert_eq!(exit.code(), code, "{exit:?}");
        }
    }
}
