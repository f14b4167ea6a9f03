//! A mission's artifacts: plain files in its folder, read and written a block at a time.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::Serialize;

use super::folder::entries;
use super::sheet::quoted;
use super::{Folder, Mission, Shelf, names};
use crate::fault::Fault;
use crate::system::document::shown;
use crate::system::store;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Artifact {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// All of a mission, by name. What is no regular file, or has a name that no artifact has, is none.
pub fn list(folder: &Folder) -> Result<Vec<Artifact>> {
    let dir = folder.artifacts();
    let mut found = Vec::new();
    for name in entries(&dir)?.into_iter().filter(|name| names::is_artifact(name)) {
        let Ok(meta) = fs::symlink_metadata(dir.join(&name)) else { continue };
        if meta.is_file() {
            let at = meta.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
            found.push(Artifact { name, bytes: meta.len(), updated_at: at.unwrap_or_default() });
        }
    }
    Ok(found)
}

/// An artifact, to be read. Errors: the name is no artifact's ([`Fault::Usage`]), there is none ([`Fault::NotFound`]).
pub fn open(folder: &Folder, name: &str) -> Result<File> {
    let path = path(folder, name)?;
    match store::open_plain(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let id = folder.id();
            Err(Fault::not_found(
                format!("mission `{id}` has no artifact `{name}`"),
                format!("`taskrun mission artifact list {id}` shows what it has"),
            ))
        }
        file => file.with_context(|| format!("failed to read `{}`", shown(&path))),
    }
}

/// Sets an artifact of the mission `id` to what `from` reads. Errors: the mission is completed ([`Fault::Refused`]), a step
/// of it runs ([`Fault::Busy`]).
pub fn set(shelf: &Shelf, id: &str, name: &str, from: &mut dyn Read) -> Result<Mission> {
    check(name)?;
    let folder = shelf.find(id)?;
    folder.refuse_frozen(id)?;
    let _lock = shelf.lock(id)?;
    // It may have been completed before the lock was ours.
    let folder = shelf.find(id)?;
    folder.refuse_frozen(id)?;
    let mut mission = folder.mission()?;
    put(&folder, name, from)?;
    folder.save(&mut mission)?;
    Ok(mission)
}

/// Writes an artifact: the whole new one is there, or the old one. For who holds the mission's lock.
pub fn put(folder: &Folder, name: &str, from: &mut dyn Read) -> Result<()> {
    let path = path(folder, name)?;
    folder.refuse_frozen(folder.id())?;
    store::make_dir(&folder.artifacts())?;
    if !store::is_plain(&path) {
        let told = format!("`{}` is no regular file", shown(&path));
        return Err(Fault::refused(told, "move it away"));
    }
    for dir in [&folder.artifacts(), &folder.dir] {
        store::sweep(dir);
    }
    store::replace(&path, store::SHARED, |out| io::copy(from, out).map(|_| ()))
}

/// Where an artifact lies. Errors: the name is none, or the folder of artifacts is a link to somewhere else.
fn path(folder: &Folder, name: &str) -> Result<PathBuf> {
    check(name)?;
    let dir = folder.artifacts();
    if fs::symlink_metadata(&dir).is_ok_and(|meta| !meta.is_dir()) {
        let told = format!("`{}` is no directory of the mission's own", shown(&dir));
        return Err(Fault::refused(told, "put a directory in its place"));
    }
    Ok(dir.join(name))
}

fn check(name: &str) -> Result<()> {
    if names::is_artifact(name) {
        return Ok(());
    }
    Err(Fault::usage(
        format!("{} is no name of an artifact", quoted(name)),
        "an artifact is one plain file name: no `/`, no `..`, no dot at its start",
    ))
}
