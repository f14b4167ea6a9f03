//! Runs a command of a task below its worker's supervisor, and keeps what it says.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};

use crate::domain::agents::invocation::file;
use crate::domain::agents::one_line;
use crate::domain::attempt::completion::{Promise, promise};
use crate::domain::attempt::gates::Watch;
use crate::system::process::{Ended, Keep, Limits, Line, Outcome, Spawn, Supervisor, Why, read_lines};
use crate::system::{clock, log, redact, store};

/// Characters of a line that are kept of it in a result.
const WORDS: usize = 500;

/// What is run, and where what it says goes.
#[derive(Debug)]
pub(super) struct Run<'a> {
    /// What to start; where its output goes is seen to here.
    pub(super) spawn: Spawn,
    /// The worker's own directory: captures, what is read.
    pub(super) slot: &'a Path,
    /// What the logs are called, without their ends.
    pub(super) log: &'a Path,
    pub(super) log_limit: u64,
    pub(super) timeout: Duration,
    /// Whether an earlier attempt may have left logs.
    pub(super) again: bool,
}

/// How it went.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) outcome: Outcome,
    /// Its logs, where it said anything.
    pub(super) stdout: Option<PathBuf>,
    pub(super) stderr: Option<PathBuf>,
    /// Its last words on either.
    pub(super) last: String,
    pub(super) last_error: String,
    /// What its last line of output promises.
    pub(super) promise: Promise,
}

fn logs(prefix: &Path) -> [PathBuf; 2] {
    [".log", ".stderr.log"].map(|end| file(prefix, end))
}

/// Refuses to log into what is no file of ours: a link that leads elsewhere, a pipe.
pub(super) fn may_log(prefix: &Path) -> Result<()> {
    let other = logs(prefix).into_iter().find(|log| !store::is_plain(log));
    other.map_or(Ok(()), |log| bail!("`{}` is not a regular file; remove it", log.display()))
}

impl Run<'_> {
    /// Runs it; `begun` is told when it is being started, `look` sees the whole of its standard output before that becomes a log. Errors: it could not be started,
    /// or the supervisor is gone.
    pub(super) fn run(
        self,
        child: &mut Supervisor,
        (stop, begun): (&AtomicBool, &dyn Fn()),
        look: &mut dyn FnMut(&Outcome, &Path) -> Result<()>,
    ) -> Result<Ran> {
        let captures = ["out", "err"].map(|name| self.slot.join(name));
        let logs = logs(self.log);
        if self.again {
            logs.iter().try_for_each(|log| store::remove(log))?;
        }
        let spawn = Spawn {
            stdout: (&captures[0]).into(),
            stderr: (&captures[1]).into(),
            keep: Some(Keep { stdout: (&logs[0]).into(), stderr: (&logs[1]).into(), limit: self.log_limit }),
            ..self.spawn
        };
        let limits = Limits { total: Some(self.timeout), ..Limits::default() };
        let asked = || stop.load(Ordering::Relaxed);
        let outcome = child.attend(spawn, limits, &mut Watch { asked: &asked, begun })?;
        look(&outcome, &captures[0])?;
        let [stdout, stderr] = [0, 1].map(|at| keep(&captures[at], &logs[at], self.log_limit));
        let ((stdout, last), (stderr, last_error)) = (stdout?, stderr?);
        Ok(Ran {
            outcome,
            promise: promise(&last),
            stdout,
            stderr,
            last: shown(&last),
            last_error: shown(&last_error),
        })
    }
}

impl Ran {
    /// Why it counts as failed, in words; none where it ended well.
    pub(super) fn complaint(&self, timeout: Duration) -> Option<String> {
        let words = |text: String| match &self.last_error {
            last if last.is_empty() => text,
            last => format!("{text}: {last}"),
        };
        match (self.outcome.why, self.outcome.ended) {
            (Some(Why::Flood), _) => Some("it printed more than 1 GiB".into()),
            (Some(Why::Interrupted | Why::Asked), _) => Some("it was stopped".into()),
            (Some(_), _) => Some(format!("timed out after {}", limit(timeout))),
            (None, Ended { code: Some(0), .. }) => None,
            (None, Ended { code: Some(code), .. }) => Some(words(format!("exit code {code}"))),
            (None, Ended { signal, .. }) => {
                Some(words(format!("killed by signal {}", signal.unwrap_or_default())))
            }
        }
    }

    /// Whether its time was over.
    pub(super) fn timed_out(&self) -> bool {
        self.outcome.why == Some(Why::Total)
    }

    /// Whether it was ended with us.
    pub(super) fn stopped(&self) -> bool {
        matches!(self.outcome.why, Some(Why::Interrupted | Why::Asked))
    }
}

/// A limit as people write it.
fn limit(time: Duration) -> String {
    if time.subsec_millis() == 0 && time.as_secs() < 60 {
        return format!("{}s", time.as_secs());
    }
    clock::human(time)
}

/// Makes a log of a capture that is not empty, and returns it with its last line. An empty one stays for the next task.
fn keep(capture: &Path, log: &Path, limit: u64) -> Result<(Option<PathBuf>, String)> {
    if capture.metadata().map_or(0, |meta| meta.len()) == 0 {
        return Ok((None, String::new()));
    }
    let mut last = Vec::new();
    read_lines(capture, &mut |line| {
        let (Line::Whole(bytes) | Line::Oversized(bytes)) = line;
        if !bytes.trim_ascii().is_empty() {
            last.clear();
            last.extend_from_slice(&bytes[..bytes.len().min(8 << 10)]);
        }
    })?;
    if let Some(dir) = log.parent() {
        store::make_dir(dir)?;
    }
    log::settle(capture, log, limit)?;
    Ok((Some(log.to_owned()), String::from_utf8_lossy(&last).trim().to_owned()))
}

/// A line as results show it: without secrets and colours, not too long.
fn shown(line: &str) -> String {
    one_line(&redact::ours().text(line), WORDS)
}
