//! Heads of requests and answers, read strictly.

/// The most headers a head may have.
const MOST: usize = 128;

/// Header fields in their order, names as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(pub Vec<(String, Vec<u8>)>);

impl Fields {
    /// All values of that name, in whatever case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let named = self.0.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_slice())
    }

    /// The first of them.
    pub fn first<'a>(&'a self, name: &'a str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// Whether a comma-separated field of that name holds `word`, in whatever case.
    pub fn lists(&self, name: &str, word: &str) -> bool {
        self.words(name).iter().any(|own| own == word)
    }

    /// The words of a comma-separated field, in lower case.
    pub fn words(&self, name: &str) -> Vec<String> {
        let texts = self.all(name).map(|value| String::from_utf8_lossy(value).to_ascii_lowercase());
        let texts: Vec<String> = texts.collect();
        let words = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    fn of(headers: &[httparse::Header<'_>]) -> Self {
        Self(headers.iter().map(|header| (header.name.to_owned(), header.value.to_vec())).collect())
    }
}

/// The head of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// The path with its query, or whatever stands there.
    pub target: String,
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    pub minor: u8,
    /// The fields.
    pub fields: Fields,
}

/// The head of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answered {
    /// The status code.
    pub status: u16,
    /// What stands beside it.
    pub reason: String,
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    pub minor: u8,
    /// The fields.
    pub fields: Fields,
}

/// Reads the head of a request: all of `bytes`, with the empty line at its end.
pub fn asked(bytes: &[u8]) -> Result<Asked, &'static str> {
    lines_are_whole(bytes)?;
    let mut headers = [httparse::EMPTY_HEADER; MOST];
    let mut request = httparse::Request::new(&mut headers);
    whole(request.parse(bytes), bytes)?;
    Ok(Asked {
        method: request.method.unwrap_or_default().to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        minor: request.version.unwrap_or_default(),
        fields: Fields::of(request.headers),
    })
}

/// Reads the head of an answer: all of `bytes`, with the empty line at its end.
pub fn answered(bytes: &[u8]) -> Result<Answered, &'static str> {
    lines_are_whole(bytes)?;
    let mut headers = [httparse::EMPTY_HEADER; MOST];
    let mut response = httparse::Response::new(&mut headers);
    whole(response.parse(bytes), bytes)?;
    let status = response.code.filter(|code| (100..1000).contains(code)).ok_or("a status out of range")?;
    Ok(Answered {
        status,
        reason: response.reason.unwrap_or_default().to_owned(),
        minor: response.version.unwrap_or_default(),
        fields: Fields::of(response.headers),
    })
}

/// A line ends with CR and LF, and neither stands elsewhere: others might see more lines in it than we do.
fn lines_are_whole(bytes: &[u8]) -> Result<(), &'static str> {
    let mut rest = bytes;
    while let Some(at) = memchr::memchr2(b'\r', b'\n', rest) {
        if !rest[at..].starts_with(b"\r\n") {
            return Err("a line that ends otherwise than in CR LF");
        }
        rest = &rest[at + 2..];
    }
    Ok(())
}

fn whole(parsed: httparse::Result<usize>, bytes: &[u8]) -> Result<(), &'static str> {
    match parsed {
        Ok(httparse::Status::Complete(end)) if end == bytes.len() => Ok(()),
        Ok(_) => Err("a head that ends too early"),
        Err(httparse::Error::HeaderName) => Err("a header's name that is none"),
        Err(httparse::Error::HeaderValue) => Err("a header's value that is none"),
        Err(httparse::Error::NewLine) => Err("a line that ends otherwise than in CR LF"),
        Err(httparse::Error::Status) => Err("a status that is none"),
        Err(httparse::Error::Token) => Err("a first line that is none"),
        Err(httparse::Error::TooManyHeaders) => Err(TOO_MANY),
        Err(httparse::Error::Version) => Err("a version that is neither 1.1 nor 1.0"),
    }
}

/// What [`asked`] and [`answered`] say of more headers than are read.
pub const TOO_MANY: &str = "more than 128 headers";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_strictly() {
        let head = asked(b"GET /a?b HTTP/1.1\r\nHost: x\r\nA:1\r\na:  2 \r\n\r\n").unwrap();
        assert_eq!((head.method.as_str(), head.target.as_str(), head.minor), ("GET", "/a?b", 1));
        assert_eq!(head.fields.all("A").collect::<Vec<_>>(), [b"1", b"2"]);
        assert_eq!(head.fields.words("a"), ["1", "2"]);
        let bad = [
            "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
            "GET / HTTP/1.1\nHost: x\n\n\r\n\r\n",
            "GET / HTTP/2.0\r\n\r\n",
            "GET /\r\n\r\n",
            "GET / a HTTP/1.1\r\n\r\n",
            "G ET / HTTP/1.1\r\n\r\n",
            "\u{16}\u{3}\u{1}\r\n\r\n",
            "GET / HTTP/1.1\r\nA: \u{0}\r\n\r\n",
            "GET / HTTP/1.1\r\n: x\r\n\r\n",
            "\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\nmore\r\n\r\n",
        ];
        for text in bad {
            assert!(asked(text.as_bytes()).is_err(), "{text:?}");
        }
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(129));
        assert_eq!(asked(many.as_bytes()), Err(TOO_MANY));
    }

    #[test]
    fn answers_are_read_with_and_without_a_reason() {
        for (text, status, reason) in [
            ("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", 200, "OK"),
            ("HTTP/1.0 404 \r\n\r\n", 404, ""),
            ("HTTP/1.1 500\r\n\r\n", 500, ""),
        ] {
            let head = answered(text.as_bytes()).unwrap();
            assert_eq!((head.status, head.reason.as_str()), (status, reason), "{text:?}");
        }
        for text in ["HTTP/1.1 42 x\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n", "SSH-2.0-x\r\n\r\n", "220 hi\r\n\r\n"]
        {
            assert!(answered(text.as_bytes()).is_err(), "{text:?}");
        }
    }
}
