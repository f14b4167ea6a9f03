//! Replies of our own as bytes.

use super::desk::Reply;

/// What a reply of the desk says beside its own: it is ours, new each time, and for our own page only.
const GUARDS: &[(&str, &str)] = &[
    ("X-Frame-Options", "SAMEORIGIN"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
];

/// `reply` with the guards that it does not carry itself.
pub fn guarded(mut reply: Reply) -> Reply {
    for (name, value) in GUARDS {
        if !carries(&reply, name) {
            reply.headers.push((*name, (*value).to_owned()));
        }
    }
    reply
}

/// `reply` as it goes out; without its body after a `HEAD`.
pub fn bytes(reply: &Reply, only_head: bool, keep: bool) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} {}\r\n", reply.status, reason(reply.status));
    let mut field = |name: &str, value: &str| {
        // A line break would begin another field.
        let value: String = value.chars().filter(|char| !char.is_control()).collect();
        head.push_str(&[name, ": ", &value, "\r\n"].concat());
    };
    for (name, value) in &reply.headers {
        field(name, value);
    }
    if !reply.kind.is_empty() {
        field("Content-Type", reply.kind);
    }
    if !carries(reply, "cache-control") {
        field("Cache-Control", "no-store");
    }
    field("Content-Length", &reply.body.len().to_string());
    field("Connection", if keep { "keep-alive" } else { "close" });
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    if !only_head {
        bytes.extend_from_slice(&reply.body);
    }
    bytes
}

fn carries(reply: &Reply, name: &str) -> bool {
    reply.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        302 => "Found",
        303 => "See Other",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        421 => "Misdirected Request",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_one_whole_answer() {
        let mut reply = Reply::text(404, "nothing here");
        reply.headers.push(("x-frame-options", "DENY\r\nSet-Cookie: a".into()));
        let text = String::from_utf8(bytes(&guarded(reply), false, true)).unwrap();
        assert_eq!(
            text,
            "HTTP/1.1 404 Not Found\r\nx-frame-options: DENYSet-Cookie: a\r\nX-Content-Type-Options: nosniff\r\n\
             Referrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n\
             Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\nContent-Length: 13\r\n\
             Connection: keep-alive\r\n\r\nnothing here\n"
        );
        let text = String::from_utf8(bytes(&Reply::html(502, "x"), true, false)).unwrap();
        assert!(text.ends_with("Content-Length: 1\r\nConnection: close\r\n\r\n"), "{text}");
    }
}
