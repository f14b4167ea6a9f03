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
    /// What would go round in circles, or is too much.
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

/// Why one was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// It lies too deep.
    Depth,
    /// Its rule has submitted too many in an hour.
    Rate,
}

/// One that lies too deep, or is one too many.
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
    pub reason: Reason,
    /// The same, for people.
    pub message: String,
}

impl Report {
    /// What is to be told of what was cut: of each rule that was too much once.
    pub fn warnings(&self) -> Vec<String> {
        let rate = |cut: &&Cut| cut.reason == Reason::Rate;
        let deep = self.cut.iter().filter(|cut| !rate(cut)).map(|cut| cut.message.clone());
        let mut told: Vec<String> = deep.collect();
        let mut rules: Vec<(&str, usize)> = Vec::new();
        for cut in self.cut.iter().filter(rate) {
            if let Some((_, more)) = rules.iter_mut().find(|(rule, _)| *rule == cut.rule) {
                *more += 1;
            } else {
                rules.push((&cut.rule, 0));
                told.push(cut.message.clone());
            }
        }
        let more = rules.iter().filter(|(_, more)| *more > 0);
        told.extend(
            more.map(|(rule, more)| format!("rule `{rule}`: {more} more are cut for the same reason")),
        );
        told
    }

    /// Whether something is to be handed in again later.
    pub fn is_too_much(&self) -> bool {
        self.cut.iter().any(|cut| cut.reason == Reason::Rate)
    }
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
        let (event, rule) = (event.to_owned(), rule.name.clone());
        Self { line, event, rule, depth, reason: Reason::Depth, message }
    }

    /// One too many of its rule in an hour: of these rule, event and depth.
    pub fn rate((rule, event, depth): (String, String, u64), most: u64, line: usize, source: &str) -> Self {
        let message = format!(
            "{source} line {line}: rule `{rule}` has submitted {most} tasks within an hour, and `max_per_hour` is {most}: cut; \
             hand it in again later, or raise that"
        );
        Self { line, event, rule, depth, reason: Reason::Rate, message }
    }
}
