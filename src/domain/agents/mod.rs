//! Agents: how each is called, and what its output means. One file per agent CLI.

pub mod catalog;
pub mod claude;
pub mod codex;
mod command;
mod counted;
pub mod gemini;
mod growing;
pub mod invocation;
mod json;
pub mod listing;
mod money;
pub mod opencode;
pub mod prices;
pub mod reset;
mod shell;
pub mod spec;
pub mod text;
pub mod version;

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Tokens used; `cached` are not part of `input`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Input tokens that were not cached (cache writes included).
    pub input: u64,
    /// Those of `input` that were written to a cache.
    #[serde(default)]
    pub cache_write: u64,
    /// Input tokens read from a cache.
    pub cached: u64,
    /// Output tokens, reasoning included.
    pub output: u64,
}

impl Usage {
    /// The context of one call: all its input.
    pub fn context(&self) -> u64 {
        self.input.saturating_add(self.cached)
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.with(other, u64::saturating_add)
    }

    /// What is in this beyond `other`.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.with(other, u64::saturating_sub)
    }

    /// Of each kind of token the larger count.
    #[must_use]
    pub fn most(self, other: Self) -> Self {
        self.with(other, u64::max)
    }

    fn with(self, other: Self, each: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            input: each(self.input, other.input),
            cache_write: each(self.cache_write, other.cache_write),
            cached: each(self.cached, other.cached),
            output: each(self.output, other.output),
        }
    }
}

/// One thing that a line of an agent's output says.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// The id by which the agent can continue this session.
    Session(String),
    /// The model that answers.
    Model(String),
    /// Text the agent itself wrote (no tool output, thinking, sub-agent or echoed prompt).
    Message(String),
    /// A tool was called.
    Tool {
        /// The tool's name.
        name: String,
        /// Its most telling argument: a path, a command line; at most 200 characters.
        detail: String,
    },
    /// What this attempt has used so far, in total (not since the last signal).
    Used {
        /// Tokens so far, as far as the stream shows them.
        usage: Usage,
        /// USD so far, where the agent says so.
        usd: Option<f64>,
    },
    /// The agent tries again by itself what its provider refused or dropped.
    Retry {
        /// What went wrong.
        class: Class,
        /// The agent's own words, without numbers that change from one try to the next.
        words: String,
        /// When it goes on, if that was said.
        until: Option<Timestamp>,
    },
}

/// How the agent itself says it ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Terminal {
    /// Its own terminal event says success. For plain text output: nothing to ask.
    Success,
    /// Its own terminal event, or error output in its own words, says failure.
    Failure(Failure),
    /// The stream ended without a terminal event.
    Missing,
}

/// Why an agent failed, in its own words.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What the loop does about it depends on this.
    pub class: Class,
    /// The agent's own words, one line.
    pub message: String,
    /// When to try again, where that is known.
    pub not_before: Option<Timestamp>,
}

/// Kinds of failure that the loop tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The provider's rate or usage limit.
    RateLimit,
    /// The provider is overloaded or unreachable.
    Overload,
    /// Not logged in, bad key, forbidden.
    Authentication,
    /// No money or credit left.
    Billing,
    /// No such model, or a request the provider refuses.
    Model,
    /// The prompt or the conversation is too long.
    ContextTooLong,
    /// The agent's own turn, output or budget limit.
    AgentLimit,
    /// Something it needed was not permitted.
    Permission,
    /// It went in circles and ended itself, or was ended for that.
    Loop,
    /// It could not start or broke down: bad usage, a signal nobody sent, no result.
    Crash,
    /// It took longer than `agent.timeout`, or said nothing at all in `agent.start_timeout`.
    Timeout,
    /// It was silent for longer than `agent.idle_timeout`.
    Idle,
    /// What it was handed to failed, not the agent itself.
    Launcher,
    /// It was interrupted.
    Aborted,
    /// Anything else.
    Other,
}

impl Class {
    /// Whether it is the provider that says no, whatever the task.
    pub fn is_providers(self) -> bool {
        use Class::{Authentication, Billing, Model, Overload, RateLimit};
        matches!(self, RateLimit | Overload | Authentication | Billing | Model)
    }

