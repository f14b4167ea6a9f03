//! Jekyll: `_posts/` by their dates, and every page of the source tree.

use std::collections::HashMap;

use anyhow::Result;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::title::Front;
use super::super::{Kind, Page, Sources};
use super::docusaurus::dated;
use super::{stem, under, unpublished};
use crate::system::{clock, front_matter};

const TEXTS: &[&str] = &[".md", ".markdown", ".mkd"];
const PAGES: &[&str] = &[".html", ".htm"];

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let text = from.tree.first(&["_config.yml", "_config.yaml", "_config.toml"])?.map(|(_, text)| text);
    let text = text.unwrap_or_default();
    let entries = front_matter::entries(&text).unwrap_or_default();
    let settings: HashMap<&str, String> =
        entries.iter().filter_map(|entry| Some((entry.name, entry.text().ok()??))).collect();
    let style = settings.get("permalink").map_or("date", String::as_str);
    let wants = Wants::of(from, &settings);
    let mut pages = Vec::new();
    for file in from.tree.below("")? {
        let front = || Front::of(&from.tree.head(&file));
        let lies_in = |folder: &str| file.split('/').any(|name| name == folder);
        if lies_in("_posts") {
            pages.extend(post(&file, style, &front(), &wants));
        } else if lies_in("_drafts") {
            pages.extend(wants.drafts.then(|| draft(from, &file, style, &front(), &wants)).flatten());
        } else {
            pages.extend(page(from, &file, style, &front(), &wants));
        }
    }
    Ok(under(settings.get("baseurl").map(String::as_str), pages))
}

/// Which of what is not public yet is served.
#[derive(Debug)]
struct Wants {
    drafts: bool,
    future: bool,
    unpublished: bool,
    /// Where days begin.
    zone: TimeZone,
}

impl Wants {
    /// The flags of the command go before the settings.
    fn of(from: &Sources<'_>, settings: &HashMap<&str, String>) -> Self {
        let words = unpublished::words(from);
        let is = |long: &str, short: Option<char>, name: &str| {
            let given = unpublished::flag(&words, long, short, "DwIlotqVB");
            given.unwrap_or_else(|| settings.get(name).is_some_and(|value| value == "true"))
        };
        let zone = settings.get("timezone").and_then(|name| TimeZone::get(name).ok());
        Self {
            drafts: is("--drafts", Some('D'), "show_drafts"),
            future: is("--future", None, "future"),
            unpublished: is("--unpublished", None, "unpublished"),
            zone: zone.unwrap_or_else(TimeZone::system),
        }
    }

    fn publishes(&self, front: &Front) -> bool {
        self.unpublished || front.text("published") != Some("false")
    }
}

fn post(file: &str, style: &str, front: &Front, wants: &Wants) -> Option<Page> {
    let (lead, name) = file.split_once("_posts/")?;
    let name = stem(name, &[TEXTS, PAGES].concat())?;
    let (day, title) = dated(name.rsplit('/').next()?)?;
    let day = unpublished::moment(&day.join("-"), &wants.zone)?;
    written((file, lead, title), style, front, (day, wants))
}

/// A draft, whose day is that of its last change.
fn draft(from: &Sources<'_>, file: &str, style: &str, front: &Front, wants: &Wants) -> Option<Page> {
    let (lead, name) = file.split_once("_drafts/")?;
    let name = stem(name, &[TEXTS, PAGES].concat())?.rsplit('/').next()?;
    let (day, title) = match dated(name) {
        Some((day, title)) => (unpublished::moment(&day.join("-"), &wants.zone)?, title),
        None => (from.tree.path(file).metadata().ok()?.modified().ok()?.try_into().ok()?, name),
    };
    written((file, lead, title), style, front, (day, wants))
}

/// The page of a post; what it says of its day goes before its name.
fn written(
    (file, lead, title): (&str, &str, &str),
    style: &str,
    front: &Front,
    (day, wants): (Timestamp, &Wants),
) -> Option<Page> {
    let day = front.text("date").and_then(|date| unpublished::moment(date, &wants.zone)).unwrap_or(day);
    if !wants.publishes(front) || (!wants.future && day > clock::now()) {
        return None;
    }
    let day = day.to_zoned(wants.zone.clone());
    let (year, month, day) =
        (format!("{:04}", day.year()), format!("{:02}", day.month()), format!("{:02}", day.day()));
    let path = front.text("permalink").unwrap_or(match style {
        "pretty" => "/:categories/:year/:month/:day/:title/",
        "none" => "/:categories/:title.html",
        "date" => "/:categories/:year/:month/:day/:title.html",
        own => own,
    });
    let categories: Vec<String> = match front.text("categories").or_else(|| front.text("category")) {
        Some(named) => named.split_whitespace().map(str::to_lowercase).collect(),
        None => Vec::new(),
    };
    let folders = lead.split('/').filter(|name| !name.is_empty()).map(str::to_lowercase);
    let categories: Vec<String> = folders.chain(categories).collect();
    let title = front.text("slug").unwrap_or(title);
    let short = |text: &str| text.trim_start_matches('0').to_owned();
    let path = path
        .replace(":categories", &categories.join("/"))
        .replace(":year", &year)
        .replace(":i_month", &short(&month))
        .replace(":i_day", &short(&day))
        .replace(":month", &month)
        .replace(":day", &day)
        .replace(":title", title)
        .replace(":slug", title)
        .replace(":output_ext", ".html");
    let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
    let end = if path.ends_with('/') { "/" } else { "" };
    Some(Page::new(Kind::Page, &format!("/{}{end}", names.join("/")), file))
}

