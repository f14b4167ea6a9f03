//! The pages in a browser: what it saw of them, as flaws.

use std::time::Duration;

use anyhow::Result;

use super::pictures::{Album, Shot};
use super::read::{self, Reading};
use super::rounds::{self, Doubt, Looked};
use super::soft::Verdict;
use super::url;
use super::{Flaw, Options, PATIENCE, Seen};
use crate::system::browser::{Browser, Extent, Said, View, Visit};

/// Most lines that are told of one message.
const LINES: usize = 12;
/// Most characters of a line.
const LINE: usize = 400;

/// What looking at the pages brought beside what was seen of each.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// The pictures, where they are wanted.
    pub pictures: Vec<Shot>,
    /// What else is to be known.
    pub notice: Option<String>,
}

/// Opens every page that answered, and adds what is wrong to what was `seen`.
pub(super) fn all(
    browser: &mut Browser,
    (base, options): (&str, &Options),
    seen: &mut [Seen],
    reading: &mut Reading,
    tell: &mut dyn FnMut(&Seen),
) -> Result<Looks> {
    let (open, closed): (Vec<usize>, Vec<usize>) = (0..seen.len()).partition(|at| !reading.pages[*at].closed);
    for at in &closed {
        tell(&seen[*at]);
    }
    let urls: Vec<String> = open.iter().map(|at| url::of_page(base, &seen[*at].path)).collect();
    let paths: Vec<String> = urls.iter().map(|whole| url::path_of(base, whole)).collect();
    let mut album = options.pictures.as_deref().map(Album::open).transpose()?;
    let view = view(options.timeout.unwrap_or(PATIENCE), album.is_some());
    if let Some(unknown) = &mut reading.unknown {
        unknown.look(browser, base, view.patience)?;
    }
    let unknown = reading.unknown.clone();
    let verdict = |at: usize, visit: &Visit| {
        unknown.as_ref().map_or(Verdict::Page, |unknown| unknown.verdict(base, &paths[at], visit))
    };
    let doubt = |at: usize, visit: &Visit| {
        if verdict(at, visit) == Verdict::Soft { Some(Doubt::Late) } else { rounds::doubt(visit) }
    };
    let mut earlier = Vec::new();
    let left = rounds::visit(browser, &urls, &view, &doubt, &mut |Looked { at, visit, before }| {
        let page = &mut seen[open[at]];
        if let Some(album) = &mut album {
            album.add(open[at], &page.path, &visit)?;
        }
        if let Some(before) = before {
            let mut other = page.clone();
            take(&mut other, (base, &paths[at]), &before);
            earlier.push((open[at], other.flaws));
        }
        take(page, (base, &paths[at]), &visit);
        judged(page, verdict(at, &visit));
        tell(page);
        reading.pages[open[at]].rendered = Some((visit.links, visit.dangling));
        Ok(())
    })?;
    unsteady(seen, earlier);
    let notice = (left > 0).then(|| {
        format!("{left} of the pages that are not sound were seen beside others only: looking at each alone takes too long")
    });
    Ok(Looks { pictures: album.map_or(Ok(Vec::new()), Album::close)?, notice })
}

fn view(patience: Duration, pictured: bool) -> View {
    View { patience, picture: pictured.then_some(Extent::Full), ..View::default() }
}

/// Adds what it is that a page shows the same as one that does not exist.
fn judged(page: &mut Seen, verdict: Verdict) {
    match verdict {
        Verdict::Soft => {
            page.add(Flaw::new("soft-404", "shows the same as a path that does not exist"));
        }
        Verdict::Unsure if page.final_url.is_some() => {
            page.add(Flaw::warning("soft-404", "leads where any path leads, be it there or not"));
        }
        _ => {}
    }
}

/// Adds what was seen of pages `earlier` and not again; what is wrong with another page was that one's.
fn unsteady(seen: &mut [Seen], earlier: Vec<(usize, Vec<Flaw>)>) {
    for (page, flaws) in earlier {
        for flaw in flaws.into_iter().filter(|flaw| !flaw.warning) {
            // Where it stands differs from page to page.
            let same =
                |other: &Flaw| other.kind == flaw.kind && unplaced(&other.message) == unplaced(&flaw.message);
            // A page that is not sound needs no doubts beside that.
            if seen[page].ok() && !seen.iter().flat_map(|page| &page.flaws).any(same) {
                let told = format!("{} (seen once, and not again when it was looked at alone)", flaw.message);
                seen[page].add(Flaw { details: flaw.details, ..Flaw::warning(flaw.kind, told) });
            }
        }
    }
}

