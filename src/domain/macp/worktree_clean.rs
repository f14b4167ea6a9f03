//! What becomes of a task's worktree once the task is over.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

use super::place::Place;
use super::queue::Queue;
use super::settings::{self, Settings};
use super::task::Task;
use super::worktree::{self, Noted, Phase, Shop, Whose};
use super::{worktree_names as names, worktree_pool as pool};
use crate::domain::agents::one_line;
use crate::fault::Fault;
use crate::system::git::worktree::{Answer, Worktrees};

/// What became of a worktree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cleaned {
    /// There was none.
    Nothing,
    /// It is gone; its branch is not.
    Removed(PathBuf),
    /// It is there still; why.
    Kept(PathBuf, String),
}

/// Removes the task's worktree once the task is over, unless it holds unsaved work (then a note says so) or worktrees are
/// kept by the settings. The branch stays.
pub fn cleanup(task: &Task, place: &Place, settings: &Settings) -> Result<Option<String>> {
    if !settings.cleanup_worktrees {
        return Ok(None);
    }
    Ok(match clean(task, place, settings, false)? {
        Cleaned::Kept(path, why) => Some(format!("`{}` is kept: {why}", path.display())),
        Cleaned::Nothing | Cleaned::Removed(_) => None,
    })
}

/// The same, whatever the settings say; `force` removes it with what is unsaved in it.
pub fn clean(task: &Task, place: &Place, settings: &Settings, force: bool) -> Result<Cleaned> {
    let path = match worktree::path(task, settings) {
        Ok(Some(path)) => path,
        Ok(None) => return Ok(Cleaned::Nothing),
        Err(error) => {
            return Ok(Cleaned::Kept(
                PathBuf::from(task.worktree.as_deref().unwrap_or_default()),
                error.to_string(),
            ));
        }
    };
    let lock = worktree::lock(place)?;
    let shop = Shop { place, settings, git: Worktrees::new(place.root(), &lock) };
    let noted = shop.noted(&path)?;
    let kept = |why: &str| Ok(Cleaned::Kept(path.clone(), why.to_owned()));
    match (noted, shop.whose(&path)) {
        (Some(noted), _) if noted.task != task.id => kept("it is another task's"),
        (None, Whose::Nobodys) => Ok(Cleaned::Nothing),
        (None, Whose::Foreign) => kept("it was not made for the task"),
        (None, Whose::Ours) if Shop::branch_of(&path).as_deref() != Some(&*names::branch(task)) => {
            kept("it was not made for the task")
        }
        (Some(noted), whose) if noted.phase != Phase::Ready || whose != Whose::Ours => {
            if whose == Whose::Foreign {
                return kept("it is no worktree of this repository any more");
            }
            let there = path.exists();
            shop.mend(&noted, whose)?;
            Ok(if there { Cleaned::Removed(path) } else { Cleaned::Nothing })
        }
        (noted, _) => put_away(
            &shop,
            noted.unwrap_or_else(|| Noted {
                task: task.id.clone(),
                path: path.clone(),
                branch: names::branch(task),
                base: String::new(),
                note: String::new(),
                phase: Phase::Ready,
            }),
            force,
        ),
    }
}

/// The same for a task by its id: what was removed. What is kept is [`Fault::Refused`], saying why.
pub fn task(id: &str, place: Place, force: bool) -> Result<Option<PathBuf>> {
    let settings = settings::load(&place)?;
    let queue = Queue::open(place)?;
    let task = queue.task(id)?;
    let shown = one_line(id, 60);
    if task.status.is_active() {
        let hint = format!("`taskrun macp cancel {shown}` ends it");
        return Err(Fault::refused(format!("task `{shown}` is {}", task.status.word()), hint));
    }
    if !force && !task.status.is_final() && task.attempts.is_some_and(|attempts| attempts > 0) {
        let hint = "`--force` removes its worktree nevertheless";
        return Err(Fault::refused(format!("task `{shown}` waits to be tried again in its worktree"), hint));
    }
    match clean(&task, queue.place(), &settings, force)? {
        Cleaned::Nothing => Ok(None),
        Cleaned::Removed(path) => Ok(Some(path)),
        Cleaned::Kept(path, why) => {
            let hint = "save what is in it, or give `--force`";
            Err(Fault::refused(format!("`{}` is kept: {why}", path.display()), hint))
        }
    }
}

/// Removes the worktrees that wait to be used again: which.
pub fn pool(place: &Place) -> Result<Vec<PathBuf>> {
    let settings = settings::load(place)?;
    let lock = worktree::lock(place)?;
    let shop = Shop { place, settings: &settings, git: Worktrees::new(place.root(), &lock) };
    let mut removed = Vec::new();
    for path in pool::waiting(&shop) {
        match shop.git.remove(&path, true)? {
            Answer::Done => removed.push(path),
            Answer::No(words) => {
                return Err(Fault::refused(format!("git worktree remove: {words}"), "remove it by hand"));
            }
        }
    }
    Ok(removed)
}

/// Removes one, or keeps it for another task, unless something unsaved is in it.
fn put_away(shop: &Shop<'_>, noted: Noted, force: bool) -> Result<Cleaned> {
    let path = noted.path.clone();
    if !force {
        if Shop::branch_of(&path).is_none() && shop.git.is_adrift(&path)? {
            return Ok(Cleaned::Kept(path, "it holds commits that are in no branch".into()));
        }
        if has(&path, "locked") {
            return Ok(Cleaned::Kept(path, "it is locked".into()));
        }
        if has(&path, "modules") {
            return Ok(Cleaned::Kept(
                path,
                "it holds submodules, which may have commits of their own".into(),
            ));
        }
        if !shop.git.is_clean(&path)? {
            return Ok(Cleaned::Kept(path, "it holds changes that are not committed".into()));
        }
        if pool::put(shop, &noted)? {
            shop.forget(&path)?;
            return Ok(Cleaned::Removed(path));
        }
    }
    shop.note(&Noted { phase: Phase::Removing, ..noted })?;
    if let Answer::No(words) = shop.git.remove(&path, true)? {
        return Ok(Cleaned::Kept(path, format!("git worktree remove: {words}")));
    }
    shop.forget(&path)?;
    Ok(Cleaned::Removed(path))
}

/// Whether something is in git's own directory for a worktree.
fn has(path: &Path, name: &str) -> bool {
    let git = fs::read_to_string(path.join(".git")).unwrap_or_default();
    let admin = git.strip_prefix("gitdir:").map(|admin| path.join(admin.trim()));
    admin.is_some_and(|admin| admin.join(name).exists())
}
