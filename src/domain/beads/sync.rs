//! Commits `.beads/`, and nothing else, and pushes it where that is wanted.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

use super::bd::Bd;
use super::holds::is_private;
use super::store::Store;
use crate::fault::Fault;
use crate::system::git::linked::{self, Tree};
use crate::system::git::{Commit, Committed, Repo, Status};
use crate::system::store::is_temporary;

/// What [`Store::sync`] did.
#[derive(Debug, Default, Serialize)]
pub struct Synced {
    /// The commit that was made, if there was anything to commit.
    pub commit: Option<String>,
    /// What is in it, relative to the top of the work tree.
    pub files: Vec<PathBuf>,
    /// The top of that work tree, where there is one.
    pub repository: Option<PathBuf>,
    /// The branch checked out there.
    pub branch: Option<String>,
    /// Whether it was pushed.
    pub pushed: bool,
    /// Why there is no commit or no push, in words; empty where there is both.
    pub notes: Vec<String>,
    /// What was taken over from the database of `bd`.
    pub from_bd: Vec<String>,
    /// What was handed over to it.
    pub to_bd: Vec<String>,
}

/// What is to be exchanged with the database of a `bd` beside the store, before anything is committed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WithBd {
    /// Take over what is newer there.
    pub from: bool,
    /// Hand over what is newer here.
    pub to: bool,
}

impl Store {
    /// Commits what changed below `.beads/` with `message`, and pushes the branch when `push` says so.
    /// No repository and no remote are no errors: [`Synced::notes`] says it.
    pub fn sync(&self, message: &str, push: bool, with: WithBd) -> Result<Synced> {
        let mut synced = Synced::default();
        self.exchange(with, &mut synced)?;
        let Some(mut repo) = Repo::find(self.dir())? else {
            synced
                .notes
                .push(format!("`{}` is in no git repository: nothing to commit to", self.dir().display()));
            return Ok(synced);
        };
        if let Some(what) = repo.busy() {
            return Err(Fault::refused(
                format!("`{}`: {what} is under way", repo.top().display()),
                "finish it with git, then sync again",
            ));
        }
        let status = repo.status()?;
        let (paths, new) = self.changed(&repo, &status)?;
        synced.repository = Some(repo.top().to_owned());
        synced.branch.clone_from(&status.branch);
        let here = self.root().ancestors().find(|dir| linked::tree(dir) != Tree::None);
        if here.is_some_and(|here| fs::canonicalize(here).ok() != fs::canonicalize(repo.top()).ok()) {
            let branch = status.branch.as_deref().unwrap_or("no branch");
            synced.notes.push(format!(
                "tasks are kept in another checkout: `{}`, on `{branch}`, is what is committed to",
                repo.top().display()
            ));
        }
        if paths.is_empty() {
            let ignored = repo.ignores(self.file())?;
            synced.notes.push(if ignored {
                format!("git ignores `{}`: it is never committed", self.file().display())
            } else {
                "nothing changed since the last commit".into()
            });
        } else {
            repo.ensure_identity()?;
            synced.commit = commit(&repo, message, &paths, &new)?;
            synced.files = paths;
        }
        if push {
            if repo.remotes()?.is_empty() {
                synced
                    .notes
                    .push("there is no remote to push to: `git remote add origin URL` names one".into());
            } else if status.branch.is_none() {
                synced.notes.push("HEAD is on no branch: nothing to push".into());
            } else {
                repo.push(None)?;
                synced.pushed = true;
            }
        }
        Ok(synced)
    }

    /// Brings `issues.jsonl` and the database of `bd` together, as far as that is wanted.
    fn exchange(&self, with: WithBd, synced: &mut Synced) -> Result<()> {
        if let Some(bd) = self.bd() {
            if with.from || with.to {
                return Err(Fault::usage(
                    "`bd` keeps these issues itself: there is nothing else to exchange with",
                    "leave out `--from-bd` and `--to-bd`; `sync` writes `issues.jsonl` anyway",
                ));
            }
            synced.to_bd = bd.settle(self)?;
            synced.notes.extend(self.take_notices());
            if !synced.to_bd.is_empty() {
                let ids = synced.to_bd.join(", ");
                synced.notes.push(format!("`issues.jsonl` was fresher than the database: imported {ids}"));
            }
            return Ok(());
        }
        if !with.from && !with.to {
            return Ok(());
        }
        if !self.has_database() {
            return Err(Fault::refused(
                format!("`{}` has no database of `bd` 1.x to exchange with", self.dir().display()),
                "`bd` 0.47 to 0.49 reads and writes `issues.jsonl` itself; `bd init --from-jsonl` makes a database",
            ));
        }
        let bd = Bd::find(self.dir(), true)?;
        let together = bd.bring_together(self, with)?;
        synced.from_bd = together.taken;
        synced.to_bd = together.given;
        synced.notes.extend(together.notes);
        let note = |id: &String| format!("`{id}` is deleted here; `bd delete {id} --force` deletes it there");
        synced.notes.extend(together.deleted.iter().map(note));
        Ok(())
    }

    /// What differs from HEAD below `.beads/`, and which of it git does not know yet.
    fn changed(&self, repo: &Repo, status: &Status) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
        let real = |path: &Path| {
            fs::canonicalize(path).with_context(|| format!("failed to find `{}`", path.display()))
        };
        let dir = real(self.dir())?;
        let top = real(repo.top())?;
        let below = dir.strip_prefix(&top).unwrap_or(&dir);
        let ours = |path: &Path| path.starts_with(below) && !is_temporary(path) && !is_private(path);
        let ours = status.entries.iter().filter(|(path, _)| ours(path));
        let ours: Vec<_> = ours.collect();
        if let Some((path, _)) = ours.iter().find(|(_, entry)| entry.unmerged) {
            return Err(Fault::refused(
                format!("`{}` has merge conflicts", path.display()),
                "resolve them and `git add` the file",
            ));
        }
        let new = ours.iter().filter(|(_, entry)| entry.untracked).map(|(path, _)| (*path).clone()).collect();
        Ok((ours.into_iter().map(|(path, _)| path.clone()).collect(), new))
    }
}

fn commit(repo: &Repo, message: &str, paths: &[PathBuf], new: &[PathBuf]) -> Result<Option<String>> {
    let scratch = tempfile::tempdir().context("failed to make a temporary directory")?;
    let commit = Commit { message, paths, new, shared: &[], scratch: scratch.path() };
    match repo.commit(None, &commit)? {
        Committed::Made(id, _) => Ok(Some(id)),
        Committed::Nothing(_) => Ok(None),
        Committed::Refused(words) => Err(Fault::refused(
            format!("git refused the commit: {words}"),
            "see what the hooks of the repository say",
        )),
    }
}