/// A message without the place that it came from.
fn unplaced(message: &str) -> &str {
    message.rsplit_once(" (at ").map_or(message, |(message, _)| message)
}

/// Adds what a browser saw of a page that was asked for by `path`.
fn take(seen: &mut Seen, (base, path): (&str, &str), visit: &Visit) {
    if visit.trouble.is_none() && visit.url.starts_with("http") {
        let end = url::path_of(base, &visit.url);
        seen.final_url = (end != path).then(|| visit.url.split('#').next().unwrap_or_default().to_owned());
        if !url::is_own(base, &visit.url) {
            // What is wrong there is not this site's.
            return seen
                .add(Flaw::warning("outside", format!("leads to another server: `{}`", cut(&visit.url))));
        }
    }
    let answered = seen.status.is_some_and(|status| (200..300).contains(&status));
    if let Some(status @ 400..) = visit.status
        && answered
    {
        seen.add(Flaw::new("status", format!("answers {} to a browser", read::status(status))));
    }
    if let Some(trouble) = &visit.trouble {
        let kind = match trouble.as_str() {
            "the tab crashed" => "crash",
            late if late.starts_with("does not") => "slow",
            _ => "answer",
        };
        // A page without a body that answers 404 has been told of.
        if answered || kind != "answer" {
            seen.add(Flaw::new(kind, trouble.clone()));
        }
    } else if !visit.title.is_empty() {
        seen.title = Some(visit.title.clone());
    }
    if let Some(overlay) = &visit.overlay {
        seen.add(spread("overlay", overlay, base));
    }
    for (kind, said) in [("exception", &visit.exceptions), ("console", &visit.errors)] {
        for Said { text, times } in said {
            seen.add(Flaw { count: (*times > 1).then_some(*times), ..spread(kind, text, base) });
        }
    }
    for (target, why) in &visit.failed {
        let why = why.parse().map_or_else(|_| why.clone(), read::status);
        if url::is_loopback(target) {
            seen.add(Flaw::new("request", format!("`{}` fails: {why}", short(target, base))));
        } else {
            seen.add(Flaw::warning("outside", format!("`{}` fails: {why}", cut(target))));
        }
    }
    for picture in visit.broken.iter().filter(|url| !visit.failed.iter().any(|(failed, _)| failed == *url)) {
        let told = format!("`{}` cannot be shown: it is no picture", cut(&short(picture, base)));
        let far = picture.starts_with("http") && !url::is_loopback(picture);
        seen.add(if far { Flaw::warning("outside", told) } else { Flaw::new("picture", told) });
    }
    if visit.blank && answered && visit.trouble.is_none() && visit.overlay.is_none() {
        seen.add(Flaw::new("empty", "renders nothing: no text, no picture, nothing to fill in"));
    }
}

/// A text as one flaw: its first line is the message.
fn spread(kind: &'static str, text: &str, base: &str) -> Flaw {
    let mut lines = text
        .lines()
        .map(|line| cut(&short(line, base)).trim_end().to_owned())
        .filter(|line| !line.is_empty());
    let message = lines.next().unwrap_or_default().trim_start().to_owned();
    Flaw { details: lines.take(LINES).collect(), ..Flaw::new(kind, message) }
}

