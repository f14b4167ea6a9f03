//! In which directories a task may run: the repository, its worktree, and what `[macp] allowed_dirs` names.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::domain::macp::check;
use crate::domain::macp::place::Place;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::Task;
use crate::domain::macp::within::{Out, Within};
use crate::fault::Fault;
use crate::system::config::env;

const HINT: &str = "stay below the repository or the task's worktree, or allow the directory with `allowed_dirs` under `[macp]`";

/// Where the task's command runs: `cwd` taken from `base` (its worktree, or the repository), else `base` itself. What leads
/// outside, also through a link, is refused; to be asked when it starts, for links may have changed.
pub fn dir(task: &Task, place: &Place, settings: &Settings, base: &Path) -> Result<PathBuf> {
    match task.cwd.as_deref().filter(|cwd| !matches!(*cwd, "" | "." | "./")) {
        None => Ok(base.to_owned()),
        Some(cwd) => within(cwd, place, settings, base).map_err(|error| named(task, &error)),
    }
}

/// The directory that a `cwd` means, with every link followed.
pub fn within(cwd: &str, place: &Place, settings: &Settings, base: &Path) -> Result<PathBuf> {
    let shown = cwd.escape_debug();
    let in_root = || check::allowed(&mut Within::new(place.root()), cwd, place, settings);
    let led = check::allowed(&mut Within::new(base), cwd, place, settings).or_else(|_| in_root());
    let led = led.map_err(|out| {
        let words = if out == Out::Outside { "leads outside of what the task may use" } else { out.words() };
        Fault::refused(format!("`cwd` is `{shown}`, which {words}"), HINT)
    })?;
    if led.is_dir() {
        return Ok(led);
    }
    Err(Fault::refused(format!("`cwd` is `{shown}`, which is no directory"), "make it, or correct it"))
}

/// A file named by a task, relative to the repository; it may not lead outside, also not through a link.
pub fn file(path: &str, field: &str, place: &Place) -> Result<PathBuf> {
    let refused = |what: &str| {
        let hint = "name a file below the repository, relative to it";
        Err(Fault::refused(format!("`{field}` is `{}`, which {what}", path.escape_debug()), hint))
    };
    match Within::new(place.root()).relative(path) {
        Ok(led) if led.is_file() => Ok(led),
        Ok(led) if led.exists() => refused("is no file"),
        Ok(_) => refused("does not exist"),
        Err(Out::Outside) => refused("leads outside the repository"),
        Err(out) => refused(out.words()),
    }
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
