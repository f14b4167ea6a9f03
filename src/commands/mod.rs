//! What you type: one file per verb with its arguments, one call into domain, outcome → exit.

pub mod agent;
pub mod beads;
pub mod board;
pub mod budget;
pub mod completions;
pub mod demo;
pub mod gates;
pub mod lazy;
pub mod limits;
pub mod loops;
pub mod macp;
pub mod man;
pub mod mission;
pub mod site;
pub mod skill;
pub mod stack;
pub mod usage;
pub mod words;
pub mod workspace;

use anyhow::Result;

use crate::cli::Global;
use crate::domain::workspace::Workspace;
use crate::ui::Ui;

/// What every command gets: the gate for output and the global options.
#[derive(Debug)]
pub struct Context {
    /// Where everything said goes through.
    pub ui: Ui,
    /// The options given before or after the command.
    pub global: Global,
}

impl Context {
    /// The workspace by the order of resolution, or the error that says how to make one.
    pub fn workspace(&self) -> Result<Workspace> {
        Workspace::resolve(self.global.workspace.as_deref())
    }
}
