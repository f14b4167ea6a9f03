//! Claude Code's `stream-json`: what each line says, and how the session ended.
//!
//! A line is looked at in two steps: its outer fields are borrowed as raw JSON, and only those of
//! lines that matter are decoded. Tool results, which may be megabytes, are passed over.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::claude_end::{self, Limit};
use super::claude_spend::Spend;
use super::{Failure, Reader, Report, Signal, Terminal, one_line, printable, tail};
use crate::domain::attempt::completion::{Promise, promise};

type Raw<'a> = Option<&'a RawValue>;

/// The outer fields of every kind of line. Key order is not fixed, unknown ones are skipped.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Raw<'a>,
    #[serde(borrow)]
    subtype: Raw<'a>,
    #[serde(borrow)]
    session_id: Raw<'a>,
    #[serde(borrow)]
    model: Raw<'a>,
    #[serde(borrow)]
    parent_tool_use_id: Raw<'a>,
    #[serde(borrow)]
    message: Raw<'a>,
    #[serde(borrow)]
    error: Raw<'a>,
    #[serde(borrow)]
    error_status: Raw<'a>,
    #[serde(borrow)]
    rate_limit_info: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    #[serde(borrow)]
    content: Raw<'a>,
    #[serde(borrow)]
    usage: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Block<'a> {
    #[serde(borrow, rename = "type")]
    kind: Raw<'a>,
    #[serde(borrow)]
    text: Raw<'a>,
    #[serde(borrow)]
    name: Raw<'a>,
    #[serde(borrow)]
    input: Raw<'a>,
}

/// Decodes a raw value, where it is there and of that kind.
pub(super) fn value<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

fn is(raw: Raw<'_>, word: &str) -> bool {
    raw.is_some_and(|raw| raw.get().trim_matches('"') == word)
}

/// Reads one attempt's stream in constant memory.
#[derive(Debug, Default)]
pub struct Stream {
    session: Option<String>,
    model: Option<String>,
    spend: Spend,
    /// The last error it named in place of an answer, and its words; an answer clears it.
    error: Option<(String, String)>,
    /// The provider's refusal, while it stands.
    limit: Option<Limit>,
    end: Option<Terminal>,
    promise: Promise,
    final_text: String,
}

impl Stream {
    fn system(&mut self, line: &Line<'_>) -> Vec<Signal> {
        if is(line.subtype, "init") {
            self.session = value(line.session_id);
            self.model = value(line.model);
            let session = self.session.clone().map(Signal::Session);
            return session.into_iter().chain(self.model.clone().map(Signal::Model)).collect();
        }
        let waits =
            is(line.subtype, "api_retry") && (is(line.error, "rate_limit") || is(line.error_status, "429"));
        if waits { vec![Signal::RateLimited { until: None }] } else { Vec::new() }
    }

    fn assistant(&mut self, line: &Line<'_>) -> Vec<Signal> {
        let message: Message<'_> = value(line.message).unwrap_or_default();
        let id: Option<String> = value(message.id);
        let counted = id.is_some_and(|id| self.spend.message(&id, message.usage));
        let mut signals: Vec<Signal> = counted.then(|| self.spend.signal()).into_iter().collect();
        if value::<String>(line.parent_tool_use_id).is_some() {
            return signals; // a sub-agent: its money counts, its words do not
        }
        // It goes on after a result, which therefore was not the last word.
        self.end = None;
        self.promise = Promise::None;
        let blocks: Vec<Block<'_>> = value(message.content).unwrap_or_default();
        if let Some(error) = value::<String>(line.error) {
            let words = blocks.iter().find_map(|block| value::<String>(block.text)).unwrap_or_default();
            self.error = Some((error, one_line(&words, claude_end::WORDS)));
            return signals;
        }
        self.error = None;
        self.limit = None;
        signals.extend(blocks.iter().filter_map(said));
        signals
    }

    fn result(&mut self, line: &[u8]) -> Vec<Signal> {
        let Ok(result) = serde_json::from_slice::<claude_end::Outcome<'_>>(line) else { return Vec::new() };
        let text: String = value(result.result).unwrap_or_default();
        let error = self.error.as_ref().map(|(error, _)| error.as_str());
        let end = result.terminal(&text, error, self.limit.as_ref());
        self.promise = if end == Terminal::Success { promise(&text) } else { Promise::None };
        self.final_text = printable(tail(&text));
        self.end = Some(end);
        self.session = self.session.take().or_else(|| value(result.session_id));
        self.spend.result(&result);
        vec![self.spend.signal()]
    }

    fn rate_limit(&mut self, line: &Line<'_>) -> Vec<Signal> {
        self.limit = value(line.rate_limit_info).as_ref().and_then(Limit::rejected);
        let until = self.limit.as_ref().map(|limit| limit.until);
        until.map(|until| Signal::RateLimited { until }).into_iter().collect()
    }
}

fn said(block: &Block<'_>) -> Option<Signal> {
    if is(block.kind, "text") {
        let text = printable(&value::<String>(block.text)?);
        return (!text.trim().is_empty()).then_some(Signal::Message(text));
    }
    let name = is(block.kind, "tool_use").then(|| value(block.name)).flatten()?;
    Some(Signal::Tool { name, detail: detail(block.input) })
}

/// The arguments that tell most about a call, the most telling first.
const TELLING: [&str; 9] =
    ["command", "file_path", "notebook_path", "path", "pattern", "url", "query", "description", "prompt"];

fn detail(input: Raw<'_>) -> String {
    let fields: std::collections::HashMap<String, &RawValue> = value(input).unwrap_or_default();
    let found = TELLING.iter().find_map(|name| value::<String>(fields.get(*name).copied()));
    let text = found.as_deref().or(input.map(RawValue::get)).unwrap_or_default();
    one_line(text, 200)
}

impl Reader for Stream {
    fn line(&mut self, bytes: &[u8]) -> Vec<Signal> {
        let Ok(line) = serde_json::from_slice::<Line<'_>>(bytes) else { return Vec::new() };
        match line.kind.map(RawValue::get) {
            Some("\"system\"") => self.system(&line),
            Some("\"assistant\"") => self.assistant(&line),
            Some("\"result\"") => self.result(bytes),
            Some("\"rate_limit_event\"") => self.rate_limit(&line),
            _ => Vec::new(),
        }
    }

    fn report(&self) -> Report {
        let named = self.error.as_ref().map(|(error, words)| {
            Terminal::Failure(Failure {
                class: claude_end::class(Some(error), None, None),
                message: words.clone(),
                not_before: self.limit.as_ref().and_then(|limit| limit.until),
            })
        });
        Report {
            terminal: self.end.clone().or(named).unwrap_or(Terminal::Missing),
            promise: self.promise.clone(),
            final_text: self.final_text.clone(),
            usage: self.spend.usage(),
            usd: self.spend.usd(),
            session: self.session.clone(),
            model: self.model.clone(),
        }
    }
}

#[cfg(test)]
#[path = "claude_tests.rs"]
mod tests;
