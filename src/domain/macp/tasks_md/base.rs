//! What the last sync saw: `state/tasks-md.json`, by file and task.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::plan::{Step, What};
use super::table::Document;
use super::words;
use crate::domain::macp::place::Place;
use crate::domain::macp::state::State;
use crate::domain::macp::task::Task;
use crate::system::store;

/// The version of the format written here.
const VERSION: u64 = 1;

/// All of it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Memory {
    version: u64,
    files: BTreeMap<String, BTreeMap<String, Seen>>,
}

/// A row, as both sides were left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The queue's status, as a word of the table.
    pub status: String,
    /// Every cell.
    pub cells: BTreeMap<String, String>,
}

/// What the last sync saw of one file.
#[derive(Debug)]
pub struct Base {
    name: String,
    rows: BTreeMap<String, Seen>,
}

impl Base {
    /// Reads it.
    pub fn load(place: &Place, file: &Path) -> Result<Self> {
        let name = place.shown(file);
        let mut memory: Memory = store::read_versioned(&place.table_base(), VERSION)?.unwrap_or_default();
        let rows = memory.files.remove(&name).unwrap_or_default();
        Ok(Self { name, rows })
    }

    /// A row, as both sides were left.
    pub fn seen(&self, id: &str) -> Option<&Seen> {
        self.rows.get(id)
    }

    /// Takes note of how `steps` leave both sides.
    pub fn remember(
        &mut self,
        document: &Document,
        state: &State,
        task: &dyn Fn(&str) -> Result<Task>,
        steps: &[Step],
    ) -> Result<()> {
        let mut rows = BTreeMap::new();
        for row in document.rows() {
            let id = row.value("id").unwrap_or_default();
            let Some(at) = state.row(id) else { continue };
            let blocked = task(id)?.is_blocked();
            let status = words::write(at.status, blocked).to_owned();
            rows.insert(id.to_owned(), Seen { status, cells: row.values().clone() });
        }
        for step in steps {
            let Some(seen) = rows.get_mut(&step.id) else { continue };
            if let What::Cell { to, .. } | What::Conflict { to, .. } = &step.what {
                seen.cells.insert("status".into(), (*to).to_owned());
            }
            // What is left as it is was not brought together: both sides are as they were the time before.
            if let (What::Left { .. }, Some(before)) = (&step.what, self.rows.get(&step.id)) {
                seen.status.clone_from(&before.status);
                if let Some(cell) = before.cells.get("status") {
                    seen.cells.insert("status".into(), cell.clone());
                }
            }
        }
        self.rows = rows;
        Ok(())
    }

    /// Writes it.
    pub fn save(self, place: &Place) -> Result<()> {
        let path = place.table_base();
        let mut memory: Memory = store::read_versioned(&path, VERSION)?.unwrap_or_default();
        memory.version = VERSION;
        if memory.files.get(&self.name) == Some(&self.rows) {
            return Ok(());
        }
        memory.files.insert(self.name, self.rows);
        store::write_json(&path, &memory)
    }
}
