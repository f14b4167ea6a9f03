//! What answers below the reserved path: the preview's own page and its data. The proxy knows no more of it than this.

use super::gate::Admitted;
use super::trouble::Came;

/// Where everything of ours lies; all other paths are the site's.
pub const RESERVED: &str = "/__taskrun/";

/// A request for something of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `HEAD`, `POST` …
    pub method: String,
    /// The path after [`RESERVED`], as it came (percent signs and all): `TOKEN/state`.
    pub path: String,
    /// What follows the question mark, as it came.
    pub query: Option<String>,
    /// Names in lower case, in their order.
    pub headers: Vec<(String, String)>,
    /// All of it; at most 64 KiB.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// The answer to it. Length, connection, `X-Frame-Options`, `nosniff` and `no-store` are added on the way out, unless it
/// carries them itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The content type.
    pub kind: &'static str,
    /// More headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A reply of one line of text.
    pub fn text(status: u16, text: &str) -> Self {
        let body = format!("{text}\n").into_bytes();
        Self { status, kind: "text/plain; charset=utf-8", body, ..Self::default() }
    }

    /// A page.
    pub fn html(status: u16, page: impl Into<Vec<u8>>) -> Self {
        Self { status, kind: "text/html; charset=utf-8", body: page.into(), ..Self::default() }
    }

    /// A JSON document.
    pub fn json(status: u16, document: impl Into<Vec<u8>>) -> Self {
        Self { status, kind: "application/json", body: document.into(), ..Self::default() }
    }
}

/// Who answers for the preview itself. Called on many threads at once; an answer should not take long.
pub trait Desk: Send + Sync {
    /// Answers a request below [`RESERVED`]. Its `Host` was checked; the token in its path was not.
    fn answer(&self, request: &Request) -> Reply;

    /// The port of localhost the site listens on now; none while it is down. Asked once per request: a look at something known.
    fn site(&self) -> Option<u16>;

    /// What the site said to `request`.
    fn came(&self, _request: &Admitted, _came: &Came<'_>) {}

    /// What is shown in the place of a page of the site that cannot be had: 502 (down, or no HTTP) or 504 (too late), and why, in
    /// one line. It should come again by itself.
    fn instead(&self, status: u16, why: &str) -> Reply {
        plain(status, why)
    }
}

/// A page that says why there is no other and looks again every second.
pub fn plain(status: u16, why: &str) -> Reply {
    let why = why.replace('&', "&amp;").replace('<', "&lt;");
    let page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=color-scheme content=\"light dark\">\
         <meta http-equiv=refresh content=1><title>{status}</title>\
         <body style=\"font:16px/1.5 system-ui;margin:15vh auto;max-width:40em;padding:0 1em\">\
         <h1>The site does not answer</h1><p>{why}</p><p>Looking again every second.</p>\n"
    );
    Reply::html(status, page)
}
