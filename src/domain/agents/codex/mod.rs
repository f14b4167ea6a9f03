//! `codex exec --json`: what each line says, and how the session ended.

pub(super) mod args;
pub(super) mod journal;

use super::spec::Spec;
use super::{Reader, Report, Signal, Terminal, Usage};
use crate::domain::attempt::completion::Promise;

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

/// Reads one attempt's stream in constant memory.
#[derive(Debug, Default)]
pub struct Stream {
    session: Option<String>,
    /// What the session had used before this attempt: Codex reports totals.
    before: Usage,
}

impl Stream {
    /// A reader for a session that had used `before` when the attempt began.
    pub fn new(before: Usage) -> Self {
        Self { before, ..Self::default() }
    }
}

impl Reader for Stream {
    fn line(&mut self, _line: &[u8]) -> Vec<Signal> {
        Vec::new()
    }

    fn report(&self) -> Report {
        Report {
            terminal: Terminal::Missing,
            promise: Promise::None,
            final_text: String::new(),
            usage: self.before,
            usd: None,
            session: self.session.clone(),
            model: None,
        }
    }
}
