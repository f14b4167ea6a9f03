//! Which workspaces the user has: the one chosen by `workspace set` and all that were known.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::domain::workspace::{Workspace, directory};
use crate::fault::Fault;
use crate::system::config::env;
use crate::system::lock::Lock;
use crate::system::store;

const VERSION: u64 = 1;
const PATIENCE: Duration = Duration::from_secs(10);

/// `workspaces.json` in the user's state directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry {
    version: u64,
    /// The one used where no other is found.
    #[serde(default)]
    pub current: Option<PathBuf>,
    /// All that were made or set, oldest first; canonical paths.
    #[serde(default)]
    pub known: Vec<PathBuf>,
}

impl Default for Registry {
    fn default() -> Self {
        Self { version: VERSION, current: None, known: Vec::new() }
    }
}

impl Registry {
    fn remember(&mut self, root: &Path) {
        if !self.known.iter().any(|known| known == root) {
            self.known.push(root.to_owned());
        }
    }
}

/// One line of `workspace list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its directory.
    pub workspace: PathBuf,
    /// Whether it has `.beads/`.
    #[serde(rename = "hasBeads")]
    pub has_beads: bool,
    /// Whether it is the one in force.
    pub current: bool,
    /// Whether the directory is still there.
    pub exists: bool,
}

/// What is remembered; nothing where there is no file or no home.
pub fn load() -> Result<Registry> {
    let Some(dir) = env::state_dir() else { return Ok(Registry::default()) };
    Ok(store::read_versioned(&file(&dir), VERSION)?.unwrap_or_default())
}

/// The known workspaces; `in_force` is marked.
pub fn list(in_force: Option<&Workspace>) -> Result<Vec<Entry>> {
    let entry = |root: PathBuf| {
        let workspace = Workspace::at(root);
        Entry {
            has_beads: workspace.has_beads(),
            current: in_force == Some(&workspace),
            exists: workspace.root().is_dir(),
            workspace: workspace.root().to_owned(),
        }
    };
    Ok(load()?.known.into_iter().map(entry).collect())
}

/// Makes `dir` the stored workspace and returns its canonical path.
pub fn set(dir: &Path) -> Result<PathBuf> {
    let root = directory(dir, "DIR")?;
    change(|registry| {
        registry.remember(&root);
        registry.current = Some(root.clone());
        Ok(())
    })?;
    Ok(root)
}

/// Adds a workspace to the known ones.
pub fn remember(root: &Path) -> Result<()> {
    change(|registry| {
        registry.remember(root);
        Ok(())
    })
}

/// Forgets a workspace, whose directory may be gone, and returns its path; no file in it changes.
pub fn forget(dir: &Path) -> Result<PathBuf> {
    let given = std::path::absolute(dir)?;
    let root = dir.canonicalize().unwrap_or_else(|_| given.clone());
    let mut forgotten = None;
    change(|registry| {
        let at =
            registry.known.iter().position(|known| *known == root || *known == given).ok_or_else(|| {
                Fault::not_found(
                    format!("`{}` is not a known workspace", dir.display()),
                    "`taskrun workspace list` shows the known ones",
                )
            })?;
        let path = registry.known.remove(at);
        registry.current.take_if(|current| *current == path);
        forgotten = Some(path);
        Ok(())
    })?;
    Ok(forgotten.unwrap_or(root))
}

/// Reads, changes and writes the registry under its lock; an error of `edit` changes nothing.
fn change(edit: impl FnOnce(&mut Registry) -> Result<()>) -> Result<()> {
    let dir = env::state_dir().ok_or_else(|| {
        Fault::usage(
            "no place to remember workspaces: `HOME` is not set",
            "set `HOME`, or use `-C DIR` instead",
        )
    })?;
    store::make_dir(&dir)?;
    let _lock = Lock::take(&dir.join("workspaces.lock"), PATIENCE)?;
    let path = file(&dir);
    let before: Registry = store::read_versioned(&path, VERSION)?.unwrap_or_default();
    let mut after = before.clone();
    edit(&mut after)?;
    if after == before { Ok(()) } else { store::write_json(&path, &after) }
}

fn file(dir: &Path) -> PathBuf {
    dir.join("workspaces.json")
}
