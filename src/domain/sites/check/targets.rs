//! What the pages refer to within their site: each target asked for once.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::read::{self, Lost, Reading, encoded, follow, is_html, side_by_side};
use super::scan::{Use, scan};
use super::soft::{Unknown, Verdict};
use super::url::{self, Place};
use super::{Flaw, Seen};
use crate::domain::sites::pages::readable;
use crate::system::http::{Answer, Bounds};

/// Most targets that are asked for.
const MOST: usize = 10_000;
/// How long all of them together may take.
const ALL: Duration = Duration::from_secs(120);
/// Most bytes that are read of one.
const BODY: usize = 4 << 20;

/// Where a reference stands.
#[derive(Debug, Clone)]
struct Wanted {
    page: usize,
    kind: Use,
    fragment: Option<String>,
}

/// What came of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    /// It is there; what fragments can lead to in it, where that was asked.
    There(Option<(HashSet<String>, bool)>),
    /// It is there, and is a page.
    Page(Option<(HashSet<String>, bool)>),
    /// It is the answer that any path gets, and what is shown of it was not seen.
    Fallback,
    /// It shows what any path shows that does not exist.
    Soft,
    /// It is there, and not for everybody: its status.
    Denied(u16),
    /// It is not there: how that reads after its path.
    Broken(String),
    /// There was no time for it.
    Skipped,
}

/// Tells what paths lead to that are answered as any path is.
pub(super) type Judge<'j> = &'j mut dyn FnMut(&[&str]) -> Result<Vec<Verdict>>;

/// Asks for all that the pages refer to, and adds what is broken to what was `seen`; says how many were asked for beside the pages.
pub(super) fn check(
    (base, patience): (&str, Duration),
    seen: &mut [Seen],
    reading: &Reading,
    judge: Judge,
) -> Result<(usize, Option<String>)> {
    let targets = targets(base, reading);
    let (known, asked): (Vec<_>, Vec<_>) = targets.iter().partition(|(path, _)| reading.of(path).is_some());
    let last = Instant::now() + ALL;
    let most = &asked[..asked.len().min(MOST)];
    let mut outcomes = side_by_side(most, |(path, wanted)| {
        let left = last.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(Outcome::Skipped);
        }
        ask(base, path, wanted, (patience.min(left), reading.unknown.as_ref()))
    })?;
    shown(most, &mut outcomes, judge)?;
    let skipped =
        asked.len() - most.len() + outcomes.iter().filter(|outcome| **outcome == Outcome::Skipped).count();
    for ((path, wanted), outcome) in most.iter().zip(&outcomes) {
        tell(seen, path, wanted, outcome);
    }
    for (path, wanted) in known {
        let outcome = reading.of(path).map_or(Outcome::Skipped, outcome_of);
        tell(seen, path, wanted, &outcome);
    }
    for (page, read) in seen.iter_mut().zip(&reading.pages) {
        for fragment in read.rendered.iter().flat_map(|(_, dangling)| dangling) {
            page.add(Flaw::new(
                "fragment",
                format!("leads to `{fragment}`, and there is no such place in it"),
            ));
        }
    }
    let notice = (skipped > 0).then(|| {
        format!("{skipped} links and assets were not asked for: there are too many, or they take too long")
    });
    Ok((asked.len() - skipped, notice))
}

/// Has it judged what those lead to that are answered as any path is.
fn shown(asked: &[(&String, &Vec<Wanted>)], outcomes: &mut [Outcome], judge: Judge) -> Result<()> {
    let all = asked.iter().zip(outcomes).filter(|(_, outcome)| **outcome == Outcome::Fallback);
    let (paths, outcomes): (Vec<&str>, Vec<&mut Outcome>) =
        all.map(|((path, _), outcome)| (path.as_str(), outcome)).unzip();
    if paths.is_empty() {
        return Ok(());
    }
    for (outcome, verdict) in outcomes.into_iter().zip(judge(&paths)?) {
        *outcome = match verdict {
            Verdict::Page => Outcome::Page(None),
            Verdict::Soft => Outcome::Soft,
            Verdict::Unsure => Outcome::Fallback,
        };
    }
    Ok(())
}

/// All targets within the site, each with where it is wanted.
fn targets(base: &str, reading: &Reading) -> BTreeMap<String, Vec<Wanted>> {
    let mut all: BTreeMap<String, Vec<Wanted>> = BTreeMap::new();
    for (page, read) in reading.pages.iter().enumerate() {
        let from = match read.scan.base.as_deref().map(|own| url::resolve(base, &read.path, own)) {
            None => read.path.clone(),
            Some(Place::Inside(path, _)) => path,
            Some(_) => continue,
        };
        let rendered = read.rendered.iter().flat_map(|(links, _)| links.iter().map(|link| (Use::Link, link)));
        let uses = read.scan.uses.iter().map(|(kind, reference)| (*kind, reference)).chain(rendered);
        for (kind, reference) in uses {
            let Place::Inside(path, fragment) = url::resolve(base, &from, reference) else { continue };
            let fragment = fragment.filter(|fragment| is_place(fragment));
            // What leads to another place in a page that was opened has been looked for there.
            let own = path == read.path && (fragment.is_none() || read.rendered.is_some());
            if own || path == "/favicon.ico" {
                continue;
            }
            let wanted = all.entry(path).or_default();
            if !wanted.iter().any(|one| one.page == page && one.kind == kind && one.fragment == fragment) {
                wanted.push(Wanted { page, kind, fragment });
            }
        }
    }
    all
}

