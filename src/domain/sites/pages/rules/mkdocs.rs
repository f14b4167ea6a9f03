//! `MkDocs`: every Markdown file of `docs_dir`; titles from `nav`.

use std::collections::HashMap;

use anyhow::Result;

use super::super::{Kind, Page, Sources};
use super::{stem, under};
use crate::system::front_matter;

const TEXTS: &[&str] = &[".md", ".markdown"];

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let text = from.tree.first(&["mkdocs.yml", "mkdocs.yaml"])?.map(|(_, text)| text).unwrap_or_default();
    let entries = front_matter::entries(&text).unwrap_or_default();
    let value = |name: &str| {
        entries.iter().find(|entry| entry.name == name).and_then(|entry| entry.text().ok().flatten())
    };
    let dir = value("docs_dir").unwrap_or_else(|| "docs".into());
    let dir = dir.trim_start_matches("./").trim_matches('/');
    let folders = value("use_directory_urls").as_deref() != Some("false");
    let base = value("site_url").and_then(|url| Some(url.split_once("://")?.1.split_once('/')?.1.to_owned()));
    let titles = titles(&text);
    let files = from.tree.below(dir)?;
    let page = |file: &String| {
        let relative = file.strip_prefix(dir)?.strip_prefix('/')?;
        let stem = stem(relative, TEXTS)?;
        let (folder, name) = stem.rsplit_once('/').map_or(("", stem), |(folder, name)| (folder, name));
        let lead = if folder.is_empty() { String::new() } else { format!("/{folder}") };
        // Beside an index a README is no page.
        let index = |end: &&str| files.binary_search(&format!("{dir}{lead}/index{end}")).is_ok();
        if name == "README" && TEXTS.iter().any(index) {
            return None;
        }
        let path = match name {
            "index" | "README" if folders || lead.is_empty() => format!("{lead}/"),
            "index" | "README" => format!("{lead}/index.html"),
            _ if folders => format!("{lead}/{name}/"),
            _ => format!("{lead}/{name}.html"),
        };
        Some(Page::new(Kind::Page, &path, file).titled(titles.get(relative).cloned()))
    };
    Ok(under(base.as_deref(), files.iter().filter_map(page).collect()))
}

/// `- Title: file.md`, wherever it stands.
fn titles(text: &str) -> HashMap<String, String> {
    let named = text.lines().filter_map(|line| line.trim().strip_prefix("- ")?.rsplit_once(": "));
    let files = named.filter(|(_, file)| file.trim().ends_with(".md"));
    let plain = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    files.map(|(title, file)| (plain(file), plain(title))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, found, hold, put};

    #[test]
    fn of_an_index_and_a_readme_the_index_is_the_page() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["docs/README.md", "docs/index.md", "docs/a/README.md", "docs/b/readme.md"] {
            put(dir.path(), name, &format!("# {name}"));
        }
        let told: Vec<_> = found(dir.path(), "mkdocs")
            .unwrap()
            .into_iter()
            .map(|page| (page.path, page.title.unwrap()))
            .collect();
        let expected =
            [("/", "docs/index.md"), ("/a/", "docs/a/README.md"), ("/b/readme/", "docs/b/readme.md")];
        assert_eq!(told, expected.map(|(path, title)| (path.to_owned(), title.to_owned())));
    }

    #[test]
    fn mkdocs_pages_are_told_by_files() {
        hold(
            "mkdocs",
            &[
                Case {
                    files: &["docs/index.md", "docs/a/README.md", "docs/a/b.md", "docs/x.css"],
                    texts: &[("mkdocs.yml", "site_name: x\nplugins:\n  - search\n")],
                    pages: &["/", "/a/", "/a/b/"],
                    ..Case::default()
                },
                Case {
                    files: &["src/index.md", "src/a/index.md", "src/b.md"],
                    texts: &[(
                        "mkdocs.yml",
                        "docs_dir: src\nuse_directory_urls: false\nsite_url: https://x.example/base/\n",
                    )],
                    pages: &["/base/", "/base/a/index.html", "/base/b.html"],
                    ..Case::default()
                },
            ],
        );
    }
}
