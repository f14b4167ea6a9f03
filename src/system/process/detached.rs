//! A server that outlives us: in a group of its own, with its output in a file.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use super::{Ended, LASTING, MARK, clean};

/// What is open beyond the standard three was meant for us: a lock, a pipe that somebody waits for.
const CLOSED: &str = "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-\n";

/// A line of the user's shell, and what it is run with.
#[derive(Debug)]
pub struct Line<'a> {
    /// The line, as a person would type it.
    pub text: &'a str,
    /// Where it is run.
    pub dir: &'a Path,
    /// Variables to set.
    pub env: &'a [(OsString, OsString)],
    /// Variables to remove.
    pub without: &'a [&'a str],
    /// What [`LASTING`] says in it and in all that it starts.
    pub mark: &'a str,
}

/// One that was started; it stays when this is dropped.
#[derive(Debug)]
pub struct Detached {
    child: Child,
    ended: Option<Ended>,
}

impl Detached {
    /// Its process id, which is that of its group.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How its first process ended, if it did.
    pub fn ended(&mut self) -> Option<Ended> {
        if self.ended.is_none() {
            let status = self.child.try_wait().ok().flatten();
            self.ended = status.map(|status| Ended { code: status.code(), signal: status.signal() });
        }
        self.ended
    }
}

/// Starts `line` with nothing to read and both outputs in `output`. It does not carry the mark of the run that we are part of.
pub fn detached(line: &Line<'_>, output: File) -> Result<Detached> {
    let mut command = Command::new("sh");
    let script: OsString = [OsStr::new(CLOSED), OsStr::new(line.text)].into_iter().collect();
    command.arg("-c").arg(script).current_dir(line.dir).process_group(0);
    let errors = output.try_clone().context("failed to share a log")?;
    command.stdin(Stdio::null()).stdout(output).stderr(errors);
    clean(&mut command);
    for name in line.without.iter().chain(&[MARK]) {
        command.env_remove(name);
    }
    command.envs(line.env.iter().map(|(name, value)| (name, value))).env(LASTING, line.mark);
    let child = command.spawn();
    let child = child.with_context(|| format!("failed to start a shell in `{}`", line.dir.display()))?;
    Ok(Detached { child, ended: None })
}
