//! The one attempt engine: prompt → agent → judgement of its final message → gates → receipt.

pub mod completion;
pub mod fence;
pub mod prompt;
