//! Checks whole files against MACP's schemas: what is wrong, in which file, line and field.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::check;
use super::load::regular;
use super::place::Place;
use super::schema::Problem;
use super::schema::files::{Kind, schema};
use super::schema::lines::{self, Lines};
use crate::fault::Fault;
use crate::system::config::programs;
use crate::system::store;

/// Standard input, as a file's name.
const STDIN: &str = "-";

/// What was found in files.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Every file that was looked at.
    pub files: Vec<Looked>,
    /// All that is wrong.
    pub problems: Vec<Found>,
    /// Results, and whose they are.
    #[serde(skip)]
    pub(super) results: Vec<(PathBuf, String)>,
}

/// A file that was looked at.
#[derive(Debug, Serialize)]
pub struct Looked {
    /// It.
    pub path: PathBuf,
    /// What it was taken for.
    pub kind: Kind,
    /// How many tasks, events or documents are in it.
    pub count: usize,
}

/// Something that is wrong.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The file.
    pub file: PathBuf,
    /// The line.
    pub line: usize,
    /// The task it is about, where that can be told.
    pub task: Option<String>,
    /// The field, dotted; empty for the whole.
    pub field: String,
    /// What, to be put behind the field's name.
    pub message: String,
}

/// All files of a queue that are there, and what a drain would refuse of it.
pub fn queue(place: &Place) -> Result<Report> {
    let mut report = Report::default();
    let known = [(place.tasks(), Kind::Tasks), (place.events(), Kind::Event), (place.config(), Kind::Config)];
    let mut results: Vec<PathBuf> = fs::read_dir(place.results())
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json") && path.is_file())
        .collect();
    results.sort();
    for (path, kind) in known.into_iter().chain(results.into_iter().map(|path| (path, Kind::Result))) {
        regular(&path)?;
        if let Some(text) = store::read_text(&path)? {
            report.look(path, kind, &text);
        }
    }
    report.consult(place)?;
    Ok(report)
}

/// These files, each as a kind, or as what its name and content say. Errors: a file that is not there, and
/// [`Fault::Usage`] for one that tells nothing.
pub fn files(paths: &[PathBuf], kind: Option<Kind>) -> Result<Report> {
    let mut report = Report::default();
    for path in paths {
        let text = if path.as_os_str() == STDIN {
            store::read_stdin()?
        } else {
            store::read_text(path)?.ok_or_else(|| {
                Fault::not_found(format!("no file `{}`", path.display()), "name one that is there")
            })?
        };
        let kind = kind.or_else(|| named(path)).or_else(|| shaped(&text)).or_else(|| begins(path));
        let kind = kind.ok_or_else(|| {
            let message = format!("`{}` may be anything of MACP's", path.display());
            Fault::usage(message, "say what it is by `--as task|tasks|event|result|config`")
        })?;
        report.look(path.clone(), kind, &text);
    }
    Ok(report)
}

/// The kind of a file by its name alone.
fn named(path: &Path) -> Option<Kind> {
    let name = path.file_name()?.to_str()?;
    let extension = path.extension().and_then(|extension| extension.to_str());
    match (name, extension) {
        ("tasks.json", _) => Some(Kind::Tasks),
        ("config.json", _) => Some(Kind::Config),
        (_, Some("ndjson" | "jsonl")) => Some(Kind::Event),
        (_, Some("json")) if path.parent()?.file_name()? == "results" => Some(Kind::Result),
        _ => None,
    }
}

/// By how its name begins, where nothing else tells.
fn begins(path: &Path) -> Option<Kind> {
    let name = path.file_name()?.to_str()?;
    let kinds = [
        ("tasks", Kind::Tasks),
        ("task", Kind::Task),
        ("event", Kind::Event),
        ("result", Kind::Result),
        ("config", Kind::Config),
    ];
    kinds.into_iter().find(|(word, _)| name.starts_with(word)).map(|(_, kind)| kind)
}

