//! Finds the workspace; the only file that names paths below `.taskrun/`.

pub mod absent;
pub mod init;
mod place;
pub mod registry;

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

pub use place::{Origin, Place};

use crate::fault::Fault;
use crate::system::config::env;
use crate::system::git::linked::{self, Tree};

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

    /// `.taskrun/.gitignore`: keeps run state out of git and what people write in it.
    pub fn gitignore(&self) -> PathBuf {
        self.dir().join(".gitignore")
    }

    /// `.taskrun/prompt.md`, the user's own prompt template.
    pub fn prompt_template(&self) -> PathBuf {
        self.dir().join("prompt.md")
    }

    /// `.taskrun/skills/`, the workspace's own skills.
    pub fn skills_dir(&self) -> PathBuf {
        self.dir().join("skills")
    }

    /// `.taskrun/skill.json`: which skill is selected.
    pub fn selected_skill(&self) -> PathBuf {
        self.dir().join("skill.json")
    }

    /// `.taskrun/runs/`: one folder a run.
    pub fn runs_dir(&self) -> PathBuf {
        self.dir().join("runs")
    }

    /// `.taskrun/runs/<run>/`: events, prompts, raw agent output, gate output.
    pub fn run_dir(&self, run: &str) -> PathBuf {
        self.runs_dir().join(run)
    }

    /// `.taskrun/runs/<run>/prompt.json`: what a prompt typed by hand is doing.
    pub fn prompt_state(&self, run: &str) -> PathBuf {
        self.run_dir(run).join("prompt.json")
    }

    /// `.taskrun/runs/<run>/stop`: somebody asked the prompt to end.
    pub fn prompt_stop(&self, run: &str) -> PathBuf {
        self.run_dir(run).join("stop")
    }

    /// `.taskrun/runs/<run>/lock`: held by a prompt's supervisor until its last child is gone.
    pub fn prompt_lock(&self, run: &str) -> PathBuf {
        self.run_dir(run).join("lock")
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

    /// `.taskrun/macp/`: the queue.
    pub fn macp_dir(&self) -> PathBuf {
        self.dir().join("macp")
    }

    /// `.taskrun/launches/`: what launchers may still be running.
    pub fn launches(&self) -> PathBuf {
        self.dir().join("launches")
    }

    /// `.taskrun/triggers.toml`: what events and times submit to the queue; written by people.
    pub fn triggers(&self) -> PathBuf {
        self.dir().join("triggers.toml")
    }

    /// `.taskrun/templates/`: tasks with placeholders, written by people.
    pub fn templates_dir(&self) -> PathBuf {
        self.dir().join("templates")
    }

    /// `.taskrun/missions/`: one folder a mission, below `active/` and `completed/`.
    pub fn missions_dir(&self) -> PathBuf {
        self.dir().join("missions")
    }

    /// `.taskrun/sites/`: the mounted sites, and what serves them.
    pub fn sites_dir(&self) -> PathBuf {
        self.dir().join("sites")
    }

    /// `.taskrun/edits/`: copies of artifacts that people have open in an editor.
    pub fn edits_dir(&self) -> PathBuf {
        self.dir().join("edits")
    }

    /// `.taskrun/workflows.json`: the steps missions go through; written by people.
    pub fn workflows_file(&self) -> PathBuf {
        self.dir().join("workflows.json")
    }

    /// `.taskrun/agents.json`: the agents of missions; written by people.
    pub fn agents_file(&self) -> PathBuf {
        self.dir().join("agents.json")
    }

    /// `.taskrun/agents.lock`: held by a run's supervisor until its last child is gone.
    pub fn agents_lock(&self) -> PathBuf {
        self.dir().join("agents.lock")
    }
}

/// How a workspace was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// `-C`.
    Flag,
    /// `TASKRUN_WORKSPACE`, or `BEADS_DIR` where nothing is nearer.
    Env,
    /// The current directory or one above it.
    Ancestor,
    /// `workspace set`.
    Stored,
}

/// A workspace and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// It.
    pub workspace: Workspace,
    /// By what.
    pub source: Source,
}

impl Workspace {
    /// The workspace in force: `given` (`-C`) → `TASKRUN_WORKSPACE` → nearest ancestor of the
    /// current directory with `.taskrun/` or `.beads/` → the stored one → [`Fault::NoWorkspace`].
    /// `-C` and the variable name a directory to start from, as if one were there: once given,
    /// nothing but it and what is above it is looked at.
    pub fn resolve(given: Option<&Path>) -> Result<Self> {
        let found = Self::find(given)?;
        if found.as_ref().is_none_or(|found| found.source == Source::Stored)
            && let Ok(dir) = start_dir(given)
        {
            absent::check_around(&dir)?;
        }
        if let Some(found) = found {
            return Ok(found.workspace);
        }
        if let Some(dir) = given.map(Path::to_owned).or_else(env::workspace) {
            return Err(Fault::usage(
                format!("no workspace: neither `.taskrun/` nor `.beads/` in `{}` or above", dir.display()),
                format!("run `taskrun workspace init {}`", dir.display()),
            ));
        }
        if let Some((name, dir)) = env::beads_dir().filter(|(_, dir)| !dir.is_dir()) {
            return Err(Fault::usage(
                format!("no workspace here, and `{name}` names `{}`, which is no directory", dir.display()),
                format!("unset `{name}`, or run `taskrun beads init` in the project's directory"),
            ));
        }
        match registry::load()?.current {
            Some(gone) => Err(Fault::usage(
                format!("the stored workspace `{}` is gone", gone.display()),
                "choose another with `taskrun workspace set DIR`",
            )),
            None => Err(Fault::NoWorkspace.into()),
        }
    }

