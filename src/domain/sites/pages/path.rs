//! Paths of pages and their patterns: spelled for a request, fitted to what a server lists, filled with values.

use regex_lite::Regex;

use crate::fault::Fault;

/// A path made of raw names: what a request line cannot hold is percent-encoded.
pub fn encode(raw: &str) -> String {
    spell(raw, allowed)
}

/// [`encode`] for a pattern, whose brackets stay.
pub fn encode_pattern(raw: &str) -> String {
    spell(raw, |byte| allowed(byte) || b"[]{}<>?|\\^".contains(&byte))
}

/// A path that is percent-encoded in some way, spelled in the one way of [`encode`].
pub fn tidy(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = String::new();
    let mut at = 0;
    while at < bytes.len() {
        let code = encoded(&bytes[at..]);
        let byte = code.unwrap_or(bytes[at]);
        // A slash within a name stays apart from one between names.
        if allowed(byte) && (code.is_none() || byte != b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&hex(byte));
        }
        at += if code.is_some() { 3 } else { 1 };
    }
    out
}

/// A percent-encoded text as people read it; as it is where it would be no UTF-8.
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = encoded(&bytes[at..]);
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// [`decode`] until nothing changes: some write names encoded twice.
pub fn decode_fully(text: &str) -> String {
    let mut text = text.to_owned();
    loop {
        let next = decode(&text);
        if next == text {
            return text;
        }
        text = next;
    }
}

/// Whether a path has names of dots, however often they are encoded: browsers and servers would walk by them.
fn walks(path: &str) -> bool {
    decode_fully(path).split(['/', '\\']).any(|name| matches!(name, "." | ".."))
}

/// What tells one page from another: its path without the slash at its end.
pub fn key(path: &str) -> &str {
    let key = path.trim_end_matches('/');
    if key.is_empty() { "/" } else { key }
}

fn spell(raw: &str, keep: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(raw.len());
    for byte in raw.bytes() {
        if keep(byte) { out.push(char::from(byte)) } else { out.push_str(&hex(byte)) }
    }
    out
}

fn allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte)
}

fn hex(byte: u8) -> String {
    format!("%{byte:02X}")
}

fn encoded(bytes: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = bytes else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Bit {
    Text(String),
    /// One name, or a part of one.
    One,
    /// One name or none.
    Maybe,
    /// Names; whether none will do.
    Rest(bool),
}

/// A path with parameters, in any of the spellings that frameworks have: `[x]`, `[...x]`, `[[...x]]`, `:x`, `:x?`, `*`, `$x`, `$`,
/// `{-$x}`, `($x)`, `<x>`, `{Thing.name}`.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    parts: Vec<Vec<Bit>>,
    regex: Option<Regex>,
}

impl Pattern {
    /// Reads it.
    pub fn new(text: &str) -> Self {
        // A group of a URL pattern that may be missing, and all behind it, is anything.
        let (before, open) = match text.find('{').filter(|_| text.contains("}?") || text.contains("}*")) {
            Some(at) => (&text[..at], true),
            None => (text, false),
        };
        let names = before.split('/').filter(|name| !name.is_empty());
        let mut parts: Vec<Vec<Bit>> = names.map(part).collect();
        if open {
            parts.push(vec![Bit::Rest(true)]);
        }
        let regex = Regex::new(&regex(&parts)).ok();
        Self { text: text.to_owned(), parts, regex }
    }

    /// Whether `path` is one of these.
    pub fn fits(&self, path: &str) -> bool {
        self.regex.as_ref().is_some_and(|regex| regex.is_match(path))
    }

    /// What every such path begins with.
    pub fn lead(&self) -> String {
        let plain = self.parts.iter().map_while(|part| match part.as_slice() {
            [Bit::Text(text)] => Some(format!("/{text}")),
            _ => None,
        });
        plain.collect()
    }

