//! Which issues are wanted, and each below its parent: for lists and for what is written out.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use super::change::check_status;
use super::create::check_type;
use super::graph::Graph;
use super::record::Record;
use super::table::Table;

/// Which issues; the default is all of them.
#[derive(Debug, Clone, Default)]
pub struct Pick {
    /// Only of this status.
    pub status: Option<String>,
    /// Only of this type.
    pub kind: Option<String>,
    /// Only what is below this issue, however deep.
    pub epic: Option<String>,
    /// Of [`Pick::epic`]: that issue, too.
    pub itself: bool,
    /// Only with this label.
    pub label: Option<String>,
}

impl Pick {
    /// Whether nothing is left out by it.
    pub fn is_all(&self) -> bool {
        [&self.status, &self.kind, &self.epic, &self.label].iter().all(|filter| filter.is_none())
    }

    /// The issues of `graph` that are wanted, in the order of the file. Where no status is named, those that
    /// `hidden` says are left out. A status or type that nobody knows is an error.
    pub fn of<'t>(
        &self,
        table: &Table,
        graph: &Graph<'t>,
        hidden: impl Fn(&Record) -> bool,
    ) -> Result<Vec<&'t Record<'t>>> {
        self.status.as_deref().map(|status| check_status(table, status)).transpose()?;
        self.kind.as_deref().map(|kind| check_type(table, kind)).transpose()?;
        let epic = self.epic.as_deref().map(|epic| table.resolve(epic)).transpose()?;
        let below = epic.as_deref().map(|epic| graph.below(epic));
        let wanted = |record: &&Record| {
            let status = match &self.status {
                Some(status) => record.status() == status,
                None => !hidden(record),
            };
            let under = below.as_ref().is_none_or(|ids| ids.contains(&*record.id));
            status
                && self.kind.as_ref().is_none_or(|kind| record.kind() == kind)
                && self.label.as_ref().is_none_or(|label| record.labels().iter().any(|has| **has == **label))
                && (under || self.itself && epic.as_deref() == Some(&*record.id))
        };
        Ok(graph.records().filter(wanted).collect())
    }
}

/// Each of `records` with its depth, below its parent where that is among them, too; brothers and sisters as
/// they came. Those in a circle come last, at the top.
pub fn nested<'t>(records: &[&'t Record<'t>], graph: &Graph<'t>) -> Vec<(usize, &'t Record<'t>)> {
    let listed: HashSet<&str> = records.iter().map(|record| &*record.id).collect();
    let mut children: HashMap<&str, Vec<&'t Record<'t>>> = HashMap::new();
    let mut roots = Vec::new();
    for record in records {
        match graph.parent(&record.id).filter(|parent| listed.contains(&*parent.id)) {
            Some(parent) => children.entry(&*parent.id).or_default().push(record),
            None => roots.push(*record),
        }
    }
    let mut out = Vec::with_capacity(records.len());
    let mut seen: HashSet<&str> = HashSet::new();
    for root in roots.iter().chain(records) {
        let mut stack = vec![(0, *root)];
        while let Some((depth, record)) = stack.pop() {
            if seen.insert(&*record.id) {
                out.push((depth, record));
                let below = children.get(&*record.id).into_iter().flatten().rev();
                stack.extend(below.map(|child| (depth + 1, *child)));
            }
        }
    }
    out
}
