//! Where the issues are kept: found, read whole, changed only under the lock.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::holds::{Hold, Holds};
use super::load::arenas;
use super::source::{PIECE, Source};
use super::table::{Table, changed_meanwhile};
use crate::domain::workspace::{Origin, Place, Workspace};
use crate::fault::Fault;
use crate::system::lock::Lock;
use crate::system::store;

/// Lock where the directory cannot be locked itself; the `.gitignore` of every `bd` ignores this name
/// (`*.db?*`, `*.lock`).
const LOCK: &str = "taskrun.db.lock";
/// Longest wait for other writers; each holds the lock for milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// One `.beads/issues.jsonl`.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    dir: PathBuf,
    file: PathBuf,
    dolt: bool,
    notices: RefCell<Vec<String>>,
    said: RefCell<HashSet<String>>,
}

impl Store {
    /// Finds the workspace's store; one that was never made is an error with the way to make it.
    pub fn open(workspace: &Workspace) -> Result<Self> {
        let Place { dir, origin, notices } = workspace.tasks()?;
        if !dir.is_dir() {
            let hint = match origin {
                Origin::Env => "run `taskrun beads init`, or unset `BEADS_DIR` and `BEADS_DB`",
                _ => "run `taskrun beads init`",
            };
            return Err(Fault::invalid(
                format!("no task store: `{}` is not a directory", dir.display()),
                hint,
            ));
        }
        let metadata = Metadata::read(&dir);
        let named = metadata.jsonl_export.as_deref().unwrap_or("issues.jsonl");
        // Early versions of `bd` called the file `beads.jsonl`.
        let found = [named, "issues.jsonl", "beads.jsonl"].into_iter().find(|name| dir.join(name).is_file());
        let dolt = metadata.backend.as_deref() == Some("dolt");
        if found.is_none() && dolt {
            return Err(Fault::invalid(
                format!("`{}` has no `issues.jsonl`: `bd` keeps its issues in a database", dir.display()),
                "run `bd export -o .beads/issues.jsonl`",
            ));
        }
        let file = dir.join(found.unwrap_or("issues.jsonl"));
        let root = workspace.root().to_owned();
        Ok(Self { root, dir, file, dolt, notices: RefCell::new(notices), said: RefCell::default() })
    }

    /// The workspace that it was opened for, in which it need not lie.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The `.beads` directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file with the issues.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What the user should know about what was read or written so far; each is handed out once.
    pub fn take_notices(&self) -> Vec<String> {
        self.notices.take()
    }

    /// Reads the issues and hands them to `look`.
    pub fn view<T>(&self, look: impl FnOnce(&Table) -> Result<T>) -> Result<T> {
        self.with_table(|table| look(&table))
    }

    /// [`Store::view`] as the next change will find it: what nobody holds any more is open. Nothing is
    /// written.
    pub fn outlook<T>(&self, look: impl FnOnce(&Table) -> Result<T>) -> Result<T> {
        self.with_table(|mut table| {
            self.tell(&Holds::read(&self.dir).free(&mut table)?);
            look(&table)
        })
    }

    /// Who holds what, and since when.
    pub fn holds(&self) -> Result<Vec<Hold>> {
        let holds = Holds::read(&self.dir);
        // Most stores have none, and need not be read for that.
        if holds.is_empty() { Ok(Vec::new()) } else { self.view(|table| Ok(holds.all(table))) }
    }

    /// Takes the lock, reads the issues, lets `edit` change them, and writes the file when something
    /// changed. An error of `edit`, or of the writing, leaves the file as it was.
    pub fn change<T>(&self, edit: impl FnOnce(&mut Table) -> Result<T>) -> Result<T> {
        self.change_held(|table, _, _| edit(table))
    }

