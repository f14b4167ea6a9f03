//! Worktrees of tasks: made before the first attempt, kept between attempts, removed at the end.
//!
//! A worktree is a task's own by a note in the queue's `state/worktrees/`, written before git is asked for it. So a
//! half-made one is known as such and made anew, another's is left alone, and what is nobody's is never touched.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::place::Place;
use super::settings::Settings;
use super::task::Task;
use super::within::{Out, Within};
pub use super::worktree_clean::{Cleaned, clean, cleanup, left};
use super::worktree_names as names;
use super::worktree_pool as pool;
use crate::domain::agents::one_line;
use crate::domain::beads::exchange::digest;
use crate::system::git::linked::{self, Head, Tree};
use crate::system::git::worktree::{Answer, Refs, Worktrees, changed_since};
use crate::system::lock::Lock;
use crate::system::store;

/// How long one waits for the worktrees of others to be made; large ones take seconds each.
const PATIENCE: Duration = Duration::from_secs(600);

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

/// Why a task cannot have its worktree. It fails with that at once: its worker was not started, no attempt is counted.
#[derive(Debug, thiserror::Error)]
#[error("no worktree: {message}")]
pub struct NoWorktree {
    /// Why.
    pub message: String,
}

impl NoWorktree {
    fn because(message: impl Into<String>) -> anyhow::Error {
        Self { message: message.into() }.into()
    }
}

/// What is noted of a worktree.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Noted {
    /// The task that it is of.
    pub task: String,
    /// Where it is.
    pub path: PathBuf,
    /// The branch it was made on.
    pub branch: String,
    /// The commit that it was made from.
    pub base: String,
    /// How that was chosen.
    pub note: String,
    /// Whether it is being made, there, or being removed.
    pub phase: Phase,
    /// When the task was submitted: another one may have its id later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Phase {
    Making,
    Ready,
    Removing,
}

/// The directory of the worktree that a task asks for; `None` where it asks for none. It need not be there.
pub fn path(task: &Task, settings: &Settings) -> Result<Option<PathBuf>> {
    let Some(given) = task.worktree.as_deref().filter(|_| task.dispatch.is_some()) else { return Ok(None) };
    let name = names::name(&task.id);
    let given = if given.is_empty() { &name } else { given };
    let led = inside(&mut Within::new(&settings.worktree_base), given);
    led.map(Some).map_err(|words| NoWorktree::because(format!("`worktree` {words}")))
}

/// Where a task's `worktree` leads below the base; else what is wrong with it.
pub(super) fn inside(base: &mut Within, given: &str) -> Result<PathBuf, String> {
    let home = crate::system::config::env::home();
    let whole = match (given.strip_prefix("~/"), &home) {
        (Some(rest), Some(home)) => home.join(rest).display().to_string(),
        // Of another user, or a home that nobody knows.
        _ if given.starts_with('~') => return Err("begins with `~`".into()),
        _ => given.to_owned(),
    };
    let shown = base.dir().display().to_string();
    let led = base.unlinked(&whole).map_err(|out| match out {
        Out::Outside => format!("leads out of `{shown}`"),
        Out::Link => format!("goes through a link below `{shown}`"),
        other => other.words().to_owned(),
    })?;
    let inner =
        super::within::real(base.dir()).and_then(|base| led.strip_prefix(base).ok().map(Path::to_owned));
    let inner = inner.unwrap_or_default();
    let git = |part: Component<'_>| part.as_os_str().eq_ignore_ascii_case(".git");
    if inner.components().any(git) {
        return Err("names a part of a repository".into());
    }
    if inner.to_string_lossy().starts_with(pool::PREFIX) {
        return Err(format!("begins with `{}`, which is taskrun's own", pool::PREFIX));
    }
    let above = inner.ancestors().skip(1).filter(|part| !part.as_os_str().is_empty());
    let depth = inner.components().count();
    let mut dirs = above.zip(led.ancestors().skip(1).take(depth.saturating_sub(1)));
    if dirs.any(|(_, dir)| linked::tree(dir) != Tree::None) {
        return Err("lies in another work tree".into());
    }
    Ok(led)
}

