//! The proxy between real sockets: sites that are right, slow, broken and gone; browsers that are hostile.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv6Addr, Shutdown, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::desk::{Desk, Reply, Request};
use super::listener::Listener;
use crate::system::http::fake;

struct Fixed(Mutex<Option<u16>>);

impl Desk for Fixed {
    fn answer(&self, request: &Request) -> Reply {
        let body = String::from_utf8_lossy(&request.body);
        let told = format!("{} {} {:?} {body}", request.method, request.path, request.query);
        Reply::text(200, &told)
    }

    fn site(&self) -> Option<u16> {
        *self.0.lock().unwrap()
    }
}

/// A preview that answers until the test ends.
struct Preview {
    port: u16,
    desk: Arc<Fixed>,
}

impl Preview {
    fn of(site: Option<u16>) -> Self {
        Self::bounded(site, Duration::from_secs(20), 256)
    }

    fn bounded(site: Option<u16>, patience: Duration, most: usize) -> Self {
        let listener = Listener::bind(None).unwrap().bounded(patience, most);
        let desk = Arc::new(Fixed(Mutex::new(site)));
        let preview = Self { port: listener.port(), desk: desk.clone() };
        let desk: Arc<dyn Desk> = desk;
        let alive = Arc::downgrade(&preview.desk);
        thread::spawn(move || {
            while alive.strong_count() > 1 {
                listener.turn(&desk, Duration::from_millis(50)).unwrap();
            }
        });
        preview
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// A request with `Host` and the fields given, on a connection of its own; the whole answer.
    fn ask(&self, first: &str, fields: &str) -> String {
        let host = format!("Host: localhost:{}\r\n", self.port);
        self.raw(&format!("{first} HTTP/1.1\r\n{host}Connection: close\r\n{fields}\r\n"))
    }

    fn raw(&self, text: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or(answer)
}

/// Reads so many bytes.
fn exactly(stream: &mut TcpStream, count: usize) -> String {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// A site that answers with the head it got.
fn echo() -> u16 {
    let site = fake::server(|mut stream| {
        loop {
            let head = fake::head(&mut stream);
            if head.is_empty() {
                return;
            }
            let answer =
                format!("HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\nContent-Length: {}\r\n\r\n", head.len());
            stream.write_all((answer + &head).as_bytes()).unwrap();
        }
    });
    site.port()
}

#[test]
fn the_site_answers_under_its_own_name_and_can_be_framed() {
    let site = echo();
    let preview = Preview::of(Some(site));
    let own = format!("http://localhost:{}", preview.port);
    let answer = preview.ask("GET /a?b=c", &format!("Origin: {own}\r\nReferer: {own}/x\r\nCookie: k=v\r\n"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(status(head), "200");
    assert!(!head.contains("X-Frame-Options"), "{head}");
    assert!(body.starts_with(&format!("GET /a?b=c HTTP/1.1\r\nHost: localhost:{site}\r\n")), "{body}");
    let there = format!("http://localhost:{site}");
    assert!(body.contains(&format!("Origin: {there}\r\nReferer: {there}/x\r\nCookie: k=v\r\n")), "{body}");
    if let Ok(mut six) = TcpStream::connect((Ipv6Addr::LOCALHOST, preview.port)) {
        let text = format!("GET / HTTP/1.1\r\nHost: [::1]:{}\r\nConnection: close\r\n\r\n", preview.port);
        six.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        six.read_to_string(&mut answer).unwrap();
        assert_eq!(status(&answer), "200");
    }
}

#[test]
fn connections_are_kept_and_renewed_when_the_site_drops_them() {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = count.clone();
    // Two answers on each connection; then it closes without a word.
    let site = fake::server(move |mut stream| {
        seen.fetch_add(1, Ordering::SeqCst);
        for _ in 0..2 {
            if fake::head(&mut stream).is_empty() {
                return;
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
        }
    });
    let preview = Preview::of(Some(site.port()));
    let mut stream = preview.connect();
    for _ in 0..6 {
        write!(stream, "GET / HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", preview.port).unwrap();
        let head = fake::head(&mut stream);
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("Connection: keep-alive"), "{head}");
        assert_eq!(exactly(&mut stream, 2), "ok");
    }
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

#[test]
fn bodies_go_both_ways_as_they_come() {
    let (sender, got) = mpsc::channel();
    let site = fake::server(move |mut stream| {
        let head = fake::head(&mut stream);
        let mut body = vec![0; if head.contains("chunked") { 25 } else { 3 << 20 }];
        stream.read_exact(&mut body).unwrap();
        sender.send(body).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        stream.write_all(&vec![b'y'; 5 << 20]).unwrap();
    });
    let preview = Preview::of(Some(site.port()));
    let big = "x".repeat(3 << 20);
    let answer = preview.ask("POST /up", &format!("Content-Length: {}\r\n\r\n{big}", big.len()));
    assert!(answer.ends_with(&"y".repeat(5 << 20)), "{}", answer.len());
    assert_eq!(got.recv().unwrap().len(), big.len());
    let answer = preview.ask(
        "POST /up",
        "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x\r\nyou\r\n0\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"), "{}", &answer[..60]);
    assert_eq!(got.recv().unwrap(), b"5\r\nhello\r\n3;x\r\nyou\r\n0\r\n\r\n");
}

#[test]
fn websockets_are_relayed_both_ways() {
    let site = fake::server(|mut stream| {
        let head = fake::head(&mut stream);
        assert!(head.contains("Connection: Upgrade\r\nUpgrade: websocket\r\n"), "{head}");
        assert!(head.contains("Sec-WebSocket-Key: abc\r\n"), "{head}");
        // Its first words come with the head.
        let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                      Sec-WebSocket-Accept: def\r\n\r\nhello";
        stream.write_all(answer.as_bytes()).unwrap();
        let mut bytes = [0; 1024];
        while let Ok(count @ 1..) = stream.read(&mut bytes) {
            stream.write_all(&bytes[..count]).unwrap();
        }
    });
    let preview = Preview::of(Some(site.port()));
    let mut stream = preview.connect();
    let fields = "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: abc\r\n";
    write!(stream, "GET /hmr HTTP/1.1\r\nHost: localhost:{}\r\n{fields}\r\nearly", preview.port).unwrap();
    let head = fake::head(&mut stream);
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    assert!(
        head.contains("Sec-WebSocket-Accept: def\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"),
        "{head}"
    );
    assert_eq!(exactly(&mut stream, 10), "helloearly");
    for round in 0..20 {
        let text = format!("message {round:04}").repeat(100);
        stream.write_all(text.as_bytes()).unwrap();
        assert_eq!(exactly(&mut stream, text.len()), text);
    }
    stream.shutdown(Shutdown::Write).unwrap();
    assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
}

#[test]
fn events_come_at_once_and_end_with_their_listener() {
    let (left, gone) = mpsc::channel();
    let site = fake::server(move |mut stream| {
        fake::head(&mut stream);
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(b"9\r\ndata: 1\n\n\r\n").unwrap();
        // Nothing more comes; who listens leaves.
        left.send(matches!(stream.read(&mut [0]), Ok(0) | Err(_))).unwrap();
    });
    let preview = Preview::of(Some(site.port()));
    let mut stream = preview.connect();
    write!(stream, "GET /events HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", preview.port).unwrap();
    fake::head(&mut stream);
    assert_eq!(exactly(&mut stream, 14), "9\r\ndata: 1\n\n\r\n");
    assert!(gone.recv_timeout(Duration::from_millis(200)).is_err());
    drop(stream);
    assert!(gone.recv_timeout(Duration::from_secs(10)).unwrap());
}

#[test]
fn a_site_that_cannot_be_had_is_told_once_and_looked_for_again() {
    let preview = Preview::of(None);
    let answer = preview.ask("GET /", "");
    assert!(answer.starts_with("HTTP/1.1 502") && answer.contains("http-equiv=refresh"), "{answer}");
    assert!(
        answer.contains("Its server is not running.") && answer.contains("Cache-Control: no-store"),
        "{answer}"
    );
    assert!(!answer.contains("X-Frame-Options"), "{answer}");
    let table = [
        ("", "502", "It closed the connection without an answer."),
        ("SSH-2.0-x\r\n", "502", "What it answered is not HTTP: its first line is none of HTTP."),
        ("HTTP/1.1 200 OK\r\nA b\r\n\r\n", "502", "a header&#39;s name"),
        ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "502", "a length that is no number"),
        ("HTTP/1.1 101 x\r\n\r\n", "502", "another protocol that nobody asked for"),
    ];
    for (said, expected, why) in table {
        let site = fake::says(said, 1000);
        *preview.desk.0.lock().unwrap() = Some(site.port());
        let answer = preview.ask("GET /", "");
        assert_eq!(status(&answer), expected, "{answer}");
        assert!(answer.contains(why) || answer.contains(&why.replace("&#39;", "'")), "{answer}");
    }
    let nobody = Listener::bind(None).unwrap().port();
    *preview.desk.0.lock().unwrap() = Some(nobody);
    assert!(preview.ask("GET /", "").contains("Nothing answers on its port."));
}

#[test]
fn an_answer_that_breaks_off_is_no_success() {
    let table = [
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ];
    for said in table {
        let preview = Preview::of(Some(fake::says(said, 1000).port()));
        let mut stream = preview.connect();
        write!(stream, "GET / HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", preview.port).unwrap();
        let mut bytes = Vec::new();
        let error = stream.read_to_end(&mut bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{said}");
    }
    // Nothing was sent yet: it can still be told.
    for chunks in ["zz\r\nhalf\r\n0\r\n\r\n", "4\r\nhalfx\r\n0\r\n\r\n"] {
        let said = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        let preview = Preview::of(Some(fake::says(said.as_str(), 1000).port()));
        let answer = preview.ask("GET /", "");
        assert_eq!(status(&answer), "502", "{answer}");
        assert!(answer.contains("What it answered is not HTTP"), "{answer}");
    }
}

#[test]
fn hostile_requests_end_in_one_status() {
    let preview = Preview::bounded(Some(echo()), Duration::from_millis(300), 256);
    let host = format!("Host: localhost:{}\r\n", preview.port);
    let long = format!("GET / HTTP/1.1\r\n{host}A: {}\r\n\r\n", "b".repeat(70_000));
    let table = [
        ("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned(), "421"),
        (format!("GET / HTTP/1.1\r\n{host}Host: x\r\n\r\n"), "400"),
        (
            format!(
                "POST / HTTP/1.1\r\n{host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            ),
            "400",
        ),
        (format!("POST / HTTP/1.1\r\n{host}Content-Length: 1\r\nContent-Length: 2\r\n\r\n12"), "400"),
        (format!("POST / HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\nzz\r\n"), "400"),
        (format!("GET / HTTP/1.1\r\n{host} folded: x\r\n\r\n"), "400"),
        (
            format!(
                "POST /__taskrun/x HTTP/1.1\r\n{host}Content-Length: 70000\r\n\r\n{}",
                "x".repeat(70_000)
            ),
            "413",
        ),
        ("\u{16}\u{3}\u{1}\u{2}".to_owned(), "400"),
        (long, "431"),
        (format!("GET / HTTP/1.1\r\n{host}A: "), "408"),
        ("G".to_owned(), "408"),
    ];
    for (text, expected) in table {
        let answer = preview.raw(&text);
        assert_eq!(status(&answer), expected, "{text:.200}: {answer}");
    }
    assert_eq!(preview.raw_silent(), 0, "one that says nothing is let go without a word");
}

impl Preview {
    fn raw_silent(&self) -> usize {
        self.connect().read(&mut [0; 10]).unwrap()
    }
}

#[test]
fn a_head_that_drips_in_has_one_last_moment() {
    let preview = Preview::bounded(Some(echo()), Duration::from_millis(500), 256);
    let mut stream = preview.connect();
    let started = Instant::now();
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let mut answer = [0; 12];
    while stream.write_all(b"G").is_ok() && !matches!(stream.read(&mut answer), Ok(1..)) {
        assert!(started.elapsed() < Duration::from_secs(15));
    }
    assert_eq!(&answer, b"HTTP/1.1 408");
    assert!(started.elapsed() >= Duration::from_millis(450), "{:?}", started.elapsed());
}

#[test]
fn more_requests_than_there_are_places_are_told_so() {
    // A site that takes its time.
    let site = fake::server(|mut stream| drop(stream.read_to_end(&mut Vec::new())));
    let preview = Preview::bounded(Some(site.port()), Duration::from_secs(20), 4);
    let host = format!("Host: localhost:{}\r\n", preview.port);
    let held: Vec<TcpStream> = (0..4).map(|_| preview.connect()).collect();
    for mut stream in &held {
        write!(stream, "GET / HTTP/1.1\r\n{host}\r\n").unwrap();
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    while status(&preview.ask("GET /__taskrun/", "")) != "503" {
        assert!(Instant::now() < deadline);
    }
    drop(held);
    while status(&preview.ask("GET /__taskrun/", "")) != "200" {
        assert!(Instant::now() < deadline);
    }
}

#[test]
fn half_sent_requests_hold_no_place_that_others_want() {
    let preview = Preview::bounded(Some(echo()), Duration::from_secs(20), 4);
    let mut held: Vec<TcpStream> = (0..12).map(|_| preview.connect()).collect();
    for stream in &mut held {
        // The first ones have been let go already.
        let _ = stream.write_all(b"GET / HT");
    }
    for _ in 0..8 {
        assert_eq!(status(&preview.ask("GET /", "")), "200");
    }
}

#[test]
fn the_reserved_path_is_answered_by_the_desk() {
    let preview = Preview::of(None);
    let answer = preview.ask("POST /__taskrun/TOKEN/act?a=b", "Content-Length: 2\r\n\r\nhi");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "POST TOKEN/act Some(\"a=b\") hi\n");
    for guard in ["X-Frame-Options: SAMEORIGIN", "X-Content-Type-Options: nosniff", "Cache-Control: no-store"]
    {
        assert!(head.contains(guard), "{head}");
    }
    let head = preview.ask("HEAD /__taskrun/", "");
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
}
