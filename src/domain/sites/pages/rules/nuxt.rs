//! Nuxt: `app/pages` or `pages`; `server/` holds what is no page.

use anyhow::Result;

use super::super::code::Settings;
use super::super::{Kind, Page, Sources};
use super::{bracketed, is_group, path, stem, under};

const PAGES: &[&str] = &[".vue", ".tsx", ".jsx", ".ts", ".mts", ".js", ".mjs"];
const METHODS: &[&str] =
    &[".get", ".post", ".put", ".patch", ".delete", ".head", ".options", ".connect", ".trace"];

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let settings = from.tree.first(&["nuxt.config.ts", "nuxt.config.js", "nuxt.config.mjs"])?;
    let settings = settings.map(|(_, text)| Settings::of(&text)).unwrap_or_default();
    let own = settings.text("srcDir").map(|dir| dir.trim_start_matches("./").trim_end_matches('/'));
    let own = own.filter(|dir| !dir.is_empty() && *dir != ".").map(|dir| format!("{dir}/pages"));
    let dirs: Vec<&str> = own.as_deref().into_iter().chain(["app/pages", "pages", "src/pages"]).collect();
    let mut pages = Vec::new();
    if let Some(dir) = from.tree.folder(&dirs) {
        pages.extend(from.tree.below(dir)?.iter().filter_map(|file| page(dir, file)));
    }
    for (dir, lead) in [("server/api", "/api"), ("server/routes", "")] {
        pages.extend(from.tree.below(dir)?.iter().filter_map(|file| served(dir, lead, file)));
    }
    Ok(under(settings.text("baseURL"), pages))
}

fn page(dir: &str, file: &str) -> Option<Page> {
    let relative = file.strip_prefix(dir)?.strip_prefix('/')?;
    let stem = stem(relative, PAGES)?;
    let stem = stem.strip_suffix(".client").or(stem.strip_suffix(".server")).unwrap_or(stem);
    let names: Vec<&str> = stem.split('/').collect();
    if names.iter().any(|name| name.starts_with('-')) {
        return None;
    }
    let names = names.into_iter().filter(|name| !is_group(name) && *name != "index");
    Some(bracketed(&names.collect::<Vec<_>>(), file))
}

fn served(dir: &str, lead: &str, file: &str) -> Option<Page> {
    let stem = stem(file.strip_prefix(dir)?, &[".ts", ".js", ".mjs"])?;
    let stem = METHODS.iter().find_map(|method| stem.strip_suffix(method)).unwrap_or(stem);
    let names: Vec<&str> = stem.split('/').filter(|name| !name.is_empty() && *name != "index").collect();
    let path = path(&names);
    Some(Page::new(
        Kind::Api,
        &format!("{lead}{}", if path == "/" && !lead.is_empty() { "" } else { &path }),
        file,
    ))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, hold};

    #[test]
    fn nuxt_pages_are_told_by_files() {
        hold(
            "nuxt",
            &[
                Case {
                    files: &[
                        "app/pages/index.vue",
                        "app/pages/(shop)/cart.vue",
                        "app/pages/users-[group]/[id].vue",
                        "app/pages/[[opt]]/x.vue",
                        "app/pages/d/[...slug].vue",
                        "app/pages/-part.vue",
                        "app/pages/p.client.vue",
                        "app/pages/par.vue",
                        "app/pages/par/index.vue",
                        "server/api/hi.get.ts",
                        "server/routes/feed.ts",
                    ],
                    pages: &["/", "/cart", "/p", "/par"],
                    dynamic: &["/[[opt]]/x = /x", "/users-[group]/[id]", "/d/[...slug]"],
                    api: &["/api/hi", "/feed"],
                    ..Case::default()
                },
                Case {
                    files: &["pages/a.vue"],
                    texts: &[("nuxt.config.ts", "defineNuxtConfig({app: {baseURL: '/b/'}})")],
                    pages: &["/b/a"],
                    ..Case::default()
                },
                Case {
                    files: &["app.vue", "server/api/x.ts"],
                    pages: &["/"],
                    api: &["/api/x"],
                    ..Case::default()
                },
            ],
        );
    }
}
