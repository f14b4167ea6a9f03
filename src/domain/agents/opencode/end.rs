//! How an opencode session ended: the reason of its last step, its `error` lines, and its log.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::agents::json::{Raw, value};
use crate::domain::agents::{Class, Failure, Terminal, one_line, reset};

/// Characters of an error that are kept.
const WORDS: usize = 500;

/// How the error of a tool begins that asked for a permission nobody gave.
const REJECTED: &str = "The user rejected permission";

/// Whether a tool's error says that it was not let run at all.
pub(super) fn not_begun(error: &str) -> bool {
    let denied = ["Model tried to call unavailable tool", "The user has specified a rule", REJECTED];
    denied.iter().any(|start| error.starts_with(start))
}

/// How it stands, by what was printed so far.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) enum End {
    /// In the middle of its work.
    #[default]
    Open,
    /// Its last step was an answer.
    Done,
    /// It failed.
    Failed(Failure),
}

impl End {
    /// After a tool that failed. One that asked for permission in vain ends the session, and no line
    /// says so; after any other failure the model goes on.
    pub(super) fn of_tool(name: &str, error: &str) -> Self {
        if !error.starts_with(REJECTED) {
            return Self::Open;
        }
        let message = format!("the tool `{name}` asked for a permission that nobody is there to give");
        Self::Failed(Failure { class: Class::Permission, message, not_before: None })
    }

    /// What it says in the end.
    pub(super) fn terminal(&self) -> Terminal {
        match self {
            Self::Open => Terminal::Missing,
            Self::Done => Terminal::Success,
            Self::Failed(failure) => Terminal::Failure(failure.clone()),
        }
    }
}

/// What a step's end means.
#[derive(Debug, PartialEq)]
pub(super) enum Finish {
    /// Tools have run; another step follows.
    Goes,
    /// The model ended its answer.
    Done,
    /// The answer was cut.
    Failed(Failure),
}

impl Finish {
    /// By `step_finish.part.reason`: `stop`, `tool-calls`, `length`, `content-filter`, `error`, and
    /// `other` or `unknown` for providers that do not say, whose answers are taken as they are.
    pub(super) fn of(reason: &str) -> Self {
        let failed =
            |class, message: &str| Self::Failed(Failure { class, message: message.into(), not_before: None });
        match reason {
            "tool-calls" | "" => Self::Goes,
            "length" => failed(Class::AgentLimit, "its answer was cut off by the model's output limit"),
            "content-filter" => failed(Class::Other, "its answer was withheld by the provider's filter"),
            "error" => failed(Class::Overload, "its answer broke off with an error"),
            _ => Self::Done,
        }
    }
}

/// `error` of an `error` line.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    name: Raw<'a>,
    #[serde(borrow)]
    data: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Data<'a> {
    #[serde(borrow)]
    message: Raw<'a>,
    #[serde(borrow)]
    status_code: Raw<'a>,
    #[serde(borrow)]
    is_retryable: Raw<'a>,
    #[serde(borrow)]
    response_body: Raw<'a>,
    #[serde(borrow)]
    response_headers: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Headers<'a> {
    #[serde(borrow, rename = "retry-after")]
    retry_after: Raw<'a>,
    #[serde(borrow, rename = "retry-after-ms")]
    retry_after_ms: Raw<'a>,
}

impl Headers<'_> {
    /// When the provider wants to be asked again.
    fn until(&self, now: Timestamp) -> Option<Timestamp> {
        let number = |raw| value::<String>(raw)?.trim().parse::<i64>().ok().filter(|number| *number >= 0);
        let wait = number(self.retry_after_ms).map(SignedDuration::from_millis);
        let wait = wait.or_else(|| number(self.retry_after).map(SignedDuration::from_secs))?;
        now.checked_add(wait).ok()
    }
}

/// What an `error` line printed at `now` says.
pub(super) fn failure(error: Option<&RawValue>, now: Timestamp) -> Failure {
    let named: Named<'_> = value(error).unwrap_or_default();
    let data: Data<'_> = value(named.data).unwrap_or_default();
    let name: String = value(named.name).unwrap_or_default();
    let body: String = value(data.response_body).unwrap_or_default();
    let message: String = value(data.message).unwrap_or_default();
    let class = by_name(&name).unwrap_or_else(|| {
        let status: Option<u16> = value(data.status_code);
        by_answer(status, value(data.is_retryable).unwrap_or(false), &message, &body)
    });
    let until = || {
        let headers: Headers<'_> = value(data.response_headers).unwrap_or_default();
        headers.until(now).or_else(|| reset::until(&message, now))
    };
    let not_before = (class == Class::RateLimit).then(until).flatten();
    let words = if message.trim().is_empty() { name } else { message };
    let words = if words.is_empty() { error.map_or("", RawValue::get).to_owned() } else { words };
    Failure { class, message: one_line(&words, WORDS), not_before }
}

/// What opencode's own names for errors mean.
fn by_name(name: &str) -> Option<Class> {
    match name {
        "ContextOverflowError" => Some(Class::ContextTooLong),
        "ProviderAuthError" => Some(Class::Authentication),
        "MessageOutputLengthError" => Some(Class::AgentLimit),
        "MessageAbortedError" => Some(Class::Aborted),
        "ProviderModelNotFoundError" => Some(Class::Model),
        _ => None,
    }
}

