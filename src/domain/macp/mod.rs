//! MACP: a durable queue of tasks for agents and commands, worked by the one attempt engine.

pub mod cron;
pub mod dispatch;
pub mod drain;
pub mod due;
pub mod event;
pub mod place;
pub mod queue;
pub mod result;
pub mod schedule;
pub mod settings;
pub mod state;
pub mod task;
pub mod template;
pub mod transition;
pub mod trigger;
pub mod worktree;

pub use place::Place;
pub use queue::Queue;
