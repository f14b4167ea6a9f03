//! Which task an event or a time submits. Pure.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::condition::{self, Condition};
use crate::domain::macp::cron::Cron;
use crate::domain::macp::template::blueprint::{Blueprint, Flaw};
use crate::domain::macp::template::path::Path;
use crate::domain::macp::template::text::{Scope, Text};

/// The whole file.
#[derive(Debug)]
pub struct Rules {
    /// It.
    pub file: PathBuf,
    /// How long a dedupe key is remembered.
    pub dedupe_for: Duration,
    /// Whether a room's messages may be tasks.
    pub inject: bool,
    /// What events submit.
    pub rules: Vec<Rule>,
    /// What times submit.
    pub schedules: Vec<Schedule>,
}

/// What one kind of event submits.
#[derive(Debug)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Types of events; `*` at the end stands for anything.
    pub on: Vec<String>,
    /// What the event must be like.
    pub when: Vec<(Path, Condition)>,
    /// The list in the event, each item of which is taken by itself, as `$.item`.
    pub each: Option<Path>,
    /// What never submits twice.
    pub dedupe: Option<Text>,
    /// How many tasks may lie behind one of its own.
    pub max_depth: u64,
    /// How many tasks it may submit in an hour.
    pub max_per_hour: u64,
    /// What is submitted.
    pub job: Job,
}

/// What a time submits.
#[derive(Debug)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// When, as it is written.
    pub text: String,
    /// When.
    pub cron: Cron,
    /// Where, as it is written.
    pub zone: String,
    /// Where.
    pub tz: TimeZone,
    /// What is submitted.
    pub job: Job,
}

/// A task to be, with the values of its names.
#[derive(Debug)]
pub struct Job {
    /// It.
    pub task: Blueprint,
    /// The values, by name.
    pub set: BTreeMap<String, Text>,
}

impl Job {
    /// The field by which an agent that may do anything is told values of an event.
    pub fn told_to_agent(&self) -> Option<&str> {
        self.task.told_to_agent(|name| self.set.get(name).is_some_and(|text| !text.is_fixed()))
    }

    /// The task that an event makes of it.
    pub fn fill(&self, event: &Value) -> Result<Map<String, Value>, Flaw> {
        let scope = Scope { names: BTreeMap::new(), event: Some(event) };
        let mut names = BTreeMap::new();
        for (name, text) in &self.set {
            let hint = "mend the event or the rule";
            let value = text.fill(&scope);
            let value =
                value.map_err(|why| Flaw::new(&["set", name], format!("`set.{name}`: {why}"), hint))?;
            names.insert(name.clone(), value);
        }
        self.task.fill(&Scope { names, event: Some(event) })
    }
}

impl Rule {
    /// Whether events of this type are its own.
    pub fn is_for(&self, kind: &str) -> bool {
        let like = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => kind.starts_with(start),
            None => pattern == kind,
        };
        self.on.iter().any(like)
    }

    /// Whether an event that fits, as far as its items have no part in that, has no list where `each` wants one.
    pub fn lacks_list(&self, event: &Value) -> bool {
        if self.each.as_ref().is_none_or(|path| path.get(event).is_some_and(Value::is_array)) {
            return false;
        }
        let of_item = |path: &Path| ["item", "index"].iter().any(|name| path.is_below(name));
        let alone: Vec<_> = self.when.iter().filter(|(path, _)| !of_item(path)).cloned().collect();
        condition::fits(&alone, event)
    }

    /// Hands on what of an event fits: itself, or with each item of its list. Says whether anything did.
    pub fn take<E>(&self, event: &Value, mut each: impl FnMut(&Value) -> Result<(), E>) -> Result<bool, E> {
        let Some(path) = &self.each else {
            let fits = condition::fits(&self.when, event);
            return if fits { each(event).map(|()| true) } else { Ok(false) };
        };
        // One copy for all of them: a list may be long.
        let (mut seen, mut any) = (event.clone(), false);
        for (index, item) in path.get(event).and_then(Value::as_array).into_iter().flatten().enumerate() {
            seen["item"] = item.clone();
            seen["index"] = index.into();
            if condition::fits(&self.when, &seen) {
                any = true;
                each(&seen)?;
            }
        }
        Ok(any)
    }
}

/// What a schedule's task sees of the time it is submitted for.
pub fn occasion(schedule: &str, at: jiff::Timestamp, tz: &TimeZone) -> Value {
    let local = at.to_zoned(tz.clone());
    json!({
        "type": "schedule", "name": schedule, "time": at.to_string(),
        "local": local.datetime().strftime("%Y-%m-%dT%H:%M").to_string(), "date": local.date().to_string(),
    })
}
