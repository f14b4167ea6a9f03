//! Where a body ends: by its length, by its chunks, or with the connection.

use super::chunks::Chunks;
use super::head::{Answered, Asked, Fields};

/// A body on its way, and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// So many bytes are left.
    Length(u64),
    /// In chunks.
    Chunked(Chunks),
    /// All until the connection ends.
    Rest,
}

impl Body {
    /// No body.
    pub const NONE: Self = Self::Length(0);

    /// The body of a request. Errors: its fields say two things about its end, or nothing that can be relied on.
    pub fn of_request(head: &Asked) -> Result<Self, &'static str> {
        let codings = head.fields.words("transfer-encoding");
        if head.fields.first("transfer-encoding").is_none() {
            return Ok(Self::Length(length(&head.fields)?.unwrap_or(0)));
        }
        if head.fields.first("content-length").is_some() {
            return Err("both a length and a transfer coding");
        }
        if head.minor == 0 {
            return Err("a transfer coding in HTTP/1.0");
        }
        if codings != ["chunked"] || head.fields.all("transfer-encoding").count() > 1 {
            return Err("a transfer coding other than chunked");
        }
        Ok(Self::Chunked(Chunks::default()))
    }

    /// The body of the answer to a `method`.
    pub fn of_answer(method: &str, head: &Answered) -> Result<Self, &'static str> {
        if method == "HEAD" || matches!(head.status, 100..200 | 204 | 304) {
            return Ok(Self::NONE);
        }
        let codings = head.fields.words("transfer-encoding");
        match codings.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] | ["identity"] => Ok(length(&head.fields)?.map_or(Self::Rest, Self::Length)),
            ["chunked"] => Ok(Self::Chunked(Chunks::default())),
            _ => Err("a transfer coding other than chunked"),
        }
    }

    /// Whether its end was seen; the [`Body::Rest`] ends with the connection only.
    pub fn done(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunked(chunks) => chunks.done(),
            Self::Rest => false,
        }
    }

    /// Reads on in `bytes` and hands the data among them to `data`; says how many of them belong to the body.
    pub fn take(&mut self, bytes: &[u8], data: &mut dyn FnMut(&[u8])) -> Result<usize, &'static str> {
        let used = match self {
            Self::Length(left) => {
                let used = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= used as u64;
                used
            }
            Self::Chunked(chunks) => return chunks.take(bytes, data),
            Self::Rest => bytes.len(),
        };
        data(&bytes[..used]);
        Ok(used)
    }
}

/// The length that is said, once: several that differ, or no plain number, cannot be relied on.
fn length(fields: &Fields) -> Result<Option<u64>, &'static str> {
    let mut all = fields.all("content-length");
    let Some(first) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err("more than one length");
    }
    let digits = !first.is_empty() && first.len() < 19 && first.iter().all(u8::is_ascii_digit);
    let number = std::str::from_utf8(first).ok().filter(|_| digits).and_then(|text| text.parse().ok());
    number.map(Some).ok_or("a length that is no number")
}

#[cfg(test)]
mod tests {
    use super::super::head;
    use super::*;

    #[test]
    fn a_request_says_once_where_it_ends() {
        let table: [(&str, Result<Body, &str>); 14] = [
            ("", Ok(Body::NONE)),
            ("Content-Length: 12", Ok(Body::Length(12))),
            ("Transfer-Encoding: Chunked", Ok(Body::Chunked(Chunks::default()))),
            ("Content-Length: 1\r\nContent-Length: 1", Err("more than one length")),
            ("Content-Length: 1\r\ncontent-length: 2", Err("more than one length")),
            ("Content-Length: 1, 1", Err("a length that is no number")),
            ("Content-Length: +1", Err("a length that is no number")),
            ("Content-Length: 0x1", Err("a length that is no number")),
            ("Content-Length:", Err("a length that is no number")),
            ("Content-Length: 99999999999999999999", Err("a length that is no number")),
            ("Content-Length: 1\r\nTransfer-Encoding: chunked", Err("both a length and a transfer coding")),
            ("Transfer-Encoding: gzip, chunked", Err("a transfer coding other than chunked")),
            ("Transfer-Encoding:", Err("a transfer coding other than chunked")),
            (
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: ,",
                Err("a transfer coding other than chunked"),
            ),
        ];
        for (fields, expected) in table {
            let gap = if fields.is_empty() { "" } else { "\r\n" };
            let text = format!("POST / HTTP/1.1\r\n{fields}{gap}\r\n");
            assert_eq!(Body::of_request(&head::asked(text.as_bytes()).unwrap()), expected, "{fields}");
        }
        let old = head::asked(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        assert_eq!(Body::of_request(&old), Err("a transfer coding in HTTP/1.0"));
    }

    #[test]
    fn an_answer_may_end_with_its_connection() {
        let table: [(&str, &str, Result<Body, &str>); 8] = [
            ("GET", "200\r\nContent-Length: 3", Ok(Body::Length(3))),
            ("HEAD", "200\r\nContent-Length: 3", Ok(Body::NONE)),
            ("GET", "304\r\nContent-Length: 3", Ok(Body::NONE)),
            ("GET", "204", Ok(Body::NONE)),
            ("GET", "200", Ok(Body::Rest)),
            ("GET", "200\r\nTransfer-Encoding: chunked\r\nContent-Length: 3", {
                Ok(Body::Chunked(Chunks::default()))
            }),
            ("GET", "200\r\nTransfer-Encoding: br", Err("a transfer coding other than chunked")),
            ("GET", "200\r\nContent-Length: 3\r\nContent-Length: 4", Err("more than one length")),
        ];
        for (method, rest, expected) in table {
            let text = format!("HTTP/1.1 {rest}\r\n\r\n");
            let head = head::answered(text.as_bytes()).unwrap();
            assert_eq!(Body::of_answer(method, &head), expected, "{method} {rest}");
        }
    }
}