    /// What a provider's HTTP status means.
    pub fn of_status(status: u16) -> Option<Self> {
        match status {
            401 | 403 => Some(Self::Authentication),
            402 => Some(Self::Billing),
            413 => Some(Self::ContextTooLong),
            429 => Some(Self::RateLimit),
            400 | 404 | 422 => Some(Self::Model),
            408 | 500..=599 => Some(Self::Overload),
            _ => None,
        }
    }
}

/// All that is known about an attempt's agent once its output has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// How it says it ended.
    pub terminal: Terminal,
    /// What its final message promises (see `attempt::completion`).
    pub promise: crate::domain::attempt::completion::Promise,
    /// MCP servers that it could not use, by name.
    pub unusable: Vec<String>,
    /// The end of its final message, at most 4 KiB.
    pub final_text: String,
    /// Tokens used in this attempt.
    pub usage: Usage,
    /// Cost of this attempt in USD as the agent reports it; `None` is unknown, never zero.
    pub usd: Option<f64>,
    /// Session id, where there is one.
    pub session: Option<String>,
    /// Model, where the agent names it.
    pub model: Option<String>,
    /// Those calls of `usage` whose context was long (see [`LONG`]), where they are known one by one:
    /// some models cost more then.
    pub long: Vec<Usage>,
}

/// From this many tokens of input on a call is kept by itself: no model costs more below.
pub const LONG: u64 = 128_000;

/// Reads one attempt's standard output, a line at a time, in constant memory.
pub trait Reader {
    /// Takes one line without its newline; anything unknown is skipped.
    fn line(&mut self, line: &[u8]) -> Vec<Signal>;
    /// Takes a line that was too long to be kept; only its start is given.
    fn oversized(&mut self, start: &[u8]) {
        let _ = start;
    }
    /// Whether a tool of the agent's is known to run, so that its silence means nothing.
    fn busy(&self) -> bool {
        false
    }
    /// Takes how the process ended, and the end of its standard error (at most 16 KiB), which is the
    /// agent's own and no tool's. Comes once, after the last line.
    fn ended(&mut self, code: Option<i32>, stderr: &str) {
        let _ = (code, stderr);
    }
    /// What is known now; also before the end, after a kill.
    fn report(&self) -> Report;
}

/// What an agent writes down of its own session while it runs: the place to look where its stream does
/// not say (yet) what was used.
pub trait Journal {
    /// What this attempt has used by now, in total; `None` while nothing is known. Asked twice a second
    /// during an attempt, so it reads only what is new.
    fn used(&mut self) -> Option<Used>;
    /// Whether there is such a record of the session at all, so that what is not in it was not used.
    fn found(&self) -> bool;
}

/// What a [`Journal`] tells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Used {
    /// Tokens of this attempt.
    pub usage: Usage,
    /// Its cost in USD, where the agent itself says so.
    pub usd: Option<f64>,
    /// The model, where it is named.
    pub model: Option<String>,
    /// Those calls of `usage` whose context was long (see [`LONG`]).
    pub long: Vec<Usage>,
}

/// A session whose [`Journal`] is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Session<'a> {
    /// The agent's own id for it.
    pub id: &'a str,
    /// Where the agent works.
    pub dir: &'a Path,
    /// When the attempt began: a continued session's earlier entries do not count.
    pub since: Timestamp,
}

/// Bytes of a final message that are kept.
const TAIL: usize = 4096;

/// The last [`TAIL`] bytes of `text`, cut between characters.
pub(crate) fn tail(text: &str) -> &str {
    let at = text.len().saturating_sub(TAIL);
    let at = (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    &text[at..]
}

/// `text` as a terminal may show it: without colours and control characters, but with its lines.
pub(crate) fn printable(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
        return text.to_owned(); // nearly all there is
    }
    console::strip_ansi_codes(text).chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// The first `limit` characters of `text`, printable and on one line.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    if text.len() <= limit && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.trim().to_owned();
    }
    // Colours and the like may take some of it.
    let near: String = text.chars().take(4 * limit).collect();
    let line: String =
        printable(&near).chars().map(|c| if c.is_control() { ' ' } else { c }).take(limit).collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod replay_tests;
