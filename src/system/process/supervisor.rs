//! The run's side of its supervisor: starts it, gives orders, hears the answers.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use super::supervise::{Order, Reply};
use super::{Ended, Launch, SUPERVISE, Spawn, myself, tree};
use crate::system::interrupt;

/// How long a started supervisor may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// A running supervisor; one child at a time. Dropping it ends everything that it started.
#[derive(Debug)]
pub struct Supervisor {
    process: Child,
    orders: Option<ChildStdin>,
    replies: Receiver<Reply>,
    mark: String,
    lost: bool,
    launch: Option<Launch>,
}

impl Supervisor {
    /// Starts the supervisor of the run `mark`. It holds `lock` as long as one of its children may
    /// be alive, and waits for an earlier run's supervisor to let go of it. To be called on the
    /// main thread: the kernel ties the death signal to the thread that starts it.
    pub fn start(lock: &Path, mark: &str) -> Result<Self> {
        #[cfg(target_os = "linux")]
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        let mut process = Command::new(myself()?)
            .arg(SUPERVISE)
            .arg(std::process::id().to_string())
            .arg(lock)
            .arg(mark)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("failed to start the supervisor")?;
        let orders = process.stdin.take();
        let stdout = process.stdout.take().context("the supervisor has no output")?;
        let (send, replies) = channel();
        thread::Builder::new().stack_size(128 << 10).spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let reply = line.ok().and_then(|line| serde_json::from_str(&line).ok());
                let Some(reply) = reply else { break };
                if send.send(reply).is_err() {
                    break;
                }
            }
        })?;
        let supervisor = Self { process, orders, replies, mark: mark.to_owned(), lost: false, launch: None };
        if matches!(supervisor.replies.recv_timeout(PATIENCE), Ok(Reply::Ready)) {
            return Ok(supervisor);
        }
        interrupt::check()?;
        bail!("the supervisor did not start")
    }

    /// Starts a child.
    pub fn spawn(&mut self, spawn: Spawn) -> Result<()> {
        if let Some(launch) = &spawn.launch {
            launch.begin()?;
        }
        self.launch.clone_from(&spawn.launch);
        self.order(&Order::Spawn(Box::new(spawn)))?;
        match self.replies.recv_timeout(PATIENCE) {
            Ok(Reply::Spawned) => Ok(()),
            Ok(Reply::Failed { message }) => Err(anyhow!(message)),
            Ok(reply) => bail!("the supervisor answered out of turn: {reply:?}"),
            Err(_) => Err(self.gone()),
        }
    }

    /// Waits up to `patience` for the child's end: how it ended and what it had left running.
    /// `None` while it runs. An error when the supervisor itself was killed; all is ended then.
    pub fn wait(&mut self, patience: Duration) -> Result<Option<(Ended, Vec<String>)>> {
        match self.replies.recv_timeout(patience) {
            Ok(Reply::Ended { ended, left }) => Ok(Some((ended, left))),
            Ok(reply) => bail!("the supervisor answered out of turn: {reply:?}"),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(self.gone()),
        }
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

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.process.wait();
    }
}
