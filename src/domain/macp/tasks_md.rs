//! `TASKS.md`: a Markdown table of tasks beside the queue, brought together with it. The status goes both ways, and so
//! do other fields that the table has columns for. What both sides said the last time is remembered, so that it is known who has changed.

mod base;
mod differ;
mod fields;
mod plan;
mod table;
mod words;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;
use serde_json::{Map, Value};

use self::base::Base;
use self::plan::{Step, What};
use self::table::Document;
use super::check;
use super::place::Place;
use super::queue::Queue;
use super::settings::Settings;
use super::state::{Row, State};
use crate::domain::workspace::start_dir;
use crate::fault::Fault;
use crate::system::store;

/// Where it is looked for in a repository.
const NAMES: [&str; 2] = ["docs/TASKS.md", "TASKS.md"];

/// What a sync does, or would do.
#[derive(Debug, Serialize)]
pub struct Sync {
    /// The Markdown file.
    pub file: PathBuf,
    /// Whether it was done.
    pub applied: bool,
    /// What changes on either side.
    pub changes: Vec<Change>,
    /// Where both sides had changed; the queue's word counts.
    pub conflicts: Vec<Change>,
    /// Where they differ, and that stays; tasks of the queue without a row are among them.
    pub left: Vec<Change>,
    /// How many tasks of the queue are not in the table.
    pub missing: usize,
}

/// One of them.
#[derive(Debug, Serialize)]
pub struct Change {
    /// The line of the task's row, if it has one.
    pub line: Option<usize>,
    /// The task.
    pub id: String,
    /// What is changed: `queue`, `table`, or neither.
    pub side: Option<&'static str>,
    /// `new`, `status`, `row` for one that is not there, or the name of a field.
    pub what: String,
    /// What it was.
    pub from: Option<String>,
    /// What it becomes.
    pub to: Option<String>,
    /// Why, where that has to be said.
    pub why: Option<&'static str>,
}

/// The file that a sync is about: the one given, relative to the directory in force, else the repository's.
pub fn find(place: &Place, file: Option<&Path>, given: Option<&Path>) -> Result<PathBuf> {
    let missing = |message: String| Fault::usage(message, "give the Markdown file with the table of tasks");
    if let Some(file) = file {
        let path = start_dir(given)?.join(file);
        return path
            .canonicalize()
            .ok()
            .filter(|path| path.is_file())
            .ok_or_else(|| missing(format!("`{}` is no file", file.display())));
    }
    let found = NAMES.iter().map(|name| place.root().join(name)).find(|path| path.is_file());
    found.ok_or_else(|| missing(format!("neither `{}` nor `{}` is there", NAMES[0], NAMES[1])))
}

/// Brings both together, or (without `apply`) only says what that would be. Errors: what is wrong with a row, by file and line.
pub fn sync(queue: &mut Queue, settings: &Settings, file: &Path, apply: bool) -> Result<Sync> {
    let place = queue.place().clone();
    let text = store::read_text(file)?.unwrap_or_default();
    let mut document = Document::parse(text);
    if let Some(lack) = document.lack() {
        let message = format!("`{}` has no table of tasks: {lack}", file.display());
        return Err(Fault::invalid(message, "a table with the columns `id` and `status` is needed"));
    }
    let mut base = Base::load(&place, file)?;
    if !apply {
        let task = |id: &str| queue.task(id);
        let steps = plan::steps(&document, (queue.state(), &task), settings, &base, file)?;
        return Ok(told(file, &steps, missing(&document, queue.state(), &base), false));
    }
    let (steps, missing) = queue.change(|turn| {
        let task = |id: &str| turn.task(id);
        let steps = plan::steps(&document, (turn.state(), &task), settings, &base, file)?;
        plan::perform(turn, &steps, settings, &place.shown(file))?;
        check::results(turn, &results(&steps))?;
        let missing = missing(&document, turn.state(), &base);
        base.remember(&document, turn.state(), &|id| turn.task(id), &steps)?;
        Ok((steps, missing))
    })?;
    queue.sync()?;
    queue.checkpoint()?;
    let rows = document.rows().to_vec();
    let mut edited = false;
    for step in &steps {
        if let What::Cell { column, to, .. } | What::Conflict { column, to, .. } = &step.what {
            edited |= document.set(&rows[step.row], column, to);
        }
    }
    if edited {
        if store::read_text(file)?.as_deref() != Some(document.text()) {
            let message = format!("`{}` was written meanwhile", file.display());
            return Err(Fault::busy(message, "run the sync again: nothing is lost"));
        }
        let text = document.edited();
        store::write(file, 0o644, text.as_bytes())?;
    }
    base.save(&place)?;
    Ok(told(file, &steps, missing, true))
}

/// The results that tasks name in this.
fn results(steps: &[Step]) -> HashMap<String, Option<String>> {
    let path = |fields: &Map<String, Value>| {
        let path = fields.get("result_path")?;
        Some(path.as_str().map(str::to_owned))
    };
    let named = |step: &Step| match &step.what {
        What::New(fields) => Some((step.id.clone(), path(fields).flatten())),
        What::Fields(fields, _) => Some((step.id.clone(), path(fields)?)),
        _ => None,
    };
    steps.iter().filter_map(named).collect()
}

/// Tasks of the queue that have no row; of those that are still to be worked it is said where they had one.
fn missing(document: &Document, state: &State, base: &Base) -> Vec<Change> {
    let ids: HashSet<&str> = document.rows().iter().filter_map(|row| row.value("id")).collect();
    let rows = state.rows().filter(|row| !ids.contains(row.id.as_str()));
    let change = |row: &Row| Change {
        line: None,
        id: row.id.clone(),
        side: None,
        what: "row".into(),
        from: None,
        to: Some(row.status.word().to_owned()),
        why: (base.seen(&row.id).is_some() && !row.status.is_final()).then_some("its row is gone"),
    };
    rows.map(change).collect()
}

fn told(file: &Path, steps: &[Step], missing: Vec<Change>, applied: bool) -> Sync {
    let (changes, conflicts, left) = (Vec::new(), Vec::new(), Vec::new());
    let mut sync = Sync { file: file.to_owned(), applied, changes, conflicts, left, missing: missing.len() };
    for step in steps {
        let list = match &step.what {
            What::Conflict { .. } => &mut sync.conflicts,
            What::Left { .. } => &mut sync.left,
            _ => &mut sync.changes,
        };
        list.extend(step.changes());
    }
    sync.left.extend(missing);
    sync
}
