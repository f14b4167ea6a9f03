//! Results of identical tasks, for tasks that say `"cache": true`.
//!
//! Identical means: the same command, gates, variables, directory, agent and brief, on the same files. The files are the same
//! where HEAD and every path that differs from it hold what they held before the kept run, or right after it: nothing
//! has changed since then. What lies below `.taskrun/` and in the queue's own directory does not count. Without git nobody can tell,
//! and the definition alone decides; the result says which it was. Only completed tasks are kept, and none with a worktree,
//! whose branch is what people want of it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::attempt::{Shop, of_task};
use crate::domain::macp::result::TaskResult;
use crate::domain::macp::task::{Dispatch, Task};
use crate::system::git::{Repo, fingerprint};
use crate::system::store;

/// The version of the files.
const VERSION: u64 = 1;

/// What a task is, to be compared with others.
#[derive(Debug, Clone)]
pub(super) struct Key {
    definition: u64,
    /// The files before it ran; none without git.
    files: Option<u64>,
}

/// A result that does.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) result: TaskResult,
    /// What was compared.
    pub(super) basis: &'static str,
}

/// A kept result.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    version: u64,
    before: Option<u64>,
    after: Option<u64>,
    result: TaskResult,
}

/// The key of a task; none where results of it are not kept.
pub(super) fn key(task: &Task, shop: &Shop) -> Result<Option<Key>> {
    if !task.cache || task.worktree.is_some() {
        return Ok(None);
    }
    let mut hasher = DefaultHasher::new();
    task.way().as_ref().map(Dispatch::word).hash(&mut hasher);
    (&task.runtime, &task.command, &task.argv, &task.env, &task.cwd).hash(&mut hasher);
    (&task.launcher, &task.brief_path, &task.mcp_config, &task.result_schema).hash(&mut hasher);
    for path in [&task.brief_path, &task.mcp_config, &task.result_schema].into_iter().flatten() {
        store::read_text(&shop.place.root().join(path)).ok().hash(&mut hasher);
    }
    for gate in of_task(task, &shop.settings) {
        (gate.command(), gate.kind()).hash(&mut hasher);
    }
    Ok(Some(Key { definition: hasher.finish(), files: files(shop)? }))
}

impl Key {
    /// A kept result that does for the task.
    pub(super) fn look(&self, shop: &Shop) -> Option<Found> {
        // What cannot be read is as good as not there.
        let kept: Kept = store::read_versioned(&self.path(shop), VERSION).ok()??;
        match self.files {
            None if kept.before.is_none() => Some(Found { result: kept.result, basis: "definition" }),
            Some(_) if self.files == kept.before || self.files == kept.after => {
                Some(Found { result: kept.result, basis: "definition and files" })
            }
            _ => None,
        }
    }

    /// Keeps a result for identical tasks. That it cannot be kept harms nobody.
    pub(super) fn keep(&self, result: &TaskResult, shop: &Shop) {
        let Ok(after) = files(shop) else { return };
        let kept = Kept { version: VERSION, before: self.files, after, result: result.clone() };
        let path = self.path(shop);
        let made = path.parent().map(store::make_dir);
        if matches!(made, Some(Ok(()))) {
            let _ = store::write_json_soon_as(&path, store::PRIVATE, &kept);
        }
    }

    fn path(&self, shop: &Shop) -> PathBuf {
        shop.place.state().join("cache").join(format!("{:016x}.json", self.definition))
    }
}

/// What the files of the repository hold: HEAD and all that differs from it. None without git.
fn files(shop: &Shop) -> Result<Option<u64>> {
    let Some(repo) = Repo::find(shop.place.root())? else { return Ok(None) };
    let status = repo.status()?;
    let mut hasher = DefaultHasher::new();
    status.head.hash(&mut hasher);
    let own = shop.place.dir().strip_prefix(repo.top()).ok();
    for (path, entry) in &status.entries {
        let ours = own.is_some_and(|own| path.starts_with(own));
        if ours || path.components().any(|part| part.as_os_str() == ".taskrun") {
            continue;
        }
        (path, entry.staged, entry.unmerged).hash(&mut hasher);
        fingerprint(&repo.top().join(path)).hash(&mut hasher);
    }
    Ok(Some(hasher.finish()))
}
