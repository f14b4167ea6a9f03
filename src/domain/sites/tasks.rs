//! The tasks beside a site: those of its epic, how they stand, and what was spent.

use anyhow::Result;
use serde::Serialize;

use super::{Site, Sites};
use crate::domain::beads::{Graph, Pick, Record, State, Store, Table, nested};
use crate::domain::loops::state;
use crate::system::config;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Task {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its status, as it is kept.
    pub status: String,
    /// Where it stands.
    pub state: State,
    /// How deep it lies below the first.
    pub depth: usize,
    /// How many below it are not done; none where there are none below it.
    pub left: Option<usize>,
}

/// How many stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Those that can be started.
    pub ready: usize,
    /// Those that somebody works on.
    pub in_progress: usize,
    /// Those that wait, or are put off.
    pub blocked: usize,
    /// Those that are done.
    pub done: usize,
}

/// What is to be shown beside a site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tasks {
    /// The site.
    pub site: String,
    /// Its epic; without one all tasks of the workspace are told, the closed ones left out.
    pub epic: Option<String>,
    /// `Budget: $2.50`: what the current or last run has spent.
    pub budget: Option<String>,
    /// Of all that belong to it; an epic itself is no work.
    pub counts: Counts,
    /// Each below what it belongs to.
    pub tasks: Vec<Task>,
}

/// The tasks of `site`; none where the workspace keeps none.
pub fn tasks(sites: &Sites, site: &Site) -> Result<Tasks> {
    let workspace = sites.workspace();
    let limit = || {
        Some(format!(
            "Budget: $0/{}",
            state::dollars(config::load(Some(&workspace.config_file())).ok()?.budget.usd?)
        ))
    };
    let budget = state::budget_line(workspace)?.or_else(limit);
    let mut told = Tasks { site: site.name.clone(), epic: site.epic.clone(), budget, ..Tasks::default() };
    if workspace.has_beads() {
        (told.counts, told.tasks) =
            Store::open(workspace)?.survey(|table| gather(table, site.epic.as_deref()))?;
    }
    Ok(told)
}

fn gather(table: &Table, epic: Option<&str>) -> Result<(Counts, Vec<Task>)> {
    let graph = table.graph();
    let pick = Pick { epic: epic.map(str::to_owned), itself: true, ..Pick::default() };
    let mut records = pick.of(table, &graph, |_| false)?;
    records.sort_by_cached_key(|record| (record.priority(), record.created(), record.id.clone()));
    let counts = count(&graph, &records);
    if epic.is_none() {
        records.retain(|record| State::of(&graph, record) != State::Done);
    }
    let task = |(depth, record): (usize, &Record)| Task {
        id: record.id.to_string(),
        title: record.title.to_string(),
        status: record.status().to_owned(),
        state: State::of(&graph, record),
        depth,
        left: left(&graph, record),
    };
    Ok((counts, nested(&records, &graph).into_iter().map(task).collect()))
}

fn count(graph: &Graph, records: &[&Record]) -> Counts {
    let mut counts = Counts::default();
    for record in records.iter().filter(|record| !graph.has_children(&record.id)) {
        match State::of(graph, record) {
            State::Ready => counts.ready += 1,
            State::InProgress => counts.in_progress += 1,
            State::Blocked | State::Aside => counts.blocked += 1,
            State::Done => counts.done += 1,
        }
    }
    counts
}

fn left(graph: &Graph, record: &Record) -> Option<usize> {
    let below = graph.below(&record.id);
    let open =
        below.iter().filter_map(|id| graph.get(id)).filter(|record| State::of(graph, record) != State::Done);
    (!below.is_empty()).then(|| open.count())
}
