//! Bytes on their way through the proxy: bodies as they come, and websockets both ways.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::system::http::body::Body;
use crate::system::http::{Failure, Wire};

/// What one waits for that asks before it sends its body.
pub const GO_ON: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
/// How long a browser may rest while it sends a body.
const REST: Duration = Duration::from_secs(60);
/// A stream of events may be silent for ever.
const EVER: Duration = Duration::from_secs(60 * 60 * 24 * 365);
/// For the thread that relays the second direction of a websocket.
const STACK: usize = 64 << 10;

/// Passes a request's body on to the site. Errors: [`Failure::Left`], the browser has gone; [`Failure::NotHttp`], its chunks
/// are none; any other, the site does not take it.
pub fn up(client: &mut Wire, site: &mut Wire, body: &mut Body, expects: bool) -> Result<(), Failure> {
    if expects {
        client.write(GO_ON).map_err(|_| Failure::Left)?;
    }
    while !body.done() {
        if client.unread().is_empty() && !matches!(client.more(Instant::now() + REST), Ok(true)) {
            return Err(Failure::Left);
        }
        let taken = body.take(client.unread(), &mut |_| ()).map_err(Failure::NotHttp)?;
        site.write(&client.unread()[..taken])?;
        client.used(taken);
    }
    Ok(())
}

/// Passes an answer on to the browser: its head, which is taken as it is sent, and its body as it comes. Errors: it is not
/// whole, or nobody takes it.
pub fn down(
    site: &mut Wire,
    client: &mut Wire,
    head: &mut Option<Vec<u8>>,
    body: &mut Body,
) -> Result<(), Failure> {
    loop {
        let taken = body.take(site.unread(), &mut |_| ()).map_err(Failure::NotHttp)?;
        // What came with the head leaves with it.
        match head.take() {
            Some(head) => client.write(&[&head, &site.unread()[..taken]].concat())?,
            None => client.write(&site.unread()[..taken])?,
        }
        site.used(taken);
        if body.done() {
            return Ok(());
        }
        if !site.more_for(client, Instant::now() + EVER)? {
            return if *body == Body::Rest { Ok(()) } else { Err(Failure::Ended) };
        }
    }
}

/// Passes bytes both ways until one side ends.
pub fn both(client: &mut Wire, site: &mut Wire) {
    let (early, ahead) = (site.unread().to_vec(), client.unread().to_vec());
    if client.write(&early).is_err() || site.write(&ahead).is_err() {
        return;
    }
    let (client, site) = (client.stream(), site.stream());
    let (Ok(from), Ok(to)) = (client.try_clone(), site.try_clone()) else { return };
    // Messages may wait for their reader as long as they like.
    let _ = (client.set_write_timeout(None), site.set_write_timeout(None));
    let upward = thread::Builder::new().name("websocket".into()).stack_size(STACK);
    let Ok(upward) = upward.spawn(move || pump(&from, &to)) else { return };
    pump(site, client);
    let _ = upward.join();
}

/// Passes bytes one way until either side ends; then both end.
fn pump(mut from: &TcpStream, mut to: &TcpStream) {
    let mut bytes = [0; 8 << 10];
    loop {
        match from.read(&mut bytes) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => break,
            Ok(count) if to.write_all(&bytes[..count]).is_err() => break,
            Ok(_) => {}
        }
    }
    let _ = (to.shutdown(Shutdown::Both), from.shutdown(Shutdown::Both));
}
