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
    /// The page that unknown paths get with a status of success.
    pub fallback: Option<String>,
    /// Those of them that were asked for, by path and query.
    by_path: HashMap<String, usize>,
}

impl Reading {
    /// Asks the server at `base` for all of `paths`.
    pub(super) fn all(base: &str, paths: &[&str], patience: Duration) -> Result<Self> {
        let fallback = fallback(base, patience)?;
        let pages = side_by_side(paths, |path| page(base, path, patience, fallback.as_deref()))?;
        let by_path = pages.iter().enumerate().flat_map(|(at, read)| {
            let asked = place(base, paths[at]);
            [(asked, at), (read.path.clone(), at)]
        });
        Ok(Self { by_path: by_path.collect(), pages, fallback })
    }

    /// What came of a path with its query, if it was asked for.
    pub(super) fn of(&self, path: &str) -> Option<&Read> {
        self.by_path.get(path).map(|at| &self.pages[*at])
    }

    /// What is to be known of the server.
    pub(super) fn notice(&self) -> Option<String> {
        let same = self.pages.iter().filter(|page| page.fallback).count();
        self.fallback.as_ref().map(|_| {
            format!(
                "the server answers any path with the same page (a fallback for applications of one page): by HTTP alone {same} of \
                 {} pages cannot be told from such that do not exist",
                self.pages.len()
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

fn page(base: &str, path: &str, patience: Duration, fallback: Option<&str>) -> Result<Read> {
    let start = place(base, path);
    let (path, answer) = follow(base, "GET", &start, Bounds { patience, body: BODY })?;
    let answer = match answer {
        Ok(answer) => answer,
        Err(lost) => {
            return Ok(Read {
                flaw: Some(lost_flaw(&lost, patience)),
                closed: true,
                path,
                ..Read::default()
            });
        }
    };
    let html = is_html(&answer);
    let text = String::from_utf8_lossy(&answer.body);
    let good = (200..300).contains(&answer.status);
    let flaw = if answer.cut {
        Some(Flaw::new("answer", format!("its answer is longer than {} MiB", BODY >> 20)))
    } else if good {
        None
    } else {
        let led =
            if path == start { String::new() } else { format!(" at `{path}`, where it is redirected to") };
        Some(Flaw::new("status", format!("answers {}{led}", status(answer.status))))
    };
    Ok(Read {
        status: Some(answer.status),
        fallback: good && fallback.is_some_and(|fallback| *fallback == plain(&text, &path)),
        scan: if html && !answer.cut { scan(&text) } else { Scan::default() },
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

/// A status with its word, where it has a common one.
pub(super) fn status(code: u16) -> String {
    let word = match code {
        400 => " (bad request)",
        401 => " (unauthorized)",
        403 => " (forbidden)",
        404 => " (not found)",
        405 => " (method not allowed)",
        410 => " (gone)",
        500 => " (internal server error)",
        502 => " (bad gateway)",
        503 => " (service unavailable)",
        504 => " (gateway timeout)",
        _ => "",
    };
    format!("{code}{word}")
}

pub(super) fn is_html(answer: &Answer) -> bool {
    let kind = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
    kind.starts_with("text/html") || kind.starts_with("application/xhtml")
}

/// What the server answers to a path that nobody has, where it does so with success.
fn fallback(base: &str, patience: Duration) -> Result<Option<String>> {
    let mark = std::process::id();
    let path = format!("/no-such-page-{mark:x}/at-all");
    let (path, answer) = follow(base, "GET", &path, Bounds { patience, body: BODY })?;
    let Ok(answer) = answer else { return Ok(None) };
    let success = (200..300).contains(&answer.status) && is_html(&answer);
    Ok(success.then(|| plain(&String::from_utf8_lossy(&answer.body), &path)))
}

/// `html` without what differs from path to path and from answer to answer: the path itself, and numbers.
fn plain(html: &str, path: &str) -> String {
    let whole = html.replace(path, "");
    let short = path.trim_matches('/');
    let whole = if short.len() > 3 { whole.replace(short, "") } else { whole };
    whole.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// Whether this answer to `path` is the one that unknown paths get.
pub(super) fn is_fallback(fallback: Option<&str>, answer: &Answer, path: &str) -> bool {
    fallback.is_some_and(|fallback| fallback == plain(&String::from_utf8_lossy(&answer.body), path))
}
