//! State files as JSON.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use super::{SHARED, write, write_beside};

/// [`write`] as pretty JSON with a final newline.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    write_json_as(path, SHARED, value)
}

/// [`write_json`] for the eyes of `mode`.
pub fn write_json_as<T: Serialize>(path: &Path, mode: u32, value: &T) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    write(path, mode, &text)
}

/// [`write_json`] for what need not outlive a power loss: atomic, but not waited for. What a power
/// loss leaves of it may be an empty file. A link there, or a pipe, is replaced, not followed.
pub fn write_json_soon<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    write_json_soon_as(path, SHARED, value)
}

/// [`write_json_soon`] for the eyes of `mode`.
pub fn write_json_soon_as<T: Serialize>(path: &Path, mode: u32, value: &T) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    write_beside(path, mode, false, |out| out.write_all(&text), |_| Ok(()))
        .map(|_| ())
        .with_context(|| format!("failed to write `{}`", path.display()))
}
