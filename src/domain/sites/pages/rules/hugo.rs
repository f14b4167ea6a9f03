//! Hugo: what `hugo list all` says where hugo is, else `content/` with its front matter; sections from folders.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use anyhow::Result;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::title::Front;
use super::super::{Kind, Page, Sources, asked};
use super::{stem, unpublished};
use crate::system::clock;

const TEXTS: &[&str] = &[".md", ".markdown", ".html", ".adoc", ".org", ".rst", ".mdx"];

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let files = from.tree.below("content")?;
    let wants = Wants::of(from)?;
    let mut watched = files.clone();
    watched.extend(["hugo.toml", "hugo.yaml", "hugo.json", "config.toml", "config.yaml"].map(str::to_owned));
    let settled = from.tree.has("content")
        && (from.tree.has("config") || watched[files.len()..].iter().any(|name| from.tree.has(name)));
    let said =
        if settled { asked::ask(&from.tree, Path::new("hugo"), &["list", "all"], &watched)? } else { None };
    let listed = said.as_deref().and_then(|said| listed(said, &wants));
    let (mut pages, mut left_out) = listed.unwrap_or_else(|| by_files(from, &files, &wants));
    // Pages of sections are in no list of Hugo's.
    let indexes = files.iter().filter(|file| file.contains("/_index."));
    left_out.extend(indexes.filter(|file| !wants.builds(&Front::of(&from.tree.head(file)))).cloned());
    let built: Vec<String> = files.into_iter().filter(|file| !left_out.contains(file)).collect();
    pages.extend(sections(from, &built));
    Ok(pages)
}

/// The pages that the files themselves tell, and the files that make none.
fn by_files(from: &Sources<'_>, files: &[String], wants: &Wants) -> (Vec<Page>, HashSet<String>) {
    let (mut pages, mut left_out) = (Vec::new(), HashSet::new());
    for file in files.iter().filter(|file| stem(file, TEXTS).is_some()) {
        let front = Front::of(&from.tree.head(file));
        if wants.builds(&front) {
            pages.extend(read(from, file, &front));
        } else {
            left_out.insert(file.clone());
        }
    }
    (pages, left_out)
}

/// Which of what is not public yet, or no more, is served.
#[derive(Debug, Default)]
struct Wants {
    drafts: bool,
    future: bool,
    expired: bool,
}

impl Wants {
    /// The flags of the command go before the settings, those for its environment before others.
    fn of(from: &Sources<'_>) -> Result<Self> {
        let words = unpublished::words(from);
        let environment = unpublished::value(&words, "--environment", "-e").unwrap_or("development");
        let mut settings = Vec::new();
        for dir in [&format!("config/{environment}/"), "config/_default/", ""] {
            for name in ["hugo", "config"] {
                for ending in ["toml", "yaml", "yml", "json"] {
                    let file = format!("{dir}{name}.{ending}");
                    settings.extend(from.tree.text(&file)?.map(|text| Front::settings(&file, &text)));
                }
            }
        }
        let is = |name: &str, short: char| {
            let given = unpublished::flag(&words, &format!("--{name}"), Some(short), "DEFw");
            let set = || settings.iter().find_map(|file| file.loosely(name)).map(|value| value == "true");
            given.or_else(set).unwrap_or_default()
        };
        Ok(Self {
            drafts: is("buildDrafts", 'D'),
            future: is("buildFuture", 'F'),
            expired: is("buildExpired", 'E'),
        })
    }

    fn builds(&self, front: &Front) -> bool {
        let first = |names: &[&str]| names.iter().find_map(|name| front.loosely(name));
        self.serves(
            front.loosely("draft") == Some("true"),
            first(&["publishDate", "pubdate", "published", "date"]),
            first(&["expiryDate", "unpublishdate"]),
        )
    }

    fn serves(&self, draft: bool, published: Option<&str>, expires: Option<&str>) -> bool {
        let now = clock::now();
        // The list has the year 1 for none.
        let at = |text: Option<&str>| {
            unpublished::moment(text?, &TimeZone::UTC).filter(|moment| *moment > Timestamp::UNIX_EPOCH)
        };
        (self.drafts || !draft)
            && (self.future || at(published).is_none_or(|published| published <= now))
            && (self.expired || at(expires).is_none_or(|expires| expires > now))
    }
}

