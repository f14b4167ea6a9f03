//! Where the lines lie: in a file that stays open, or in a text. They are read piece by piece, and again
//! when one is wanted whole.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;

/// So much is read at once; longer lines are read whole all the same.
pub(super) const PIECE: usize = 1 << 18;

/// Where the lines lie.
#[derive(Debug, Clone)]
pub(super) enum Source<'a> {
    Text(&'a str),
    File(Arc<Opened>),
}

/// A file as it was when it was opened.
#[derive(Debug)]
pub(super) struct Opened {
    file: File,
    stamp: Stamp,
}

/// What differs once somebody has written into a file.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Stamp {
    fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

impl Opened {
    pub(super) fn file(&self) -> &File {
        &self.file
    }
}

/// What to say of a file that is not what it was.
fn changed() -> io::Error {
    io::Error::other("another program changed it while it was read")
}

impl Source<'_> {
    /// Opens a file; one that is missing is empty.
    pub(super) fn open(path: &Path) -> io::Result<Source<'static>> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Source::Text("")),
            other => other?,
        };
        let stamp = Stamp::of(&file.metadata()?);
        Ok(Source::File(Arc::new(Opened { file, stamp })))
    }

    /// Whether nobody has written into it since it was opened.
    pub(super) fn is_as_it_was(&self) -> bool {
        match self {
            Source::Text(_) => true,
            Source::File(opened) => {
                opened.file.metadata().is_ok_and(|metadata| Stamp::of(&metadata) == opened.stamp)
            }
        }
    }

    /// Whether it still is what lies at `path`.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        match self {
            Source::Text(_) => !path.exists(),
            Source::File(opened) => {
                std::fs::metadata(path).is_ok_and(|metadata| Stamp::of(&metadata) == opened.stamp)
            }
        }
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Source::Text(text) => text.len() as u64,
            Source::File(opened) => opened.stamp.size,
        }
    }

    /// What lies at `range`, which somebody has found there before.
    pub(super) fn read(&self, range: Range<u64>) -> io::Result<Cow<'_, str>> {
        match self {
            Source::Text(text) => Ok(Cow::Borrowed(text.get(in_memory(&range)).unwrap_or_default())),
            Source::File(opened) => {
                let mut bytes = vec![0; in_memory(&(0..range.end - range.start)).end];
                opened.file.read_exact_at(&mut bytes, range.start).map_err(|error| match error.kind() {
                    io::ErrorKind::UnexpectedEof => changed(),
                    _ => error,
                })?;
                String::from_utf8(bytes).map(Cow::Owned).map_err(|_| changed())
            }
        }
    }

    /// Hands the lines of `range`, which begins and ends at line ends, to `look`: whole ones, `size` bytes
    /// or so at a time, with the place where they begin. Ends early where `look` returns false.
    pub(super) fn pieces(
        &self,
        range: Range<u64>,
        size: usize,
        mut look: impl FnMut(u64, &[u8]) -> bool,
    ) -> io::Result<()> {
        let opened = match self {
            Source::Text(text) => {
                look(range.start, text.as_bytes().get(in_memory(&range)).unwrap_or_default());
                return Ok(());
            }
            Source::File(opened) => opened,
        };
        let mut buffer = vec![0; in_memory(&(0..range.end - range.start)).end.min(size)];
        let (mut start, mut filled) = (range.start, 0);
        while start < range.end {
            let at = start + filled as u64;
            let wanted = in_memory(&(0..range.end - at)).end.min(buffer.len() - filled);
            let got = read_some(&opened.file, &mut buffer[filled..filled + wanted], at)?;
            let last = at + got as u64 == range.end;
            filled += got;
            let whole = match memchr::memrchr(b'\n', &buffer[filled - got..filled]) {
                _ if last => filled,
                Some(end) => filled - got + end + 1,
                // A line that does not end here.
                None => {
                    if filled == buffer.len() {
                        buffer.resize(filled * 2, 0);
                    }
                    continue;
                }
            };
            if !look(start, &buffer[..whole]) {
                return Ok(());
            }
            buffer.copy_within(whole..filled, 0);
            start += whole as u64;
            filled -= whole;
        }
        Ok(())
    }

    /// Cuts a range into at most `count` ranges of about equal length at line ends.
    pub(super) fn shares(&self, range: Range<u64>, count: u64) -> io::Result<Vec<Range<u64>>> {
        let mut starts = vec![range.start];
        for share in 1..count {
            let start = self.line_start(range.start + (range.end - range.start) * share / count)?;
            if starts.last().is_some_and(|last| *last < start) && start < range.end {
                starts.push(start);
            }
        }
        starts.push(range.end);
        Ok(starts.windows(2).map(|pair| pair[0]..pair[1]).collect())
    }

    /// Where the first line begins that does not begin before `at`.
    fn line_start(&self, at: u64) -> io::Result<u64> {
        let mut before = at.saturating_sub(1);
        let mut block = [0; 4096];
        while at > 0 && before < self.len() {
            let got = match self {
                Source::Text(text) => {
                    let rest = &text.as_bytes()[in_memory(&(before..self.len()))];
                    let got = rest.len().min(block.len());
                    block[..got].copy_from_slice(&rest[..got]);
                    got
                }
                Source::File(opened) => read_some(&opened.file, &mut block, before)?,
            };
            if let Some(end) = memchr::memchr(b'\n', &block[..got]) {
                return Ok((before + end as u64 + 1).min(self.len()));
            }
            before += got as u64;
        }
        Ok(if at == 0 { 0 } else { self.len() })
    }
}

/// At least one byte.
fn read_some(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    loop {
        match file.read_at(buffer, at) {
            Ok(0) => return Err(changed()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// A range of what is in memory, or can be: what is longer than that cannot be had.
fn in_memory(range: &Range<u64>) -> Range<usize> {
    let place = |at| usize::try_from(at).unwrap_or(usize::MAX);
    place(range.start)..place(range.end)
}
