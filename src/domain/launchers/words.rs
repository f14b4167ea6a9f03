//! The words of a launcher's own command: placeholders, and the quotes that keep what they stand for from becoming code
//! where a shell on the far side takes the words apart again.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use memchr::memmem;

use super::Labels;

/// Placeholders whose values come from tasks and directories; the others are made of plain characters.
const VALUES: [&str; 3] = ["{dir}", "{task}", "{branch}"];
/// What a shell may take for code.
const CODE: &[char] =
    &[';', '&', '|', '<', '>', '$', '`', '\\', '\'', '"', '(', ')', '{', '}', '*', '?', '[', ']', '!', '~'];

/// Whether a shell could take some of `text` for code.
pub fn holds_code(text: &str) -> bool {
    text.contains(|char: char| CODE.contains(&char) || char.is_whitespace() || char.is_control())
}

/// The first placeholder for a value that is within quotes, or behind a backslash: quoted once more it would be out of them.
pub(super) fn within_quotes(words: &[String]) -> Option<&'static str> {
    let (mut quote, mut escaped) = (None, false);
    for word in words {
        for (at, char) in word.char_indices() {
            let found = VALUES.into_iter().find(|value| word[at..].starts_with(value));
            match (found, quote, char) {
                (Some(found), _, _) if quote.is_some() || escaped => return Some(found),
                (_, Some('\''), '\\') => {}
                (_, _, '\\') if !escaped => {
                    escaped = true;
                    continue;
                }
                (_, None, '\'' | '"') if !escaped => quote = Some(char),
                (_, Some(open), _) if open == char && !escaped => quote = None,
                _ => {}
            }
            escaped = false;
        }
        // The blank between two words.
        escaped = false;
    }
    None
}

/// The first placeholder for a value that is a part of code, as far as that can be seen: behind a `-c`, or among what only a
/// shell understands.
pub(super) fn within_code(words: &[String]) -> Option<&'static str> {
    let takes_code = |option: &str| {
        let letters = option.strip_prefix('-').unwrap_or_default();
        letters == "-command"
            || letters.ends_with('c')
                && letters.len() < 5
                && letters.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    words.iter().enumerate().find_map(|(at, word)| {
        let value = VALUES.into_iter().find(|value| word.contains(value))?;
        let code = |char: char| [';', '&', '|', '<', '>', '$', '`', '(', '\n'].contains(&char);
        let option = at.checked_sub(1).is_some_and(|at| takes_code(&words[at]) || words[at] == "eval");
        (option || word.contains(code)).then_some(value)
    })
}

/// What placeholders stand for.
pub(super) struct Words<'a> {
    pub(super) dir: &'a OsStr,
    pub(super) labels: &'a Labels<'a>,
    pub(super) name: &'a str,
    /// Whether a shell takes the words apart again: values are quoted for it then.
    pub(super) quote: bool,
}

impl Words<'_> {
    /// The words of a command with their placeholders filled. One with `{env}` comes once for each of `names`; where it
    /// is the value of an option before it (`-e`, `{env}`), that option too.
    pub(super) fn fill(&self, words: &[String], names: &[OsString]) -> Vec<OsString> {
        let mut filled: Vec<OsString> = Vec::new();
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            let value = words.peek().filter(|next| word.starts_with('-') && is_value_by_env(next));
            if let Some(value) = value.map(|value| (*value).clone()) {
                words.next();
                filled.extend(names.iter().flat_map(|name| [self.one(word, name), self.one(&value, name)]));
            } else if word.contains("{env}") {
                filled.extend(names.iter().map(|name| self.one(word, name)));
            } else {
                filled.push(self.one(word, OsStr::new("")));
            }
        }
        filled
    }

    fn one(&self, word: &str, env: &OsStr) -> OsString {
        let attempt = self.labels.attempt.to_string();
        let table: [(&str, &OsStr); 6] = [
            ("{dir}", self.dir),
            ("{task}", self.labels.task.as_ref()),
            ("{branch}", self.labels.branch.unwrap_or_default().as_ref()),
            ("{attempt}", attempt.as_ref()),
            ("{name}", self.name.as_ref()),
            ("{env}", env),
        ];
        let mut rest = word.as_bytes();
        let mut filled = Vec::with_capacity(rest.len());
        // One pass: what a value holds is no placeholder.
        while let Some(at) = memchr::memchr(b'{', rest) {
            filled.extend_from_slice(&rest[..at]);
            rest = &rest[at..];
            if let Some((word, value)) = table.iter().find(|(word, _)| rest.starts_with(word.as_bytes())) {
                let shell = self.quote && VALUES.contains(word);
                filled.extend_from_slice(&if shell { for_shell(value) } else { value.as_bytes().into() });
                rest = &rest[word.len()..];
            } else {
                filled.push(b'{');
                rest = &rest[1..];
            }
        }
        filled.extend_from_slice(rest);
        OsString::from_vec(filled)
    }
}

/// Whether a word is the value of the option before it: one that is no option itself.
fn is_value_by_env(word: &str) -> bool {
    word.contains("{env}") && !word.starts_with('-')
}

/// One word that a shell takes apart into exactly these.
pub(super) fn quoted(words: &[OsString]) -> OsString {
    let mut line = Vec::new();
    for word in words {
        if !line.is_empty() {
            line.push(b' ');
        }
        line.push(b'\'');
        line.extend_from_slice(&escaped(word.as_bytes()));
        line.push(b'\'');
    }
    OsString::from_vec(line)
}

fn escaped(bytes: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\'', bytes).is_none() {
        return Cow::Borrowed(bytes);
    }
    let mut escaped = Vec::with_capacity(bytes.len() + 8);
    let mut from = 0;
    for at in memmem::find_iter(bytes, b"'") {
        escaped.extend_from_slice(&bytes[from..at]);
        escaped.extend_from_slice(br"'\''");
        from = at + 1;
    }
    escaped.extend_from_slice(&bytes[from..]);
    Cow::Owned(escaped)
}

/// A value as a word of a shell, or as a part of one.
fn for_shell(value: &OsStr) -> Cow<'_, [u8]> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"@+:,./-_".contains(byte);
    if value.as_bytes().iter().all(plain) {
        return value.as_bytes().into();
    }
    quoted(&[value.to_owned()]).into_vec().into()
}
