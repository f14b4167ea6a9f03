//! One connection of a browser: request after request, each answered by the desk or by the site.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::desk::{self, Desk, Reply};
use super::gate::{Admitted, Refusal, admit};
use super::relay;
use super::reply;
use super::rewrite::{self, After, Between};
use super::seats::Seat;
use super::trouble::Came;
use crate::system::http::body::Body;
use crate::system::http::head::{self, Answered};
use crate::system::http::{Failure, Wire, client};

/// How long a head may take from its first byte.
pub const HEAD: Duration = Duration::from_secs(10);
/// How long a connection may lie still between two requests.
const IDLE: Duration = Duration::from_secs(60);
/// How long a browser may keep an answer waiting: films are read as they are watched.
const PAUSED: Duration = Duration::from_secs(60 * 60);
/// How long the site may keep us from sending on.
const STUCK: Duration = Duration::from_secs(60);
/// How long the site may think before it answers: the first page of a large site is compiled when it is asked for.
const THINK: Duration = Duration::from_secs(120);
/// The most a body for the desk may measure.
const BODY: usize = 64 << 10;

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It takes the next request.
    Request,
    /// It ends.
    Close,
    /// It ends so that what was sent last arrives, although more may have been sent to us than was read.
    Farewell,
    /// It breaks: the answer is not whole.
    Reset,
}

/// A browser's connection.
pub struct Connection<'a> {
    client: Wire,
    desk: &'a dyn Desk,
    port: u16,
    patience: Duration,
    /// The connection to the site's port, kept for the next request.
    site: Option<(u16, Wire)>,
}

impl<'a> Connection<'a> {
    /// Of a browser to the preview on `port`; a head may take `patience`.
    pub fn new(
        stream: Arc<TcpStream>,
        desk: &'a dyn Desk,
        port: u16,
        patience: Duration,
    ) -> std::io::Result<Self> {
        Ok(Self { client: Wire::new(stream, PAUSED)?, desk, port, patience, site: None })
    }

    /// Answers until it ends; `crowded` says whether others wait, so that it ends after its next answer. In its
    /// `seat` it is ended for others while it asks for nothing.
    pub fn serve(mut self, seat: &Seat, crowded: &dyn Fn() -> bool) {
        let mut first = true;
        let next = loop {
            let next = self.turn(first, seat, crowded);
            first = false;
            if next != Next::Request {
                break next;
            }
        };
        match next {
            Next::Farewell => self.client.farewell(),
            Next::Reset => self.client.reset(),
            Next::Request | Next::Close => {}
        }
    }

    /// Answers that there is no room, whatever is asked.
    pub fn turn_away(mut self) {
        let _ = self.client.head(Instant::now() + Duration::from_secs(1));
        self.refuse(&Refusal::new(503, "too many connections to the preview"));
        self.client.farewell();
    }

    fn turn(&mut self, first: bool, seat: &Seat, crowded: &dyn Fn() -> bool) -> Next {
        let bytes = match seat.waiting(self.client.shared(), || self.head(first)) {
            Ok(bytes) => bytes,
            Err(None) => return Next::Close,
            Err(Some(refusal)) => return self.refuse(&refusal),
        };
        let mut request = match admit(&bytes, self.port) {
            Ok(request) => request,
            Err(refusal) => return self.refuse(&refusal),
        };
        request.last |= crowded();
        match request.reserved().map(|(path, query)| (path.to_owned(), query.map(str::to_owned))) {
            Some((path, query)) => self.at_the_desk(&request, path, query),
            None => self.at_the_site(&request),
        }
    }

