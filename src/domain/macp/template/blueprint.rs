//! A task with placeholders, as people write it: what it may hold, and what it becomes. Pure.
//!
//! Values that come with an event never become code: they may stand in arguments, variables and words for people, but neither
//! in what a shell or an interpreter reads nor in what chooses the program.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::shell;
use super::text::{self, Scope, Text};
use crate::system::{clock, config};

/// What a field of a task holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One line with placeholders.
    Line,
    /// Text with placeholders.
    Prose,
    /// Text without.
    Fixed,
    /// A time such as `30m`, without.
    Time,
    /// A whole number, or a placeholder that becomes one.
    Number,
    /// True or false.
    Switch,
    /// Lines with placeholders.
    Lines,
    /// Program and arguments.
    Argv,
    /// Variables.
    Variables,
    /// What a shell reads, without placeholders.
    Shell,
    /// Gates, which a shell reads too.
    Gates,
    /// Anything, in which a placeholder alone keeps its value's type.
    Anything,
}

/// What a task may hold here.
pub const FIELDS: &[(&str, Shape)] = &[
    ("id", Shape::Line),
    ("title", Shape::Line),
    ("description", Shape::Prose),
    ("type", Shape::Fixed),
    ("dispatch", Shape::Fixed),
    ("runtime", Shape::Fixed),
    ("command", Shape::Shell),
    ("argv", Shape::Argv),
    ("env", Shape::Variables),
    ("cwd", Shape::Line),
    ("brief", Shape::Prose),
    ("brief_path", Shape::Line),
    ("worktree", Shape::Line),
    ("branch", Shape::Line),
    ("issue", Shape::Line),
    ("pr", Shape::Line),
    ("depends_on", Shape::Lines),
    ("key", Shape::Line),
    ("org", Shape::Line),
    ("priority", Shape::Number),
    ("max_attempts", Shape::Number),
    ("timeout", Shape::Time),
    ("timeout_seconds", Shape::Number),
    ("quality_gates", Shape::Gates),
    ("launcher", Shape::Fixed),
    ("mcp_config", Shape::Fixed),
    ("result_path", Shape::Line),
    ("result_schema", Shape::Fixed),
    ("on_complete", Shape::Argv),
    ("cache", Shape::Switch),
    ("metadata", Shape::Anything),
];

/// What is wrong with a task, and in which field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The keys that lead there.
    pub at: Vec<String>,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub hint: String,
}

impl Flaw {
    /// One at these keys.
    pub fn new(at: &[&str], message: impl Into<String>, hint: impl Into<String>) -> Self {
        let at = at.iter().map(|key| (*key).to_owned()).collect();
        Self { at, message: message.into(), hint: hint.into() }
    }

    /// The same, as it is seen from further out.
    #[must_use]
    pub fn below(mut self, outer: &[&str]) -> Self {
        self.at.splice(0..0, outer.iter().map(|key| (*key).to_owned()));
        self
    }
}

/// A task with placeholders.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Blueprint {
    fields: Vec<(String, Shape, Tree)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Tree {
    Fixed(Value),
    Text(Text),
    List(Vec<Tree>),
    Table(Vec<(String, Tree)>),
}

impl Blueprint {
    /// Reads one; unknown fields, wrong types and placeholders where none may be are flaws.
    pub fn parse(map: &Map<String, Value>) -> Result<Self, Flaw> {
        let mut fields = Vec::new();
        for (name, value) in map {
            let shape = FIELDS.iter().find(|(known, _)| known == name).map(|(_, shape)| *shape);
            let shape = shape.ok_or_else(|| unknown(name))?;
            let tree = Tree::parse(value, &mut vec![name.clone()])?;
            check(name, shape, value, &tree)?;
            fields.push((name.clone(), shape, tree));
        }
        let all = Self { fields };
        let both = |a: &str, b: &str| all.has(a) && all.has(b);
        for (a, b) in [("argv", "command"), ("timeout", "timeout_seconds"), ("brief", "brief_path")] {
            if both(a, b) {
                return Err(Flaw::new(&[b], format!("there are both `{a}` and `{b}`"), "keep one of them"));
            }
        }
        Ok(all)
    }