    /// [`Store::change`] where claims are made: `edit` sees those there are and adds its own. What nobody
    /// holds any more is opened first.
    pub(super) fn change_held<T>(
        &self,
        edit: impl FnOnce(&mut Table, &Holds, &mut Vec<Hold>) -> Result<T>,
    ) -> Result<T> {
        let _lock = self.lock()?;
        self.with_table(|mut table| {
            let mut holds = Holds::read(&self.dir);
            let freed = holds.free(&mut table)?;
            let mut new = Vec::new();
            let result = edit(&mut table, &holds, &mut new)?;
            holds.add(new)?;
            if table.is_changed() {
                self.replace(&table)?;
            }
            self.tell(&freed);
            // The change is made; what is left over is left over until the next one.
            let _ = holds.settle(&table);
            Ok(result)
        })
    }

    fn replace(&self, table: &Table) -> Result<()> {
        store::sweep(&self.dir);
        let mut ours = true;
        let replaced = store::replace_by(&self.file, store::SHARED, |draft| {
            let saved = table.save(draft);
            // Whoever writes without the lock must not be written over.
            ours = table.source().is_at(&self.file);
            if ours { saved } else { Err(io::Error::other("it is not what was read")) }
        });
        if !ours {
            return Err(changed_meanwhile(&self.file.display().to_string()));
        }
        replaced?;
        if self.dolt {
            self.notices.borrow_mut().push(
                "`bd` keeps these issues in a database of its own: run `bd import` to take the change over, \
                 or set `backend = \"bd\"` below `[beads]`"
                    .into(),
            );
        }
        Ok(())
    }

    /// The directory is the lock, so that nothing new lies in a project that others share.
    fn lock(&self) -> Result<Lock> {
        match Lock::take_dir(&self.dir, PATIENCE) {
            Err(error) if !error.is::<Fault>() && self.dir.is_dir() => {
                Lock::take(&self.dir.join(LOCK), PATIENCE)
            }
            other => other,
        }
    }

    /// Keeps the issues as they are now under another name, at no cost.
    pub fn keep(&self, path: &Path) -> Result<()> {
        store::remove(path)?;
        store::link(&self.file, path)
    }

    /// Puts back what was kept, where the file is gone; says whether it was.
    pub fn restore(&self, path: &Path) -> Result<bool> {
        if self.file.symlink_metadata().is_ok() {
            return Ok(false);
        }
        store::make_dir(&self.dir)?;
        let _lock = self.lock()?;
        // Another process may have made it meanwhile.
        if self.file.symlink_metadata().is_ok() {
            return Ok(false);
        }
        let Some(text) = store::read_text(path)? else { return Ok(false) };
        store::write(&self.file, store::SHARED, text.as_bytes())?;
        Ok(true)
    }

    /// Reads the file and hands its table over. One that is written to meanwhile is read again.
    fn with_table<T>(&self, then: impl FnOnce(Table) -> Result<T>) -> Result<T> {
        let file = self.file.display().to_string();
        for _ in 0..3 {
            let source = Source::open(&self.file).with_context(|| format!("failed to read `{file}`"))?;
            let mut arenas = arenas();
            let read = Table::load(source.clone(), &mut arenas, PIECE, &file);
            if !source.is_as_it_was() {
                continue;
            }
            let table = read?;
            self.tell(table.notices());
            return then(table);
        }
        Err(changed_meanwhile(&file))
    }

    fn tell(&self, notices: &[String]) {
        let mut said = self.said.borrow_mut();
        let new = notices.iter().filter(|notice| said.insert((*notice).clone()));
        self.notices.borrow_mut().extend(new.cloned());
    }
}

/// What `bd` writes about its own database; ours has none.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Metadata {
    backend: Option<String>,
    jsonl_export: Option<String>,
}

impl Metadata {
    /// A missing or odd file says nothing; it is `bd`'s to complain about.
    fn read(dir: &Path) -> Self {
        let text = fs::read(dir.join("metadata.json")).unwrap_or_default();
        let mut metadata: Self = serde_json::from_slice(&text).unwrap_or_default();
        metadata.jsonl_export.take_if(|name| name.contains('/') || name.is_empty());
        metadata
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