    /// Waits for the head of the next request; without one there is a refusal, or nothing to say.
    fn head(&mut self, first: bool) -> Result<Vec<u8>, Option<Refusal>> {
        let idle = if first { self.patience } else { IDLE };
        if self.client.unread().is_empty() && !matches!(self.client.more(Instant::now() + idle), Ok(true)) {
            return Err(None);
        }
        // A browser that speaks TLS waits for an answer in kind.
        if self.client.unread().first().is_some_and(|byte| !byte.is_ascii_graphic() && *byte != b'\r') {
            return Err(Some(Refusal::new(400, "this is plain HTTP")));
        }
        match self.client.head(Instant::now() + self.patience) {
            Ok(Some(bytes)) => Ok(bytes),
            Err(Failure::Late) => Err(Some(Refusal::new(408, "the request took too long"))),
            Err(Failure::Long) => Err(Some(Refusal::new(431, "the request's head is longer than 64 KiB"))),
            Ok(None) | Err(_) => Err(None),
        }
    }

    fn refuse(&mut self, refusal: &Refusal) -> Next {
        let reply = Reply::text(refusal.status, &refusal.why);
        let _ = self.client.write(&reply::bytes(&reply, false, false));
        Next::Farewell
    }

    /// Writes a reply of our own. What is left of the request's body is not read: the connection ends then.
    fn say(&mut self, request: &Admitted, body: &Body, reply: &Reply) -> Next {
        let keep = body.done() && !request.last;
        let bytes = reply::bytes(reply, request.head.method == "HEAD", keep);
        match self.client.write(&bytes) {
            Err(_) => Next::Close,
            Ok(()) if keep => Next::Request,
            Ok(()) => Next::Farewell,
        }
    }

    fn at_the_desk(&mut self, request: &Admitted, path: String, query: Option<String>) -> Next {
        let mut body = request.body.clone();
        let text = match self.read_all(request, &mut body) {
            Ok(text) => text,
            Err(refusal) => return self.refuse(&refusal),
        };
        let fields = request.head.fields.0.iter();
        let headers = fields
            .map(|(name, value)| (name.to_ascii_lowercase(), String::from_utf8_lossy(value).into_owned()));
        let method = request.head.method.clone();
        let asked = desk::Request { method, path, query, headers: headers.collect(), body: text };
        let reply = reply::guarded(self.desk.answer(&asked));
        self.say(request, &body, &reply)
    }

    fn read_all(&mut self, request: &Admitted, body: &mut Body) -> Result<Vec<u8>, Refusal> {
        let late = |_| Refusal::new(408, "the request took too long");
        if request.expects {
            self.client.write(relay::GO_ON).map_err(late)?;
        }
        let (mut text, last) = (Vec::new(), Instant::now() + HEAD);
        while !body.done() {
            if self.client.unread().is_empty() && !self.client.more(last).map_err(late)? {
                return Err(Refusal::new(400, "the request ended too early"));
            }
            let taken = body.take(self.client.unread(), &mut |data| text.extend_from_slice(data));
            self.client.used(taken.map_err(|why| Refusal::new(400, why))?);
            if text.len() > BODY {
                return Err(Refusal::new(413, "more than 64 KiB"));
            }
        }
        Ok(text)
    }

    fn at_the_site(&mut self, request: &Admitted) -> Next {
        let Some(site) = self.desk.site() else {
            let reply = self.desk.instead(502, "Its server is not running.");
            return self.say(request, &request.body, &reply);
        };
        let mut body = request.body.clone();
        // Only what may be asked twice is asked on a connection that the site may be closing just now.
        let again = body.done() && matches!(request.head.method.as_str(), "GET" | "HEAD" | "OPTIONS");
        let kept = self.site.take().filter(|(port, wire)| again && *port == site && wire.quiet());
        if let Some((_, mut wire)) = kept {
            match self.ask(&mut wire, request, &mut body, site) {
                Ok(head) => return self.pass(wire, &head, request, (&body, site)),
                Err(Failure::Ended | Failure::Broken(_)) if wire.unread().is_empty() => {}
                Err(failure) => return self.tell(request, &body, &failure),
            }
        }
        let fresh = client::connect("localhost", site, STUCK);
        let fresh = fresh.and_then(|stream| Wire::new(stream, STUCK).map_err(Failure::Broken));
        let mut wire = match fresh {
            Ok(wire) => wire,
            Err(failure) => return self.tell(request, &body, &failure),
        };
        match self.ask(&mut wire, request, &mut body, site) {
            Ok(head) => self.pass(wire, &head, request, (&body, site)),
            Err(failure) => self.tell(request, &body, &failure),
        }
    }

