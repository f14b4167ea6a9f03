//! What came of events, as it is shown.

use serde::Serialize;
use serde_json::Value;

use super::rules::Rule;

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Tasks that were submitted.
    pub submitted: Vec<Submitted>,
    /// How many events no rule was for.
    pub ignored: usize,
    /// What was submitted before.
    pub deduped: Vec<Deduped>,
    /// What would go round in circles.
    pub cut: Vec<Cut>,
    /// Whether nothing was submitted after all.
    pub dry_run: bool,
}

/// One task.
#[derive(Debug, Serialize)]
pub struct Submitted {
    /// The event's line.
    pub line: usize,
    /// Its type.
    pub event: String,
    /// The rule; none for a task that came as it is.
    pub rule: Option<String>,
    /// The task's id.
    pub task: String,
    /// How many tasks lie behind it, itself included.
    pub depth: u64,
    /// The whole of it, where it is only shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<Value>,
}

/// One that was there already.
#[derive(Debug, Serialize)]
pub struct Deduped {
    /// The event's line.
    pub line: usize,
    /// Its type.
    pub event: String,
    /// The rule.
    pub rule: String,
    /// The task that was submitted for it.
    pub task: String,
}

/// One that lies too deep.
#[derive(Debug, Serialize)]
pub struct Cut {
    /// The event's line.
    pub line: usize,
    /// Its type.
    pub event: String,
    /// The rule.
    pub rule: String,
    /// How many tasks would lie behind it.
    pub depth: u64,
    /// Why.
    pub message: String,
}

impl Cut {
    /// One that `rule` would have submitted.
    pub fn new(rule: &Rule, event: &str, (line, depth): (usize, u64), source: &str) -> Self {
        let message = format!(
            "{source} line {line}: rule `{}` would submit a task that {} others lie behind; `max_depth` is {}: cut, for \
             events that tasks cause may go round in circles",
            rule.name,
            depth - 1,
            rule.max_depth
        );
        Self { line, event: event.to_owned(), rule: rule.name.clone(), depth, message }
    }
}
