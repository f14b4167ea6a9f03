//! What people choose of a site's pages, kept in the site's file: the page that is looked at, examples of patterns.

use anyhow::Result;

use super::path::{Pattern, tidy};
use super::{Kind, Page, Site, Sites};
use crate::fault::Fault;

/// Keeps `path` as the page of `site` that is looked at.
pub fn select(sites: &Sites, site: &Site, path: &str) -> Result<()> {
    sites.update(&site.name, |site| site.page = Some(path.to_owned()))?;
    Ok(())
}

/// Keeps an example, `PATTERN=VALUE`, for one of `pages`; no value forgets it. Gives the pattern and the path to open. Errors: no such
/// pattern, a value that does not fit.
pub fn remember(sites: &Sites, site: &Site, pages: &[Page], given: &str) -> Result<(String, Option<String>)> {
    let (pattern, value) = cut(pages, given)?;
    let path = if value.is_empty() { None } else { Some(Pattern::new(&pattern).fill(&value)?) };
    sites.update(&site.name, |site| {
        match &path {
            Some(path) => site.examples.insert(pattern.clone(), path.clone()),
            None => site.examples.remove(&pattern),
        };
    })?;
    Ok((pattern, path))
}

/// The pattern and the value. There may be `=` in both.
fn cut(pages: &[Page], given: &str) -> Result<(String, String)> {
    let dynamic: Vec<&Page> = pages.iter().filter(|page| page.kind == Kind::Dynamic).collect();
    let value = |page: &Page| Some(given.strip_prefix(page.path.as_str())?.strip_prefix('=')?.to_owned());
    let found = dynamic.iter().filter_map(|page| Some((page.path.clone(), value(page)?)));
    if let Some(found) = found.max_by_key(|(pattern, _)| pattern.len()) {
        return Ok(found);
    }
    let Some((pattern, _)) = given.split_once('=') else {
        return Err(Fault::usage(
            format!("`{given}` is no example: it has no `=`"),
            "write `--example '/blog/[slug]=one'`: the pattern as it is listed, and a value",
        ));
    };
    if pages.iter().any(|page| page.kind == Kind::Page && page.path == tidy(pattern)) {
        let told = format!("`{pattern}` is a page without parameters");
        return Err(Fault::usage(told, "examples are for patterns like `/blog/[slug]`"));
    }
    let all: Vec<String> = dynamic.iter().take(10).map(|page| format!("`{}`", page.path)).collect();
    let hint = if all.is_empty() {
        "the site has no patterns".into()
    } else {
        format!("its patterns: {}", all.join(", "))
    };
    Err(Fault::not_found(format!("unknown pattern `{pattern}`"), hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_told_from_its_value() {
        let dynamic = |path: &str| Page::new(Kind::Dynamic, path, "f");
        let pages = [
            dynamic("/blog/[slug]"),
            dynamic("/n/[id=int]"),
            dynamic("/n/[id"),
            Page::new(Kind::Page, "/about", "f"),
        ];
        let table = [
            ("/blog/[slug]=one", Some(("/blog/[slug]", "one"))),
            ("/blog/[slug]=a=b", Some(("/blog/[slug]", "a=b"))),
            ("/n/[id=int]=7", Some(("/n/[id=int]", "7"))),
            ("/blog/[slug]=", Some(("/blog/[slug]", ""))),
            ("/blog/[slug]", None),
            ("/other/[x]=1", None),
            ("/about=1", None),
            ("", None),
        ];
        for (given, expected) in table {
            let found = cut(&pages, given).ok();
            assert_eq!(found.as_ref().map(|(one, two)| (one.as_str(), two.as_str())), expected, "{given}");
        }
    }
}
