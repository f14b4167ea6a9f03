//! What the environment and the home directory say.

#![allow(clippy::disallowed_methods)] // the one reader of the environment

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use directories::ProjectDirs;

/// A variable that is set and not empty; its bytes may be anything.
pub fn value(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// The directory we were started in.
pub fn current_dir() -> Result<PathBuf> {
    env::current_dir().context("failed to find the current directory")
}

/// This program's own file, to start it again.
pub fn current_exe() -> Result<PathBuf> {
    env::current_exe().context("failed to find this program's own file")
}

/// `HOME`, where it is an absolute path. The password database is not asked: a program started
/// with no `HOME` is meant to find nothing of the user's.
pub fn home() -> Option<PathBuf> {
    value("HOME").map(PathBuf::from).filter(|path| path.is_absolute())
}

/// Where people keep their settings: `~/.config/taskrun`, or as the platform and XDG have it.
pub fn config_dir() -> Option<PathBuf> {
    project_dirs("XDG_CONFIG_HOME").map(|dirs| dirs.config_dir().to_owned())
}

/// Where the program keeps what it remembers of the user: `~/.local/state/taskrun`, or as the
/// platform and XDG have it.
pub fn state_dir() -> Option<PathBuf> {
    project_dirs("XDG_STATE_HOME").map(|dirs| dirs.state_dir().unwrap_or(dirs.data_dir()).to_owned())
}

fn project_dirs(own: &str) -> Option<ProjectDirs> {
    let given = value(own).is_some_and(|dir| Path::new(&dir).is_absolute());
    (given || home().is_some()).then(|| ProjectDirs::from("", "", "taskrun")).flatten()
}

/// `TASKRUN_WORKSPACE`.
pub fn workspace() -> Option<PathBuf> {
    value("TASKRUN_WORKSPACE").map(PathBuf::from)
}

/// Where the tasks are, as `bd` reads it, with the variable that says so: `BEADS_DIR`, a directory; else
/// `BEADS_DB`, the directory or a file in it.
pub fn beads_dir() -> Option<(&'static str, PathBuf)> {
    if let Some(dir) = value("BEADS_DIR") {
        return Some(("BEADS_DIR", dir.into()));
    }
    let path = PathBuf::from(value("BEADS_DB")?);
    let above = |path: &Path| path.parent().map(Path::to_owned).filter(|dir| !dir.as_os_str().is_empty());
    let dir = if path.is_dir() { path } else { above(&path).unwrap_or_else(|| PathBuf::from(".")) };
    Some(("BEADS_DB", dir))
}

/// Every variable, name and value.
pub fn all() -> impl Iterator<Item = (OsString, OsString)> {
    env::vars_os()
}

/// The directories of `PATH`, in order.
pub fn search_path() -> Vec<PathBuf> {
    value("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default()
}

/// Who works on tasks, as `bd` reads it: `BEADS_ACTOR`, else `BD_ACTOR`.
pub fn actor() -> Option<String> {
    text("BEADS_ACTOR").or_else(|| text("BD_ACTOR"))
}

/// Where `bd` lies, if not on `PATH`: `BD_PATH`.
pub fn bd() -> Option<OsString> {
    value("BD_PATH")
}

/// The login name: `USER`, else `LOGNAME`.
pub fn user() -> Option<String> {
    text("USER").or_else(|| text("LOGNAME"))
}

/// A name to be shown: bytes that are no text become `�`.
fn text(name: &str) -> Option<String> {
    let text = value(name)?.to_string_lossy().trim().to_owned();
    Some(text).filter(|text| !text.is_empty())
}

/// The command of the user's editor and the variable that says so: `VISUAL`, else `EDITOR`; the other way round on a
/// terminal that can do little.
pub fn editor() -> Option<(&'static str, OsString)> {
    let dumb = value("TERM").is_none_or(|term| term == "dumb");
    let names = if dumb { ["EDITOR", "VISUAL"] } else { ["VISUAL", "EDITOR"] };
    names.into_iter().find_map(|name| value(name).map(|command| (name, command)))
}

/// Where throw-away files go.
pub fn temp_dir() -> PathBuf {
    std::env::temp_dir()
}
