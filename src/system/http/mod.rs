//! HTTP/1.1 on this machine, blocking and bounded in time and size: the client, and the parts the preview's proxy shares with it.
//! No redirects followed, no TLS, no names resolved but `localhost`.

pub mod body;
pub mod chunks;
pub mod client;
pub mod head;
pub mod wire;

pub use client::{Answer, Bounds, ask, ask_url, connect};
pub use wire::{Failure, Wire};

#[cfg(test)]
mod client_tests;
#[cfg(test)]
pub mod fake;
