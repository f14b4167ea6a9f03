//! Docusaurus: `docs/`, `blog/` and `src/pages/`.

use anyhow::Result;

use super::super::code::Settings;
use super::super::title::Front;
use super::super::{Kind, Page, Sources};
use super::{path, stem, under};

const SETTINGS: &[&str] =
    &["docusaurus.config.ts", "docusaurus.config.js", "docusaurus.config.mjs", "docusaurus.config.cjs"];
const TEXTS: &[&str] = &[".mdx", ".md"];

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let settings = from.tree.first(SETTINGS)?.map(|(_, text)| Settings::of(&text)).unwrap_or_default();
    let mut pages = Vec::new();
    for file in from.tree.below("src/pages")? {
        pages.extend(component(&file));
    }
    let of = |name: &str, usual: &str| {
        let table = settings.table(name);
        let text = |key: &str| {
            table
                .as_ref()
                .and_then(|table| table.text(key))
                .map(|text| text.trim_matches(['.', '/']).to_owned())
        };
        (text("path").unwrap_or_else(|| usual.into()), text("routeBasePath").unwrap_or_else(|| usual.into()))
    };
    let (dir, base) = of("docs", "docs");
    for file in from.tree.below(&dir)? {
        pages.extend(document(&dir, &base, &file, &Front::of(&from.tree.head(&file))));
    }
    let (dir, base) = of("blog", "blog");
    let posts = from.tree.below(&dir)?;
    let before = pages.len();
    for file in &posts {
        pages.extend(post(&dir, &base, file, &Front::of(&from.tree.head(file))));
    }
    if pages.len() > before {
        pages.push(Page { path: path(&segments(&base)), source: "file".into(), ..Page::default() });
    }
    Ok(under(settings.text("baseUrl"), pages))
}

fn component(file: &str) -> Option<Page> {
    let stem = stem(file.strip_prefix("src/pages/")?, &[".mdx", ".md", ".tsx", ".jsx", ".js", ".ts"])?;
    let mut names: Vec<&str> = stem.split('/').collect();
    let hidden = names.iter().any(|name| name.starts_with('_') || *name == "__tests__");
    if hidden || stem == "404" || stem.contains(".test") || stem.contains(".module") {
        return None;
    }
    if names.last() == Some(&"index") {
        names.pop();
    }
    Some(Page::new(Kind::Page, &path(&names), file))
}

fn document(dir: &str, base: &str, file: &str, front: &Front) -> Option<Page> {
    let stem = stem(file.strip_prefix(dir)?.strip_prefix('/')?, TEXTS)?;
    if front.is("draft") || stem.split('/').any(|name| name.starts_with('_')) {
        return None;
    }
    let mut names: Vec<String> = stem.split('/').map(|name| unnumbered(name).to_owned()).collect();
    let leaf = names.pop()?;
    let of_folder = names.last().is_some_and(|folder| folder.eq_ignore_ascii_case(&leaf));
    let leaf = front.text("id").map_or(leaf, str::to_owned);
    if !(of_folder || leaf.eq_ignore_ascii_case("index") || leaf.eq_ignore_ascii_case("readme")) {
        names.push(leaf);
    }
    match front.text("slug") {
        Some(slug) if slug.starts_with('/') => names = segments(slug),
        Some(slug) => {
            names = stem.split('/').map(|name| unnumbered(name).to_owned()).collect();
            names.pop();
            names.extend(segments(slug));
        }
        None => {}
    }
    let mut all = segments(base);
    all.extend(names);
    Some(Page::new(Kind::Page, &path(&all), file))
}

fn post(dir: &str, base: &str, file: &str, front: &Front) -> Option<Page> {
    let stem = stem(file.strip_prefix(dir)?.strip_prefix('/')?, TEXTS)?;
    if front.is("draft") || stem.split('/').any(|name| name.starts_with('_')) {
        return None;
    }
    let mut names = segments(base);
    let own = stem.strip_suffix("/index").unwrap_or(stem);
    match front.text("slug") {
        Some(slug) => names.extend(segments(slug)),
        None => match dated(own) {
            Some((date, rest)) => {
                names.extend(date);
                names.extend(segments(rest));
            }
            None => names.extend(segments(own)),
        },
    }
    Some(Page::new(Kind::Page, &path(&names), file))
}

/// `2024-01-31-name` or `2024/01/31/name`: its date and the rest.
pub(super) fn dated(name: &str) -> Option<([String; 3], &str)> {
    let digits = |text: Option<&str>| text.is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let sound = name.is_ascii() && digits(name.get(..4)) && digits(name.get(5..7)) && digits(name.get(8..10));
    let apart = |at: usize| matches!(name.as_bytes().get(at), Some(b'-' | b'/'));
    if !sound || !apart(4) || !apart(7) || !apart(10) {
        return None;
    }
    Some(([name[..4].into(), name[5..7].into(), name[8..10].into()], &name[11..]))
}

/// `01-intro` and `1. intro` are `intro`.
fn unnumbered(name: &str) -> &str {
    let rest = name.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let apart = rest.trim_start_matches([' ', '-', '_', '.']);
    // A date or a version is no number in a row.
    let is_plain = rest.len() < name.len()
        && apart.len() < rest.len()
        && !apart.starts_with(|c: char| c.is_ascii_digit());
    if is_plain && !apart.is_empty() { apart } else { name }
}

fn segments(text: &str) -> Vec<String> {
    text.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, hold};

    #[test]
    fn docusaurus_pages_are_told_by_files() {
        hold(
            "docusaurus",
            &[
                Case {
                    files: &[
                        "src/pages/index.tsx",
                        "src/pages/help.md",
                        "src/pages/_x.js",
                        "src/pages/index.module.css",
                        "docs/intro.md",
                        "docs/01-basics/02-page.md",
                        "docs/01-basics/index.mdx",
                        "docs/api/api.md",
                        "docs/_part.md",
                        "blog/2024-01-31-hi.md",
                        "blog/2024-02-01-dir/index.md",
                        "docs/2024-plan.md",
                    ],
                    texts: &[
                        ("docs/s.md", "---\nslug: /start\n---\n"),
                        ("docs/a/t.md", "---\nslug: other\n---\n"),
                        ("blog/x.md", "---\nslug: named\n---\n"),
                        ("docs/d.md", "---\ndraft: true\n---\n"),
                    ],
                    pages: &[
                        "/",
                        "/blog",
                        "/blog/2024/01/31/hi",
                        "/blog/2024/02/01/dir",
                        "/blog/named",
                        "/docs/a/other",
                        "/docs/api",
                        "/docs/basics",
                        "/docs/basics/page",
                        "/docs/intro",
                        "/docs/plan",
                        "/docs/start",
                        "/help",
                    ],
                    ..Case::default()
                },
                Case {
                    files: &["documents/intro.md"],
                    texts: &[(
                        "docusaurus.config.ts",
                        "export default { baseUrl: '/b/', presets: [['classic', { docs: { path: 'documents', routeBasePath: '/' } }]] }",
                    )],
                    pages: &["/b/intro"],
                    ..Case::default()
                },
            ],
        );
    }
}
