//! The few errors that change an exit code or a hint; everything else is `anyhow` text.

/// An error with a code for `--json` and, where there is one, a way out.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The command line, an environment variable or a combination of them makes no sense.
    #[error("{message}")]
    Usage {
        /// What is wrong, naming the flag or variable.
        message: String,
        /// The way out.
        hint: String,
    },
    /// No workspace was given and none was found.
    #[error("no workspace: neither `.taskrun/` nor `.beads/` in this directory or above")]
    NoWorkspace,
    /// Something named by the user does not exist (an issue id, a skill, a run).
    #[error("{message}")]
    NotFound {
        /// What is unknown, the name in back-ticks.
        message: String,
        /// The way out.
        hint: String,
    },
    /// Understood, but not done: a cycle, a claim that somebody else holds.
    #[error("{message}")]
    Refused {
        /// Why not.
        message: String,
        /// The way out.
        hint: String,
    },
    /// A file that cannot be used as it is: malformed, half-written, newer than this program.
    #[error("{message}")]
    Invalid {
        /// File, line and what is wrong with it.
        message: String,
        /// The way out.
        hint: String,
    },
    /// Somebody else holds a lock; later it may work.
    #[error("{message}")]
    Busy {
        /// Who holds what.
        message: String,
        /// The way out.
        hint: String,
    },
    /// A signal asked us to end.
    #[error("interrupted by signal {signal}")]
    Interrupted {
        /// The signal's number.
        signal: i32,
    },
}

impl Fault {
    /// A [`Fault::Usage`] as an `anyhow` error.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self::Usage { message: message.into(), hint: hint.into() }.into()
    }

    /// A [`Fault::NotFound`] as an `anyhow` error.
    pub fn not_found(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self::NotFound { message: message.into(), hint: hint.into() }.into()
    }

    /// A [`Fault::Refused`] as an `anyhow` error.
    pub fn refused(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self::Refused { message: message.into(), hint: hint.into() }.into()
    }

    /// A [`Fault::Invalid`] as an `anyhow` error.
    pub fn invalid(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self::Invalid { message: message.into(), hint: hint.into() }.into()
    }

    /// A [`Fault::Busy`] as an `anyhow` error.
    pub fn busy(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self::Busy { message: message.into(), hint: hint.into() }.into()
    }

    /// The stable word for `{"error":{"code":…}}`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Usage { .. } => "usage",
            Self::NoWorkspace => "no_workspace",
            Self::NotFound { .. } => "not_found",
            Self::Refused { .. } => "refused",
            Self::Invalid { .. } => "invalid",
            Self::Busy { .. } => "busy",
            Self::Interrupted { .. } => "interrupted",
        }
    }

    /// The way out, where one is known; never empty.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::NoWorkspace => Some("run `taskrun workspace init` in the project's directory"),
            Self::Usage { hint, .. }
            | Self::NotFound { hint, .. }
            | Self::Refused { hint, .. }
            | Self::Invalid { hint, .. }
            | Self::Busy { hint, .. } => Some(hint.as_str()).filter(|hint| !hint.is_empty()),
            Self::Interrupted { .. } => None,
        }
    }
}
