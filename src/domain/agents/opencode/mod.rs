//! `opencode run --format json`: what each line says, and how the session ended.

pub(super) mod args;

use super::spec::Spec;
use super::{Reader, Report, Signal, Terminal, Usage};
use crate::domain::attempt::completion::Promise;

/// What is fixed about it.
pub const SPEC: Spec = Spec {
    name: "opencode",
    program: "opencode",
    variable: "OPENCODE_PATH",
    package: "opencode-ai",
    oldest: [1, 0, 0],
    nested: &[],
    keys: &[],
    prompt_limit: None,
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
