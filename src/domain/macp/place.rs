//! Where a queue lies; the only file that names paths below its directory.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::domain::workspace::{Workspace, start_dir};
use crate::fault::Fault;
use crate::system::git::linked::{self, Tree};

/// A queue's directory, and the repository whose tasks are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    dir: PathBuf,
    root: PathBuf,
    config: PathBuf,
}

impl Place {
    /// The queue of a workspace: `.taskrun/macp/`.
    pub fn of(workspace: &Workspace) -> Self {
        Self { dir: workspace.macp_dir(), root: workspace.root().to_owned(), config: workspace.config_file() }
    }

    /// The queue in `dir` (`--dir`, relative to the directory in force), which must be there. Its repository is the checkout around
    /// it; without git the directory that holds `.mosaic/`, else the one above it.
    pub fn at(dir: &Path, given: Option<&Path>) -> Result<Self> {
        let path = start_dir(given)?.join(dir);
        let dir = path.canonicalize().ok().filter(|dir| dir.is_dir()).ok_or_else(|| {
            Fault::usage(
                format!("`{}` (--dir) is not a directory", dir.display()),
                "give the directory that holds `tasks.json`",
            )
        })?;
        let top = dir.ancestors().find(|dir| linked::tree(dir) != Tree::None);
        let mosaic = dir.ancestors().find(|dir| dir.file_name().is_some_and(|name| name == ".mosaic"));
        let root = top.or(mosaic.and_then(Path::parent)).or(dir.parent()).unwrap_or(&dir).to_owned();
        let config = Workspace::at(root.clone()).config_file();
        Ok(Self { dir, root, config })
    }

    /// The queue's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The repository, or the project's directory: where tasks run that have no worktree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// taskrun's own settings for it, `.taskrun/config.toml` of the workspace.
    pub fn settings(&self) -> &Path {
        &self.config
    }

    /// `tasks.json`, written by people, MACP tools and us.
    pub fn tasks(&self) -> PathBuf {
        self.dir.join("tasks.json")
    }

    /// `config.json`, MACP's own settings; may be missing.
    pub fn config(&self) -> PathBuf {
        self.dir.join("config.json")
    }

    /// `events.ndjson`, one line for every transition.
    pub fn events(&self) -> PathBuf {
        self.dir.join("events.ndjson")
    }

    /// `results/`.
    pub fn results(&self) -> PathBuf {
        self.dir.join("results")
    }

    /// `logs/`: what tasks and gates printed.
    pub fn logs(&self) -> PathBuf {
        self.dir.join("logs")
    }

    /// `state/`: what only taskrun reads: locks, checkpoint, inbox, slots.
    pub fn state(&self) -> PathBuf {
        self.dir.join("state")
    }

    /// What the last `sync` saw of Markdown tables.
    pub fn table_base(&self) -> PathBuf {
        self.state().join("tasks-md.json")
    }

    /// A file, as it is named in records: relative to the repository where it lies in it.
    pub fn shown(&self, file: &Path) -> String {
        let root = self.root.canonicalize().unwrap_or_else(|_| self.root.clone());
        file.strip_prefix(&root).unwrap_or(file).display().to_string()
    }

    /// What launchers may still be running.
    pub fn launches(&self) -> PathBuf {
        self.state().join("launches")
    }

    /// Held for each change of the queue.
    pub fn queue_lock(&self) -> PathBuf {
        self.state().join("queue.lock")
    }

    /// Held by the one drain.
    pub fn drain_lock(&self) -> PathBuf {
        self.state().join("drain.lock")
    }

    /// What one worker of a drain (or `run`) writes while it works; `lock` in it is its supervisor's.
    pub fn slot(&self, name: &str) -> PathBuf {
        self.state().join(format!("slot-{name}"))
    }

    /// How far `tasks.json` has taken the log in, and what no field of it has room for.
    pub fn checkpoint(&self) -> PathBuf {
        self.state().join("checkpoint.ndjson")
    }

    /// The checkpoint of the `tasks.json` that is about to take the place of the present one.
    pub fn next_checkpoint(&self) -> PathBuf {
        self.state().join("checkpoint.next.ndjson")
    }

    /// A copy of the `tasks.json` that was last written or taken in: what a hand takes out of that is still here.
    pub fn kept(&self) -> PathBuf {
        self.state().join("tasks.kept.json")
    }

    /// Tasks that were submitted or edited since `tasks.json` was written; each writing begins a new one.
    pub fn inbox(&self, generation: u64) -> PathBuf {
        self.state().join(format!("inbox-{generation}.ndjson"))
    }

    /// What tells in no time whether an id is taken.
    pub fn ids(&self, generation: u64) -> PathBuf {
        self.state().join(format!("ids-{generation}"))
    }
}
