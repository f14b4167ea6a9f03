//! What a line says, in a form that is equal for both makes of file: what `bd` rewrites is no change.

use serde_json::{Map, Value};

use crate::domain::beads::comment;
use crate::domain::beads::line::Line;

/// What people change, and `bd` keeps. Where the newer side has none of it, it was cleared.
pub const CONTENT: [&str; 22] = [
    "title",
    "description",
    "design",
    "acceptance_criteria",
    "notes",
    "spec_id",
    "status",
    "priority",
    "issue_type",
    "assignee",
    "estimated_minutes",
    "closed_at",
    "close_reason",
    "due_at",
    "defer_until",
    "external_ref",
    "metadata",
    "labels",
    "dependencies",
    "comments",
    "pinned",
    "ephemeral",
];
/// Those of them that are sets.
pub const LISTS: [&str; 3] = ["labels", "dependencies", "comments"];

/// What a line says, field by field; what is empty is not there.
pub fn content(line: &str) -> Map<String, Value> {
    let document: Map<String, Value> = serde_json::from_str(line).unwrap_or_default();
    let mut out = Map::new();
    for (key, value) in document {
        let value = match key.as_str() {
            key if !CONTENT.contains(&key) => continue,
            key if LISTS.contains(&key) => names(key, value.as_array().map_or(&[], Vec::as_slice)),
            _ => plain(value),
        };
        let empty = match &value {
            Value::Null | Value::Bool(false) => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(object) => object.is_empty(),
            _ => false,
        };
        if !empty {
            out.insert(key, value);
        }
    }
    for (key, default) in
        [("status", Value::from("open")), ("issue_type", "task".into()), ("priority", 0.0.into())]
    {
        out.entry(key).or_insert(default);
    }
    out.sort_keys();
    out
}

/// The items of the array at `key`.
pub fn items(line: &Line, key: &str) -> Vec<Value> {
    line.get(key).and_then(|array| serde_json::from_str(array).ok()).unwrap_or_default()
}

/// What tells an item of a set from the others.
pub fn name(key: &str, item: &Value) -> String {
    let text = |field: &str| item[field].as_str().unwrap_or_default();
    match key {
        "dependencies" => format!("{} {}", text("type"), text("depends_on_id")),
        "comments" => format!("{}: {}", text("author"), text("text")),
        _ => item.as_str().unwrap_or_default().to_owned(),
    }
}

/// The items by name, in order. Of comments that somebody made twice within a second `bd` keeps one.
fn names(key: &str, items: &[Value]) -> Value {
    let mut all: Vec<(String, Value)> = items
        .iter()
        .map(|item| {
            let at = if key == "comments" { plain(item["created_at"].clone()) } else { Value::Null };
            (name(key, item), at)
        })
        .collect();
    all.sort_by_cached_key(|(name, at)| (name.clone(), at.to_string()));
    all.dedup();
    all.into_iter().map(|(name, _)| Value::from(name)).collect()
}

/// Times to the second, numbers as floats, objects by key.
pub fn plain(value: Value) -> Value {
    match value {
        Value::String(text) => match text.parse::<jiff::Timestamp>() {
            Ok(at) => Value::from(comment::whole_second(at).as_second()),
            Err(_) => Value::String(text),
        },
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(object) => {
            let mut object: Map<String, Value> =
                object.into_iter().map(|(key, value)| (key, plain(value))).collect();
            object.sort_keys();
            Value::Object(object)
        }
        other => other,
    }
}
