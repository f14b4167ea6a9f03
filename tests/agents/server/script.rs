//! What the model does in each of its answers, written down beforehand.

use std::path::PathBuf;

use super::http::Cut;

/// More often than any test lasts.
pub const FOR_EVER: u32 = u32::MAX;

/// What stands for the user's own words in a [`Turn::Say`].
pub const PROMPT: &str = "{prompt}";

/// What the model does with one request.
#[derive(Debug, Clone)]
pub enum Turn {
    /// Says this and ends its turn.
    Say(String),
    /// Has a new file written.
    Write { path: PathBuf, content: String },
    /// Has a shell command run.
    Run(String),
    /// Is not to be had: the provider refuses.
    Refuse { status: u16, words: String, headers: Vec<(String, String)> },
    /// Begins to speak, and the connection breaks.
    Break(Cut),
}

/// Tokens of one answer, as the server claims them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Input, neither read from a cache nor written to one.
    pub input: u64,
    /// Input read from a cache.
    pub cached: u64,
    /// Input written to a cache; only one of the protocols can say so.
    pub written: u64,
    /// Output, reasoning included.
    pub output: u64,
    /// Reasoning, a part of the output.
    pub reasoning: u64,
}

impl std::iter::Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(usages: I) -> Self {
        usages.fold(Self::default(), |sum, next| Self {
            input: sum.input + next.input,
            cached: sum.cached + next.cached,
            written: sum.written + next.written,
            output: sum.output + next.output,
            reasoning: sum.reasoning + next.reasoning,
        })
    }
}

/// One answer, or the same one several times.
#[derive(Debug, Clone)]
pub struct Step {
    pub turn: Turn,
    /// What is said before a tool is called.
    pub aloud: Option<String>,
    /// How often, before the next step's turn comes.
    pub times: u32,
    /// What it claims to have used.
    pub usage: Usage,
}

impl Step {
    fn new(turn: Turn) -> Self {
        // Unequal numbers, so that no mix-up of them goes unseen.
        let usage = Usage { input: 1234, cached: 20_456, written: 0, output: 567, reasoning: 89 };
        Self { turn, aloud: None, times: 1, usage }
    }

    /// So many requests get this answer.
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// Says something before it calls its tool.
    pub fn aloud(self, text: impl Into<String>) -> Self {
        Self { aloud: Some(text.into()), ..self }
    }

    /// Claims these tokens.
    pub fn using(self, usage: Usage) -> Self {
        Self { usage, ..self }
    }

    /// Refuses with this header too.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Turn::Refuse { headers, .. } = &mut self.turn {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

pub fn say(text: impl Into<String>) -> Step {
    Step::new(Turn::Say(text.into()))
}

pub fn write(path: impl Into<PathBuf>, content: impl Into<String>) -> Step {
    Step::new(Turn::Write { path: path.into(), content: content.into() })
}

pub fn run(command: impl Into<String>) -> Step {
    Step::new(Turn::Run(command.into()))
}

pub fn refuse(status: u16, words: &str) -> Step {
    Step::new(Turn::Refuse { status, words: words.to_owned(), headers: Vec::new() })
}

pub fn cut(cut: Cut) -> Step {
    Step::new(Turn::Break(cut))
}