/// Without the server's own address.
fn short(text: &str, base: &str) -> String {
    text.replace(base, "")
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(LINE) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(visit: &Visit) -> Vec<(&'static str, String, bool)> {
        let mut seen = Seen { status: Some(200), ..Seen::default() };
        take(&mut seen, ("http://localhost:1", "/"), visit);
        seen.flaws.into_iter().map(|flaw| (flaw.kind, flaw.message, flaw.warning)).collect()
    }

    #[test]
    fn what_a_browser_saw_becomes_flaws() {
        let own = |text: &str| format!("http://localhost:1{text}");
        let table = [
            (Visit { status: Some(200), ..Visit::default() }, vec![]),
            (
                Visit { status: Some(500), ..Visit::default() },
                vec![("status", "answers 500 (internal server error) to a browser", false)],
            ),
            (
                Visit { trouble: Some("the tab crashed".into()), ..Visit::default() },
                vec![("crash", "the tab crashed", false)],
            ),
            (
                Visit { trouble: Some("does not come to rest within 15 s".into()), ..Visit::default() },
                vec![("slow", "does not come to rest within 15 s", false)],
            ),
            (
                Visit {
                    exceptions: vec![Said { text: format!("Error: x (at {}:1:2)", own("/a.js")), times: 1 }],
                    ..Visit::default()
                },
                vec![("exception", "Error: x (at /a.js:1:2)", false)],
            ),
            (
                Visit { blank: true, ..Visit::default() },
                vec![("empty", "renders nothing: no text, no picture, nothing to fill in", false)],
            ),
            (
                Visit { url: "https://far.example/".into(), blank: true, ..Visit::default() },
                vec![("outside", "leads to another server: `https://far.example/`", true)],
            ),
        ];
        for (visit, expected) in table {
            let expected: Vec<_> =
                expected.into_iter().map(|(kind, text, warning)| (kind, text.to_owned(), warning)).collect();
            assert_eq!(taken(&visit), expected);
        }
    }

    #[test]
    fn what_does_not_come_and_cannot_be_shown_becomes_flaws() {
        let own = |text: &str| format!("http://localhost:1{text}");
        let table = [
            (
                Visit {
                    failed: vec![
                        (own("/api"), "500 no".into()),
                        ("http://127.0.0.1:4000/api".into(), "net::ERR_Y".into()),
                        ("https://cdn.example/x".into(), "net::ERR_X".into()),
                    ],
                    ..Visit::default()
                },
                vec![
                    ("request", "`/api` fails: 500 no", false),
                    ("request", "`http://127.0.0.1:4000/api` fails: net::ERR_Y", false),
                    ("outside", "`https://cdn.example/x` fails: net::ERR_X", true),
                ],
            ),
            (
                Visit {
                    failed: vec![(own("/gone.png"), "404".into())],
                    broken: vec![
                        own("/gone.png"),
                        own("/odd.png"),
                        "data:,x".into(),
                        "https://cdn.example/y".into(),
                    ],
                    ..Visit::default()
                },
                vec![
                    ("request", "`/gone.png` fails: 404 (not found)", false),
                    ("picture", "`/odd.png` cannot be shown: it is no picture", false),
                    ("picture", "`data:,x` cannot be shown: it is no picture", false),
                    ("outside", "`https://cdn.example/y` cannot be shown: it is no picture", true),
                ],
            ),
        ];
        for (visit, expected) in table {
            let expected: Vec<_> =
                expected.into_iter().map(|(kind, text, warning)| (kind, text.to_owned(), warning)).collect();
            assert_eq!(taken(&visit), expected);
        }
    }

    #[test]
    fn a_text_is_spread_over_lines_in_bounds() {
        let overlay = spread("overlay", "  Failed\n\n/src/App.jsx:3:1\n  3 | <h1  \n", "http://localhost:1");
        assert_eq!(
            (overlay.message.as_str(), overlay.details),
            ("Failed", vec!["/src/App.jsx:3:1".to_owned(), "  3 | <h1".to_owned()])
        );
        let long = spread("console", &"x\n".repeat(1000), "http://localhost:1");
        assert_eq!(long.details.len(), LINES);
    }

    #[test]
    fn what_is_not_seen_again_is_only_told_and_not_at_all_where_it_is_of_another_page() {
        let flaw = |kind, message: &str| Flaw::new(kind, message);
        let mut seen = [
            Seen { flaws: vec![flaw("overlay", "broken"), flaw("console", "at 12:02")], ..Seen::default() },
            Seen::default(),
        ];
        let earlier = vec![
            (0, vec![flaw("overlay", "broken"), flaw("console", "at 12:01")]),
            (
                1,
                vec![
                    flaw("overlay", "broken"),
                    flaw("console", "at 12:02 (at /b:1:1)"),
                    flaw("exception", "odd"),
                    Flaw::warning("outside", "far"),
                ],
            ),
        ];
        unsteady(&mut seen, earlier);
        assert_eq!(seen[0].flaws.len(), 2);
        let told = "odd (seen once, and not again when it was looked at alone)";
        assert_eq!(seen[1].flaws, [Flaw::warning("exception", told)]);
    }
}