/// By what is in it.
fn shaped(text: &str) -> Option<Kind> {
    // Of a text of lines the first tells.
    let value: Value = serde_json::from_str(text)
        .or_else(|_| serde_json::from_str(text.lines().next().unwrap_or_default()))
        .ok()?;
    let has = |names: &[&str]| names.iter().all(|name| value.get(name).is_some());
    let any = |names: &[&str]| names.iter().any(|name| value.get(name).is_some());
    match () {
        () if value.is_array() || has(&["tasks"]) => Some(Kind::Tasks),
        () if any(&["event_type", "event_id"]) => Some(Kind::Event),
        () if has(&["task_id", "status"]) => Some(Kind::Result),
        () if any(&["id", "title"]) => Some(Kind::Task),
        () if any(&["macp", "worker", "transport", "enabled"]) => Some(Kind::Config),
        () => None,
    }
}

/// One document of a file.
struct Document<'t> {
    path: &'t Path,
    kind: Kind,
    lines: &'t Lines<'t>,
    text: &'t str,
}

impl Report {
    fn look(&mut self, path: PathBuf, kind: Kind, text: &str) {
        let lines = Lines::new(text);
        let document = |kind: Kind, text| Document { path: &path, kind, lines: &lines, text };
        let count = match kind {
            Kind::Tasks => match lines::tasks(text) {
                Some(tasks) => self.tasks(&tasks, &document(Kind::Task, text)),
                None => self.document(&document(Kind::Tasks, text.trim_start())),
            },
            Kind::Event => {
                let events = text.lines().filter(|line| !line.trim().is_empty());
                events.map(|line| self.document(&document(Kind::Event, line))).sum()
            }
            kind => self.document(&document(kind, text.trim_start())),
        };
        self.files.push(Looked { path, kind, count });
    }

    fn tasks(&mut self, tasks: &[&RawValue], file: &Document<'_>) -> usize {
        let mut ids = HashSet::new();
        for task in tasks {
            let document = Document { text: task.get(), ..*file };
            self.document(&document);
            let id = serde_json::from_str::<Value>(task.get())
                .ok()
                .and_then(|task| Some(task.get("id")?.as_str()?.to_owned()));
            if let Some(id) = id.filter(|id| !ids.insert(id.clone())) {
                let line = file.lines.find(task.get(), "/id");
                let message = "is there twice".to_owned();
                self.problems.push(Found {
                    file: file.path.to_owned(),
                    line,
                    task: Some(id),
                    field: "id".into(),
                    message,
                });
            }
        }
        tasks.len()
    }

    /// Checks one document; it counts as one.
    fn document(&mut self, document: &Document<'_>) -> usize {
        let Document { path, kind, lines, text } = document;
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => {
                let line = lines.of(text) + error.line().saturating_sub(1);
                let words = error.to_string();
                let words = words.split(" at line ").next().unwrap_or_default();
                let message = format!("is not JSON: {words} at column {}", error.column());
                self.problems.push(Found {
                    file: path.to_path_buf(),
                    line,
                    task: None,
                    field: String::new(),
                    message,
                });
                return 1;
            }
        };
        let name = if *kind == Kind::Task { "id" } else { "task_id" };
        let task = value.get(name).and_then(Value::as_str).map(str::to_owned);
        if let Some(id) = task.as_ref().filter(|_| *kind == Kind::Result) {
            self.results.push((path.to_path_buf(), id.clone()));
        }
        for problem in schema(*kind).check(&value) {
            if *kind == Kind::Task && is_plugin(&problem, &value) {
                continue;
            }
            let line = lines.find(text, &problem.pointer);
            let field = problem.field();
            self.problems.push(Found {
                file: path.to_path_buf(),
                line,
                task: task.clone(),
                field,
                message: problem.message,
            });
        }
        1
    }
}

/// Whether it is said of the name of a plug-in that is there: more than MACP knows, but none the worse.
fn is_plugin(problem: &Problem, task: &Value) -> bool {
    let name = task.get("dispatch").and_then(Value::as_str).unwrap_or_default();
    let there = || programs::find(format!("taskrun-exec-{name}").as_ref(), Path::new("/")).is_some();
    problem.pointer == "/dispatch" && check::is_plain(name) && there()
}
