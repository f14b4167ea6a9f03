//! Fresh 1 and 2: `routes/**`.

use anyhow::Result;
use regex_lite::Regex;

use super::super::{Kind, Page, Sources};
use super::{bracketed, is_group, path, stem};

const OTHER: &[&str] = &["_app", "_layout", "_middleware", "_404", "_500", "_error"];

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let mut pages = Vec::new();
    for file in from.tree.below("routes")? {
        if let Some(names) = names(&file) {
            pages.push(page(from, &file, &names));
        }
    }
    Ok(pages)
}

fn names(file: &str) -> Option<Vec<&str>> {
    let stem = stem(file.strip_prefix("routes/")?, &[".tsx", ".jsx", ".ts", ".js", ".mdx", ".md"])?;
    let mut names: Vec<&str> = stem.split('/').collect();
    let leaf = names.last().copied().unwrap_or_default();
    if OTHER.contains(&leaf) || leaf.ends_with("_test") || leaf.ends_with(".test") {
        return None;
    }
    if names.iter().any(|name| name.starts_with("(_")) {
        return None;
    }
    if leaf == "index" {
        names.pop();
    }
    names.retain(|name| !is_group(name));
    Some(names)
}

fn page(from: &Sources<'_>, file: &str, names: &[&str]) -> Page {
    let text = from.tree.text(file).ok().flatten().unwrap_or_default();
    let other = text.contains("routeOverride").then(|| {
        let set = Regex::new(r#"routeOverride\s*:\s*["'`]([^"'`\n]+)["'`]"#).ok()?;
        Some(set.captures(&text)?[1].to_owned())
    });
    let is_page = text.contains("export default") || text.contains("as default") || file.ends_with(".md");
    // An empty file is somebody about to write a page.
    let is_page = is_page || (file.ends_with('x') && text.trim().is_empty());
    match other.flatten() {
        Some(own) if is_page => {
            let kind = if own.contains([':', '*', '{']) { Kind::Dynamic } else { Kind::Page };
            Page::new(kind, &own, file)
        }
        _ if is_page => bracketed(names, file),
        _ => Page::new(Kind::Api, &path(names), file),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, hold};

    #[test]
    fn fresh_pages_are_told_by_files() {
        const PAGE: &str = "export default function P() { return <p/> }";
        hold(
            "fresh",
            &[Case {
                texts: &[
                    ("routes/index.tsx", PAGE),
                    ("routes/_app.tsx", PAGE),
                    ("routes/(shop)/cart.tsx", PAGE),
                    ("routes/(_parts)/x.tsx", PAGE),
                    ("routes/blog/[slug].tsx", PAGE),
                    ("routes/[[v]]/docs.tsx", PAGE),
                    ("routes/f/[...p].tsx", PAGE),
                    ("routes/api/joke.ts", "export const handler = 1"),
                    ("routes/a_test.ts", PAGE),
                    (
                        "routes/old.tsx",
                        "export const config = { routeOverride: '/new/:id' }\nexport default 1",
                    ),
                    ("routes/x/_middleware.ts", PAGE),
                ],
                pages: &["/", "/cart"],
                dynamic: &["/[[v]]/docs = /docs", "/blog/[slug]", "/new/:id", "/f/[...p]"],
                api: &["/api/joke"],
                ..Case::default()
            }],
        );
    }
}
