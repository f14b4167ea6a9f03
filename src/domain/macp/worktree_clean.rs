//! What becomes of a task's worktree once the task is over.

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
use crate::system::git::linked;
use crate::system::git::worktree::{Answer, Worktrees};
use crate::system::store;

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
    /// What is there was never the task's; in words.
    Foreign(PathBuf, String),
}

/// Removes the task's worktree once the task is over, unless it holds unsaved work (then a note says so) or worktrees are
/// kept by the settings. The branch stays.
pub fn cleanup(task: &Task, place: &Place, settings: &Settings) -> Result<Option<String>> {
    if !settings.cleanup_worktrees {
        return Ok(None);
    }
    Ok(match clean(task, place, settings, false)? {
        Cleaned::Kept(path, why) => Some(format!("`{}` is kept: {why}", path.display())),
        Cleaned::Nothing | Cleaned::Removed(_) | Cleaned::Foreign(..) => None,
    })
}

/// The worktree of a task, where it is still there.
pub fn left(task: &Task, place: &Place, settings: &Settings) -> Option<PathBuf> {
    let path = worktree::path(task, settings).ok().flatten().filter(|path| path.exists())?;
    let noted = worktree::noted(place, &path).ok().flatten()?;
    (noted.task == task.id).then_some(path)
}

/// The same, whatever the settings say; `force` removes it with what is unsaved in it.
pub fn clean(task: &Task, place: &Place, settings: &Settings, force: bool) -> Result<Cleaned> {
    let path = match worktree::path(task, settings) {
        Ok(Some(path)) => path,
        Ok(None) => return Ok(Cleaned::Nothing),
        Err(error) => return led_astray(task, place, settings, &error.to_string()),
    };
    let lock = worktree::lock(place)?;
    let shop = Shop { place, settings, git: Worktrees::new(place.root(), &lock) };
    let cleaned = clear(&shop, task, &path, force)?;
    if matches!(cleaned, Cleaned::Removed(_)) {
        // Git makes the directories above, and leaves them.
        let above = path.ancestors().skip(1);
        let base = super::within::real(&settings.worktree_base);
        let inner =
            above.take_while(|dir| base.as_ref().is_some_and(|base| dir != base && dir.starts_with(base)));
        let _ = inner.take_while(|dir| store::remove_empty(dir)).count();
    }
    Ok(cleaned)
}

/// What there is to say where a task's `worktree` leads nowhere that could be its own. A link may have taken its place.
fn led_astray(task: &Task, place: &Place, settings: &Settings, why: &str) -> Result<Cleaned> {
    let given = task.worktree.as_deref().unwrap_or_default();
    let name = if given.is_empty() { names::name(&task.id) } else { given.to_owned() };
    let base = super::within::real(&settings.worktree_base);
    let path = base.unwrap_or_else(|| settings.worktree_base.clone()).join(name);
    let lock = worktree::lock(place)?;
    let shop = Shop { place, settings, git: Worktrees::new(place.root(), &lock) };
    let ours = shop.noted(&path)?.is_some_and(|noted| noted.task == task.id);
    let cleaned = if ours { Cleaned::Kept } else { Cleaned::Foreign };
    Ok(cleaned(path, why.to_owned()))
}

fn clear(shop: &Shop<'_>, task: &Task, path: &Path, force: bool) -> Result<Cleaned> {
    let path = path.to_owned();
    let noted = shop.noted(&path)?;
    let foreign = |why: &str| Ok(Cleaned::Foreign(path.clone(), why.to_owned()));
    match (noted, shop.whose(&path)) {
        (Some(noted), _) if noted.task != task.id => foreign("it is another task's"),
        (None, Whose::Nobodys) => Ok(Cleaned::Nothing),
        (None, Whose::Foreign) => foreign("it was not made for the task"),
        (None, Whose::Ours) if Shop::branch_of(&path).as_deref() != Some(&*names::branch(task)) => {
            foreign("it was not made for the task")
        }
        (Some(noted), whose) if noted.phase != Phase::Ready || whose != Whose::Ours => {
            if whose == Whose::Foreign {
                let why = "it is no worktree of this repository any more";
                return Ok(Cleaned::Kept(path, why.into()));
            }
            let there = path.exists();
            shop.mend(&noted, whose)?;
            Ok(if there { Cleaned::Removed(path) } else { Cleaned::Nothing })
        }
        (noted, _) => put_away(
            shop,
            noted.unwrap_or_else(|| Noted {
                task: task.id.clone(),
                path: path.clone(),
                branch: names::branch(task),
                base: String::new(),
                note: String::new(),
                phase: Phase::Ready,
                submitted: task.created_at,
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
        Cleaned::Kept(path, why) | Cleaned::Foreign(path, why) => {
            let hint = if force { "see to it by hand" } else { "save what is in it, or give `--force`" };
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
        let mut commits = linked::strayed(&path, &noted.branch);
        if Shop::branch_of(&path).is_none() {
            commits.push("HEAD".into());
        }
        if !commits.is_empty() && shop.git.is_adrift(&path, &commits)? {
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
    linked::admin(path).is_some_and(|admin| admin.join(name).exists())
}
