//! What the pages refer to within their site: each target asked for once.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::read::{self, Lost, Reading, follow, is_fallback, is_html, side_by_side};
use super::scan::{Use, scan};
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
    /// It is the answer that any path gets.
    Fallback,
    /// It is not there: how that reads after its path.
    Broken(String),
    /// There was no time for it.
    Skipped,
}

/// Asks for all that the pages refer to, and adds what is broken to what was `seen`; says how many were asked for beside the pages.
pub(super) fn check(
    base: &str,
    seen: &mut [Seen],
    reading: &Reading,
    patience: Duration,
) -> Result<(usize, Option<String>)> {
    let targets = targets(base, reading);
    let (known, asked): (Vec<_>, Vec<_>) = targets.iter().partition(|(path, _)| reading.of(path).is_some());
    let last = Instant::now() + ALL;
    let most = &asked[..asked.len().min(MOST)];
    let outcomes = side_by_side(most, |(path, wanted)| {
        let left = last.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(Outcome::Skipped);
        }
        ask(base, path, wanted, (patience.min(left), reading.fallback.as_deref()))
    })?;
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
        // Where any path is answered, links of an application of one page cannot be judged.
        let rendered = rendered.filter(|_| reading.fallback.is_none());
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
        (Some(flaw), _) if !flaw.warning => Outcome::Broken(flaw.message.clone()),
        _ => Outcome::Page(Some((read.scan.ids.clone(), read.scan.scripted))),
    }
}

/// Asks for one: by its head, and by all of it where that is refused or not enough.
fn ask(
    base: &str,
    path: &str,
    wanted: &[Wanted],
    (patience, fallback): (Duration, Option<&str>),
) -> Result<Outcome> {
    let bounds = Bounds { patience, body: BODY };
    let linked = wanted.iter().any(|one| one.kind == Use::Link);
    let whole = wanted.iter().any(|one| one.fragment.is_some()) || (linked && fallback.is_some());
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
        if linked && !is_root && (200..300).contains(&answer.status) && is_fallback(fallback, &answer, &end) {
            return Outcome::Fallback;
        }
        let scanned = is_html(&answer).then(|| scan(&String::from_utf8_lossy(&answer.body)));
        judge(&answer, scanned.map(|page| (page.ids, page.scripted)))
    }))
}

fn judge(answer: &Answer, places: Option<(HashSet<String>, bool)>) -> Outcome {
    match answer.status {
        400.. => Outcome::Broken(format!("answers {}", read::status(answer.status))),
        _ if is_html(answer) => Outcome::Page(places),
        _ => Outcome::There(places),
    }
}

/// Adds what is wrong with a target to the pages that refer to it.
fn tell(seen: &mut [Seen], path: &str, wanted: &[Wanted], outcome: &Outcome) {
    for Wanted { page, kind, fragment } in wanted {
        let page = &mut seen[*page];
        let (word, verb) = if *kind == Use::Link { ("link", "leads to") } else { ("asset", "needs") };
        match outcome {
            Outcome::Broken(how) => {
                // The browser has told of the same.
                let same = format!("`{path}` ");
                page.flaws.retain(|flaw| flaw.kind != "request" || !flaw.message.starts_with(&same));
                page.add(Flaw::new(word, format!("{verb} `{path}`, which {how}")));
            }
            Outcome::Page(_) if *kind == Use::Asset => {
                page.add(Flaw::new(
                    "asset",
                    format!("needs `{path}`, which is answered with a page (text/html)"),
                ));
            }
            Outcome::Fallback => {
                let how = "which is answered like any path that does not exist";
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

/// Whether a fragment, as written or decoded, is one of the ids.
fn has(ids: &HashSet<String>, fragment: &str) -> bool {
    ids.contains(fragment) || ids.contains(&readable(fragment))
}
