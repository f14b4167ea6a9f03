//! Pages in a browser in two rounds: side by side, and those of which something was seen once more, each alone. A dev server tells
//! every open tab of an error, whichever page it is of: what is seen of a page beside others may be none of its own.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::{TABS, url};
use crate::system::browser::{Browser, View, Visit};

/// How long a page is waited for to show something, or something else than a page that does not exist.
pub(super) const PATIENT: Duration = Duration::from_secs(1);
/// How long the second round may go on.
const SECOND: Duration = Duration::from_secs(180);

/// What made a page worth another look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Something is wrong with it.
    Wrong,
    /// It may only be late with what it shows.
    Late,
}

/// What counts of a page.
#[derive(Debug)]
pub(super) struct Looked {
    /// Its place in the list.
    pub at: usize,
    /// What was seen of it: alone, where something was wrong before.
    pub visit: Visit,
    /// What was seen of it before that.
    pub before: Option<Visit>,
}

/// Opens all of `urls`; `seen` gets what counts of each, in the order they are done. How many were left that should have been
/// opened once more. Errors: the browser has ended, a signal came, or `seen` has one.
pub(super) fn visit(
    browser: &mut Browser,
    urls: &[String],
    view: &View,
    doubt: &dyn Fn(usize, &Visit) -> Option<Doubt>,
    seen: &mut dyn FnMut(Looked) -> Result<()>,
) -> Result<usize> {
    let (mut again, mut failed) = (Vec::new(), Ok(()));
    browser.visit_all(urls, view, TABS, &mut |at, mut visit| match doubt(at, &visit) {
        _ if failed.is_err() => {}
        None => failed = seen(Looked { at, visit, before: None }),
        Some(doubt) => {
            visit.links.clear();
            again.push((at, doubt, visit));
        }
    })?;
    failed?;
    again.sort_by_key(|(at, ..)| *at);
    let (last, mut left) = (Instant::now() + SECOND, 0);
    for (at, doubt, before) in again {
        let quiet = if doubt == Doubt::Late { PATIENT } else { view.quiet };
        let view = View { quiet, ..view.clone() };
        if Instant::now() >= last {
            left += 1;
            seen(Looked { at, visit: before, before: None })?;
            continue;
        }
        let visit = browser.visit(&urls[at], &view)?;
        seen(Looked { at, visit, before: Some(before) })?;
    }
    Ok(left)
}

/// Whether a visit is worth another look, whatever else is known of the page.
pub(super) fn doubt(visit: &Visit) -> Option<Doubt> {
    let Visit { trouble, overlay, errors, exceptions, failed, broken, .. } = visit;
    // What others do not deliver does not count, and is looked for once.
    let counts = |url: &String| url::is_loopback(url) || !url.starts_with("http");
    let wrong = trouble.is_some()
        || overlay.is_some()
        || !(errors.is_empty() && exceptions.is_empty())
        || failed.iter().map(|(url, _)| url).chain(broken).any(counts);
    let late = visit.blank.then_some(Doubt::Late);
    late.or(wrong.then_some(Doubt::Wrong))
}
