//! What a server that answers any path with success has pages for: told by what is shown, not by what is answered.

use std::time::Duration;

use anyhow::Result;

use super::read::plain;
use super::rounds::PATIENT;
use super::{TABS, url};
use crate::system::browser::{Browser, View, Visit};

/// Most links that are opened to see what they show.
const MOST: usize = 40;
/// Paths that may show the page for what does not exist: it is theirs.
const OWN: &[&str] = &["/", "/index.html", "/index.htm", "/404", "/404.html", "/404/", "/_not-found"];

/// A path that nobody has, which was answered with success.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Unknown {
    /// It, as it was asked for.
    pub path: String,
    /// Where it ended up.
    pub end: String,
    /// The HTML that came, made [`plain`].
    pub html: String,
    /// What a browser shows of it, made [`plain`]; none where no browser looked.
    pub face: Option<String>,
}

/// Whether a path leads to something of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It does.
    Page,
    /// It shows what a path shows that does not exist.
    Soft,
    /// Nothing tells.
    Unsure,
}

impl Unknown {
    /// Opens it, to know what is shown of what does not exist.
    pub(super) fn look(&mut self, browser: &mut Browser, base: &str, patience: Duration) -> Result<()> {
        let view = View { patience, quiet: PATIENT, ..View::default() };
        let visit = browser.visit(&(base.to_owned() + &self.path), &view)?;
        let answered = visit.trouble.is_none() && url::is_own(base, &visit.url);
        if answered {
            self.end = url::path_of(base, &visit.url);
        }
        self.face = answered.then(|| shown(&visit, base, &self.path));
        Ok(())
    }

    /// Whether a browser showed the same of `path`, which ended where `visit` says.
    pub(super) fn verdict(&self, base: &str, path: &str, visit: &Visit) -> Verdict {
        let Some(face) = &self.face else { return Verdict::Unsure };
        if visit.trouble.is_some() || OWN.contains(&path.split('?').next().unwrap_or(path)) {
            return Verdict::Page;
        }
        if shown(visit, base, "") != *face && shown(visit, base, path) != *face {
            return Verdict::Page;
        }
        let end = url::path_of(base, &visit.url);
        match self.end == self.path {
            true => Verdict::Soft,
            // All that one is not let to leads to the same page, be it there or not.
            false if end != path => Verdict::Unsure,
            false => Verdict::Page,
        }
    }

    /// Opens `paths` and tells what each leads to.
    pub(super) fn judge(
        &self,
        browser: &mut Browser,
        base: &str,
        paths: &[&str],
        patience: Duration,
    ) -> Result<Vec<Verdict>> {
        let mut verdicts = vec![Verdict::Unsure; paths.len()];
        if self.face.is_none() {
            return Ok(verdicts);
        }
        let paths = &paths[..paths.len().min(MOST)];
        let urls: Vec<String> = paths.iter().map(|path| base.to_owned() + path).collect();
        let view = View { patience, quiet: PATIENT, ..View::default() };
        browser.visit_all(&urls, &view, TABS, &mut |at, visit| {
            verdicts[at] = self.verdict(base, paths[at], &visit);
        })?;
        Ok(verdicts)
    }
}

/// What is shown, without what differs from path to path.
fn shown(visit: &Visit, base: &str, path: &str) -> String {
    let text = format!("{}\n{}", visit.title, visit.text).replace(base, "");
    plain(&text, path).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_the_same_as_nothing_is_nothing() {
        let base = "http://localhost:1";
        let seen = |end: &str, text: &str| Visit {
            url: format!("{base}{end}"),
            title: "Shop".into(),
            text: text.into(),
            ..Visit::default()
        };
        let unknown = |end: &str, text: &str| Unknown {
            path: "/no-such".into(),
            end: end.into(),
            face: Some(shown(&seen(end, text), base, "/no-such")),
            ..Unknown::default()
        };
        let lost = unknown("/no-such", "No /no-such here\nat 12:01");
        let login = unknown("/login", "Who are you?");
        let table = [
            (&lost, "/none", seen("/none", "No /none here\n at 12:02"), Verdict::Soft),
            (&lost, "/", seen("/", "No / here at 12:02"), Verdict::Page),
            (&lost, "/404.html", seen("/404.html", "No /404.html here at 1:2"), Verdict::Page),
            (&lost, "/fine", seen("/fine", "Fine"), Verdict::Page),
            (&login, "/mine", seen("/login", "Who are you?"), Verdict::Unsure),
            (&login, "/login", seen("/login", "Who are you?"), Verdict::Page),
            (&login, "/open", seen("/open", "Open"), Verdict::Page),
            (&Unknown::default(), "/x", seen("/x", ""), Verdict::Unsure),
        ];
        for (unknown, path, visit, expected) in table {
            assert_eq!(unknown.verdict(base, path, &visit), expected, "{path}");
        }
    }
}
