//! A small blocking HTTP/1.1 client for servers on this machine: bounded in time and size, no redirects followed, no TLS.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

/// How much of an answer is read, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// For connecting, and for all of the answer.
    pub patience: Duration,
    /// Bytes of the body that are kept; the rest is not read.
    pub body: usize,
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in lower case, in their order.
    pub headers: Vec<(String, String)>,
    /// The body without its transfer coding, cut to the bounds.
    pub body: Vec<u8>,
    /// Whether it was cut.
    pub cut: bool,
}

impl Answer {
    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// Asks the server at `address` for `path` (with its query) by `method` under the name `host` (`localhost:4301`). Errors: no
/// connection, no HTTP, too late.
pub fn ask(address: SocketAddr, host: &str, method: &str, path: &str, bounds: Bounds) -> Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, bounds.patience).context("failed to connect")?;
    stream.set_read_timeout(Some(bounds.patience))?;
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n")?;
    let mut bytes = Vec::new();
    stream.take(bounds.body as u64 + (64 << 10)).read_to_end(&mut bytes)?;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").context("no HTTP")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    Ok(Answer { status: status.context("no HTTP")?, headers, body: bytes.split_off(end + 4), cut: false })
}
