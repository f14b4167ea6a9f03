//! Reads a table's fields by their names, ours or the seed's, and says what is wrong with them.

use super::node::{Node, Value};
use crate::system::config::nearest;

/// What is wrong, and the byte of the text where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Where.
    pub at: usize,
    /// What.
    pub message: String,
    /// The way out, where it is a better one than to correct the file.
    pub hint: Option<String>,
}

impl Flaw {
    /// With no hint.
    pub fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), hint: None }
    }
}

/// The result of reading a part.
pub type Read<T> = Result<T, Flaw>;

/// A table of known fields.
#[derive(Debug)]
pub struct Fields<'n> {
    at: usize,
    /// What it is, before the names in errors: `` story `US-001`:  ``; empty for the whole.
    owner: String,
    rows: &'n [(String, Node)],
}

/// `asA` → `as_a`; what has no capitals stays.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

impl<'n> Fields<'n> {
    /// The fields of `node`, which is a table of `known` ones and no others.
    pub fn of(node: &'n Node, owner: impl Into<String>, known: &[&str]) -> Read<Self> {
        let owner = owner.into();
        let Value::Table(rows) = &node.value else {
            let message = format!("{owner}expected a table, found {}", node.value.kind());
            return Err(Flaw::new(node.at, message));
        };
        for (at, (name, value)) in rows.iter().enumerate() {
            let plain = snake(name);
            if !known.contains(&plain.as_str()) {
                let near = nearest(&plain, known.iter().copied());
                let hint = near.map_or_else(
                    || format!("known are `{}`", known.join("`, `")),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("{owner}unknown field `{name}`");
                return Err(Flaw { hint: Some(hint), ..Flaw::new(value.at, message) });
            }
            if let Some((other, _)) = rows[..at].iter().find(|(other, _)| snake(other) == plain) {
                let message = format!("{owner}`{other}` and `{name}` are the same field");
                return Err(Flaw::new(value.at, message));
            }
        }
        Ok(Self { at: node.at, owner, rows })
    }

    /// The field `name`, if it is there; JSON's null is as good as nothing.
    pub fn get(&self, name: &str) -> Option<&'n Node> {
        let row = self.rows.iter().find(|(own, _)| own == name || snake(own) == name);
        row.map(|(_, node)| node).filter(|node| node.value != Value::Null)
    }

    /// Where the field `name` stands, or the table.
    pub fn at(&self, name: &str) -> usize {
        self.get(name).map_or(self.at, |node| node.at)
    }

    /// The error that `message` is wrong with the field `name`.
    pub fn flaw(&self, name: &str, message: &str) -> Flaw {
        Flaw::new(self.at(name), format!("{}`{name}` {message}", self.owner))
    }

    fn missing(&self, name: &str) -> Flaw {
        Flaw::new(self.at, format!("{}`{name}` is missing", self.owner))
    }

    /// A text that may be missing.
    pub fn text(&self, name: &str) -> Read<Option<String>> {
        let Some(node) = self.get(name) else { return Ok(None) };
        self.plain(node, name, "text").map(Some)
    }

    /// A text that is there.
    pub fn required(&self, name: &str) -> Read<String> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    /// A text of one line with something in it.
    pub fn line(&self, name: &str) -> Read<String> {
        let text = self.required(name)?;
        if text.trim().is_empty() {
            return Err(self.flaw(name, "is empty"));
        }
        if text.contains(['\n', '\r']) {
            return Err(self.flaw(name, "has more than one line"));
        }
        Ok(text)
    }

    /// A list of texts with something in each; `None` where it is missing.
    pub fn texts(&self, name: &str) -> Read<Option<Vec<String>>> {
        self.get(name).map(|node| self.list(node, name)).transpose()
    }

    /// A list of texts that is there.
    pub fn required_texts(&self, name: &str) -> Read<Vec<String>> {
        self.texts(name)?.ok_or_else(|| self.missing(name))
    }

    /// Names and lists of texts.
    pub fn lists(&self, name: &str) -> Read<Vec<(String, Vec<String>)>> {
        let rows = self.table(name)?.iter();
        rows.map(|(key, node)| Ok((key.clone(), self.list(node, &format!("{name}.{key}"))?))).collect()
    }

    /// The rows of a table of names that people choose.
    pub fn table(&self, name: &str) -> Read<&'n [(String, Node)]> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Node { value: Value::Table(rows), .. }) => Ok(rows),
            Some(other) => Err(self.wrong(other, name, "a table")),
        }
    }

    /// The items of a list of tables.
    pub fn items(&self, name: &str) -> Read<&'n [Node]> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Node { value: Value::List(items), .. }) => Ok(items),
            Some(other) => Err(self.wrong(other, name, "a list")),
        }
    }

    fn list(&self, node: &Node, name: &str) -> Read<Vec<String>> {
        let Value::List(items) = &node.value else { return Err(self.wrong(node, name, "a list of texts")) };
        let texts = items.iter().map(|item| {
            let text = self.plain(item, name, "texts only")?;
            if text.trim().is_empty() {
                return Err(Flaw::new(item.at, format!("{}`{name}` holds an empty text", self.owner)));
            }
            Ok(text)
        });
        texts.collect()
    }

    fn plain(&self, node: &Node, name: &str, expected: &str) -> Read<String> {
        match &node.value {
            Value::Text(text) if text.contains('\0') => {
                Err(Flaw::new(node.at, format!("{}`{name}` holds a NUL character", self.owner)))
            }
            Value::Text(text) => Ok(text.clone()),
            _ => Err(self.wrong(node, name, expected)),
        }
    }

    fn wrong(&self, node: &Node, name: &str, expected: &str) -> Flaw {
        let message = format!("{}`{name}`: expected {expected}, found {}", self.owner, node.value.kind());
        Flaw::new(node.at, message)
    }
}
