//! Tasks with placeholders that people keep in `.taskrun/templates/`.

pub mod blueprint;
pub mod fields;
pub mod path;
pub mod programs;
pub mod shell;
pub mod text;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Map, Value};

use super::place::Place;
use super::submit;
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::document::{Document, shown, worded};
use crate::system::{clock, store};

use blueprint::{Blueprint, Flaw};
use text::Scope;

/// The manual of templates and rules.
pub const MANUAL: &str = "`man taskrun-triggers` documents it";

/// A template, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its file.
    pub file: PathBuf,
    /// What is submitted.
    pub task: Blueprint,
    /// Values of names that are not given.
    pub defaults: BTreeMap<String, String>,
}

/// The fields of the task that template `name` makes of these values (`submit --template NAME --set K=V`); without id
/// and status. A `brief` is written into a file and becomes `brief_path`. Errors: an unknown template (the hint lists
/// those there), a value that is missing, one that nobody asks for.
pub fn expand(place: &Place, name: &str, set: &BTreeMap<String, String>) -> Result<Map<String, Value>> {
    let template = load(place, name)?;
    if let Some((field, path)) = template.task.event_path() {
        return Err(Fault::usage(
            format!("template `{name}` takes `{{{{{path}}}}}` of its `{field}` from an event"),
            "use it in a rule of `triggers.toml`, or write a name: `{{name}}`",
        ));
    }
    template.check_names(name, set)?;
    let mut names = template.defaults;
    names.extend(set.clone());
    let scope = Scope { names, event: None };
    let mut task = template.task.fill(&scope).map_err(|flaw| {
        Fault::usage(format!("template `{name}`: {}", flaw.message), "give other values with `--set`")
    })?;
    write_brief(place, &mut task, &format!("{name}-{}", clock::base36(clock::random(), 8)))?;
    Ok(task)
}

/// Reads the template `name`.
pub fn load(place: &Place, name: &str) -> Result<Template> {
    let dir = Workspace::at(place.root().to_owned()).templates_dir();
    let there = list(&dir);
    let unknown = || {
        let hint = match there.as_slice() {
            [] => {
                format!("there is none in `{}`; `man taskrun-triggers` shows how one is written", shown(&dir))
            }
            names => format!("there are {}", names.join(", ")),
        };
        Fault::not_found(format!("no template `{name}`"), hint)
    };
    if !is_plain(name) {
        return Err(unknown());
    }
    let files = ["toml", "json"].map(|ending| dir.join(format!("{name}.{ending}")));
    match files.each_ref().map(|file| store::read_text(file).transpose()) {
        [None, None] => Err(unknown()),
        [Some(_), Some(_)] => Err(Fault::invalid(
            format!("template `{name}` is there twice: as `{name}.toml` and as `{name}.json`"),
            "remove one of them",
        )),
        [Some(text), None] => Template::of_toml(&files[0], &text?),
        [None, Some(text)] => Template::of_json(&files[1], &text?),
    }
}

/// The names of the templates that are there.
pub fn list(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    let name = |entry: fs::DirEntry| {
        let path = PathBuf::from(entry.file_name());
        let known = path.extension().is_some_and(|ending| ending == "toml" || ending == "json");
        let name = path.file_stem()?.to_str()?.to_owned();
        (known && is_plain(&name)).then_some(name)
    };
    let mut names: Vec<String> = entries.filter_map(name).collect();
    names.sort();
    names.dedup();
    names
}

/// Whether a name is a file's alone, in no other directory.
pub fn is_plain(name: &str) -> bool {
    name.len() <= 64 && submit::is_id(name)
}

/// Has the `brief` of a filled task lie in a file, named after `name`.
pub fn write_brief(place: &Place, task: &mut Map<String, Value>, name: &str) -> Result<()> {
    let Some(brief) = task.remove("brief") else { return Ok(()) };
    let dir = place.dir().join("briefs");
    store::make_dir(&dir)?;
    let file = dir.join(format!("{name}.md"));
    store::write(
        &file,
        store::SHARED,
        format!("{}\n", brief.as_str().unwrap_or_default().trim_end()).as_bytes(),
    )?;
    let file = file.strip_prefix(place.root()).unwrap_or(&file);
    task.insert("brief_path".into(), file.to_string_lossy().into());
    Ok(())
}

impl Template {
    /// Whether `given` are names it asks for, and with its defaults all of them.
    fn check_names(&self, name: &str, given: &BTreeMap<String, String>) -> Result<()> {
        let wanted = self.task.names();
        let list = wanted.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        if let Some(strange) = given.keys().find(|given| !wanted.contains(*given)) {
            let hint = if list.is_empty() { "it has none".into() } else { format!("it has {list}") };
            return Err(Fault::usage(format!("template `{name}` has no placeholder `{strange}`"), hint));
        }
        let lacks = |name: &&String| !given.contains_key(*name) && !self.defaults.contains_key(*name);
        let missing: Vec<_> = wanted.iter().filter(lacks).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let names = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let flags = missing.iter().map(|name| format!("--set {name}=…")).collect::<Vec<_>>().join(" ");
        Err(Fault::usage(format!("template `{name}` needs a value for {names}"), format!("add `{flags}`")))
    }