    /// The path with `value` for its parameters: one name each, `/` between them; or a whole path that fits.
    /// Errors ([`Fault::Usage`]).
    pub fn fill(&self, value: &str) -> anyhow::Result<String> {
        let unfit = |why: &str| {
            let hint = "give a value for each parameter with `/` between them, or a whole path that fits";
            Fault::usage(format!("`{value}` does not fit `{}`: {why}", self.text), hint)
        };
        if walks(value) {
            return Err(unfit("a name of dots leads elsewhere"));
        }
        if value.starts_with('/') {
            let path = tidy(value);
            let fits = !path.starts_with("//") && self.fits(&path);
            return if fits { Ok(path) } else { Err(unfit("it is another path")) };
        }
        let names: Vec<&str> = value.split('/').collect();
        if names.contains(&"") {
            return Err(unfit("an empty name"));
        }
        let wanted = self.parts.iter().flatten().filter(|bit| !matches!(bit, Bit::Text(_))).count();
        let has_rest = self.parts.iter().flatten().any(|bit| matches!(bit, Bit::Rest(_)));
        if names.len() < wanted || (names.len() > wanted && !has_rest) {
            return Err(unfit(&format!("it has {wanted} parameters")));
        }
        let mut left = wanted;
        let mut names = names.into_iter();
        let mut path = String::new();
        for part in &self.parts {
            path.push('/');
            for bit in part {
                let count = match bit {
                    Bit::Text(text) => {
                        path.push_str(text);
                        continue;
                    }
                    Bit::One | Bit::Maybe => 1,
                    Bit::Rest(_) => names.len() + 1 - left,
                };
                left -= 1;
                let some: Vec<String> = names.by_ref().take(count).map(tidy).collect();
                path.push_str(&some.join("/"));
            }
        }
        if walks(&path) {
            return Err(unfit("a name of dots leads elsewhere"));
        }
        if self.fits(&path) { Ok(path) } else { Err(unfit("there is one rest too many")) }
    }
}

fn part(name: &str) -> Vec<Bit> {
    let inner = |open: &str, close: &str| name.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    let is_word = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let whole = match name {
        "*" | "**" | "$" => Some(Bit::Rest(true)),
        _ if inner("[[...", "]]").is_some() => Some(Bit::Rest(true)),
        _ if inner("[...", "]").is_some() || inner("<path:", ">").is_some() => Some(Bit::Rest(false)),
        _ if inner("[[", "]]").is_some() || inner("{-$", "}").is_some() || inner("($", ")").is_some() => {
            Some(Bit::Maybe)
        }
        _ if name.starts_with(':') => match name.char_indices().next_back() {
            Some((at, '?')) if is_word(&name[1..at]) => Some(Bit::Maybe),
            Some((at, '*')) if is_word(&name[1..at]) => Some(Bit::Rest(true)),
            Some((at, '+')) if is_word(&name[1..at]) => Some(Bit::Rest(false)),
            _ => None,
        },
        _ => None,
    };
    whole.map_or_else(|| mixed(name), |bit| vec![bit])
}

/// A name with text and parameters in it: `users-[group]`, `:id.html`.
fn mixed(name: &str) -> Vec<Bit> {
    let mut bits = Vec::new();
    let mut text = String::new();
    let mut rest = name;
    while let Some(letter) = rest.chars().next() {
        let word =
            |from: &str| from.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').count();
        let length = match letter {
            '[' => rest.find(']').map(|at| at + 1),
            '{' => rest.find('}').map(|at| at + 1),
            '<' => rest.find('>').map(|at| at + 1),
            ':' | '$' => Some(word(&rest[1..])).filter(|count| *count > 0).map(|count| {
                let end: usize = rest.chars().take(count + 1).map(char::len_utf8).sum();
                // `:id(\\d+)`
                let group = rest[end..].starts_with('(').then(|| rest[end..].find(')')).flatten();
                end + group.map_or(0, |at| at + 1)
            }),
            '*' => Some(1),
            _ => None,
        };
        if length.is_none() {
            text.push(letter);
        } else {
            if !text.is_empty() {
                bits.push(Bit::Text(std::mem::take(&mut text)));
            }
            bits.push(Bit::One);
        }
        rest = &rest[length.unwrap_or(letter.len_utf8())..];
    }
    if !text.is_empty() {
        bits.push(Bit::Text(text));
    }
    bits
}

