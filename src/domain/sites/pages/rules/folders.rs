//! SolidStart, Qwik and Gatsby: a folder of routes with parameters in brackets.

use anyhow::Result;

use super::super::{Kind, Page, Sources};
use super::{bracketed, is_group, path, stem};

const CODE: &[&str] = &[".tsx", ".jsx", ".ts", ".js"];

pub(super) fn solidstart(from: &Sources<'_>) -> Result<Vec<Page>> {
    let mut pages = Vec::new();
    for file in from.tree.below("src/routes")? {
        let Some(stem) =
            file.strip_prefix("src/routes/").and_then(|name| stem(name, &[CODE, &[".mdx", ".md"]].concat()))
        else {
            continue;
        };
        let names: Vec<&str> = stem.split('/').collect();
        if names.last().is_some_and(|name| name.contains("...404")) {
            continue;
        }
        let leaf = names.last().copied().unwrap_or_default();
        let names: Vec<&str> = names.into_iter().filter(|name| !is_group(name) && *name != "index").collect();
        // A file of a group's name is the layout of the group.
        if is_group(leaf) && from.tree.folder(&[format!("src/routes/{stem}").as_str()]).is_some() {
            continue;
        }
        let is_code = CODE.iter().any(|ending| file.ends_with(ending));
        let api = is_code && !from.tree.text(&file)?.is_some_and(|text| text.contains("export default"));
        pages.push(if api { Page::new(Kind::Api, &path(&names), &file) } else { bracketed(&names, &file) });
    }
    Ok(pages)
}

pub(super) fn qwik(from: &Sources<'_>) -> Result<Vec<Page>> {
    let page = |file: &String| {
        let relative = file.strip_prefix("src/routes/")?;
        let (folders, name) = relative.rsplit_once('/').unwrap_or(("", relative));
        let stem = stem(name, &[".tsx", ".jsx", ".mdx", ".md", ".ts", ".js"])?;
        if stem != "index" && !stem.starts_with("index@") && stem != "index!" {
            return None;
        }
        let names: Vec<&str> =
            folders.split('/').filter(|name| !name.is_empty() && !is_group(name)).collect();
        let api = name.ends_with(".ts") || name.ends_with(".js");
        Some(if api { Page::new(Kind::Api, &path(&names), file) } else { bracketed(&names, file) })
    };
    Ok(from.tree.below("src/routes")?.iter().filter_map(page).collect())
}

pub(super) fn gatsby(from: &Sources<'_>) -> Result<Vec<Page>> {
    let page = |file: &String| {
        let stem = stem(file.strip_prefix("src/pages/")?, &[CODE, &[".mdx", ".md"]].concat())?;
        let mut names: Vec<&str> = stem.split('/').collect();
        if matches!(names.as_slice(), ["404" | "500" | "dev-404-page"]) {
            return None;
        }
        if names.last() == Some(&"index") {
            names.pop();
        }
        let of_data = names.iter().any(|name| name.contains('{'));
        Some(if of_data { Page::new(Kind::Dynamic, &path(&names), file) } else { bracketed(&names, file) })
    };
    let mut pages: Vec<Page> = from.tree.below("src/pages")?.iter().filter_map(page).collect();
    for file in from.tree.below("src/api")? {
        if let Some(stem) = file.strip_prefix("src/").and_then(|name| stem(name, CODE)) {
            pages.push(Page::new(Kind::Api, &format!("/{stem}"), &file));
        }
    }
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, hold};

    #[test]
    fn routes_are_told_by_folders() {
        const PAGE: &str = "export default function P() {}";
        hold(
            "solidstart",
            &[Case {
                texts: &[
                    ("src/routes/index.tsx", PAGE),
                    ("src/routes/blog.tsx", PAGE),
                    ("src/routes/blog/index.tsx", PAGE),
                    ("src/routes/(app).tsx", PAGE),
                    ("src/routes/(app)/in.tsx", PAGE),
                    ("src/routes/[...404].tsx", PAGE),
                    ("src/routes/u/[id].tsx", PAGE),
                    ("src/routes/[[l]]/x.tsx", PAGE),
                    ("src/routes/api/x.ts", "export function GET() {}"),
                ],
                pages: &["/", "/blog", "/in"],
                dynamic: &["/[[l]]/x = /x", "/u/[id]"],
                api: &["/api/x"],
                ..Case::default()
            }],
        );
        hold(
            "qwik",
            &[Case {
                files: &[
                    "src/routes/index.tsx",
                    "src/routes/(g)/a/index@b.tsx",
                    "src/routes/layout.tsx",
                    "src/routes/m/index.mdx",
                    "src/routes/[...all]/index.tsx",
                    "src/routes/d/index.ts",
                    "src/routes/a/part.tsx",
                ],
                pages: &["/", "/a", "/m"],
                dynamic: &["/[...all]"],
                api: &["/d"],
                ..Case::default()
            }],
        );
        hold(
            "gatsby",
            &[Case {
                files: &[
                    "src/pages/index.js",
                    "src/pages/about.tsx",
                    "src/pages/404.js",
                    "src/pages/{Product.name}.js",
                    "src/pages/app/[...].js",
                    "src/pages/style.css",
                    "src/api/hi.js",
                ],
                pages: &["/", "/about"],
                dynamic: &["/{Product.name}", "/app/[...]"],
                api: &["/api/hi"],
                ..Case::default()
            }],
        );
    }
}
