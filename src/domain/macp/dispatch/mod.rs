//! What is started for a task. Pure but for reading what the task names: its brief, its file of MCP servers.

pub mod acp;
pub mod brief;
pub mod ground;
pub mod plugin;
pub mod servers;
pub mod show;
mod staged;
mod words;
pub mod yolo;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

pub(super) use ground::named;
pub(super) use staged::stage;
pub use staged::{STAGED, sweep};
pub use words::check;

use super::place::Place;
use super::settings::Settings;
use super::task::{Dispatch, Task};

/// What is started, and how.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// A command.
    Command {
        /// Program and arguments; where there is a `brief`, [`BRIEF`] in one of them stands for the path of its file.
        argv: Vec<OsString>,
        /// Variables.
        env: Vec<(OsString, OsString)>,
        /// Where it runs.
        dir: PathBuf,
        /// What it reads on its standard input.
        stdin: Option<Vec<u8>>,
        /// What is put into a file of its own, for nobody else to read.
        brief: Option<String>,
        /// Whether it needs a terminal.
        pty: bool,
        /// Whether its standard output is a plug-in's answer, see [`plugin::answer`].
        answers: bool,
    },
    /// An agent of the attempt engine, with full permission: see [`agent::run`](super::agent::run).
    Agent {
        /// Its name.
        runtime: String,
        /// What it is told.
        prompt: String,
        /// Where it works.
        dir: PathBuf,
        /// A file of MCP servers, checked.
        mcp_config: Option<PathBuf>,
    },
    /// Nothing: somebody else does it, with this JSON; see [`acp::hand_over`].
    HandOver(serde_json::Value),
}

/// Stands for the path of the file that holds the brief.
pub const BRIEF: &str = "{brief}";

/// Decides it for a task that works in `dir`; one without `dispatch` is worked like `exec`. Errors
/// ([`Fault::Refused`](crate::fault::Fault::Refused)) leave nothing to try again: no command, no brief, a directory that it may not
/// use, an agent or a plug-in that is not there.
pub fn call(task: &Task, place: &Place, settings: &Settings, dir: &Path) -> Result<Call> {
    words::check(task)?;
    let dir = ground::dir(task, place, settings, dir)?;
    match task.way().unwrap_or(Dispatch::Exec) {
        Dispatch::Exec => {
            let (argv, env) = (words::argv(task)?, words::env(task));
            Ok(Call::Command { argv, env, dir, stdin: None, brief: None, pty: false, answers: false })
        }
        Dispatch::Yolo => yolo::call(task, place, settings, dir),
        Dispatch::Acp => Ok(Call::HandOver(acp::config(task, place, settings, &dir)?)),
        Dispatch::Plugin(name) => plugin::call(task, &name, dir),
    }
}

/// The agent of a task: its own, else that of the settings.
pub fn runtime<'a>(task: &'a Task, settings: &'a Settings) -> &'a str {
    task.runtime.as_deref().unwrap_or(&settings.default_runtime)
}

#[cfg(test)]
mod tests;
