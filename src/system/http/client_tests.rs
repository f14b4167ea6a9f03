//! The client against servers that are right, wrong, slow and endless.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use super::client::{Answer, Bounds, ask, ask_url};
use super::fake;
use super::wire::Failure;

const BOUNDS: Bounds = Bounds { patience: Duration::from_secs(10), body: 1 << 20 };

fn get(address: SocketAddr) -> anyhow::Result<Answer> {
    ask(address, "localhost:1", "GET", "/", BOUNDS)
}

fn failure(outcome: anyhow::Result<Answer>) -> String {
    let error = outcome.unwrap_err();
    assert!(error.downcast_ref::<Failure>().is_some(), "{error:?}");
    error.root_cause().to_string()
}

#[test]
fn bodies_come_whole_however_they_are_sent() {
    let table = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\nhello, more", 200, "hello"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x\r\nlo\r\n0\r\n\r\n",
            200,
            "hello",
        ),
        ("HTTP/1.0 404 Gone\r\n\r\nhello", 404, "hello"),
        ("HTTP/1.1 103 Early\r\nA: c\r\n\r\nHTTP/1.1 100 x\r\n\r\nHTTP/1.1 500 x\r\n\r\nhello", 500, "hello"),
        ("HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n", 204, ""),
        ("HTTP/1.1 304 x\r\n\r\n", 304, ""),
    ];
    for (answer, status, body) in table {
        for step in [1, 1000] {
            let found = get(fake::says(answer, step)).unwrap();
            assert_eq!(
                (found.status, String::from_utf8(found.body).unwrap().as_str()),
                (status, body),
                "{answer}"
            );
            assert!(!found.cut, "{answer}");
        }
    }
}

#[test]
fn one_clear_error_for_what_is_no_answer() {
    let table = [
        ("", "the connection ended before the answer did"),
        ("HTTP/1.1 200 OK\r\nA: b", "the connection ended before the answer did"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "the connection ended before the answer did"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "the connection ended before the answer did",
        ),
        ("SSH-2.0-OpenSSH_9.2\r\n", "what came is not HTTP: its first line is none of HTTP"),
        ("\u{15}\u{3}\u{1}", "what came is not HTTP: its first line is none of HTTP"),
        (
            "HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n",
            "what came is not HTTP: another protocol that nobody asked for",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "what came is not HTTP: a chunk's size that is no number",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "what came is not HTTP: a length that is no number",
        ),
        ("HTTP/1.1 200 OK\r\nA b\r\n\r\n", "what came is not HTTP: a header's name that is none"),
    ];
    for (answer, told) in table {
        assert_eq!(failure(get(fake::says(answer, 1000))), told, "{answer}");
    }
    let many = "HTTP/1.1 100 x\r\n\r\n".repeat(17);
    assert_eq!(
        failure(get(fake::says(many, 1000))),
        "what came is not HTTP: nothing but preliminary answers"
    );
    let long = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "b".repeat(70_000));
    assert_eq!(failure(get(fake::says(long, 1000))), "the head is longer than 64 KiB");
}

#[test]
fn endless_and_slow_servers_are_left_in_time() {
    let beat = Duration::from_millis(20);
    let quick = Bounds { patience: Duration::from_millis(400), body: 100 };
    let ask = |address| ask(address, "localhost:1", "GET", "/", quick);
    let started = Instant::now();
    let slow = [
        fake::drips("", "", Duration::from_secs(20)),
        fake::drips("H", "", beat),
        fake::drips("HTTP/1.1 200 OK\r\n", "A: b\r\n", beat),
        fake::drips("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n", "x", beat),
        fake::drips("HTTP/1.1 200 OK\r\n\r\n", "x", beat),
    ];
    for address in slow {
        assert_eq!(failure(ask(address)), "no full answer in time");
    }
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    let endless = fake::drips("HTTP/1.1 200 OK\r\n\r\n", "a line that comes again and again", Duration::ZERO);
    let found = ask(endless).unwrap();
    assert!(found.cut && found.body.len() == 100);
    let head_only = super::ask(endless, "localhost:1", "HEAD", "/", quick).unwrap();
    assert!(head_only.body.is_empty() && !head_only.cut);
}

#[test]
fn both_loopbacks_are_tried() {
    let four = fake::says("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n4", 99);
    let found = ask_url(&format!("http://localhost:{}/", four.port()), "GET", BOUNDS).unwrap();
    assert_eq!(found.body, b"4");
    let found = ask_url(&format!("http://127.0.0.1:{}", four.port()), "GET", BOUNDS).unwrap();
    assert_eq!(found.body, b"4");
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    drop(taken);
    let nobody = ask_url(&format!("http://localhost:{port}/"), "GET", BOUNDS).unwrap_err();
    assert!(format!("{nobody:#}").contains("no connection"), "{nobody:#}");
    assert!(ask_url("http://example.com/", "GET", BOUNDS).is_err());
}