    /// Sends `request` to the site and waits for the head of its answer.
    fn ask(
        &mut self,
        wire: &mut Wire,
        request: &Admitted,
        body: &mut Body,
        site: u16,
    ) -> Result<Answered, Failure> {
        let between = Between { preview: self.port, site };
        let sent = wire.write(&rewrite::request(request, between));
        let sent = sent.and_then(|()| relay::up(&mut self.client, wire, body, request.expects));
        if let Err(failure @ (Failure::Left | Failure::NotHttp(_))) = sent {
            return Err(failure);
        }
        // One that does not want all of the body may have answered already.
        let last = Instant::now() + THINK;
        for _ in 0..16 {
            let bytes = wire.answer(&mut |wire| wire.more_for(&self.client, last))?;
            let head = head::answered(&bytes).map_err(Failure::NotHttp)?;
            match head.status {
                101 if request.websocket => return Ok(head),
                101 => return Err(Failure::NotHttp("another protocol that nobody asked for")),
                100..200 => {}
                _ => return Ok(head),
            }
        }
        Err(Failure::NotHttp("nothing but preliminary answers"))
    }

    /// Passes the site's answer on.
    fn pass(&mut self, mut wire: Wire, head: &Answered, request: &Admitted, sent: (&Body, u16)) -> Next {
        let (asked, site) = sent;
        let between = Between { preview: self.port, site };
        if head.status == 101 {
            let bytes = rewrite::answer(head, request, between, After::Upgrade);
            if self.client.write(&bytes).is_ok() {
                relay::both(&mut self.client, &mut wire);
            }
            return Next::Close;
        }
        self.desk.came(request, &Came::Answer(head));
        let mut body = match Body::of_answer(&request.head.method, head) {
            Ok(body) => body,
            Err(why) => return self.tell(request, asked, &Failure::NotHttp(why)),
        };
        let keep = !request.last && asked.done() && body != Body::Rest;
        let after = if keep { After::Keep } else { After::Close };
        let mut unsent = Some(rewrite::answer(head, request, between, after));
        let passed = relay::down(&mut wire, &mut self.client, &mut unsent, &mut body);
        match passed {
            Ok(()) if keep => {
                if head.minor == 1 && !head.fields.lists("connection", "close") && wire.unread().is_empty() {
                    self.site = Some((site, wire));
                }
                Next::Request
            }
            Ok(()) => Next::Farewell,
            Err(failure) if unsent.is_some() => self.tell(request, asked, &failure),
            Err(failure) => {
                self.desk.came(request, &Came::Half(&failure));
                Next::Reset
            }
        }
    }

    /// Says why there is no answer of the site.
    fn tell(&mut self, request: &Admitted, body: &Body, failure: &Failure) -> Next {
        let (status, why) = match failure {
            Failure::Left | Failure::Interrupted(_) => return Next::Close,
            Failure::NotHttp(why) if !body.done() && body != &request.body => {
                return self.refuse(&Refusal::new(400, *why));
            }
            Failure::Late => (504, "It has not answered in time.".to_owned()),
            Failure::Refused(_) => (502, "Nothing answers on its port.".to_owned()),
            Failure::Ended => (502, "It closed the connection without an answer.".to_owned()),
            Failure::Broken(error) => (502, format!("Its connection broke: {error}.")),
            Failure::Long => (502, "The head of its answer is longer than 64 KiB.".to_owned()),
            Failure::NotHttp(why) => (502, format!("What it answered is not HTTP: {why}.")),
        };
        let reply = self.desk.instead(status, &why);
        self.say(request, body, &reply)
    }
}
