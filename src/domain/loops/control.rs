//! What one process asks of another one's run: `.taskrun/control.json`.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::domain::workspace::Workspace;
use crate::system::store;

const VERSION: u64 = 1;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Finish the iteration, then wait.
    Pause,
    /// Finish the iteration, then end.
    Stop,
    /// End now.
    StopNow,
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    version: u64,
    run: String,
    action: Action,
}

/// Asks `run` to do this; the last request counts.
pub fn ask(workspace: &Workspace, run: &str, action: Action) -> Result<()> {
    store::write_json(&workspace.control(), &File { version: VERSION, run: run.into(), action })
}

/// Takes the request back, which lets a paused run go on.
pub fn clear(workspace: &Workspace) -> Result<()> {
    store::remove(&workspace.control())
}

/// What `run` is asked to do. Cheap when nothing is asked.
pub fn asked(workspace: &Workspace, run: &str) -> Result<Option<Action>> {
    let path = workspace.control();
    if !path.exists() {
        return Ok(None);
    }
    let file: Option<File> = store::read_versioned(&path, VERSION)?;
    Ok(file.filter(|file| file.run == run).map(|file| file.action))
}
