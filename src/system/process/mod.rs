//! The only spawner.

#![allow(clippy::disallowed_methods)] // this is the place the lint points to

pub mod supervise;

/// The word that makes this binary a supervisor; not for people.
pub const SUPERVISE: &str = "__supervise";
