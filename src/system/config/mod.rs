//! Settings: defaults < user file < workspace file < environment < flags. The only reader of the
//! environment and of the home directory.

pub mod env;
mod file;

pub use file::{
    AgentTable, AgentsEntry, BeadsTable, BudgetTable, Config, GatesTable, LoopTable, Output, Permissions,
    Price, PromptBy,
};
