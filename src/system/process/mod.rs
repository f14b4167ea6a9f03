//! The only spawner. Short helpers (git) run directly; agents and gates run below a supervisor
//! that ends them when we die, however we die.

#![allow(clippy::disallowed_methods)] // this is the place the lint points to

mod attend;
mod detached;
mod foreground;
mod launch;
mod lines;
mod others;
mod plain;
mod probe;
pub mod pty;
mod receipt;
mod spoken;
pub mod supervise;
mod supervisor;
mod tail;
mod tree;
mod words;

pub use attend::{Attendant, FLOOD, Limits, Outcome, Why};
pub use detached::{Detached, Line as ShellLine, detached};
pub use foreground::foreground;
pub use launch::{Launch, Note, Trouble, abandoned, sweep};
pub use others::{argv_of, below, cwd_of, prints_to};
pub use probe::{probe, probe_in};
pub use spoken::Spoken;
pub use supervisor::{NoProgram, Supervisor};
pub use tail::{Line, read_lines};
pub use tree::{Row, ancestors, ended, is_below_own_kind, table, variable_of};

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde::{Deserialize, Serialize};

use lines::Lines;

use crate::fault::Fault;
use crate::system::interrupt;
use crate::system::lock::{Holder, Lock};

/// The word that makes this binary a supervisor; not for people.
pub const SUPERVISE: &str = "__supervise";

/// The variable that marks every process of a run; its value is the run's id.
pub const MARK: &str = "TASKRUN_RUN";

/// The variable that marks a server which outlives whoever started it, and every run; its value says which one it is.
pub const LASTING: &str = "TASKRUN_SITE";

/// What [`Spawn::tidies_up`] is given.
const MOMENT: Duration = Duration::from_millis(500);

/// What a git hook's environment holds that would point our children at the wrong repository.
const FOREIGN: &[&str] = &[
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_WORK_TREE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_REFLOG_ACTION",
    "GIT_EDITOR",
    "GIT_AUTHOR_DATE",
];

/// What to start, and where its input and output are.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Spawn {
    /// Program (a path, or a name to be found on `PATH`) and arguments; never through a shell.
    #[serde(with = "plain")]
    pub argv: Vec<OsString>,
    /// Working directory.
    #[serde(with = "plain")]
    pub dir: OsString,
    /// Variables to set.
    #[serde(with = "plain")]
    pub env: Vec<(OsString, OsString)>,
    /// Variables to remove.
    #[serde(with = "plain")]
    pub env_remove: Vec<OsString>,
    /// File that is its standard input; none is empty input.
    #[serde(with = "plain")]
    pub stdin: Option<OsString>,
    /// File for its standard output; made new, for nobody else to read.
    #[serde(with = "plain")]
    pub stdout: OsString,
    /// File for its standard error; may be the same as `stdout`.
    #[serde(with = "plain")]
    pub stderr: OsString,
    /// The logs that its output becomes; the supervisor sees to that when the run was killed.
    pub keep: Option<Keep>,
    /// Whether what it leaves running after its own end may stay.
    pub leave_children: bool,
    /// Whether it gets a moment to end by itself before it is stopped, also when the run was killed:
    /// git then leaves no lock files behind, which would stop every later git.
    pub tidies_up: bool,
    /// Whether it gets a terminal: its standard input and both its outputs, which then go to `stdout` together.
    #[serde(default)]
    pub pty: bool,
    /// What is known of the launch, where it is handed to a launcher.
    pub launch: Option<Launch>,
}

/// What a child's captured output becomes (see [`log`](crate::system::log)).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Keep {
    /// The log of its standard output.
    #[serde(with = "plain")]
    pub stdout: OsString,
    /// That of its standard error; may be the same as `stdout`.
    #[serde(with = "plain")]
    pub stderr: OsString,
    /// Bytes of each.
    pub limit: u64,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Its exit code, if it exited.
    pub code: Option<i32>,
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
}

/// A short command whose output is wanted and that nothing needs to stop.
#[derive(Debug)]
pub struct Quick {
    command: Command,
    name: String,
}

/// What a [`Quick`] command said.
#[derive(Debug)]
pub struct Said {
    /// Whether it exited 0.
    pub ok: bool,
    /// How it ended.
    pub ended: Ended,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error, trimmed.
    pub stderr: String,
}

