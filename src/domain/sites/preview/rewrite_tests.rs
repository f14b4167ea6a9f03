//! Tables of rewritten heads, and random ones: whatever comes in, what goes out is one head that says one thing.

use proptest::prelude::*;

use super::super::gate::admit;
use super::*;
use crate::system::http::head;

const BETWEEN: Between = Between { preview: 4600, site: 5173 };

fn passed_on(fields: &str) -> String {
    let text = format!("GET /a HTTP/1.1\r\nHost: 127.0.0.1:4600\r\n{fields}\r\n");
    let out = request(&admit(text.as_bytes(), 4600).unwrap(), BETWEEN);
    let out = String::from_utf8(out).unwrap();
    let rest = out.strip_prefix("GET /a HTTP/1.1\r\nHost: localhost:5173\r\n").unwrap();
    rest.strip_suffix("\r\n").unwrap().to_owned()
}

fn sent_back(fields: &str) -> String {
    let asked = admit(b"GET /a HTTP/1.1\r\nHost: 127.0.0.1:4600\r\n\r\n", 4600).unwrap();
    let text = format!("HTTP/1.1 200 Fine\r\n{fields}\r\n");
    let out = answer(&head::answered(text.as_bytes()).unwrap(), &asked, BETWEEN, After::Keep);
    let out = String::from_utf8(out).unwrap();
    let rest = out.strip_prefix("HTTP/1.1 200 Fine\r\n").unwrap();
    rest.strip_suffix("Connection: keep-alive\r\n\r\n").unwrap().to_owned()
}

#[test]
fn the_site_is_asked_under_its_own_name() {
    let table = [
        ("Origin: http://127.0.0.1:4600\r\n", "Origin: http://localhost:5173\r\n"),
        ("Origin: http://localhost:4600\r\n", "Origin: http://localhost:5173\r\n"),
        ("Origin: http://localhost:46000\r\n", "Origin: http://localhost:46000\r\n"),
        ("Origin: https://evil.example\r\n", "Origin: https://evil.example\r\n"),
        ("Origin: null\r\n", "Origin: null\r\n"),
        ("Referer: http://127.0.0.1:4600/x?y\r\n", "Referer: http://localhost:5173/x?y\r\n"),
        (
            "referer: http://other/http://127.0.0.1:4600/\r\n",
            "referer: http://other/http://127.0.0.1:4600/\r\n",
        ),
        ("Cookie: a=b\r\nAccept-Encoding: gzip, br\r\n", "Cookie: a=b\r\nAccept-Encoding: gzip, br\r\n"),
        ("Connection: close, X-Own\r\nX-Own: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nA: b\r\n", "A: b\r\n"),
        ("Connection: Upgrade\r\nUpgrade: h2c\r\n", ""),
        ("Content-Length: 3\r\n", "Content-Length: 3\r\n"),
        ("Transfer-Encoding: CHUNKED\r\n", "Transfer-Encoding: chunked\r\n"),
    ];
    for (fields, expected) in table {
        assert_eq!(passed_on(fields), format!("{expected}Connection: keep-alive\r\n"), "{fields}");
    }
    let socket = passed_on("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n");
    assert_eq!(socket, "Sec-WebSocket-Key: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n");
}

