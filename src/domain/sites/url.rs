//! The URL of a page of a running site; the page that was selected last is remembered.

use std::fmt::Write;

use anyhow::Result;
use serde::Serialize;

use super::server::{self, State};
use super::{Sites, pages};
use crate::fault::Fault;

/// Where a page is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Address {
    /// The site.
    pub name: String,
    /// `http://localhost:4301/pricing`
    pub url: String,
    /// `/pricing`
    pub page: String,
}

/// Characters that stand in a path for themselves, beside letters and digits.
const PLAIN: &str = "/-._~!$&'()*+,;=:@?#";

/// The URL of `page`, which is remembered, or of the one that was selected last. Errors ([`Fault::Refused`]): the server does
/// not run.
pub fn address(sites: &Sites, name: Option<&str>, page: Option<&str>) -> Result<Address> {
    let found = located(sites, name, page)?;
    if page.is_some() {
        sites.update(&found.name, |site| site.page = Some(found.page.clone()))?;
    }
    Ok(found)
}

/// The same, with nothing remembered.
pub fn located(sites: &Sites, name: Option<&str>, page: Option<&str>) -> Result<Address> {
    let site = sites.find(name)?;
    let page = page.map(plain).transpose()?;
    let status = server::status(sites, &site)?;
    let Some(base) = status.url else {
        let name = &site.name;
        let how = if status.state == State::Stopped { "does not run" } else { "does not listen yet" };
        let told = format!("the server of `{name}` {how}");
        return Err(Fault::refused(told, format!("`taskrun site start {name}` starts it, and waits for it")));
    };
    let page = match page {
        Some(page) => concrete(&site, &base, page)?,
        None => site.page.unwrap_or_else(|| "/".into()),
    };
    let url = format!("{}{}", base.trim_end_matches('/'), encoded(&page));
    Ok(Address { name: site.name, url, page })
}

/// Whether `page` is none of those that are known, where some are.
pub fn is_strange(sites: &Sites, site: &super::Site, page: &str) -> bool {
    let known = pages::listed(sites, site).map(|listed| listed.pages).unwrap_or_default();
    let bare = |page: &str| {
        let path = page.split(['?', '#']).next().unwrap_or_default();
        encoded(path.trim_end_matches('/'))
    };
    !known.is_empty() && known.iter().all(|known| known.open().map(bare).as_ref() != Some(&bare(page)))
}

/// The path to open for `page`, where that is the pattern of a dynamic one.
fn concrete(site: &super::Site, base: &str, page: String) -> Result<String> {
    if let Some(example) = site.examples.get(&page) {
        return Ok(example.clone());
    }
    if !page.contains(['[', ':', '*', '$', '{']) {
        return Ok(page);
    }
    let known = pages::pages(site, Some(base)).unwrap_or_default();
    match known.iter().find(|known| known.path == page) {
        Some(found) if found.kind == pages::Kind::Dynamic => {
            found.open().map(str::to_owned).ok_or_else(|| {
                let told = format!("`{page}` stands for many pages");
                let hint = format!(
                    "remember one of them: `taskrun site pages {} --example '{page}=VALUE'`",
                    site.name
                );
                Fault::refused(told, hint)
            })
        }
        _ => Ok(page),
    }
}

/// A page as people write it, with the slash it begins with.
fn plain(page: &str) -> Result<String> {
    let wrong = |why: &str| {
        let told = format!("`{}` is no page: {why}", page.escape_debug());
        Err(Fault::usage(told, "write its path, as in `/pricing`"))
    };
    if page.contains(|letter: char| letter.is_control() || letter == '\\') {
        return wrong("it holds what no path holds");
    }
    if page.contains("://") || page.starts_with("//") {
        return wrong("it names a host");
    }
    Ok(if page.starts_with('/') { page.to_owned() } else { format!("/{page}") })
}

/// A path as a URL has it: what was encoded stays so.
pub fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for (at, letter) in path.char_indices() {
        let is_code = letter == '%'
            && path.as_bytes().get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
        if letter.is_ascii_alphanumeric() || PLAIN.contains(letter) || is_code {
            out.push(letter);
        } else {
            for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_a_path() {
        let table = [
            ("/", Some("/")),
            ("pricing", Some("/pricing")),
            ("/a?b=c#d", Some("/a?b=c#d")),
            ("", Some("/")),
            ("http://elsewhere/", None),
            ("//elsewhere/", None),
            ("/\\elsewhere", None),
            ("/a\nb", None),
        ];
        for (page, expected) in table {
            assert_eq!(plain(page).ok().as_deref(), expected, "{page}");
        }
    }

    #[test]
    fn a_path_is_encoded_once() {
        let table = [
            ("/pitch/good-american", "/pitch/good-american"),
            ("/über uns", "/%C3%BCber%20uns"),
            ("/%C3%BCber", "/%C3%BCber"),
            ("/100%", "/100%25"),
            ("/[slug]?q=\"x\"", "/%5Bslug%5D?q=%22x%22"),
        ];
        for (path, expected) in table {
            assert_eq!(encoded(path), expected, "{path}");
        }
    }
}