    /// [`Workspace::resolve`], where having none is an answer.
    pub fn find(given: Option<&Path>) -> Result<Option<Found>> {
        if let Some(dir) = given {
            return Ok(found(above(&directory(dir, "-C")?), Source::Flag));
        }
        if let Some(dir) = env::workspace() {
            return Ok(found(above(&directory(&dir, "TASKRUN_WORKSPACE")?), Source::Env));
        }
        // Without a current directory (it was removed) there is still the stored one.
        let here = env::current_dir().ok().and_then(|dir| dir.canonicalize().ok());
        if let Some(workspace) = here.as_deref().and_then(above) {
            return Ok(found(Some(workspace), Source::Ancestor));
        }
        if let Some(workspace) = beside_tasks(here.as_deref()) {
            return Ok(found(Some(workspace), Source::Env));
        }
        let stored = registry::load()?.current.filter(|root| root.is_dir());
        Ok(found(stored.map(Self::at), Source::Stored))
    }

    /// Whether tasks are kept here, or elsewhere for this workspace.
    pub fn has_beads(&self) -> bool {
        self.tasks().is_ok_and(|place| place.dir.is_dir())
    }

    /// Whether it is one: it has `.taskrun/` or `.beads/`, or is a worktree that uses its repository's.
    fn exists(&self) -> bool {
        self.dir().is_dir() || self.root.join(".beads").is_dir() || self.shares_tasks()
    }
}

/// The directory a command without a workspace works in: `given` (`-C`) → `TASKRUN_WORKSPACE` →
/// the current one. Canonical.
pub fn start_dir(given: Option<&Path>) -> Result<PathBuf> {
    match (given, env::workspace()) {
        (Some(dir), _) => directory(dir, "-C"),
        (None, Some(dir)) => directory(&dir, "TASKRUN_WORKSPACE"),
        (None, None) => directory(&env::current_dir()?, "."),
    }
}

fn found(workspace: Option<Workspace>, source: Source) -> Option<Found> {
    workspace.map(|workspace| Found { workspace, source })
}

/// The nearest of `dir` and the directories above it that is a workspace.
fn above(dir: &Path) -> Option<Workspace> {
    dir.ancestors().map(|dir| Workspace::at(dir.to_owned())).find(Workspace::exists)
}

/// Where the environment names the tasks and nothing else names a workspace: the checkout that `here` is
/// in, else the directory in which the tasks lie.
fn beside_tasks(here: Option<&Path>) -> Option<Workspace> {
    let tasks = env::beads_dir()?.1.canonicalize().ok().filter(|dir| dir.is_dir())?;
    let top = here.into_iter().flat_map(Path::ancestors).find(|dir| linked::tree(dir) != Tree::None);
    top.or(tasks.parent()).map(|root| Workspace::at(root.to_owned()))
}

/// The canonical path of a directory that `by` (a flag, a variable, an argument) names.
pub fn directory(dir: &Path, by: &str) -> Result<PathBuf> {
    let wrong = |why: &str| {
        Err(Fault::usage(format!("`{}` ({by}) {why}", dir.display()), "give the path of a directory"))
    };
    match dir.canonicalize() {
        Ok(path) if path.is_dir() => Ok(path),
        Ok(_) => wrong("is not a directory"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => wrong("does not exist"),
        Err(error) => wrong(&format!("cannot be used: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_nearest_directory_wins_and_files_do_not_count() {
        let temp = tempfile::tempdir().unwrap();
        let top = temp.path().canonicalize().unwrap();
        fs::create_dir_all(top.join("a/b/c/d")).unwrap();
        fs::create_dir(top.join("a/.taskrun")).unwrap();
        fs::create_dir(top.join("a/b/.beads")).unwrap();
        fs::create_dir(top.join("a/b/c/d/.git")).unwrap();
        fs::File::create_new(top.join("a/b/c/.beads")).unwrap();
        let root = |dir: &str| above(&top.join(dir)).map(|workspace| workspace.root().to_owned());
        assert_eq!(root("a/b/c/d"), Some(top.join("a/b")));
        assert_eq!(root("a/b"), Some(top.join("a/b")));
        assert_eq!(root("a/.taskrun"), Some(top.join("a")));
        assert!(directory(&top.join("none"), "-C").unwrap_err().to_string().contains("does not exist"));
        assert!(
            directory(&top.join("a/b/c/.beads"), "-C")
                .unwrap_err()
                .to_string()
                .contains("is not a directory")
        );
    }
}
