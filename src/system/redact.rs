//! Keeps secrets out of what is written down: the values of variables that are named like secrets, and
//! keys of well-known shapes.

use std::borrow::Cow;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::memmem;
use serde_json::Value;

use crate::system::config::env;

/// What stands in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Words in a variable's name that make its value a secret.
const NAMES: [&str; 5] = ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD"];
/// Shorter values are words like `true`; taking those out would mangle everything (bytes).
const SHORTEST: usize = 8;

/// How keys begin, and how many characters follow at least. Sources: the providers' own descriptions
/// and the patterns that secret scanners use for them.
const SHAPES: [(&str, usize); 28] = [
    ("sk_live_", 16),
    ("rk_live_", 16),
    ("sk_test_", 16),
    ("sk-ant-", 16),
    ("sk-proj-", 16),
    ("sk-or-", 16),
    ("sk-", 20),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("github_pat_", 30),
    ("glpat-", 16),
    ("xoxa-", 10),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxs-", 10),
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("npm_", 30),
    ("hf_", 30),
    ("xai-", 30),
    ("gsk_", 30),
    ("pplx-", 30),
    ("eyJ", 40),
    ("PRIVATE KEY-----", 0),
];
/// The place of the private key's header among them; what it opens ends with its footer.
const PRIVATE_KEY: usize = SHAPES.len() - 1;
const FOOTER: &[u8] = b"-----END";

/// Finds secrets in text.
#[derive(Debug)]
pub struct Redactor {
    search: AhoCorasick,
    /// How many of the patterns are values; the [`SHAPES`] come after them.
    values: usize,
}

/// The redactor for the environment that we were started in.
pub fn ours() -> &'static Redactor {
    static OURS: OnceLock<Redactor> = OnceLock::new();
    OURS.get_or_init(|| {
        let secret = |name: &[u8]| is_secret(&String::from_utf8_lossy(name));
        let found = env::all().filter(|(name, _)| secret(name.as_bytes()));
        // The path of a key file is no secret.
        let values = found.map(|(_, value)| value).filter(|value| !Path::new(value).exists());
        Redactor::new(values.map(|value| value.as_bytes().to_vec()))
    })
}

/// Whether a variable of this name holds a secret.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    NAMES.iter().any(|word| name.contains(word))
}

/// Whether a variable holds a secret: by its name, where its value is no mere word, or by the shape of its value.
pub fn holds_secret(name: &str, value: &str) -> bool {
    let by_name = is_secret(name) && value.len() >= SHORTEST && !Path::new(value).exists();
    by_name || matches!(ours().text(value), Cow::Owned(_))
}

impl Redactor {
    /// Takes the secrets out of every text in a value, names of fields too.
    pub fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(clean) = self.text(text) {
                    *text = clean;
                }
            }
            Value::Array(all) => all.iter_mut().for_each(|one| self.value(one)),
            Value::Object(all) => {
                if all.keys().any(|name| matches!(self.text(name), Cow::Owned(_))) {
                    let clean = |(name, value): (String, Value)| (self.text(&name).into_owned(), value);
                    *all = std::mem::take(all).into_iter().map(clean).collect();
                }
                all.values_mut().for_each(|one| self.value(one));
            }
            _ => {}
        }
    }

    /// A redactor for these values, as they are and as JSON writes them, and for the known shapes.
    pub fn new(values: impl Iterator<Item = Vec<u8>>) -> Self {
        let long = values.filter(|value| value.len() >= SHORTEST);
        let mut patterns: Vec<Vec<u8>> = long.flat_map(|value| [escaped(&value), value]).collect();
        patterns.sort_unstable();
        patterns.dedup();
        let values = patterns.len();
        patterns.extend(SHAPES.iter().map(|(start, _)| start.as_bytes().to_vec()));
        let build = |patterns: &[Vec<u8>]| {
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(patterns)
        };
        match build(&patterns) {
            Ok(search) => Self { search, values },
            // Values too many to be searched for; the empty set cannot fail.
            Err(_) => Self { search: build(&patterns[values..]).unwrap_or_else(|_| none()), values: 0 },
        }
    }

    /// `text` without secrets; the very same bytes where there are none.
    pub fn clean<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let mut out = Vec::new();
        let (mut from, mut copied) = (0, 0);
        while let Some(found) = self.search.find(&text[from..]) {
            let (start, end) = (from + found.start(), from + found.end());
            let pattern = found.pattern().as_usize();
            let shape = pattern.checked_sub(self.values);
            let secret = shape.map_or(Some(end), |shape| secret_end(text, start, end, shape));
            from = secret.unwrap_or(end);
            if secret.is_some() {
                out.extend_from_slice(&text[copied..start]);
                out.extend_from_slice(REDACTED.as_bytes());
                copied = from;
            }
        }
        if copied == 0 {
            return Cow::Borrowed(text);
        }
        out.extend_from_slice(&text[copied..]);
        Cow::Owned(out)
    }

    /// [`Redactor::clean`] for text.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.clean(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }
}

