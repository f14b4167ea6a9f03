//! What is kept up beside a run, and looked at before and after each agent: a server, say. The run knows nothing of what it
//! is; whoever starts the run lends it, and hands its gates over like any others.

use std::path::Path;

use anyhow::Result;

use crate::domain::attempt::event::Kind;
use crate::domain::attempt::receipt::Noted;
use crate::domain::loops::run::Run;
use crate::system::interrupt;

/// It. Only [`Beside::begin`] can end a run: what goes wrong later is told to whoever works, or in a [`Noted`].
pub trait Beside {
    /// Called once, under the run's lock and before anything is made or claimed. Nothing has to be undone where it fails.
    fn begin(&mut self, notice: &mut dyn FnMut(&str)) -> Result<()>;

    /// The tasks of a skill were made below a new epic.
    fn epic_made(&mut self, epic: &str) -> Result<()>;

    /// Called before an agent starts; returns paragraphs for its prompt. Files of its own begin with `prefix`.
    fn before_agent(&mut self, prefix: &Path) -> Vec<String>;

    /// Called when an agent has ended, before the gates; returns what goes on record.
    fn after_agent(&mut self) -> Vec<Noted>;
}

impl Run<'_> {
    /// Has it begun, where there is something.
    pub(super) fn begin_beside(&mut self) -> Result<()> {
        match &mut self.beside {
            Some(beside) => beside.begin(self.notice),
            None => Ok(()),
        }
    }

    /// What it has to say to an agent that is about to start.
    pub(super) fn paragraphs(&mut self, prefix: &Path) -> Vec<String> {
        self.beside.as_mut().map(|beside| beside.before_agent(prefix)).unwrap_or_default()
    }

    /// What it has seen of an agent's work.
    pub(super) fn noted(&mut self) -> Vec<Noted> {
        // Who is told to end looks at nothing any more.
        let beside = self.beside.as_mut().filter(|_| interrupt::signal().is_none());
        let noted = beside.map(|beside| beside.after_agent()).unwrap_or_default();
        for noted in &noted {
            self.recorder.tell(Kind::BesideNoted { noted: noted.clone() });
        }
        noted
    }
}
