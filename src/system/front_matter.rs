//! A Markdown file that opens with YAML between two lines `---`: the texts named there, and the rest.
//!
//! Not all of YAML is read, only what such a head holds: names at the left edge with plain, quoted, literal (`|`) and
//! folded (`>`) texts. What stands below other names is passed over.

use std::iter;

/// Cuts a text into its head, without the lines `---`, and its body. `None` where it has no head, or one that is
/// never closed.
pub fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.split_inclusive('\n').next()?;
    if first.trim_end() != "---" {
        return None;
    }
    let rest = &text[first.len()..];
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if matches!(line.trim_end(), "---" | "...") {
            return Some((&rest[..at], &rest[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

/// Why a head cannot be read: its line, from 1, and the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Where.
    pub line: usize,
    /// Why.
    pub message: String,
}

/// A name at the left edge with what stands behind and below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its line in the head, from 1.
    pub line: usize,
    /// The name.
    pub name: &'a str,
    value: &'a str,
    below: Vec<&'a str>,
}

/// The entries of a head, in order.
pub fn entries(head: &str) -> Result<Vec<Entry<'_>>, Broken> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for (at, line) in head.lines().enumerate() {
        let is_item = line == "-" || line.starts_with("- ");
        if line.trim().is_empty() || line.starts_with([' ', '\t', '#']) || is_item {
            if let Some(entry) = entries.last_mut() {
                entry.below.push(line);
            }
            continue;
        }
        let broken = |message: String| Err(Broken { line: at + 1, message });
        let named =
            line.split_once(':').filter(|(_, value)| value.is_empty() || value.starts_with([' ', '\t']));
        let Some((name, value)) = named else {
            return broken("expected `name: value`".into());
        };
        let name = name.trim_end().trim_matches(['"', '\'']);
        if entries.iter().any(|entry| entry.name == name) {
            return broken(format!("`{name}` stands twice"));
        }
        entries.push(Entry { line: at + 1, name, value: value.trim(), below: Vec::new() });
    }
    Ok(entries)
}

impl Entry<'_> {
    /// Its text; `None` where there is none (`null`, `~`, nothing).
    pub fn text(&self) -> Result<Option<String>, Broken> {
        let read = match self.value.chars().next() {
            Some(quote @ ('"' | '\'')) => quoted(&self.folded(self.value), quote).map(Some),
            Some(style @ ('|' | '>')) => block(self.value, &self.below, style == '>').map(Some),
            Some('&' | '*' | '!' | '%' | '@' | '`' | '[' | '{') => Err("is no plain text"),
            _ => self.plain(),
        };
        read.map_err(|why| {
            let message = format!("`{}` {why}; put its text into double quotes", self.name);
            Broken { line: self.line, message }
        })
    }

    fn plain(&self) -> Result<Option<String>, &'static str> {
        let value = if self.value.starts_with('#') { "" } else { self.value };
        let mut lines = iter::once(value).chain(self.below.iter().copied());
        let below = lines.clone().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        let is_inner = |line: &str| line == "-" || line.starts_with("- ");
        if below.is_some_and(is_inner) {
            return Err("is a list");
        }
        let heads_table = |line: &str| line.split_once(": ").is_some_and(|(name, _)| !name.contains(' '));
        if value.is_empty() && below.is_some_and(|line| line.ends_with(':') || heads_table(line)) {
            return Err("is a table");
        }
        let uncommented = |line: &str| line.split_once(" #").map_or(line, |(text, _)| text).trim().to_owned();
        let shown = lines.by_ref().filter(|line| !line.trim_start().starts_with('#')).map(uncommented);
        let text = fold(shown);
        Ok(Some(text).filter(|text| !matches!(text.as_str(), "" | "~" | "null")))
    }

    /// The value and the lines below as one text with line ends folded.
    fn folded(&self, value: &str) -> String {
        fold(iter::once(value).chain(self.below.iter().copied()).map(|line| line.trim().to_owned()))
    }
}

/// Lines become words of one text; empty ones become line ends.
fn fold(lines: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    let mut empty = 0;
    for line in lines {
        if line.is_empty() {
            empty += 1;
            continue;
        }
        match (text.is_empty(), empty) {
            (true, _) => {}
            (false, 0) => text.push(' '),
            (false, count) => text.extend(iter::repeat_n('\n', count)),
        }
        text.push_str(&line);
        empty = 0;
    }
    text
}

fn quoted(text: &str, quote: char) -> Result<String, &'static str> {
    let mut out = String::new();
    let mut letters = text.chars().skip(1).peekable();
    while let Some(letter) = letters.next() {
        if letter == quote {
            if quote == '\'' && letters.next_if_eq(&'\'').is_some() {
                out.push('\'');
                continue;
            }
            let rest: String = letters.collect();
            let rest = rest.trim_start();
            return if rest.is_empty() || rest.starts_with('#') {
                Ok(out)
            } else {
                Err("goes on after its quote")
            };
        }
        if letter == '\\' && quote == '"' {
            out.push(escaped(&mut letters).ok_or("holds an unknown escape")?);
        } else {
            out.push(letter);
        }
    }
    Err("is not closed by a quote")
}

/// What the letters after a backslash stand for.
fn escaped(letters: &mut impl Iterator<Item = char>) -> Option<char> {
    let digits = match letters.next()? {
        letter @ ('"' | '\\' | '/' | ' ') => return Some(letter),
        'n' => return Some('\n'),
        't' => return Some('\t'),
        'r' => return Some('\r'),
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => return None,
    };
    let code: String = letters.take(digits).collect();
    (code.len() == digits).then(|| u32::from_str_radix(&code, 16).ok().and_then(char::from_u32)).flatten()
}