/// Cleans the lines of one text in order: a private key goes over many.
#[derive(Debug, Default)]
pub struct Lines {
    in_key: bool,
}

impl Lines {
    /// One line without secrets, by [`ours`].
    pub fn line<'a>(&mut self, line: &'a [u8]) -> Cow<'a, [u8]> {
        if std::mem::replace(&mut self.in_key, false) {
            let footer = memmem::find(line, FOOTER);
            self.in_key = footer.is_none();
            let rest = footer.map_or(&[][..], |at| &line[at..]);
            return [REDACTED.as_bytes(), rest].concat().into();
        }
        let header = SHAPES[PRIVATE_KEY].0.as_bytes();
        // Whatever footer stands on this line comes before the header.
        self.in_key = line.ends_with(header);
        let cleaned = ours().clean(line);
        // JSON has more than one way to write a character.
        let escaped = memmem::find(&cleaned, b"\\u").is_some() || memmem::find(&cleaned, b"\\/").is_some();
        if escaped && let Cow::Owned(plain) = ours().clean(&unescaped(&cleaned)) {
            return Cow::Owned(plain);
        }
        cleaned
    }
}

fn none() -> AhoCorasick {
    // Building from nothing cannot exceed any limit.
    AhoCorasick::new(std::iter::empty::<&str>()).unwrap_or_else(|_| unreachable!("an empty set is built"))
}

/// Where the secret ends whose shape begins at `start..end`, if it is one.
fn secret_end(text: &[u8], start: usize, end: usize, shape: usize) -> Option<usize> {
    if shape == PRIVATE_KEY {
        let footer = memmem::find(&text[end..], FOOTER);
        return Some(footer.map_or(text.len(), |at| end + at));
    }
    let joined = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    // `task-…` is no `sk-…`; what an escape `\n` ends is no part of the word after it.
    let before = text[..start].last().copied().unwrap_or(b' ');
    let escape = start >= 2 && text[start - 2] == b'\\' && matches!(before, b'n' | b't' | b'r');
    if joined(before) && !escape {
        return None;
    }
    let dotted = SHAPES[shape].0 == "eyJ";
    let rest = &text[end..];
    let length = rest.iter().take_while(|byte| joined(**byte) || (dotted && **byte == b'.')).count();
    let body = &rest[..length];
    let mixed = body.iter().any(u8::is_ascii_digit) || body.iter().any(u8::is_ascii_uppercase);
    let mixed = mixed || !matches!(SHAPES[shape].0, "sk-" | "eyJ");
    let whole = !dotted || memchr::memchr_iter(b'.', body).count() == 2;
    (length >= SHAPES[shape].1 && mixed && whole).then_some(end + length)
}

