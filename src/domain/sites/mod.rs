//! Sites: folders that have been mounted, their dev servers, pages, previews and checks. The core knows nothing of them.

pub mod check;
mod errors;
pub mod list;
pub mod logs;
pub mod looped;
pub mod mount;
pub mod pages;
pub mod preview;
pub mod records;
pub mod server;
pub mod site;
pub mod tasks;
pub mod url;
pub mod watch;

pub use site::{Site, Sites};
