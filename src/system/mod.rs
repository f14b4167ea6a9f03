//! What it touches: files, locks, processes, git, environment, the terminal. Knows nothing above it.

pub mod browser;
pub mod clock;
pub mod config;
pub mod document;
pub mod front_matter;
pub mod git;
pub mod glob;
pub mod host;
pub mod http;
pub mod interrupt;
pub mod jsonc;
pub mod lock;
pub mod log;
pub mod process;
pub mod redact;
pub mod sockets;
pub mod stamp;
pub mod store;
pub mod terminal;
pub mod threads;