impl Said {
    /// Standard output as text without the final newline.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end_matches('\n').to_owned()
    }
}

impl Quick {
    /// `program` with `args` in `dir`. Where we handle Ctrl-C ourselves it gets a group of its own,
    /// so that it is not cut short.
    pub fn new<S: AsRef<OsStr>>(program: &str, dir: &Path, args: &[S]) -> Self {
        let mut command = Command::new(program);
        command.args(args).current_dir(dir).stdin(Stdio::null());
        if interrupt::installed() {
            command.process_group(0);
        }
        clean(&mut command);
        Self { command, name: program.to_owned() }
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Has it hold a lock with us: the lock is free when both have let go. It gets nothing to read.
    pub fn holding(mut self, lock: &Lock) -> Result<Self> {
        self.command.stdin(lock.shared()?);
        Ok(self)
    }

    /// Runs it with `input` on its standard input and waits for its end.
    pub fn run(mut self, input: &[u8]) -> Result<Said> {
        if input.is_empty() {
            return self.start()?.finish();
        }
        self.command.stdin(Stdio::piped());
        let mut started = self.start()?;
        let stdin = started.child.stdin.take();
        std::thread::scope(|scope| {
            // Written beside the reading, so that neither side waits for the other.
            scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(input)));
            started.finish()
        })
    }

    /// Starts it, to be waited for later; for what says little, as nobody reads it meanwhile.
    pub fn start(mut self) -> Result<Started> {
        let missing = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => Fault::usage(
                format!("`{}` is not installed or its directory is gone", self.name),
                format!("install {} or put it on PATH", self.name),
            ),
            _ => anyhow::Error::new(error).context(format!("failed to run `{}`", self.name)),
        };
        let child = self.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(missing)?;
        Ok(Started { child, name: self.name })
    }
}

/// A [`Quick`] command under way.
#[derive(Debug)]
pub struct Started {
    child: Child,
    name: String,
}

impl Started {
    /// Waits for its end.
    pub fn finish(self) -> Result<Said> {
        let out = self.child.wait_with_output();
        let out = out.with_context(|| format!("failed to wait for `{}`", self.name))?;
        Ok(Said {
            ok: out.status.success(),
            ended: Ended { code: out.status.code(), signal: out.status.signal() },
            stdout: out.stdout,
            stderr: String::from_utf8_lossy(&out.stderr).trim().to_owned(),
        })
    }
}

/// Ends every process that carries `mark`; returns their names. For what outlived both a run and its
/// supervisor, by a caller that has no children.
pub fn end_marked(mark: &str) -> Vec<String> {
    tree::kill_all(OsStr::new(mark), Duration::from_secs(3))
}

/// [`end_marked`] for a caller that has children, which stay.
pub fn end_only_marked(mark: &str) -> Vec<String> {
    tree::kill_marked(OsStr::new(mark), Duration::from_secs(3))
}

/// What another taskrun can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// To end what it runs, and itself.
    End,
    /// Nothing: it is killed, and its supervisor ends what it ran.
    Kill,
}

impl Ask {
    fn signal(self) -> Signal {
        match self {
            Self::End => Signal::TERM,
            Self::Kill => Signal::KILL,
        }
    }
}

/// Signals that very process, where it still runs; says whether it did.
pub fn ask(holder: &Holder, what: Ask) -> bool {
    let pid = i32::try_from(holder.pid).ok().and_then(Pid::from_raw).filter(|_| holder.alive());
    pid.is_some_and(|pid| kill_process(pid, what.signal()).is_ok())
}

/// [`ask`] for the whole group that it leads.
pub fn ask_group(leader: &Holder, what: Ask) -> bool {
    let pid = i32::try_from(leader.pid).ok().and_then(Pid::from_raw).filter(|_| leader.alive());
    pid.is_some_and(|pid| kill_process_group(pid, what.signal()).is_ok())
}

/// Standard output of a command that exits 0; anything else is an error.
pub fn capture(program: &str, args: &[&str]) -> Result<String> {
    let said = Quick::new(program, Path::new("/"), args).run(&[])?;
    anyhow::ensure!(said.ok, "`{program}` failed: {}", said.stderr);
    Ok(said.text())
}

fn clean(command: &mut Command) {
    for name in FOREIGN {
        command.env_remove(name);
    }
}

/// The path of this very program, also after its file was replaced.
fn myself() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
}
