//! MACP: a durable queue of tasks for agents and commands, worked by the one attempt engine.

pub mod check;
mod check_cycles;
pub mod dispatch;
pub mod drain;
pub mod event;
pub mod place;
pub mod queue;
pub mod result;
pub mod schedule;
pub mod schema;
pub mod settings;
pub mod state;
pub mod task;
pub mod transition;
pub mod validate;
pub mod within;
pub mod worktree;
pub mod worktree_clean;
pub mod worktree_names;
mod worktree_pool;

pub use place::Place;
pub use queue::Queue;
