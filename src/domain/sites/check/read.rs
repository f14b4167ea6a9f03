//! Every page asked for by HTTP: its status, its HTML, and whether the server knows what it does not have.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::Flaw;
use super::scan::{Scan, scan};
use super::soft::Unknown;
use super::url::{self, Place};
use crate::system::http::{self, Answer, Bounds, Failure};
use crate::system::interrupt;

/// How many questions are asked at a time.
pub(super) const AT_ONCE: usize = 6;
/// Most bytes that are read of a page.
const BODY: usize = 8 << 20;
/// How many redirects are followed.
const REDIRECTS: usize = 10;

/// What came of asking for a page.
#[derive(Debug, Clone, Default)]
pub(super) struct Read {
    /// The status in the end.
    pub status: Option<u16>,
    /// Path and query in the end.
    pub path: String,
    /// The whole URL in the end, where that is another than it was asked for by.
    pub led: Option<String>,
    /// What its HTML holds.
    pub scan: Scan,
    /// What is wrong with its answer.
    pub flaw: Option<Flaw>,
    /// Whether it is not to be opened in a browser: it has no end, or is no page.
    pub closed: bool,
    /// Whether it is the answer that unknown paths get.
    pub fallback: bool,
    /// Links that are there once scripts have run, and references to places in the page that are not there.
    pub rendered: Option<(Vec<String>, Vec<String>)>,
}

/// All pages, by their place.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// What came of each.
    pub pages: Vec<Read>,
    /// A path that nobody has, where it is answered with success.
    pub unknown: Option<Unknown>,
    /// Those of them that were asked for, by path and query.
    by_path: HashMap<String, usize>,
}

impl Reading {
    /// Asks the server at `base` for all of `paths`; `scripts`: for a browser.
    pub(super) fn all(base: &str, paths: &[&str], patience: Duration, scripts: bool) -> Result<Self> {
        let unknown = unknown(base, patience)?;
        let pages = side_by_side(paths, |path| page(base, path, patience, (unknown.as_ref(), scripts)))?;
        let by_path = pages.iter().enumerate().flat_map(|(at, read)| {
            let asked = place(base, paths[at]);
            [(asked, at), (read.path.clone(), at)]
        });
        Ok(Self { by_path: by_path.collect(), pages, unknown })
    }

    /// What came of a path with its query, if it was asked for.
    pub(super) fn of(&self, path: &str) -> Option<&Read> {
        self.by_path.get(path).map(|at| &self.pages[*at])
    }

    /// What is to be known of the server.
    pub(super) fn notice(&self) -> Option<String> {
        let unseen = self.unknown.as_ref().filter(|unknown| unknown.face.is_none())?;
        let same = self.pages.iter().filter(|page| page.fallback).count();
        let whole = self.pages.len();
        Some(if unseen.end == unseen.path {
            format!(
                "the server answers any path with the same page (a fallback for applications of one page): by HTTP alone {same} of \
                 {whole} pages cannot be told from such that do not exist"
            )
        } else {
            format!(
                "the server leads any path to `{}`: by HTTP alone {same} of {whole} pages cannot be told from such that do not exist",
                unseen.end
            )
        })
    }
}

fn place(base: &str, path: &str) -> String {
    match url::resolve(base, "/", &path.replace('#', "%23")) {
        Place::Inside(path, _) => path,
        _ => path.to_owned(),
    }
}

