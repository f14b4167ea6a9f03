//! Astro: `src/pages/**`; the documents of Starlight beside them.

use anyhow::Result;

use super::super::code::Settings;
use super::super::title::Front;
use super::super::{Kind, Page, Sources};
use super::{bracketed, path, stem, under};

const SETTINGS: &[&str] = &["astro.config.mjs", "astro.config.ts", "astro.config.js", "astro.config.mts"];
const PAGES: &[&str] = &[".astro", ".mdx", ".md", ".markdown", ".html"];
const ENDPOINTS: &[&str] = &[".ts", ".js", ".mts", ".mjs"];

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let settings = from.tree.first(SETTINGS)?.map(|(_, text)| Settings::of(&text)).unwrap_or_default();
    let source = settings.text("srcDir").unwrap_or("src").trim_start_matches("./").trim_matches('/');
    let dir = if source.is_empty() || source == "." { "pages".to_owned() } else { format!("{source}/pages") };
    let mut pages: Vec<Page> = from.tree.below(&dir)?.iter().filter_map(|file| page(&dir, file)).collect();
    if settings.mentions("starlight") {
        let dir = format!("{source}/content/docs");
        for file in from.tree.below(&dir)? {
            pages.extend(document(&dir, &file, &Front::of(&from.tree.head(&file))));
        }
    }
    let mut pages = under(settings.text("base"), pages);
    if settings.text("trailingSlash") == Some("always") {
        for page in pages.iter_mut().filter(|page| page.kind == Kind::Page && !page.path.ends_with('/')) {
            page.path.push('/');
        }
    }
    Ok(pages)
}

fn page(dir: &str, file: &str) -> Option<Page> {
    let relative = file.strip_prefix(dir)?.strip_prefix('/')?;
    if relative.split('/').any(|name| name.starts_with('_')) {
        return None;
    }
    if let Some(stem) = stem(relative, ENDPOINTS) {
        return Some(Page::new(Kind::Api, &path(&stem.split('/').collect::<Vec<_>>()), file));
    }
    let stem = stem(relative, PAGES)?;
    let mut names: Vec<&str> = stem.split('/').collect();
    if matches!(names.as_slice(), ["404" | "500"]) {
        return None;
    }
    if names.last() == Some(&"index") {
        names.pop();
    }
    Some(bracketed(&names, file))
}

/// A document of Starlight, whose names become small letters with dashes.
fn document(dir: &str, file: &str, front: &Front) -> Option<Page> {
    let relative = file.strip_prefix(dir)?.strip_prefix('/')?;
    let stem = stem(relative, &[".mdx", ".md", ".mdoc"])?;
    if front.is("draft") || stem.split('/').any(|name| name.starts_with('_')) || stem == "404" {
        return None;
    }
    let slug = |name: &str| {
        let kept = name.to_lowercase().replace(' ', "-");
        kept.chars()
            .filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_'))
            .collect::<String>()
    };
    let mut names: Vec<String> = match front.text("slug") {
        Some(own) => {
            own.trim_matches('/').split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect()
        }
        None => stem.split('/').map(slug).collect(),
    };
    if names.last().is_some_and(|name| name == "index") {
        names.pop();
    }
    let path = if names.is_empty() { "/".to_owned() } else { format!("{}/", path(&names)) };
    Some(Page::new(Kind::Page, &path, file))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, hold};

    #[test]
    fn astro_pages_are_told_by_files() {
        hold(
            "astro",
            &[
                Case {
                    files: &[
                        "src/pages/index.astro",
                        "src/pages/a/b.mdx",
                        "src/pages/_x/c.md",
                        "src/pages/_d.astro",
                        "src/pages/404.md",
                        "src/pages/feed.xml.ts",
                        "src/pages/c.html",
                        "src/pages/x.css",
                    ],
                    pages: &["/", "/a/b", "/c"],
                    api: &["/feed.xml"],
                    ..Case::default()
                },
                Case {
                    files: &["web/pages/[lang]/index.astro", "web/pages/x.astro"],
                    texts: &[(
                        "astro.config.mjs",
                        "export default defineConfig({ srcDir: './web', base: '/b/', trailingSlash: 'always' })",
                    )],
                    pages: &["/b/x/"],
                    dynamic: &["/b/[lang]"],
                    ..Case::default()
                },
                Case {
                    files: &["src/content/docs/index.mdx", "src/content/docs/Guides/First Step.md"],
                    texts: &[
                        ("astro.config.mjs", "import starlight from '@astrojs/starlight'"),
                        ("src/content/docs/x.md", "---\nslug: other/place\n---\n"),
                        ("src/content/docs/d.md", "---\ndraft: true\n---\n"),
                    ],
                    pages: &["/", "/guides/first-step/", "/other/place/"],
                    ..Case::default()
                },
            ],
        );
    }
}
