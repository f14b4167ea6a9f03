//! Gemini CLI's `stream-json`: what each line says, and how the session ended.
//!
//! A line's outer fields are borrowed as raw JSON, and only those that matter are decoded; tool
//! results and the echoed prompt, which may be megabytes, are passed over.

pub(super) mod args;
mod end;
pub(super) mod journal;
mod said;
mod settings;

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use self::said::{Gather, Said};
use super::json::{Raw, detail, is, value};
use super::spec::Spec;
use super::{Class, Failure, Reader, Report, Signal, Terminal, Usage};
use crate::domain::attempt::completion::Promise;

/// What is fixed about it.
pub const SPEC: Spec = Spec {
    name: "gemini",
    program: "gemini",
    variable: "GEMINI_PATH",
    package: "@google/gemini-cli",
    // `--output-format stream-json` came with 0.11 and `--policy`, by which it is held to permissions,
    // with 0.30; but 0.31 and 0.33 give a headless run no shell whatever a policy says, and 0.36 writes
    // no journal that grows. 0.40.0 does all of it (each of these tried).
    oldest: [0, 40, 0],
    // As 0.61 sets them. `GEMINI_CLI_NO_RELAUNCH` is meant for its own second process.
    nested: &["GEMINI_CLI", "GEMINI_CLI_NO_RELAUNCH"],
    // Which is in force its own settings say (`security.auth.selectedType`); the second is Vertex AI's.
    keys: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    // What is longer than 8 MiB is cut, with nothing but a warning. Its limit is in bytes, ours in
    // characters, which have four at most.
    prompt_limit: Some(2 << 20),
};

/// Calls under way that are told apart; it makes a few at a time.
const CALLS: usize = 64;
/// Characters of an echoed prompt from which on an end without any request is put down to its length.
const LONG: usize = 256 << 10;

/// The outer fields of every kind of line. Unknown ones are skipped.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Raw<'a>,
    #[serde(borrow)]
    session_id: Raw<'a>,
    #[serde(borrow)]
    model: Raw<'a>,
    #[serde(borrow)]
    role: Raw<'a>,
    #[serde(borrow)]
    content: Raw<'a>,
    #[serde(borrow)]
    tool_name: Raw<'a>,
    #[serde(borrow)]
    tool_id: Raw<'a>,
    #[serde(borrow)]
    parameters: Raw<'a>,
    #[serde(borrow)]
    status: Raw<'a>,
    #[serde(borrow)]
    severity: Raw<'a>,
    #[serde(borrow)]
    message: Raw<'a>,
    #[serde(borrow)]
    error: Raw<'a>,
    #[serde(borrow)]
    stats: Raw<'a>,
    #[serde(borrow)]
    timestamp: Raw<'a>,
}

/// `result.stats`. `input_tokens` includes cached ones; `output_tokens` leaves out thoughts, which are
/// what is missing in the total.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Stats<'a> {
    total_tokens: u64,
    input_tokens: u64,
    cached: u64,
    #[serde(borrow)]
    models: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Share {
    total_tokens: u64,
}

/// Reads one attempt's stream in constant memory.
#[derive(Debug, Default, Clone)]
pub struct Stream {
    session: Option<String>,
    model: Option<String>,
    usage: Usage,
    said: Said,
    message: Gather,
    /// Tools called that have not answered.
    calls: Vec<String>,
    /// Whether it did anything at all.
    began: bool,
    /// Characters of the prompt, as far as it was echoed.
    prompt: usize,
    /// The last error it named; going on clears it.
    error: Option<Failure>,
    end: Option<Terminal>,
    /// When the end was printed.
    at: Option<Timestamp>,
}

impl Stream {
    fn init(&mut self, line: &Line<'_>) -> Vec<Signal> {
        self.session = value(line.session_id);
        self.model = value(line.model);
        let session = self.session.clone().map(Signal::Session);
        session.into_iter().chain(self.model.clone().map(Signal::Model)).collect()
    }

    fn text(&mut self, line: &Line<'_>) -> Vec<Signal> {
        if !is(line.role, "assistant") {
            self.prompt = self.prompt.max(line.content.map_or(0, |content| content.get().len()));
            return Vec::new();
        }
        let Some(text) = value::<Cow<'_, str>>(line.content) else { return Vec::new() };
        self.goes_on();
        self.said.push(&text);
        self.message.push(&text).map(Signal::Message).into_iter().collect()
    }

    /// It goes on after an error or a result, which therefore was not the last word.
    fn goes_on(&mut self) {
        self.began = true;
        self.error = None;
        self.end = None;
    }

    fn flush(&mut self) -> Vec<Signal> {
        self.message.take().map(Signal::Message).into_iter().collect()
    }

    fn called(&mut self, line: &Line<'_>) -> Vec<Signal> {
        self.calls_out(value(line.tool_id));
        let mut signals = self.flush();
        let tool = |name| Signal::Tool { name, detail: detail(line.parameters) };
        signals.extend(value(line.tool_name).map(tool));
        signals
    }

    fn calls_out(&mut self, id: Option<String>) {
        self.goes_on();
        self.said = Said::default();
        if self.calls.len() < CALLS {
            self.calls.extend(id);
        }
    }

    /// A tool answered; what it says is nothing of the agent's.
    fn answered(&mut self, id: Option<&str>) {
        self.said = Said::default();
        self.calls.retain(|call| Some(call.as_str()) != id);
    }

