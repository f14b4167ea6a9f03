//! Text with placeholders: `{{name}}`, `{{$.path.into.the.event}}`, `{{"taken as it is"}}`. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::path::Path;

/// Longest text that a placeholder may become (bytes): systems take no longer arguments and variables.
const LONGEST: usize = 100_000;

/// Text with placeholders in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Plain(String),
    Name(String),
    Path(Path),
}

/// Where the values of placeholders come from.
#[derive(Debug, Clone, Default)]
pub struct Scope<'v> {
    /// By name.
    pub names: BTreeMap<String, String>,
    /// By path; without it there is no event.
    pub event: Option<&'v Value>,
}

impl Text {
    /// Reads it; what is opened must be closed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((plain, after)) = rest.split_once("{{") {
            if !plain.is_empty() {
                pieces.push(Piece::Plain(plain.to_owned()));
            }
            let (piece, after) = placeholder(after)?;
            pieces.push(piece);
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Plain(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// Whether it is the same for every event.
    pub fn is_fixed(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Plain(_)))
    }

    /// What stands before the first value.
    pub fn prefix(&self) -> String {
        let plain = |piece: &Piece| if let Piece::Plain(text) = piece { Some(text.clone()) } else { None };
        self.pieces.iter().map_while(plain).collect()
    }

    /// The names that have to be given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Name(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The first path into an event.
    pub fn path(&self) -> Option<&Path> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::Path(path) => Some(path),
            _ => None,
        })
    }

    /// The text with each value in place; none is looked at for placeholders again. Otherwise the placeholder
    /// that has no value, or whose value cannot be used.
    pub fn fill(&self, scope: &Scope<'_>) -> Result<String, String> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Plain(text) => out.push_str(text),
                Piece::Name(name) => out.push_str(scope.name(name)?),
                Piece::Path(path) => out.push_str(&shown(scope.path(path)?)),
            }
        }
        check(&out).map(|()| out)
    }

    /// The same, but a text that is one path alone becomes the value itself.
    pub fn value(&self, scope: &Scope<'_>) -> Result<Value, String> {
        match self.pieces.as_slice() {
            [Piece::Path(path)] => scope.path(path).cloned(),
            _ => self.fill(scope).map(Value::String),
        }
    }
}

impl Scope<'_> {
    fn name(&self, name: &str) -> Result<&str, String> {
        self.names.get(name).map(String::as_str).ok_or_else(|| format!("`{{{{{name}}}}}` has no value"))
    }

    fn path(&self, path: &Path) -> Result<&Value, String> {
        self.event.and_then(|event| path.get(event)).ok_or_else(|| format!("`{{{{{path}}}}}` has no value"))
    }
}

/// All names in some texts, each once.
pub fn names<'t>(texts: impl IntoIterator<Item = &'t Text>) -> BTreeSet<String> {
    texts.into_iter().flat_map(Text::names).map(str::to_owned).collect()
}

fn placeholder(rest: &str) -> Result<(Piece, &str), String> {
    let trimmed = rest.trim_start();
    if let Some(inner) = trimmed.strip_prefix('"') {
        return literal(inner, rest);
    }
    // A path may hold braces in its quotes.
    let mut quoted = false;
    let mut before = ' ';
    let end = rest.char_indices().find(|(at, c)| {
        quoted ^= *c == '"' && before != '\\';
        before = *c;
        !quoted && rest[*at..].starts_with("}}")
    });
    let Some((end, _)) = end else { return Err(format!("`{{{{{}` is not closed by `}}}}`", start(rest))) };
    let (inside, after) = (rest[..end].trim(), &rest[end + 2..]);
    if inside.starts_with('$') {
        return Ok((Piece::Path(Path::parse(inside)?), after));
    }
    if !is_name(inside) {
        return Err(format!(
            "`{{{{{}}}}}` is no placeholder: a name has letters, digits, `_` and `-`, a path begins with `$`",
            start(inside)
        ));
    }
    Ok((Piece::Name(inside.to_owned()), after))
}

