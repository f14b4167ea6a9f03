//! `opencode run --format json`: what each line says, and how the session ended.
//!
//! Lines come for finished parts only: a tool is silent until it has run, a text until it is whole.
//! As for Claude Code, the outer fields are borrowed and only what matters is decoded.

pub(super) mod args;
mod end;
mod settings;
mod spend;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use self::end::{End, Finish};
use self::spend::Spend;
use super::json::{Raw, detail, is, value};
use super::spec::Spec;
use super::{Class, Reader, Report, Signal, printable, tail};
use crate::domain::attempt::completion::{Promise, promise};

/// What is fixed about it. Names of variables as version 1.18 sets them.
pub const SPEC: Spec = Spec {
    name: "opencode",
    program: "opencode",
    variable: "OPENCODE_PATH",
    package: "opencode-ai",
    // `run` calls its approval of everything `--auto` from here on: 1.18.3 does, 1.17.11 did not yet
    // (`--dangerously-skip-permissions`). The rest of the call is older.
    oldest: [1, 18, 0],
    // The last three change how another one behaves: the options of `run` are handed on so.
    nested: &[
        "AGENT",
        "OPENCODE",
        "OPENCODE_PID",
        "OPENCODE_CLIENT",
        "OPENCODE_PRINT_LOGS",
        "OPENCODE_LOG_LEVEL",
    ],
    // It knows the keys of a hundred providers and takes the one of the model's; these are the common.
    keys: &[
        "OPENCODE_API_KEY",
        "ANTHROPIC_API_KEY",
        "OPENAI_API_KEY",
        "GOOGLE_GENERATIVE_AI_API_KEY",
        "GEMINI_API_KEY",
        "OPENROUTER_API_KEY",
        "XAI_API_KEY",
        "DEEPSEEK_API_KEY",
        "MISTRAL_API_KEY",
        "GROQ_API_KEY",
    ],
    // 12 MB were taken whole; what does not fit the model's context the provider says.
    prompt_limit: None,
};

/// The outer fields of every kind of line. Key order is not fixed, unknown ones are skipped.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Raw<'a>,
    #[serde(borrow)]
    timestamp: Raw<'a>,
    #[serde(borrow, rename = "sessionID")]
    session: Raw<'a>,
    #[serde(borrow)]
    part: Raw<'a>,
    #[serde(borrow)]
    error: Raw<'a>,
}

/// The fields of a part that matter, whatever its kind.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Part<'a> {
    #[serde(borrow)]
    text: Raw<'a>,
    #[serde(borrow)]
    synthetic: Raw<'a>,
    #[serde(borrow)]
    tool: Raw<'a>,
    #[serde(borrow)]
    state: Raw<'a>,
    #[serde(borrow)]
    reason: Raw<'a>,
    #[serde(borrow)]
    tokens: Raw<'a>,
    #[serde(borrow)]
    cost: Raw<'a>,
}

/// A tool call: only finished ones are printed.
#[derive(Default, Deserialize)]
#[serde(default)]
struct State<'a> {
    #[serde(borrow)]
    status: Raw<'a>,
    #[serde(borrow)]
    input: Raw<'a>,
    #[serde(borrow)]
    error: Raw<'a>,
}

/// Reads one attempt's stream in constant memory.
#[derive(Debug, Default, Clone)]
pub struct Stream {
    session: Option<String>,
    spend: Spend,
    /// Whether a step has begun and not finished.
    open: bool,
    /// Whether the next step shortens the conversation, because the provider refused its length.
    compacting: bool,
    end: End,
    promise: Promise,
    /// The last text of the current step.
    text: String,
    /// When the last line was printed.
    last: Option<Timestamp>,
}

impl Stream {
    fn step_start(&mut self) -> Vec<Signal> {
        // A step that begins again without having finished: its answer broke off.
        let again = self.open.then(|| Signal::Retry {
            class: Class::Overload,
            words: "dropped stream".into(),
            until: None,
        });
        self.open = true;
        self.spend.step();
        self.go_on();
        again.into_iter().collect()
    }

    /// More comes, so what was said before was not the last word.
    fn go_on(&mut self) {
        self.end = End::Open;
        self.promise = Promise::None;
        self.text.clear();
    }

