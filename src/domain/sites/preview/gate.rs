//! Which requests are let in: those meant for this preview, that say one thing about where they end.

use super::desk::RESERVED;
use crate::system::http::body::Body;
use crate::system::http::head::{self, Asked};

/// Why a request is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// Why, in one line.
    pub why: String,
}

impl Refusal {
    /// Of that status, because of that.
    pub fn new(status: u16, why: impl Into<String>) -> Self {
        Self { status, why: why.into() }
    }
}

/// A request that was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// Its head.
    pub head: Asked,
    /// Where it ends.
    pub body: Body,
    /// The name it knows the preview by: `localhost:4600`.
    pub host: String,
    /// Whether it wants to become a websocket.
    pub websocket: bool,
    /// Whether it waits for a word before it sends its body.
    pub expects: bool,
    /// Whether its connection ends with it.
    pub last: bool,
}

impl Admitted {
    /// The path after the reserved one, and the query, where it is for the preview itself.
    pub fn reserved(&self) -> Option<(&str, Option<&str>)> {
        let (path, query) = match self.head.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (self.head.target.as_str(), None),
        };
        let own = if path == RESERVED.trim_end_matches('/') { Some("") } else { path.strip_prefix(RESERVED) };
        own.map(|path| (path, query))
    }
}

/// Reads a head that came to the preview on `port`.
pub fn admit(bytes: &[u8], port: u16) -> Result<Admitted, Refusal> {
    let head = head::asked(bytes).map_err(|why| match why {
        head::TOO_MANY => Refusal::new(431, why),
        "a version that is neither 1.1 nor 1.0" => Refusal::new(505, why),
        _ => Refusal::new(400, why),
    })?;
    let body = Body::of_request(&head).map_err(|why| Refusal::new(400, why))?;
    let host = host(&head, port)?;
    if matches!(head.method.as_str(), "CONNECT" | "TRACE") {
        return Err(Refusal::new(405, format!("no `{}` here", head.method)));
    }
    if !head.target.starts_with('/') && !(head.target == "*" && head.method == "OPTIONS") {
        return Err(Refusal::new(400, "a target that is no path"));
    }
    let fields = &head.fields;
    let upgrade = fields.lists("connection", "upgrade") && fields.lists("upgrade", "websocket");
    let websocket = upgrade && head.method == "GET" && head.minor == 1 && body.done();
    let expects = head.minor == 1 && fields.lists("expect", "100-continue") && !body.done();
    let last = head.minor == 0 || fields.lists("connection", "close");
    Ok(Admitted { head, body, host, websocket, expects, last })
}

/// The name the preview was called by. Any page of the world can send its visitors here under a name of its own; the browser
/// says which.
fn host(head: &Asked, port: u16) -> Result<String, Refusal> {
    let all: Vec<&[u8]> = head.fields.all("host").collect();
    let [one] = all[..] else {
        return Err(Refusal::new(400, "not exactly one `Host`"));
    };
    let host = String::from_utf8_lossy(one).to_ascii_lowercase();
    if names(port).contains(&host) {
        return Ok(host);
    }
    Err(Refusal::new(
        421,
        format!("this is the preview of `localhost:{port}`, and the request is for another host"),
    ))
}

/// What the preview goes by.
pub fn names(port: u16) -> [String; 3] {
    [format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(text: &str) -> Result<Admitted, u16> {
        admit(text.as_bytes(), 4600).map_err(|refusal| refusal.status)
    }

    #[test]
    fn only_what_is_meant_for_us_is_let_in() {
        for host in ["localhost:4600", "LocalHost:4600", "127.0.0.1:4600", "[::1]:4600"] {
            let found = admitted(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).unwrap();
            assert_eq!(found.host, host.to_ascii_lowercase());
        }
        let strangers = [
            "evil.example",
            "evil.example:4600",
            "localhost",
            "localhost:80",
            "localhost:46000",
            "127.0.0.1",
            "127.0.0.2:4600",
            "localhost.evil.example:4600",
            "x@localhost:4600",
            "localhost:4600.",
            "0.0.0.0:4600",
            "",
        ];
        for host in strangers {
            assert_eq!(admitted(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")), Err(421), "{host}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_turned_away() {
        let table = [
            ("GET / HTTP/1.1\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: localhost:4600\r\nHost: localhost:4600\r\n\r\n", 400),
            (
                "POST / HTTP/1.1\r\nHost: localhost:4600\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                400,
            ),
            (
                "POST / HTTP/1.1\r\nHost: localhost:4600\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
                400,
            ),
            ("POST / HTTP/1.1\r\nHost: localhost:4600\r\nTransfer-Encoding: xchunked\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: localhost:4600\r\nTransfer-Encoding : chunked\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: localhost:4600\r\n folded\r\n\r\n", 400),
            ("GET http://localhost:4600/ HTTP/1.1\r\nHost: localhost:4600\r\n\r\n", 400),
            ("GET * HTTP/1.1\r\nHost: localhost:4600\r\n\r\n", 400),
            ("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:4600\r\n\r\n", 405),
            ("TRACE / HTTP/1.1\r\nHost: localhost:4600\r\n\r\n", 405),
            ("PRI * HTTP/2.0\r\n\r\n", 505),
        ];
        for (text, status) in table {
            assert_eq!(admitted(text), Err(status), "{text}");
        }
        let many = format!("GET / HTTP/1.1\r\nHost: localhost:4600\r\n{}\r\n", "A: b\r\n".repeat(200));
        assert_eq!(admitted(&many), Err(431));
    }

    #[test]
    fn the_reserved_path_is_told_from_the_sites() {
        let table = [
            ("/__taskrun/", Some(("", None))),
            ("/__taskrun", Some(("", None))),
            ("/__taskrun/TOKEN/state?since=3", Some(("TOKEN/state", Some("since=3")))),
            ("/__taskrun?x", Some(("", Some("x")))),
            ("/__taskrunner", None),
            ("/a/__taskrun/", None),
            ("/?/__taskrun/", None),
            ("/", None),
        ];
        for (target, expected) in table {
            let found = admitted(&format!("GET {target} HTTP/1.1\r\nHost: localhost:4600\r\n\r\n")).unwrap();
            assert_eq!(found.reserved(), expected, "{target}");
        }
    }

    #[test]
    fn websockets_and_last_requests_are_known() {
        let table = [
            ("GET", "1.1", "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n", (true, false)),
            ("GET", "1.1", "Upgrade: websocket\r\n", (false, false)),
            ("GET", "1.1", "Connection: Upgrade\r\nUpgrade: h2c\r\n", (false, false)),
            ("POST", "1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", (false, false)),
            (
                "GET",
                "1.1",
                "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n",
                (false, false),
            ),
            ("GET", "1.1", "Connection: close\r\n", (false, true)),
            ("GET", "1.0", "", (false, true)),
        ];
        for (method, version, fields, expected) in table {
            let text = format!("{method} / HTTP/{version}\r\nHost: localhost:4600\r\n{fields}\r\n");
            let found = admitted(&text).unwrap();
            assert_eq!((found.websocket, found.last), expected, "{text}");
        }
    }
}