/// What a provider's answer means: quotas that are used up come as a 401, 403 or 429 like any other.
fn by_answer(status: Option<u16>, retryable: bool, message: &str, body: &str) -> Class {
    const BILLING: [&str; 5] =
        ["insufficient_quota", "billing_error", "billing_not_active", "CreditsError", "insufficient_balance"];
    const MONEY: [&str; 3] = ["credit balance is too low", "Insufficient balance", "Insufficient credits"];
    const LONG: [&str; 3] =
        ["prompt is too long", "context_length_exceeded", "exceeds the maximum number of tokens"];
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word) || body.contains(word));
    match status {
        Some(400 | 401 | 402 | 403 | 429) if says(&BILLING) || says(&MONEY) => Class::Billing,
        Some(400 | 413) if says(&LONG) => Class::ContextTooLong,
        Some(status) => Class::of_status(status).unwrap_or(Class::Other),
        None if retryable => Class::Overload, // the connection failed
        None => Class::Other,
    }
}

/// What standard error adds to how it stands: its log of errors (`--print-logs`), where the stream says
/// less, and plain words where it ended before there was a stream. `last` is when the last line of the
/// stream was printed; what was logged before is over.
pub(super) fn of_stderr(
    end: &End,
    code: Option<i32>,
    stderr: &str,
    last: Option<Timestamp>,
) -> Option<Failure> {
    let vague = match end {
        End::Open => true,
        End::Failed(failure) => failure.class == Class::Other,
        End::Done => false,
    };
    if !vague {
        return None;
    }
    let mut logged = stderr.lines().rev().filter_map(|line| Logged::of(line, last));
    if let Some(newest) = logged.next() {
        let mut failure = newest.failure();
        // It tries again only what may pass; the log does not say what status it was.
        if failure.class == Class::Other && logged.any(|older| older.error == newest.error) {
            failure.class = Class::Overload;
        }
        return Some(failure);
    }
    let failed = *end == End::Open && code.is_some_and(|code| code != 0);
    failed.then(|| plain(stderr)).flatten()
}

/// One line of its log, at level `ERROR`.
struct Logged {
    at: Timestamp,
    error: String,
}

impl Logged {
    /// `timestamp=… level=ERROR … error="NAME: words"` (or `error.error=`), not older than `last`. A
    /// line is written a little before the event it explains, hence a second's grace.
    fn of(line: &str, last: Option<Timestamp>) -> Option<Self> {
        let rest = line.strip_prefix("timestamp=")?;
        let (at, rest) = rest.split_once(' ')?;
        let at: Timestamp = at.parse().ok()?;
        let grace = SignedDuration::from_secs(1);
        if !rest.starts_with("level=ERROR")
            || last.is_some_and(|last| at.checked_add(grace).is_ok_and(|at| at < last))
        {
            return None;
        }
        let (_, quoted) = rest.split_once("error=\"")?;
        let mut text = String::new();
        let mut chars = quoted.chars();
        while let Some(c) = chars.next().filter(|c| *c != '"') {
            text.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
        }
        Some(Self { at, error: text })
    }

    /// A stream's error has no status here, so the provider's own words must do.
    fn failure(&self) -> Failure {
        let (name, words) = self.error.split_once(": ").unwrap_or(("", &self.error));
        let class = by_name(name).unwrap_or_else(|| by_words(words));
        let until = || reset::until(words, self.at);
        let not_before = (class == Class::RateLimit).then(until).flatten();
        Failure { class, message: one_line(words, WORDS), not_before }
    }
}

fn by_words(words: &str) -> Class {
    let words = words.to_lowercase();
    let says = |any: &[&str]| any.iter().any(|word| words.contains(word));
    if says(&["prompt is too long", "context length"]) {
        Class::ContextTooLong
    } else if says(&["rate limit", "usage limit", "too many requests", "quota"]) {
        Class::RateLimit
    } else if says(&["overloaded", "connect", "socket", "internal server error", "timed out"]) {
        Class::Overload
    } else if says(&["api key", "unauthorized"]) {
        Class::Authentication
    } else {
        Class::Other
    }
}

/// Plain words: `Error: Session not found`, a configuration it refuses.
fn plain(stderr: &str) -> Option<Failure> {
    let stderr = crate::domain::agents::printable(stderr);
    let at = stderr.find("Error: ")?;
    let mut lines = stderr[at + "Error: ".len()..].lines();
    let mut message = lines.next()?.trim().to_owned();
    // What is wrong with a configuration stands below, marked so; nothing else that follows is quoted,
    // since it repeats the configuration with all that was put into it.
    for line in lines.map_while(|line| line.trim().strip_prefix('↳')).take(3) {
        message.push_str("; ");
        message.push_str(line.trim());
    }
    Some(Failure { class: Class::Crash, message: one_line(&message, WORDS), not_before: None })
}

#[cfg(test)]
#[path = "end_tests.rs"]
mod tests;