/// Has the directory ready in which a task works: its worktree if it names one, made where it is missing, else the
/// repository. Errors: [`NoWorktree`], with nothing left behind.
pub fn prepare(task: &Task, place: &Place, settings: &Settings) -> Result<Ground> {
    let Some(path) = path(task, settings)? else {
        return Ok(Ground { dir: place.root().to_owned(), branch: None, base: None, note: None });
    };
    let branch = names::branch(task);
    if !names::is_branch(&branch) {
        return Err(NoWorktree::because(format!("`{}` is no branch", one_line(&branch, 60))));
    }
    let lock = lock(place)?;
    let shop = Shop { place, settings, git: Worktrees::new(place.root(), &lock) };
    let noted = shop.noted(&path)?;
    if let Some(noted) = &noted
        && noted.task != task.id
    {
        let other = one_line(&noted.task, 60);
        return Err(NoWorktree::because(format!("`{}` is that of task `{other}`", path.display())));
    }
    match (noted, shop.whose(&path)) {
        (Some(noted), Whose::Ours) if noted.phase == Phase::Ready => return of_task(noted, task),
        (Some(noted), whose) => shop.mend(&noted, whose)?,
        (None, Whose::Ours) => return shop.adopt(task, path, &branch),
        (None, Whose::Nobodys) => {}
        (None, Whose::Foreign) => {
            let words = format!("`{}` is there already and was not made for the task", path.display());
            return Err(NoWorktree::because(words));
        }
    }
    shop.make(task, path, branch)
}

/// The paths that were added, changed or deleted in it, committed or not, relative to its top. Without a worktree there is
/// no telling whose changes they are: nothing.
pub fn files_changed(ground: &Ground) -> Result<Vec<String>> {
    match &ground.base {
        Some(base) => changed_since(&ground.dir, base),
        None => Ok(Vec::new()),
    }
}

/// Held while worktrees are made and removed.
pub(super) fn lock(place: &Place) -> Result<Lock> {
    store::make_dir(&place.state())?;
    Lock::take(&place.state().join("worktrees.lock"), PATIENCE)
}

/// A worktree that is there, unless an earlier task of the same id has left it.
fn of_task(noted: Noted, task: &Task) -> Result<Ground> {
    if noted.submitted.zip(task.created_at).is_some_and(|(one, other)| one != other) {
        let (path, id) = (noted.path.display(), one_line(&task.id, 60));
        return Err(NoWorktree::because(format!(
            "`{path}` was left by an earlier task `{id}`; save what is in it, then `taskrun macp clean {id} --force`"
        )));
    }
    Ok(ground(noted))
}

fn ground(noted: Noted) -> Ground {
    Ground { dir: noted.path, branch: Some(noted.branch), base: Some(noted.base), note: Some(noted.note) }
}

/// Whose a directory is, as far as files tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Nothing is there, or an empty directory.
    Nobodys,
    /// A worktree of our repository.
    Ours,
    /// Anything else.
    Foreign,
}

fn note_file(place: &Place, path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| names::slug(&name.to_string_lossy())).unwrap_or_default();
    place.state().join("worktrees").join(format!("{name}-{}.json", digest(&path.to_string_lossy())))
}

/// What is noted of the worktree there.
pub(super) fn noted(place: &Place, path: &Path) -> Result<Option<Noted>> {
    let text = store::read_text(&note_file(place, path))?;
    // One that a power loss emptied says nothing.
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Where worktrees are made, under the lock.
pub(super) struct Shop<'s> {
    pub place: &'s Place,
    pub settings: &'s Settings,
    pub git: Worktrees<'s>,
}

