//! Plain HTML files, and what is left where no rule of a framework holds.

use anyhow::Result;

use super::super::{Kind, Page, Sources};
use super::stem;

/// Every HTML file of the folder that is served: the site's own, or the one that holds its first page.
pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let inner = ["public", "dist", "docs", "_site", "www", "html"];
    let dir = if from.tree.has("index.html") {
        ""
    } else {
        inner.into_iter().find(|dir| from.tree.has(&format!("{dir}/index.html"))).unwrap_or("")
    };
    Ok(from.tree.below(dir)?.iter().filter_map(|file| page(dir, file)).collect())
}

/// HTML files at the top and in `public/`: all that a bundler serves as they are.
pub(super) fn loose(from: &Sources<'_>) -> Result<Vec<Page>> {
    let mut pages: Vec<Page> = from.tree.top()?.iter().filter_map(|file| page("", file)).collect();
    pages.extend(from.tree.below("public")?.iter().filter_map(|file| page("public", file)));
    Ok(pages)
}

fn page(dir: &str, file: &str) -> Option<Page> {
    let relative = if dir.is_empty() { file } else { file.strip_prefix(dir)?.strip_prefix('/')? };
    stem(relative, &[".html", ".htm"])?;
    if matches!(relative, "404.html" | "50x.html" | "500.html") {
        return None;
    }
    let path = match relative.strip_suffix("index.html") {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => format!("/{folder}"),
        _ => format!("/{relative}"),
    };
    Some(Page::new(Kind::Page, &path, file))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, hold};

    #[test]
    fn html_files_are_pages() {
        hold(
            "static",
            &[
                Case {
                    files: &[
                        "index.html",
                        "a b.html",
                        "x/index.html",
                        "x/y.htm",
                        "404.html",
                        "node_modules/i.html",
                        "myindex.html",
                    ],
                    pages: &["/", "/a%20b.html", "/myindex.html", "/x/", "/x/y.htm"],
                    ..Case::default()
                },
                Case {
                    files: &["public/index.html", "public/in/x.html", "README.html"],
                    pages: &["/", "/in/x.html"],
                    ..Case::default()
                },
                Case {
                    files: &["evil\nname\u{1b}[2J.html"],
                    pages: &["/evil%0Aname%1B%5B2J.html"],
                    ..Case::default()
                },
            ],
        );
        hold(
            "vite",
            &[
                Case {
                    files: &["index.html", "about.html", "src/x.html", "public/y.html"],
                    pages: &["/", "/about.html", "/y.html"],
                    ..Case::default()
                },
                Case { files: &["main.ts"], pages: &["/"], ..Case::default() },
            ],
        );
    }
}
