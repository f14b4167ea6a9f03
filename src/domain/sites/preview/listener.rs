//! The preview's listener: one port on both loopbacks, a thread for each connection, until a signal comes.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::connection::{Connection, HEAD};
use super::desk::Desk;
use super::seats::Seats;
use crate::fault::Fault;
use crate::system::interrupt;

/// The most connections that are answered at once.
const MOST: usize = 256;
/// With fewer places left than this a connection ends with its answer, so that others get their turn.
const CROWDED: usize = 64;
/// So many more are told that there is no room; the rest is cut off.
const TURNED_AWAY: usize = 32;
/// Of a connection's thread. Only what is used of it counts.
const STACK: usize = 512 << 10;
/// How long nobody looks whether a signal came, though one ends the wait anyway.
const LOOK: Duration = Duration::from_secs(1);

/// Listens, and has not answered anything yet.
#[derive(Debug)]
pub struct Listener {
    sockets: Vec<TcpListener>,
    port: u16,
    seats: Arc<Seats>,
    patience: Duration,
    most: usize,
}

impl Listener {
    /// Takes `port`, or any free one, on 127.0.0.1 and on `::1` where there is one. Errors ([`Fault::Refused`]): it is taken.
    pub fn bind(port: Option<u16>) -> Result<Self> {
        let mut tries = if port.is_some_and(|port| port > 0) { 1 } else { 50 };
        loop {
            tries -= 1;
            match pair(port.unwrap_or(0)) {
                Ok((sockets, port)) => {
                    for socket in &sockets {
                        socket.set_nonblocking(true).context("failed to listen")?;
                    }
                    return Ok(Self { sockets, port, seats: Arc::default(), patience: HEAD, most: MOST });
                }
                // A port that is free on one of them only: another one.
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
                Err(error) => return Err(taken(port, error)),
            }
        }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://localhost:PORT`, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Answers until a signal comes, which is its good end: connections that are open then end with the process.
    pub fn run(&self, desk: &Arc<dyn Desk>) -> Result<()> {
        interrupt::install()?;
        while interrupt::signal().is_none() {
            self.turn(desk, LOOK)?;
        }
        Ok(())
    }

    /// Waits up to `patience` for connections and takes them.
    pub(super) fn turn(&self, desk: &Arc<dyn Desk>, patience: Duration) -> Result<()> {
        let sockets: Vec<_> = self.sockets.iter().map(AsFd::as_fd).collect();
        if !interrupt::any_readable(&sockets, patience)? {
            return Ok(());
        }
        for socket in &self.sockets {
            match socket.accept() {
                Ok((stream, _)) => self.take(stream, desk),
                // Out of files or memory: it may be better in a moment.
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                    let _ = interrupt::nap(Duration::from_millis(20));
                }
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Gives a connection to a thread of its own; cuts it off where there is none. With no place left, it gets that of the one
    /// that has kept us waiting for a request the longest.
    fn take(&self, stream: TcpStream, desk: &Arc<dyn Desk>) {
        let seat = self.seats.take();
        let full = seat.others >= self.most && !self.seats.free_one();
        if (full && seat.others >= self.most + TURNED_AWAY) || stream.set_nonblocking(false).is_err() {
            return;
        }
        let stream = Arc::new(stream);
        if !full {
            seat.enter(stream.clone());
        }
        let (desk, port) = (desk.clone(), self.port);
        let (patience, most) = (self.patience, self.most);
        let thread = thread::Builder::new().name("preview".into()).stack_size(STACK);
        let _ = thread.spawn(move || {
            let Ok(connection) = Connection::new(stream, &*desk, port, patience) else { return };
            if full {
                return connection.turn_away();
            }
            connection.serve(&seat, &|| seat.taken() + CROWDED > most);
        });
    }

    /// With another patience for heads, and for so many connections.
    #[cfg(test)]
    pub(super) fn bounded(self, patience: Duration, most: usize) -> Self {
        Self { patience, most, ..self }
    }
}

/// Both loopbacks on one port; the first alone where there is no second.
fn pair(port: u16) -> io::Result<(Vec<TcpListener>, u16)> {
    let four = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let port = four.local_addr()?.port();
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
        Ok(six) => Ok((vec![four, six], port)),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(error),
        Err(_) => Ok((vec![four], port)),
    }
}

fn taken(port: Option<u16>, error: io::Error) -> anyhow::Error {
    match (port, error.kind()) {
        (Some(port), io::ErrorKind::AddrInUse) => Fault::refused(
            format!("port {port} is taken"),
            "name another one, or none: a free one is taken then",
        ),
        (Some(port), io::ErrorKind::PermissionDenied) => {
            Fault::refused(format!("port {port} is not for everybody"), "take one above 1023")
        }
        _ => anyhow::Error::new(error).context("failed to listen on localhost"),
    }
}
