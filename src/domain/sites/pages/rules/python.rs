//! Flask: the routes that decorators name, read roughly.

use anyhow::Result;
use regex_lite::Regex;

use super::super::{Kind, Page, Sources};

pub(super) fn flask(from: &Sources<'_>) -> Result<Vec<Page>> {
    let Ok(route) = Regex::new(r#"@\w+\.(?:route|get)\(\s*["'](/[^"'\n]*)["']([^\n]*)"#) else {
        return Ok(Vec::new());
    };
    let mut pages = Vec::new();
    for file in from.tree.below("")?.iter().filter(|file| file.ends_with(".py")) {
        let text = from.tree.text(file)?.unwrap_or_default();
        for found in route.captures_iter(&text) {
            if found[2].contains("methods") && !found[2].contains("GET") {
                continue;
            }
            let kind = if found[1].contains('<') { Kind::Dynamic } else { Kind::Page };
            pages.push(Page::new(kind, &found[1], file).from("guess"));
        }
    }
    Ok(pages)
}
