//! The supervisor: a process of its own, between a run and its agents. It is the parent of all
//! of them and adopts what they leave behind (Linux: child subreaper), so one walk of its own
//! tree finds everything. When the run dies, by whatever means, it goes straight to KILL.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, kill_process_group};
use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGCHLD, SIGTERM};
use signal_hook::{flag, low_level};

use super::{Ended, Keep, Launch, Lines, Spawn, myself, pty, tree};
use crate::system::lock::Lock;
use crate::system::{log, store};

/// How long a supervisor waits for its predecessor to end the last run's agents.
const PREDECESSOR: Duration = Duration::from_secs(10);
/// How long it tries to end processes that do not die.
const PERSISTENCE: Duration = Duration::from_secs(3);
/// How long a launcher whose run was killed may take to end what it started.
const LAUNCHER: Duration = Duration::from_secs(3);

/// What the run asks for, one JSON line each.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    /// Start this; one child at a time.
    Spawn(Box<Spawn>),
    /// Send this signal to the child's group.
    Signal(i32),
    /// End the child and everything below it, at once.
    Kill,
    /// The run is over: end without killing what was allowed to stay.
    Quit,
}

/// What the supervisor answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    /// It holds the lock and takes orders.
    Ready,
    /// The child could not be started.
    Failed {
        /// Why.
        message: String,
        /// Whether that is so each time: its program is not there, or cannot be run.
        #[serde(default)]
        never: bool,
    },
    /// The child ended; what it left running was ended too.
    Ended {
        /// How.
        ended: Ended,
        /// Names of the processes it had left running.
        left: Vec<String>,
    },
}

/// Entry of the supervisor process: `args` are the parent's pid, the lock file and the mark.
pub fn main(args: &[OsString]) -> ExitCode {
    let [parent, lock, mark] = args else { return ExitCode::from(2) };
    match Watchdog::start(parent, lock.as_ref(), mark) {
        Ok(mut watchdog) => watchdog.serve(),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: the supervisor could not start: {error:#}");
            ExitCode::from(2)
        }
    }
}

struct Watchdog {
    mark: OsString,
    /// What the run says.
    orders: Lines,
    /// A byte for every signal.
    signals: UnixStream,
    /// Whether a signal said that the run is dead.
    orphaned: Arc<AtomicBool>,
    child: Option<Pid>,
    leave: bool,
    tidies_up: bool,
    stopped: bool,
    /// Captures of the child that was started last, and the logs they are to become.
    captures: Option<(Keep, OsString, OsString)>,
    /// Hears when all that the child printed on its terminal is kept.
    printed: Option<Receiver<()>>,
    /// The launch of the child, and where its output goes.
    launch: Option<(Launch, OsString)>,
    lock: Lock,
}

impl Watchdog {
    fn start(parent: &OsStr, lock: &Path, mark: &OsStr) -> Result<Self> {
        // A session of its own: no terminal signal reaches the agents, none can ask on the terminal.
        let _ = rustix::process::setsid();
        let orphaned = Arc::new(AtomicBool::new(false));
        let (signals, on_signal) = UnixStream::pair()?;
        signals.set_nonblocking(true)?;
        // The flag before the byte: whoever reads the byte sees the flag.
        flag::register(SIGTERM, Arc::clone(&orphaned))?;
        low_level::pipe::register(SIGTERM, on_signal.try_clone()?)?;
        low_level::pipe::register(SIGCHLD, on_signal)?;
        follow_parent(parent)?;
        let lock = Lock::take(lock, PREDECESSOR).context("agents of an earlier run are still being ended")?;
        say(&Reply::Ready);
        let mark = mark.to_owned();
        Ok(Self {
            mark,
            orders: Lines::default(),
            signals,
            orphaned,
            child: None,
            leave: false,
            tidies_up: false,
            stopped: false,
            captures: None,
            printed: None,
            launch: None,
            lock,
        })
    }

    fn serve(&mut self) -> ExitCode {
        loop {
            match self.next() {
                Some(Order::Spawn(spawn)) => self.spawn(&spawn),
                Some(Order::Signal(number)) => self.signal(number),
                Some(Order::Kill) => {
                    self.stopped = true;
                    self.let_launch_end();
                    tree::kill_all(&self.mark, PERSISTENCE);
                    self.reap();
                }
                Some(Order::Quit) => return ExitCode::SUCCESS,
                None => {
                    self.let_tidy_up();
                    self.let_orphaned_launch_end();
                    tree::kill_all(&self.mark, PERSISTENCE);
                    self.hear_out();
                    self.keep_logs();
                    // Whatever changes after this is nobody's work but the user's.
                    let _ = self.lock.stamp();
                    return ExitCode::FAILURE;
                }
            }
        }
    }

