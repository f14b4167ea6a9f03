//! In which directories a task may run: the repository, its worktree, and what `[macp] allowed_dirs` names.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;

use crate::domain::macp::place::Place;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::Task;
use crate::fault::Fault;
use crate::system::config::env;

const HINT: &str = "stay below the repository or the task's worktree, or allow the directory with `allowed_dirs` under `[macp]`";

/// Where the task's command runs: `cwd` taken from `base` (its worktree, or the repository), else `base` itself. What leads
/// outside, also through a link, is refused.
pub fn dir(task: &Task, place: &Place, settings: &Settings, base: &Path) -> Result<PathBuf> {
    match &task.cwd {
        None => Ok(base.to_owned()),
        Some(cwd) => {
            within(Path::new(cwd), "cwd", place, settings, base).map_err(|error| named(task, &error))
        }
    }
}

/// A directory named by a task, with every link followed; `field` says where it was named.
pub fn within(path: &Path, field: &str, place: &Place, settings: &Settings, base: &Path) -> Result<PathBuf> {
    let shown = path.display();
    if path.components().any(|part| part == Component::ParentDir) {
        return Err(Fault::refused(format!("`{field}` is `{shown}`, which leads upwards"), HINT));
    }
    let real = base.join(path).canonicalize().ok().filter(|real| real.is_dir());
    let real = real.ok_or_else(|| {
        Fault::refused(format!("`{field}` is `{shown}`, which is no directory"), "make it, or correct it")
    })?;
    let mut allowed: Vec<PathBuf> = vec![place.root().to_owned(), base.to_owned()];
    allowed.extend(settings.config.macp.allowed_dirs.iter().map(|dir| expanded(dir, place)));
    let inside = allowed.iter().filter_map(|dir| dir.canonicalize().ok()).any(|dir| real.starts_with(dir));
    if inside {
        return Ok(real);
    }
    Err(Fault::refused(format!("`{field}` is `{shown}`, which is outside what the task may use"), HINT))
}

/// A file named by a task, relative to the repository; it may not lead outside, also not through a link.
pub fn file(path: &str, field: &str, place: &Place) -> Result<PathBuf> {
    let refused = |what: &str| {
        let hint = "name a file below the repository, relative to it";
        Err(Fault::refused(format!("`{field}` is `{}`, {what}", path.escape_debug()), hint))
    };
    let given = Path::new(path);
    if path.is_empty() || path.contains(['\0', '\n', '\r']) {
        return refused("which is no path");
    }
    if given.is_absolute() || given.components().any(|part| part == Component::ParentDir) {
        return refused("which leads outside the repository");
    }
    let whole = place.root().join(given);
    let Ok(real) = whole.canonicalize() else { return refused("which does not exist") };
    let root = place.root().canonicalize().unwrap_or_else(|_| place.root().to_owned());
    if !real.starts_with(root) {
        return refused("which leads outside the repository");
    }
    if !real.is_file() {
        return refused("which is no file");
    }
    Ok(whole)
}

/// A directory of the settings: `~` is the home, relative ones start at the repository.
pub(in crate::domain::macp) fn expanded(dir: &str, place: &Place) -> PathBuf {
    match dir.strip_prefix("~/") {
        Some(rest) => env::home().unwrap_or_default().join(rest),
        None if dir == "~" => env::home().unwrap_or_default(),
        None => place.root().join(dir),
    }
}

/// The same complaint with the task's name.
pub(in crate::domain::macp) fn named(task: &Task, error: &anyhow::Error) -> anyhow::Error {
    let hint = error.downcast_ref::<Fault>().and_then(Fault::hint).unwrap_or_default();
    Fault::refused(format!("task `{}`: {error:#}", task.id), hint)
}