/// Does the same to all of `what`, some at a time, and keeps their order. Errors: a signal came.
pub(super) fn side_by_side<T: Sync, R: Send>(
    what: &[T],
    each: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(what.len()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(what.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed).min(what.len());
                    let Some(one) = what.get(at) else { break };
                    let result = each(one);
                    if result.is_err() {
                        next.store(what.len(), Ordering::Relaxed);
                    }
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Asks for `path`, and for what it is redirected to within the site. Where it ended up, and the answer there; [`None`] with the
/// reason where it leads away or in circles.
pub(super) fn follow(
    base: &str,
    method: &str,
    path: &str,
    bounds: Bounds,
) -> Result<(String, Result<Answer, Lost>)> {
    let (mut path, last) = (path.to_owned(), Instant::now() + bounds.patience);
    for _ in 0..=REDIRECTS {
        let left = last.saturating_duration_since(Instant::now());
        let answer =
            match http::ask_url(&(base.to_owned() + &path), method, Bounds { patience: left, ..bounds }) {
                Ok(answer) => answer,
                Err(error) => {
                    interrupt::check()?;
                    let late = matches!(error.downcast_ref(), Some(Failure::Late)) || left.is_zero();
                    let told = if late { Lost::Late } else { Lost::NoAnswer(error.root_cause().to_string()) };
                    return Ok((path, Err(told)));
                }
            };
        let redirected = matches!(answer.status, 301 | 302 | 303 | 307 | 308);
        let Some(to) = answer.header("location").filter(|_| redirected) else {
            return Ok((path, Ok(answer)));
        };
        match url::resolve(base, &path, to) {
            Place::Inside(to, _) => path = to,
            Place::Outside(to) => return Ok((path, Err(Lost::Away(answer.status, to)))),
            Place::Nowhere => return Ok((path, Ok(answer))),
        }
    }
    Ok((path, Err(Lost::Circles)))
}

/// Why a path has no answer in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lost {
    /// It does not come in time.
    Late,
    /// There is none.
    NoAnswer(String),
    /// It leads to another server.
    Away(u16, String),
    /// It is redirected again and again.
    Circles,
}

fn page(
    base: &str,
    path: &str,
    patience: Duration,
    (unknown, scripts): (Option<&Unknown>, bool),
) -> Result<Read> {
    let start = place(base, path);
    let (path, answer) = follow(base, "GET", &start, Bounds { patience, body: BODY })?;
    let answer = match answer {
        Ok(answer) => answer,
        Err(lost) => {
            let led = if let Lost::Away(_, to) = &lost { Some(to.clone()) } else { None };
            return Ok(Read {
                led,
                flaw: Some(lost_flaw(&lost, patience)),
                closed: true,
                path,
                ..Read::default()
            });
        }
    };
    let html = is_html(&answer) && encoded(&answer).is_none();
    let text = String::from_utf8_lossy(&answer.body);
    let good = (200..300).contains(&answer.status);
    let flaw = if answer.cut {
        Some(Flaw::new("answer", format!("its answer is longer than {} MiB", BODY >> 20)))
    } else if let Some(how) = encoded(&answer).filter(|_| good && !scripts) {
        let told =
            format!("its answer is encoded (`{how}`), which was not asked for: what it holds is not judged");
        Some(Flaw::warning("encoded", told))
    } else if good && !scripts && (html || answer.status == 204) && text.trim().is_empty() {
        Some(Flaw::warning("empty", "answers with nothing in it"))
    } else if good {
        None
    } else {
        let led =
            if path == start { String::new() } else { format!(" at `{path}`, where it is redirected to") };
        Some(Flaw::new("status", format!("answers {}{led}", status(answer.status))))
    };
    Ok(Read {
        status: Some(answer.status),
        fallback: good && unknown.is_some_and(|unknown| unknown.answers(&text, &start, &path)),
        scan: if html && !answer.cut { scan(&text, scripts) } else { Scan::default() },
        led: (path != start).then(|| base.to_owned() + &path),
        closed: answer.cut || answer.status == 204,
        flaw,
        rendered: None,
        path,
    })
}

fn lost_flaw(lost: &Lost, patience: Duration) -> Flaw {
    match lost {
        Lost::Late => Flaw::new("slow", format!("no full answer within {} s", patience.as_secs_f64())),
        Lost::NoAnswer(why) => Flaw::new("answer", format!("no answer: {why}")),
        Lost::Away(status, to) => {
            Flaw::warning("outside", format!("answers {status} and leads to another server: `{to}`"))
        }
        Lost::Circles => Flaw::new("status", format!("is redirected more than {REDIRECTS} times")),
    }
}

/// A status with its name, where it has one.
pub(super) fn status(code: u16) -> String {
    let word = match code {
        300 => "multiple choices",
        304 => "not modified",
        400 => "bad request",
        401 => "unauthorized",
        402 => "payment required",
        403 => "forbidden",
        404 => "not found",
        405 => "method not allowed",
        406 => "not acceptable",
        407 => "proxy authentication required",
        408 => "request timeout",
        409 => "conflict",
        410 => "gone",
        411 => "length required",
        412 => "precondition failed",
        413 => "content too large",
        414 => "uri too long",
        415 => "unsupported media type",
        416 => "range not satisfiable",
        418 => "i'm a teapot",
        421 => "misdirected request",
        422 => "unprocessable content",
        423 => "locked",
        425 => "too early",
        426 => "upgrade required",
        428 => "precondition required",
        429 => "too many requests",
        431 => "request header fields too large",
        451 => "unavailable for legal reasons",
        500 => "internal server error",
        501 => "not implemented",
        502 => "bad gateway",
        503 => "service unavailable",
        504 => "gateway timeout",
        505 => "http version not supported",
        507 => "insufficient storage",
        508 => "loop detected",
        511 => "network authentication required",
        _ => return code.to_string(),
    };
    format!("{code} ({word})")
}

/// How the content of an answer is encoded, where it is.
pub(super) fn encoded(answer: &Answer) -> Option<&str> {
    answer
        .header("content-encoding")
        .map(str::trim)
        .filter(|how| !how.is_empty() && !how.eq_ignore_ascii_case("identity"))
}

pub(super) fn is_html(answer: &Answer) -> bool {
    let kind = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
    kind.starts_with("text/html") || kind.starts_with("application/xhtml")
}

/// A path that nobody has, where the server answers it with success.
fn unknown(base: &str, patience: Duration) -> Result<Option<Unknown>> {
    let mark = std::process::id();
    let path = format!("/no-such-page-{mark:x}/at-all");
    let (end, answer) = follow(base, "GET", &path, Bounds { patience, body: BODY })?;
    let Ok(answer) = answer else { return Ok(None) };
    let success = (200..300).contains(&answer.status) && is_html(&answer) && encoded(&answer).is_none();
    Ok(success.then(|| {
        let html = plain(&String::from_utf8_lossy(&answer.body), &end);
        Unknown { path, end, html, face: None }
    }))
}

/// `html` without what differs from path to path and from answer to answer: the path itself, and numbers.
pub(super) fn plain(html: &str, path: &str) -> String {
    let whole = if path.is_empty() { html.to_owned() } else { html.replace(path, "") };
    let short = path.trim_matches('/');
    let whole = if short.len() > 3 { whole.replace(short, "") } else { whole };
    whole.chars().filter(|c| !c.is_ascii_digit()).collect()
}

impl Unknown {
    /// Whether `html`, which came of `path` and ended up at `end`, is what unknown paths get.
    pub(super) fn answers(&self, html: &str, path: &str, end: &str) -> bool {
        // Where all unknown paths lead, something is.
        let own = self.end != self.path && path == self.end;
        !own && is_same(&self.html, html, end)
    }
}

/// The path is left out of one that holds the path it was asked for, and not of one that holds some path anyway.
fn is_same(fallback: &str, html: &str, path: &str) -> bool {
    fallback == plain(html, "") || fallback == plain(html, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_to_any_path_is_known_with_and_without_the_path_in_it() {
        let fixed = "<a href=/fine>fine</a><script src=/app.js?t=171></script>";
        let told = |path: &str| format!("<p>no {path} here, only /fine</p>");
        let table = [
            (fixed.to_owned(), fixed.replace("171", "99"), "/fine", true),
            (fixed.to_owned(), "<h1>Fine</h1>".to_owned(), "/fine", false),
            (told("/no-such-page/at-all"), told("/none"), "/none", true),
            (told("/no-such-page/at-all"), "<p>another</p>".to_owned(), "/none", false),
        ];
        for (unknown, answer, path, expected) in table {
            let fallback = plain(&unknown, "/no-such-page/at-all");
            assert_eq!(is_same(&fallback, &answer, path), expected, "{answer}");
        }
    }
}