/// `{{"{{"}}`: what stands between the quotes.
fn literal<'t>(inner: &'t str, rest: &str) -> Result<(Piece, &'t str), String> {
    let (text, after) =
        inner.split_once('"').ok_or_else(|| format!("`{{{{{}` is not closed", start(rest)))?;
    let after = after.trim_start().strip_prefix("}}");
    let after = after.ok_or_else(|| format!("`{{{{{}` is not closed by `}}}}`", start(rest)))?;
    Ok((Piece::Plain(text.to_owned()), after))
}

/// Whether it can be a placeholder's name.
pub fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(plain)
}

fn start(text: &str) -> String {
    text.chars().take(40).collect()
}

/// A value as text: strings as they are, the rest as JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Refuses what no argument and no file name can hold.
pub fn check(text: &str) -> Result<(), String> {
    if text.contains('\0') {
        return Err("has a NUL byte in it".into());
    }
    if text.len() > LONGEST {
        return Err(format!("is {} bytes long; {LONGEST} are allowed", text.len()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn placeholders_are_filled_once() {
        let event = json!({"a": {"id": "d-1", "n": 2.5, "yes": true, "list": [1, "x"], "no": null,
            "nest": "{{name}} {{$.a.id}}", "}}": "braces"}});
        let names = [("name".to_owned(), "{{$.a.id}}".to_owned()), ("empty".to_owned(), String::new())];
        let scope = Scope { names: names.into(), event: Some(&event) };
        let table = [
            ("", Ok("")),
            ("plain } {text}", Ok("plain } {text}")),
            ("{{$.a.id}}", Ok("d-1")),
            ("<{{ $.a.id }}|{{$.a.n}}|{{$.a.yes}}>", Ok("<d-1|2.5|true>")),
            ("{{$.a.list}}", Ok("[1,\"x\"]")),
            ("{{name}}", Ok("{{$.a.id}}")),
            ("{{$.a.nest}}", Ok("{{name}} {{$.a.id}}")),
            ("[{{empty}}]", Ok("[]")),
            ("{{\"{{\"}}x}}", Ok("{{x}}")),
            ("{{$.a[\"}}\"]}}", Ok("braces")),
            ("{{$.a.no}}", Err("`{{$.a.no}}` has no value")),
            ("{{$.b}}", Err("`{{$.b}}` has no value")),
            ("{{other}}", Err("`{{other}}` has no value")),
        ];
        for (text, expected) in table {
            let filled = Text::parse(text).unwrap_or_else(|why| panic!("{text}: {why}")).fill(&scope);
            assert_eq!(filled.as_deref().map_err(String::as_str), expected, "{text}");
        }
        let value = |text: &str| Text::parse(text).unwrap().value(&scope).unwrap();
        assert_eq!(value("{{$.a.list}}"), json!([1, "x"]));
        assert_eq!(value("{{$.a.n}}!"), json!("2.5!"));
    }

    #[test]
    fn what_is_no_placeholder_is_told() {
        let table = [
            ("a {{b", "`{{b` is not closed by `}}`"),
            ("{{}}", "`{{}}` is no placeholder"),
            ("{{a b}}", "`{{a b}}` is no placeholder"),
            ("{{event.id}}", "a path begins with `$`"),
            ("{{1}}", "is no placeholder"),
            ("{{$a}}", "needs a `.`"),
            ("{{\"x}}", "is not closed"),
            ("{{\"x\" y}}", "is not closed by `}}`"),
        ];
        for (text, expected) in table {
            let why = Text::parse(text).unwrap_err();
            assert!(why.contains(expected), "{text}: {why}");
        }
        let long = json!("x".repeat(LONGEST + 1));
        let scope = Scope { names: BTreeMap::new(), event: Some(&long) };
        assert!(Text::parse("{{$}}").unwrap().fill(&scope).unwrap_err().contains("100001 bytes"));
        let nul = json!("a\0b");
        let scope = Scope { names: BTreeMap::new(), event: Some(&nul) };
        assert!(Text::parse("{{$}}").unwrap().fill(&scope).unwrap_err().contains("NUL"));
    }
}
