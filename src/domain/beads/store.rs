//! Where the issues are kept: found, read whole, changed only under the lock.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::table::Table;
use crate::domain::workspace::Workspace;
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
    dir: PathBuf,
    file: PathBuf,
    dolt: bool,
    notices: RefCell<Vec<String>>,
}

impl Store {
    /// Finds the workspace's store; one that was never made is an error with the way to make it.
    pub fn open(workspace: &Workspace) -> Result<Self> {
        let dir = redirected(&workspace.beads_dir())?;
        if !dir.is_dir() {
            return Err(Fault::invalid(
                format!("no task store: `{}` is not a directory", dir.display()),
                "run `taskrun beads init`",
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
        Ok(Self { dir, file, dolt, notices: RefCell::default() })
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

    /// Reads the issues and hands them to `look`.
    pub fn view<T>(&self, look: impl FnOnce(&Table) -> Result<T>) -> Result<T> {
        let text = self.read()?;
        let table = self.parse(&text)?;
        look(&table)
    }

    /// Takes the lock, reads the issues, lets `edit` change them, and writes the file when something
    /// changed. An error of `edit`, or of the writing, leaves the file as it was.
    pub fn change<T>(&self, edit: impl FnOnce(&mut Table) -> Result<T>) -> Result<T> {
        let _lock = self.lock()?;
        let text = self.read()?;
        let mut table = self.parse(&text)?;
        let result = edit(&mut table)?;
        if table.is_changed() {
            store::sweep(&self.dir);
            store::replace(&self.file, store::SHARED, |out| table.write(out))?;
            if self.dolt {
                self.notices.borrow_mut().push(
                    "`bd` keeps these issues in a database of its own: run `bd import` to take the change over, \
                     or set `backend = \"bd\"` below `[beads]`"
                        .into(),
                );
            }
        }
        Ok(result)
    }

    /// The directory is the lock, so that nothing new lies in a project that others share.
    pub(super) fn lock(&self) -> Result<Lock> {
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
        let Some(text) = store::read_text(path)? else { return Ok(false) };
        store::write(&self.file, store::SHARED, text.as_bytes())?;
        Ok(true)
    }

    fn read(&self) -> Result<String> {
        Ok(store::read_text(&self.file)?.unwrap_or_default())
    }

    fn parse<'a>(&self, text: &'a str) -> Result<Table<'a>> {
        let table = Table::parse(text, &self.file.display().to_string())?;
        let mut notices = self.notices.borrow_mut();
        for notice in table.notices() {
            if !notices.contains(notice) {
                notices.push(notice.clone());
            }
        }
        Ok(table)
    }
}

/// Follows `.beads/redirect`: one line, relative to the project, one hop.
fn redirected(dir: &Path) -> Result<PathBuf> {
    let text = if dir.is_dir() { store::read_text(&dir.join("redirect"))? } else { None };
    let line = text.as_deref().into_iter().flat_map(str::lines).map(str::trim);
    let target = line.into_iter().find(|line| !line.is_empty() && !line.starts_with('#'));
    let target = target.map(|target| dir.parent().unwrap_or(dir).join(target));
    Ok(target.filter(|target| target.is_dir()).unwrap_or_else(|| dir.to_owned()))
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
