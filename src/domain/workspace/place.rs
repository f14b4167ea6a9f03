//! Where a workspace keeps its tasks: found as `bd` finds it, without starting git.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

use super::Workspace;
use crate::fault::Fault;
use crate::system::config::env;
use crate::system::git::linked::{self, Tree};
use crate::system::store;

/// Why tasks are kept where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// `BEADS_DIR` or `BEADS_DB` says so.
    Env,
    /// `.beads/redirect` says so.
    Redirect,
    /// The workspace is a worktree: the repository's main checkout has them.
    Main,
    /// It is the workspace's own `.beads/`.
    Own,
}

/// A directory for tasks, which may be missing still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The directory.
    pub dir: PathBuf,
    /// What it was found by.
    pub origin: Origin,
    /// What the user should know about the search.
    pub notices: Vec<String>,
}

impl Workspace {
    /// Where the tasks are: `BEADS_DIR` or `BEADS_DB` → `.beads/redirect`, one hop → in a linked worktree
    /// the main checkout's `.beads/`, though the worktree has a checked-out copy → its own. A redirect to
    /// nowhere is an error: tasks kept elsewhere meanwhile would be hidden once its target is back.
    pub fn tasks(&self) -> Result<Place> {
        if let Some((_, dir)) = env::beads_dir() {
            let dir = std::path::absolute(dir)?;
            return follow(dir.canonicalize().unwrap_or(dir), Origin::Env);
        }
        self.tasks_by_files()
    }

    /// [`Workspace::tasks`] as the files alone have it.
    fn tasks_by_files(&self) -> Result<Place> {
        let own = self.root().join(".beads");
        let mut place = follow(own.clone(), Origin::Own)?;
        if place.origin == Origin::Redirect || has_database(&own) {
            return Ok(place);
        }
        Ok(match linked::tree(self.root()) {
            Tree::Linked(common) => match shared(&common).into_iter().find(|dir| is_store(dir)) {
                Some(dir) => {
                    let main = follow(dir, Origin::Main)?;
                    let notices = place.notices.into_iter().chain(main.notices).collect();
                    Place { origin: Origin::Main, notices, ..main }
                }
                // What is made is made for all worktrees.
                None if !own.is_dir() => {
                    let main = linked::main_checkout(&common).map(|main| main.join(".beads"));
                    let origin = if main.is_some() { Origin::Main } else { Origin::Own };
                    Place { dir: main.unwrap_or(own), origin, notices: Vec::new() }
                }
                None => {
                    place.notices.extend(self.apart(&common));
                    place
                }
            },
            Tree::Lost(repository) => {
                place.notices.push(format!(
                    "this worktree's repository is not at `{}` any more, so its tasks cannot be shared: \
                     `git worktree repair`, run there, mends it",
                    repository.display()
                ));
                place
            }
            Tree::Main | Tree::None => place,
        })
    }

    /// What to say where each worktree of the repository in `common` has tasks of its own, as `bd` has it
    /// where there is no main checkout: claims in one of them mean nothing in the others.
    fn apart(&self, common: &Path) -> Option<String> {
        let trees = linked::worktrees(common);
        let other =
            trees.iter().find(|tree| tree.as_path() != self.root() && is_store(&tree.join(".beads")))?;
        let shared = shared(common).into_iter().next()?;
        Some(format!(
            "this worktree does not share its tasks with the others of its repository, such as `{}`: a task \
             claimed here is free there; to share them, keep them in `{}`, or set `BEADS_DIR` or \
             `.beads/redirect` in all of them",
            other.display(),
            shared.display()
        ))
    }

    /// Whether this is a linked worktree whose repository keeps tasks for all its worktrees.
    pub(super) fn shares_tasks(&self) -> bool {
        let Tree::Linked(common) = linked::tree(self.root()) else { return false };
        shared(&common).iter().any(|dir| is_store(dir))
    }
}

