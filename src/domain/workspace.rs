//! Finds the workspace; the only file that names paths below `.taskrun/`.

use std::path::{Path, PathBuf};

/// A directory with `.taskrun/` or `.beads/` in it: where tasks live and work is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workspace rooted at `root`, an absolute path; nothing is checked or made.
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The project's directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `.taskrun/`.
    pub fn dir(&self) -> PathBuf {
        self.root.join(".taskrun")
    }

    /// `.taskrun/config.toml`, written by people.
    pub fn config_file(&self) -> PathBuf {
        self.dir().join("config.toml")
    }

    /// `.taskrun/prompt.md`, the user's own prompt template.
    pub fn prompt_template(&self) -> PathBuf {
        self.dir().join("prompt.md")
    }

    /// `.taskrun/skills/`, the workspace's own skills.
    pub fn skills_dir(&self) -> PathBuf {
        self.dir().join("skills")
    }

    /// `.taskrun/runs/`: one folder a run.
    pub fn runs_dir(&self) -> PathBuf {
        self.dir().join("runs")
    }

    /// `.taskrun/runs/<run>/`: events, prompts, raw agent output, gate output.
    pub fn run_dir(&self, run: &str) -> PathBuf {
        self.runs_dir().join(run)
    }

    /// `.taskrun/loop.json`: what the current or last run is doing.
    pub fn loop_state(&self) -> PathBuf {
        self.dir().join("loop.json")
    }

    /// `.taskrun/control.json`: what somebody asked the run to do.
    pub fn control(&self) -> PathBuf {
        self.dir().join("control.json")
    }

    /// `.taskrun/claims.json`: the tasks that runs hold, with who holds them.
    pub fn claims(&self) -> PathBuf {
        self.dir().join("claims.json")
    }

    /// `.taskrun/receipts.ndjson`: one line for every attempt ever made.
    pub fn receipts(&self) -> PathBuf {
        self.dir().join("receipts.ndjson")
    }

    /// `.taskrun/run.lock`: held by the one run.
    pub fn run_lock(&self) -> PathBuf {
        self.dir().join("run.lock")
    }

    /// `.taskrun/agents.lock`: held by a run's supervisor until its last child is gone.
    pub fn agents_lock(&self) -> PathBuf {
        self.dir().join("agents.lock")
    }

    /// `.beads/`.
    pub fn beads_dir(&self) -> PathBuf {
        self.root.join(".beads")
    }

    /// `.beads/issues.jsonl`, shared with `bd`.
    pub fn issues(&self) -> PathBuf {
        self.beads_dir().join("issues.jsonl")
    }
}

impl Workspace {
    /// The workspace in force: `given` (`-C`) → `TASKRUN_WORKSPACE` → nearest ancestor of the
    /// current directory with `.taskrun/` or `.beads/` → the stored one → [`Fault::NoWorkspace`].
    ///
    /// [`Fault::NoWorkspace`]: crate::fault::Fault::NoWorkspace
    pub fn resolve(_given: Option<&Path>) -> anyhow::Result<Self> {
        Err(crate::fault::Fault::NoWorkspace.into())
    }
}
