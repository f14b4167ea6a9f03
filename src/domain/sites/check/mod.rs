//! `site check`: whether every page of a site is sound.

mod look;
pub mod pictures;
mod read;
mod rounds;
mod scan;
mod site;
mod soft;
mod targets;
mod told;
mod url;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::pages::{Kind, Page};
use crate::system::browser::Browser;
use crate::system::interrupt;
pub use pictures::{Change, Shot, compare, shoot};
use read::Reading;
pub use site::{Order, Step, check_site};
use soft::Verdict;

/// How many tabs are open at a time.
const TABS: usize = 3;
/// How long one page may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// Most flaws that are told of one page.
const MOST: usize = 100;

/// Something that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Flaw {
    /// `status`, `overlay`, `console`, `exception`, `request`, `outside`, `link`, `asset`, `picture`, `fragment`, `soft-404`, `empty`,
    /// `slow`, `crash`, `answer`, `encoded`; `file` where the file that would make the page is damaged; of the server as a whole:
    /// `restart`.
    pub kind: &'static str,
    /// What, in one line.
    pub message: String,
    /// What belongs to it, line by line: the file and the source lines that an overlay shows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// How often, where it was more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Whether it is only to be known: what other servers do, and what cannot be told for sure.
    pub warning: bool,
}

/// What was seen of one page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Its path.
    pub path: String,
    /// The pattern that it is an example of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The file it comes from, where that is known.
    pub file: Option<String>,
    /// The URL it ended up at, where that is another than it was asked for by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_url: Option<String>,
    /// The HTTP status, where one came.
    pub status: Option<u16>,
    /// Its title.
    pub title: Option<String>,
    /// What is wrong with it.
    pub flaws: Vec<Flaw>,
}

/// What a check came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether nothing is wrong.
    pub ok: bool,
    /// The server that was looked at.
    pub url: String,
    /// The browser that looked; none: HTTP only.
    pub browser: Option<String>,
    /// What is wrong with its server, whatever the pages are like.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub server: Vec<Flaw>,
    /// Page by page.
    pub pages: Vec<Seen>,
    /// How many links and assets were asked for beside the pages.
    pub targets: usize,
    /// What makes the check itself doubtful: all pages lead to one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What else is to be known: patterns without an example, paths that answer whatever they are.
    pub notices: Vec<String>,
    /// The pictures that were taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<Shot>,
}

/// How to look.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether a browser is left out.
    pub http_only: bool,
    /// The browser to take.
    pub browser: Option<String>,
    /// How long one page may take.
    pub timeout: Option<Duration>,
    /// Where pictures of the pages are put, if they are wanted.
    pub pictures: Option<PathBuf>,
}

impl Flaw {
    fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), ..Self::default() }
    }

    fn warning(kind: &'static str, message: impl Into<String>) -> Self {
        Self { warning: true, ..Self::new(kind, message) }
    }
}

impl Seen {
    /// Whether nothing is wrong with it.
    pub fn ok(&self) -> bool {
        self.flaws.iter().all(|flaw| flaw.warning)
    }

    fn add(&mut self, flaw: Flaw) {
        if self.flaws.len() < MOST && !self.flaws.contains(&flaw) {
            self.flaws.push(flaw);
        }
    }
}

/// Looks at `pages` of the server at `base` (`http://localhost:4301`). `tell` gets each page when it has been looked at, in whatever
/// order; links are asked for after that. Errors: there is no such browser, it ends, or a signal came.
pub fn check(base: &str, pages: &[Page], options: &Options, tell: &mut dyn FnMut(&Seen)) -> Result<Report> {
    let patience = options.timeout.unwrap_or(PATIENCE);
    let mut report =
        Report { url: base.trim_end_matches('/').to_owned(), notices: unopened(pages), ..Report::default() };
    let mut browser = browser(options, &mut report.notices)?;
    report.browser = browser.as_ref().map(|browser| browser.name().replace('/', " "));
    let asked: Vec<(&Page, &str)> = pages.iter().filter_map(|page| Some((page, page.open()?))).collect();
    let paths: Vec<&str> = asked.iter().map(|(_, path)| *path).collect();
    let mut reading = Reading::all(base, &paths, patience, browser.is_some())?;
    let mut seen: Vec<Seen> =
        asked.iter().zip(&reading.pages).map(|(page, read)| first(*page, read)).collect();
    match &mut browser {
        Some(browser) => {
            let looks = look::all(browser, (base, options), &mut seen, &mut reading, tell)?;
            report.pictures = looks.pictures;
            report.notices.extend(looks.notice);
        }
        None => seen.iter().for_each(tell),
    }
    let mut judge = |paths: &[&str]| match (&mut browser, &reading.unknown) {
        (Some(browser), Some(unknown)) => unknown.judge(browser, base, paths, patience),
        _ => Ok(vec![Verdict::Unsure; paths.len()]),
    };
    let (targets, left_out) = targets::check((base, patience), &mut seen, &reading, &mut judge)?;
    report.targets = targets;
    report.notices.extend(reading.notice().into_iter().chain(left_out));
    for page in &mut seen {
        // What fails comes before what is only to be known.
        page.flaws.sort_by_key(|flaw| flaw.warning);
    }
    report.warnings.extend(one_end(base, &seen));
    report.ok = seen.iter().all(Seen::ok);
    report.pages = seen;
    interrupt::check()?;
    Ok(report)
}