    /// Waits for the next order and collects the dead meanwhile. `None` once the run is dead, or says what makes
    /// no sense.
    fn next(&mut self) -> Option<Order> {
        loop {
            if let Some(line) = self.orders.next() {
                return serde_json::from_slice(&line).ok();
            }
            let stdin = io::stdin();
            let mut ready = [PollFd::new(&self.signals, PollFlags::IN), PollFd::new(&stdin, PollFlags::IN)];
            let [signalled, spoken] = match poll(&mut ready, None) {
                Ok(_) => ready.map(|one| !one.revents().is_empty()),
                Err(Errno::INTR) => [true, false],
                Err(_) => return None,
            };
            if signalled {
                // One byte or many: the dead are collected together.
                let _ = self.signals.read(&mut [0; 64]);
                self.reap();
            }
            if self.orphaned.load(Ordering::SeqCst) || (spoken && !self.orders.read(&stdin).ok()?) {
                return None;
            }
        }
    }

    fn spawn(&mut self, spawn: &Spawn) {
        if self.child.is_some() {
            return say(&Reply::Failed { message: "an earlier child still runs".into(), never: false });
        }
        self.leave = spawn.leave_children;
        self.tidies_up = spawn.tidies_up;
        self.stopped = false;
        let keep = |keep: &Keep| (keep.clone(), spawn.stdout.clone(), spawn.stderr.clone());
        self.captures = spawn.keep.as_ref().map(keep);
        self.launch = spawn.launch.clone().map(|launch| (launch, spawn.stdout.clone()));
        match start(spawn, &self.mark) {
            Ok((pid, printed)) => (self.child, self.printed) = (Some(pid), printed),
            Err(error) => {
                let never = spawn.launch.is_none() && error.downcast_ref().is_some_and(is_no_program);
                let never = never && Path::new(&spawn.dir).is_dir();
                say(&Reply::Failed { message: format!("{error:#}"), never });
            }
        }
    }

    /// Nobody but us knows any more what in a dead run's captures is secret. One that is a log already is
    /// not there any more.
    fn keep_logs(&self) {
        let Some((keep, stdout, stderr)) = &self.captures else { return };
        let _ = log::settle(stdout.as_ref(), keep.stdout.as_ref(), keep.limit);
        let _ = log::settle(stderr.as_ref(), keep.stderr.as_ref(), keep.limit);
    }

    /// Waits for the end of what is printed on a terminal.
    fn hear_out(&mut self) {
        if let Some(printed) = self.printed.take() {
            pty::finish(&printed);
        }
    }

    fn signal(&mut self, number: i32) {
        self.stopped = true;
        let signal = if number == SIGTERM { Signal::TERM } else { Signal::INT };
        if let Some(pid) = self.child {
            let _ = kill_process_group(pid, signal);
        }
    }

    /// Lets a child that tidies up come to its end by itself: a signal could fall just between the
    /// making of a lock file and git's taking note of it. Only one that takes long is asked to end.
    fn let_tidy_up(&mut self) {
        let Some(pid) = self.child.filter(|_| self.tidies_up) else { return };
        if !ends_within(pid, super::MOMENT) {
            let _ = kill_process_group(pid, Signal::TERM);
            ends_within(pid, super::MOMENT / 2);
        }
    }

    /// Ends the far side by its own command, if it may still be there; what was ended needs no note any more.
    fn end_launch(&mut self) {
        let Some((launch, stdout)) = self.launch.take() else { return };
        if launch.receipt(stdout.as_ref()).is_some() || launch.end().is_ok() {
            launch.forget();
        } else {
            launch.lose();
        }
    }

    /// Nothing of a launch is killed before its launcher was asked, and its far side was ended.
    fn let_launch_end(&mut self) {
        let Some(pid) = self.child.filter(|_| self.launch.is_some()) else { return };
        let _ = kill_process_group(pid, Signal::TERM);
        self.end_launch();
        let since = Instant::now();
        while self.child.is_some() && since.elapsed() < LAUNCHER {
            thread::park_timeout(Duration::from_millis(5));
            self.reap();
        }
    }

    /// The same where the run is dead: the launcher first gets a moment to do it by itself.
    fn let_orphaned_launch_end(&mut self) {
        let Some(pid) = self.child.filter(|_| self.launch.is_some()) else { return };
        let _ = kill_process_group(pid, Signal::TERM);
        ends_within(pid, LAUNCHER);
        let stripped = self.launch.clone();
        self.end_launch();
        let _ = stripped.map(|(launch, stdout)| launch.strip(stdout.as_ref()));
    }