    fn of_json(file: &Path, text: &str) -> Result<Self> {
        let broken = |error: serde_json::Error| {
            Fault::invalid(
                format!(
                    "failed to parse `{}` line {}: {}",
                    shown(file),
                    error.line(),
                    worded(&error.to_string(), "an object")
                ),
                MANUAL,
            )
        };
        let map: Map<String, Value> = serde_json::from_str(text).map_err(broken)?;
        Self::of(file, map)
            .map_err(|flaw| Fault::invalid(format!("`{}`: {}", shown(file), flaw.message), flaw.hint))
    }

    fn of_toml(file: &Path, text: &str) -> Result<Self> {
        let document = Document::parse(text, file, MANUAL)?;
        let map: Map<String, Value> = document.read()?;
        Self::of(file, map)
            .map_err(|flaw| document.fault(document.offset(&flaw.at), &flaw.message, &flaw.hint))
    }

    fn of(file: &Path, mut map: Map<String, Value>) -> Result<Self, Flaw> {
        let defaults = names(map.remove("defaults"), "defaults")?;
        let task = Blueprint::parse(&map)?;
        let wanted = task.names();
        if let Some(strange) = defaults.keys().find(|name| !wanted.contains(*name)) {
            let message = format!("`defaults.{strange}` is for a placeholder that is not there");
            return Err(Flaw::new(&["defaults", strange], message, "write it, or remove the default"));
        }
        Ok(Self { file: file.to_owned(), task, defaults })
    }
}

