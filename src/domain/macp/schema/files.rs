//! The schemas of MACP's own files, as data beside this file.

use std::sync::OnceLock;

use serde_json::Value;

use super::Schema;

/// A kind of MACP file, or of what is in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `tasks.json`.
    Tasks,
    /// One task.
    Task,
    /// One line of `events.ndjson`.
    Event,
    /// A result.
    Result,
    /// `config.json`.
    Config,
}

const SOURCES: [(Kind, &str); 5] = [
    (Kind::Tasks, include_str!("tasks-file.schema.json")),
    (Kind::Task, include_str!("task.schema.json")),
    (Kind::Event, include_str!("event.schema.json")),
    (Kind::Result, include_str!("result.schema.json")),
    (Kind::Config, include_str!("config.schema.json")),
];

/// The schema of a kind.
pub fn schema(kind: Kind) -> &'static Schema {
    static SCHEMAS: OnceLock<Vec<(Kind, Schema)>> = OnceLock::new();
    static NOTHING: OnceLock<Schema> = OnceLock::new();
    let schemas = SCHEMAS.get_or_init(|| {
        let value = |kind: Kind| {
            let source = SOURCES.iter().find(|(one, _)| *one == kind).map_or("false", |(_, text)| text);
            serde_json::from_str::<Value>(source).unwrap_or(Value::Bool(false))
        };
        let task = value(Kind::Task);
        let read = |kind: Kind| Schema::parse_with(&value(kind), &[("task.schema.json", &task)]);
        // A test reads them all; what could not be read would let nothing pass.
        SOURCES.iter().filter_map(|(kind, _)| Some((*kind, read(*kind).ok()?))).collect()
    });
    let found = schemas.iter().find(|(one, _)| *one == kind).map(|(_, schema)| schema);
    found.unwrap_or_else(|| NOTHING.get_or_init(Schema::nothing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_read() {
        for (kind, text) in SOURCES {
            let value: Value = serde_json::from_str(text).unwrap();
            let task: Value = serde_json::from_str(include_str!("task.schema.json")).unwrap();
            Schema::parse_with(&value, &[("task.schema.json", &task)]).unwrap();
            assert!(!schema(kind).nodes[0].never, "{kind:?}");
        }
    }
}
