//! The fields a task with placeholders may have, and what may stand in each. Pure.

use serde_json::Value;

use super::blueprint::{Flaw, Tree};
use super::shell::{self, Word};
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

/// A field that no task has.
pub(super) fn unknown(name: &str) -> Flaw {
    let near = config::nearest(name, FIELDS.iter().map(|(known, _)| *known));
    let hint = match (name, near) {
        ("status" | "attempts", _) => "the queue keeps it; leave it out".into(),
        (_, Some(near)) => format!("did you mean `{near}`? values of your own go below `metadata`"),
        (_, None) => "values of your own go below `metadata`".to_owned(),
    };
    Flaw::new(&[name], format!("a task has no field `{name}` here"), hint)
}

/// Whether a field holds what it may.
pub(super) fn check(name: &str, shape: Shape, value: &Value, tree: &Tree) -> Result<(), Flaw> {
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
            "use `argv`, or a variable: `env = { EVENT_ID = \"{{…}}\" }` and `\"$EVENT_ID\"` in the command",
        )),
        Shape::Fixed | Shape::Time if !tree.is_fixed() => Err(Flaw::new(
            &[name],
            format!("`{name}` decides what is run and may hold no placeholder"),
            "write one rule for each case",
        )),
        Shape::Shell | Shape::Argv if texts_of(value).any(breaks) => Err(Flaw::new(
            &[name],
            format!("`{name}` holds a line break"),
            "put a longer script into a file and start that",
        )),
        Shape::Time => clock::parse_duration(value.as_str().unwrap_or_default())
            .map(drop)
            .map_err(|why| Flaw::new(&[name], format!("`{name}`: {why}"), "")),
        Shape::Argv => shell::check_argv(name, &words(tree)),
        Shape::Variables => shell::check_env(name, value),
        _ => Ok(()),
    }
}

/// Each argument as it is written.
fn words(tree: &Tree) -> Vec<Word> {
    let Tree::List(trees) = tree else { return Vec::new() };
    let word = |tree: &Tree| match tree {
        Tree::Text(text) => Word { literal: text.prefix(), fixed: false },
        Tree::Fixed(value) => Word { literal: value.as_str().unwrap_or_default().to_owned(), fixed: true },
        _ => Word { literal: String::new(), fixed: true },
    };
    trees.iter().map(word).collect()
}

/// Whether values have made of a field what it must not become.
pub(super) fn check_filled(name: &str, tree: &Tree, value: &Value) -> Result<(), String> {
    if tree.is_fixed() {
        return Ok(());
    }
    match (name, value) {
        ("argv" | "on_complete", _) => {
            shell::check_filled_argv(&words(tree), &texts_of(value).collect::<Vec<_>>())
        }
        ("branch" | "worktree", Value::String(text)) => shell::check_filled_name(text),
        _ => Ok(()),
    }
}

fn texts_of(value: &Value) -> impl Iterator<Item = &str> {
    let list = value.as_array().into_iter().flatten();
    list.chain(value.is_string().then_some(value)).filter_map(Value::as_str)
}

/// Whether a word has more than one line: no argument may.
fn breaks(word: &str) -> bool {
    word.trim_end_matches('\n').contains(['\n', '\r'])
}

fn is_variables(value: &Value) -> bool {
    value.as_object().is_some_and(|map| map.values().all(Value::is_string))
}

fn is_gates(value: &Value) -> bool {
    let command = |gate: &Value| gate.is_string() || gate["command"].is_string();
    value.as_array().is_some_and(|list| list.iter().all(command))
}

/// A filled value as the task has it.
pub(super) fn settle(name: &str, shape: Shape, value: Value) -> Result<Value, String> {
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
        (Shape::Argv, _) if texts_of(&value).any(breaks) => {
            return Err("an argument would hold a line break; hand such text over by `env`".into());
        }
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
