//! What a row of `TASKS.md` says of a task's fields. Only columns that are there say anything: a table without `dispatch`
//! never makes a task of MACP's. Pure.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::table::Row;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::{TYPES, Task};

/// Columns whose text is the field's.
const TEXTS: [&str; 12] = [
    "title",
    "description",
    "issue",
    "pr",
    "branch",
    "worktree",
    "brief_path",
    "result_path",
    "command",
    "key",
    "org",
    "launcher",
];
/// Columns of numbers.
const NUMBERS: [&str; 3] = ["max_attempts", "timeout_seconds", "priority"];
/// Columns that are kept in `metadata`: MACP's tasks have no field for them.
const KEPT: [&str; 7] = ["repo", "blocks", "agent", "started_at", "completed_at", "estimate", "used"];

/// Every column that is a field of a task.
pub fn columns() -> impl Iterator<Item = &'static str> {
    TEXTS.into_iter().chain(NUMBERS).chain(["type", "dispatch", "runtime", "depends_on"])
}

/// The fields that the columns `wanted` of a row say, `metadata` not among them: null for an empty cell. Errors: what is wrong
/// with a cell.
pub fn fields(
    row: &Row,
    settings: &Settings,
    wanted: impl Fn(&str) -> bool,
) -> Result<Map<String, Value>, String> {
    let mut fields = Map::new();
    for name in TEXTS.iter().filter(|name| wanted(name) && row.get(name).is_some()) {
        fields.insert((*name).to_owned(), row.value(name).map_or(Value::Null, Value::from));
    }
    for name in NUMBERS.iter().filter(|name| wanted(name) && row.get(name).is_some()) {
        let text = row.value(name).unwrap_or_default();
        let number = text.parse::<u64>().map(Value::from);
        let number = if text.is_empty() { Ok(Value::Null) } else { number };
        fields.insert((*name).to_owned(), number.map_err(|_| format!("`{name}`: `{text}` is no number"))?);
    }
    if wanted("type") && row.get("type").is_some() {
        let kind = row.value("type").unwrap_or_default().to_lowercase();
        if !kind.is_empty() && !TYPES.contains(&kind.as_str()) {
            return Err(format!("`type`: `{kind}` is none of {}", TYPES.join(", ")));
        }
        fields.insert("type".into(), if kind.is_empty() { Value::Null } else { json!(kind) });
    }
    if wanted("dispatch") && row.get("dispatch").is_some() {
        let dispatch = row.value("dispatch").unwrap_or_default().to_lowercase();
        let dispatch = if dispatch.is_empty() { settings.default_dispatch.word() } else { &dispatch };
        fields.insert("dispatch".into(), json!(dispatch));
    }
    if wanted("runtime") && row.get("runtime").is_some() {
        let runtime = row.value("runtime").unwrap_or(&settings.default_runtime);
        fields.insert("runtime".into(), json!(runtime));
    }
    if wanted("depends_on") && row.get("depends_on").is_some() {
        fields.insert("depends_on".into(), json!(list(row.value("depends_on").unwrap_or_default())));
    }
    Ok(fields)
}

/// The columns that go into `metadata`, where something stands in them.
pub fn metadata(row: &Row, wanted: impl Fn(&str) -> bool) -> Map<String, Value> {
    let kept = KEPT.iter().filter(|name| wanted(name)).filter_map(|name| Some((*name, row.value(name)?)));
    let value = |name: &str, text: &str| if name == "blocks" { json!(list(text)) } else { json!(text) };
    kept.filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| (name.to_owned(), value(name, text)))
        .collect()
}

/// A new task of this row, without what others say of it.
pub fn task(row: &Row, settings: &Settings) -> Result<Map<String, Value>, String> {
    let id = row.value("id").unwrap_or_default();
    let mut fields = fields(row, settings, |_| true)?;
    fields.retain(|_, value| !value.is_null() && *value != json!([]));
    let text = |name: &str| row.value(name).filter(|text| !text.is_empty());
    let title = text("title").or(text("description")).or(text("task")).unwrap_or(id);
    let head = [("id", json!(id)), ("title", json!(title)), ("status", json!("pending"))];
    let mut task: Map<String, Value> =
        head.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
    fields.remove("title");
    task.extend(fields);
    let metadata = metadata(row, |_| true);
    if !metadata.is_empty() {
        task.insert("metadata".into(), Value::Object(metadata));
    }
    Ok(task)
}

/// What the cells that changed since `base` say of a task that is there, as far as it differs; without a base what the task
/// has nothing of.
pub fn changes(
    row: &Row,
    task: &Task,
    settings: &Settings,
    base: Option<&BTreeMap<String, String>>,
) -> Result<Map<String, Value>, String> {
    let changed = |name: &str| match base {
        Some(base) => base.get(name).map(String::as_str) != row.get(name),
        None => {
            row.value(name).is_some_and(|text| !text.is_empty()) || matches!(name, "dispatch" | "runtime")
        }
    };
    let mut fields = fields(row, settings, changed)?;
    if !row.values().contains_key("title") && fields.get("description").is_some_and(Value::is_string) {
        fields.insert("title".into(), fields["description"].clone());
    }
    if fields.get("title").is_some_and(Value::is_null) {
        fields.remove("title");
    }
    let now = serde_json::to_value(task).unwrap_or_default();
    let said = metadata(row, changed);
    if let Ok(all) = crate::domain::macp::people::metadata_of(task) {
        let mut with = all.clone();
        with.extend(said.into_iter().filter(|(name, _)| base.is_some() || !all.contains_key(name)));
        if with != all {
            fields.insert("metadata".into(), Value::Object(with));
        }
    }
    let empty = |value: &Value| value.is_null() || *value == json!([]);
    fields.retain(|name, value| {
        let is = now.get(name).unwrap_or(&Value::Null);
        let free = base.is_some() || name == "metadata" || empty(is);
        free && is != value && !(empty(is) && empty(value))
    });
    Ok(fields)
}

/// `A, B` or `A B`.
pub fn list(text: &str) -> Vec<String> {
    let bounds: &[char] = if text.contains([',', ';']) { &[',', ';'] } else { &[' ', '\t'] };
    let parts = text.split(bounds).map(|part| part.trim().trim_matches(['`', '*']));
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
