//! The terminal itself: keys as they are pressed, its size, and how it was before we changed it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, kill_current_process_group};
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcgetwinsize,
    tcsetattr,
};

/// How the terminal behind stdin was; `None` while it is as it was.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// What a special key is set to so that there is none.
#[cfg(target_os = "linux")]
const NO_KEY: u8 = 0;
#[cfg(not(target_os = "linux"))]
const NO_KEY: u8 = 0xff;

/// What happened while we listened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// Nothing, or a signal.
    Nothing,
    /// A key was pressed; some are several bytes, which come one by one.
    Key(u8),
    /// Nobody reads what we write any more.
    ReaderGone,
}

/// Has keys handed over as they are pressed, and not shown. Ctrl-C stays a signal; Ctrl-Z becomes a
/// key, so that the terminal can be put right first (see [`suspend`]). Says whether there are keys.
pub fn take_keys() -> bool {
    let stdin = io::stdin();
    let Ok(before) = tcgetattr(&stdin) else { return false };
    let mut raw = before.clone();
    raw.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
    raw.special_codes[SpecialCodeIndex::VSUSP] = NO_KEY;
    raw.special_codes[SpecialCodeIndex::VMIN] = 1;
    raw.special_codes[SpecialCodeIndex::VTIME] = 0;
    let mut kept = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    let taken = tcsetattr(&stdin, OptionalActions::Now, &raw).is_ok();
    if taken && kept.is_none() {
        *kept = Some(before);
    }
    taken
}

/// Makes the terminal as it was before [`take_keys`].
pub fn give_back() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(before) = before {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
    }
}

/// Drops what was typed before now and nobody has read.
pub fn drop_typed() {
    // Where stdin is no terminal there is nothing to drop.
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
}

/// Stops this process and those that were started with it, as Ctrl-Z does, until they are continued.
pub fn suspend() {
    let _ = kill_current_process_group(Signal::TSTP);
}

/// Columns and rows of the terminal behind stdout.
pub fn size() -> Option<(usize, usize)> {
    let size = tcgetwinsize(io::stdout()).ok()?;
    let size = (usize::from(size.ws_col), usize::from(size.ws_row));
    (size.0 > 0 && size.1 > 0).then_some(size)
}

/// Waits for a key where there are `keys`, and for the reader of stdout to go away, but no longer
/// than `patience`. A signal may cut it short.
pub fn listen(keys: bool, patience: Duration) -> Heard {
    let (stdin, stdout) = (io::stdin(), io::stdout());
    let mut ends = vec![PollFd::from_borrowed_fd(stdout.as_fd(), PollFlags::empty())];
    if keys {
        ends.push(PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN));
    }
    let patience = Timespec::try_from(patience).ok();
    if poll(&mut ends, patience.as_ref()).is_err() {
        return Heard::Nothing;
    }
    if ends[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
        return Heard::ReaderGone;
    }
    match ends.get(1) {
        Some(end) if !end.revents().is_empty() => key(stdin.as_fd()),
        _ => Heard::Nothing,
    }
}

/// One byte of what was typed: a later one may be a key of its own.
fn key(stdin: BorrowedFd) -> Heard {
    let mut bytes = [0; 1];
    match rustix::io::read(stdin, &mut bytes) {
        Ok(0) => Heard::ReaderGone,
        Ok(_) => Heard::Key(bytes[0]),
        Err(rustix::io::Errno::INTR) => Heard::Nothing,
        Err(_) => Heard::ReaderGone,
    }
}
