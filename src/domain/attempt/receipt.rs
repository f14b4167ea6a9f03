//! Receipts: one line in `.taskrun/receipts.ndjson` for every attempt ever made.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::agents::Class;
use crate::domain::attempt::budget::Spend;
use crate::fault::Fault;
use crate::system::store;

/// The version of the format written here.
const VERSION: u32 = 1;

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Done, gates passed, task closed.
    Closed,
    /// Not done; the task is open again.
    Reopened,
    /// A person is needed; the task is blocked.
    Escalated,
    /// Ended by a signal or `loop stop --now`; does not count as an attempt of the task.
    Interrupted,
    /// The run was killed; found by a later one. Does not count either.
    Killed,
    /// A prompt typed by hand was answered, or an agent did what a queue's task asks; the queue tells the rest.
    Answered,
    /// It was not.
    Unanswered,
    /// The agent could not work (login, credit, rate limit); does not count either.
    AgentFailed,
}

impl Outcome {
    /// Whether the task is to blame, so that it counts towards `max_attempts`.
    pub fn counts(self) -> bool {
        matches!(self, Self::Reopened | Self::Escalated)
    }

    /// The word used in JSON and tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::Escalated => "escalated",
            Self::Interrupted => "interrupted",
            Self::Killed => "killed",
            Self::Answered => "answered",
            Self::Unanswered => "unanswered",
            Self::AgentFailed => "agent_failed",
        }
    }
}

/// How one gate went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateResult {
    /// The shell command.
    pub command: String,
    /// Whether it exited 0 in time.
    pub passed: bool,
    /// Its exit code, if it exited.
    pub exit_code: Option<i32>,
    /// The signal that ended it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// How long it took.
    pub duration_ms: u64,
    /// Its output, a path below the workspace's `.taskrun/`.
    pub output: PathBuf,
    /// Why it was ended by us, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_for: Option<String>,
}

/// A second agent's look at the work of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Agent's name.
    pub agent: String,
    /// Model, where known.
    pub model: Option<String>,
    /// The agent's session id, where known.
    pub session: Option<String>,
    /// Whether it found the work done.
    pub passed: bool,
    /// What kind of failure it was, where that agent itself failed.
    #[serde(default)]
    pub class: Option<Class>,
    /// What it cost; part of the receipt's `spend`.
    pub spend: Spend,
}

/// What something beside a run has seen of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Noted {
    /// What saw it.
    pub by: String,
    /// In one line.
    pub text: String,
    /// For programs.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
}

/// One attempt on one task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Format version.
    pub v: u32,
    /// Run id.
    pub run: String,
    /// Iteration of that run, from 1.
    pub iteration: u64,
    /// Issue id; `-` for a prompt typed by hand.
    pub task: String,
    /// Its title then; the prompt's first line.
    pub title: String,
    /// The epic it belongs to.
    pub epic: Option<String>,
    /// Attempt on that task since it was last handed to the loop, from 1.
    pub attempt: u64,
    /// Agent's name.
    pub agent: String,
    /// Model, where known.
    pub model: Option<String>,
    /// The agent's session id, where known.
    pub session: Option<String>,
    /// When the agent was started.
    pub started_at: Timestamp,
    /// When all was judged.
    pub ended_at: Timestamp,
    /// The time between.
    pub duration_ms: u64,
    /// What it came to.
    pub outcome: Outcome,
    /// Why, one line.
    pub reason: String,
    /// What kind of failure it was, where the agent itself failed. Older receipts do not say.
    #[serde(default)]
    pub class: Option<Class>,
    /// The agent's exit code.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it cost, judging included.
    pub spend: Spend,
    /// The gates that ran, in order.
    pub gates: Vec<GateResult>,
    /// The agent that judged the work, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Judged>,
    /// Names of processes it left running and that were ended.
    #[serde(default)]
    pub left_running: Vec<String>,
    /// The commit to go back to: HEAD and all that lay in the work tree before.
    pub snapshot: Option<String>,
    /// The ref that keeps it.
    #[serde(default)]
    pub snapshot_ref: Option<String>,
    /// The commit made of it.
    pub commit: Option<String>,
    /// Paths it changed.
    pub files_changed: u64,
    /// Changed paths that were not committed because the user's own changes are in them too.
    #[serde(default)]
    pub not_committed: Vec<String>,
    /// What something beside the run has seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub noted: Vec<Noted>,
}

impl Receipt {
    /// The version to write into `v`.
    pub const VERSION: u32 = VERSION;

    /// What the agent that worked used itself: without who judged it.
    pub fn worked(&self) -> Spend {
        let judged = self.judged.as_ref().map_or_else(Spend::nothing, |judged| judged.spend);
        Spend {
            usd: (self.spend.usd - judged.usd).max(0.0),
            input_tokens: self.spend.input_tokens.saturating_sub(judged.input_tokens),
            cached_tokens: self.spend.cached_tokens.saturating_sub(judged.cached_tokens),
            output_tokens: self.spend.output_tokens.saturating_sub(judged.output_tokens),
            ..self.spend
        }
    }

    /// Appends it, on disk before this returns.
    pub fn append(&self, path: &Path) -> Result<()> {
        store::append_durable(path, &serde_json::to_string(self)?)
    }
}

/// Reads every receipt in order, one at a time. A torn line is what a crash leaves and is passed
/// over, also when others were appended since; any other bad line, or one from a newer version, is a [`Fault::Invalid`].
pub fn each(path: &Path, mut take: impl FnMut(Receipt)) -> Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("failed to read `{}`", path.display())),
    };
    let mut reader = BufReader::with_capacity(64 << 10, file);
    let mut line = Vec::new();
    for number in 1u64.. {
        line.clear();
        let count = reader
            .read_until(b'\n', &mut line)
            .with_context(|| format!("failed to read `{}`", path.display()))?;
        if count == 0 {
            break;
        }
        let whole = line.last() == Some(&b'\n');
        match parse(&line) {
            Ok(Some(receipt)) => take(receipt),
            Err(message) if whole && !is_torn(&line) => {
                return Err(Fault::invalid(
                    format!("`{}` line {number}: {message}", path.display()),
                    "taskrun wrote this file; move the line aside if it was edited",
                ));
            }
            Ok(None) | Err(_) => {}
        }
    }
    Ok(())
}

/// Whether a line is only the start of one.
fn is_torn(line: &[u8]) -> bool {
    let read = serde_json::from_slice::<serde::de::IgnoredAny>(line.trim_ascii_end());
    read.is_err_and(|error| error.is_eof())
}

#[derive(Deserialize)]
struct Version {
    v: u32,
}

fn parse(line: &[u8]) -> Result<Option<Receipt>, String> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    let version: Version = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    if version.v > VERSION {
        return Err(format!("version {} is newer than this taskrun knows ({VERSION})", version.v));
    }
    serde_json::from_slice(line).map(Some).map_err(|error| error.to_string())
}
