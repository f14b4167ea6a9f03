//! Deco: pages that editors make, in `.deco/blocks/pages-*.json`, and the routes of the framework below.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;

use super::super::path::decode_fully;
use super::super::{Broken, Kind, Page, Sources};
use super::{fresh, next, tanstack};

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
        match from.tree.kept(&file).map_err(|error| error.to_string()).and_then(|text| page(&text, &file)) {
            Ok(Some(page)) => drop(found.insert(name, page)),
            Ok(None) => {}
            Err(message) => from.broken.borrow_mut().push(Broken { file, message }),
        }
    }
    Ok(found.into_values().collect())
}

/// The page of a block; none where nothing is filled in, which is how editors delete. Errors: what is wrong with it.
fn page(text: &str, file: &str) -> Result<Option<Page>, String> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Ok(None);
    }
    let block: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if !block.is_object() {
        return Err("it holds no object".into());
    }
    let is_there = |name: &&str| !block[*name].is_null();
    if !["path", "sections"].iter().all(is_there) {
        return Ok(None);
    }
    let path = block["path"].as_str().filter(|path| path.starts_with('/'));
    path.map(|path| Some(of_path(path, &block, file))).ok_or_else(|| {
        let line = text.lines().position(|line| line.contains("\"path\"")).unwrap_or_default() + 1;
        format!("its `path` in line {line} is no text that begins with `/`")
    })
}

fn of_path(path: &str, block: &Value, file: &str) -> Page {
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
    page
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::os::unix::fs::symlink;

    use super::super::super::tests::{Case, hold, put};
    use super::super::super::tree::Tree;
    use super::*;
    use crate::domain::stack::Recipe;

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
                    (".deco/blocks/pages-o.json", "[1]"),
                    (".deco/blocks/Header.json", r#"{"path":"/h","sections":[]}"#),
                    ("routes/about.tsx", "export default 1"),
                ],
                pages: &["/a", "/about"],
                dynamic: &["/c/d/:x", "/c/:x", "/*"],
                api: &["/sitemap.xml"],
            }],
        );
    }

    #[test]
    fn a_block_that_cannot_be_read_hides_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let long = format!(r#"{{"path":"/long","sections":["{}"]}}"#, "x".repeat(2 << 20));
        let texts = [
            ("a", r#"{"path":"/a","sections":[]}"#),
            ("b", "{\n \"path\":"),
            ("c", "[1]"),
            ("d", "{\n\"path\":5,\"sections\":[]}"),
            ("e", r#"{"path":null,"sections":[]}"#),
            ("f", &long),
        ];
        for (name, text) in texts {
            put(dir.path(), &format!(".deco/blocks/pages-{name}.json"), text);
        }
        symlink("/etc/passwd", dir.path().join(".deco/blocks/pages-g.json")).unwrap();
        let recipe = Recipe { stack: "deco".into(), ..Recipe::default() };
        let (tree, broken) = (Tree::of(dir.path(), None), RefCell::default());
        let from = Sources { tree, recipe: &recipe, log: None, broken };
        let paths: Vec<String> = blocks(&from).unwrap().into_iter().map(|page| page.path).collect();
        assert_eq!(paths, ["/a", "/long"]);
        let told: Vec<String> = from.broken.take().iter().map(Broken::to_string).collect();
        let expected = [
            "the page of `.deco/blocks/pages-b.json` is left out: EOF while parsing a value at line 2 column 8",
            "the page of `.deco/blocks/pages-c.json` is left out: it holds no object",
            "the page of `.deco/blocks/pages-d.json` is left out: its `path` in line 2 is no text that begins with `/`",
            "the page of `.deco/blocks/pages-g.json` is left out: it is not a regular file",
        ];
        assert_eq!(told, expected);
    }
}