/// A literal or folded block: `|`, `>`, with `-` and `+` for the line ends after it.
fn block(header: &str, below: &[&str], folds: bool) -> Result<String, &'static str> {
    let header = header.split_once(" #").map_or(header, |(header, _)| header).trim_end();
    let signs = &header[1..];
    if !signs.chars().all(|sign| matches!(sign, '-' | '+' | '1'..='9')) {
        return Err("is no plain text");
    }
    let indented = |line: &&&str| !line.trim().is_empty();
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let given = signs.chars().find_map(|sign| sign.to_digit(10)).map(|digit| digit as usize);
    let deep = given.unwrap_or_else(|| below.iter().find(indented).map_or(0, |line| indent(line)));
    if below.iter().filter(indented).any(|line| indent(line) < deep) {
        return Err("is indented unevenly");
    }
    let lines: Vec<&str> =
        below.iter().map(|line| line.get(deep..).unwrap_or("").trim_end_matches('\r')).collect();
    let mut text = if folds { folded_block(&lines) } else { lines.join("\n") };
    let kept = text.trim_end_matches('\n').len();
    if !signs.contains('+') {
        text.truncate(kept);
    }
    if !signs.contains('-') && kept > 0 {
        text.push('\n');
    }
    Ok(text)
}

/// Lines at the block's own edge are folded; deeper ones keep their ends.
fn folded_block(lines: &[&str]) -> String {
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        text.push_str(line);
        let Some(next) = lines.get(at + 1) else { break };
        let deeper = |line: &str| line.starts_with([' ', '\t']);
        let joins = !line.is_empty() && !deeper(line) && !deeper(next);
        match (joins, next.is_empty()) {
            (true, false) => text.push(' '),
            (true, true) => {}
            (false, _) => text.push('\n'),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_what_stands_between_two_lines() {
        let table = [
            ("---\na: b\n---\nbody\n", Some(("a: b\n", "body\n"))),
            ("\u{feff}---\r\na: b\r\n---\r\nbody", Some(("a: b\r\n", "body"))),
            ("---\n---\n", Some(("", ""))),
            ("---\n---", Some(("", ""))),
            ("---\na: b\n...\n---\n", Some(("a: b\n", "---\n"))),
            ("---\na: b\n", None),
            ("# Title\n---\na: b\n---\n", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(split(text), expected, "{text:?}");
        }
    }

    fn read(head: &str) -> String {
        let entry = |entries: Vec<Entry<'_>>| entries.iter().find(|entry| entry.name == "d").unwrap().text();
        match entries(head).and_then(entry) {
            Ok(text) => text.unwrap_or_else(|| "-".into()),
            Err(Broken { line, message }) => format!("{line}: {message}"),
        }
    }

    #[test]
    fn texts_are_read_as_yaml_has_them() {
        let table = [
            ("d: plain text # comment", "plain text"),
            ("d: plain\n  that goes on\n\n  further\n", "plain that goes on\nfurther"),
            ("d:\n  on the next line", "on the next line"),
            ("d: Use it when: always", "Use it when: always"),
            ("d: http://x#y", "http://x#y"),
            ("d: 5", "5"),
            ("d: null", "-"),
            ("d:", "-"),
            ("d: # nothing", "-"),
            ("# c\n\nd: \"a \\\"b\\\" \\u00e9\\n\\x41\" # c", "a \"b\" é\nA"),
            ("d: 'it''s \\n'", "it's \\n"),
            ("d: \"two\n  lines\"", "two lines"),
            ("d: >\n  one\n  two\n\n  three\n   deeper\n  four\n", "one two\nthree\n deeper\nfour\n"),
            ("d: >-\n  one\n  two\n\n", "one two"),
            ("d: |\n  one\n    two\n\n  three\n\n", "one\n  two\n\nthree\n"),
            ("d: |+\n  one\n\n", "one\n\n"),
            ("d: |2-\n    one", "  one"),
            ("d: >\r\n  one\r\n  two\r\n", "one two\n"),
            ("tools:\n- Read\n- \"x: y\"\nmetadata:\n  a: b\n  d: no\nd: yes", "yes"),
        ];
        for (head, expected) in table {
            assert_eq!(read(head), expected, "{head:?}");
        }
    }

    #[test]
    fn what_is_not_read_is_refused_by_line() {
        let table = [
            ("a: b\nd: [x]", "2: `d` is no plain text; put"),
            ("d: *x", "1: `d` is no plain text"),
            ("d: \"open", "1: `d` is not closed by a quote"),
            ("d: 'a' b", "1: `d` goes on after its quote"),
            ("d: \"\\q\"", "1: `d` holds an unknown escape"),
            ("d:\n  - a", "1: `d` is a list"),
            ("d:\n  a: b", "1: `d` is a table"),
            ("d: |\n    a\n  b", "1: `d` is indented unevenly"),
            ("d: >x\n  a", "1: `d` is no plain text"),
            ("d: a\nd: b", "2: `d` stands twice"),
            ("d: a\nsome words", "2: expected `name: value`"),
        ];
        for (head, expected) in table {
            assert!(read(head).starts_with(expected), "{head:?}: {}", read(head));
        }
    }
}
