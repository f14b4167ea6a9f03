//! A skill's file as a tree of values that know where they stand, whatever it is written in.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use toml::de::{DeTable, DeValue};

/// How deep a file is looked into; a skill needs four.
const DEEPEST: usize = 16;

/// A value and the byte of the text that it, or the name before it, begins at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The byte.
    pub at: usize,
    /// The value.
    pub value: Value,
}

/// What may stand in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A list.
    List(Vec<Node>),
    /// Names and values, in order.
    Table(Vec<(String, Node)>),
    /// JSON's null.
    Null,
    /// What no skill holds, by name.
    Other(&'static str),
}

impl Value {
    /// What it is, for errors.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Whole(_) => "a number",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Null => "null",
            Self::Other(kind) => kind,
        }
    }
}

/// Why a text is no tree: the byte, and the words.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken {
    /// Where.
    pub at: usize,
    /// Why.
    pub message: String,
}

/// Reads TOML.
pub fn toml(text: &str) -> Result<Node, Broken> {
    match DeTable::parse(text) {
        Ok(table) => Ok(Node { at: 0, value: table_of(table.get_ref()) }),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            Err(Broken { at, message: error.message().trim().replace('\n', ", ") })
        }
    }
}

fn table_of(table: &DeTable<'_>) -> Value {
    let mut rows: Vec<(String, Node)> = table
        .iter()
        .map(|(key, value)| {
            let node = Node { at: key.span().start, value: value_of(value.get_ref()) };
            (key.get_ref().to_string(), node)
        })
        .collect();
    rows.sort_by_key(|(_, node)| node.at);
    Value::Table(rows)
}

fn value_of(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            parsed.map_or(Value::Other("a number"), Value::Whole)
        }
        DeValue::Float(_) => Value::Other("a number"),
        DeValue::Boolean(_) => Value::Other("true or false"),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(items) => {
            let node = |item: &toml::Spanned<DeValue<'_>>| Node {
                at: item.span().start,
                value: value_of(item.get_ref()),
            };
            Value::List(items.iter().map(node).collect())
        }
        DeValue::Table(table) => table_of(table),
    }
}

/// Reads JSON; a name that stands twice is an error.
pub fn json(text: &str) -> Result<Node, Broken> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| broken(text, 0, text, &error))?;
    read_raw(text, raw, DEEPEST)
}

/// The error of a part, which begins at `start`, as one of the whole.
fn broken(whole: &str, start: usize, part: &str, error: &serde_json::Error) -> Broken {
    let lines = part.split_inclusive('\n').take(error.line().saturating_sub(1));
    let within = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
    let said = error.to_string();
    let message = said.rsplit_once(" at line ").map_or(said.as_str(), |(message, _)| message).to_owned();
    Broken { at: (start + within).min(whole.len()), message }
}

fn read_raw(whole: &str, raw: &RawValue, depth: usize) -> Result<Node, Broken> {
    let part = raw.get();
    // The part is borrowed from the whole, so the distance is its place.
    let at = part.as_ptr() as usize - whole.as_ptr() as usize;
    let failed = |error: &serde_json::Error| broken(whole, at, part, error);
    if depth == 0 {
        return Ok(Node { at, value: Value::Other("something nested too deeply") });
    }
    let value = match part.as_bytes().first() {
        Some(b'"') => Value::Text(serde_json::from_str(part).map_err(|error| failed(&error))?),
        Some(b'{') => {
            let mut reader = serde_json::Deserializer::from_str(part);
            let rows = reader.deserialize_map(Rows).map_err(|error| failed(&error))?;
            let node = |(key, raw): (String, &RawValue)| Ok((key, read_raw(whole, raw, depth - 1)?));
            Value::Table(rows.into_iter().map(node).collect::<Result<_, Broken>>()?)
        }
        Some(b'[') => {
            let mut reader = serde_json::Deserializer::from_str(part);
            let items = reader.deserialize_seq(Items).map_err(|error| failed(&error))?;
            let nodes = items.into_iter().map(|raw| read_raw(whole, raw, depth - 1));
            Value::List(nodes.collect::<Result<_, Broken>>()?)
        }
        Some(b't' | b'f') => Value::Other("true or false"),
        Some(b'n') => Value::Null,
        _ => part.parse().map_or(Value::Other("a number"), Value::Whole),
    };
    Ok(Node { at, value })
}

struct Rows;

impl<'de> Visitor<'de> for Rows {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut rows: Self::Value = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
            if rows.iter().any(|(own, _)| *own == key) {
                return Err(A::Error::custom(format!("`{key}` stands twice")));
            }
            rows.push((key, value));
        }
        Ok(rows)
    }
}

struct Items;

impl<'de> Visitor<'de> for Items {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(at: usize, text: &str) -> Node {
        Node { at, value: Value::Text(text.into()) }
    }

    #[test]
    fn both_say_the_same_and_where() {
        let list = |at, first, second| Node { at, value: Value::List(vec![first, second]) };
        let json = json("{\"a\": \"x\",\n \"b\": [1, \"\\n\"], \"c\": null, \"d\": 1.5}").unwrap();
        let one = Node { at: 18, value: Value::Whole(1) };
        let rows = vec![
            ("a".into(), text(6, "x")),
            ("b".into(), list(17, one, text(21, "\n"))),
            ("c".into(), Node { at: 33, value: Value::Null }),
            ("d".into(), Node { at: 44, value: Value::Other("a number") }),
        ];
        assert_eq!(json, Node { at: 0, value: Value::Table(rows) });

        let toml = toml("b = [1, '''\n\n''']\na = 'x'").unwrap();
        let one = Node { at: 5, value: Value::Whole(1) };
        let rows = vec![("b".into(), list(0, one, text(8, "\n"))), ("a".into(), text(18, "x"))];
        assert_eq!(toml, Node { at: 0, value: Value::Table(rows) });
    }

    #[test]
    fn what_is_broken_is_told_with_its_place() {
        let table = [
            ("", 0, "EOF while parsing a value"),
            ("{\n \"a\": }", 8, "expected value"),
            ("{\"a\": 1,\n\"a\": 2}", 15, "`a` stands twice"),
            ("{} x", 3, "trailing characters"),
        ];
        for (text, at, message) in table {
            let broken = json(text).unwrap_err();
            assert!(broken.message.contains(message) && broken.at.abs_diff(at) <= 1, "{text}: {broken:?}");
        }
        assert_eq!(toml("a = 1\nb = ").unwrap_err().at, 10);
        let deep = format!("{{\"a\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(json(&deep).is_ok(), "deep, but not looked into");
    }
}