/// Whether a fragment names a place in a page: not its top, nor a route of an application.
fn is_place(fragment: &str) -> bool {
    !fragment.is_empty()
        && fragment != "top"
        && !fragment.starts_with(['/', '!'])
        && !fragment.starts_with(":~:")
}

fn outcome_of(read: &read::Read) -> Outcome {
    match (&read.flaw, read.status) {
        (_, Some(status)) if is_denied(status) => Outcome::Denied(status),
        (Some(flaw), _) if !flaw.warning => Outcome::Broken(flaw.message.clone()),
        _ => Outcome::Page(Some((read.scan.ids.clone(), read.scan.scripted))),
    }
}

/// Asks for one: by its head, and by all of it where that is refused or not enough.
fn ask(
    base: &str,
    path: &str,
    wanted: &[Wanted],
    (patience, unknown): (Duration, Option<&Unknown>),
) -> Result<Outcome> {
    let bounds = Bounds { patience, body: BODY };
    let linked = wanted.iter().any(|one| one.kind == Use::Link);
    let whole = wanted.iter().any(|one| one.fragment.is_some()) || (linked && unknown.is_some());
    if !whole {
        let (_, answer) = follow(base, "HEAD", path, bounds)?;
        // Some answer to nothing but GET.
        if let Ok(answer) = answer
            && answer.status < 400
        {
            return Ok(judge(&answer, None));
        }
    }
    let (end, answer) = follow(base, "GET", path, bounds)?;
    let lost = |lost: Lost| match lost {
        Lost::Away(..) => Outcome::There(None),
        Lost::Late => Outcome::Broken(format!("does not answer within {} s", patience.as_secs_f64().round())),
        Lost::NoAnswer(why) => Outcome::Broken(format!("does not answer: {why}")),
        Lost::Circles => Outcome::Broken("is redirected again and again".into()),
    };
    Ok(answer.map_or_else(lost, |answer| {
        let is_root = path.split('?').next() == Some("/");
        let text = String::from_utf8_lossy(&answer.body);
        let good = (200..300).contains(&answer.status) && encoded(&answer).is_none();
        if linked && !is_root && good && unknown.is_some_and(|unknown| unknown.answers(&text, path, &end)) {
            return Outcome::Fallback;
        }
        let scanned = (good && is_html(&answer)).then(|| scan(&text, true));
        judge(&answer, scanned.map(|page| (page.ids, page.scripted)))
    }))
}

fn judge(answer: &Answer, places: Option<(HashSet<String>, bool)>) -> Outcome {
    match answer.status {
        status if is_denied(status) => Outcome::Denied(status),
        400.. => Outcome::Broken(format!("answers {}", read::status(answer.status))),
        _ if is_html(answer) => Outcome::Page(places),
        _ => Outcome::There(places),
    }
}

/// Whether something is there, and is not for everybody, or not now.
fn is_denied(status: u16) -> bool {
    matches!(status, 401 | 403 | 429)
}

/// Adds what is wrong with a target to the pages that refer to it.
fn tell(seen: &mut [Seen], path: &str, wanted: &[Wanted], outcome: &Outcome) {
    for Wanted { page, kind, fragment } in wanted {
        let page = &mut seen[*page];
        let (word, verb) = if *kind == Use::Link { ("link", "leads to") } else { ("asset", "needs") };
        match outcome {
            Outcome::Denied(status) if *kind == Use::Link => {
                let told = format!("leads to `{path}`, which answers {}", read::status(*status));
                page.add(Flaw::warning("link", told));
            }
            Outcome::Denied(status) => {
                broken(page, path, (word, verb), &format!("answers {}", read::status(*status)));
            }
            Outcome::Broken(how) => broken(page, path, (word, verb), how),
            Outcome::Page(_) if *kind == Use::Asset => {
                broken(page, path, (word, verb), "is answered with a page (text/html)");
            }
            Outcome::Fallback => {
                let how = "which is answered like any path, be it there or not";
                page.add(Flaw::warning("soft-404", format!("{verb} `{path}`, {how}")));
            }
            Outcome::Soft => {
                let how = "which shows the same as a path that does not exist";
                page.add(Flaw::new("soft-404", format!("{verb} `{path}`, {how}")));
            }
            Outcome::Page(Some((ids, scripted))) => {
                let Some(fragment) = fragment.as_deref().filter(|fragment| !has(ids, fragment)) else {
                    continue;
                };
                let told = format!("leads to `{path}#{fragment}`, and there is no such place in it");
                // Scripts may make it.
                page.add(if *scripted {
                    Flaw::warning("fragment", told)
                } else {
                    Flaw::new("fragment", told)
                });
            }
            _ => {}
        }
    }
}

fn broken(page: &mut Seen, path: &str, (word, verb): (&'static str, &str), how: &str) {
    // The browser has told of the same.
    let same = format!("`{path}` ");
    page.flaws.retain(|flaw| !matches!(flaw.kind, "request" | "picture") || !flaw.message.starts_with(&same));
    page.add(Flaw::new(word, format!("{verb} `{path}`, which {how}")));
}

/// Whether a fragment, as written or decoded, is one of the ids.
fn has(ids: &HashSet<String>, fragment: &str) -> bool {
    ids.contains(fragment) || ids.contains(&readable(fragment))
}
