//! Closing several issues by the real `bd`, which does it one after the other.

use anyhow::Result;

use super::run::Bd;
use crate::domain::beads::change::Closed;
use crate::domain::beads::graph::{Filter, Graph};
use crate::domain::beads::store::Store;
use crate::domain::beads::table::Table;
use crate::fault::Fault;

impl Bd {
    /// [`Store::close`]
    pub(in crate::domain::beads) fn close(
        &self,
        store: &Store,
        given: &[String],
        reason: Option<&str>,
    ) -> Result<Closed> {
        let (ids, before, open) = store.view(|table| {
            let ids = table.resolve_all(given)?;
            if ids.len() > 1 {
                check_closable(&table.graph(), &ids)?;
            }
            let open: Vec<String> = ids.iter().filter(|id| !is_closed(table, id)).cloned().collect();
            Ok((ids, ready(table), open))
        })?;
        if let Err(error) = self.finish(&ids, reason) {
            // Some of them may be closed all the same.
            let done: Vec<String> = store.view(|table| {
                Ok(open.iter().filter(|id| is_closed(table, id)).map(|id| format!("`{id}`")).collect())
            })?;
            if done.is_empty() {
                return Err(error);
            }
            let hint = "`taskrun beads reopen` opens what is closed again";
            return Err(Fault::refused(format!("{error}; closed before that: {}", done.join(", ")), hint));
        }
        store.view(|table| {
            let issues = ids.iter().map(|id| table.issue(id)).collect::<Result<_>>()?;
            let fresh = ready(table).into_iter().filter(|id| !before.contains(id));
            Ok(Closed { issues, ready: fresh.map(|id| table.issue(&id)).collect::<Result<_>>()? })
        })
    }
}

fn is_closed(table: &Table, id: &str) -> bool {
    table.get(id).is_some_and(|record| record.status() == "closed")
}

/// Of several that are closed in turn `bd` would close some and refuse others.
fn check_closable(graph: &Graph, ids: &[String]) -> Result<()> {
    for (at, id) in ids.iter().enumerate() {
        if let Some(why) = graph.held_open(id, &ids[..at]) {
            return Err(Fault::refused(
                format!("`{id}` cannot be closed: {why}"),
                "close that first; nothing was changed",
            ));
        }
    }
    Ok(())
}

fn ready(table: &Table) -> Vec<String> {
    let graph = table.graph();
    let ready = graph.ready(&Filter::default(), crate::domain::beads::Sort::Priority);
    ready.into_iter().map(|record| record.id.to_string()).collect()
}