fn regex(parts: &[Vec<Bit>]) -> String {
    let mut out = String::from("^");
    for part in parts {
        match part.as_slice() {
            [Bit::Maybe] => out.push_str("(?:/[^/]+)?"),
            [Bit::Rest(true)] => out.push_str("(?:/.*)?"),
            [Bit::Rest(false)] => out.push_str("/.+"),
            bits => {
                out.push('/');
                for bit in bits {
                    match bit {
                        Bit::Text(text) => out.push_str(&regex_lite::escape(text)),
                        _ => out.push_str("[^/]+"),
                    }
                }
            }
        }
    }
    out + "/?$"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_spelled_in_one_way() {
        let table = [
            ("/a b", "/a%20b"),
            ("/über", "/%C3%BCber"),
            ("/a%", "/a%25"),
            ("/x\r\nHost: evil", "/x%0D%0AHost:%20evil"),
            ("/a?b#c\x1b[", "/a%3Fb%23c%1B%5B"),
        ];
        for (raw, expected) in table {
            assert_eq!(encode(raw), expected);
            assert_eq!(tidy(expected), expected);
            assert_eq!(decode(expected), raw);
        }
        assert_eq!(tidy("/%c3%bc%41%2f%zz"), "/%C3%BCA%2F%25zz");
        assert_eq!(decode_fully("pages-Landing%2520Page"), "pages-Landing Page");
        assert_eq!(decode("%FF"), "%FF");
        assert_eq!(encode_pattern("/[x]/a b"), "/[x]/a%20b");
    }

    #[test]
    fn patterns_fit_what_their_frameworks_answer() {
        let table: &[(&str, &[&str], &[&str])] = &[
            ("/blog/[slug]", &["/blog/one", "/blog/one/"], &["/blog", "/blog/a/b", "/blog/"]),
            ("/docs/[[...path]]", &["/docs", "/docs/a/b"], &["/doc"]),
            ("/docs/[...path]", &["/docs/a", "/docs/a/b"], &["/docs"]),
            ("/[[lang]]/about", &["/about", "/de/about"], &["/a/b/about"]),
            ("/users-[group]/[id]", &["/users-x/1"], &["/users/1"]),
            ("/products/:slug", &["/products/a"], &["/products/a/b"]),
            ("/:lang?/x", &["/x", "/de/x"], &["/y"]),
            ("/*", &["/", "/a", "/a/b"], &[]),
            ("/{a/}?*", &["/", "/a/b"], &[]),
            ("/posts/$postId", &["/posts/7"], &["/posts"]),
            ("/files/$", &["/files/a/b", "/files"], &["/file"]),
            ("/{-$lang}/x", &["/x", "/de/x"], &[]),
            ("/user/<name>", &["/user/a"], &["/user/a/b"]),
            ("/{Product.name}", &["/shoe"], &["/a/b"]),
            ("/p/:id(\\d+).html", &["/p/1.html"], &["/p/1"]),
            ("/a.b/[x]", &["/a.b/c"], &["/aXb/c"]),
        ];
        for (pattern, fits, others) in table {
            let pattern = Pattern::new(pattern);
            for path in *fits {
                assert!(pattern.fits(path), "{pattern:?} {path}");
            }
            for path in *others {
                assert!(!pattern.fits(path), "{pattern:?} {path}");
            }
        }
        assert_eq!(Pattern::new("/a/b-[c]/d").lead(), "/a");
    }

    #[test]
    fn patterns_are_filled_with_values() {
        let table = [
            ("/blog/[slug]", "one", Some("/blog/one")),
            ("/blog/[slug]", "two words", Some("/blog/two%20words")),
            ("/blog/[slug]", "/blog/x", Some("/blog/x")),
            ("/blog/[slug]", "/other/x", None),
            ("/blog/[slug]", "a/b", None),
            ("/blog/[slug]", "..", None),
            ("/blog/[slug]", "%2e%2e", None),
            ("/blog/[slug]", ".%2E", None),
            ("/blog/[slug]", "%252e%252e", None),
            ("/blog/[slug]", "/blog/%2e%2e", None),
            ("/blog/[slug]", "a%2f..%2fb", None),
            ("/blog/[slug]", "a\\..", None),
            ("/docs/[...path]", "a/%2e/b", None),
            ("/x/.[n]", ".", None),
            ("/blog/[slug]", "a..b", Some("/blog/a..b")),
            ("/blog/[slug]", "...", Some("/blog/...")),
            ("/blog/[slug]", "100%", Some("/blog/100%25")),
            ("/blog/[slug]", "", None),
            ("/[lang]/blog/[slug]", "en/one", Some("/en/blog/one")),
            ("/[lang]/blog/[slug]", "en", None),
            ("/docs/[...path]", "a/b/c", Some("/docs/a/b/c")),
            ("/[lang]/[...path]", "en/b/c", Some("/en/b/c")),
            ("/*", "a/b", Some("/a/b")),
            ("/*", "//evil.example/x", None),
            ("/x-:id", "7", Some("/x-7")),
            ("/p/[x]", "a\r\nb", Some("/p/a%0D%0Ab")),
        ];
        for (pattern, value, expected) in table {
            assert_eq!(Pattern::new(pattern).fill(value).ok().as_deref(), expected, "{pattern} {value}");
        }
    }
}
