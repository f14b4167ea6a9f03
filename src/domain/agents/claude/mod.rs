//! Claude Code's `stream-json`: what each line says, and how the session ended.
//!
//! A line is looked at in two steps: its outer fields are borrowed as raw JSON, and only those of
//! lines that matter are decoded. Tool results, which may be megabytes, are passed over.

pub(super) mod args;
mod calls;
mod end;
pub(super) mod journal;
mod mcp;
mod spend;

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::calls::Calls;
use self::end::Limit;
use self::spend::Spend;
use super::json::{Raw, detail, is, value};
use super::spec::Spec;
use super::{Class, Failure, Reader, Report, Signal, Terminal, one_line, printable, tail};
use crate::domain::attempt::completion::{Promise, promise};

/// What is fixed about it. Names of variables as version 2.1 sets them.
pub const SPEC: Spec = Spec {
    name: "claude",
    program: "claude",
    variable: "CLAUDE_CLI_PATH",
    package: "@anthropic-ai/claude-code",
    oldest: [2, 1, 0],
    nested: &[
        "CLAUDECODE",
        "CLAUDE_CODE_ENTRYPOINT",
        "CLAUDE_CODE_SSE_PORT",
        "CLAUDE_CODE_SESSION_ID",
        "CLAUDE_CODE_SESSION_KIND",
        "CLAUDE_CODE_SESSION_ATTENDED",
        "CLAUDE_CODE_CHILD_SESSION",
        "CLAUDE_CODE_LAUNCHED_BY_SESSION_IDS",
        "CLAUDE_PID",
        "CLAUDE_EFFORT",
        "AI_AGENT",
    ],
    keys: &["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"],
    // 10 MB of input are refused; what does not fit the model's context it says itself.
    prompt_limit: Some(10_000_000),
};

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
    #[serde(borrow)]
    claude_code_version: Raw<'a>,
    #[serde(borrow)]
    mcp_servers: Raw<'a>,
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
    #[serde(borrow)]
    id: Raw<'a>,
    #[serde(borrow)]
    tool_use_id: Raw<'a>,
}

/// Reads one attempt's stream in constant memory.
#[derive(Debug, Default, Clone)]
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
    calls: Calls,
    /// That it is too old to be understood, where it is.
    outdated: Option<Failure>,
    unusable: Vec<String>,
}

impl Stream {
    fn system(&mut self, line: &Line<'_>) -> Vec<Signal> {
        if is(line.subtype, "init") {
            self.session = value(line.session_id);
            self.model = value(line.model);
            self.outdated =
                value::<Cow<'_, str>>(line.claude_code_version).and_then(|version| end::outdated(&version));
            self.unusable = mcp::unusable(line.mcp_servers);
            let session = self.session.clone().map(Signal::Session);
            return session.into_iter().chain(self.model.clone().map(Signal::Model)).collect();
        }
        if is(line.subtype, "compact_boundary") {
            let words = "compaction".to_owned();
            return vec![Signal::Retry { class: Class::ContextTooLong, words, until: None }];
        }
        let retry = is(line.subtype, "api_retry").then(|| end::retry(line.error, line.error_status));
        retry.into_iter().collect()
    }

    fn user(&mut self, line: &Line<'_>) {
        if !self.calls.open() {
            return;
        }
        let message: Message<'_> = value(line.message).unwrap_or_default();
        let blocks: Vec<Block<'_>> = value(message.content).unwrap_or_default();
        for id in blocks.iter().filter_map(|block| value::<Cow<'_, str>>(block.tool_use_id)) {
            self.calls.answered(&id);
        }
    }

