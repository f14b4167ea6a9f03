//! A program that is spoken with while it runs, through descriptors 3 and 4: what it reads and what it writes.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};

use super::{clean, tree};

/// Has our pipes be its descriptors 3 and 4, and removes its directory after it: also where we are killed, for then it
/// reads the end of its input, and ends.
const SHELL: &str =
    r#"dir=$1; shift; "$@" 3<&0 4>&1 </dev/null >/dev/null; code=$?; rm -rf -- "$dir"; exit "$code""#;
/// Most bytes that are kept of what it complains of.
const COMPLAINT: usize = 8 << 10;
/// Longest path of a directory in which sockets can be: theirs may have little more than 100 bytes.
const SHORT: usize = 60;
/// How long it is tried to end it and what it started.
const PERSISTENCE: Duration = Duration::from_secs(3);

/// Such a program under way. Dropping it ends it with all that it started.
#[derive(Debug)]
pub struct Spoken {
    child: Child,
    complaint: Arc<Mutex<Vec<u8>>>,
}

impl Spoken {
    /// Starts `program` with `args`, in a group of its own. `dir` is a directory of its own, also for what it
    /// keeps for a while, which is removed when it ends.
    pub fn start(program: &Path, args: &[String], dir: &Path) -> Result<(Self, ChildStdin, ChildStdout)> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SHELL, "sh"]).arg(dir).arg(program).args(args).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        clean(&mut command);
        if dir.as_os_str().len() <= SHORT {
            command.env("TMPDIR", dir);
        }
        let mut child =
            command.spawn().with_context(|| format!("failed to start `{}`", program.display()))?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let complaint = Arc::new(Mutex::new(Vec::new()));
        let spoken = Self { child, complaint: Arc::clone(&complaint) };
        let errors = errors.context("no standard error")?;
        thread::Builder::new().stack_size(128 << 10).spawn(move || keep_last(errors, &complaint))?;
        Ok((spoken, input.context("no standard input")?, output.context("no standard output")?))
    }

    /// The last it wrote to its standard error.
    pub fn complaint(&self) -> String {
        let bytes = self.complaint.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Spoken {
    fn drop(&mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let Some(group) = pid.filter(|_| matches!(self.child.try_wait(), Ok(None))) else { return };
        tree::kill_below(group.as_raw_nonzero().get(), PERSISTENCE);
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
    }
}

fn keep_last(mut pipe: impl Read, kept: &Mutex<Vec<u8>>) {
    let mut block = [0; 4 << 10];
    while let Ok(count @ 1..) = pipe.read(&mut block) {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&block[..count]);
        let excess = kept.len().saturating_sub(COMPLAINT);
        kept.drain(..excess);
    }
}
