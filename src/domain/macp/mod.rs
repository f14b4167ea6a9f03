//! MACP: a durable queue of tasks for agents and commands, worked by the one attempt engine.

mod agenda;
pub mod check;
mod checkpoint;
pub mod dispatch;
pub mod drain;
mod elements;
pub mod event;
pub mod gc;
pub mod history;
mod ids;
mod inbox;
pub mod init;
mod load;
mod memory;
mod merge;
#[cfg(test)]
mod merge_tests;
mod new;
pub mod overview;
pub mod place;
pub mod queue;
#[cfg(test)]
mod queue_costs;
#[cfg(test)]
mod queue_tests;
pub mod result;
mod results;
pub mod schedule;
#[cfg(test)]
mod schedule_tests;
pub mod settings;
mod sketch;
mod snapshot;
mod splice;
pub mod state;
mod stuck;
pub mod submit;
pub mod task;
pub mod template;
pub mod transition;
mod turn;
pub mod worktree;

pub use place::Place;
pub use queue::Queue;
