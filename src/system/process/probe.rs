//! A look at what a program says of itself: short, bounded, and ended when it is late.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::process::{Pid, Signal, kill_process_group};

use super::clean;
use crate::system::interrupt;

/// Most bytes that are read of what it says.
const MOST: u64 = 64 << 10;
/// Between two looks for a signal.
const NAP: Duration = Duration::from_millis(50);

/// Standard output of `program` with `args`, if it exits 0 within `patience`; otherwise it and its
/// group are ended. Its input is empty. Errors: interrupted.
pub fn probe(program: &Path, args: &[&str], patience: Duration) -> Result<Option<String>> {
    probe_in(Path::new("/"), program, args, (patience, MOST))
}

/// [`probe`] in the directory `dir`, for at most so many bytes.
pub fn probe_in(
    dir: &Path,
    program: &Path,
    args: &[&str],
    (patience, most): (Duration, u64),
) -> Result<Option<String>> {
    let mut command = Command::new(program);
    command.args(args).current_dir(dir).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.process_group(0);
    clean(&mut command);
    let Ok(mut child) = command.spawn() else { return Ok(None) };
    let (send, said) = channel();
    if let Some(pipe) = child.stdout.take() {
        // Beside us: somebody it started may hold the pipe for ever.
        thread::Builder::new().stack_size(128 << 10).spawn(move || {
            let mut bytes = Vec::new();
            let read = pipe.take(most).read_to_end(&mut bytes);
            let _ = send.send(read.map(|_| bytes).unwrap_or_default());
        })?;
    }
    let since = Instant::now();
    let (mut ended, mut bytes) = (None, None);
    while (ended.is_none() || bytes.is_none()) && since.elapsed() < patience && interrupt::signal().is_none()
    {
        match said.recv_timeout(if bytes.is_none() { NAP } else { Duration::from_millis(5) }) {
            Ok(read) => bytes = Some(read),
            // All is read: only the end is waited for.
            Err(RecvTimeoutError::Disconnected) => interrupt::nap(Duration::from_millis(5))?,
            Err(RecvTimeoutError::Timeout) => {}
        }
        ended = ended.or(child.try_wait()?);
    }
    if ended.is_none() {
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let _ = group.map(|group| kill_process_group(group, Signal::KILL));
        child.wait()?;
    }
    interrupt::check()?;
    let ok = ended.is_some_and(|status| status.success());
    Ok(bytes.filter(|_| ok).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}
