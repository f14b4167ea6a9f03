//! A connection with what was read from it and not yet used; every read has a last moment.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::fault::Fault;
use crate::system::interrupt;

/// The most a head may measure.
pub const HEAD: usize = 64 << 10;
/// How much is read at once.
const STEP: usize = 16 << 10;

/// Why there is no answer, or no request.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Nobody listens there.
    #[error("no connection: {0}")]
    Refused(io::Error),
    /// The last moment has come.
    #[error("no full answer in time")]
    Late,
    /// A head beyond [`HEAD`].
    #[error("the head is longer than 64 KiB")]
    Long,
    /// The other side closed before its end.
    #[error("the connection ended before the answer did")]
    Ended,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(io::Error),
    /// Something came that is not HTTP.
    #[error("what came is not HTTP: {0}")]
    NotHttp(&'static str),
    /// The one the answer is for has left.
    #[error("nobody waits for the answer any more")]
    Left,
    /// A signal asked us to end.
    #[error("interrupted by signal {0}")]
    Interrupted(i32),
}

impl Failure {
    /// As an error of a command: a signal keeps its meaning.
    pub fn told(self, what: &str) -> anyhow::Error {
        match self {
            Self::Interrupted(signal) => Fault::Interrupted { signal }.into(),
            other => anyhow::Error::new(other).context(format!("no answer from `{what}`")),
        }
    }
}

/// A connection and the bytes that came and are still to be used.
#[derive(Debug)]
pub struct Wire {
    stream: Arc<TcpStream>,
    held: Vec<u8>,
    start: usize,
    end: usize,
}

impl Wire {
    /// Around a connection. Small answers leave at once; a write that nobody takes fails after `patience`.
    pub fn new(stream: impl Into<Arc<TcpStream>>, patience: Duration) -> io::Result<Self> {
        let stream = stream.into();
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(patience.max(Duration::from_millis(1))))?;
        Ok(Self { stream, held: Vec::new(), start: 0, end: 0 })
    }

    /// The connection itself.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// The same for somebody else, who may end it meanwhile.
    pub fn shared(&self) -> Arc<TcpStream> {
        self.stream.clone()
    }

    /// What came and is not used yet.
    pub fn unread(&self) -> &[u8] {
        &self.held[self.start..self.end]
    }

    /// Whether nothing came and it has not ended.
    pub fn quiet(&self) -> bool {
        self.unread().is_empty() && matches!(interrupt::readable(&self.stream, Duration::ZERO), Ok(false))
    }

    /// Takes `count` of the unread bytes as used.
    pub fn used(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Reads once, waiting until `last` for it; false where the other side has closed.
    pub fn more(&mut self, last: Instant) -> Result<bool, Failure> {
        self.wait(last)?;
        self.read()
    }

    /// The same, for as long as `other`, for whom it is, has not left: [`Failure::Left`].
    pub fn more_for(&mut self, other: &Self, last: Instant) -> Result<bool, Failure> {
        self.wait_for(other, last)?;
        self.read()
    }

    fn read(&mut self) -> Result<bool, Failure> {
        self.room();
        loop {
            match self.stream.as_ref().read(&mut self.held[self.end..]) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    self.end += count;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Failure::Broken(error)),
            }
        }
    }

    /// Waits until there is something to read, at most until `last`. A signal that comes meanwhile ends it.
    fn wait(&self, last: Instant) -> Result<(), Failure> {
        let before = interrupt::signal();
        loop {
            let left = last.saturating_duration_since(Instant::now());
            let readable = interrupt::readable(&self.stream, left);
            if readable.map_err(|error| Failure::Broken(io::Error::other(error)))? {
                return Ok(());
            }
            if let (None, Some(signal)) = (before, interrupt::signal()) {
                return Err(Failure::Interrupted(signal));
            }
            if left.is_zero() {
                return Err(Failure::Late);
            }
        }
    }

    fn wait_for(&self, other: &Self, last: Instant) -> Result<(), Failure> {
        // One that has sent more already can be told to have left only once it is gone altogether.
        let mut signs = if other.unread().is_empty() { PollFlags::IN } else { PollFlags::empty() };
        loop {
            let left = last.saturating_duration_since(Instant::now());
            let patience = Timespec::try_from(left).map_err(|_| Failure::Late)?;
            let mut fds = [PollFd::new(&self.stream, PollFlags::IN), PollFd::new(&other.stream, signs)];
            match poll(&mut fds, Some(&patience)) {
                Ok(0) => return Err(Failure::Late),
                Err(Errno::INTR) => continue,
                Err(error) => return Err(Failure::Broken(error.into())),
                Ok(_) => {}
            }
            if !fds[0].revents().is_empty() {
                return Ok(());
            }
            let gone = fds[1].revents().intersects(PollFlags::HUP | PollFlags::ERR);
            if gone || !matches!(other.stream.peek(&mut [0]), Ok(1)) {
                return Err(Failure::Left);
            }
            signs = PollFlags::empty();
        }
    }

    /// Makes room for a read: moves what is unread to the front, or grows.
    fn room(&mut self) {
        if self.start > 0 {
            self.held.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.held.len() - self.end < STEP / 4 {
            self.held.resize(self.end + STEP, 0);
        } else if self.end == 0 && self.held.len() > STEP {
            self.held = vec![0; STEP];
        }
    }

    /// Reads until a head is there: all up to the first empty line, with it. None where the other side closed before it sent
    /// anything.
    pub fn head(&mut self, last: Instant) -> Result<Option<Vec<u8>>, Failure> {
        self.head_by(&mut |wire| wire.more(last))
    }

    /// The head of an answer. What does not even begin like one is told at once: its end may never come.
    pub fn answer(
        &mut self,
        more: &mut dyn FnMut(&mut Self) -> Result<bool, Failure>,
    ) -> Result<Vec<u8>, Failure> {
        while self.unread().len() < 5 && more(self)? {}
        if !self.unread().is_empty() && !self.unread().starts_with(b"HTTP/") {
            return Err(Failure::NotHttp("its first line is none of HTTP"));
        }
        self.head_by(more)?.ok_or(Failure::Ended)
    }

    fn head_by(
        &mut self,
        more: &mut dyn FnMut(&mut Self) -> Result<bool, Failure>,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let mut seen = 0;
        loop {
            let found = memchr::memmem::find(&self.unread()[seen..], b"\r\n\r\n");
            if let Some(end) = found.map(|at| seen + at + 4).filter(|end| *end <= HEAD) {
                let head = self.unread()[..end].to_vec();
                self.used(end);
                return Ok(Some(head));
            }
            seen = self.unread().len().saturating_sub(3);
            if seen >= HEAD {
                return Err(Failure::Long);
            }
            if !more(self)? {
                return if self.unread().is_empty() { Ok(None) } else { Err(Failure::Ended) };
            }
        }
    }

    /// Writes all of it.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.stream.as_ref().write_all(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Failure::Late,
            _ => Failure::Broken(error),
        })
    }

    /// Ends the connection so that the other side cannot take what it got for all.
    pub fn reset(self) {
        let _ = rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO));
    }

    /// Ends the connection so that the last words arrive although more was sent than was read.
    pub fn farewell(mut self) {
        let last = Instant::now() + Duration::from_secs(1);
        let _ = self.stream.shutdown(Shutdown::Write);
        for _ in 0..64 {
            self.used(usize::MAX);
            if !matches!(self.more(last), Ok(true)) {
                return;
            }
        }
    }
}
