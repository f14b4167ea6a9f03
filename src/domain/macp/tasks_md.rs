//! `TASKS.md`: a Markdown table of tasks beside the queue, brought together with it. The status goes both ways; other fields
//! go from the table to the queue. What both sides said the last time is remembered, so that it is known who has changed.

mod base;
mod fields;
mod plan;
mod table;
mod words;

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

use self::base::Base;
use self::plan::{Step, What};
use self::table::Document;
use super::place::Place;
use super::queue::Queue;
use super::settings::Settings;
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
    /// Where they differ, and that stays.
    pub left: Vec<Change>,
}

/// One of them.
#[derive(Debug, Serialize)]
pub struct Change {
    /// The line of the task's row.
    pub line: usize,
    /// The task.
    pub id: String,
    /// What is changed: `queue`, `table`, or neither.
    pub side: Option<&'static str>,
    /// `new`, `status`, or the name of a field.
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
    let mut base = Base::load(&place, file)?;
    if !apply {
        let task = |id: &str| queue.task(id);
        let steps = plan::steps(&document, (queue.state(), &task), settings, &base, file)?;
        return Ok(told(file, &steps, false));
    }
    let steps = queue.change(|turn| {
        let task = |id: &str| turn.task(id);
        let steps = plan::steps(&document, (turn.state(), &task), settings, &base, file)?;
        plan::perform(turn, &steps, settings, &place.shown(file))?;
        base.remember(&document, turn.state(), &|id| turn.task(id), &steps)?;
        Ok(steps)
    })?;
    queue.sync()?;
    queue.checkpoint()?;
    let rows = document.rows().to_vec();
    let mut edited = false;
    for step in &steps {
        if let What::Cell { to, .. } | What::Conflict { to, .. } = &step.what {
            edited |= document.set(&rows[step.row], "status", to);
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
    Ok(told(file, &steps, true))
}

fn told(file: &Path, steps: &[Step], applied: bool) -> Sync {
    let mut sync =
        Sync { file: file.to_owned(), applied, changes: Vec::new(), conflicts: Vec::new(), left: Vec::new() };
    for step in steps {
        let list = match &step.what {
            What::Conflict { .. } => &mut sync.conflicts,
            What::Left { .. } => &mut sync.left,
            _ => &mut sync.changes,
        };
        list.extend(step.changes());
    }
    sync
}
