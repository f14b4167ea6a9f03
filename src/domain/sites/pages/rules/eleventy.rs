//! Eleventy: what its server said it wrote; else its sources, read roughly, for permalinks are code.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Result;

use super::super::code::{Settings, called};
use super::super::title::Front;
use super::super::{Kind, Page, Sources};
use super::docusaurus::dated;
use super::stem;

const SETTINGS: &[&str] = &[
    "eleventy.config.js",
    "eleventy.config.mjs",
    "eleventy.config.cjs",
    ".eleventy.js",
    "eleventy.config.ts",
];
const TEMPLATES: &[&str] = &[
    ".11ty.js",
    ".11ty.cjs",
    ".11ty.mjs",
    ".njk",
    ".liquid",
    ".md",
    ".html",
    ".hbs",
    ".pug",
    ".ejs",
    ".haml",
    ".mustache",
    ".webc",
    ".vto",
];
/// Bytes of a log that are read: a first build says all.
const LOG: u64 = 8 << 20;

/// What the server said.
pub(in super::super) fn log(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LOG).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let settings = from.tree.first(SETTINGS)?.map(|(_, text)| Settings::of(&text)).unwrap_or_default();
    let out = settings.text("output").or_else(|| called(&settings, "setOutputDirectory"));
    let out = out.or(from.recipe.out.as_deref()).unwrap_or("_site").trim_matches(['.', '/']).to_owned();
    let written = from.log.map(|log| written(log, &out)).unwrap_or_default();
    if !written.is_empty() {
        return Ok(written
            .into_iter()
            .filter(|page| page.file.as_deref().is_none_or(|file| from.tree.has(file)))
            .collect());
    }
    let input = settings.text("input").or_else(|| called(&settings, "setInputDirectory")).unwrap_or("");
    let input = input.trim_start_matches("./").trim_matches('/');
    let input = if input == "." { "" } else { input };
    let mut pages = Vec::new();
    for file in from.tree.below(input)? {
        if !file.starts_with(&format!("{out}/")) {
            pages.extend(guessed(from, input, &file));
        }
    }
    Ok(pages)
}

/// `[11ty] Writing ./_site/about/index.html from ./about.md (njk)`
fn written(log: &str, out: &str) -> Vec<Page> {
    let page = |line: &str| {
        let line = console::strip_ansi_codes(line);
        let (target, source) = line.split_once("Writing ")?.1.split_once(" from ")?;
        let target = target.trim().trim_start_matches("./").strip_prefix(out)?.strip_prefix('/')?;
        let source = source.rsplit_once(" (").map_or(source, |(file, _)| file).trim();
        let path = match target.strip_suffix("index.html") {
            Some(folder) if folder.is_empty() || folder.ends_with('/') => format!("/{folder}"),
            _ => format!("/{target}"),
        };
        if path == "/404.html" {
            return None;
        }
        let kind = if target.ends_with(".html") { Kind::Page } else { Kind::Api };
        Some(Page::new(kind, &path, source.trim_start_matches("./")).from("log"))
    };
    let mut pages: Vec<Page> = log.lines().filter_map(page).collect();
    pages.sort_by(|one, other| one.path.cmp(&other.path));
    pages.dedup_by(|one, other| one.path == other.path);
    pages
}

fn guessed(from: &Sources<'_>, input: &str, file: &str) -> Option<Page> {
    let relative = if input.is_empty() { file } else { file.strip_prefix(input)?.strip_prefix('/')? };
    if relative.split('/').any(|name| name.starts_with('_')) || SETTINGS.contains(&relative) {
        return None;
    }
    let stem = stem(relative, TEMPLATES)?;
    let front = Front::of(&from.tree.head(file));
    let guess = |path: &str, kind| Page::new(kind, path, file).from("guess");
    match front.text("permalink") {
        Some("false") => return None,
        // Computed: where it lies is the best that can be told.
        Some(text) if text.contains(['{', '}']) => {}
        Some(text) => {
            let path = format!("/{}", text.trim_start_matches('/'));
            let path = path.strip_suffix("index.html").unwrap_or(&path);
            let last = path.rsplit('/').next().unwrap_or_default();
            let kind = if last.contains('.') && !last.ends_with(".html") { Kind::Api } else { Kind::Page };
            return Some(guess(path, kind));
        }
        None => {}
    }
    let (folder, name) =
        stem.rsplit_once('/').map_or((String::new(), stem), |(folder, name)| (format!("/{folder}"), name));
    let name = dated(name).map_or(name, |(_, rest)| rest);
    let of_folder = folder.rsplit('/').next() == Some(name) && !folder.is_empty();
    let path = match name {
        "404" if folder.is_empty() => return None,
        _ if name == "index" || of_folder => format!("{folder}/"),
        _ if name.contains('.') => return Some(guess(&format!("{folder}/{name}"), Kind::Api)),
        _ => format!("{folder}/{name}/"),
    };
    Some(guess(&path, Kind::Page))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, hold};
    use super::*;

    #[test]
    fn eleventy_pages_are_guessed_from_sources() {
        hold(
            "eleventy",
            &[
                Case {
                    files: &[
                        "index.njk",
                        "about.md",
                        "posts/2024-01-31-hi.md",
                        "posts/posts.njk",
                        "_includes/x.njk",
                        "_site/old/index.html",
                        "eleventy.config.js",
                        "404.md",
                        "node_modules/x.md",
                        "style.css",
                    ],
                    texts: &[
                        ("a.md", "---\npermalink: /else/\n---\n"),
                        ("b.md", "---\npermalink: false\n---\n"),
                        ("c.njk", "---\npermalink: feed.xml\n---\n"),
                        ("d.md", "---\npermalink: \"/{{ x }}/\"\n---\n"),
                    ],
                    pages: &["/", "/about/", "/d/", "/else/", "/posts/", "/posts/hi/"],
                    api: &["/feed.xml"],
                    ..Case::default()
                },
                Case {
                    files: &["src/x.md", "README.md"],
                    texts: &[(
                        "eleventy.config.js",
                        "export default function(c) { return { dir: { input: 'src', output: 'www' } } }",
                    )],
                    pages: &["/x/"],
                    ..Case::default()
                },
            ],
        );
    }

    #[test]
    fn what_the_server_wrote_is_exact() {
        let log = "\x1b[90m[11ty] Writing ./_site/about/index.html from ./about.md (liquid)\x1b[39m\n[11ty] Writing ./_site/index.html from ./index.njk\n\
                   [11ty] Writing ./_site/feed.xml from ./feed.njk (njk)\n[11ty] Writing ./_site/about/index.html from ./about.md (liquid)\nWriting x\n";
        let pages = written(log, "_site");
        let told: Vec<_> =
            pages.iter().map(|page| (page.path.as_str(), page.kind, page.file.as_deref().unwrap())).collect();
        assert_eq!(
            told,
            [
                ("/", Kind::Page, "index.njk"),
                ("/about/", Kind::Page, "about.md"),
                ("/feed.xml", Kind::Api, "feed.njk")
            ]
        );
    }
}
