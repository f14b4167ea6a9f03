//! What a log has got since it was last read.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Bytes that are read back at once, the last ones of what is new.
const MOST: u64 = 512 << 10;

/// A log that is read bit by bit.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    /// The file that was read, and how far; a new one is read from its start.
    read: Option<(u64, u64)>,
}

impl Log {
    /// The log at `path`, which may not be there yet, from its start.
    pub(super) fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), read: None }
    }

    /// Passes over all there is.
    pub(super) fn pass(&mut self) {
        self.read = fs::metadata(&self.path).ok().map(|meta| (meta.ino(), meta.len()));
    }

    /// What is new, whole lines only as far as there are any; nothing where it cannot be read.
    pub(super) fn news(&mut self) -> String {
        let Ok(file) = File::open(&self.path) else { return String::new() };
        let Ok(meta) = file.metadata() else { return String::new() };
        let known = self.read.filter(|(file, upto)| *file == meta.ino() && *upto <= meta.len());
        let from = known.map_or(0, |(_, upto)| upto).max(meta.len().saturating_sub(MOST));
        let mut bytes = vec![0; usize::try_from(meta.len() - from).unwrap_or(0)];
        if file.read_exact_at(&mut bytes, from).is_err() {
            return String::new();
        }
        // The last line may still be written.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        bytes.truncate(whole);
        self.read = Some((meta.ino(), from + u64::try_from(whole).unwrap_or(0)));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::store;

    #[test]
    fn only_what_is_new_is_read_and_a_new_log_from_its_start() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        let write = |text: &str| store::scratch(&path, text.as_bytes()).unwrap();
        let mut log = Log::of(&path);
        assert_eq!(log.news(), "");
        write("one\ntw");
        assert_eq!(log.news(), "one\n");
        write("one\ntwo\nthree\n");
        assert_eq!([log.news(), log.news()], ["two\nthree\n", ""]);
        // Made new at a start, in place or beside.
        write("four\n");
        assert_eq!(log.news(), "four\n");
        store::write(&path, store::SHARED, b"five is longer\n").unwrap();
        assert_eq!(log.news(), "five is longer\n");
        write(&"x".repeat(600 << 10));
        assert_eq!(log.news(), "");
        log.pass();
        write(&format!("{}\nlast\n", "x".repeat(600 << 10)));
        assert_eq!(log.news(), "\nlast\n");
        crate::system::store::remove(&path).unwrap();
        assert_eq!(log.news(), "");
    }
}
