//! What the environment and the home directory say.

#![allow(clippy::disallowed_methods)] // the one reader of the environment
