//! What the system tells of processes that may not be ours.

use std::path::PathBuf;

use super::tree::{self, Row};

/// Every process below `root`, however deep; not `root` itself.
pub fn below(rows: &[Row], root: i32) -> Vec<&Row> {
    tree::below(rows, root, &|_| false)
}

/// The directory that a process works in; none where the system does not tell.
#[cfg(target_os = "linux")]
pub fn cwd_of(pid: u32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/cwd")).ok()
}

/// The directory that a process works in; none where the system does not tell.
#[cfg(not(target_os = "linux"))]
pub fn cwd_of(pid: u32) -> Option<PathBuf> {
    let said = super::capture("lsof", &["-a", "-p", &pid.to_string(), "-d", "cwd", "-Fn"]).ok()?;
    said.lines().find_map(|line| line.strip_prefix('n')).map(PathBuf::from)
}

/// The words that a process was started with, or what it calls itself; empty where the system does not tell.
#[cfg(target_os = "linux")]
pub fn argv_of(pid: u32) -> Vec<String> {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = bytes.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// The words that a process was started with, or what it calls itself; empty where the system does not tell.
#[cfg(not(target_os = "linux"))]
pub fn argv_of(pid: u32) -> Vec<String> {
    let line = super::capture("ps", &["-ww", "-o", "command=", "-p", &pid.to_string()]).unwrap_or_default();
    line.split_ascii_whitespace().map(str::to_owned).collect()
}
