//! MACP: a durable queue of tasks for agents and commands, worked by the one attempt engine.

pub mod after;
pub mod agent;
pub mod claim;
pub mod claim_gates;
pub mod claim_update;
pub mod dispatch;
pub mod drain;
pub mod event;
pub mod metrics;
pub mod people;
pub mod people_log;
pub mod place;
pub mod purse;
pub mod queue;
pub mod result;
pub mod schedule;
pub mod schema;
pub mod settings;
pub mod state;
pub mod task;
pub mod transition;
pub mod worktree;

pub use place::Place;
pub use queue::Queue;
