//! Edits one line in place: what is not touched keeps its exact bytes, new fields go where `bd` puts them.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::text::Text;

/// `bd`'s own order of an issue's fields.
const ORDER: &[&str] = &[
    "_type",
    "id",
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
    "owner",
    "estimated_minutes",
    "created_at",
    "created_by",
    "updated_at",
    "started_at",
    "closed_at",
    "close_reason",
    "closed_by_session",
    "due_at",
    "defer_until",
    "external_ref",
    "source_system",
    "metadata",
    "compaction_level",
    "compacted_at",
    "compacted_at_commit",
    "original_size",
    "labels",
    "dependencies",
    "comments",
    "deleted_at",
    "deleted_by",
    "delete_reason",
    "original_type",
    "sender",
    "ephemeral",
    "no_history",
    "wisp_type",
    "pinned",
    "is_template",
    "bonded_from",
    "await_type",
    "await_id",
    "timeout",
    "waiters",
    "source_formula",
    "source_location",
    "mol_type",
    "work_type",
    "event_kind",
    "actor",
    "target",
    "payload",
    "dependency_count",
    "dependent_count",
    "comment_count",
    "parent",
];

/// One JSON object, edited field by field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    text: String,
}

impl Line {
    /// A line that is known to be a JSON object.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned() }
    }

    /// The line as it is now.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value of `key`, as written.
    pub fn get(&self, key: &str) -> Option<&str> {
        let fields = self.fields();
        let field = fields.iter().rev().find(|field| field.key == key)?;
        Some(&self.text[field.value.clone()])
    }

    /// The string at `key`, or nothing where it is absent or not a string.
    pub fn get_text(&self, key: &str) -> Option<String> {
        serde_json::from_str(self.get(key)?).ok()
    }

    /// Sets `key` to the JSON `value`.
    pub fn set(&mut self, key: &str, value: &str) {
        let fields = self.fields();
        if let Some(field) = fields.iter().rev().find(|field| field.key == key) {
            let range = field.value.clone();
            self.text.replace_range(range, value);
            return;
        }
        let rank = rank(key);
        // After the nearest field that `bd` writes before it; unknown ones stay where they are.
        let before = fields.iter().filter(|field| self::rank(&field.key) < rank);
        let member = format!("{}:{value}", quote(key));
        if let Some(field) = before.max_by_key(|field| self::rank(&field.key)) {
            self.text.insert_str(field.value.end, &format!(",{member}"));
        } else {
            let comma = if fields.is_empty() { "" } else { "," };
            let open = self.text.find('{').map_or(0, |at| at + 1);
            self.text.insert_str(open, &format!("{member}{comma}"));
        }
    }

    /// Sets `key` to a string, escaped as `bd` escapes; an empty one removes the field.
    pub fn set_text(&mut self, key: &str, value: &str) {
        if value.is_empty() { self.remove(key) } else { self.set(key, &quote(value)) }
    }

    /// Removes `key`, however often it is there.
    pub fn remove(&mut self, key: &str) {
        loop {
            let fields = self.fields();
            let Some(at) = fields.iter().position(|field| field.key == key) else { return };
            let cut = match (at.checked_sub(1), fields.get(at + 1)) {
                (Some(before), _) => fields[before].value.end..fields[at].value.end,
                (None, Some(_)) => {
                    let open = self.text.find('{').map_or(0, |at| at + 1);
                    let end = fields[at].value.end;
                    open..end + self.text[end..].find(',').map_or(0, |comma| comma + 1)
                }
                (None, None) => self.text.find('{').map_or(0, |at| at + 1)..fields[at].value.end,
            };
            self.text.replace_range(cut, "");
        }
    }

    /// Appends the JSON `item` to the array at `key`, making it where there is none.
    pub fn push(&mut self, key: &str, item: &str) {
        let value = match self.get(key).and_then(|array| array.strip_suffix(']')) {
            Some(open) if open.trim_end().ends_with('[') => format!("[{item}]"),
            Some(open) => format!("{},{item}]", open.trim_end()),
            None => format!("[{item}]"),
        };
        self.set(key, &value);
    }

    /// Keeps those items of the array at `key` that `keep` wants; an empty array goes altogether.
    pub fn retain(&mut self, key: &str, keep: impl Fn(&str) -> bool) {
        let Some(array) = self.get(key) else { return };
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(array) else { return };
        let kept: Vec<&str> = items.iter().map(|item| item.get()).filter(|item| keep(item)).collect();
        if kept.is_empty() {
            self.remove(key);
        } else if kept.len() < items.len() {
            let value = format!("[{}]", kept.join(","));
            self.set(key, &value);
        }
    }

    /// Adds `by` to the counter at `key`, where there is one.
    pub fn count(&mut self, key: &str, by: i64) {
        if let Some(count) = self.get(key).and_then(|value| value.parse::<i64>().ok()) {
            self.set(key, &(count + by).max(0).to_string());
        }
    }

    fn fields(&self) -> Vec<Field> {
        serde_json::from_str::<Fields>(&self.text).map(|fields| fields.place(&self.text)).unwrap_or_default()
    }
}