    fn text(&mut self, part: &Part<'_>) -> Vec<Signal> {
        self.go_on();
        if value(part.synthetic) == Some(true) {
            return Vec::new(); // its own words to the model after a compaction
        }
        // What a model says while it shortens a refused conversation is a summary. It must not break
        // the row of refusals either: a conversation that cannot be shortened is tried for ever.
        if self.compacting {
            return Vec::new();
        }
        let text: String = value(part.text).unwrap_or_default();
        self.promise = promise(&text);
        self.text = printable(tail(&text));
        let text = printable(&text);
        if text.trim().is_empty() { Vec::new() } else { vec![Signal::Message(text)] }
    }

    fn tool(&mut self, part: &Part<'_>) -> Vec<Signal> {
        self.go_on();
        let state: State<'_> = value(part.state).unwrap_or_default();
        let Some(name) = value::<String>(part.tool) else { return Vec::new() };
        let error: Option<String> = is(state.status, "error").then(|| value(state.error).unwrap_or_default());
        if name == "task" && !error.as_deref().is_some_and(end::not_begun) {
            self.spend.hidden(); // a sub-agent: nothing of what it uses is printed
        }
        if let Some(error) = error {
            self.end = End::of_tool(&name, &error);
        }
        vec![Signal::Tool { name, detail: detail(state.input) }]
    }

    fn step_finish(&mut self, part: &Part<'_>) -> Vec<Signal> {
        self.open = false;
        self.spend.finish(part.tokens, part.cost);
        let reason: String = value(part.reason).unwrap_or_default();
        match Finish::of(&reason) {
            Finish::Goes => {} // a rejected tool is remembered until more comes
            // The summary of a refused conversation is no answer. It is one step, then work goes on.
            Finish::Done if self.compacting => self.go_on(),
            Finish::Done => self.end = End::Done,
            Finish::Failed(failure) => self.end = End::Failed(failure),
        }
        self.compacting = false;
        vec![self.spend.signal()]
    }

    fn error(&mut self, line: &Line<'_>) -> Vec<Signal> {
        let now = self.last.unwrap_or(Timestamp::UNIX_EPOCH);
        let failure = end::failure(line.error, now);
        self.go_on();
        self.spend.refused();
        self.open = false;
        let too_long = failure.class == Class::ContextTooLong;
        self.end = End::Failed(failure);
        if !too_long {
            return Vec::new();
        }
        // It shortens the conversation and tries again by itself, as often as it is refused: 162 times
        // in two minutes were seen, each of them paid for.
        self.compacting = true;
        vec![Signal::Retry { class: Class::ContextTooLong, words: "compaction".into(), until: None }]
    }
}

impl Reader for Stream {
    fn line(&mut self, bytes: &[u8]) -> Vec<Signal> {
        let Ok(line) = serde_json::from_slice::<Line<'_>>(bytes) else { return Vec::new() };
        let mut signals = Vec::new();
        if self.session.is_none() {
            self.session = value(line.session);
            signals.extend(self.session.clone().map(Signal::Session));
        }
        let at = value(line.timestamp).and_then(|ms| Timestamp::from_millisecond(ms).ok());
        self.last = at.or(self.last);
        let part = || value::<Part<'_>>(line.part).unwrap_or_default();
        signals.extend(match line.kind.map(RawValue::get) {
            Some("\"step_start\"") => self.step_start(),
            Some("\"text\"") => self.text(&part()),
            Some("\"tool_use\"") => self.tool(&part()),
            Some("\"step_finish\"") => self.step_finish(&part()),
            Some("\"error\"") => self.error(&line),
            _ => Vec::new(),
        });
        signals
    }

    /// A line too long to be kept is a tool's output or a giant text: either way more was said.
    fn oversized(&mut self, _start: &[u8]) {
        self.go_on();
    }

    /// Between a step's start and its end it may be running tools, of which nothing is printed before
    /// they are done. Between two steps it waits for the model, and there silence means what it seems.
    fn busy(&self) -> bool {
        self.open
    }

    fn ended(&mut self, code: Option<i32>, stderr: &str) {
        if let Some(failure) = end::of_stderr(&self.end, code, stderr, self.last) {
            self.end = End::Failed(failure);
        }
    }

    fn report(&self) -> Report {
        let done = self.end == End::Done;
        Report {
            terminal: self.end.terminal(),
            promise: if done { self.promise.clone() } else { Promise::None },
            unusable: Vec::new(),
            final_text: if done { self.text.clone() } else { String::new() },
            usage: self.spend.usage(),
            usd: self.spend.usd(),
            session: self.session.clone(),
            model: None, // the stream does not name it
            long: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
