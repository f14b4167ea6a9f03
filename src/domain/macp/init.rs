//! Makes a queue's files where they are missing.

use anyhow::Result;
use serde_json::json;

use super::place::Place;
use super::snapshot::EMPTY;
use crate::system::store::{self, SHARED};

/// Makes them, and says which were made.
pub fn init(place: &Place) -> Result<Vec<std::path::PathBuf>> {
    store::make_dir(place.dir())?;
    let results = place.results();
    let results = results.strip_prefix(place.root()).unwrap_or(&results).to_string_lossy().into_owned();
    let config = json!({
        "enabled": true,
        "transport": "matrix",
        "macp": {
            "worktree_base": "~/src/{repo}-worktrees",
            "default_dispatch": "exec",
            "default_runtime": "codex",
            "cleanup_worktrees": true,
            "brief_dir": "docs/tasks",
            "result_dir": results,
        },
        "worker": { "runtime": "codex" },
        "quality_gates": [],
    });
    let config = format!("{config:#}\n");
    let mut made = Vec::new();
    for (path, text) in [(place.tasks(), EMPTY), (place.config(), &config)] {
        if store::create_new(&path, SHARED, text.as_bytes())? {
            if path == place.tasks() {
                // The queue is begun anew: nothing comes back from the old one.
                store::remove(&place.kept())?;
            }
            made.push(path);
        }
    }
    Ok(made)
}
