//! Takes a skill of people's away.

use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use super::catalog::{Catalog, From};
use super::home::Home;
use crate::fault::Fault;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// The skill.
    pub id: String,
    /// Where it was.
    pub from: From,
    /// The files that are gone.
    pub removed: Vec<PathBuf>,
    /// Folders that stay, for there is more in them.
    pub kept: Vec<PathBuf>,
    /// Whose skill of that name is in force now, if any.
    pub now: Option<From>,
}

/// Removes the skill `id` of `home`, sound or not.
pub fn remove(catalog: &Catalog, home: &Home, id: &str) -> Result<Removed> {
    let (removed, kept) = home.remove(id)?;
    let now = catalog.behind(id, home);
    if !removed.is_empty() {
        return Ok(Removed { id: id.into(), from: home.from(), removed, kept, now });
    }
    Err(match (now, home.from()) {
        (Some(From::Builtin), _) => Fault::refused(
            format!("skill `{id}` comes with the program and cannot be removed"),
            format!("`taskrun skill new {id} --from {id}` writes one that goes before it"),
        ),
        (Some(_), _) => Fault::refused(
            format!("skill `{id}` is not the workspace's, but the user's"),
            format!("`taskrun skill remove {id} --user` removes it everywhere"),
        ),
        (None, From::User) if catalog.get(id).is_ok() => Fault::refused(
            format!("skill `{id}` is not the user's, but the workspace's"),
            "without `--user` it is removed",
        ),
        (None, _) => catalog.unknown(id),
    })
}
