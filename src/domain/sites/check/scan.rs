//! What a page's HTML refers to and what can be referred to in it, found by one pass over its tags.

use std::collections::HashSet;

/// Most references that are taken from one page.
const MOST: usize = 10_000;

/// What a reference is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Use {
    /// Somebody may follow it.
    Link,
    /// The page is not whole without it.
    Asset,
    /// The same, and it may be a page itself.
    Frame,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Its title.
    pub title: Option<String>,
    /// What references are relative to, where the page says so.
    pub base: Option<String>,
    /// Each reference once.
    pub uses: Vec<(Use, String)>,
    /// What a fragment can lead to.
    pub ids: HashSet<String>,
    /// Whether scripts may add to it.
    pub scripted: bool,
}

/// Elements whose content is no markup.
const RAW: &[&str] = &["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];
/// How deep templates may stand in each other.
const DEEPEST: usize = 100;
/// Relations of a `link` that fetch something.
const FETCHED: &[&str] = &["stylesheet", "icon", "modulepreload", "preload", "manifest", "apple-touch-icon"];

/// Reads the HTML of a page: as a browser reads it where `scripts` run, where nobody sees what is for those without.
pub(super) fn scan(html: &str, scripts: bool) -> Scan {
    let (mut found, mut known) = (Scan::default(), HashSet::new());
    // Of each template that is open, whether it is drawn where it stands.
    let mut templates: Vec<bool> = Vec::new();
    let mut rest = html;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = after_comment(comment);
            continue;
        }
        if rest.get(..9).is_some_and(|tag| tag.eq_ignore_ascii_case("/template")) {
            templates.pop();
        }
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let end =
            rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        let (attributes, after) = attributes(&rest[end..]);
        rest = after;
        if name == "template" && templates.len() < DEEPEST {
            templates.push(attributes.iter().any(|(name, _)| name == "shadowrootmode"));
        }
        if templates.iter().all(|drawn| *drawn) {
            take(&mut found, &mut known, &name, &attributes);
        }
        if RAW.contains(&name.as_str()) || (scripts && name == "noscript") {
            let (content, after) = raw(rest, &name);
            if name == "title" && found.title.is_none() {
                found.title = Some(decoded(content.trim()));
            }
            rest = after;
        }
    }
    found
}

/// What follows a comment that has begun.
fn after_comment(comment: &str) -> &str {
    if let Some(rest) = comment.strip_prefix('>').or(comment.strip_prefix("->")) {
        return rest;
    }
    let ends = ["-->", "--!>"].map(|end| comment.find(end).map(|at| (at, end.len())));
    ends.into_iter().flatten().min().map_or("", |(at, length)| &comment[at + length..])
}

/// What an element refers to.
fn take(found: &mut Scan, known: &mut HashSet<(Use, String)>, name: &str, attributes: &[(String, String)]) {
    let value = |wanted: &str| {
        let found = attributes.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.trim().is_empty())
    };
    found.ids.extend(value("id").map(str::to_owned));
    found.scripted |= name == "script";
    let mut add = |kind: Use, reference: Option<&str>| {
        let entry = reference.map(|reference| (kind, reference.to_owned()));
        let Some(entry) = entry.filter(|entry| !known.contains(entry)) else { return };
        if found.uses.len() < MOST {
            known.insert(entry.clone());
            found.uses.push(entry);
        }
    };
    match name {
        "a" | "area" => {
            add(Use::Link, value("href"));
            found.ids.extend(value("name").map(str::to_owned));
        }
        "base" => found.base = found.base.take().or(value("href").map(str::to_owned)),
        "link" => {
            let relations = value("rel").unwrap_or_default().to_ascii_lowercase();
            let fetched = relations.split_ascii_whitespace().any(|relation| FETCHED.contains(&relation));
            add(Use::Asset, value("href").filter(|_| fetched));
        }
        "img" | "source" | "video" | "audio" | "track" | "input" | "script" => {
            add(Use::Asset, value("src"));
            add(Use::Asset, value("poster"));
            for candidate in candidates(value("srcset").unwrap_or_default()) {
                add(Use::Asset, Some(candidate));
            }
        }
        "iframe" | "embed" => add(Use::Frame, value("src")),
        "object" => add(Use::Frame, value("data")),
        "image" | "use" => {
            let reference = value("href").or_else(|| value("xlink:href"));
            add(Use::Asset, reference.filter(|reference| !reference.starts_with('#')));
        }
        _ => {}
    }
}

/// The URLs of a `srcset`.
fn candidates(set: &str) -> impl Iterator<Item = &str> {
    let mut rest = set;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (url, after) = rest.split_at(end);
        // A comma at its end stands for no width; else the width is passed over.
        rest = if url.ends_with(',') { after } else { after.find(',').map_or("", |at| &after[at + 1..]) };
        Some(url.trim_end_matches(',')).filter(|url| !url.is_empty())
    })
}

/// The attributes of a tag, names in lower case, and what follows the tag.
fn attributes(tag: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    let mut rest = tag;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return (found, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/');
        let end = rest.char_indices().skip(1).find(|(_, c)| ends(*c)).map_or(rest.len(), |(at, _)| at);
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let (raw, left) = match after.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    let inner = &after[1..];
                    inner.split_once(quote).unwrap_or((inner, ""))
                }
                _ => after.split_at(
                    after.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(after.len()),
                ),
            };
            (value, rest) = (decoded(raw), left);
        }
        if found.len() < 200 {
            found.push((name, value));
        }
    }
}

