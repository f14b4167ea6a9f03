//! `codex exec --json`: what each line says, and how the session ended.
//!
//! A line is looked at in two steps: its outer fields are borrowed as raw JSON, and only those of
//! lines that matter are decoded. Output of tools, which may be megabytes, is passed over.

pub(super) mod args;
mod end;
pub(super) mod journal;
mod mcp;
mod tokens;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use self::tokens::Tokens;
use super::json::{Raw, detail, value};
use super::spec::Spec;
use super::{Reader, Report, Signal, Terminal, Usage, one_line, printable, tail};
use crate::domain::attempt::completion::{Promise, promise};
use crate::system::clock;

/// What is fixed about it.
pub const SPEC: Spec = Spec {
    name: "codex",
    program: "codex",
    variable: "CODEX_PATH",
    package: "@openai/codex",
    oldest: [0, 100, 0],
    nested: &[],
    keys: &["CODEX_API_KEY", "OPENAI_API_KEY"],
    prompt_limit: Some(1 << 20),
};

/// Tools that run at a time, at most, as far as they are told apart.
const RUNNING: usize = 64;

/// The outer fields of every kind of line. Key order is not fixed, unknown ones are skipped.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Raw<'a>,
    #[serde(borrow)]
    thread_id: Raw<'a>,
    #[serde(borrow)]
    item: Raw<'a>,
    #[serde(borrow)]
    message: Raw<'a>,
    #[serde(borrow)]
    error: Raw<'a>,
    #[serde(borrow)]
    usage: Raw<'a>,
}

/// The fields of an `item` that matter; each kind of item has its own.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Item<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    #[serde(borrow, rename = "type")]
    kind: Raw<'a>,
    #[serde(borrow)]
    text: Raw<'a>,
    #[serde(borrow)]
    server: Raw<'a>,
    #[serde(borrow)]
    tool: Raw<'a>,
    #[serde(borrow)]
    arguments: Raw<'a>,
    #[serde(borrow)]
    changes: Raw<'a>,
    #[serde(borrow)]
    command: Raw<'a>,
    #[serde(borrow)]
    query: Raw<'a>,
    #[serde(borrow)]
    prompt: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Error<'a> {
    #[serde(borrow)]
    message: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Change<'a> {
    #[serde(borrow)]
    path: Raw<'a>,
}

/// Reads one attempt's stream in constant memory.
#[derive(Debug, Default, Clone)]
pub struct Stream {
    session: Option<String>,
    /// What the session had used before this attempt: Codex reports totals.
    before: Usage,
    total: Option<Usage>,
    /// Whether a turn began: until then nothing of a tool's can stand in its error output.
    turn: bool,
    /// Tools that began and did not end, by the items' ids.
    running: Vec<String>,
    /// The last `error` line that nothing followed.
    error: Option<String>,
    /// What it last tried again for, and what was said of that.
    retried: Option<(String, Signal)>,
    end: Option<Terminal>,
    promise: Promise,
    final_text: String,
}

impl Stream {
    /// A reader for a session that had used `before` when the attempt began.
    pub fn new(before: Usage) -> Self {
        Self { before, ..Self::default() }
    }

    fn thread(&mut self, line: &Line<'_>) -> Vec<Signal> {
        self.session = value(line.thread_id);
        self.session.clone().map(Signal::Session).into_iter().collect()
    }

    /// Something is going on, so that what stood last stands no longer.
    fn goes_on(&mut self) {
        (self.error, self.end) = (None, None);
    }

    fn item(&mut self, line: &Line<'_>, begins: bool) -> Vec<Signal> {
        let item: Item<'_> = value(line.item).unwrap_or_default();
        let kind = item.kind.map(RawValue::get).unwrap_or_default();
        // A warning, its plans and thoughts: no call, and never the end of one.
        if matches!(kind, "\"error\"" | "\"todo_list\"" | "\"reasoning\"") {
            return Vec::new();
        }
        self.goes_on();
        if kind == "\"agent_message\"" {
            return if begins { Vec::new() } else { self.message(&item) };
        }
        let id = item.id.map(RawValue::get).filter(|id| id.len() < 100).unwrap_or_default();
        let known = self.running.iter().position(|running| running == id);
        match (begins, known) {
            (false, Some(place)) => {
                self.running.swap_remove(place);
                return Vec::new();
            }
            (true, None) => {
                self.running.truncate(RUNNING - 1);
                self.running.push(id.to_owned());
            }
            _ => {}
        }
        // A call after a message: that was not the final one.
        self.promise = Promise::None;
        called(&item).into_iter().collect()
    }

