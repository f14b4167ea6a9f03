//! Deco: pages that editors make, in `.deco/blocks/pages-*.json`, and the routes of the framework below.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;

use super::super::path::decode_fully;
use super::super::{Kind, Page, Sources};
use super::{fresh, next, tanstack};
use crate::fault::Fault;

const BLOCKS: &str = ".deco/blocks";

pub(super) fn pages(from: &Sources<'_>) -> Result<Vec<Page>> {
    let mut pages = blocks(from)?;
    pages.extend(match from.recipe.stack.as_str() {
        "deco-next" => next::pages(from)?,
        "deco-tanstack" => tanstack::pages(from)?,
        "deco-fresh" | "deco" => fresh::pages(from)?,
        _ if from.tree.has("routes") => fresh::pages(from)?,
        _ if from.tree.has("src/routes") => tanstack::pages(from)?,
        _ => next::pages(from)?,
    });
    Ok(pages)
}

/// One page for each block, whose file name may be encoded once or twice, in both spellings at once: then the one that is
/// filled holds.
fn blocks(from: &Sources<'_>) -> Result<Vec<Page>> {
    let mut found: BTreeMap<String, Page> = BTreeMap::new();
    for file in from.tree.below(BLOCKS)? {
        let Some(name) = file.strip_prefix(".deco/blocks/").filter(|name| !name.contains('/')) else {
            continue;
        };
        let name = decode_fully(name);
        if !name.starts_with("pages-") || !name.ends_with(".json") {
            continue;
        }
        let text = from.tree.text(&file)?.unwrap_or_default();
        if text.trim().is_empty() {
            continue;
        }
        let block: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
            let at = from.tree.path(&file);
            Fault::invalid(format!("failed to parse `{}`: {error}", at.display()), "correct the file")
        })?;
        if let Some(page) = page(&block, &file) {
            found.insert(name, page);
        }
    }
    Ok(found.into_values().collect())
}

fn page(block: &Value, file: &str) -> Option<Page> {
    let path = block["path"].as_str().filter(|path| path.starts_with('/'))?;
    block.get("sections").filter(|sections| !sections.is_null())?;
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_file = last.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty() && matches!(ending, "xml" | "txt" | "json" | "js" | "css" | "ico" | "webmanifest")
    });
    let kind = match path {
        _ if path.contains([':', '*', '{', '(']) => Kind::Dynamic,
        _ if is_file => Kind::Api,
        _ => Kind::Page,
    };
    let title = block["name"].as_str().filter(|name| !name.is_empty()).map(str::to_owned);
    let mut page = Page::new(kind, path, file).from("cms").titled(title);
    if kind != Kind::Dynamic {
        page.path = super::super::path::tidy(path);
    }
    Some(page)
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Case, found, hold, put};

    #[test]
    fn deco_pages_are_told_by_blocks() {
        hold(
            "deco",
            &[Case {
                files: &[".deco/blocks/pages-empty.json"],
                texts: &[
                    (".deco/blocks/pages-a%2520b.json", r#"{"path":"/a","name":"A","sections":[{}]}"#),
                    (".deco/blocks/pages-a%20b.json", "{}"),
                    (".deco/blocks/pages-c.json", r#"{"path":"/c/:x","sections":[]}"#),
                    (".deco/blocks/pages-d.json", r#"{"path":"/c/d/:x","sections":[]}"#),
                    (".deco/blocks/pages-all.json", r#"{"path":"/*","sections":[]}"#),
                    (".deco/blocks/pages-m.json", r#"{"path":"/sitemap.xml","sections":[]}"#),
                    (".deco/blocks/pages-n.json", r#"{"path":"/n"}"#),
                    (".deco/blocks/pages-o.json", r#"[1]"#),
                    (".deco/blocks/Header.json", r#"{"path":"/h","sections":[]}"#),
                    ("routes/about.tsx", "export default 1"),
                ],
                pages: &["/a", "/about"],
                dynamic: &["/c/d/:x", "/c/:x", "/*"],
                api: &["/sitemap.xml"],
                ..Case::default()
            }],
        );
    }

    #[test]
    fn a_block_that_is_cut_short_is_named() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), ".deco/blocks/pages-x.json", "{\n \"path\":");
        let error = found(dir.path(), "deco").unwrap_err().to_string();
        assert!(error.contains("pages-x.json`") && error.contains("line 2"), "{error}");
    }
}
