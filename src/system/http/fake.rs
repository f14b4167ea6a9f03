//! Servers for tests: each on a port of its own, gone with the process.

#![allow(clippy::disallowed_methods)] // a fake may be slow on purpose

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// A server that gives each connection to `serve`, on a thread of its own.
pub fn server(serve: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let serve = serve.clone();
            thread::spawn(move || serve(stream.unwrap()));
        }
    });
    address
}

/// A server that reads a head and writes `answer`, in pieces of `step` bytes, then closes.
pub fn says(answer: impl Into<Vec<u8>>, step: usize) -> SocketAddr {
    let answer = answer.into();
    server(move |mut stream| {
        stream.set_nodelay(true).unwrap();
        head(&mut stream);
        for piece in answer.chunks(step) {
            if stream.write_all(piece).is_err() {
                return;
            }
        }
    })
}

/// A server that says `start`, then `again` for ever with pauses between.
pub fn drips(start: &'static str, again: &'static str, pause: Duration) -> SocketAddr {
    server(move |mut stream| {
        let mut next = start;
        while stream.write_all(next.as_bytes()).is_ok() {
            next = again;
            thread::sleep(pause);
        }
    })
}

/// Reads to the empty line that ends a head; what was read.
pub fn head(stream: &mut TcpStream) -> String {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        bytes.push(byte[0]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
