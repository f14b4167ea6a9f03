//! Makes a workspace; what is already there stays as it is.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

use crate::domain::beads;
use crate::domain::workspace::{Workspace, absent, directory, registry};
use crate::fault::Fault;
use crate::system::{config, store};

/// Everything a run writes is ignored; what people write is not.
const GITIGNORE: &str = "\
# Run state stays out of git; what people write goes in.
/*
!/.gitignore
!/config.toml
!/prompt.md
!/triggers.toml
!/templates/
!/skills/
!/workflows.json
!/agents.json
!/missions/
/missions/.locks/
/missions/*/*/logs/
/missions/.making/
";

/// Where nobody made a workspace, a run's state is no business of git's at all: a worktree in which one
/// worked can be removed like any other.
const ALL_IGNORED: &str = "*\n";

/// What `workspace init` did.
#[derive(Debug, Serialize)]
pub struct Made {
    /// The workspace's directory.
    pub workspace: PathBuf,
    /// The files that were not there before.
    pub created: Vec<PathBuf>,
    /// What was done to the git repository, or could not be.
    #[serde(skip)]
    pub notes: Vec<String>,
    /// Why the workspace could not be added to the known ones.
    #[serde(skip)]
    pub unregistered: Option<anyhow::Error>,
}

/// Makes `dir` a workspace, and the directory itself where it is missing, and adds it to the known
/// ones. New ids begin with `prefix`.
pub fn init(dir: &Path, prefix: Option<&str>) -> Result<Made> {
    let made = make(dir, prefix)?;
    Ok(Made { unregistered: registry::remember(&made.workspace).err(), ..made })
}

/// [`init`] without a word to the user's own files.
pub fn make(dir: &Path, prefix: Option<&str>) -> Result<Made> {
    if dir.exists() && !dir.is_dir() {
        return Err(Fault::usage(
            format!("`{}` is not a directory", dir.display()),
            "give the path of a directory",
        ));
    }
    store::make_dir(dir)?;
    let workspace = Workspace::at(directory(dir, "DIR")?);
    // What `bd` keeps elsewhere is there, and stays so until somebody says otherwise.
    let elsewhere = if workspace.has_beads() {
        beads::Store::found(&workspace)?.is_elsewhere()
    } else {
        absent::check(&workspace.tasks()?.dir.join("issues.jsonl"))?;
        false
    };
    let mut created = Vec::new();
    if for_people(&workspace)? {
        created.push(workspace.gitignore());
    }
    if store::create_new(&workspace.config_file(), store::SHARED, config::TEMPLATE.as_bytes())? {
        created.push(workspace.config_file());
    }
    let mut notes = Vec::new();
    if !elsewhere {
        let (store, tasks) = beads::Store::init(&workspace, prefix)?;
        if tasks.created {
            created.push(store.file().to_owned());
        }
        notes = tasks.notes;
    }
    Ok(Made { workspace: workspace.root().to_owned(), created, notes, unregistered: None })
}

/// Makes `.taskrun/` for what people write, which git is to keep; whether it now first says what git is not to.
pub fn for_people(workspace: &Workspace) -> Result<bool> {
    store::make_dir(&workspace.dir())?;
    if store::read_text(&workspace.gitignore())?.as_deref() == Some(ALL_IGNORED) {
        store::remove(&workspace.gitignore())?;
    }
    store::create_new(&workspace.gitignore(), store::SHARED, GITIGNORE.as_bytes())
}

/// Makes `.taskrun/` for what a run writes, where it is missing.
pub fn for_state(workspace: &Workspace) -> Result<()> {
    if workspace.dir().is_dir() {
        return Ok(());
    }
    store::make_dir(&workspace.dir())?;
    store::create_new(&workspace.gitignore(), store::SHARED, ALL_IGNORED.as_bytes()).map(|_| ())
}
