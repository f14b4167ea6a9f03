//! A file that only grows, by whole lines, and is read from where one has come to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::plain;

/// What tells a state of a file from another, also before the file gets its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    device: u64,
    inode: u64,
    size: u64,
    seconds: i64,
    nanos: i64,
}

impl Mark {
    fn new(meta: &fs::Metadata) -> Self {
        Self {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            seconds: meta.mtime(),
            nanos: meta.mtime_nsec(),
        }
    }

    /// That of an open file.
    pub fn of(file: &File) -> io::Result<Self> {
        Ok(Self::new(&file.metadata()?))
    }

    /// That of the file at `path`, if there is one.
    pub fn at(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|meta| Self::new(&meta))
    }

    /// How long it is.
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// The file and how far it was read.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    mode: u32,
    file: Option<File>,
    /// Open for reading, whatever becomes of its name.
    reader: Option<File>,
    /// Where the next line to be read begins.
    at: u64,
    /// What was written since the last sync.
    unsynced: bool,
    made: bool,
}

impl Journal {
    /// The file at `path`, which may be missing, to be read from `at`.
    pub fn new(path: PathBuf, mode: u32, at: u64) -> Self {
        Self { path, mode, file: None, reader: None, at, unsynced: false, made: false }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the next line to be read begins.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// How long it is now; a missing one is empty.
    pub fn size(&self) -> u64 {
        let meta = self.reader.as_ref().map_or_else(|| fs::metadata(&self.path), File::metadata);
        meta.map_or(0, |meta| meta.len())
    }

    /// Takes what comes before `at` as read.
    pub fn skip_to(&mut self, at: u64) {
        self.at = at;
    }

    /// Begins again at its beginning.
    pub fn rewind(&mut self) {
        self.at = 0;
        (self.file, self.reader) = (None, None);
    }

    /// Keeps hold of the file that has the name now, if there is one: it can be read then though it is removed.
    pub fn pin(&mut self) {
        self.reader = plain::open_plain(&self.path).ok();
    }

    /// Reads bytes that lie there.
    pub fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        match &self.reader {
            Some(file) => file.read_exact_at(bytes, at),
            None => plain::open_plain(&self.path)?.read_exact_at(bytes, at),
        }
    }

    /// The bytes from where it was read to, up to `end`; where that is within a line, the rest of it is the second part,
    /// and still to be read.
    pub fn news(&mut self, end: u64) -> Result<(Vec<u8>, Vec<u8>)> {
        if end <= self.at {
            return Ok((Vec::new(), Vec::new()));
        }
        let mut bytes = vec![0; usize::try_from(end - self.at).unwrap_or(usize::MAX)];
        self.read_at(&mut bytes, self.at)
            .with_context(|| format!("failed to read `{}`", self.path.display()))?;
        let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |last| last + 1);
        let rest = bytes.split_off(whole);
        self.at += bytes.len() as u64;
        Ok((bytes, rest))
    }

    /// Appends whole lines, which count as read; for who has read all that is there and keeps others from writing. On any
    /// error the file is as it was. Says where they begin.
    pub fn append(&mut self, lines: &[u8]) -> Result<u64> {
        let start = self.at;
        let failed = format!("failed to append to `{}`", self.path.display());
        super::outlive_size_limit();
        let there = |file: &File| file.metadata().is_ok_and(|meta| meta.nlink() > 0);
        let mut file = match self.file.take().filter(there) {
            Some(file) => file,
            None => self.open().context(failed.clone())?,
        };
        if let Err(error) = file.write_all(lines) {
            let _ = file.set_len(start);
            return Err(error).context(failed);
        }
        self.file = Some(file);
        self.unsynced = true;
        self.at += lines.len() as u64;
        Ok(start)
    }

    fn open(&mut self) -> io::Result<File> {
        self.made = !self.path.exists();
        plain::open(OpenOptions::new().append(true).create(true).mode(self.mode), &self.path)
    }

    /// Cuts off what was not read.
    pub fn cut(&self) -> Result<()> {
        super::shorten(&self.path, self.at)
    }

    /// Whether something was written that is not synced.
    pub fn is_unsynced(&self) -> bool {
        self.unsynced
    }

    /// Has what was written survive a power loss.
    pub fn sync(&mut self) -> Result<()> {
        if !std::mem::take(&mut self.unsynced) {
            return Ok(());
        }
        let synced = self.file.as_ref().map_or(Ok(()), File::sync_data);
        let named = std::mem::take(&mut self.made);
        let synced =
            synced.and_then(|()| if named { super::sync_dir(&super::parent(&self.path)) } else { Ok(()) });
        synced.with_context(|| format!("failed to write `{}`", self.path.display()))
    }
}
