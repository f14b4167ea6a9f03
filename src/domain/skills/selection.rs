//! The skill that a workspace goes by until another is selected: `.taskrun/skill.json`. State, not configuration: it stays out
//! of git, for two people may be at different work.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::NONE;
use super::catalog::{Catalog, Found};
use crate::domain::workspace::{Workspace, init};
use crate::fault::Fault;
use crate::system::store;

const VERSION: u64 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct File {
    version: u64,
    skill: String,
}

/// The id of the selected skill, which may be gone meanwhile; `None` where none was ever selected.
pub fn selected(workspace: &Workspace) -> Result<Option<String>> {
    let file: Option<File> = store::read_versioned(&workspace.selected_skill(), VERSION)?;
    Ok(file.map(|file| file.skill))
}

/// Selects the skill `id`, which must be sound. Errors: those of [`Catalog::get`]; the one before stays selected then.
pub fn select(workspace: &Workspace, id: &str) -> Result<Found> {
    if id == NONE {
        return Err(Fault::usage(
            format!("`{NONE}` stands for no skill"),
            "`taskrun skill select --none` selects none",
        ));
    }
    let found = Catalog::new(Some(workspace)).get(id)?;
    init::for_state(workspace)?;
    store::write_json(&workspace.selected_skill(), &File { version: VERSION, skill: id.into() })?;
    Ok(found)
}

/// Selects none.
pub fn clear(workspace: &Workspace) -> Result<()> {
    store::remove(&workspace.selected_skill())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_selected_stays_so_until_another_is() {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace::at(dir.path().to_owned());
        assert_eq!(selected(&workspace).unwrap(), None);
        clear(&workspace).unwrap();
        select(&workspace, "build-mcp").unwrap();
        assert!(select(&workspace, "none").is_err());
        assert_eq!(selected(&workspace).unwrap().as_deref(), Some("build-mcp"));
        store::write(&workspace.selected_skill(), store::SHARED, b"{\"version\":2,\"skill\":\"x\"}").unwrap();
        assert!(selected(&workspace).unwrap_err().to_string().contains("version 2"));
        clear(&workspace).unwrap();
        assert_eq!(selected(&workspace).unwrap(), None);
    }
}
