//! TanStack Start and Router: `src/routes`, with dots or folders between names, and `src/routeTree.gen.ts` once it is made.

use std::collections::BTreeMap;

use anyhow::Result;
use regex_lite::Regex;

use super::super::{Kind, Page, Sources, path as spelled};
use super::{is_group, path, stem};

const ENDINGS: &[&str] = &[".tsx", ".jsx", ".ts", ".js", ".vue"];
/// Parts of a route in files of their own.
const PARTS: &[&str] =
    &["lazy", "component", "errorComponent", "pendingComponent", "notFoundComponent", "loader"];

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let dir = from.tree.folder(&["src/routes", "app/routes"]).unwrap_or("src/routes");
    let mut found = Vec::new();
    let mut files = Vec::new();
    for file in from.tree.below(dir)? {
        let relative = file.strip_prefix(dir).and_then(|name| name.strip_prefix('/'));
        let Some(stem) = relative.and_then(|name| stem(name, ENDINGS)) else { continue };
        let Some((names, layout)) = names(stem) else { continue };
        files.push(stem.to_owned());
        found.push((layout, page(&names, &file, is_page(from, &file)?)));
    }
    // The file of a page goes before its layout's.
    found.sort_by_key(|(layout, _)| *layout);
    let found: Vec<Page> = found.into_iter().map(|(_, page)| page).collect();
    let generated =
        from.tree.first(&["src/routeTree.gen.ts", "app/routeTree.gen.ts", "src/routeTree.gen.js"])?;
    Ok(match generated.and_then(|(file, text)| Some((file, exact(&text, &files)?))) {
        Some((file, paths)) => narrowed(found, &paths, &file),
        None => found,
    })
}

/// The names in the path, and whether it may only be a layout; `None` where it has no path of its own.
fn names(stem: &str) -> Option<(Vec<String>, bool)> {
    let mut parts = parts(stem);
    if parts.last().is_some_and(|part| PARTS.contains(&part.as_str())) {
        parts.pop();
    }
    let leaf = parts.last()?.clone();
    if parts.iter().any(|part| part.starts_with('-'))
        || leaf == "__root"
        || leaf.starts_with('_')
        || is_group(&leaf)
    {
        return None;
    }
    let layout = leaf != "index";
    if leaf == "index" || leaf == "route" {
        parts.pop();
    }
    if leaf == "route" && parts.last().is_none_or(|part| part.starts_with('_') || is_group(part)) {
        return None;
    }
    let kept = parts.into_iter().filter(|part| !part.starts_with('_') && !is_group(part));
    Some((kept.map(|part| part.strip_suffix('_').unwrap_or(&part).replace('\0', "")).collect(), layout))
}

/// Cut at dots and slashes; a dot in brackets is one.
fn parts(stem: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for letter in stem.chars() {
        match letter {
            '[' => escaped = true,
            ']' => escaped = false,
            '.' | '/' if !escaped => parts.push(String::new()),
            // What is escaped never means anything.
            '_' | '-' if escaped => {
                parts.iter_mut().next_back().into_iter().for_each(|part| part.extend(['\0', letter]))
            }
            _ => parts.iter_mut().next_back().into_iter().for_each(|part| part.push(letter)),
        }
    }
    parts
}

fn is_page(from: &Sources<'_>, file: &str) -> Result<bool> {
    let text = from.tree.text(file)?.unwrap_or_default();
    let api = ["createServerFileRoute", "createAPIFileRoute"].iter().any(|call| text.contains(call));
    Ok(!api && (text.contains("component") || !(text.contains("server:") || text.contains("handlers"))))
}

fn page(names: &[String], file: &str, is_page: bool) -> Page {
    let path = path(names);
    if !is_page {
        return Page::new(Kind::Api, &path, file);
    }
    if !names.iter().any(|name| name.contains('$')) {
        return Page::new(Kind::Page, &path, file);
    }
    let bare: Vec<&String> = names.iter().filter(|name| !name.starts_with("{-$") && *name != "$").collect();
    let page = Page::new(Kind::Dynamic, &path, file);
    if bare.iter().any(|name| name.contains('$')) { page } else { page.example(&self::path(&bare)) }
}

