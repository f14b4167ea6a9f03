//! Jekyll: `_posts/` by their dates, and every page of the source tree.

use std::collections::HashMap;

use anyhow::Result;

use super::super::title::Front;
use super::super::{Kind, Page, Sources};
use super::docusaurus::dated;
use super::{stem, under};
use crate::system::front_matter;

const TEXTS: &[&str] = &[".md", ".markdown", ".mkd"];
const PAGES: &[&str] = &[".html", ".htm"];

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let text = from.tree.first(&["_config.yml", "_config.yaml", "_config.toml"])?.map(|(_, text)| text);
    let text = text.unwrap_or_default();
    let entries = front_matter::entries(&text).unwrap_or_default();
    let settings: HashMap<&str, String> =
        entries.iter().filter_map(|entry| Some((entry.name, entry.text().ok()??))).collect();
    let style = settings.get("permalink").map_or("date", String::as_str);
    let mut pages = Vec::new();
    for file in from.tree.below("")? {
        let front = || Front::of(&from.tree.head(&file));
        pages.extend(match file.strip_prefix("_posts/").or_else(|| Some(file.split_once("/_posts/")?.1)) {
            Some(_) => post(&file, style, &front()),
            None => page(from, &file, style, &front()),
        });
    }
    Ok(under(settings.get("baseurl").map(String::as_str), pages))
}

fn post(file: &str, style: &str, front: &Front) -> Option<Page> {
    let (lead, name) = file.split_once("_posts/")?;
    let name = stem(name, &[TEXTS, PAGES].concat())?;
    if front.text("published") == Some("false") {
        return None;
    }
    let ([year, month, day], title) = dated(name.rsplit('/').next()?)?;
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

fn page(from: &Sources<'_>, file: &str, style: &str, front: &Front) -> Option<Page> {
    if file.split('/').any(|name| name.starts_with(['_', '#', '~'])) {
        return None;
    }
    let text = stem(file, TEXTS);
    let name = text.or_else(|| stem(file, PAGES))?;
    // Markdown without front matter is copied as it is; the first page is made of a README all the same.
    let readme = text.is_some()
        && name == "README"
        && !["index.md", "index.html"].iter().any(|name| from.tree.has(name));
    if (text.is_some() && !front.is_there && !readme)
        || front.text("published") == Some("false")
        || name == "404"
    {
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
    use super::super::super::tests::{Case, hold};

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
                    ],
                    pages: &[
                        "/",
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
