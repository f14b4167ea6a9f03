//! What the last import of an issue saw: so that the next one brings over what changed there, and leaves alone
//! what changed here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::batch::Draft;
use super::super::comment::Remark;
use super::super::line::Line;
use super::digest;

/// Our own key in an issue's `metadata`.
pub const OURS: &str = "taskrun";

/// One issue of another place, as the last import saw it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Base {
    /// Where it can be looked at.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// The digest of each field.
    pub fields: BTreeMap<String, String>,
    /// Its labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// What it waited for, by reference or id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<String>,
    /// The digest of each comment that has a name there, by the digest of that name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub comments: BTreeMap<String, String>,
}

/// The fields of a draft that an import brings over, as texts.
pub fn fields(draft: &Draft) -> [(&'static str, String); 8] {
    let status = if draft.closed.is_some() { "closed" } else { "open" };
    [
        ("title", draft.new.title.clone()),
        ("description", draft.new.description.clone()),
        ("acceptance_criteria", draft.new.acceptance.clone()),
        ("notes", draft.notes.clone()),
        ("assignee", draft.new.assignee.clone()),
        ("issue_type", draft.new.kind.clone()),
        ("priority", draft.new.priority.to_string()),
        ("status", status.to_owned()),
    ]
}

impl Base {
    /// What this import sees.
    pub fn of(draft: &Draft, waits_for: Vec<String>, url: &str) -> Self {
        let fields = fields(draft).into_iter().filter(|(_, text)| !text.is_empty());
        let fields = fields.map(|(key, text)| (key.to_owned(), digest(&text))).collect();
        let named = draft.comments.iter().filter(|said| !said.from.is_empty());
        let comments = named.map(|said| (digest(&said.from), digest(&said.text))).collect();
        Self { url: url.to_owned(), fields, labels: draft.new.labels.clone(), waits_for, comments }
    }

    /// The digest of what a comment said at the last import.
    pub fn seen(&self, said: &Remark) -> Option<&String> {
        self.comments.get(&digest(&said.from)).filter(|_| !said.from.is_empty())
    }

    /// Whether `text` is what the other place said about `key`.
    pub fn saw(&self, key: &str, text: &str) -> bool {
        self.fields.get(key).map_or(text.is_empty(), |seen| *seen == digest(text))
    }

    /// Remembers of `key` what `before` did.
    pub fn recall(&mut self, before: Option<&Self>, key: &str) {
        match before.and_then(|before| before.fields.get(key)) {
            Some(seen) => drop(self.fields.insert(key.to_owned(), seen.clone())),
            None => drop(self.fields.remove(key)),
        }
    }

    /// What the last import saw, as the issue's line has it.
    pub fn read(line: &Line) -> Option<Self> {
        let ours = Line::new(line.get("metadata")?).get(OURS)?.to_owned();
        serde_json::from_str(Line::new(&ours).get("import")?).ok()
    }

    /// The issue's `metadata` with this in it, everything else as it was; `None` where it is no object.
    pub fn written(&self, metadata: Option<&str>) -> Option<String> {
        inscribed(metadata, "import", &serde_json::to_string(self).ok()?)
    }

    /// Whether the other place says something else about `key` than it did.
    pub fn differs(&self, other: &Self, key: &str) -> bool {
        self.fields.get(key) != other.fields.get(key)
    }
}

/// A `metadata` object with one more plan in our list of those that led to the issue.
pub fn plans(metadata: Option<&str>, plan: &serde_json::Value) -> Option<String> {
    let before = Line::new(metadata.filter(|text| text.starts_with('{')).unwrap_or("{}"));
    let ours = Line::new(before.get(OURS).filter(|text| text.starts_with('{')).unwrap_or("{}"));
    let mut list = Line::new("{}");
    list.set("plans", ours.get("plans").filter(|text| text.starts_with('[')).unwrap_or("[]"));
    list.push("plans", &plan.to_string());
    inscribed(metadata, "plans", list.get("plans").unwrap_or_default())
}

/// A `metadata` object with the JSON `value` at `key` of ours.
fn inscribed(metadata: Option<&str>, key: &str, value: &str) -> Option<String> {
    let mut whole = Line::new(metadata.filter(|text| *text != "null").unwrap_or("{}"));
    if !whole.text().starts_with('{') {
        return None;
    }
    let mut ours = Line::new(whole.get(OURS).filter(|text| text.starts_with('{')).unwrap_or("{}"));
    ours.set(key, value);
    whole.set(OURS, ours.text());
    Some(whole.text().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_of_others_stays() {
        let table = [
            (None, Some(r#"{"taskrun":{"k":1}}"#)),
            (Some(r#"{"a":1e3}"#), Some(r#"{"taskrun":{"k":1},"a":1e3}"#)),
            (Some(r#"{"taskrun":{"plan":2,"k":0}}"#), Some(r#"{"taskrun":{"plan":2,"k":1}}"#)),
            (Some("\"text\""), None),
        ];
        for (before, after) in table {
            assert_eq!(inscribed(before, "k", "1").as_deref(), after);
        }
    }
}