    fn assistant(&mut self, line: &Line<'_>) -> Vec<Signal> {
        let message: Message<'_> = value(line.message).unwrap_or_default();
        let id: Option<String> = value(message.id);
        let counted = id.is_some_and(|id| self.spend.message(&id, message.usage));
        let mut signals: Vec<Signal> = counted.then(|| self.spend.signal()).into_iter().collect();
        let blocks: Vec<Block<'_>> = value(message.content).unwrap_or_default();
        let called = blocks.iter().filter(|block| is(block.kind, "tool_use"));
        called.filter_map(|block| value(block.id)).for_each(|id| self.calls.made(id));
        if value::<String>(line.parent_tool_use_id).is_some() {
            return signals; // a sub-agent: its money counts, its words do not
        }
        // It goes on after a result, which therefore was not the last word.
        self.end = None;
        self.promise = Promise::None;
        if let Some(error) = value::<String>(line.error) {
            let words = blocks.iter().find_map(|block| value::<String>(block.text)).unwrap_or_default();
            self.error = Some((error, one_line(&words, end::WORDS)));
            return signals;
        }
        self.error = None;
        self.limit = None;
        signals.extend(blocks.iter().filter_map(said));
        signals
    }

    fn result(&mut self, line: &[u8]) -> Vec<Signal> {
        let Ok(result) = serde_json::from_slice::<end::Outcome<'_>>(line) else { return Vec::new() };
        let text: String = value(result.result).unwrap_or_default();
        let error = self.error.as_ref().map(|(error, _)| error.as_str());
        let end = result.terminal(&text, error, self.limit.as_ref());
        self.promise = if end == Terminal::Success { promise(&text) } else { Promise::None };
        let end = result.refused(end, &self.promise, self.calls.last());
        self.calls.all_answered();
        self.final_text = printable(tail(&text));
        self.end = Some(end);
        self.session = self.session.take().or_else(|| value(result.session_id));
        self.spend.result(&result);
        vec![self.spend.signal()]
    }

    fn rate_limit(&mut self, line: &Line<'_>) -> Vec<Signal> {
        self.limit = value(line.rate_limit_info).as_ref().and_then(Limit::rejected);
        let until = self.limit.as_ref().map(|limit| limit.until);
        let retry = |until| Signal::Retry { class: Class::RateLimit, words: "usage limit".into(), until };
        until.map(retry).into_iter().collect()
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

impl Reader for Stream {
    fn line(&mut self, bytes: &[u8]) -> Vec<Signal> {
        let Ok(line) = serde_json::from_slice::<Line<'_>>(bytes) else { return Vec::new() };
        match line.kind.map(RawValue::get) {
            Some("\"system\"") => self.system(&line),
            Some("\"assistant\"") => self.assistant(&line),
            Some("\"user\"") => {
                self.user(&line);
                Vec::new()
            }
            Some("\"result\"") => self.result(bytes),
            Some("\"rate_limit_event\"") => self.rate_limit(&line),
            _ => Vec::new(),
        }
    }

    fn oversized(&mut self, start: &[u8]) {
        // Megabytes in one line are a tool's answer; which, stands before them or cannot be known.
        let start = String::from_utf8_lossy(&start[..start.len().min(1024)]);
        let id = start.split_once(r#""tool_use_id":""#).and_then(|(_, rest)| rest.split_once('"'));
        match id {
            Some((id, _)) => self.calls.answered(id),
            None if start.contains(r#""type":"user""#) => self.calls.all_answered(),
            None => {}
        }
    }

    fn busy(&self) -> bool {
        self.calls.open()
    }

    fn report(&self) -> Report {
        let outdated = self.outdated.clone().map(Terminal::Failure);
        let named = self.error.as_ref().map(|(error, words)| {
            Terminal::Failure(Failure {
                class: end::class(Some(error), None, None),
                message: words.clone(),
                not_before: self.limit.as_ref().and_then(|limit| limit.until),
            })
        });
        Report {
            terminal: outdated.or_else(|| self.end.clone()).or(named).unwrap_or(Terminal::Missing),
            promise: self.promise.clone(),
            unusable: self.unusable.clone(),
            final_text: self.final_text.clone(),
            usage: self.spend.usage(),
            usd: self.spend.usd(),
            session: self.session.clone(),
            model: self.model.clone(),
            long: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
