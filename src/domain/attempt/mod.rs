//! The one attempt engine: prompt → agent → judgement of its final message → gates → receipt.

pub mod budget;
pub mod changes;
pub mod checklist;
pub mod completion;
mod ear;
pub mod engine;
pub mod event;
pub mod fence;
pub mod gates;
pub mod prompt;
pub mod receipt;
pub mod share;
pub mod verify;
