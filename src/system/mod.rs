//! What it touches: files, locks, processes, git, environment. Knows nothing above it.

pub mod clock;
pub mod config;
pub mod document;
pub mod git;
pub mod host;
pub mod interrupt;
pub mod lock;
pub mod log;
pub mod process;
pub mod redact;
pub mod store;
