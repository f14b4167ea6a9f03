//! What the task graph holds for a run: the next task, and what is left.

use anyhow::Result;

use crate::domain::beads::{Filter, Issue, NEEDS_HUMAN, Record, Store, Table};
use crate::domain::loops::attempt::epic_in;
use crate::domain::loops::verdict::Scope;

/// What was found in one look at the store.
#[derive(Debug, Default)]
pub struct Survey {
    /// The counts.
    pub scope: Scope,
    /// The task to take next.
    pub next: Option<Issue>,
    /// The epic (or other parent) it belongs to: id, title, description.
    pub epic: Option<(String, String, String)>,
}

/// Looks for the next task that `filter` wants (or for `task` alone) and counts what is left. An
/// epic that has children is no task. Errors: an unknown epic or task.
pub fn survey(store: &Store, filter: &Filter, task: Option<&str>) -> Result<Survey> {
    store.outlook(|table| {
        let epic = filter.epic.as_deref().map(|epic| table.resolve(epic)).transpose()?;
        let task = task.map(|task| table.resolve(task)).transpose()?;
        look(table, &Filter { epic, ..filter.clone() }, task.as_deref())
    })
}

fn look(table: &Table, filter: &Filter, task: Option<&str>) -> Result<Survey> {
    let graph = table.graph();
    let below = filter.epic.as_deref().map(|epic| graph.below(epic));
    let label = filter.label.as_deref();
    let wanted = |record: &Record| {
        task.is_none_or(|task| *record.id == *task)
            && below.as_ref().is_none_or(|ids| ids.contains(&*record.id))
            && label.is_none_or(|label| record.labels().iter().any(|has| **has == *label))
    };
    let mut scope = Scope::default();
    for record in graph.records().filter(|record| wanted(record)) {
        // An epic named by `--task` is left, though no run ever takes it.
        if !record.is_settled() && (task.is_some() || graph.is_takeable(record)) {
            scope.left += 1;
            scope.waiting += u64::from(record.labels().iter().any(|label| **label == *NEEDS_HUMAN));
        }
    }
    let next = graph.first_of(filter, wanted);
    scope.ready = next.is_some();
    let epic = next.map(|record| epic_in(table, &graph, &record.id)).transpose()?.flatten();
    let next = next.map(|record| table.issue(&record.id)).transpose()?;
    Ok(Survey { scope, next, epic })
}
