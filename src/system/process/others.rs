//! What the system tells of processes that may not be ours.

use std::path::{Path, PathBuf};

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

/// Whether a process prints to the regular file `file`: what it inherited from who started it, and keeps also with an empty
/// environment and in a session of its own.
#[cfg(target_os = "linux")]
pub fn prints_to(pid: u32, file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |one: &std::fs::Metadata, other: &std::fs::Metadata| {
        one.dev() == other.dev() && one.ino() == other.ino()
    };
    let Ok(file) = std::fs::symlink_metadata(file) else { return false };
    let open = |output| std::fs::metadata(format!("/proc/{pid}/fd/{output}"));
    file.is_file() && [1, 2].into_iter().any(|output| open(output).is_ok_and(|open| same(&open, &file)))
}

/// Whether a process prints to the regular file `file`: what it inherited from who started it, and keeps also with an empty
/// environment and in a session of its own.
#[cfg(not(target_os = "linux"))]
pub fn prints_to(pid: u32, file: &Path) -> bool {
    let said =
        super::capture("lsof", &["-a", "-p", &pid.to_string(), "-d", "1,2", "-Fn"]).unwrap_or_default();
    said.lines().any(|line| line.strip_prefix('n').map(Path::new) == Some(file))
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