/// The paths in the generated tree, where it knows every file: otherwise it is older than they are.
fn exact(text: &str, files: &[String]) -> Option<Vec<String>> {
    if !files.iter().all(|file| text.contains(&format!("/{file}'")) || text.contains(&format!("/{file}\""))) {
        return None;
    }
    let start = text.find("  to:").or_else(|| text.find("fullPaths:"))?;
    let rest = &text[start + 5..];
    let union = &rest
        [..rest.find("  id:").unwrap_or(rest.len()).min(rest.find("fileRoutesByTo").unwrap_or(rest.len()))];
    let quoted = Regex::new(r#"["'](/[^"'\n]*)["']"#).ok()?;
    let paths: Vec<String> = quoted.captures_iter(union).map(|path| path[1].to_owned()).collect();
    (!paths.is_empty()).then_some(paths)
}

fn narrowed(found: Vec<Page>, paths: &[String], generated: &str) -> Vec<Page> {
    let mut left: BTreeMap<String, ()> =
        paths.iter().map(|path| (spelled::key(&spelled::encode_pattern(path)).to_owned(), ())).collect();
    let all: Vec<String> = left.keys().cloned().collect();
    let mut pages: Vec<Page> = found
        .into_iter()
        .filter(|page| page.kind == Kind::Api || all.iter().any(|path| path == spelled::key(&page.path)))
        .collect();
    for page in &pages {
        left.remove(spelled::key(&page.path));
    }
    for (path, ()) in left {
        let kind = if path.contains('$') { Kind::Dynamic } else { Kind::Page };
        pages.push(Page { path, ..Page::new(kind, "", generated) });
    }
    pages
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, hold};

    #[test]
    fn tanstack_pages_are_told_by_file_names() {
        hold(
            "tanstack",
            &[
                Case {
                    files: &[
                        "src/routes/__root.tsx",
                        "src/routes/index.tsx",
                        "src/routes/posts.tsx",
                        "src/routes/posts.index.tsx",
                        "src/routes/posts.$postId.tsx",
                        "src/routes/_auth.tsx",
                        "src/routes/_auth/in.tsx",
                        "src/routes/(shop)/cart.tsx",
                        "src/routes/-part/x.tsx",
                        "src/routes/files/$.tsx",
                        "src/routes/posts_.$id.edit.tsx",
                        "src/routes/set/route.tsx",
                        "src/routes/a[.]b.tsx",
                        "src/routes/lazy.lazy.tsx",
                        "src/routes/{-$l}/x.tsx",
                    ],
                    texts: &[(
                        "src/routes/api/x.ts",
                        "export const ServerRoute = createServerFileRoute('/api/x')",
                    )],
                    pages: &["/", "/a.b", "/cart", "/in", "/lazy", "/posts", "/set"],
                    dynamic: &["/posts/$id/edit", "/posts/$postId", "/{-$l}/x = /x", "/files/$ = /files"],
                    api: &["/api/x"],
                    ..Case::default()
                },
                Case {
                    files: &["src/routes/index.tsx", "src/routes/old.tsx"],
                    texts: &[(
                        "src/routeTree.gen.ts",
                        "from './routes/index'\nfrom './routes/old'\n  fullPaths: '/' | '/old' | '/virtual'\n  fileRoutesByTo: x\n  to: '/' | '/old' | '/virtual'\n  id:\n | '__root__'\n",
                    )],
                    pages: &["/", "/old", "/virtual"],
                    ..Case::default()
                },
                Case {
                    files: &["src/routes/index.tsx", "src/routes/new.tsx"],
                    texts: &[("src/routeTree.gen.ts", "from './routes/index'\n  fullPaths: '/'\n  id:")],
                    pages: &["/", "/new"],
                    ..Case::default()
                },
            ],
        );
    }
}