    fn message(&mut self, item: &Item<'_>) -> Vec<Signal> {
        let text: String = value(item.text).unwrap_or_default();
        self.promise = promise(&text);
        self.final_text = printable(tail(&text));
        let text = printable(&text);
        if text.trim().is_empty() { Vec::new() } else { vec![Signal::Message(text)] }
    }

    /// An `error` line is not the end: Codex tries again, and says `turn.failed` when it gives up.
    fn retry(&mut self, line: &Line<'_>, now: Timestamp) -> Vec<Signal> {
        let Some(message) = value::<String>(line.message) else { return Vec::new() };
        self.goes_on();
        let inner = end::inner(&message);
        let known = self.retried.take().filter(|(known, _)| known == inner);
        let (inner, signal) = known.unwrap_or_else(|| (inner.to_owned(), end::retry(&message, now)));
        // A time that was named anew is read anew.
        if matches!(signal, Signal::Retry { until: None, .. }) {
            self.retried = Some((inner, signal.clone()));
        }
        self.error = Some(message);
        vec![signal]
    }

    fn completed(&mut self, line: &Line<'_>) -> Vec<Signal> {
        self.over(Terminal::Success);
        let Some(total) = value::<Tokens>(line.usage) else { return Vec::new() };
        self.total = Some(total.into());
        vec![Signal::Used { usage: self.usage(), usd: None }]
    }

    fn failed(&mut self, line: &Line<'_>, now: Timestamp) {
        let error: Error<'_> = value(line.error).unwrap_or_default();
        let message: String = value(error.message).or(self.error.take()).unwrap_or_default();
        self.over(Terminal::Failure(end::failure(&message, now)));
    }

    fn over(&mut self, end: Terminal) {
        self.running.clear();
        self.error = None;
        self.end = Some(end);
    }

    fn usage(&self) -> Usage {
        self.total.map_or_else(Usage::default, |total| tokens::since(total, self.before))
    }
}

/// The call that an item is.
fn called(item: &Item<'_>) -> Option<Signal> {
    let word = |raw| value::<String>(raw);
    let kind = word(item.kind)?;
    let name = match (word(item.server), word(item.tool)) {
        (Some(server), Some(tool)) => format!("{server}.{tool}"),
        (None, Some(tool)) => tool,
        _ => kind,
    };
    let changes: Vec<Change<'_>> = value(item.changes).unwrap_or_default();
    let paths: Vec<String> = changes.iter().filter_map(|change| word(change.path)).collect();
    let text = word(item.command).or_else(|| word(item.query)).or_else(|| word(item.prompt));
    let text = text.unwrap_or_else(|| paths.join(", "));
    let detail = if text.is_empty() { detail(item.arguments) } else { one_line(&text, 200) };
    Some(Signal::Tool { name: one_line(&name, 200), detail })
}

impl Reader for Stream {
    fn line(&mut self, bytes: &[u8]) -> Vec<Signal> {
        let Ok(line) = serde_json::from_slice::<Line<'_>>(bytes) else { return Vec::new() };
        match line.kind.map(RawValue::get) {
            Some("\"thread.started\"") => return self.thread(&line),
            Some("\"turn.started\"") => {
                self.goes_on();
                (self.turn, self.promise) = (true, Promise::None);
            }
            Some("\"item.started\"") => return self.item(&line, true),
            Some("\"item.completed\"") => return self.item(&line, false),
            Some("\"error\"") => return self.retry(&line, clock::now()),
            Some("\"turn.completed\"") => return self.completed(&line),
            Some("\"turn.failed\"") => self.failed(&line, clock::now()),
            _ => {}
        }
        Vec::new()
    }

    /// Most likely a tool's output; of a message this long the end, and so its promise, is not known.
    fn oversized(&mut self, start: &[u8]) {
        self.goes_on();
        self.promise = Promise::None;
        let start = String::from_utf8_lossy(start);
        self.running.retain(|id| !start.contains(id.as_str()));
    }

    /// A command that goes on behind the model's back is not told from one it waits for.
    fn busy(&self) -> bool {
        !self.running.is_empty()
    }

    fn ended(&mut self, code: Option<i32>, stderr: &str) {
        let Some(code) = code.filter(|code| *code != 0 && self.end.is_none()) else { return };
        let failure = match &self.error {
            Some(error) if !end::goes_on(error) => Some(end::failure(error, clock::now())),
            _ => end::refused(code, self.turn, stderr),
        };
        self.end = failure.map(Terminal::Failure);
    }

    fn report(&self) -> Report {
        let end = self.end.clone().unwrap_or(Terminal::Missing);
        let promise = if end == Terminal::Success { self.promise.clone() } else { Promise::None };
        Report {
            terminal: end,
            promise,
            unusable: Vec::new(),
            final_text: self.final_text.clone(),
            usage: self.usage(),
            usd: None,
            session: self.session.clone(),
            model: None,
            long: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
