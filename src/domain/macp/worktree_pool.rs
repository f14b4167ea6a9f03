//! Worktrees that are used again (`worktree_reuse`): a clean one whose task is over is moved aside, and moved to where the
//! next task wants its own, which costs a fraction of writing every file anew. What git ignores stays in it: warm caches.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::worktree::{Noted, Shop};
use crate::system::git::linked::{self, Tree};
use crate::system::git::survey::Survey;
use crate::system::git::worktree::Answer;
use crate::system::store;

/// How the names of those begin that wait below the base.
pub(super) const PREFIX: &str = ".pool-";

/// Most that wait.
const MOST: usize = 64;

/// Moves a waiting one to where it is wanted and has it be at `commit`, on a branch that may have to be made; `None` where none waits, or it would not go.
pub(super) fn take(shop: &Shop<'_>, wanted: &Noted, commit: &str, new: bool) -> Result<Option<Answer>> {
    if !shop.settings.worktree_reuse || wanted.path.exists() {
        return Ok(None);
    }
    let Some((waiting, clean)) = first_fit(shop)? else { return Ok(None) };
    if let Some(dir) = wanted.path.parent() {
        store::make_dir(dir)?;
    }
    if shop.git.rename(&waiting, &wanted.path)? != Answer::Done {
        return Ok(None);
    }
    let answer = shop.git.renew(&wanted.path, (&wanted.branch, new), commit, clean)?;
    if answer != Answer::Done {
        // It is of no use to anybody; a new one may do.
        shop.git.remove(&wanted.path, true)?;
        if new {
            shop.git.drop_branch(&wanted.branch, commit)?;
        }
        return Ok(None);
    }
    Ok(Some(answer))
}

/// The first that the next task cannot tell from a new one, but for what git ignores. Where a task has left more than
/// files in one, it goes: to mend that is no gain over a new one. Says whether it is clean, too.
fn first_fit(shop: &Shop<'_>) -> Result<Option<(PathBuf, bool)>> {
    for path in waiting(shop) {
        let Some(survey) = Survey::of(&path).filter(|survey| survey.is_as_new) else {
            shop.git.remove(&path, true)?;
            continue;
        };
        let clean = shop.git.is_clean_by(&path, Some(&survey))?;
        if let Some(admin) = linked::admin(&path) {
            for name in ["ORIG_HEAD", "FETCH_HEAD", "COMMIT_EDITMSG"] {
                store::remove(&admin.join(name))?;
            }
            // Where the last task's `HEAD` was is nothing to the next.
            store::remove_tree(&admin.join("logs"))?;
        }
        return Ok(Some((path, clean)));
    }
    Ok(None)
}

/// Moves a clean one aside for another task; `false` where none is wanted, or it would not go.
pub(super) fn put(shop: &Shop<'_>, noted: &Noted) -> Result<bool> {
    if !shop.settings.worktree_reuse {
        return Ok(false);
    }
    let base = &shop.settings.worktree_base;
    let free = (1..=MOST)
        .map(|at| base.join(format!("{PREFIX}{at}")))
        .find(|path| fs::symlink_metadata(path).is_err());
    let Some(free) = free else { return Ok(false) };
    // The branch is free for others first; a kill in between leaves a worktree that is still the task's.
    Ok(shop.git.detach(&noted.path)? == Answer::Done && shop.git.rename(&noted.path, &free)? == Answer::Done)
}

/// Those of our repository that wait, the first first.
pub(super) fn waiting(shop: &Shop<'_>) -> Vec<PathBuf> {
    let common = shop.common();
    let ours = |path: &Path| matches!(linked::tree(path), Tree::Linked(of) if Some(&of) == common.as_ref());
    let entries = fs::read_dir(&shop.settings.worktree_base).into_iter().flatten().flatten();
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    let real = named.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut found: Vec<PathBuf> = real.map(|entry| entry.path()).filter(|path| ours(path)).collect();
    found.sort();
    found
}
