//! Fields other than the status: which side has changed which, and what follows from that. Pure.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::base::Seen;
use super::fields;
use super::plan::What;
use super::table::Row;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::Task;

/// What the queue says in the fields that the row has columns for.
pub fn told(row: &Row, task: &Task) -> BTreeMap<String, Value> {
    let mut all = serde_json::to_value(task).unwrap_or_default();
    if let Some(way) = task.way() {
        all["dispatch"] = json!(way.word());
    }
    let columns = fields::columns().filter(|name| row.get(name).is_some());
    columns.map(|name| (name.to_owned(), all.get(name).cloned().unwrap_or_default())).collect()
}

/// What has to be done for the fields of a task to agree with its row. Errors: what is wrong with a cell.
pub fn steps(
    row: &Row,
    task: &Task,
    settings: &Settings,
    seen: Option<&Seen>,
    active: bool,
) -> Result<Vec<What>, String> {
    let (said, now) = (fields::fields(row, settings, |_| true)?, told(row, task));
    let mut to_queue =
        if active { Map::new() } else { fields::changes(row, task, settings, seen.map(|seen| &seen.cells))? };
    let mut steps = Vec::new();
    for (name, wanted) in said {
        let is = now.get(&name).unwrap_or(&Value::Null);
        if wanted == *is || is_empty(&wanted) && is_empty(is) {
            continue;
        }
        let cell = row.get(&name).unwrap_or_default().to_owned();
        let cell_changed = seen.map(|seen| seen.cells.get(&name) != Some(&cell));
        let before = seen.and_then(|seen| seen.fields.as_ref());
        let queue_changed = before.is_some_and(|before| before.get(&name).unwrap_or(&Value::Null) != is);
        let left = |why| What::Left { column: name.clone(), queue: shown(is), cell: cell.clone(), why };
        let fits = || row.has(&name) && fits(&shown(is));
        let (column, from, to) = (name.clone(), cell.clone(), shown(is));
        steps.push(match (cell_changed, queue_changed) {
            (Some(_), true) if !fits() => left("both differ, and the queue's word does not fit into a cell"),
            (Some(true), true) => {
                What::Conflict { column, from, to, why: "both have changed, and the queue's counts" }
            }
            (Some(false), true) => What::Cell { column, from, to },
            (Some(true) | None, _) if to_queue.contains_key(&name) => continue,
            _ if row.value(&name).is_none_or(str::is_empty) && cell_changed != Some(true) => continue,
            _ if active => left("it is being worked"),
            (None, _) => left("both sides say something, and were never brought together"),
            _ => left("as it was left the last time"),
        });
    }
    for step in &steps {
        let (What::Conflict { column, .. } | What::Left { column, .. }) = step else { continue };
        to_queue.remove(column);
        if column == "description" && row.get("title").is_none() {
            to_queue.remove("title");
        }
    }
    if !to_queue.is_empty() {
        let all = serde_json::to_value(task).unwrap_or_default();
        let were = to_queue.keys().map(|name| (name.clone(), all.get(name).cloned().unwrap_or_default()));
        let were = were.collect();
        steps.insert(0, What::Fields(to_queue, were));
    }
    Ok(steps)
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || *value == json!([])
}

/// A value as a cell has it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim().to_owned(),
        Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Whether a cell can hold it and give it back.
fn fits(text: &str) -> bool {
    !text.contains(char::is_control) && !text.contains("\\|") && !text.ends_with('\\')
}
