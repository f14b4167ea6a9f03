//! As much HTTP as an agent's client needs: a request in, one document or a stream of events out.

use std::io::{BufRead, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// A request, as far as anybody asks.
pub struct Request {
    pub method: String,
    /// With its query.
    pub path: String,
    pub body: Vec<u8>,
}

/// How a connection ends before its answer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// With a TCP reset.
    Reset,
    /// In good order, but in the middle of the answer.
    Closed,
}

/// What goes back.
pub enum Reply {
    Document { status: u16, headers: Vec<(String, String)>, body: Value },
    Events { events: Vec<String>, cut: Option<Cut> },
}

/// The next request, unless the client has gone or speaks something else.
pub fn read(reader: &mut impl BufRead) -> Option<Request> {
    let first = line(reader)?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let (mut length, mut chunked) = (0, false);
    loop {
        let header = line(reader)?;
        let Some((name, value)) = header.split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "transfer-encoding" => chunked = value.to_ascii_lowercase().contains("chunked"),
            _ => {}
        }
    }
    let mut body = Vec::new();
    if chunked {
        while let size @ 1.. = usize::from_str_radix(line(reader)?.trim(), 16).ok()? {
            take(reader, size, &mut body)?;
            line(reader)?;
        }
    } else {
        take(reader, length, &mut body)?;
    }
    Some(Request { method, path, body })
}

fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    let count = reader.read_line(&mut line).ok()?;
    (count > 0).then(|| line.trim_end().to_owned())
}

fn take(reader: &mut impl Read, size: usize, body: &mut Vec<u8>) -> Option<()> {
    let count = reader.take(size as u64).read_to_end(body).ok()?;
    (count == size).then_some(())
}

/// Sends a reply; says whether the connection may go on. It has to be able to: where the server has announced
/// its end, clients take a broken answer for a whole one.
pub fn send(stream: &TcpStream, reply: &Reply) -> std::io::Result<bool> {
    let mut out = stream;
    match reply {
        Reply::Document { status, headers, body } => {
            let text = body.to_string();
            let length = text.len();
            write!(out, "HTTP/1.1 {status} Scripted\r\nContent-Type: application/json\r\n")?;
            for (name, value) in headers {
                write!(out, "{name}: {value}\r\n")?;
            }
            write!(out, "Content-Length: {length}\r\n\r\n{text}").map(|()| true)
        }
        Reply::Events { events, cut } => {
            out.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
            )?;
            for event in events {
                out.write_all(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes())?;
            }
            match cut {
                None => out.write_all(b"0\r\n\r\n")?,
                Some(Cut::Closed) => {}
                // A socket that must not linger is reset when it is closed.
                Some(Cut::Reset) => {
                    rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO))?;
                }
            }
            Ok(cut.is_none())
        }
    }
}