/// The CSV of `hugo list all`: the pages, and the files that make none.
fn listed(said: &str, wants: &Wants) -> Option<(Vec<Page>, HashSet<String>)> {
    let mut rows = rows(said).into_iter();
    let head = rows.find(|row| row.first().is_some_and(|name| name == "path"))?;
    let at = |name: &str| head.iter().position(|own| own == name);
    let (path, link) = (at("path")?, at("permalink")?);
    let mut left_out = HashSet::new();
    let pages = rows.filter_map(|row| {
        let told = |name: &str| {
            at(name).and_then(|at| row.get(at)).map(String::as_str).filter(|text| !text.is_empty())
        };
        if !wants.serves(
            told("draft") == Some("true"),
            told("publishDate").or(told("date")),
            told("expiryDate"),
        ) {
            left_out.extend(row.get(path).cloned());
            return None;
        }
        let link = row.get(link)?;
        let own = link
            .split_once("://")
            .map_or(link.as_str(), |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
        let title = told("title").map(str::to_owned);
        let mut page = Page::new(Kind::Page, "", row.get(path)?).from("command").titled(title);
        page.path = super::super::path::tidy(own);
        page.path.starts_with('/').then_some(page)
    });
    let pages = pages.collect();
    Some((pages, left_out))
}

/// Rows of texts with commas between them, in quotes where they hold some.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let Some(row) = rows.last_mut() else { break };
        let Some(field) = row.last_mut() else { break };
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => rows.push(vec![String::new()]),
            '\r' if !quoted => {}
            _ => field.push(letter),
        }
    }
    rows
}

fn read(from: &Sources<'_>, file: &str, front: &Front) -> Option<Page> {
    let stem = stem(file.strip_prefix("content/")?, TEXTS)?;
    if stem.rsplit('/').next() == Some("_index") {
        return None;
    }
    // Files beside an `index.md` belong to its page.
    let (folder, _) = stem.rsplit_once('/').unwrap_or(("", stem));
    let own = stem.strip_suffix("/index");
    let inside = |folder: &str| {
        !folder.is_empty() && TEXTS.iter().any(|end| from.tree.has(&format!("content/{folder}/index{end}")))
    };
    if own.is_none() && inside(folder) {
        return None;
    }
    let path = match (front.text("url"), front.text("slug")) {
        (Some(url), _) => format!("/{}", url.trim_start_matches('/')),
        (None, slug) => {
            let base = own.unwrap_or(stem);
            let (folder, name) = base.rsplit_once('/').map_or(("", base), |(folder, name)| (folder, name));
            let name = slug.unwrap_or(name);
            let lead = if folder.is_empty() { String::new() } else { format!("/{}", plain(folder)) };
            if name == "index" && lead.is_empty() { "/".into() } else { format!("{lead}/{}/", plain(name)) }
        }
    };
    let mut page = Page::new(Kind::Page, &path, file).from("guess");
    page.title = front.text("title").map(str::to_owned);
    Some(page)
}

