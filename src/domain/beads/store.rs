//! Where the issues are kept: found, read whole, changed only under the lock.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::bd::Bd;
use super::customs::Customs;
use super::holds::{Hold, Holds};
use super::load::arenas;
use super::source::{PIECE, Source};
use super::table::{Table, changed_meanwhile};
use crate::domain::workspace::{Origin, Place, Workspace, absent};
use crate::fault::Fault;
use crate::system::config::{self, Backend};
use crate::system::lock::Lock;
use crate::system::store;

/// Lock where the directory cannot be locked itself; the `.gitignore` of every `bd` ignores this name
/// (`*.db?*`, `*.lock`).
const LOCK: &str = "taskrun.db.lock";
/// Longest wait for other writers; each holds the lock for milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);
/// The same where each of them has `bd` do it, which takes seconds.
const PATIENCE_BD: Duration = Duration::from_secs(300);

/// What `bd` itself is asked before a look, where it keeps the issues.
#[derive(Debug, Clone, Copy)]
pub enum Question<'a> {
    /// What is ready.
    Ready,
    /// Which issues there are.
    List,
    /// These issues.
    Show(&'a [String]),
}

/// One `.beads/issues.jsonl`, or the `bd` that keeps the issues instead.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    dir: PathBuf,
    file: PathBuf,
    dolt: bool,
    /// The real one, where it is to do everything.
    bd: Option<Bd>,
    customs: Customs,
    notices: RefCell<Vec<String>>,
    said: RefCell<HashSet<String>>,
}

impl Store {
    /// Finds the workspace's store; one that was never made is an error with the way to make it.
    pub fn open(workspace: &Workspace) -> Result<Self> {
        let store = Self::found(workspace)?;
        if store.is_elsewhere() {
            return Err(Fault::invalid(
                format!(
                    "`{}` has no `issues.jsonl`: `bd` keeps its issues in a database",
                    store.dir.display()
                ),
                "run `taskrun beads sync --from-bd` (or `bd export -o .beads/issues.jsonl`), or set \
                 `backend = \"bd\"` below `[beads]`",
            ));
        }
        Ok(store)
    }

