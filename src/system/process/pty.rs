//! A terminal for a child that wants one: we hold its other end and keep what is printed there.
//!
//! The child becomes the leader of a session of its own, with the terminal as its controlling one. Between `fork` and `exec` no
//! safe code can do that; so this very program is started first, does it to itself, and then becomes the child ([`main`]).

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    LocalModes, OptionalActions, OutputModes, Winsize, tcgetattr, tcsetattr, tcsetwinsize,
};

/// The word that makes this binary take a terminal and become another program; not for people.
pub const TERMINAL: &str = "__terminal";
/// Exit codes of a shell: not executable, and not found.
const NOT_STARTED: (u8, u8) = (126, 127);
/// The size that a program sees.
const SIZE: Winsize = Winsize { ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };

/// Our end of a terminal.
pub(super) struct Terminal {
    master: OwnedFd,
    /// The child's end.
    pub(super) child: File,
}

impl Terminal {
    /// A new one, in which output comes as it was written, and nothing is echoed.
    pub(super) fn open() -> Result<Self> {
        let open = || -> io::Result<Self> {
            let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
            grantpt(&master)?;
            unlockpt(&master)?;
            let name = ptsname(&master, Vec::new())?;
            let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
            let child = rustix::fs::open(name.as_c_str(), flags, Mode::empty())?;
            let mut modes = tcgetattr(&child)?;
            modes.output_modes.remove(OutputModes::OPOST);
            modes.local_modes.remove(LocalModes::ECHO);
            tcsetattr(&child, OptionalActions::Now, &modes)?;
            tcsetwinsize(&master, SIZE)?;
            Ok(Self { master, child: child.into() })
        };
        open().context("failed to open a terminal")
    }

    /// Writes what is printed into `file`, beside us, until nobody holds the child's end any more; the receiver then hears it.
    pub(super) fn keep(self, mut file: File) -> Result<Receiver<()>> {
        drop(self.child);
        let (done, ended) = channel();
        let mut master = File::from(self.master);
        thread::Builder::new().stack_size(128 << 10).spawn(move || {
            let mut block = vec![0; 64 << 10];
            loop {
                match master.read(&mut block) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    // Linux tells the end by an error.
                    Ok(0) | Err(_) => break,
                    Ok(count) => {
                        if file.write_all(&block[..count]).is_err() {
                            // A full disk must not keep the child from writing, and so from ending.
                        }
                    }
                }
            }
            let _ = done.send(());
        })?;
        Ok(ended)
    }
}

/// Waits until all that was printed is kept; not for ever, as somebody may hold the terminal.
pub(super) fn finish(ended: &Receiver<()>) {
    let _ = ended.recv_timeout(Duration::from_secs(2));
}

/// Entry of the process that becomes a child with a terminal: `args` are its program and arguments, the terminal is its
/// standard input. Returns only when that fails.
pub fn main(args: &[OsString]) -> ExitCode {
    let Some((program, args)) = args.split_first() else { return ExitCode::from(2) };
    let taken = rustix::process::setsid()
        .and_then(|_| rustix::process::ioctl_tiocsctty(io::stdin()))
        .map_err(io::Error::from);
    let error = match taken {
        Ok(()) => Command::new(program).args(args).exec(),
        Err(error) => error,
    };
    let _ = writeln!(io::stderr(), "error: failed to start `{}`: {error}", program.display());
    let (refused, missing) = NOT_STARTED;
    ExitCode::from(if error.kind() == io::ErrorKind::NotFound { missing } else { refused })
}
