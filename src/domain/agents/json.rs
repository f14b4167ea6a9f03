//! Pieces of JSON lines, borrowed and decoded only where they matter.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::one_line;

/// A field that may be there.
pub(super) type Raw<'a> = Option<&'a RawValue>;

/// Decodes a raw value, where it is there and of that kind.
pub(super) fn value<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

/// Whether it is this word, a string without escapes (or a bare number).
pub(super) fn is(raw: Raw<'_>, word: &str) -> bool {
    raw.is_some_and(|raw| raw.get().trim_matches('"') == word)
}

/// The arguments that tell most about a call, the most telling first.
const TELLING: [&str; 11] = [
    "command",
    "file_path",
    "filePath",
    "notebook_path",
    "path",
    "dir_path",
    "pattern",
    "url",
    "query",
    "description",
    "prompt",
];

/// The most telling of a tool call's arguments, on one line.
pub(super) fn detail(input: Raw<'_>) -> String {
    let fields: std::collections::HashMap<String, &RawValue> = value(input).unwrap_or_default();
    let found = TELLING.iter().find_map(|name| value::<String>(fields.get(*name).copied()));
    let text = found.as_deref().or(input.map(RawValue::get)).unwrap_or_default();
    one_line(text, 200)
}
