//! What an agent is told: the task's brief, and what every task's agent has to know beside it.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::ground;
use crate::domain::attempt::prompt::{self, Facts, Previous, Template};
use crate::domain::macp::place::Place;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::Task;
use crate::fault::Fault;
use crate::system::store;

/// Where briefs lie that no task names, where `config.json` does not say it.
const BRIEF_DIR: &str = "docs/tasks";
/// Longest brief (bytes).
const LONGEST: u64 = 4 << 20;
/// The template of what an agent is told.
const TEMPLATE: Template<'_> =
    Template { name: "the built-in template for queued tasks", source: include_str!("prompt.md") };

/// What is new about an attempt.
#[derive(Debug, Clone, Default)]
pub struct News {
    /// Which attempt this is, from 1.
    pub attempt: u64,
    /// How many there may be.
    pub max_attempts: u64,
    /// How the attempt before this one ended.
    pub previous: Option<Previous>,
    /// The commands that will be run after it.
    pub gates: Vec<String>,
    /// What a person has said about the task since.
    pub notes: Vec<String>,
}

/// The task's brief: the file that it names, which has to be there; else `<brief_dir>/<id>.md`, if that is there; else its
/// title and description.
pub fn brief(task: &Task, place: &Place, settings: &Settings) -> Result<String> {
    let Some(path) = path(task, place, settings)? else {
        let description = task.description.as_deref().unwrap_or_default().trim_end();
        return Ok(format!("# {}\n\n{description}", prompt::one_line(&task.title)).trim_end().to_owned());
    };
    let refused = |what: &str| {
        let hint = "a brief is a text file that says what is to be done";
        Err(Fault::refused(format!("task `{}`: the brief `{}` {what}", task.id, path.display()), hint))
    };
    if path.metadata().is_ok_and(|meta| meta.len() > LONGEST) {
        return refused("has more than 4 MiB");
    }
    match store::read_text(&path) {
        Ok(Some(text)) if text.trim().is_empty() => refused("is empty"),
        Ok(Some(text)) => Ok(text),
        Ok(None) => refused("does not exist"),
        Err(error) => refused(&format!("cannot be read: {error:#}")),
    }
}

/// The file that holds the brief.
pub fn path(task: &Task, place: &Place, settings: &Settings) -> Result<Option<PathBuf>> {
    if let Some(path) = &task.brief_path {
        let found = ground::file(path, "brief_path", place);
        return found.map(Some).map_err(|error| ground::named(task, &error));
    }
    let dir = settings.foreign.macp.brief_dir.as_deref().unwrap_or(BRIEF_DIR);
    let name = format!("{}/{}.md", dir.trim_end_matches('/'), task.id);
    // An id that is no plain name leads nowhere.
    let plain = !task.id.contains(['/', '\0', '\n', '\r']) && !task.id.starts_with('.');
    Ok(Some(name).filter(|_| plain).and_then(|name| ground::file(&name, "brief_dir", place).ok()))
}

/// All that an agent working in `dir` is told: the brief, what is new, how to end. No line of it is a promise.
pub fn prompt(task: &Task, brief: &str, news: &News, dir: &Path) -> Result<String> {
    let facts = Facts {
        task: prompt::Task {
            id: task.id.clone(),
            title: task.title.clone(),
            description: brief.to_owned(),
            ..prompt::Task::default()
        },
        attempt: news.attempt.max(1),
        max_attempts: news.max_attempts.max(1),
        previous: news.previous.clone(),
        gates: news.gates.clone(),
        extra: news.notes.clone(),
        dir: dir.display().to_string(),
        ..Facts::default()
    };
    prompt::compose(&facts, Some(TEMPLATE))
}
