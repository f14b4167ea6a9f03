//! The client: one request, one answer, one connection.

use std::fmt::Write as _;
use std::io::{Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::body::Body;
use super::head::{self, Answered};
use super::wire::{Failure, Wire};

/// How much of an answer is read, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// For connecting and all of the answer together.
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

/// Asks the server at `address` for `path` (with its query) by `method` under the name `host` (`localhost:4301`). Errors hold a
/// [`Failure`]: no connection, no HTTP, too late; a signal is the fault it always is.
pub fn ask(address: SocketAddr, host: &str, method: &str, path: &str, bounds: Bounds) -> Result<Answer> {
    let last = Instant::now() + bounds.patience;
    let request = request(host, method, path)?;
    let stream = TcpStream::connect_timeout(&address, bounds.patience.max(TICK)).map_err(refused);
    let answer = stream.and_then(|stream| exchange(stream, &request, method, (last, bounds)));
    answer.map_err(|failure| failure.told(&format!("http://{host}{path}")))
}

/// Asks for `url`: `http://localhost:PORT/path`, or 127.0.0.1, or `[::1]`; other hosts are refused, since only servers on this
/// machine are asked. `localhost` is tried at `::1`, then at 127.0.0.1.
pub fn ask_url(url: &str, method: &str, bounds: Bounds) -> Result<Answer> {
    let Some((name, port, path)) = parts(url) else { bail!("`{url}` is no URL of a server on this machine") };
    let last = Instant::now() + bounds.patience;
    let host = format!("{name}:{port}");
    let request = request(&host, method, path)?;
    let stream = connect(&name, port, bounds.patience);
    let answer = stream.and_then(|stream| exchange(stream, &request, method, (last, bounds)));
    answer.map_err(|failure| failure.told(&format!("http://{host}{path}")))
}

/// Connects to `port` of this machine: `localhost` means `::1`, then 127.0.0.1; the addresses themselves are taken at their word.
pub fn connect(name: &str, port: u16, patience: Duration) -> Result<TcpStream, Failure> {
    let (four, six) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST));
    let addresses: &[IpAddr] = match name {
        "127.0.0.1" => &[four],
        "[::1]" => &[six],
        _ => &[six, four],
    };
    let mut last = Error::from(ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect_timeout(&SocketAddr::new(*address, port), patience.max(TICK)) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(refused(last))
}

/// A wait of no time at all is an error to the system.
const TICK: Duration = Duration::from_millis(1);

fn refused(error: Error) -> Failure {
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Failure::Late,
        _ => Failure::Refused(error),
    }
}

/// Name, port and path of a URL of this machine.
fn parts(url: &str) -> Option<(String, u16, &str)> {
    let rest = url.strip_prefix("http://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (name, port) = match authority.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()?),
        _ => (authority, 80),
    };
    let name = name.to_ascii_lowercase();
    matches!(name.as_str(), "localhost" | "127.0.0.1" | "[::1]").then_some((name, port, path))
}