    fn result(&mut self, line: &Line<'_>) -> Vec<Signal> {
        self.calls.clear();
        let mut signals = self.flush();
        signals.extend(self.settle(line.stats));
        self.at = value::<String>(line.timestamp).and_then(|at| at.parse().ok());
        self.end = Some(self.terminal(line));
        signals
    }

    fn terminal(&self, line: &Line<'_>) -> Terminal {
        let named = value::<end::ErrorInfo<'_>>(line.error).map(|error| error.failure(self.at));
        if let Some(failure) = named.or_else(|| self.error.clone()) {
            return Terminal::Failure(failure);
        }
        let other = |class, message: &str| {
            Terminal::Failure(Failure { class, message: message.into(), not_before: None })
        };
        if !is(line.status, "success") {
            return other(Class::Other, "ended without success and without saying why");
        }
        if !self.began && self.prompt >= LONG {
            // So it ends, with exit code 0, where a prompt is too long for the model.
            return other(Class::ContextTooLong, "it asked its model nothing: the prompt is too long for it");
        }
        if self.said.is_empty() {
            return other(Class::Other, "ended without a final message");
        }
        Terminal::Success
    }

    /// What it used. All zero is what it says of sessions that it ended itself, too, and no news.
    fn settle(&mut self, stats: Raw<'_>) -> Vec<Signal> {
        let Some(stats) = value::<Stats<'_>>(stats).filter(|stats| stats.total_tokens > 0) else {
            return Vec::new();
        };
        let cached = stats.cached.min(stats.input_tokens);
        self.usage = Usage {
            input: stats.input_tokens - cached,
            cache_write: 0,
            cached,
            output: stats.total_tokens.saturating_sub(stats.input_tokens),
        };
        let used = Signal::Used { usage: self.usage, usd: None };
        // It may have been left to it which model answers (`auto`); then only this says which did.
        let models: BTreeMap<String, Share> = value(stats.models).unwrap_or_default();
        let known = self.model.as_ref().is_some_and(|model| models.contains_key(model));
        let most = models.into_iter().max_by_key(|(_, share)| share.total_tokens);
        let Some((model, _)) = most.filter(|_| !known) else { return vec![used] };
        self.model = Some(model.clone());
        vec![Signal::Model(model), used]
    }

    fn complains(&mut self, line: &Line<'_>) {
        let message: String = value(line.message).unwrap_or_default();
        if let Some(failure) = end::event(is(line.severity, "error"), &message) {
            self.error = Some(failure);
        }
    }
}

impl Reader for Stream {
    fn line(&mut self, bytes: &[u8]) -> Vec<Signal> {
        let Ok(line) = serde_json::from_slice::<Line<'_>>(bytes) else { return Vec::new() };
        match line.kind.map(RawValue::get) {
            Some("\"message\"") => self.text(&line),
            Some("\"tool_use\"") => self.called(&line),
            Some("\"tool_result\"") => {
                self.answered(value::<Cow<'_, str>>(line.tool_id).as_deref());
                Vec::new()
            }
            Some("\"error\"") => {
                self.complains(&line);
                Vec::new()
            }
            Some("\"result\"") => self.result(&line),
            Some("\"init\"") => self.init(&line),
            _ => Vec::new(),
        }
    }

    fn oversized(&mut self, start: &[u8]) {
        // What kind of line it is and which tool it is about stands before what makes it long.
        let start = String::from_utf8_lossy(&start[..start.len().min(1024)]);
        let id = start.split_once(r#""tool_id":""#).and_then(|(_, rest)| rest.split_once('"'));
        let id = id.map(|(id, _)| id);
        if start.starts_with(r#"{"type":"tool_result""#) {
            self.answered(id);
        } else if start.starts_with(r#"{"type":"tool_use""#) {
            self.calls_out(id.map(str::to_owned));
        } else if start.starts_with(r#"{"type":"message""#) && start.contains(r#""role":"user""#) {
            self.prompt = LONG;
        } else {
            self.goes_on();
            self.said.lost();
        }
    }

    fn busy(&self) -> bool {
        !self.calls.is_empty()
    }

    fn ended(&mut self, code: Option<i32>, stderr: &str) {
        match &mut self.end {
            Some(Terminal::Failure(failure)) => {
                let class = code.and_then(end::of_code).filter(|class| *class != Class::Crash);
                if failure.class == Class::Other {
                    failure.class = class.unwrap_or(Class::Other);
                }
                if failure.class == Class::RateLimit && failure.not_before.is_none() {
                    failure.not_before = self.at.and_then(|now| end::delay(stderr, now));
                }
            }
            Some(_) => {}
            // Killed, it exits with 0 and says nothing: then this says nothing either.
            None => {
                let failure = code.and_then(end::of_code).map(|class| Failure {
                    class,
                    message: end::said_on(stderr)
                        .unwrap_or_else(|| format!("ended with exit code {}", code.unwrap_or_default())),
                    not_before: None,
                });
                self.end = self.error.clone().or(failure).map(Terminal::Failure);
            }
        }
    }

    fn report(&self) -> Report {
        let named = || self.error.clone().map(Terminal::Failure);
        let terminal = self.end.clone().or_else(named).unwrap_or(Terminal::Missing);
        let done = terminal == Terminal::Success;
        Report {
            terminal,
            promise: if done { self.said.promise() } else { Promise::None },
            unusable: Vec::new(),
            final_text: self.said.end(),
            usage: self.usage,
            usd: None,
            session: self.session.clone(),
            model: self.model.clone(),
            long: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
