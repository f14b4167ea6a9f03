//! A task with placeholders, as people write it: what it may hold, and what it becomes. Pure.
//!
//! Values from events never become shell code: they may stand in arguments, in variables for data and in words for people and
//! agents, but neither in what a shell or an interpreter reads nor in what chooses the program.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::fields::{self, FIELDS, Shape};
use super::text::{self, Scope, Text};

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
pub(super) enum Tree {
    Fixed(Value),
    Text(Text),
    List(Vec<Tree>),
    Table(Vec<(String, Tree)>),
}

impl Blueprint {
    /// Reads one; unknown fields, wrong types and placeholders where none may be are flaws.
    pub fn parse(map: &Map<String, Value>) -> Result<Self, Flaw> {
        let mut all = Vec::new();
        for (name, value) in map {
            let shape = FIELDS.iter().find(|(known, _)| known == name).map(|(_, shape)| *shape);
            let shape = shape.ok_or_else(|| fields::unknown(name))?;
            let tree = Tree::parse(value, &mut vec![name.clone()])?;
            fields::check(name, shape, value, &tree)?;
            all.push((name.clone(), shape, tree));
        }
        let all = Self { fields: all };
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

    /// The field by which an agent is told values of an event; `varies` says of which names the values are such.
    pub fn told_to_agent(&self, varies: impl Fn(&str) -> bool) -> Option<&str> {
        let agent = |name: &str, tree: &Tree| {
            name == "dispatch" && ["yolo", "acp"].iter().any(|way| *tree == Tree::Fixed((*way).into()))
        };
        let brief = self.has("brief") || self.has("brief_path");
        if !brief && !self.fields.iter().any(|(name, _, tree)| agent(name, tree)) {
            return None;
        }
        let words = |name: &str| ["title", "description", "brief", "brief_path", "metadata"].contains(&name);
        let told = |tree: &Tree| {
            let mut texts = Vec::new();
            tree.texts(&mut texts);
            texts.iter().any(|text| text.path().is_some() || text.names().any(&varies))
        };
        self.fields.iter().find(|(name, _, tree)| words(name) && told(tree)).map(|(name, ..)| &**name)
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
        let mut sorted: Vec<_> = self.fields.iter().collect();
        sorted.sort_by_key(|(name, ..)| FIELDS.iter().position(|(known, _)| known == name));
        for (name, shape, tree) in sorted {
            let flaw =
                |why: String| Flaw::new(&[name], format!("`{name}`: {why}"), "mend the event or the rule");
            let value = tree.fill(scope, *shape == Shape::Anything).map_err(flaw)?;
            fields::check_filled(name, tree, &value).map_err(flaw)?;
            let value = fields::settle(name, *shape, value).map_err(flaw)?;
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

    pub(super) fn is_fixed(&self) -> bool {
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
