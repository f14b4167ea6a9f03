//! The four columns every task is in exactly one of.

use std::cmp::Reverse;

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
                _ if record.is_done() => board.done.push(record),
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