/// A line of JSON whose characters stand for themselves, but for those that JSON needs escaped.
fn unescaped(line: &[u8]) -> Vec<u8> {
    let unit = |at: usize| {
        let hex = line.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()
    };
    let mut out = Vec::with_capacity(line.len());
    let mut at = 0;
    while let Some(byte) = line.get(at) {
        let (taken, character) = match (byte, line.get(at + 1)) {
            (b'\\', Some(b'/')) => (2, Some('/')),
            (b'\\', Some(b'u')) => {
                let units = [unit(at), unit(at + 6)];
                let decoded = char::decode_utf16(units.into_iter().flatten()).next();
                let character = decoded.and_then(Result::ok);
                (if character.is_some_and(|c| c.len_utf16() == 2) { 12 } else { 6 }, character)
            }
            (b'\\', _) => (2, None),
            _ => (1, None),
        };
        let end = (at + taken).min(line.len());
        match character.filter(|c| !c.is_control() && !matches!(c, '"' | '\\')) {
            Some(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            None => out.extend_from_slice(&line[at..end]),
        }
        at = end;
    }
    out
}

/// A value as it stands within a JSON string.
fn escaped(value: &[u8]) -> Vec<u8> {
    let text = serde_json::to_string(&String::from_utf8_lossy(value)).unwrap_or_default();
    text.trim_matches('"').as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str) -> String {
        let values = ["hunter2-hunter2", "with\"quote\nand line", "short"];
        let redactor = Redactor::new(values.iter().map(|value| value.as_bytes().to_vec()));
        redactor.text(text).into_owned()
    }

    #[test]
    fn secrets_go_and_the_rest_stays() {
        let key = "sk-ant-api03-AbCdEf0123456789_-xyz";
        let jwt =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0";
        let table = [
            ("nothing here".to_owned(), "nothing here"),
            ("a hunter2-hunter2 b hunter2-hunter2".into(), "a [redacted] b [redacted]"),
            (r#"{"x":"with\"quote\nand line"}"#.into(), r#"{"x":"[redacted]"}"#),
            ("short".into(), "short"),
            (format!("key={key};"), "key=[redacted];"),
            (format!(r#"{{"text":"\n{key}\n"}}"#), r#"{"text":"\n[redacted]\n"}"#),
            ("task-0123456789abcdefghijklmnop".into(), "task-0123456789abcdefghijklmnop"),
            ("sk-folding-cube-animation-of-css".into(), "sk-folding-cube-animation-of-css"),
            ("sk-short1".into(), "sk-short1"),
            ("AKIAIOSFODNN7EXAMPLE and AKIA".into(), "[redacted] and AKIA"),
            (format!("Bearer {jwt}"), "Bearer [redacted]"),
            (
                "eyJub3QtYS1qd3QtYnV0LWxvbmctZW5vdWdoLXRvLWJlLW9uZQ".into(),
                "eyJub3QtYS1qd3QtYnV0LWxvbmctZW5vdWdoLXRvLWJlLW9uZQ",
            ),
            (
                r"-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----".into(),
                "-----BEGIN RSA [redacted]-----END RSA [redacted]",
            ),
            ("ghp_0123456789abcdefghijklmnopqrstuvwxyz!".into(), "[redacted]!"),
        ];
        for (text, expected) in table {
            assert_eq!(clean(&text), expected, "{text}");
        }
    }

    #[test]
    fn escapes_hide_nothing() {
        let redactor = Redactor::new(std::iter::once("ab/cd=ä😀+12".as_bytes().to_vec()));
        for text in [
            r#"{"x":"ab\/cd\u003d\u00e4\ud83d\ude00\u002B12 \u0022 \n \\u"}"#,
            r#"{"x":"\u0061b/cd=\u00E4\uD83D\uDE00+12 \u0022 \n \\u"}"#,
        ] {
            let plain = unescaped(text.as_bytes());
            assert_eq!(redactor.clean(&plain), r#"{"x":"[redacted] \u0022 \n \\u"}"#.as_bytes(), "{text}");
        }
        for odd in ["\\u", "\\u00", "\\uzzzz", "\\ud800", "\\"] {
            assert_eq!(unescaped(odd.as_bytes()), odd.as_bytes(), "{odd}");
        }
    }

    #[test]
    fn a_private_key_goes_over_many_lines() {
        let text = "a\n-----BEGIN PRIVATE KEY-----\nMIIabc\nxyz\n-----END PRIVATE KEY-----\nb";
        let mut lines = Lines::default();
        let out: Vec<_> =
            text.lines().map(|line| String::from_utf8(lines.line(line.as_bytes()).into()).unwrap()).collect();
        let key =
            ["-----BEGIN [redacted]", "[redacted]", "[redacted]", "[redacted]-----END PRIVATE KEY-----"];
        assert_eq!(out, [&["a"], &key[..], &["b"]].concat());
    }

    #[test]
    fn names_tell_secrets() {
        for (name, secret) in [
            ("ANTHROPIC_API_KEY", true),
            ("github_token", true),
            ("DB_PASSWORD", true),
            ("PATH", false),
            ("HOME", false),
        ] {
            assert_eq!(is_secret(name), secret, "{name}");
        }
    }

    #[test]
    fn text_without_secrets_is_not_copied() {
        let redactor = Redactor::new(std::iter::empty());
        assert!(matches!(redactor.clean(b"plain task-1 text"), Cow::Borrowed(_)));
    }
}