    /// Whether it has this field.
    pub fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, ..)| name == field)
    }

    /// Whether it says what is to be run or who is to do it.
    pub fn says_what(&self) -> bool {
        let other = |name: &str, tree: &Tree| name == "dispatch" && *tree != Tree::Fixed("exec".into());
        ["argv", "command", "brief", "brief_path"].iter().any(|field| self.has(field))
            || self.fields.iter().any(|(name, _, tree)| other(name, tree))
    }

    /// The same with the fields of `other` in place of its own.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        let same = |a: &str, b: &str| {
            let pairs = [["argv", "command"], ["timeout", "timeout_seconds"], ["brief", "brief_path"]];
            a == b || pairs.iter().any(|pair| pair.contains(&a) && pair.contains(&b))
        };
        self.fields.retain(|(name, ..)| !other.fields.iter().any(|(new, ..)| same(name, new)));
        self.fields.extend(other.fields);
        self
    }

    /// The names that have to be given.
    pub fn names(&self) -> BTreeSet<String> {
        text::names(self.texts())
    }

    /// A placeholder that needs an event, and the field it is in.
    pub fn event_path(&self) -> Option<(&str, String)> {
        let mut found = None;
        for (name, _, tree) in &self.fields {
            let mut texts = Vec::new();
            tree.texts(&mut texts);
            found =
                found.or(texts.iter().find_map(|text| text.path()).map(|path| (&**name, path.to_string())));
        }
        found
    }

    fn texts(&self) -> Vec<&Text> {
        let mut texts = Vec::new();
        self.fields.iter().for_each(|(_, _, tree)| tree.texts(&mut texts));
        texts
    }

    /// The task's fields with every value in place (`brief` still text, `timeout` in seconds).
    pub fn fill(&self, scope: &Scope<'_>) -> Result<Map<String, Value>, Flaw> {
        let mut task = Map::new();
        // TOML's tables come sorted by name: for people, the order is that of the list above.
        let mut fields: Vec<_> = self.fields.iter().collect();
        fields.sort_by_key(|(name, ..)| FIELDS.iter().position(|(known, _)| known == name));
        for (name, shape, tree) in fields {
            let flaw =
                |why: String| Flaw::new(&[name], format!("`{name}`: {why}"), "mend the event or the rule");
            let value = tree.fill(scope, *shape == Shape::Anything).map_err(flaw)?;
            let value = settle(name, *shape, value).map_err(flaw)?;
            let name = if *shape == Shape::Time { "timeout_seconds" } else { name };
            task.insert(name.to_owned(), value);
        }
        Ok(task)
    }
}

impl Tree {
    fn parse(value: &Value, at: &mut Vec<String>) -> Result<Self, Flaw> {
        Ok(match value {
            Value::String(text) => {
                let flaw = |why| Flaw { at: at.clone(), message: why, hint: PLACEHOLDERS.into() };
                let parsed = Text::parse(text).map_err(flaw)?;
                if parsed.is_fixed() {
                    Self::Fixed(parsed.fill(&Scope::default()).map_err(flaw)?.into())
                } else {
                    Self::Text(parsed)
                }
            }
            Value::Array(list) => {
                let each = |(number, value): (usize, &Value)| {
                    at.push(number.to_string());
                    let tree = Self::parse(value, at);
                    at.pop();
                    tree
                };
                Self::List(list.iter().enumerate().map(each).collect::<Result<_, _>>()?)
            }
            Value::Object(map) if map.contains_key(TOML_TIME) => {
                let hint = "put quotes around it".to_owned();
                return Err(Flaw { at: at.clone(), message: "write times as strings".into(), hint });
            }
            Value::Object(map) => {
                let each = |(key, value): (&String, &Value)| {
                    at.push(key.clone());
                    let tree = Self::parse(value, at);
                    at.pop();
                    tree.map(|tree| (key.clone(), tree))
                };
                Self::Table(map.iter().map(each).collect::<Result<_, _>>()?)
            }
            other => Self::Fixed(other.clone()),
        })
    }

    fn texts<'t>(&'t self, into: &mut Vec<&'t Text>) {
        match self {
            Self::Fixed(_) => {}
            Self::Text(text) => into.push(text),
            Self::List(list) => list.iter().for_each(|tree| tree.texts(into)),
            Self::Table(table) => table.iter().for_each(|(_, tree)| tree.texts(into)),
        }
    }

    fn is_fixed(&self) -> bool {
        let mut texts = Vec::new();
        self.texts(&mut texts);
        texts.is_empty()
    }

    fn fill(&self, scope: &Scope<'_>, typed: bool) -> Result<Value, String> {
        Ok(match self {
            Self::Fixed(value) => value.clone(),
            Self::Text(text) if typed => text.value(scope)?,
            Self::Text(text) => text.fill(scope)?.into(),
            Self::List(list) => list.iter().map(|tree| tree.fill(scope, typed)).collect::<Result<_, _>>()?,
            Self::Table(table) => {
                let each = |(key, tree): &(String, Self)| Ok((key.clone(), tree.fill(scope, typed)?));
                Value::Object(table.iter().map(each).collect::<Result<_, String>>()?)
            }
        })
    }
}

/// How a TOML date comes out of its reader.
pub const TOML_TIME: &str = "$__toml_private_datetime";

