//! MACP: a durable queue of tasks for agents and commands, worked by the one attempt engine.

mod agenda;
mod checkpoint;
pub mod claim;
pub mod claim_end;
pub mod claim_gates;
pub mod claim_update;
pub mod dispatch;
pub mod drain;
mod elements;
pub mod event;
mod inbox;
mod load;
mod memory;
mod merge;
pub mod metrics;
pub mod people;
pub mod people_log;
pub mod place;
pub mod queue;
pub mod result;
mod results;
pub mod schedule;
pub mod settings;
mod sketch;
mod snapshot;
mod splice;
pub mod state;
mod stuck;
pub mod task;
pub mod tasks_md;
pub mod transition;
pub mod worktree;

pub use place::Place;
pub use queue::Queue;
