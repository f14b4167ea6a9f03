//! MACP: a durable queue of tasks for agents and commands, worked by the one attempt engine.

pub mod after;
mod agenda;
pub mod agent;
pub mod check;
mod checkpoint;
pub mod claim;
pub mod claim_end;
pub mod claim_gates;
pub mod claim_update;
pub mod cron;
pub mod dispatch;
pub mod drain;
pub mod due;
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
pub mod metrics;
mod new;
pub mod overview;
pub mod people;
pub mod people_log;
pub mod place;
pub mod purse;
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
pub mod schema;
pub mod settings;
mod sketch;
mod snapshot;
mod splice;
pub mod state;
mod stuck;
pub mod submit;
pub mod task;
pub mod tasks_md;
pub mod template;
pub mod transition;
pub mod trigger;
mod turn;
pub mod validate;
pub mod variables;
pub mod within;
pub mod worktree;
pub mod worktree_clean;
pub mod worktree_names;
mod worktree_pool;
pub use place::Place;
pub use queue::Queue;
