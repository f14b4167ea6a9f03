//! The run's side of its supervisor: starts it, gives orders, hears the answers.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use super::supervise::{Order, Reply};
use super::{Ended, Launch, Lines, SUPERVISE, Spawn, clean, myself, tree};
use crate::system::interrupt;

/// How long a started supervisor may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// A running supervisor; one child at a time. Dropping it ends everything that it started.
#[derive(Debug)]
pub struct Supervisor {
    process: Child,
    orders: Option<ChildStdin>,
    replies: ChildStdout,
    heard: Lines,
    mark: String,
    /// Whether a child was started whose end was not heard yet.
    busy: bool,
    lost: bool,
    launch: Option<Launch>,
}

impl Supervisor {
    /// Starts the supervisor of the run `mark`. It holds `lock` as long as one of its children may
    /// be alive, and waits for an earlier run's supervisor to let go of it. To be called on the
    /// main thread: the kernel ties the death signal to the thread that starts it. Used it may be on any.
    pub fn start(lock: &Path, mark: &str) -> Result<Self> {
        #[cfg(target_os = "linux")]
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        let mut command = Command::new(myself()?);
        // What it does not inherit, its children do not either.
        clean(&mut command);
        let mut process = command
            .arg(SUPERVISE)
            .arg(std::process::id().to_string())
            .arg(lock)
            .arg(mark)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("failed to start the supervisor")?;
        let orders = process.stdin.take();
        let replies = process.stdout.take().context("the supervisor has no output")?;
        let (heard, mark) = (Lines::default(), mark.to_owned());
        let mut supervisor =
            Self { process, orders, replies, heard, mark, busy: false, lost: false, launch: None };
        let since = Instant::now();
        while let Some(left) = PATIENCE.checked_sub(since.elapsed()) {
            match supervisor.hear(left) {
                Ok(Some(Reply::Ready)) => return Ok(supervisor),
                Ok(None) if interrupt::signal().is_none() => {}
                _ => break,
            }
        }
        interrupt::check()?;
        bail!("the supervisor did not start")
    }

    /// Has a child started; that this fails comes as its end.
    pub fn spawn(&mut self, spawn: Spawn) -> Result<()> {
        anyhow::ensure!(!self.busy, "an earlier child still runs");
        if let Some(launch) = &spawn.launch {
            launch.begin()?;
        }
        self.launch.clone_from(&spawn.launch);
        self.order(&Order::Spawn(Box::new(spawn)))?;
        self.busy = true;
        Ok(())
    }

    /// Waits up to `patience` for the child's end: how it ended and what it had left running.
    /// `None` while it runs, early when a signal comes. Errors: it could not be started; or the supervisor itself
    /// was killed, and all is ended then.
    pub fn wait(&mut self, patience: Duration) -> Result<Option<(Ended, Vec<String>)>> {
        let Some(reply) = self.hear(patience)? else { return Ok(None) };
        self.busy = false;
        match reply {
            Reply::Ended { ended, left } => Ok(Some((ended, left))),
            Reply::Failed { message, never: true } => Err(NoProgram(message).into()),
            Reply::Failed { message, never: false } => Err(anyhow!(message)),
            reply @ Reply::Ready => bail!("the supervisor answered out of turn: {reply:?}"),
        }
    }

    /// The next reply, if one comes within `patience` and before a signal.
    fn hear(&mut self, patience: Duration) -> Result<Option<Reply>> {
        loop {
            if let Some(line) = self.heard.next() {
                return serde_json::from_slice(&line).map(Some).map_err(|_| self.gone());
            }
            if !interrupt::readable(&self.replies, patience)? {
                return Ok(None);
            }
            if !self.heard.read(&self.replies).unwrap_or(false) {
                return Err(self.gone());
            }
        }
    }

    /// Ends a supervisor that does what it is told no more, and all that it had started.
    pub(super) fn abandon(&mut self) -> anyhow::Error {
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.gone()
    }

    /// Whether the supervisor itself was killed; nothing can be started below it any more.
    pub fn lost(&self) -> bool {
        self.lost
    }

    /// Ends what a dead supervisor had started: its children are ours now.
    fn gone(&mut self) -> anyhow::Error {
        self.lost = true;
        if let Some(launch) = self.launch.take()
            && launch.end().is_ok()
        {
            launch.forget();
        }
        tree::kill_all(OsStr::new(&self.mark), Duration::from_secs(3));
        anyhow!("the supervisor was killed; what it had started was ended")
    }

    /// Sends SIGINT or SIGTERM to the child's group.
    pub fn signal(&mut self, signal: i32) -> Result<()> {
        self.order(&Order::Signal(signal))
    }

    /// Ends the child and everything below it at once; [`Supervisor::wait`] tells when.
    pub fn kill(&mut self) -> Result<()> {
        self.order(&Order::Kill)
    }

    /// Ends the supervisor but not what was allowed to stay.
    pub fn quit(mut self) {
        let _ = self.order(&Order::Quit);
    }

    fn order(&mut self, order: &Order) -> Result<()> {
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        let written = self.orders.as_mut().map(|pipe| pipe.write_all(&line));
        if matches!(written, Some(Ok(()))) { Ok(()) } else { Err(self.gone()) }
    }
}

/// A program that is not there, or cannot be run: it cannot be started the next time either.
#[derive(Debug)]
pub struct NoProgram(String);

impl std::fmt::Display for NoProgram {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for NoProgram {}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.process.wait();
    }
}
