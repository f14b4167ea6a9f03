//! What the proxy changes in heads: names of the preview for those of the site and back, and nothing that forbids a frame.

use super::gate::{Admitted, names};
use crate::system::http::body::Body;
use crate::system::http::head::{Answered, Fields};

/// Fields that are about one connection only, or that are written anew.
const OWN: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "content-length",
    "upgrade",
    "expect",
    "host",
];

/// Between which two the proxy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Between {
    /// The preview's port.
    pub preview: u16,
    /// The site's port.
    pub site: u16,
}

/// The head of `request` as the site gets it: under the site's own name, from the site's own origin where it was from ours.
pub fn request(request: &Admitted, between: Between) -> Vec<u8> {
    let head = &request.head;
    let mut out = format!("{} {} HTTP/1.{}\r\n", head.method, head.target, head.minor).into_bytes();
    field(&mut out, "Host", format!("localhost:{}", between.site).as_bytes());
    for (name, value) in passed(&head.fields) {
        match name.to_ascii_lowercase().as_str() {
            "origin" | "referer" => field(&mut out, name, &to_site(value, between)),
            _ => field(&mut out, name, value),
        }
    }
    match &request.body {
        Body::Chunked(_) => field(&mut out, "Transfer-Encoding", b"chunked"),
        _ => said_length(&mut out, &head.fields),
    }
    if request.websocket {
        field(&mut out, "Connection", b"Upgrade");
        field(&mut out, "Upgrade", b"websocket");
    } else {
        let word: &[u8] = if head.minor == 0 { b"close" } else { b"keep-alive" };
        field(&mut out, "Connection", word);
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// How the answer's connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// It takes the next request.
    Keep,
    /// It ends.
    Close,
    /// It becomes a websocket.
    Upgrade,
}

/// The head of the answer to `request` as the browser gets it: framable, with the preview's name where the site names itself.
pub fn answer(head: &Answered, request: &Admitted, between: Between, after: After) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 {} {}\r\n", head.status, head.reason).into_bytes();
    for (name, value) in passed(&head.fields) {
        match name.to_ascii_lowercase().as_str() {
            "x-frame-options" => {}
            "content-security-policy" | "content-security-policy-report-only" => {
                if let Some(policy) = framable(value) {
                    field(&mut out, name, &policy);
                }
            }
            "location" | "content-location" | "access-control-allow-origin" => {
                field(&mut out, name, &to_preview(value, between, &request.host));
            }
            "refresh" => field(&mut out, name, &refreshed(value, between, &request.host)),
            _ => field(&mut out, name, value),
        }
    }
    let chunked = head.fields.first("transfer-encoding").is_some_and(|_| {
        head.fields.lists("transfer-encoding", "chunked") && !matches!(head.status, 100..200 | 204)
    });
    if chunked {
        field(&mut out, "Transfer-Encoding", b"chunked");
    } else {
        said_length(&mut out, &head.fields);
    }
    let word: &[u8] = match after {
        After::Keep => b"keep-alive",
        After::Close => b"close",
        After::Upgrade => b"Upgrade",
    };
    field(&mut out, "Connection", word);
    if after == After::Upgrade {
        field(&mut out, "Upgrade", head.fields.first("upgrade").unwrap_or(b"websocket"));
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// The fields that are passed on: not those of the connection, nor those that it names as its own.
fn passed(fields: &Fields) -> impl Iterator<Item = (&str, &[u8])> {
    let named = fields.words("connection");
    let own = move |name: &str| {
        let name = name.to_ascii_lowercase();
        OWN.contains(&name.as_str()) || named.contains(&name)
    };
    fields.0.iter().filter(move |(name, _)| !own(name)).map(|(name, value)| (name.as_str(), value.as_slice()))
}

fn field(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

fn said_length(out: &mut Vec<u8>, fields: &Fields) {
    if let Some(length) = fields.first("content-length") {
        field(out, "Content-Length", length);
    }
}

/// A policy without `frame-ancestors`; none where nothing else stands in it. All else is left to the letter.
pub fn framable(policy: &[u8]) -> Option<Vec<u8>> {
    // A field may hold several policies, between commas.
    let policies = policy.split(|byte| *byte == b',').map(|one| {
        let kept = one.split(|byte| *byte == b';').filter(|directive| {
            let word = directive.trim_ascii().split(u8::is_ascii_whitespace).next().unwrap_or_default();
            !word.eq_ignore_ascii_case(b"frame-ancestors")
        });
        kept.collect::<Vec<_>>().join(&b';')
    });
    let full = |one: &Vec<u8>| one.iter().any(|byte| !byte.is_ascii_whitespace() && *byte != b';');
    let kept: Vec<Vec<u8>> = policies.filter(full).collect();
    (!kept.is_empty()).then(|| kept.join(&b',').trim_ascii().to_vec())
}

/// A URL of the preview as one of the site.
fn to_site(value: &[u8], between: Between) -> Vec<u8> {
    let ours = names(between.preview).map(|name| format!("http://{name}"));
    renamed(value, &ours, &format!("http://localhost:{}", between.site))
}

/// A URL of the site as one of the preview, which is called `host` there.
fn to_preview(value: &[u8], between: Between, host: &str) -> Vec<u8> {
    let theirs = names(between.site);
    let full = theirs.each_ref().map(|name| format!("http://{name}"));
    let changed = renamed(value, &full, &format!("http://{host}"));
    renamed(&changed, &theirs.map(|name| format!("//{name}")), &format!("//{host}"))
}

/// A `Refresh` (`5; url=http://…`) that stays in the preview.
fn refreshed(value: &[u8], between: Between, host: &str) -> Vec<u8> {
    let spaces = |at: usize| at + value[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let Some(mark) = value.iter().position(|byte| matches!(byte, b';' | b',')) else { return value.to_vec() };
    let mut at = spaces(mark + 1);
    if value[at..].get(..3).is_some_and(|word| word.eq_ignore_ascii_case(b"url")) {
        let sign = spaces(at + 3);
        if value.get(sign) == Some(&b'=') {
            at = spaces(sign + 1);
        }
    }
    let mut end = value.len();
    if let Some(quote) = value.get(at).copied().filter(|byte| matches!(byte, b'"' | b'\'')) {
        at += 1;
        end = value[at..].iter().position(|byte| *byte == quote).map_or(end, |length| at + length);
    }
    [&value[..at], &to_preview(&value[at..end], between, host), &value[end..]].concat()
}

/// `url` with `origin` in the place of one of `origins` at its start.
fn renamed(url: &[u8], origins: &[String], origin: &str) -> Vec<u8> {
    for own in origins {
        let Some((start, rest)) = url.split_at_checked(own.len()) else { continue };
        let ends = matches!(rest.first(), None | Some(b'/' | b'?' | b'#'));
        if ends && start.eq_ignore_ascii_case(own.as_bytes()) {
            return [origin.as_bytes(), rest].concat();
        }
    }
    url.to_vec()
}

#[cfg(test)]
#[path = "rewrite_tests.rs"]
mod tests;