fn page(from: &Sources<'_>, file: &str, style: &str, front: &Front, wants: &Wants) -> Option<Page> {
    if file.split('/').any(|name| name.starts_with(['_', '#', '~'])) {
        return None;
    }
    let text = stem(file, TEXTS);
    let name = text.or_else(|| stem(file, PAGES))?;
    // Markdown without front matter is copied as it is; the first page is made of a README all the same.
    let readme = text.is_some()
        && name == "README"
        && !["index.md", "index.html"].iter().any(|name| from.tree.has(name));
    if (text.is_some() && !front.is_there && !readme) || !wants.publishes(front) || name == "404" {
        return None;
    }
    if let Some(own) = front.text("permalink").filter(|own| !own.contains(':')) {
        return Some(Page::new(Kind::Page, &format!("/{}", own.trim_start_matches('/')), file));
    }
    let (folder, leaf) =
        name.rsplit_once('/').map_or((String::new(), name), |(folder, leaf)| (format!("/{folder}"), leaf));
    let pretty = style == "pretty" || style.ends_with('/');
    let path = match leaf {
        _ if leaf == "index" || readme => format!("{folder}/"),
        _ if pretty && front.is_there => format!("{folder}/{leaf}/"),
        _ => format!("{folder}/{leaf}.html"),
    };
    Some(Page::new(Kind::Page, &path, file))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, hold, put, served};
    use super::*;

    #[test]
    fn what_is_not_public_yet_follows_command_and_settings() {
        let texts = [
            ("_posts/9999-01-06-later.md", "---\n---\n"),
            ("_posts/2024-01-06-hidden.md", "---\npublished: false\n---\n"),
            ("in/_drafts/soon.md", "---\ndate: 2024-02-03\n---\n"),
            ("_drafts/new.md", ""),
        ];
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in texts {
            put(dir.path(), name, text);
        }
        let changed = dir.path().join("_drafts/new.md").metadata().unwrap().modified().unwrap();
        let changed = Timestamp::try_from(changed).unwrap().to_zoned(TimeZone::system());
        let new = changed.strftime("/%Y/%m/%d/new.html").to_string();
        let (later, soon, hidden) =
            ("/9999/01/06/later.html", "/in/2024/02/03/soon.html", "/2024/01/06/hidden.html");
        let drafts = [soon, new.as_str()];
        let table: [(&str, &str, &[&str]); 8] = [
            ("jekyll serve", "", &[]),
            ("bundle exec jekyll serve --future", "", &[later]),
            ("jekyll serve --drafts", "", &drafts),
            ("jekyll serve -wD", "", &drafts),
            ("jekyll serve", "future: true\n", &[later]),
            ("jekyll serve", "show_drafts: true\n", &drafts),
            ("jekyll serve --unpublished", "future: false\n", &[hidden]),
            ("npm run dev", "title: x\n", &[later]),
        ];
        put(dir.path(), "package.json", r#"{"scripts":{"dev":"jekyll serve --future"}}"#);
        for (dev, settings, expected) in table {
            put(dir.path(), "_config.yml", settings);
            let pages = served(dir.path(), "jekyll", dev).unwrap();
            let mut paths: Vec<&str> = pages.iter().map(|page| page.path.as_str()).collect();
            paths.retain(|path| *path != "/");
            let mut expected = expected.to_vec();
            expected.sort_unstable();
            assert_eq!(paths, expected, "{dev} {settings}");
        }
    }

    #[test]
    fn jekyll_pages_are_told_by_sources() {
        hold(
            "jekyll",
            &[
                Case {
                    files: &[
                        "_posts/2024-01-05-hi.md",
                        "_posts/undated.md",
                        "blog/_posts/2024-02-01-in.md",
                        "_drafts/x.md",
                        "_site/x.html",
                        "plain.html",
                        "copied.md",
                        "README.md",
                        "_layouts/default.html",
                        "404.html",
                        "vendor/x.html",
                    ],
                    texts: &[
                        ("about.md", "---\ntitle: A\n---\n"),
                        ("x.md", "---\npermalink: /else/\n---\n"),
                        ("_posts/2024-01-06-c.md", "---\ncategories: News old\n---\n"),
                        ("n.md", "---\npublished: false\n---\n"),
                        ("_posts/9999-01-06-later.md", "---\n---\n"),
                        ("_posts/2024-01-06-l.md", "---\ndate: 9999-01-06 10:00:00 +0000\n---\n"),
                        ("_posts/9999-01-06-early.md", "---\ndate: 2023-05-06\n---\n"),
                    ],
                    pages: &[
                        "/",
                        "/2023/05/06/early.html",
                        "/2024/01/05/hi.html",
                        "/about.html",
                        "/blog/2024/02/01/in.html",
                        "/else/",
                        "/news/old/2024/01/06/c.html",
                        "/plain.html",
                    ],
                    ..Case::default()
                },
                Case {
                    texts: &[
                        ("_config.yml", "permalink: /:year/:title/\nbaseurl: /b\n"),
                        ("index.md", "---\n---\n"),
                        ("a.md", "---\n---\n"),
                        ("_posts/2024-01-05-hi.md", "---\n---\n"),
                    ],
                    pages: &["/b/", "/b/2024/hi/", "/b/a/"],
                    ..Case::default()
                },
            ],
        );
    }
}
