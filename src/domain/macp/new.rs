//! A task as flags describe it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::place::Place;
use super::template;
use crate::fault::Fault;
use crate::system::config::env;

/// What flags say of a task.
#[derive(Debug, Default)]
pub struct New {
    fields: Map<String, Value>,
    /// Its brief, as typed.
    pub brief: Option<PathBuf>,
    /// Variables for its command.
    pub env: Vec<(String, String)>,
}

impl New {
    /// Sets a field, where there is a value.
    pub fn set(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.fields.insert(name.to_owned(), value.into());
        }
    }

    /// The fields of the task, over those of a template if there is one.
    pub fn make(
        mut self,
        place: &Place,
        template: Option<&str>,
        set: &[(String, String)],
    ) -> Result<Map<String, Value>> {
        if let Some(brief) = self.brief.take() {
            self.set("brief_path", Some(within(place.root(), &brief)));
        }
        let made = match template {
            Some(name) => template::expand(place, name, &set.iter().cloned().collect::<BTreeMap<_, _>>())?,
            None => Map::new(),
        };
        let task = self.over(made);
        if !task.contains_key("title") {
            return Err(Fault::usage(
                "a task needs a title",
                "say with `--title` what it is about, or submit tasks of a file with `--from`",
            ));
        }
        Ok(task)
    }

    /// The fields of `task` with those of the flags in their place.
    pub fn over(&self, mut task: Map<String, Value>) -> Map<String, Value> {
        for (name, value) in &self.fields {
            // One way of saying what is run replaces the other.
            match name.as_str() {
                "command" => drop(task.shift_remove("argv")),
                "argv" => drop(task.shift_remove("command")),
                _ => {}
            }
            task.insert(name.clone(), value.clone());
        }
        if !self.env.is_empty() {
            let set = task.entry("env").or_insert_with(|| json!({}));
            if let Value::Object(set) = set {
                set.extend(self.env.iter().map(|(name, value)| (name.clone(), json!(value))));
            }
        }
        task
    }
}

/// A path as the queue names it: relative to the repository, if it lies in it.
fn within(root: &Path, path: &Path) -> String {
    let full = env::current_dir().map_or_else(|_| path.to_owned(), |here| here.join(path));
    let full = full.canonicalize().unwrap_or(full);
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    full.strip_prefix(&root).unwrap_or(path).to_string_lossy().into_owned()
}

/// A shell command as program and arguments.
pub fn through_shell(command: String) -> Vec<String> {
    vec!["sh".into(), "-c".into(), command]
}

/// What submitting comes to: one id, or a list of them.
pub fn answer(ids: &[String], many: bool) -> Value {
    match ids {
        [id] if !many => json!({"id": id}),
        ids => json!({"ids": ids}),
    }
}