fn rank(key: &str) -> usize {
    ORDER.iter().position(|known| *known == key).unwrap_or(usize::MAX)
}

/// `text` as a JSON string, escaped the way Go does it, so that `bd`'s next export changes nothing.
pub fn quote(text: &str) -> String {
    let plain = serde_json::Value::from(text).to_string();
    if !plain.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return plain;
    }
    let mut out = String::with_capacity(plain.len() + 16);
    for char in plain.chars() {
        match char {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            other => out.push(other),
        }
    }
    out
}

/// Where one member of the object is.
struct Field {
    key: String,
    value: Range<usize>,
}

/// The members of an object, values borrowed from its text.
struct Fields<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl Fields<'_> {
    fn place(self, text: &str) -> Vec<Field> {
        let base = text.as_ptr() as usize;
        let place = |(key, value): (Text, &RawValue)| {
            let start = value.get().as_ptr() as usize - base;
            Field { key: key.into_string(), value: start..start + value.get().len() }
        };
        self.0.into_iter().map(place).collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Fields<'de>;
            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::with_capacity(24);
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Fields(members))
            }
        }
        from.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_new_field_goes_where_bd_puts_it() {
        let table = [
            (r#"{"id":"a","title":"t","priority":1}"#, r#"{"id":"a","title":"t","status":"x","priority":1}"#),
            (
                r#"{"zzz":1e3,"id":"a","extra":{"b": 1}}"#,
                r#"{"zzz":1e3,"id":"a","status":"x","extra":{"b": 1}}"#,
            ),
            (r#"{"id": "a", "labels": []}"#, r#"{"id": "a","status":"x", "labels": []}"#),
            (r#"{"title":"t","status" : "old" }"#, r#"{"title":"t","status" : "x" }"#),
            (r#"{"labels":[]}"#, r#"{"status":"x","labels":[]}"#),
            ("{}", r#"{"status":"x"}"#),
        ];
        for (before, after) in table {
            let mut line = Line::new(before);
            line.set("status", "\"x\"");
            assert_eq!(line.text(), after);
        }
    }

    #[test]
    fn removing_leaves_the_rest_alone() {
        let table = [
            (r#"{"a":1,"b": 2 ,"c":3}"#, "a", r#"{"b": 2 ,"c":3}"#),
            (r#"{"a":1, "b": 2 ,"c":3}"#, "b", r#"{"a":1 ,"c":3}"#),
            (r#"{"a":1,"b":{"x":[1,2]}}"#, "b", r#"{"a":1}"#),
            (r#"{ "a":"," }"#, "a", "{ }"),
            (r#"{"a":1,"b":2,"a":3}"#, "a", r#"{"b":2}"#),
        ];
        for (before, key, after) in table {
            let mut line = Line::new(before);
            line.remove(key);
            assert_eq!(line.text(), after, "{before}");
        }
    }

    #[test]
    fn arrays_grow_and_shrink() {
        let mut line = Line::new(r#"{"id":"a","dependencies":[{"x": 1e3}],"comment_count":1}"#);
        line.push("dependencies", "2");
        assert_eq!(line.get("dependencies"), Some(r#"[{"x": 1e3},2]"#));
        line.retain("dependencies", |item| item != "2");
        assert_eq!(line.get("dependencies"), Some(r#"[{"x": 1e3}]"#));
        line.retain("dependencies", |_| false);
        line.push("labels", "\"l\"");
        line.count("comment_count", 1);
        assert_eq!(line.text(), r#"{"id":"a","labels":["l"],"comment_count":2}"#);
    }

    #[test]
    fn strings_are_escaped_as_go_does() {
        assert_eq!(quote("<a> & \u{2028}\u{2029}\"\\\n"), r#""\u003ca\u003e \u0026 \u2028\u2029\"\\\n""#);
        assert_eq!(quote("日本語 🚀"), "\"日本語 🚀\"");
    }

    proptest! {
        #[test]
        fn setting_any_text_reads_back_and_keeps_the_others(key in "[a-z_]{1,12}", value in ".{1,40}", other in ".{0,40}") {
            let before = format!(r#"{{"id":{}, "n":1e3,"unknown":[ 1 ]}}"#, quote(&other));
            prop_assume!(!["id", "n", "unknown"].contains(&key.as_str()));
            let mut line = Line::new(&before);
            line.set_text(&key, &value);
            prop_assert_eq!(line.get_text(&key), Some(value));
            prop_assert_eq!(line.get("n"), Some("1e3"));
            prop_assert_eq!(line.get_text("id"), Some(other));
            line.remove(&key);
            prop_assert_eq!(line.text(), before);
        }
    }
}
