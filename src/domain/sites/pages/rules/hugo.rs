//! Hugo: what `hugo list all` says where hugo is, else `content/` with its front matter; sections from folders.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use super::super::title::Front;
use super::super::{Kind, Page, Sources, asked};
use super::stem;

const TEXTS: &[&str] = &[".md", ".markdown", ".html", ".adoc", ".org", ".rst", ".mdx"];

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let files = from.tree.below("content")?;
    let dev = from.recipe.commands.dev.as_deref().unwrap_or_default();
    let drafts = dev.split_whitespace().any(|word| matches!(word, "-D" | "--buildDrafts"));
    let mut watched = files.clone();
    watched.extend(["hugo.toml", "hugo.yaml", "hugo.json", "config.toml", "config.yaml"].map(str::to_owned));
    let settled = from.tree.has("content")
        && (from.tree.has("config") || watched[files.len()..].iter().any(|name| from.tree.has(name)));
    let said =
        if settled { asked::ask(&from.tree, Path::new("hugo"), &["list", "all"], &watched)? } else { None };
    let mut pages = match said.as_deref().and_then(|said| listed(said, drafts)) {
        Some(pages) => pages,
        None => files.iter().filter_map(|file| read(from, file, drafts)).collect(),
    };
    pages.extend(sections(from, &files));
    Ok(pages)
}

/// The CSV of `hugo list all`.
fn listed(said: &str, drafts: bool) -> Option<Vec<Page>> {
    let mut rows = rows(said).into_iter();
    let head = rows.find(|row| row.first().is_some_and(|name| name == "path"))?;
    let at = |name: &str| head.iter().position(|own| own == name);
    let (path, link) = (at("path")?, at("permalink")?);
    let pages = rows.filter_map(|row| {
        if !drafts && at("draft").and_then(|at| row.get(at)).is_some_and(|is| is == "true") {
            return None;
        }
        let link = row.get(link)?;
        let own = link
            .split_once("://")
            .map_or(link.as_str(), |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
        let title = at("title").and_then(|at| row.get(at)).filter(|title| !title.is_empty()).cloned();
        let mut page = Page::new(Kind::Page, "", row.get(path)?).from("command").titled(title);
        page.path = super::super::path::tidy(own);
        page.path.starts_with('/').then_some(page)
    });
    Some(pages.collect())
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

fn read(from: &Sources<'_>, file: &str, drafts: bool) -> Option<Page> {
    let stem = stem(file.strip_prefix("content/")?, TEXTS)?;
    if stem.rsplit('/').next() == Some("_index") {
        return None;
    }
    let front = Front::of(&from.tree.head(file));
    if front.is("draft") && !drafts {
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
    use super::super::super::tests::{Case, hold};
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
    fn what_hugo_lists_is_taken() {
        let said = "WARN x\npath,slug,title,date,expiryDate,publishDate,draft,permalink\ncontent/posts/first.md,my-first,\"A, \"\"B\"\"\",,,,false,https://x.example/sub/posts/my-first/\n\
                    content/d.md,,D,,,,true,https://x.example/d/\n";
        let pages = listed(said, false).unwrap();
        assert_eq!(pages.len(), 1, "{pages:?}");
        assert_eq!(
            (pages[0].path.as_str(), pages[0].title.as_deref()),
            ("/sub/posts/my-first/", Some("A, \"B\""))
        );
        assert_eq!(listed(said, true).unwrap().len(), 2);
        assert!(listed("", false).is_none());
    }
}