/// The request's head. What a path may not hold is escaped; a host or method that could hold a line of its own is refused.
fn request(host: &str, method: &str, path: &str) -> Result<String> {
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !plain(host) || !plain(method) {
        bail!("`{}` cannot be asked for", format!("{method} {host}").escape_default());
    }
    let target = target(path);
    Ok(format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: taskrun\r\nAccept: text/html,*/*;q=0.8\r\n\
         Accept-Encoding: identity\r\nConnection: close\r\n\r\n"
    ))
}

/// A path as it stands in a request: from its slash, without a fragment, what is not allowed in it escaped.
fn target(path: &str) -> String {
    let path = path.split('#').next().unwrap_or_default();
    let mut target = String::with_capacity(path.len() + 1);
    if !path.starts_with('/') {
        target.push('/');
    }
    let unfit = |byte: u8| !byte.is_ascii_graphic() || br#""<>\^`{|}"#.contains(&byte);
    for byte in path.bytes() {
        if unfit(byte) {
            let _ = write!(target, "%{byte:02X}");
        } else {
            target.push(char::from(byte));
        }
    }
    target
}

fn exchange(
    stream: TcpStream,
    request: &str,
    method: &str,
    (last, bounds): (Instant, Bounds),
) -> Result<Answer, Failure> {
    let mut wire = Wire::new(stream, bounds.patience).map_err(Failure::Broken)?;
    // Who answers before having read the question may have closed already: the answer counts.
    let sent = wire.write(request.as_bytes());
    let head = match (self::head(&mut wire, last), sent) {
        (Err(Failure::Ended | Failure::Broken(_)), Err(failure)) => return Err(failure),
        (head, _) => head?,
    };
    let mut body = Body::of_answer(method, &head).map_err(Failure::NotHttp)?;
    let (kept, cut) = read(&mut wire, &mut body, (last, bounds.body))?;
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = head.fields.0.iter().map(|(name, value)| (name.to_ascii_lowercase(), lossy(value)));
    Ok(Answer { status: head.status, headers: headers.collect(), body: kept, cut })
}

/// The head of the final answer: those that only say that one will come are passed over.
fn head(wire: &mut Wire, last: Instant) -> Result<Answered, Failure> {
    for _ in 0..16 {
        let bytes = wire.answer(&mut |wire| wire.more(last))?;
        let head = head::answered(&bytes).map_err(Failure::NotHttp)?;
        if !(100..200).contains(&head.status) {
            return Ok(head);
        }
        if head.status == 101 {
            return Err(Failure::NotHttp("another protocol that nobody asked for"));
        }
    }
    Err(Failure::NotHttp("nothing but preliminary answers"))
}

fn read(
    wire: &mut Wire,
    body: &mut Body,
    (last, most): (Instant, usize),
) -> Result<(Vec<u8>, bool), Failure> {
    let mut kept = Vec::new();
    while !body.done() {
        if wire.unread().is_empty() && !wire.more(last)? {
            return if *body == Body::Rest { Ok((kept, false)) } else { Err(Failure::Ended) };
        }
        let taken = body.take(wire.unread(), &mut |data| kept.extend_from_slice(data));
        wire.used(taken.map_err(Failure::NotHttp)?);
        if kept.len() > most {
            kept.truncate(most);
            return Ok((kept, true));
        }
    }
    Ok((kept, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked() {
        let table = [
            ("http://localhost:4301/a?b#c", Some(("localhost", 4301, "/a?b#c"))),
            ("http://LOCALHOST:4301", Some(("localhost", 4301, ""))),
            ("http://127.0.0.1:80/", Some(("127.0.0.1", 80, "/"))),
            ("http://[::1]:9?x", Some(("[::1]", 9, "?x"))),
            ("http://[::1]/", Some(("[::1]", 80, "/"))),
            ("http://localhost/", Some(("localhost", 80, "/"))),
            ("https://localhost:4301/", None),
            ("http://example.com:80/", None),
            ("http://localhost:99999/", None),
            ("http://localhost:4301@example.com/", None),
            ("http://user@localhost:4301/", None),
            ("localhost:4301", None),
        ];
        for (url, expected) in table {
            let found = parts(url);
            let found = found.as_ref().map(|(name, port, path)| (name.as_str(), *port, *path));
            assert_eq!(found, expected, "{url}");
        }
    }

    #[test]
    fn a_path_holds_no_second_line() {
        let table = [
            ("/a?b=c", "/a?b=c"),
            ("", "/"),
            ("?x", "/?x"),
            ("/a#b", "/a"),
            ("/a%20b", "/a%20b"),
            ("/a b\r\nX: y", "/a%20b%0D%0AX:%20y"),
            ("/ü", "/%C3%BC"),
            ("/[slug]<x>", "/[slug]%3Cx%3E"),
        ];
        for (path, expected) in table {
            assert_eq!(target(path), expected, "{path}");
        }
        assert!(request("localhost:1\r\nX: y", "GET", "/").is_err());
        assert!(request("localhost:1", "GET /x", "/").is_err());
    }
}
