//! What the last sync saw: `state/tasks-md.json`, by file and task.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::differ;
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
    /// What the queue said in the fields of these cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<BTreeMap<String, Value>>,
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
            let task = task(id)?;
            let status = words::write(at.status, task.is_blocked()).to_owned();
            let (mut cells, mut fields) = (row.values().clone(), differ::told(row, &task));
            if let Some(before) = self.rows.get(id).filter(|_| at.status.is_active()) {
                // Its row was left alone, but for the status: what was written there is for later.
                let said = before.cells.iter().filter(|(name, _)| *name != "status");
                cells.extend(said.map(|(name, cell)| (name.clone(), cell.clone())));
                fields.extend(before.fields.clone().unwrap_or_default());
            }
            rows.insert(id.to_owned(), Seen { status, cells, fields: Some(fields) });
        }
        self.leave(&mut rows, document, task, steps)?;
        self.rows = rows;
        Ok(())
    }

    /// What was written into cells, and what was left as it is.
    fn leave(
        &self,
        rows: &mut BTreeMap<String, Seen>,
        document: &Document,
        task: &dyn Fn(&str) -> Result<Task>,
        steps: &[Step],
    ) -> Result<()> {
        for step in steps {
            let Some(seen) = rows.get_mut(&step.id) else { continue };
            if let What::Cell { column, to, .. } | What::Conflict { column, to, .. } = &step.what {
                seen.cells.insert(column.clone(), to.clone());
                let now = differ::told(&document.rows()[step.row], &task(&step.id)?);
                if let (Some(fields), Some(now)) = (&mut seen.fields, now.get(column)) {
                    fields.insert(column.clone(), now.clone());
                }
            }
            // What is left as it is was not brought together: both sides are as they were the time before.
            if let (What::Left { column, .. }, Some(before)) = (&step.what, self.rows.get(&step.id)) {
                if let Some(cell) = before.cells.get(column) {
                    seen.cells.insert(column.clone(), cell.clone());
                }
                let fields = before.fields.as_ref().and_then(|fields| fields.get(column));
                match (column.as_str(), &mut seen.fields, fields) {
                    ("status", _, _) => seen.status.clone_from(&before.status),
                    (_, Some(now), Some(then)) => drop(now.insert(column.clone(), then.clone())),
                    _ => {}
                }
            }
        }
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
