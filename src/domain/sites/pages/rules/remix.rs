//! Remix: the flat file names of `app/routes`.

use anyhow::Result;

use super::super::{Kind, Page, Sources};
use super::{path, stem};

const ENDINGS: &[&str] = &[".tsx", ".jsx", ".ts", ".js", ".mdx", ".md"];

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let mut pages: Vec<Page> = flat(from, "app")?;
    for name in ["app/routes/_index.tsx", "app/routes/index.tsx"] {
        // The file of a page goes before its layout's.
        if let Some(at) = pages.iter().position(|page| page.file.as_deref() == Some(name)) {
            let page = pages.remove(at);
            pages.insert(0, page);
        }
    }
    Ok(pages)
}

/// The routes in `routes` below `app`; an index goes before the layout of the same path.
pub(super) fn flat(from: &Sources<'_>, app: &str) -> Result<Vec<Page>> {
    let dir = format!("{app}/routes/");
    let mut found = Vec::new();
    for file in from.tree.below(&dir)? {
        let Some(name) = file.strip_prefix(&dir).and_then(|name| route(name)) else { continue };
        let Some((names, is_index)) = names(name) else { continue };
        let text = from.tree.text(&file)?.unwrap_or_default();
        let is_page = text.trim().is_empty() || text.contains("default") || file.contains(".md");
        found.push((!is_index, page(&names, &file, is_page)));
    }
    found.sort_by_key(|(layout, _)| *layout);
    Ok(found.into_iter().map(|(_, page)| page).collect())
}

/// The name of the route that a file holds: its own, or its folder's.
fn route(file: &str) -> Option<&str> {
    let stem = stem(file, ENDINGS)?;
    match stem.split_once('/') {
        None => Some(stem),
        Some((folder, "route" | "index")) => Some(folder),
        Some(_) => None,
    }
}

/// The names in the path, and whether it is an index; `None` for a layout without a path.
fn names(route: &str) -> Option<(Vec<String>, bool)> {
    let mut names = Vec::new();
    let parts = parts(route);
    let last = parts.len() - 1;
    for (at, (part, literal)) in parts.into_iter().enumerate() {
        if literal {
            names.push(part);
            continue;
        }
        if at == last && (part == "_index" || (part == "index" && last == 0)) {
            return Some((names, true));
        }
        if part.starts_with('_') {
            if at == last {
                return None;
            }
            continue;
        }
        let part = part.strip_suffix('_').unwrap_or(&part);
        let (part, open) = match part.strip_prefix('(').and_then(|part| part.strip_suffix(')')) {
            Some(inner) => (inner, "?"),
            None => (part, ""),
        };
        names.push(match part.strip_prefix('$') {
            Some("") => "*".to_owned(),
            Some(name) => format!(":{name}{open}"),
            None => format!("{part}{open}"),
        });
    }
    Some((names, false))
}

/// Cut at dots, those in brackets aside; whether a part was all in brackets.
fn parts(route: &str) -> Vec<(String, bool)> {
    let mut parts = vec![(String::new(), false)];
    let mut escaped = false;
    for letter in route.chars() {
        let Some(part) = parts.last_mut() else { break };
        match letter {
            '[' if !escaped => {
                escaped = true;
                part.1 |= part.0.is_empty();
            }
            ']' if escaped => escaped = false,
            '.' if !escaped => parts.push((String::new(), false)),
            _ => part.0.push(letter),
        }
    }
    parts
}

/// The page of these names, in which parameters are written `:x`, `:x?` and `*`.
pub(super) fn page(names: &[String], file: &str, is_page: bool) -> Page {
    let path = path(names);
    if !is_page {
        return Page::new(Kind::Api, &path, file);
    }
    let is_open = |name: &str| name.starts_with(':') || name == "*" || name.ends_with('?');
    if !names.iter().any(|name| is_open(name)) {
        return Page::new(Kind::Page, &path, file);
    }
    let bare: Vec<&String> = names.iter().filter(|name| !name.ends_with('?')).collect();
    let page = Page::new(Kind::Dynamic, &path, file);
    if bare.iter().any(|name| is_open(name)) { page } else { page.example(&super::path(&bare)) }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, hold};

    #[test]
    fn remix_pages_are_told_by_file_names() {
        hold(
            "remix",
            &[Case {
                files: &[
                    "app/root.tsx",
                    "app/routes/_index.tsx",
                    "app/routes/about.tsx",
                    "app/routes/concerts.tsx",
                    "app/routes/concerts._index.tsx",
                    "app/routes/concerts.$city.tsx",
                    "app/routes/_auth.tsx",
                    "app/routes/_auth.login.tsx",
                    "app/routes/concerts_.mine.tsx",
                    "app/routes/($lang).shop.tsx",
                    "app/routes/files.$.tsx",
                    "app/routes/a[.]b.tsx",
                    "app/routes/dash/route.tsx",
                    "app/routes/dash/part.tsx",
                ],
                texts: &[("app/routes/sitemap[.xml].tsx", "export function loader() {}")],
                pages: &["/", "/a.b", "/about", "/concerts", "/concerts/mine", "/dash", "/login"],
                dynamic: &["/:lang?/shop = /shop", "/concerts/:city", "/files/*"],
                api: &["/sitemap.xml"],
                ..Case::default()
            }],
        );
    }
}
