//! Gemini CLI's `stream-json`: what each line says, and how the session ended.

pub(super) mod args;
pub(super) mod journal;

use super::spec::Spec;
use super::{Reader, Report, Signal, Terminal, Usage};
use crate::domain::attempt::completion::Promise;

/// What is fixed about it.
pub const SPEC: Spec = Spec {
    name: "gemini",
    program: "gemini",
    variable: "GEMINI_PATH",
    package: "@google/gemini-cli",
    oldest: [0, 20, 0],
    nested: &[],
    keys: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    prompt_limit: Some(8 << 20),
};

/// Reads one attempt's stream in constant memory.
#[derive(Debug, Default)]
pub struct Stream {
    session: Option<String>,
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
            usage: Usage::default(),
            usd: None,
            session: self.session.clone(),
            model: None,
        }
    }
}