/// A table of texts by placeholder's name.
pub fn names(value: Option<Value>, field: &str) -> Result<BTreeMap<String, String>, Flaw> {
    let wrong = |key: &[&str], what: String| Flaw::new(key, what, "write `name = \"value\"`");
    let map = match value {
        None => return Ok(BTreeMap::new()),
        Some(Value::Object(map)) => map,
        Some(_) => return Err(wrong(&[field], format!("`{field}` must be a table"))),
    };
    let text = |(name, value): (String, Value)| match value {
        _ if !text::is_name(&name) => {
            Err(wrong(&[field, &name], format!("`{field}` names `{name}`, which is no placeholder's name")))
        }
        Value::String(text) => Ok((name, text)),
        Value::Number(_) | Value::Bool(_) => Ok((name, value.to_string())),
        _ => Err(wrong(&[field, &name], format!("`{field}.{name}` must be a string"))),
    };
    map.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn place(dir: &tempfile::TempDir) -> Place {
        let root = dir.path().canonicalize().unwrap();
        Place::of(&Workspace::at(root))
    }

    fn put(dir: &tempfile::TempDir, name: &str, text: &str) {
        let path = dir.path().join(".taskrun/templates").join(name);
        store::make_dir(path.parent().unwrap()).unwrap();
        store::write(&path, store::SHARED, text.as_bytes()).unwrap();
    }

    fn set(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_template_becomes_a_task() {
        let dir = tempfile::tempdir().unwrap();
        let text = "title = 'Report on {{doc}}'\nargv = ['bin/report', '--lang={{lang}}', '--', '{{doc}}']\n\
                    priority = '{{urgency}}'\ntimeout = '10m'\nenv = {EVENT_DOC = '{{doc}}'}\nmetadata = {tags = ['{{lang}}', 1]}\n\
                    [defaults]\nlang = 'en'\nurgency = 1\n";
        put(&dir, "report.toml", text);
        let task = expand(&place(&dir), "report", &set(&[("doc", "a \"b\"; rm -rf {{lang}}")])).unwrap();
        let expected = json!({
            "title": "Report on a \"b\"; rm -rf {{lang}}",
            "argv": ["bin/report", "--lang=en", "--", "a \"b\"; rm -rf {{lang}}"],
            "priority": 1, "timeout_seconds": 600,
            "env": {"EVENT_DOC": "a \"b\"; rm -rf {{lang}}"}, "metadata": {"tags": ["en", 1]},
        });
        assert_eq!(Value::Object(task), expected);
        put(&dir, "brief.json", r#"{"title": "T", "dispatch": "yolo", "brief": "Look at {{doc}}.\n"}"#);
        let task = expand(&place(&dir), "brief", &set(&[("doc", "d-1")])).unwrap();
        let path = task["brief_path"].as_str().unwrap();
        assert!(path.starts_with(".taskrun/macp/briefs/brief-"), "{path}");
        assert_eq!(store::read_text(&dir.path().join(path)).unwrap().unwrap(), "Look at d-1.\n");
    }

    #[test]
    fn what_cannot_be_expanded_is_told() {
        let dir = tempfile::tempdir().unwrap();
        put(&dir, "a.json", r#"{"title": "{{x}} {{y}}", "max_attempts": "{{x}}"}"#);
        put(&dir, "event.json", r#"{"title": "{{$.id}}"}"#);
        put(&dir, "twice.json", "{}");
        put(&dir, "twice.toml", "");
        put(&dir, "notes.txt", "");
        let table = [
            ("b", &[][..], "no template `b`", "there are a, event, twice"),
            ("../a", &[], "no template `../a`", "there are"),
            ("../../templates/a", &[], "no template", "there are"),
            (".hidden", &[], "no template", "there are"),
            ("a", &[], "needs a value for `x`, `y`", "add `--set x=… --set y=…`"),
            ("a", &[("x", "1"), ("y", "2"), ("z", "3")], "has no placeholder `z`", "it has `x`, `y`"),
            ("a", &[("x", "many"), ("y", "2")], "`max_attempts`: `many` is no whole number", "--set"),
            ("a", &[("x", "\0"), ("y", "2")], "`title`: has a NUL byte", "--set"),
            ("event", &[], "takes `{{$.id}}` of its `title` from an event", "triggers.toml"),
            ("twice", &[], "is there twice", "remove one"),
        ];
        for (name, values, message, hint) in table {
            let error = expand(&place(&dir), name, &set(values)).unwrap_err();
            let told = error.downcast_ref::<Fault>().unwrap().hint().unwrap_or_default().to_owned();
            assert!(error.to_string().contains(message) && told.contains(hint), "{name}: {error} ({told})");
        }
        let empty = tempfile::tempdir().unwrap();
        let error = expand(&place(&empty), "a", &set(&[])).unwrap_err();
        assert!(error.downcast_ref::<Fault>().unwrap().hint().unwrap().contains("there is none in"));
    }

    #[test]
    fn a_template_is_checked() {
        let table = [
            ("title = 1", "line 1: `title` must be a string"),
            ("title = ''", "line 1: `title` is empty"),
            ("title = 'x'\ncomand = 'x'", "line 2: a task has no field `comand` here"),
            ("title = 'x'\nstatus = 'pending'", "line 2: a task has no field `status` here"),
            ("\ncommand = 'echo {{x}}'", "line 2: `command` is shell text"),
            ("quality_gates = ['test {{x}}']", "line 1: `quality_gates` is shell text"),
            ("quality_gates = [{command = 'test {{x}}'}]", "line 1: `quality_gates` is shell text"),
            ("argv = ['sh', '-c',\n 'echo {{x}}']", "line 2: argument 2 of `argv` may hold no placeholder"),
            ("argv = ['{{x}}']", "line 1: the program of `argv` may not"),
            (
                "on_complete = ['bash', '-c', '{{x}}']",
                "line 1: argument 2 of `on_complete` may hold no placeholder",
            ),
            ("command = \"\"\"\na\nb\n\"\"\"", "line 1: `command` holds a line break"),
            ("argv = ['a', 1]", "line 1: `argv` must be a list of strings"),
            ("argv = 'a b'", "line 1: `argv` must be a list of strings"),
            ("argv = ['a']\ncommand = 'b'", "line 2: there are both `argv` and `command`"),
            ("dispatch = '{{x}}'", "line 1: `dispatch` decides what is run"),
            ("launcher = '{{x}}'", "line 1: `launcher` decides what is run"),
            ("env = {PATH = '{{x}}'}", "line 1: `PATH` in `env` may hold no placeholder"),
            ("env = {A = 1}", "line 1: `env` must be a table of strings"),
            ("priority = 'high'", "line 1: `priority` must be a whole number"),
            ("priority = -1", "line 1: `priority` must be a whole number"),
            ("timeout = '10'", "line 1: `timeout`: `10` is not a duration"),
            ("cache = 'yes'", "line 1: `cache` must be true or false"),
            ("title = 'a {{x'", "line 1: `{{x` is not closed"),
            ("title = 'a {{event.id}}'", "line 1: `{{event.id}}` is no placeholder"),
            ("metadata = 1", "line 1: `metadata` must be a table"),
            ("title = '{{x}}'\n[defaults]\nx = []", "line 3: `defaults.x` must be a string"),
            ("title = '{{x}}'\n[defaults]\ny = 'z'", "line 3: `defaults.y` is for a placeholder"),
            ("metadata = {a = 2026-01-01}", "line 1: write times as strings"),
            ("title = ", "line 1: "),
        ];
        for (text, expected) in table {
            let error = Template::of_toml(Path::new("t.toml"), text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("failed to parse `t.toml` {expected}")), "{text}\n{error}");
        }
        let error = Template::of_json(Path::new("t.json"), "{\n\"title\": }").unwrap_err().to_string();
        assert!(error.starts_with("failed to parse `t.json` line 2: "), "{error}");
        let error =
            Template::of_json(Path::new("t.json"), "{\"command\": \"{{x}}\"}").unwrap_err().to_string();
        assert!(error.starts_with("`t.json`: `command` is shell text"), "{error}");
    }
}
