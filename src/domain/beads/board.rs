//! The four columns every task is in exactly one of, and the numbers behind them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::customs::Class;
use super::graph::{Filter, Graph, Sort};
use super::record::Record;

/// Every issue (tombstones aside) in exactly one column.
#[derive(Debug)]
pub struct Board<'t> {
    /// What cannot start: waiting, blocked, put off, or not work for the queue.
    pub blocked: Vec<&'t Record<'t>>,
    /// What can, in order.
    pub ready: Vec<&'t Record<'t>>,
    /// What somebody works on.
    pub in_progress: Vec<&'t Record<'t>>,
    /// What is closed, the latest first.
    pub done: Vec<&'t Record<'t>>,
}

impl<'t> Board<'t> {
    /// Sorts the issues of `graph` into the columns.
    pub fn new(graph: &Graph<'t>) -> Self {
        let mut board = Self {
            blocked: Vec::new(),
            ready: graph.ready(&Filter::default(), Sort::Priority),
            in_progress: Vec::new(),
            done: Vec::new(),
        };
        for record in graph.records() {
            match record.status() {
                _ if record.is_finished() => board.done.push(record),
                "in_progress" | "hooked" => board.in_progress.push(record),
                _ if record.class == Class::Wip => board.in_progress.push(record),
                _ if graph.is_ready(&record.id) => {}
                _ => board.blocked.push(record),
            }
        }
        let order = |record: &&Record| (record.priority(), record.created());
        board.blocked.sort_by_cached_key(order);
        board.in_progress.sort_by_cached_key(order);
        board.done.sort_by_cached_key(|record| Reverse(record.closed()));
        board
    }
}

/// The numbers of a store.
#[derive(Debug, Serialize)]
pub struct Stats {
    /// Every issue, tombstones aside.
    pub total_issues: usize,
    /// Status `open`.
    pub open_issues: usize,
    /// Status `in_progress`.
    pub in_progress_issues: usize,
    /// Status `closed`.
    pub closed_issues: usize,
    /// Open, but waiting for another; or of status `blocked`.
    pub blocked_issues: usize,
    /// Status `deferred`.
    pub deferred_issues: usize,
    /// Can be started now.
    pub ready_issues: usize,
    /// Open epics whose children are all closed.
    pub epics_eligible_for_closure: usize,
    /// How many there are of each type.
    pub by_type: BTreeMap<String, usize>,
    /// How many there are of each priority.
    pub by_priority: BTreeMap<i64, usize>,
}

impl Stats {
    /// Counts the issues of `graph`.
    pub fn new(graph: &Graph) -> Self {
        let count =
            |wanted: &dyn Fn(&Record) -> bool| graph.records().filter(|record| wanted(record)).count();
        let status = |status: &str| count(&|record| record.status() == status);
        let finished = |record: &Record| {
            let children = graph.children(&record.id);
            record.kind() == "epic"
                && !record.is_finished()
                && !children.is_empty()
                && children.iter().all(|child| child.is_finished())
        };
        let mut by_type = BTreeMap::new();
        let mut by_priority = BTreeMap::new();
        for record in graph.records() {
            *by_type.entry(record.kind().to_owned()).or_default() += 1;
            *by_priority.entry(record.priority()).or_default() += 1;
        }
        Self {
            total_issues: graph.records().count(),
            open_issues: status("open"),
            in_progress_issues: status("in_progress"),
            closed_issues: status("closed"),
            blocked_issues: count(&|record| {
                record.status() == "blocked" || record.status() == "open" && graph.is_blocked(&record.id)
            }),
            deferred_issues: status("deferred"),
            ready_issues: count(&|record| graph.is_ready(&record.id)),
            epics_eligible_for_closure: count(&finished),
            by_type,
            by_priority,
        }
    }
}