/// The browser to look with; none, and a notice why, where it is left out or there is none.
fn browser(options: &Options, notices: &mut Vec<String>) -> Result<Option<Browser>> {
    let wanted = options.browser.is_some() || options.pictures.is_some();
    if options.http_only && options.pictures.is_none() {
        return Ok(None);
    }
    if !wanted
        && crate::system::browser::misnamed(None).is_none()
        && crate::system::browser::find(None).is_none()
    {
        let told = "no Chromium was found: pages were asked for by HTTP only, no script ran, so nothing is known of the console, \
                    of overlays and of what scripts fetch";
        notices.push(told.into());
        return Ok(None);
    }
    pictures::start(options.browser.as_deref()).map(Some)
}

/// What the answer to the first question tells of a page.
fn first((page, path): (&Page, &str), read: &read::Read) -> Seen {
    let mut seen = Seen {
        path: path.to_owned(),
        pattern: (page.kind == Kind::Dynamic).then(|| page.path.clone()),
        file: page.file.clone(),
        final_url: read.led.clone(),
        status: read.status,
        title: read.scan.title.clone(),
        flaws: Vec::new(),
    };
    seen.flaws.extend(read.flaw.clone());
    seen
}

/// Tells where all pages lead, if that is one that is none of them but at most one.
fn one_end(base: &str, seen: &[Seen]) -> Option<String> {
    let end = |page: &Seen| {
        let whole = page.final_url.as_ref().map(|led| url::path_of(base, led));
        let path = whole.unwrap_or_else(|| page.path.clone());
        path.split('?').next().unwrap_or_default().to_owned()
    };
    let led = seen.iter().filter(|page| page.final_url.is_some()).count();
    let (first, count) = (end(seen.first()?), seen.len());
    let one = led > 1 && led + 1 >= count && seen.iter().all(|page| end(page) == first);
    one.then(|| format!("all {count} pages lead to `{first}`: nothing else of the site was looked at"))
}

/// Tells of the patterns that have no example to open.
fn unopened(pages: &[Page]) -> Vec<String> {
    let patterns: Vec<&str> = pages
        .iter()
        .filter(|page| page.kind == Kind::Dynamic && page.open().is_none())
        .map(|page| page.path.as_str())
        .collect();
    let Some(first) = patterns.first() else { return Vec::new() };
    let others = match patterns.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let told = format!(
        "`{first}`{others} was left out: it is a pattern without an example; `taskrun site pages --example '{first}=…'` gives it one"
    );
    vec![told]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page, and where it leads.
    type Led = (&'static str, Option<&'static str>);

    #[test]
    fn pages_that_all_lead_to_one_are_told() {
        let told = |pages: &[Led]| {
            let seen: Vec<Seen> = pages
                .iter()
                .map(|(path, led)| Seen {
                    path: (*path).into(),
                    final_url: led.map(|led| format!("http://localhost:1{led}")),
                    ..Seen::default()
                })
                .collect();
            one_end("http://localhost:1", &seen).is_some()
        };
        let table: [(&[Led], bool); 6] = [
            (&[], false),
            (&[("/", Some("/login"))], false),
            (&[("/", Some("/login?to=/")), ("/a", Some("/login?to=/a"))], true),
            (&[("/", Some("/login")), ("/a", Some("/login")), ("/login", None)], true),
            (&[("/", Some("/login")), ("/a", None)], false),
            (&[("/", None), ("/index.html", Some("/"))], false),
        ];
        for (pages, expected) in table {
            assert_eq!(told(pages), expected, "{pages:?}");
        }
    }
}
