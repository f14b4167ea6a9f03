//! The tools that Claude Code has called and that have not answered yet.

/// Calls under way that are told apart; it makes a few at a time.
const MOST: usize = 256;

/// Calls by their ids, sub-agents' among them.
#[derive(Debug, Default, Clone)]
pub(super) struct Calls {
    open: Vec<String>,
    last: Option<String>,
}

impl Calls {
    /// A tool was called.
    pub(super) fn made(&mut self, id: String) {
        self.last = Some(id.clone());
        if self.open.len() < MOST {
            self.open.push(id);
        }
    }

    /// A tool answered.
    pub(super) fn answered(&mut self, id: &str) {
        self.open.retain(|call| call != id);
    }

    /// Nothing is under way any more.
    pub(super) fn all_answered(&mut self) {
        self.open.clear();
    }

    /// Whether one is under way.
    pub(super) fn open(&self) -> bool {
        !self.open.is_empty()
    }

    /// The last call, answered or not.
    pub(super) fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }
}
