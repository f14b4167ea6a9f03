//! Commits `.beads/`, and nothing else, and pushes it where that is wanted.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

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
}

impl Store {
    /// Commits what changed below `.beads/` with `message`, and pushes the branch when `push` says so.
    /// No repository and no remote are no errors: [`Synced::notes`] says it.
    pub fn sync(&self, message: &str, push: bool) -> Result<Synced> {
        let mut synced = Synced::default();
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
            synced.notes.push("nothing changed since the last commit".into());
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
