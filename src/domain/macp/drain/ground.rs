//! Where a task's command runs.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::domain::macp::place::Place;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::Task;
use crate::fault::Fault;
use crate::system::config::env;

/// The directory that `cwd` of a task means, which must be there and lie in the task's ground, in the repository, or in
/// one of `[macp] allowed_dirs`, whatever links say.
pub(super) fn cwd(task: &Task, ground: &Path, place: &Place, settings: &Settings) -> Result<PathBuf> {
    let Some(given) = task.cwd.as_deref().filter(|given| !given.is_empty() && *given != ".") else {
        return Ok(ground.to_owned());
    };
    let found = ground.join(given).canonicalize().ok().filter(|path| path.is_dir());
    let Some(dir) = found else {
        return Err(Fault::refused(format!("`cwd` is `{given}`, which is no directory"), "make it, or mend `cwd`"));
    };
    let home = env::home().unwrap_or_default();
    let allowed = settings.config.macp.allowed_dirs.iter().map(|dir| match dir.strip_prefix("~/") {
        Some(rest) => home.join(rest),
        None => place.root().join(dir),
    });
    let mut within = [ground.to_owned(), place.root().to_owned()].into_iter().chain(allowed);
    if within.any(|base| base.canonicalize().is_ok_and(|base| dir.starts_with(base))) {
        return Ok(dir);
    }
    Err(Fault::refused(
        format!("`cwd` is `{given}`, which is outside of the repository"),
        "name its directory in `[macp] allowed_dirs` if tasks may run there",
    ))
}