const PLACEHOLDERS: &str =
    "placeholders are `{{name}}` and `{{$.path}}`; write `{{\"{{\"}}` for braces themselves";

fn unknown(name: &str) -> Flaw {
    let near = config::nearest(name, FIELDS.iter().map(|(known, _)| *known));
    let hint = match (name, near) {
        ("status" | "attempts", _) => "the queue keeps it; leave it out".into(),
        (_, Some(near)) => format!("did you mean `{near}`? values of your own go below `metadata`"),
        (_, None) => "values of your own go below `metadata`".to_owned(),
    };
    Flaw::new(&[name], format!("a task has no field `{name}` here"), hint)
}

/// Whether a field holds what it may.
fn check(name: &str, shape: Shape, value: &Value, tree: &Tree) -> Result<(), Flaw> {
    let wrong = |what: &str| {
        Err(Flaw::new(&[name], format!("`{name}` {what}"), "`man taskrun-triggers` documents it"))
    };
    let texts = |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    match shape {
        Shape::Line | Shape::Prose | Shape::Fixed | Shape::Time | Shape::Shell if !value.is_string() => {
            return wrong("must be a string");
        }
        Shape::Number if !value.is_u64() && (!value.is_string() || tree.is_fixed()) => {
            return wrong("must be a whole number, or a placeholder");
        }
        Shape::Switch if !value.is_boolean() => return wrong("must be true or false"),
        Shape::Lines | Shape::Argv if !texts(value) => return wrong("must be a list of strings"),
        Shape::Variables if !is_variables(value) => return wrong("must be a table of strings"),
        Shape::Gates if !is_gates(value) => return wrong("must be a list of commands"),
        Shape::Anything if !value.is_object() => return wrong("must be a table"),
        _ => {}
    }
    if matches!(value.as_str(), Some(text) if text.trim().is_empty()) {
        return wrong("is empty");
    }
    match shape {
        Shape::Shell | Shape::Gates if !tree.is_fixed() => Err(Flaw::new(
            &[name],
            format!("`{name}` is shell text and may hold no placeholder: a value would become code"),
            "use `argv`, or a variable: `env = { ID = \"{{…}}\" }` and `\"$ID\"` in the command",
        )),
        Shape::Fixed | Shape::Time if !tree.is_fixed() => Err(Flaw::new(
            &[name],
            format!("`{name}` decides what is run and may hold no placeholder"),
            "write one rule for each case",
        )),
        Shape::Time => clock::parse_duration(value.as_str().unwrap_or_default())
            .map(drop)
            .map_err(|why| Flaw::new(&[name], format!("`{name}`: {why}"), "")),
        Shape::Argv => shell::check_argv(name, &fixedness(value, tree)),
        Shape::Variables => shell::check_env(name, value),
        _ => Ok(()),
    }
}

/// Each argument as it is written, and whether it is the same for every event.
fn fixedness<'v>(value: &'v Value, tree: &Tree) -> Vec<(&'v str, bool)> {
    let (Value::Array(list), Tree::List(trees)) = (value, tree) else { return Vec::new() };
    list.iter()
        .zip(trees)
        .map(|(value, tree)| (value.as_str().unwrap_or_default(), tree.is_fixed()))
        .collect()
}

fn is_variables(value: &Value) -> bool {
    value.as_object().is_some_and(|map| map.values().all(Value::is_string))
}

fn is_gates(value: &Value) -> bool {
    let command = |gate: &Value| gate.is_string() || gate["command"].is_string();
    value.as_array().is_some_and(|list| list.iter().all(command))
}

/// A filled value as the task has it.
fn settle(name: &str, shape: Shape, value: Value) -> Result<Value, String> {
    Ok(match (shape, &value) {
        (Shape::Number, Value::String(text)) => {
            text.trim().parse::<u64>().map_err(|_| format!("`{}` is no whole number", cut(text)))?.into()
        }
        (Shape::Time, Value::String(text)) => clock::parse_duration(text)?.as_secs().max(1).into(),
        (Shape::Line, Value::String(text)) if name == "title" => {
            let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            let clean: String = clean.trim().chars().take(200).collect();
            if clean.is_empty() {
                return Err("is empty".into());
            }
            clean.into()
        }
        (Shape::Line, Value::String(text)) => line(text).map(|()| value)?,
        (Shape::Lines, Value::Array(list)) => {
            list.iter().filter_map(Value::as_str).try_for_each(line)?;
            value
        }
        _ => value,
    })
}

fn line(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("is empty".into());
    }
    if text.chars().any(char::is_control) {
        return Err(format!("`{}` has a control character in it", cut(text).escape_debug()));
    }
    Ok(())
}

fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}
