//! Ctrl-C and its kin: the first signal asks, the second insists.

#![allow(clippy::disallowed_methods)] // naps live here, where a signal cuts them short

use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::{Once, OnceLock};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::fault::Fault;

static INSTALLED: Once = Once::new();
static FIRST: AtomicI32 = AtomicI32::new(0);
static COUNT: AtomicUsize = AtomicUsize::new(0);
static DEAF: AtomicBool = AtomicBool::new(false);
/// Readable for ever once a signal has come.
static BELL: OnceLock<UnixStream> = OnceLock::new();

/// Takes over SIGINT, SIGTERM, SIGHUP and SIGQUIT (Ctrl-\\) for a command that has something to clean up; until
/// then they end the process as they always do. Calling it again changes nothing.
pub fn install() -> Result<()> {
    let mut outcome = Ok(());
    INSTALLED.call_once(|| outcome = listen());
    outcome
}

fn listen() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT])?;
    let main = thread::current();
    let (bell, mut ring) = UnixStream::pair()?;
    let _ = BELL.set(bell);
    thread::Builder::new().name("signals".into()).stack_size(64 << 10).spawn(move || {
        for signal in signals.forever() {
            if matches!(signal, SIGINT | SIGQUIT) && DEAF.load(Ordering::SeqCst) {
                continue;
            }
            // A closed terminal and Ctrl-\ are orders to end, as SIGTERM is.
            let signal = if signal == SIGINT { SIGINT } else { SIGTERM };
            let _ = FIRST.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
            COUNT.fetch_add(1, Ordering::SeqCst);
            main.unpark();
            if COUNT.load(Ordering::SeqCst) == 1 {
                let _ = ring.write_all(&[0]);
            }
        }
    })?;
    Ok(())
}

/// Whether [`install`] was called.
pub fn installed() -> bool {
    INSTALLED.is_completed()
}

/// While this is there, Ctrl-C and Ctrl-\\ are not for us.
#[derive(Debug)]
pub struct Deaf(());

/// Leaves the keys that end programs to the one that has the terminal now.
pub fn deaf_to_keys() -> Deaf {
    DEAF.store(true, Ordering::SeqCst);
    Deaf(())
}

impl Drop for Deaf {
    fn drop(&mut self) {
        DEAF.store(false, Ordering::SeqCst);
    }
}

/// The first signal that came (SIGHUP and SIGQUIT count as SIGTERM), if any did.
pub fn signal() -> Option<i32> {
    match FIRST.load(Ordering::SeqCst) {
        0 => None,
        signal => Some(signal),
    }
}

/// Whether a second signal insists on ending at once.
pub fn insists() -> bool {
    COUNT.load(Ordering::SeqCst) > 1
}

/// [`Fault::Interrupted`] once a signal has come.
pub fn check() -> Result<()> {
    signal().map_or(Ok(()), |signal| Err(Fault::Interrupted { signal }.into()))
}

/// Sleeps for `duration`, or until a signal comes: then [`Fault::Interrupted`].
pub fn nap(duration: Duration) -> Result<()> {
    check()?;
    // A signal that arrives on the way leaves a token, so that this returns at once.
    thread::park_timeout(duration);
    check()
}

/// Waits up to `patience` until `pipe` can be read (or has no writer any more), and says whether it can; on any
/// thread. The first signal ends the wait.
pub fn readable(pipe: impl AsFd, patience: Duration) -> Result<bool> {
    any_readable(&[pipe.as_fd()], patience)
}

/// The same for several: whether one of them can be read.
pub fn any_readable(pipes: &[BorrowedFd<'_>], patience: Duration) -> Result<bool> {
    let patience = Timespec::try_from(patience)?;
    let mut fds: Vec<_> = pipes.iter().map(|pipe| PollFd::new(pipe, PollFlags::IN)).collect();
    let bell = BELL.get().filter(|_| signal().is_none());
    fds.extend(bell.map(|bell| PollFd::new(bell, PollFlags::IN)));
    match poll(&mut fds, Some(&patience)) {
        Ok(_) => Ok(fds[..pipes.len()].iter().any(|fd| !fd.revents().is_empty())),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
