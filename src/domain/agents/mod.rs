//! Agents: how each is called, and what its output means. One file per agent CLI.

pub mod catalog;
pub mod claude;
mod claude_args;
mod claude_end;
mod claude_spend;
mod command;
pub mod invocation;
pub mod prices;
mod shell;
pub mod text;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Tokens used; `cached` are not part of `input`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Input tokens that were not cached (cache writes included).
    pub input: u64,
    /// Input tokens read from a cache.
    pub cached: u64,
    /// Output tokens, reasoning included.
    pub output: u64,
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
    /// The provider makes the agent wait.
    RateLimited {
        /// When it may go on, if that was said.
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
    /// It was interrupted.
    Aborted,
    /// Anything else.
    Other,
}

/// All that is known about an attempt's agent once its output has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// How it says it ended.
    pub terminal: Terminal,
    /// What its final message promises (see `attempt::completion`).
    pub promise: crate::domain::attempt::completion::Promise,
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
}

/// Reads one attempt's standard output, a line at a time, in constant memory.
pub trait Reader {
    /// Takes one line without its newline; anything unknown is skipped.
    fn line(&mut self, line: &[u8]) -> Vec<Signal>;
    /// Takes a line that was too long to be kept; only its start is given.
    fn oversized(&mut self, start: &[u8]) {
        let _ = start;
    }
    /// What is known now; also before the end, after a kill.
    fn report(&self) -> Report;
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
    console::strip_ansi_codes(text).chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// The first `limit` characters of `text`, printable and on one line.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    // Colours and the like may take some of it.
    let near: String = text.chars().take(4 * limit).collect();
    let line: String =
        printable(&near).chars().map(|c| if c.is_control() { ' ' } else { c }).take(limit).collect();
    line.trim().to_owned()
}