/// Where the worktrees of the repository in `common` may have their tasks in common.
fn shared(common: &Path) -> Vec<PathBuf> {
    if let Some(main) = linked::main_checkout(common) {
        return vec![main.join(".beads")];
    }
    // Of a bare repository: newer versions of `bd` look in it, older ones beside it.
    let beside = common.parent().map(|dir| dir.join(".beads"));
    [common.join(".beads")].into_iter().chain(beside).collect()
}

/// Whether tasks are kept in `dir`; `bd` has directories of this name that hold other things.
fn is_store(dir: &Path) -> bool {
    let files = ["metadata.json", "config.yaml", "redirect"];
    let kinds = [".jsonl", ".db"];
    let names = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let mut names = names.map(|name| name.to_string_lossy().into_owned());
    names.any(|name| files.contains(&&*name) || kinds.iter().any(|kind| name.ends_with(kind)))
        || has_database(dir)
}

/// Whether a `bd` that keeps a database for this very worktree works in `dir`.
fn has_database(dir: &Path) -> bool {
    ["dolt", "embeddeddolt"].iter().any(|name| dir.join(name).is_dir())
}

/// Follows `redirect` in `dir`: one line, relative to the project, one hop.
fn follow(dir: PathBuf, origin: Origin) -> Result<Place> {
    let mut place = Place { dir, origin, notices: Vec::new() };
    let file = place.dir.join("redirect");
    // A directory that cannot be searched, or is none, will be told.
    if file.symlink_metadata().is_err() {
        return Ok(place);
    }
    if !file.is_file() {
        return Err(Fault::invalid(
            format!("`{}` is not a file that can be read", file.display()),
            "have it name the directory with the tasks, or remove it",
        ));
    }
    let text = store::read_text(&file)?.unwrap_or_default();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let Some(line) = lines.next() else { return Ok(place) };
    let target = place.dir.parent().unwrap_or(&place.dir).join(line);
    if !target.is_dir() {
        let (file, target) = (file.display(), target.display());
        return Err(Fault::invalid(
            format!("`{file}` says that tasks are kept in `{target}`, which is not a directory"),
            "bring that directory back, name another one, or remove the redirect",
        ));
    }
    place.dir = target.canonicalize().unwrap_or(target);
    place.origin = if origin == Origin::Env { Origin::Env } else { Origin::Redirect };
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Path and text; `TOP` stands for the top directory.
    type Files<'a> = &'a [(&'a str, &'a str)];

    fn layout(files: Files) -> (tempfile::TempDir, PathBuf) {
        let temp = tempfile::tempdir().unwrap();
        let top = temp.path().canonicalize().unwrap();
        for (path, text) in files {
            let path = top.join(path);
            store::make_dir(path.parent().unwrap()).unwrap();
            store::write(&path, store::SHARED, text.replace("TOP", top.to_str().unwrap()).as_bytes())
                .unwrap();
        }
        (temp, top)
    }

    const MAIN: [(&str, &str); 2] =
        [("main/.git/worktrees/w/commondir", "../..\n"), ("w/.git", "gitdir: TOP/main/.git/worktrees/w\n")];
    const BARE: [(&str, &str); 2] =
        [("p/repo.git/worktrees/w/commondir", "../..\n"), ("w/.git", "gitdir: TOP/p/repo.git/worktrees/w\n")];

    #[test]
    fn a_worktree_uses_the_main_checkouts_tasks() {
        use Origin::{Main, Own, Redirect};
        let (main, copy) = (("main/.beads/issues.jsonl", ""), ("w/.beads/issues.jsonl", ""));
        let table: [(&str, Files, &str, Origin); 12] = [
            ("no copy of its own", &[main], "main/.beads", Main),
            ("a checked-out copy", &[main, copy], "main/.beads", Main),
            ("none anywhere", &[], "main/.beads", Main),
            ("only a copy", &[copy], "w/.beads", Own),
            ("a registry is no store", &[("main/.beads/registry.json", ""), copy], "w/.beads", Own),
            ("only settings in main", &[("main/.beads/config.yaml", ""), copy], "main/.beads", Main),
            ("a database of its own", &[main, copy, ("w/.beads/dolt/x", "")], "w/.beads", Own),
            ("a classic database", &[main, copy, ("w/.beads/beads.db", "")], "main/.beads", Main),
            (
                "a redirect in the worktree",
                &[main, ("w/.beads/redirect", "# to\n\n ../other/.beads \n"), ("other/.beads/x", "")],
                "other/.beads",
                Redirect,
            ),
            (
                "a redirect in main",
                &[main, ("main/.beads/redirect", "TOP/other"), ("other/x", "")],
                "other",
                Main,
            ),
            (
                "one hop only",
                &[("w/.beads/redirect", "../b"), ("b/redirect", "../c"), ("c/issues.jsonl", "")],
                "b",
                Redirect,
            ),
            ("an empty redirect", &[main, ("w/.beads/redirect", "\n#\n")], "main/.beads", Main),
        ];
        for (name, files, expected, origin) in table {
            let (_temp, top) = layout(&[&MAIN[..], files].concat());
            let place = Workspace::at(top.join("w")).tasks_by_files().unwrap();
            assert_eq!((place.dir, place.origin), (top.join(expected), origin), "{name}");
        }
        for nowhere in [("w/.beads/redirect", "../gone"), ("main/.beads/redirect", "../gone")] {
            let (_temp, top) = layout(&[&MAIN[..], &[main, copy, nowhere]].concat());
            let error = Workspace::at(top.join("w")).tasks_by_files().unwrap_err().to_string();
            assert!(error.contains(nowhere.0) && error.contains("../gone"), "{error}");
        }
    }

    #[test]
    fn a_bare_repository_has_them_in_it_or_beside_it() {
        let (inside, beside) = (("p/repo.git/.beads/issues.jsonl", ""), ("p/.beads/issues.jsonl", ""));
        let copy = ("w/.beads/issues.jsonl", "");
        let table: [(Files, &str, bool); 4] = [
            (&[inside, beside, copy], "p/repo.git/.beads", true),
            (&[beside, copy], "p/.beads", true),
            (&[copy], "w/.beads", false),
            (&[], "w/.beads", false),
        ];
        for (files, expected, shares) in table {
            let (_temp, top) = layout(&[&BARE[..], files].concat());
            let workspace = Workspace::at(top.join("w"));
            assert_eq!(workspace.tasks_by_files().unwrap().dir, top.join(expected));
            assert_eq!(workspace.shares_tasks(), shares);
        }
        // Each worktree with a store of its own is told so.
        let admin = ("p/repo.git/worktrees/v/gitdir", "TOP/v/.git\n");
        let table: [(Files, usize); 4] = [
            (&[copy, admin, ("v/.beads/issues.jsonl", "")], 1),
            (&[copy, admin, ("v/other", "")], 0),
            (&[copy, ("p/repo.git/worktrees/w/gitdir", "TOP/w/.git\n")], 0),
            (&[copy, admin, ("v/.beads/issues.jsonl", ""), beside], 0),
        ];
        for (files, notices) in table {
            let (_temp, top) = layout(&[&BARE[..], files].concat());
            let place = Workspace::at(top.join("w")).tasks_by_files().unwrap();
            assert_eq!(place.notices.len(), notices, "{:?}", place.notices);
        }
    }

    #[test]
    fn a_lost_repository_is_told_and_a_directory_below_keeps_its_own() {
        let (_temp, top) = layout(&[
            ("w/.git", "gitdir: TOP/gone/.git/worktrees/w\n"),
            ("w/.beads/issues.jsonl", ""),
            ("w/below/.beads/issues.jsonl", ""),
        ]);
        let place = Workspace::at(top.join("w")).tasks_by_files().unwrap();
        assert_eq!((place.dir, place.origin), (top.join("w/.beads"), Origin::Own));
        assert!(place.notices[0].contains("git worktree repair"), "{:?}", place.notices);
        let below = Workspace::at(top.join("w/below")).tasks_by_files().unwrap();
        assert_eq!((below.dir, below.notices.len()), (top.join("w/below/.beads"), 0));
    }
}