#[test]
fn answers_can_be_framed_and_name_the_preview() {
    let table = [
        ("X-Frame-Options: DENY\r\nA: b\r\n", "A: b\r\n"),
        ("x-frame-options: SAMEORIGIN\r\nX-FRAME-OPTIONS: x\r\n", ""),
        ("Content-Security-Policy: frame-ancestors 'none'\r\n", ""),
        (
            "Content-Security-Policy: default-src 'self'; frame-ancestors 'none'; img-src *\r\n",
            "Content-Security-Policy: default-src 'self'; img-src *\r\n",
        ),
        (
            "Content-Security-Policy-Report-Only: frame-ancestors x;report-uri /r\r\n",
            "Content-Security-Policy-Report-Only: report-uri /r\r\n",
        ),
        ("Location: http://localhost:5173/a\r\n", "Location: http://127.0.0.1:4600/a\r\n"),
        ("Location: HTTP://LOCALHOST:5173\r\n", "Location: http://127.0.0.1:4600\r\n"),
        ("Location: http://[::1]:5173?x\r\n", "Location: http://127.0.0.1:4600?x\r\n"),
        ("Location: //127.0.0.1:5173/a\r\n", "Location: //127.0.0.1:4600/a\r\n"),
        (
            "Refresh: 5; url=http://localhost:5173/a?u=1;2\r\n",
            "Refresh: 5; url=http://127.0.0.1:4600/a?u=1;2\r\n",
        ),
        ("Refresh: 0;URL = 'http://127.0.0.1:5173'\r\n", "Refresh: 0;URL = 'http://127.0.0.1:4600'\r\n"),
        ("Refresh: 0, http://localhost:5173/\r\n", "Refresh: 0, http://127.0.0.1:4600/\r\n"),
        ("Refresh: 3; url=http://elsewhere:5173/\r\n", "Refresh: 3; url=http://elsewhere:5173/\r\n"),
        (
            "Refresh: 3\r\nRefresh: 3;\r\nRefresh: 3;url\r\n",
            "Refresh: 3\r\nRefresh: 3;\r\nRefresh: 3;url\r\n",
        ),
        ("Location: /a\r\n", "Location: /a\r\n"),
        ("Location: http://localhost:51730/a\r\n", "Location: http://localhost:51730/a\r\n"),
        ("Location: https://localhost:5173/a\r\n", "Location: https://localhost:5173/a\r\n"),
        (
            "Location: http://localhost:5173@evil.example/\r\n",
            "Location: http://localhost:5173@evil.example/\r\n",
        ),
        ("Access-Control-Allow-Origin: *\r\n", "Access-Control-Allow-Origin: *\r\n"),
        ("Set-Cookie: a=b; Path=/\r\nSet-Cookie: c=d\r\n", "Set-Cookie: a=b; Path=/\r\nSet-Cookie: c=d\r\n"),
        ("Connection: close\r\nKeep-Alive: timeout=5\r\nContent-Length: 7\r\n", "Content-Length: 7\r\n"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 7\r\n", "Transfer-Encoding: chunked\r\n"),
    ];
    for (fields, expected) in table {
        assert_eq!(sent_back(fields), expected, "{fields}");
    }
}

#[test]
fn only_the_ancestors_leave_a_policy() {
    let table = [
        ("frame-ancestors 'self'", None),
        (" Frame-Ancestors\t'self' ; ", None),
        ("frame-ancestors", None),
        ("a b; frame-ancestors c", Some("a b")),
        ("frame-ancestors c; a b", Some("a b")),
        ("a; frame-ancestors c, frame-ancestors d", Some("a")),
        ("frame-ancestors c, d e; frame-ancestors f", Some("d e")),
        ("a b, c d", Some("a b, c d")),
        ("frame-src 'self'; x-frame-ancestors y", Some("frame-src 'self'; x-frame-ancestors y")),
        ("", None),
    ];
    for (policy, expected) in table {
        let found = framable(policy.as_bytes()).map(|policy| String::from_utf8(policy).unwrap());
        assert_eq!(found.as_deref(), expected, "{policy}");
    }
}

fn any_field() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("Connection"),
        Just("Content-Length"),
        Just("Transfer-Encoding"),
        Just("Location"),
        Just("Refresh"),
        Just("Origin"),
        Just("X-Frame-Options"),
        Just("Content-Security-Policy"),
        Just("Upgrade"),
        Just("Host"),
        Just("X-A"),
    ];
    let value = prop_oneof![
        "[ -~]{0,30}",
        Just("close, upgrade".to_owned()),
        Just("chunked".to_owned()),
        Just("7".to_owned()),
        Just("frame-ancestors *;;,;frame-ancestors".to_owned()),
        Just("http://localhost:5173".to_owned()),
        Just("0;url='http://localhost:5173".to_owned()),
        Just("localhost:4600".to_owned()),
        "\\PC{0,10}",
    ];
    (name, value).prop_map(|(name, value)| format!("{name}: {value}\r\n"))
}

proptest! {
    #[test]
    fn whatever_comes_one_sound_head_goes_out(fields in proptest::collection::vec(any_field(), 0..8)) {
        let text = format!("GET / HTTP/1.1\r\nHost: localhost:4600\r\n{}\r\n", fields.concat());
        if let Ok(asked) = admit(text.as_bytes(), 4600) {
            let out = head::asked(&request(&asked, BETWEEN)).unwrap();
            prop_assert_eq!(out.fields.first("host"), Some(&b"localhost:5173"[..]));
            prop_assert_eq!(out.fields.all("host").count(), 1);
            prop_assert_eq!(out.fields.all("connection").count(), 1);
            prop_assert_eq!(Body::of_request(&out), Ok(asked.body));
        }
        let asked = admit(b"GET / HTTP/1.1\r\nHost: localhost:4600\r\n\r\n", 4600).unwrap();
        let text = format!("HTTP/1.1 200 OK\r\n{}\r\n", fields.concat());
        if let Ok(head) = head::answered(text.as_bytes()) && let Ok(body) = Body::of_answer("GET", &head) {
            let out = head::answered(&answer(&head, &asked, BETWEEN, After::Close)).unwrap();
            prop_assert_eq!(Body::of_answer("GET", &out), Ok(body));
            prop_assert!(out.fields.first("x-frame-options").is_none());
            let policies = out.fields.all("content-security-policy");
            prop_assert!(policies.into_iter().all(|policy| framable(policy).as_deref() == Some(policy)));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = framable(&bytes);
        let _ = to_site(&bytes, BETWEEN);
        let _ = to_preview(&bytes, BETWEEN, "localhost:4600");
        let _ = admit(&bytes, 4600);
        let _ = head::answered(&bytes);
    }
}
