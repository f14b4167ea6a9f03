//! The pages in a browser: what it saw of them, as flaws.

use std::time::Duration;

use anyhow::Result;

use super::pictures::{Album, Shot};
use super::read::{self, Reading};
use super::url;
use super::{Flaw, Options, PATIENCE, Seen, TABS};
use crate::system::browser::{Browser, Extent, View, Visit};

/// Most lines that are told of one message.
const LINES: usize = 12;
/// Most characters of a line.
const LINE: usize = 400;

/// Opens every page that answered, and adds what is wrong to what was `seen`. The pictures, where they are wanted.
pub(super) fn all(
    browser: &mut Browser,
    (base, options): (&str, &Options),
    seen: &mut [Seen],
    reading: &mut Reading,
    tell: &mut dyn FnMut(&Seen),
) -> Result<Vec<Shot>> {
    let (open, closed): (Vec<usize>, Vec<usize>) = (0..seen.len()).partition(|at| !reading.pages[*at].closed);
    for at in &closed {
        tell(&seen[*at]);
    }
    let urls: Vec<String> = open.iter().map(|at| url::of_page(base, &seen[*at].path)).collect();
    let mut album = options.pictures.as_deref().map(Album::open).transpose()?;
    let view = view(options.timeout.unwrap_or(PATIENCE), album.is_some());
    let mut failed = Ok(());
    browser.visit_all(&urls, &view, TABS, &mut |at, visit| {
        let page = open[at];
        if let (Some(album), Ok(())) = (&mut album, &failed) {
            failed = album.add(page, &seen[page].path, &visit);
        }
        take(&mut seen[page], base, &visit);
        reading.pages[page].rendered = Some((visit.links, visit.dangling));
        tell(&seen[page]);
    })?;
    failed?;
    album.map_or(Ok(Vec::new()), Album::close)
}

fn view(patience: Duration, pictured: bool) -> View {
    View { patience, picture: pictured.then_some(Extent::Full), ..View::default() }
}

/// Adds what a browser saw of a page.
fn take(seen: &mut Seen, base: &str, visit: &Visit) {
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
    for exception in &visit.exceptions {
        seen.add(spread("exception", exception, base));
    }
    for error in &visit.errors {
        seen.add(spread("console", error, base));
    }
    for (target, why) in &visit.failed {
        if url::is_own(base, target) {
            seen.add(Flaw::new("request", format!("`{}` fails: {why}", short(target, base))));
        } else {
            seen.add(Flaw::warning("outside", format!("`{}` fails: {why}", cut(target))));
        }
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
        take(&mut seen, "http://localhost:1", visit);
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
                Visit { exceptions: vec![format!("Error: x (at {}:1:2)", own("/a.js"))], ..Visit::default() },
                vec![("exception", "Error: x (at /a.js:1:2)", false)],
            ),
            (
                Visit {
                    failed: vec![
                        (own("/api"), "500 no".into()),
                        ("https://cdn.example/x".into(), "net::ERR_X".into()),
                    ],
                    ..Visit::default()
                },
                vec![
                    ("request", "`/api` fails: 500 no", false),
                    ("outside", "`https://cdn.example/x` fails: net::ERR_X", true),
                ],
            ),
        ];
        for (visit, expected) in table {
            let expected: Vec<_> =
                expected.into_iter().map(|(kind, text, warning)| (kind, text.to_owned(), warning)).collect();
            assert_eq!(taken(&visit), expected);
        }
        let overlay = spread("overlay", "  Failed\n\n/src/App.jsx:3:1\n  3 | <h1  \n", "http://localhost:1");
        assert_eq!(
            (overlay.message.as_str(), overlay.details),
            ("Failed", vec!["/src/App.jsx:3:1".to_owned(), "  3 | <h1".to_owned()])
        );
        let long = spread("console", &"x\n".repeat(1000), "http://localhost:1");
        assert_eq!(long.details.len(), LINES);
    }
}
