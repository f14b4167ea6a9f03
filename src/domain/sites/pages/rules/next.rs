//! Next.js: `app/**/page.*` and `pages/**`, at the top or in `src`.

use anyhow::Result;

use super::super::code::Settings;
use super::super::{Kind, Page, Sources};
use super::{bracketed, is_group, path, under};

const SETTINGS: &[&str] =
    &["next.config.ts", "next.config.mjs", "next.config.js", "next.config.mts", "next.config.cjs"];
/// Pages that Next makes something else of.
const OTHER: &[&str] = &["_app", "_document", "_error", "_middleware", "404", "500"];

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let settings = from.tree.first(SETTINGS)?.map(|(_, text)| Settings::of(&text)).unwrap_or_default();
    let endings = endings(&settings);
    let mut pages = Vec::new();
    if let Some(dir) = from.tree.folder(&["app", "src/app"]) {
        pages.extend(from.tree.below(dir)?.iter().filter_map(|file| app(dir, file, &endings)));
    }
    if let Some(dir) = from.tree.folder(&["pages", "src/pages"]) {
        pages.extend(from.tree.below(dir)?.iter().filter_map(|file| by_file(dir, file, &endings)));
    }
    let mut pages = under(settings.text("basePath"), pages);
    // The first page below a base path has no slash at its end, unlike in other frameworks.
    for page in pages.iter_mut().filter(|page| page.path.len() > 1 && page.path.ends_with('/')) {
        page.path.pop();
    }
    if settings.flag("trailingSlash") == Some(true) {
        for page in pages.iter_mut().filter(|page| page.kind == Kind::Page && !page.path.ends_with('/')) {
            page.path.push('/');
        }
    }
    Ok(pages)
}

fn endings(settings: &Settings) -> Vec<String> {
    let mut names = settings.list("pageExtensions").unwrap_or_default();
    if names.is_empty() {
        names = vec!["tsx", "ts", "jsx", "js"];
        if settings.mentions("mdx") {
            names.extend(["mdx", "md"]);
        }
    }
    names.iter().map(|name| format!(".{}", name.trim_start_matches('.'))).collect()
}

fn stem<'f>(file: &'f str, endings: &[String]) -> Option<&'f str> {
    let endings: Vec<&str> = endings.iter().map(String::as_str).collect();
    super::stem(file, &endings)
}

fn app(dir: &str, file: &str, endings: &[String]) -> Option<Page> {
    let relative = file.strip_prefix(dir)?.strip_prefix('/')?;
    let stem = stem(relative, endings)?;
    let (folders, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    if name != "page" && name != "route" {
        return None;
    }
    let all: Vec<&str> = folders.split('/').filter(|name| !name.is_empty()).collect();
    // Private folders, slots of a layout, and what is only shown in place of another page.
    if all.iter().any(|name| name.starts_with(['_', '@']) || name.starts_with("(.")) {
        return None;
    }
    let names: Vec<String> = all
        .iter()
        .filter(|name| !is_group(name))
        .map(|name| name.replace("%5F", "_").replace("%5f", "_"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Some(if name == "route" { Page::new(Kind::Api, &path(&names), file) } else { bracketed(&names, file) })
}

fn by_file(dir: &str, file: &str, endings: &[String]) -> Option<Page> {
    let relative = file.strip_prefix(dir)?.strip_prefix('/')?;
    let stem = stem(relative, endings)?;
    let mut names: Vec<&str> = stem.split('/').collect();
    if names.len() == 1 && OTHER.contains(&names[0]) {
        return None;
    }
    if names.last() == Some(&"index") {
        names.pop();
    }
    Some(if names.first() == Some(&"api") {
        Page::new(Kind::Api, &path(&names), file)
    } else {
        bracketed(&names, file)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, hold};

    #[test]
    fn next_pages_are_told_by_files() {
        hold(
            "next",
            &[
                Case {
                    files: &[
                        "app/page.tsx",
                        "app/(a)/b/page.js",
                        "app/_x/page.tsx",
                        "app/@s/page.tsx",
                        "app/(.)i/page.tsx",
                        "app/%5Fy/page.tsx",
                        "app/d/layout.tsx",
                        "app/x/page.test.tsx",
                        "app/e/page.mdx",
                        "app/f\u{1b}[31m/page.tsx",
                    ],
                    pages: &["/", "/_y", "/b", "/f%1B%5B31m"],
                    ..Case::default()
                },
                Case {
                    files: &["src/app/[lang]/page.tsx", "src/app/s/[[...p]]/page.tsx", "src/app/f/route.ts"],
                    pages: &[],
                    dynamic: &["/[lang]", "/s/[[...p]] = /s"],
                    api: &["/f"],
                    ..Case::default()
                },
                Case {
                    files: &[
                        "src/pages/index.js",
                        "src/pages/a/index.jsx",
                        "src/pages/_app.js",
                        "src/pages/404.js",
                        "src/pages/api/x.ts",
                        "src/pages/types.d.ts",
                        "src/pages/[id]/edit.tsx",
                    ],
                    pages: &["/", "/a"],
                    dynamic: &["/[id]/edit"],
                    api: &["/api/x"],
                    ..Case::default()
                },
            ],
        );
    }

    #[test]
    fn settings_of_next_change_its_pages() {
        hold(
            "next",
            &[
                Case {
                    files: &["app/page.tsx", "app/a/page.tsx", "app/o/[[...p]]/page.tsx"],
                    texts: &[(
                        "next.config.mjs",
                        "export default { basePath: '/base' } // pageExtensions: ['no']",
                    )],
                    pages: &["/base", "/base/a"],
                    dynamic: &["/base/o/[[...p]] = /base/o"],
                    ..Case::default()
                },
                Case {
                    files: &["pages/index.page.tsx", "pages/part.tsx", "pages/x.page.tsx"],
                    texts: &[(
                        "next.config.js",
                        "module.exports = { pageExtensions: ['page.tsx'], trailingSlash: true }",
                    )],
                    pages: &["/", "/x/"],
                    ..Case::default()
                },
            ],
        );
    }
}
