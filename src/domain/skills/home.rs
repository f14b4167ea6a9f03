//! A place where skills are kept: the workspace's or the user's folder.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::agent_skill;
use super::catalog::From;
use super::source::{self, Format};
use super::{Skill, is_id};
use crate::domain::workspace::{Workspace, init};
use crate::fault::Fault;
use crate::system::config::env;
use crate::system::document::shown;
use crate::system::lock::Lock;
use crate::system::store;

/// How long one who writes here waits for another.
const PATIENCE: Duration = Duration::from_secs(10);

/// Such a place; it need not be there.
#[derive(Debug, Clone)]
pub struct Home {
    dir: PathBuf,
    from: From,
    workspace: Option<Workspace>,
}

/// Files that were taken away, and folders that were not, for there is more in them.
pub type TakenAway = (Vec<PathBuf>, Vec<PathBuf>);

impl Home {
    /// The workspace's: `.taskrun/skills/`.
    pub fn of(workspace: &Workspace) -> Self {
        let workspace = workspace.clone();
        Self { dir: workspace.skills_dir(), from: From::Workspace, workspace: Some(workspace) }
    }

    /// The user's, in the folder of settings; none without a home directory.
    pub fn user() -> Option<Self> {
        let dir = env::config_dir()?.join("skills");
        Some(Self { dir, from: From::User, workspace: None })
    }

    /// One that lies anywhere.
    #[cfg(test)]
    pub fn at(dir: PathBuf, from: From) -> Self {
        Self { dir, from, workspace: None }
    }

    /// Whose it is.
    pub fn from(&self) -> From {
        self.from
    }

    /// The ids of what lies here, with the files that claim to be it. One is as it should be.
    pub fn ids(&self) -> Result<BTreeMap<String, Vec<PathBuf>>> {
        let failed = || format!("failed to read `{}`", shown(&self.dir));
        let entries = match fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            other => other.with_context(failed)?,
        };
        let mut ids: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for entry in entries {
            let path = entry.with_context(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            if let Some(Format::Toml | Format::Json) = Format::of(&path) {
                let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                ids.entry(id).or_default().push(path);
            } else if is_there(&path.join(agent_skill::FILE)) {
                ids.entry(name).or_default().push(path.join(agent_skill::FILE));
            }
        }
        for files in ids.values_mut() {
            files.sort();
        }
        Ok(ids)
    }

    /// The files that claim to be the skill `id`.
    pub fn files(&self, id: &str) -> Vec<PathBuf> {
        let names = [format!("{id}/{}", agent_skill::FILE), format!("{id}.json"), format!("{id}.toml")];
        let paths = names.into_iter().map(|name| self.dir.join(name));
        if is_id(id) { paths.filter(|path| is_there(path)).collect() } else { Vec::new() }
    }

    /// Writes the skill `id` in place of what is there, which takes `force`. Returns its file, and whether something was there.
    pub fn put(&self, id: &str, format: Format, text: &str, force: bool) -> Result<(PathBuf, bool)> {
        let _lock = self.lock()?;
        let there = self.files(id);
        if let (Some(file), false) = (there.first(), force) {
            let message = format!("there is a skill `{id}` already: `{}`", shown(file));
            return Err(Fault::refused(message, "`--force` replaces it"));
        }
        let path = match format {
            Format::Folder => self.dir.join(id).join(agent_skill::FILE),
            _ => self.dir.join(format!("{id}.toml")),
        };
        path.parent().map_or(Ok(()), store::make_dir)?;
        store::write(&path, store::SHARED, text.as_bytes())?;
        for other in there.iter().filter(|other| **other != path) {
            take_away(other)?;
        }
        Ok((path, !there.is_empty()))
    }

    /// Takes the skill `id` away, sound or not.
    pub fn remove(&self, id: &str) -> Result<TakenAway> {
        if self.files(id).is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let _lock = self.lock()?;
        let files = self.files(id);
        let mut left = Vec::new();
        for file in &files {
            left.extend(take_away(file)?);
        }
        Ok((files, left))
    }

    /// Makes the place where it is missing, and keeps others from writing here.
    fn lock(&self) -> Result<Lock> {
        if let Some(workspace) = &self.workspace {
            init::for_people(workspace)?;
        }
        store::make_dir(&self.dir)?;
        Lock::take(&self.dir.with_extension("lock"), PATIENCE)
    }
}

/// The one skill `id` of the `files` that claim to be it.
pub fn load(id: &str, files: &[PathBuf]) -> Result<Skill> {
    let [path] = files else {
        let names: Vec<String> = files.iter().map(|file| shown(file)).collect();
        let message = format!("more than one file is the skill `{id}`: `{}`", names.join("` and `"));
        return Err(Fault::invalid(message, "keep one of them"));
    };
    let format = Format::of(path).unwrap_or(Format::Toml);
    source::parse(&source::read_file(path)?, format, &shown(path), Some(id))
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Removes a skill's file; of an agent skill the folder too, unless there is more in it. A link is removed, not followed.
/// Returns the folder that stays.
fn take_away(file: &Path) -> Result<Option<PathBuf>> {
    let folder = file.parent().filter(|_| file.ends_with(agent_skill::FILE));
    let Some(folder) = folder else { return store::remove(file).map(|()| None) };
    if folder.symlink_metadata().is_ok_and(|meta| meta.is_symlink()) {
        return store::remove(folder).map(|()| None);
    }
    store::remove(file)?;
    Ok(Some(folder.to_owned()).filter(|folder| !store::remove_empty(folder)))
}
