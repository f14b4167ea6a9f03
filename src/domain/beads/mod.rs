//! beads

use anyhow::Result;

use crate::domain::workspace::Workspace;
use crate::system::store;

/// PLACEHOLDER until the beads store is merged, whose own `init` takes its place: makes
/// `.beads/issues.jsonl` and says whether it was missing.
pub fn init(workspace: &Workspace, _prefix: Option<&str>) -> Result<bool> {
    store::make_dir(&workspace.beads_dir())?;
    store::create_new(&workspace.issues(), store::SHARED, b"")
}
