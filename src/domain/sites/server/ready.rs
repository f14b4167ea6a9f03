//! Whether a server answers: its own listening sockets, each asked by HTTP.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::State;
use crate::system::http::{self, Bounds};
use crate::system::sockets::Socket;

/// How long an answer may take: the first page may have to be built.
const LONG: Duration = Duration::from_secs(120);
/// Before a socket is asked again that did not answer by HTTP.
const AGAIN: Duration = Duration::from_millis(100);
/// What an answering page on another port than the one that was asked for waits for that one to come up …
const SETTLE: Duration = Duration::from_millis(300);
/// … and to answer, where it has come up.
const SILENT: Duration = Duration::from_secs(5);
/// What an answer that is no page waits for a page.
const NO_PAGE: Duration = Duration::from_secs(2);
/// How a socket answers that is for websockets only.
const UPGRADE: u16 = 426;

/// What a socket answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heard {
    /// The status of `/`.
    pub status: u16,
    /// Whether it is a page.
    pub html: bool,
}

impl Heard {
    /// How far a server is that answers like this.
    pub(super) fn state(self) -> State {
        if (200..400).contains(&self.status) { State::Ok } else { State::Answering }
    }
}

/// Asks the server behind `socket` for `/`; `None` where it does not speak HTTP, or not within `patience`. By GET: not every
/// server knows HEAD.
pub(super) fn hear(socket: Socket, patience: Duration) -> Option<Heard> {
    let bounds = Bounds { patience, body: 0 };
    let host = format!("localhost:{}", socket.address.port());
    let answer = http::ask(socket.reached(), &host, "GET", "/", bounds).ok()?;
    let html = answer.header("content-type").is_some_and(|kind| kind.contains("html"));
    Some(Heard { status: answer.status, html })
}

/// The socket that is the site's: the one on the port that was asked for, else one with a page, else any that answers. `waited` is
/// how long something answers already, and what was not heard yet may still come.
pub(super) fn choose(
    asked: u16,
    seen: &[(Socket, Option<Heard>)],
    waited: Duration,
) -> Option<(Socket, Heard)> {
    let heard = seen.iter().filter_map(|(socket, heard)| Some((*socket, (*heard)?)));
    let heard: Vec<(Socket, Heard)> = heard.filter(|(_, heard)| heard.status != UPGRADE).collect();
    let on_asked = heard.iter().find(|(socket, _)| socket.address.port() == asked);
    if let Some(found) = on_asked {
        return Some(*found);
    }
    let comes_up = seen.iter().any(|(socket, heard)| socket.address.port() == asked && heard.is_none());
    let page =
        heard.iter().filter(|(_, heard)| heard.html).min_by_key(|(_, heard)| heard.state() != State::Ok);
    let (found, patience) = match page {
        Some(page) => (page, SETTLE),
        None => (heard.first()?, NO_PAGE),
    };
    let patience = if comes_up { SILENT } else { patience };
    (waited >= patience).then_some(*found)
}

/// Asks sockets beside us, each until it answers.
#[derive(Debug, Default)]
pub(super) struct Questions {
    asked: HashMap<Socket, Question>,
    since: Option<Instant>,
}

#[derive(Debug)]
enum Question {
    Open(Receiver<Option<Heard>>),
    Again(Instant),
    Answered(Heard),
}

impl Questions {
    /// Asks those of `sockets` that were not, hears what was answered and chooses. `done` is to give up waiting for better ones.
    pub(super) fn choose(&mut self, asked: u16, sockets: &[Socket], done: bool) -> Option<(Socket, Heard)> {
        self.asked.retain(|socket, _| sockets.contains(socket));
        let mut seen = Vec::new();
        for socket in sockets {
            let question = self.asked.entry(*socket).or_insert_with(|| ask(*socket));
            seen.push((*socket, question.heard(*socket)));
        }
        if seen.iter().any(|(_, heard)| heard.is_some()) {
            self.since.get_or_insert_with(Instant::now);
        }
        let waited = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        choose(asked, &seen, if done { Duration::MAX } else { waited })
    }
}

impl Question {
    fn heard(&mut self, socket: Socket) -> Option<Heard> {
        let next = match self {
            Self::Answered(heard) => return Some(*heard),
            Self::Again(at) if at.elapsed() < AGAIN => return None,
            Self::Again(_) => ask(socket),
            Self::Open(answer) => match answer.try_recv() {
                Ok(Some(heard)) => Self::Answered(heard),
                Err(TryRecvError::Empty) => return None,
                Ok(None) | Err(TryRecvError::Disconnected) => Self::Again(Instant::now()),
            },
        };
        *self = next;
        if let Self::Answered(heard) = self { Some(*heard) } else { None }
    }
}

fn ask(socket: Socket) -> Question {
    let (send, answer) = channel();
    let waiting = thread::current();
    let asking = thread::Builder::new().stack_size(256 << 10).spawn(move || {
        let _ = send.send(hear(socket, LONG));
        waiting.unpark();
    });
    if asking.is_ok() { Question::Open(answer) } else { Question::Again(Instant::now()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(port: u16) -> Socket {
        Socket { address: ([127, 0, 0, 1], port).into(), id: port.into() }
    }

    #[test]
    fn the_sites_own_socket_is_chosen() {
        type Case<'c> = (&'c str, &'c [(u16, Option<Heard>)], u64, Option<u16>);
        let (page, error) =
            (Some(Heard { status: 200, html: true }), Some(Heard { status: 500, html: true }));
        let (json, upgrade) =
            (Some(Heard { status: 200, html: false }), Some(Heard { status: 426, html: false }));
        let table: [Case<'_>; 14] = [
            ("nothing listens", &[], 9000, None),
            ("nobody answers", &[(4300, None)], 9000, None),
            ("as asked", &[(4300, page)], 0, Some(4300)),
            ("as asked, and broken", &[(4300, error)], 0, Some(4300)),
            ("as asked, and no page", &[(4300, json)], 0, Some(4300)),
            ("beside a socket for reloading", &[(4000, upgrade), (4300, page)], 0, Some(4300)),
            ("only that one", &[(4000, upgrade)], 9000, None),
            ("another port, at once", &[(4301, page)], 0, None),
            ("another port, later", &[(4301, page)], 300, Some(4301)),
            ("the asked one is slow", &[(4000, page), (4300, None)], 300, None),
            ("the asked one never answers", &[(4000, page), (4300, None)], 5000, Some(4000)),
            ("a page before others", &[(4000, json), (4301, page)], 300, Some(4301)),
            ("a sound page before a broken one", &[(4000, error), (4301, page)], 300, Some(4301)),
            ("no page anywhere", &[(4000, json)], 2000, Some(4000)),
        ];
        for (name, seen, waited, expected) in table {
            let seen: Vec<_> = seen.iter().map(|(port, heard)| (socket(*port), *heard)).collect();
            let chosen = choose(4300, &seen, Duration::from_millis(waited));
            assert_eq!(chosen.map(|(socket, _)| socket.address.port()), expected, "{name}");
        }
    }
}
