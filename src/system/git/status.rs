//! What the work tree looks like: HEAD, and every path that differs from it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Repo, require};

/// Larger files are told apart by size and time instead of content.
const HASHED: u64 = 4 << 20;

/// The work tree at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// The commit checked out; `None` before the first.
    pub head: Option<String>,
    /// The branch checked out; `None` when detached.
    pub branch: Option<String>,
    /// Everything that differs from HEAD, and what git does not know and does not ignore.
    pub entries: BTreeMap<PathBuf, Entry>,
}

/// One path that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The index differs from HEAD.
    pub staged: bool,
    /// git does not know it.
    pub untracked: bool,
    /// A conflict.
    pub unmerged: bool,
}

/// What a path held, good enough to see whether it was changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Print(u64);

impl Repo {
    /// Looks at the work tree without taking git's locks.
    pub fn status(&self) -> Result<Status> {
        let args = [
            "--no-optional-locks",
            "status",
            "--porcelain=v2",
            "--branch",
            "-z",
            "--untracked-files=all",
            "--no-renames",
            "--ignore-submodules=none",
        ];
        Ok(parse(&require(self.git(&args).run(&[])?, &args[1..])?.stdout))
    }
}

/// Reads `git status --porcelain=v2 --branch -z --no-renames`.
fn parse(output: &[u8]) -> Status {
    let mut status = Status::default();
    for record in output.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
        let (kind, rest) = record.split_at(1);
        match kind {
            b"#" => header(&mut status, &String::from_utf8_lossy(rest)),
            b"1" | b"u" => {
                let before = if kind == b"1" { 8 } else { 10 };
                let Some(path) = rest.splitn(before + 1, |byte| *byte == b' ').nth(before) else { continue };
                let staged = rest.get(1).is_some_and(|code| *code != b'.');
                let entry = Entry { staged, untracked: false, unmerged: kind == b"u" };
                status.entries.insert(path_of(path), entry);
            }
            b"?" => {
                let entry = Entry { staged: false, untracked: true, unmerged: false };
                status.entries.insert(path_of(rest.get(1..).unwrap_or_default()), entry);
            }
            _ => {}
        }
    }
    status
}

fn header(status: &mut Status, text: &str) {
    let known = |value: &str| Some(value.to_owned()).filter(|value| !value.starts_with('('));
    if let Some(oid) = text.strip_prefix(" branch.oid ") {
        status.head = known(oid);
    } else if let Some(name) = text.strip_prefix(" branch.head ") {
        status.branch = known(name);
    }
}

fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// What `path` holds now; a missing file has a print too.
pub fn fingerprint(path: &Path) -> Print {
    let mut hasher = DefaultHasher::new();
    // What cannot be read counts as missing.
    let _ = feed(path, &mut hasher);
    Print(hasher.finish())
}

fn feed(path: &Path, hasher: &mut DefaultHasher) -> std::io::Result<()> {
    let meta = fs::symlink_metadata(path)?;
    hasher.write_u32(meta.mode());
    if meta.is_symlink() {
        hasher.write(fs::read_link(path)?.as_os_str().as_bytes());
    } else if meta.is_file() && meta.len() <= HASHED {
        let mut file = fs::File::open(path)?;
        let mut block = vec![0; 16 << 10];
        loop {
            match file.read(&mut block)? {
                0 => return Ok(()),
                count => hasher.write(&block[..count]),
            }
        }
    } else {
        hasher.write_u64(meta.len());
        hasher.write_i64(meta.mtime());
        hasher.write_i64(meta.mtime_nsec());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn porcelain_is_read() {
        let output = b"# branch.oid 12ab\0# branch.head main\0\
            1 .M N... 100644 100644 100644 aa bb src/a b.rs\0\
            1 A. N... 000000 100644 100644 00 bb new\0\
            u UU N... 100644 100644 100644 100644 aa bb cc both\0\
            ? \xff odd\0";
        let status = parse(output);
        assert_eq!(status.head.as_deref(), Some("12ab"));
        assert_eq!(status.branch.as_deref(), Some("main"));
        let got: Vec<_> = status
            .entries
            .iter()
            .map(|(path, entry)| (path.as_os_str().as_bytes(), entry.staged, entry.untracked, entry.unmerged))
            .collect();
        let expected: Vec<(&[u8], bool, bool, bool)> = vec![
            (b"both", true, false, true),
            (b"new", true, false, false),
            (b"src/a b.rs", false, false, false),
            (b"\xff odd", false, true, false),
        ];
        assert_eq!(got, expected);
    }

    #[test]
    fn an_unborn_or_detached_head_has_no_name() {
        let status = parse(b"# branch.oid (initial)\0# branch.head (detached)\0");
        assert_eq!((status.head, status.branch), (None, None));
    }

    #[test]
    fn a_print_tells_content_apart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let missing = fingerprint(&path);
        crate::system::store::write(&path, 0o644, b"").unwrap();
        let empty = fingerprint(&path);
        assert_ne!(missing, empty);
        crate::system::store::write(&path, 0o644, b"x").unwrap();
        assert_ne!(fingerprint(&path), empty);
    }
}