/// As Hugo spells names: small letters, dashes for spaces.
fn plain(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

/// The first page and those of sections: folders at the top of `content/`, and all with an `_index.md`.
fn sections(from: &Sources<'_>, files: &[String]) -> Vec<Page> {
    let mut folders: BTreeSet<String> = BTreeSet::from([String::new()]);
    for file in files {
        let Some((folder, name)) = file.strip_prefix("content/").and_then(|file| file.rsplit_once('/'))
        else {
            continue;
        };
        if stem(name, TEXTS) == Some("_index") {
            folders.insert(folder.to_owned());
        }
        let top = folder.split('/').next().unwrap_or_default();
        let bundle = TEXTS.iter().any(|end| from.tree.has(&format!("content/{top}/index{end}")));
        if !bundle && stem(name, TEXTS).is_some() {
            folders.insert(top.to_owned());
        }
    }
    let page = |folder: String| {
        let lead = if folder.is_empty() { "content".to_owned() } else { format!("content/{folder}") };
        let file = TEXTS.iter().map(|end| format!("{lead}/_index{end}")).find(|file| from.tree.has(file));
        let path = if folder.is_empty() { "/".to_owned() } else { format!("/{}/", plain(&folder)) };
        Page { file, ..Page::new(Kind::Page, &path, "") }
    };
    folders.into_iter().map(page).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, hold, put, served};
    use super::*;

    #[test]
    fn hugo_pages_are_told_by_sources() {
        hold(
            "hugo",
            &[Case {
                files: &[
                    "content/posts/one.md",
                    "content/Guides/First Step.md",
                    "content/posts/bundle/index.md",
                    "content/posts/bundle/part.md",
                    "content/posts/bundle/x.png",
                    "content/docs/deep/_index.md",
                    "content/docs/deep/a.md",
                ],
                texts: &[
                    ("content/posts/first.md", "---\ntitle: F\nslug: my-first\n---\n"),
                    ("content/contact.md", "+++\nurl = '/get-in-touch/'\n+++\n"),
                    ("content/posts/d.md", "---\ndraft: true\n---\n"),
                    ("content/drafts/d.md", "---\nDraft: true\n---\n"),
                    ("content/later/d.md", "+++\ndate = 9999-01-01\n+++\n"),
                    ("content/gone.md", "---\nexpiryDate: 2020-01-01\n---\n"),
                    ("content/shut/_index.md", "---\npublishDate: 9999-01-01T10:00:00Z\n---\n"),
                    ("content/_index.md", "---\ntitle: Home\n---\n"),
                ],
                pages: &[
                    "/",
                    "/docs/",
                    "/docs/deep/",
                    "/docs/deep/a/",
                    "/get-in-touch/",
                    "/guides/",
                    "/guides/first-step/",
                    "/posts/",
                    "/posts/bundle/",
                    "/posts/my-first/",
                    "/posts/one/",
                ],
                ..Case::default()
            }],
        );
    }

    #[test]
    fn what_is_not_public_yet_follows_command_and_settings() {
        type Texts = &'static [(&'static str, &'static str)];
        let texts = [
            ("content/draft.md", "---\ndraft: true\n---\n"),
            ("content/later.md", "---\ndate: 9999-01-01 10:00:00 +0200\n---\n"),
            ("content/gone.md", "---\nexpiryDate: 2020-01-01\n---\n"),
        ];
        let table: &[(&str, Texts, &[&str])] = &[
            ("hugo server", &[], &["/"]),
            ("hugo server -D", &[], &["/", "/draft/"]),
            ("hugo server -DF", &[], &["/", "/draft/", "/later/"]),
            ("hugo server --buildFuture --buildExpired", &[], &["/", "/gone/", "/later/"]),
            (
                "npm run dev",
                &[("package.json", r#"{"scripts":{"dev":"hugo server -F"}}"#)],
                &["/", "/later/"],
            ),
            ("hugo server", &[("hugo.toml", "buildFuture = true")], &["/", "/later/"]),
            ("hugo server", &[("config.yaml", "BuildDrafts: true\n")], &["/", "/draft/"]),
            ("hugo server --buildDrafts=false", &[("config.json", r#"{"buildDrafts":true}"#)], &["/"]),
            (
                "hugo server",
                &[
                    ("config/_default/hugo.toml", "buildDrafts = true"),
                    ("config/development/hugo.toml", "buildDrafts = false"),
                ],
                &["/"],
            ),
            (
                "hugo server -e stage",
                &[
                    ("config/stage/hugo.toml", "buildDrafts = true"),
                    ("config/development/hugo.toml", "buildDrafts = false"),
                ],
                &["/", "/draft/"],
            ),
        ];
        for (dev, settings, expected) in table {
            let dir = tempfile::tempdir().unwrap();
            texts.iter().chain(*settings).for_each(|(name, text)| put(dir.path(), name, text));
            let pages = served(dir.path(), "hugo", dev).unwrap();
            let paths: Vec<&str> = pages.iter().map(|page| page.path.as_str()).collect();
            assert_eq!(paths, *expected, "{dev} {settings:?}");
        }
    }

    #[test]
    fn what_hugo_lists_is_taken() {
        let said = "WARN x\npath,slug,title,date,expiryDate,publishDate,draft,permalink\ncontent/posts/first.md,my-first,\"A, \"\"B\"\"\",,,,false,https://x.example/sub/posts/my-first/\n\
                    content/d.md,,D,,,,true,https://x.example/d/\n\
                    content/l.md,,L,9999-01-01T00:00:00Z,0001-01-01T00:00:00Z,9999-01-01T00:00:00Z,false,https://x.example/l/\n";
        let (pages, left_out) = listed(said, &Wants::default()).unwrap();
        assert_eq!(left_out.len(), 2, "{left_out:?}");
        assert_eq!(pages.len(), 1, "{pages:?}");
        assert_eq!(
            (pages[0].path.as_str(), pages[0].title.as_deref()),
            ("/sub/posts/my-first/", Some("A, \"B\""))
        );
        let wants = |drafts, future| Wants { drafts, future, expired: false };
        assert_eq!(listed(said, &wants(true, false)).unwrap().0.len(), 2);
        assert_eq!(listed(said, &wants(true, true)).unwrap().0.len(), 3);
        assert!(listed("", &wants(true, true)).is_none());
    }
}