impl Shop<'_> {
    pub(super) fn noted(&self, path: &Path) -> Result<Option<Noted>> {
        noted(self.place, path)
    }

    pub(super) fn note(&self, noted: &Noted) -> Result<()> {
        store::make_dir(&self.place.state().join("worktrees"))?;
        store::write_json_soon(&note_file(self.place, &noted.path), noted)
    }

    pub(super) fn forget(&self, path: &Path) -> Result<()> {
        store::remove(&note_file(self.place, path))
    }

    /// Our repository's directory.
    pub(super) fn common(&self) -> Option<PathBuf> {
        let top = self.place.root().ancestors().find(|dir| linked::tree(dir) != Tree::None)?;
        match linked::tree(top) {
            Tree::Linked(common) => Some(common),
            // A repository apart from its checkout has a `.git` file.
            _ => linked::admin(top).unwrap_or_else(|| top.join(".git")).canonicalize().ok(),
        }
    }

    pub(super) fn whose(&self, path: &Path) -> Whose {
        match fs::symlink_metadata(path) {
            Err(_) => return Whose::Nobodys,
            Ok(meta) if !meta.is_dir() => return Whose::Foreign,
            Ok(_) => {}
        }
        match linked::tree(path) {
            Tree::Linked(common) if Some(&common) == self.common().as_ref() => Whose::Ours,
            Tree::None if fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none()) => {
                Whose::Nobodys
            }
            _ => Whose::Foreign,
        }
    }

    /// The branch that is checked out there.
    pub(super) fn branch_of(path: &Path) -> Option<String> {
        match linked::head(path)? {
            Head::Branch(branch) => Some(branch),
            Head::Commit(_) => None,
        }
    }

    /// Takes away what is left of one that was being made or removed, or was lost. Nobody has worked in it since.
    pub(super) fn mend(&self, noted: &Noted, whose: Whose) -> Result<()> {
        let path = &noted.path;
        // What git does not take for a worktree may be half of one, if git still knows of one there.
        let half = || self.common().is_some_and(|common| linked::worktrees(&common).contains(path));
        if whose == Whose::Foreign && (noted.phase == Phase::Ready || path.join(".git").is_dir() || !half()) {
            let words =
                format!("`{}` is there already and is no worktree of this repository", path.display());
            return Err(NoWorktree::because(words));
        }
        // Git says no where it knows of none there.
        self.git.remove(path, true)?;
        if whose != Whose::Nobodys {
            store::remove_tree(path)?;
        }
        self.forget(path)
    }

    /// Takes one whose note was lost, if it is on the task's own branch.
    fn adopt(&self, task: &Task, path: PathBuf, branch: &str) -> Result<Ground> {
        if Self::branch_of(&path).as_deref() != Some(branch) {
            let words = format!("`{}` is a worktree already, on another branch", path.display());
            return Err(NoWorktree::because(words));
        }
        let refs = self.refs(branch)?;
        let (_, start) = self.start(&refs)?;
        let base = self.git.merge_base(branch, &start)?.unwrap_or(start);
        let note = format!("found on `{branch}`");
        let noted = Noted {
            task: task.id.clone(),
            path,
            branch: branch.to_owned(),
            base,
            note,
            phase: Phase::Ready,
            submitted: task.created_at,
        };
        self.note(&noted)?;
        Ok(ground(noted))
    }

    fn refs(&self, branch: &str) -> Result<Refs> {
        self.git.refs(branch)?.map_err(|words| NoWorktree::because(format!("git worktree add: {words}")))
    }

    /// What a new branch starts from: in words, and its commit.
    fn start(&self, refs: &Refs) -> Result<(String, String)> {
        if let Some(commit) = &refs.origin_main {
            return Ok(("from `origin/main`".into(), commit.clone()));
        }
        if let Some((name, commit)) = &refs.origin_head {
            let words = format!("from `{name}`, which is `origin/HEAD`: there is no `origin/main`");
            return Ok((words, commit.clone()));
        }
        let head = self.git.head()?.ok_or_else(|| NoWorktree::because("the repository has no commit yet"))?;
        Ok(("from `HEAD`: there is neither `origin/main` nor `origin/HEAD`".into(), head))
    }

    fn make(&self, task: &Task, path: PathBuf, branch: String) -> Result<Ground> {
        let refs = self.refs(&branch)?;
        if let Some(other) = refs.checked_out.as_ref().filter(|other| **other != path) {
            let words = format!("branch `{branch}` is checked out in `{}`", other.display());
            return Err(NoWorktree::because(words));
        }
        let (start, commit) = self.start(&refs)?;
        let (base, note) = match &refs.branch {
            Some(tip) => {
                let base = self.git.merge_base(tip, &commit)?.unwrap_or_else(|| tip.clone());
                (base, format!("on the branch `{branch}`, which was there"))
            }
            None => (commit.clone(), start),
        };
        let noted = Noted {
            task: task.id.clone(),
            path,
            branch,
            base,
            note,
            phase: Phase::Making,
            submitted: task.created_at,
        };
        self.note(&noted)?;
        let new = refs.branch.is_none().then_some(commit.as_str());
        let tip = refs.branch.as_deref().unwrap_or(&commit);
        let answer = match pool::take(self, &noted, tip, new.is_some())? {
            Some(answer) => answer,
            None => self.added(&noted, new)?,
        };
        if let Answer::No(words) = answer {
            self.undo(&noted, new)?;
            return Err(NoWorktree::because(format!("git worktree add: {words}")));
        }
        let noted = Noted { phase: Phase::Ready, ..noted };
        self.note(&noted)?;
        Ok(ground(noted))
    }

    /// Adds it, also where git still knows of one there that somebody has deleted.
    fn added(&self, noted: &Noted, new: Option<&str>) -> Result<Answer> {
        let answer = self.git.add(&noted.path, &noted.branch, new)?;
        match &answer {
            Answer::No(words) if words.contains("missing but already registered") => {
                self.git.remove(&noted.path, true)?;
                // The first try may have made the branch.
                let there = self.refs(&noted.branch)?.branch.is_some();
                self.git.add(&noted.path, &noted.branch, new.filter(|_| !there))
            }
            _ => Ok(answer),
        }
    }

    /// Leaves nothing of one that could not be made.
    fn undo(&self, noted: &Noted, new: Option<&str>) -> Result<()> {
        if self.whose(&noted.path) == Whose::Ours {
            self.git.remove(&noted.path, true)?;
            store::remove_tree(&noted.path)?;
        }
        if let Some(commit) = new {
            self.git.drop_branch(&noted.branch, commit)?;
        }
        self.forget(&noted.path)
    }
}
