//! A report as a person, or an agent's next prompt, reads it: sound pages in a line each, then what is wrong, then the sum.

use std::collections::BTreeMap;

use super::{Flaw, Report, Seen};

/// Most flaws that are written out of one page; the sum counts all.
const MOST: usize = 20;
/// Most lines that belong to a flaw.
const DETAILS: usize = 6;

impl Report {
    /// All of it, line by line.
    pub fn lines(&self) -> Vec<String> {
        let (quiet, loud): (Vec<&Seen>, Vec<&Seen>) =
            self.pages.iter().partition(|page| page.flaws.is_empty());
        let mut lines: Vec<String> = quiet.iter().map(|page| self.heading("ok  ", page)).collect();
        for page in loud {
            lines.push(self.heading(if page.ok() { "ok  " } else { "FAIL" }, page));
            lines.extend(page.flaws.iter().take(MOST).flat_map(told));
            let left = page.flaws.len().saturating_sub(MOST);
            if left > 0 {
                lines.push(format!("     and {left} more"));
            }
        }
        lines.extend(self.server.first().map(|_| "FAIL     its server".to_owned()));
        lines.extend(self.server.iter().flat_map(told));
        lines.extend(self.warnings.iter().map(|warning| format!("warning: {warning}")));
        lines.extend(self.notices.iter().map(|notice| format!("note: {notice}")));
        lines.push(self.sum());
        lines
    }

    /// A page's own line: what came, where, where that led, from which file.
    fn heading(&self, word: &str, page: &Seen) -> String {
        let status = page.status.map_or("  -".to_owned(), |status| status.to_string());
        let led = page.final_url.as_ref().map(|end| format!(" → {}", self.within(end))).unwrap_or_default();
        let file = page.file.as_ref().map(|file| format!("  from {file}")).unwrap_or_default();
        let title = page.title.as_ref().map(|title| format!("  \"{title}\"")).unwrap_or_default();
        format!("{word} {status} {}{led}{file}{title}", page.path)
    }

    /// A URL without the site's own server.
    fn within<'u>(&self, url: &'u str) -> &'u str {
        url.strip_prefix(self.url.as_str()).filter(|path| path.starts_with('/')).unwrap_or(url)
    }

    /// What it came to, in a line.
    pub fn sum(&self) -> String {
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        let flaws = self.pages.iter().flat_map(|page| &page.flaws).chain(&self.server);
        for flaw in flaws.filter(|flaw| !flaw.warning) {
            *kinds.entry(flaw.kind).or_default() += 1;
        }
        let by = self.browser.as_deref().unwrap_or("HTTP only");
        let beside = if self.targets > 0 {
            format!(", {}", count(self.targets, "link or asset", "links and assets"))
        } else {
            String::new()
        };
        let what = format!("{}{beside} ({by})", count(self.pages.len(), "page", "pages"));
        if self.ok {
            return format!("sound: {what}");
        }
        let bad = self.pages.iter().filter(|page| !page.ok()).count();
        let kinds: Vec<String> = kinds.into_iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        let server = if self.server.is_empty() { "" } else { "the server, and " };
        format!("not sound: {server}{bad} of {what}: {}", kinds.join(", "))
    }
}

fn told(flaw: &Flaw) -> Vec<String> {
    let word = if flaw.warning { "note: " } else { "" };
    let times = flaw.count.map(|count| format!(" ×{count}")).unwrap_or_default();
    let mut lines = vec![format!("     {}: {word}{}{times}", flaw.kind, flaw.message)];
    lines.extend(flaw.details.iter().take(DETAILS).map(|line| format!("       {line}")));
    lines
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str, flaws: Vec<Flaw>) -> Seen {
        Seen { path: path.into(), status: Some(200), flaws, ..Seen::default() }
    }

    #[test]
    fn a_report_reads_page_by_page_with_what_is_wrong_last() {
        let overlay = Flaw {
            details: vec!["/src/App.jsx:3:1".into(), "3 | <h1".into()],
            ..Flaw::new("overlay", "Failed to parse")
        };
        let bad =
            Seen { file: Some("src/App.jsx".into()), title: Some("Home".into()), ..page("/", vec![overlay]) };
        let far = page("/far", vec![Flaw::warning("outside", "`https://x.example/a` fails: net::ERR_X")]);
        let none =
            Seen { status: None, ..page("/none", vec![Flaw::new("slow", "no full answer within 1 s")]) };
        let often = Flaw { count: Some(50), ..Flaw::new("console", "no") };
        let led = Seen { final_url: Some("http://localhost:1/in".into()), ..page("/led", vec![often]) };
        let pages = vec![bad, page("/about", Vec::new()), far, none, led];
        let report = Report {
            url: "http://localhost:1".into(),
            pages,
            targets: 1,
            notices: vec!["odd".into()],
            warnings: vec!["all".into()],
            ..Report::default()
        };
        let expected = [
            "ok   200 /about",
            "FAIL 200 /  from src/App.jsx  \"Home\"",
            "     overlay: Failed to parse",
            "       /src/App.jsx:3:1",
            "       3 | <h1",
            "ok   200 /far",
            "     outside: note: `https://x.example/a` fails: net::ERR_X",
            "FAIL   - /none",
            "     slow: no full answer within 1 s",
            "FAIL 200 /led → /in",
            "     console: no ×50",
            "warning: all",
            "note: odd",
            "not sound: 3 of 5 pages, 1 link or asset (HTTP only): console 1, overlay 1, slow 1",
        ];
        assert_eq!(report.lines(), expected);
        let many = (0..30).map(|at| Flaw::new("link", format!("{at}"))).collect();
        let lines = Report { pages: vec![page("/", many)], ..Report::default() }.lines();
        assert_eq!(lines.len(), 1 + MOST + 1 + 1);
        let server = vec![Flaw { details: vec!["Error: a".into()], ..Flaw::new("restart", "it goes on") }];
        let lines = Report { server, pages: vec![page("/", Vec::new())], ..Report::default() }.lines();
        let expected = ["     restart: it goes on", "       Error: a"];
        assert_eq!(lines[2..4], expected);
        assert_eq!(lines[4], "not sound: the server, and 0 of 1 page (HTTP only): restart 1");
        let sound = Report {
            ok: true,
            browser: Some("Chrome 1".into()),
            pages: vec![page("/", Vec::new())],
            ..Report::default()
        };
        assert_eq!(sound.lines(), ["ok   200 /", "sound: 1 page (Chrome 1)"]);
    }
}
