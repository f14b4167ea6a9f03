//! What is started for a task. Pure but for reading its brief.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::place::Place;
use super::settings::Settings;
use super::task::Task;
use crate::fault::Fault;

/// What is started, and how.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// A command.
    Command {
        /// Program and arguments.
        argv: Vec<OsString>,
        /// Variables.
        env: Vec<(OsString, OsString)>,
        /// What it reads on its standard input.
        stdin: Option<Vec<u8>>,
        /// Whether it needs a terminal.
        pty: bool,
    },
    /// An agent of the attempt engine, with full permission.
    Agent {
        /// Its name.
        runtime: String,
        /// What it is told.
        prompt: String,
        /// A file of MCP servers, checked.
        mcp_config: Option<PathBuf>,
    },
    /// Nothing: somebody else does it, with this JSON.
    HandOver(serde_json::Value),
}

/// Decides it for a task that works in `dir`. Errors ([`Fault`]): no command, no brief, an agent that is not there.
pub fn call(task: &Task, place: &Place, settings: &Settings, dir: &Path) -> Result<Call> {
    let _ = (place, settings, dir);
    let argv: Vec<OsString> = match (&task.argv, &task.command) {
        (Some(argv), _) => argv.iter().map(OsString::from).collect(),
        (None, Some(command)) => ["sh", "-c", command].map(OsString::from).into(),
        (None, None) => {
            return Err(Fault::refused(
                format!("task `{}` has no command", task.id),
                "give it one with `--command`",
            ));
        }
    };
    let env = task.env.iter().map(|(name, value)| (name.into(), value.into())).collect();
    Ok(Call::Command { argv, env, stdin: None, pty: false })
}
