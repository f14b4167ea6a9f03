//! Whether a file is still the one that was read: told without reading it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What tells a state of a file from another; equal for two states of no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp(Option<[i128; 5]>);

impl Stamp {
    /// The stamp of `path` as it is now.
    pub fn of(path: &Path) -> Self {
        let nanos = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        Self(fs::metadata(path).ok().map(|meta| {
            let (written, changed) =
                (nanos(meta.mtime(), meta.mtime_nsec()), nanos(meta.ctime(), meta.ctime_nsec()));
            [meta.dev().into(), meta.ino().into(), meta.size().into(), written, changed]
        }))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // the changes that are to be noticed
mod tests {
    use super::*;

    #[test]
    fn changes_are_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let none = Stamp::of(&path);
        assert_eq!(none, Stamp::of(&dir.path().join("other")));
        fs::write(&path, "one").unwrap();
        let first = Stamp::of(&path);
        assert!(first != none && first == Stamp::of(&path));
        fs::write(dir.path().join("new"), "two").unwrap();
        fs::rename(dir.path().join("new"), &path).unwrap();
        let second = Stamp::of(&path);
        assert_ne!(second, first);
        fs::write(&path, "longer").unwrap();
        assert_ne!(Stamp::of(&path), second);
    }
}