    /// [`Store::open`], also where a database of `bd` has no `issues.jsonl` beside it yet.
    pub fn found(workspace: &Workspace) -> Result<Self> {
        let Place { dir, origin, notices } = workspace.tasks()?;
        if !dir.is_dir() {
            absent::check(&dir.join("issues.jsonl"))?;
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
        let candidates = [named, "issues.jsonl", "beads.jsonl"];
        let found = candidates.into_iter().find(|name| dir.join(name).symlink_metadata().is_ok());
        let dolt = metadata.backend.as_deref() == Some("dolt");
        let file = dir.join(found.unwrap_or("issues.jsonl"));
        let root = workspace.root().to_owned();
        let bd = match config::backend(&workspace.config_file())? {
            Backend::Builtin => None,
            Backend::Bd => Some(Bd::find(&dir, dolt)?),
        };
        let customs = Customs::read(&dir)?;
        let (notices, said) = (RefCell::new(notices), RefCell::default());
        let this = Self { root, dir, file, dolt, bd, customs, notices, said };
        if found.is_some() || this.bd.is_some() || dolt {
            this.check()?;
        } else {
            let different = &candidates[usize::from(candidates[0] == candidates[1])..];
            different.iter().try_for_each(|name| absent::check(&this.dir.join(name)))?;
        }
        Ok(this)
    }

    /// Fails where the file is not one, or is missing though git has it.
    fn check(&self) -> Result<()> {
        if self.bd.is_some() || self.is_elsewhere() { Ok(()) } else { absent::check(&self.file) }
    }

    /// The workspace that it was opened for, in which it need not lie.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether all issues are in a database of `bd`, which we are not told to use.
    pub fn is_elsewhere(&self) -> bool {
        self.bd.is_none() && self.dolt && self.file.symlink_metadata().is_err()
    }

    /// The `.beads` directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file with the issues.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Whether `bd` keeps the issues in a database and this file is its export.
    pub(super) fn is_dolt(&self) -> bool {
        self.dolt
    }

    /// What the user should know about what was read or written so far; each is handed out once.
    pub fn take_notices(&self) -> Vec<String> {
        self.notices.take()
    }

    /// The real `bd`, where it keeps the issues.
    pub(super) fn bd(&self) -> Option<&Bd> {
        self.bd.as_ref()
    }

    /// Whether a database of `bd` lies beside the file.
    pub(super) fn has_database(&self) -> bool {
        self.dolt
    }

    /// [`Store::survey`] for what `bd` has a command of its own for: where it keeps the issues, it is asked first.
    /// What it refuses is refused, and what it says is ready counts.
    pub fn ask<T>(&self, question: Question, look: impl FnOnce(&Table) -> Result<T>) -> Result<T> {
        match &self.bd {
            Some(bd) => bd.ask(self, question, look),
            None => self.outlook(look),
        }
    }

    /// What every command that shows issues shows: [`Store::outlook`]; or what `bd` says, where it keeps them.
    pub fn survey<T>(&self, look: impl FnOnce(&Table) -> Result<T>) -> Result<T> {
        if self.bd.is_some() { self.view(look) } else { self.outlook(look) }
    }

    /// Reads the issues and hands them to `look`.
    pub fn view<T>(&self, look: impl FnOnce(&Table) -> Result<T>) -> Result<T> {
        self.with_table(|table| look(&table))
    }

    /// [`Store::view`] as the next change will find it: what nobody holds any more is open. Nothing is
    /// written.
    pub fn outlook<T>(&self, look: impl FnOnce(&Table) -> Result<T>) -> Result<T> {
        self.with_table(|mut table| {
            self.announce(Holds::read(&self.dir).free(&mut table)?);
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
        if let Some(bd) = &self.bd {
            let (result, _, freed) = bd.change(self, |table| self.edited(table, edit))?;
            self.announce(freed);
            return Ok(result);
        }
        let _lock = self.lock()?;
        self.with_table(|mut table| {
            let (result, mut holds, freed) = self.edited(&mut table, edit)?;
            if table.is_changed() {
                self.replace(&table)?;
            }
            self.announce(freed);
            // The change is made; what is left over is left over until the next one.
            let _ = holds.settle(&table);
            Ok(result)
        })
    }

    /// `table` after `edit`, what nobody holds any more opened before it; the claims that go with it, and what
    /// to tell of those that ended.
    pub(super) fn edited<T>(
        &self,
        table: &mut Table,
        edit: impl FnOnce(&mut Table, &Holds, &mut Vec<Hold>) -> Result<T>,
    ) -> Result<(T, Holds, Vec<String>)> {
        let mut holds = Holds::read(&self.dir);
        if self.bd.is_some() {
            // What is left over from the change before, which `bd` made.
            let _ = holds.settle(table);
        }
        let freed = holds.free(table)?;
        let mut new = Vec::new();
        let result = edit(table, &holds, &mut new)?;
        holds.add(new)?;
        Ok((result, holds, freed))
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
                "`bd` keeps these issues in a database of its own: run `taskrun beads sync --to-bd` (or `bd \
                 import`) to take the change over, or set `backend = \"bd\"` below `[beads]`"
                    .into(),
            );
        }
        Ok(())
    }

    /// The directory is the lock, so that nothing new lies in a project that others share.
    pub(super) fn lock(&self) -> Result<Lock> {
        let patience = if self.bd.is_some() { PATIENCE_BD } else { PATIENCE };
        match Lock::take_dir(&self.dir, patience) {
            Err(error) if !error.is::<Fault>() && self.dir.is_dir() => {
                Lock::take(&self.dir.join(LOCK), patience)
            }
            other => other,
        }
    }

    /// Keeps the issues as they are now under another name, at no cost.
    pub fn keep(&self, path: &Path) -> Result<()> {
        store::remove(path)?;
        // A database of `bd` is not ours to keep.
        if self.bd.is_some() && !self.file.is_file() {
            return Ok(());
        }
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

    /// Reads the issues and hands their table over. A file that is written to meanwhile is read again.
    fn with_table<T>(&self, then: impl FnOnce(Table) -> Result<T>) -> Result<T> {
        if let Some(bd) = &self.bd {
            return then(self.table(&bd.lines(&self.file)?)?);
        }
        let file = self.file.display().to_string();
        self.check()?;
        for _ in 0..3 {
            let source = Source::open(&self.file).with_context(|| format!("failed to read `{file}`"))?;
            let mut arenas = arenas();
            let read = Table::load(source.clone(), &mut arenas, PIECE, &file);
            if !source.is_as_it_was() {
                continue;
            }
            return then(self.dressed(read?));
        }
        Err(changed_meanwhile(&file))
    }

    /// The table in `text`, which `bd` exported or a file held.
    pub(super) fn table<'a>(&self, text: &'a str) -> Result<Table<'a>> {
        let name = if self.bd.is_some() { "bd".to_owned() } else { self.file.display().to_string() };
        Ok(self.dressed(Table::parse(text, &name)?))
    }

    /// A table with what the project has added to statuses and types; what it has to say is passed on.
    fn dressed<'a>(&self, mut table: Table<'a>) -> Table<'a> {
        table.classify(&self.customs);
        self.tell(table.notices());
        table
    }

    /// Says what happened, be it for the second time.
    pub(super) fn announce(&self, events: Vec<String>) {
        self.notices.borrow_mut().extend(events);
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
