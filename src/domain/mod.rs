//! What it means: types, decisions, the steps of an operation. Knows no clap, no Ui, no Exit.

pub mod agents;
pub mod attempt;
pub mod beads;
pub mod demo;
pub mod launchers;
pub mod loops;
pub mod macp;
pub mod manual;
pub mod missions;
pub mod planning;
pub mod prompted;
pub mod prune;
pub mod sites;
pub mod skills;
pub mod stack;
pub mod workspace;