/// The content of a raw element up to its end tag, and what follows.
fn raw<'h>(html: &'h str, name: &str) -> (&'h str, &'h str) {
    let bytes = html.as_bytes();
    let mut from = 0;
    while let Some(at) = memchr::memmem::find(&bytes[from..], b"</").map(|at| from + at) {
        let own = bytes.get(at + 2..at + 2 + name.len());
        if own.is_some_and(|own| own.eq_ignore_ascii_case(name.as_bytes())) {
            return (&html[..at], &html[at + 2 + name.len()..]);
        }
        from = at + 2;
    }
    (html, "")
}

/// With its character references replaced, those that stand in URLs and titles.
fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        let known = end.and_then(|end| Some((character(&rest[1..end])?, end)));
        let (character, end) = known.unwrap_or(('&', 0));
        out.push(character);
        rest = &rest[end + 1..];
    }
    out + rest
}

fn character(name: &str) -> Option<char> {
    let number = name.strip_prefix('#').map(|digits| match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    });
    match (number, name) {
        (Some(number), _) => number.and_then(char::from_u32),
        (None, "amp") => Some('&'),
        (None, "lt") => Some('<'),
        (None, "gt") => Some('>'),
        (None, "quot") => Some('"'),
        (None, "apos") => Some('\''),
        (None, "nbsp") => Some('\u{a0}'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Use::{Asset, Frame, Link};
    use super::*;

    #[test]
    fn references_are_found_in_tags_alone() {
        let table: [(&str, &[(Use, &str)]); 23] = [
            ("<a href=/a>x</a><a href='/a'>again</a>", &[(Link, "/a")]),
            ("<A\nHREF = \"/b?x=1&amp;y=2#f\" >", &[(Link, "/b?x=1&y=2#f")]),
            ("<!-- <a href=/no> --><a href=/yes>", &[(Link, "/yes")]),
            ("<script>'<a href=/no>'</script><a href=/yes>", &[(Link, "/yes")]),
            ("<script src=/a.js></script><textarea><img src=/no></textarea>", &[(Asset, "/a.js")]),
            (
                "<img src=a.png srcset='b.png 1x, c.png 2x'>",
                &[(Asset, "a.png"), (Asset, "b.png"), (Asset, "c.png")],
            ),
            (
                "<img srcset='data:image/png,AA,B 1x, b.png'>",
                &[(Asset, "data:image/png,AA,B"), (Asset, "b.png")],
            ),
            ("<link rel='Stylesheet' href=s.css><link rel=canonical href=/c>", &[(Asset, "s.css")]),
            ("<link rel='shortcut icon' href=i.svg>", &[(Asset, "i.svg")]),
            (
                "<video poster=p.jpg src=v.mp4><source src=w.webm></video>",
                &[(Asset, "v.mp4"), (Asset, "p.jpg"), (Asset, "w.webm")],
            ),
            ("<svg><use href='#own'/><use xlink:href='s.svg#x'/></svg>", &[(Asset, "s.svg#x")]),
            ("a < b and <a href=x", &[(Link, "x")]),
            ("<a href><a href=''><a disabled/><p title='<a href=/no>'>", &[]),
            ("<a href=\"/never closed", &[(Link, "/never closed")]),
            ("<iframe src=/f></iframe><object data=o.svg>", &[(Frame, "/f"), (Frame, "o.svg")]),
            ("<", &[]),
            (
                "<template><a href=/no><template></template><img src=no></template><a href=/yes>",
                &[(Link, "/yes")],
            ),
            ("<x-a><template shadowrootmode=open><a href=/yes></template></x-a>", &[(Link, "/yes")]),
            ("<TEMPLATE><a href=/no></TEMPLATE ><a href=/yes>", &[(Link, "/yes")]),
            ("<noscript><img src=/no></noscript><a href=/yes>", &[(Link, "/yes")]),
            ("<!--><a href=/yes><!---><a href=/too>", &[(Link, "/yes"), (Link, "/too")]),
            ("<!-- a --!><a href=/yes><!-- <!-- <a href=/no> --> -->", &[(Link, "/yes")]),
            ("<iframe><a href=/no></iframe>", &[]),
        ];
        for (html, expected) in table {
            let uses = scan(html, true).uses;
            let uses: Vec<(Use, &str)> = uses.iter().map(|(kind, to)| (*kind, to.as_str())).collect();
            assert_eq!(uses, expected, "{html}");
        }
        let plain = scan("<noscript><img src=/yes></noscript>", false).uses;
        assert_eq!(plain, [(Asset, "/yes".to_owned())], "who runs no scripts sees it");
    }

    #[test]
    fn titles_ids_and_the_base_are_found() {
        let found = scan(
            "<base href=/docs/><title> A &lt;b&gt; &#x2014; &eacute; & c\n</title><h1 id=top><a name='old'><script>",
            true,
        );
        assert_eq!(found.title.as_deref(), Some("A <b> — &eacute; & c"));
        assert_eq!(found.base.as_deref(), Some("/docs/"));
        assert_eq!(found.ids, HashSet::from(["top".to_owned(), "old".to_owned()]));
        assert!(found.scripted);
        assert_eq!(scan("<title>never closed", true).title.as_deref(), Some("never closed"));
    }

    #[test]
    fn hostile_pages_take_no_time() {
        let many = (0..20_000).map(|at| format!("<a href=/{at}>")).collect::<Vec<_>>().concat();
        assert_eq!(scan(&many, true).uses.len(), MOST);
        for text in [
            "<a ",
            "<!--",
            "<a href='",
            "</script",
            "<script>",
            "<a b=c ",
            "&",
            "<a href=&",
            "<é é=é ",
            "<template>",
        ] {
            scan(&text.repeat(100_000), true);
        }
    }
}