    /// A launcher that ended without a receipt may have left its far side running.
    fn settle_launch(&mut self, ended: Ended) {
        let receipt =
            self.launch.as_ref().map(|(launch, stdout)| launch.await_receipt(stdout.as_ref(), ended));
        match receipt {
            Some(None) => self.end_launch(),
            _ => self.launch = None,
        }
    }

    /// Collects the dead. When the child is among them, its leftovers go too and the run is told.
    fn reap(&mut self) {
        let mut ended = None;
        let none_left = loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if self.child == Some(pid) => {
                    self.child = None;
                    ended = Some(Ended { code: status.exit_status(), signal: status.terminating_signal() });
                }
                Ok(Some(_)) => {}
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        let Some(ended) = ended else { return };
        self.settle_launch(ended);
        // The walk through the process table is only done when the kernel says that children are left, or
        // after a stop.
        let stays = if self.stopped { false } else { none_left || self.leave };
        let left = if stays { Vec::new() } else { tree::kill_all(&self.mark, PERSISTENCE) };
        self.hear_out();
        say(&Reply::Ended { ended, left });
    }
}

/// Asks the kernel to tell us when the run dies, and adopts what agents orphan. The closed pipe
/// says the same where there is no such signal.
fn follow_parent(parent: &OsStr) -> Result<()> {
    #[cfg(target_os = "linux")]
    {
        rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    }
    let expected: i32 = parent.to_str().and_then(|pid| pid.parse().ok()).context("bad parent pid")?;
    // It may have died before the kernel knew that we care.
    let actual = rustix::process::getppid().map(Pid::as_raw_nonzero);
    anyhow::ensure!(actual.is_some_and(|pid| pid.get() == expected), "the run is gone");
    Ok(())
}

fn ends_within(pid: Pid, patience: Duration) -> bool {
    let start = Instant::now();
    while matches!(rustix::process::waitpid(Some(pid), WaitOptions::NOHANG), Ok(None)) {
        if start.elapsed() > patience {
            return false;
        }
        thread::park_timeout(Duration::from_millis(1));
    }
    true
}

fn say(reply: &Reply) {
    let mut line = serde_json::to_vec(reply).unwrap_or_default();
    line.push(b'\n');
    // A run that cannot hear us is dead; the death signal deals with that.
    let _ = io::stdout().lock().write_all(&line).and_then(|()| io::stdout().flush());
}

/// Starts a child; the receiver hears when all of its terminal is kept, if it has one.
fn start(spawn: &Spawn, mark: &OsStr) -> Result<(Pid, Option<Receiver<()>>)> {
    let (words, file) = spawn.words();
    let (program, args) = words.split_first().context("nothing to run")?;
    let stdout = store::output_file(spawn.stdout.as_ref())?;
    let stderr = if spawn.stderr == spawn.stdout {
        stdout.try_clone()?
    } else {
        store::output_file(spawn.stderr.as_ref())?
    };
    let (mut command, printed);
    if spawn.pty {
        let terminal = pty::Terminal::open()?;
        let ends = [terminal.child.try_clone()?, terminal.child.try_clone()?, terminal.child.try_clone()?];
        printed = Some(terminal.keep(stdout)?);
        command = Command::new(myself()?);
        command.arg(pty::TERMINAL).arg(program);
        let [input, output, errors] = ends;
        command.stdin(input).stdout(output).stderr(errors);
    } else {
        printed = None;
        command = Command::new(file.as_deref().unwrap_or(program.as_ref()));
        command.arg0(program);
        command.stdin(input(spawn)?).stdout(stdout).stderr(stderr).process_group(0);
    }
    command.args(args).current_dir(&spawn.dir);
    for name in &spawn.env_remove {
        command.env_remove(name);
    }
    command.envs(spawn.env.iter().map(|(name, value)| (name, value))).env(super::MARK, mark);
    let child = command.spawn().map_err(|error| NotStarted(program.to_owned(), error))?;
    // The handle is not needed: all the dead are collected in one place.
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("no pid")?;
    Ok((pid, printed))
}

/// A program that could not be started.
#[derive(Debug)]
struct NotStarted(OsString, io::Error);

impl fmt::Display for NotStarted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "failed to start `{}`: {}", self.0.display(), self.1)
    }
}

impl std::error::Error for NotStarted {}

fn is_no_program(NotStarted(_, error): &NotStarted) -> bool {
    let codes = [Errno::NOENT, Errno::ACCESS, Errno::NOEXEC, Errno::NOTDIR].map(Errno::raw_os_error);
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

fn input(spawn: &Spawn) -> Result<Stdio> {
    let Some(path) = &spawn.stdin else { return Ok(Stdio::null()) };
    Ok(File::open(path).with_context(|| format!("failed to read `{}`", path.display()))?.into())
}
