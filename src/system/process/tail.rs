//! Reads the lines of a file that a process is still writing, in constant memory.

use std::fs::File;
use std::io::Result;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::Context;

use crate::system::store;

/// Longest line that is handed over whole; a longer one is reported by its start.
const LONGEST: u64 = 16 << 20;
/// Up to this size an unfinished line is kept; a longer one is read again once its end is there.
const KEPT: usize = 256 << 10;
/// Most bytes of one read.
const BLOCK: usize = 64 << 10;
/// How much is read before somebody must look up: a flood must not keep us from stopping it.
const GULP: u64 = 4 << 20;
/// How much of an oversized line is shown.
const SHOWN: usize = 4 << 10;

/// A line, without its newline.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A whole line.
    Whole(&'a [u8]),
    /// The start of one that is too long.
    Oversized(&'a [u8]),
}

/// Follows one regular file.
#[derive(Debug)]
pub(super) struct Tail {
    file: File,
    /// Where the current line starts.
    start: u64,
    /// How far the file was looked at.
    seen: u64,
    /// The current line from `start`, as long as it is short.
    kept: Vec<u8>,
    block: Vec<u8>,
}

impl Tail {
    pub(super) fn open(path: &Path) -> Result<Self> {
        Ok(Self { file: File::open(path)?, start: 0, seen: 0, kept: Vec::new(), block: Vec::new() })
    }

    /// Of a file that is made (or emptied) with this, for a writer that is to come.
    pub(super) fn create(path: &Path) -> anyhow::Result<Self> {
        store::output_file(path)?;
        Self::open(path).with_context(|| format!("failed to read `{}`", path.display()))
    }

    /// Size of the file now.
    pub(super) fn size(&self) -> u64 {
        self.file.metadata().map_or(0, |meta| meta.len())
    }

    /// Hands over the lines that have become complete, up to [`GULP`]; returns how many bytes were new.
    pub(super) fn poll(&mut self, take: &mut dyn FnMut(Line<'_>)) -> Result<u64> {
        let before = self.seen;
        if self.size() == before {
            return Ok(0);
        }
        self.block.resize(BLOCK, 0);
        loop {
            let mut block = std::mem::take(&mut self.block);
            let count = self.file.read_at(&mut block, self.seen);
            let outcome = count.and_then(|count| self.scan(&block[..count], take).map(|()| count));
            self.block = block;
            let new = self.seen - before;
            if outcome? == 0 || new >= GULP {
                return Ok(new);
            }
        }
    }

    /// Passes over all but the last `rest` bytes; the line that this cuts counts as oversized.
    pub(super) fn skip_to_last(&mut self, rest: u64, take: &mut dyn FnMut(Line<'_>)) {
        let from = self.size().saturating_sub(rest);
        if from > self.seen {
            (self.start, self.seen, self.kept) = (from, from, Vec::new());
            take(Line::Oversized(&[]));
        }
    }

    /// Hands over what is left, a last line without a newline too; to be called when nobody writes
    /// any more. `hurry` is asked now and then; once it says yes, only the end is read.
    pub(super) fn finish(&mut self, hurry: &dyn Fn() -> bool, take: &mut dyn FnMut(Line<'_>)) -> Result<()> {
        loop {
            if hurry() {
                self.skip_to_last(GULP, take);
            }
            if self.poll(take)? < GULP {
                break;
            }
        }
        if self.seen > self.start {
            self.line(&[], take)?;
        }
        Ok(())
    }

    fn scan(&mut self, block: &[u8], take: &mut dyn FnMut(Line<'_>)) -> Result<()> {
        let mut rest = block;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            self.seen += end as u64;
            self.line(&rest[..end], take)?;
            self.seen += 1;
            self.start = self.seen;
            rest = &rest[end + 1..];
        }
        self.seen += rest.len() as u64;
        if self.seen - self.start <= KEPT as u64 {
            self.kept.extend_from_slice(rest);
        } else {
            self.kept = Vec::new();
        }
        Ok(())
    }

    /// Hands over the line from `start` to `seen`, whose last part is `end`.
    fn line(&mut self, end: &[u8], take: &mut dyn FnMut(Line<'_>)) -> Result<()> {
        let length = self.seen - self.start;
        if length == (self.kept.len() + end.len()) as u64 {
            if self.kept.is_empty() {
                take(Line::Whole(end));
            } else {
                self.kept.extend_from_slice(end);
                take(Line::Whole(&self.kept));
                self.kept.clear();
            }
            return Ok(());
        }
        self.kept = Vec::new();
        let whole = length <= LONGEST;
        let mut line = vec![0; if whole { usize::try_from(length).unwrap_or(SHOWN) } else { SHOWN }];
        self.file.read_exact_at(&mut line, self.start)?;
        take(if whole { Line::Whole(&line) } else { Line::Oversized(&line) });
        Ok(())
    }
}

/// Reads the lines of a file that nobody writes any more.
pub fn read_lines(path: &Path, take: &mut dyn FnMut(Line<'_>)) -> Result<()> {
    Tail::open(path)?.finish(&|| false, take)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    type Case<'a> = (&'a [&'a [u8]], &'a [(usize, bool)]);

    fn lines(parts: &[&[u8]]) -> Vec<(usize, bool)> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut tail = Tail::open(file.path()).unwrap();
        let mut got = Vec::new();
        let mut take = |line: Line<'_>| match line {
            Line::Whole(bytes) => got.push((bytes.len(), true)),
            Line::Oversized(bytes) => got.push((bytes.len(), false)),
        };
        for part in parts {
            file.write_all(part).unwrap();
            tail.poll(&mut take).unwrap();
        }
        tail.finish(&|| false, &mut take).unwrap();
        got
    }

    #[test]
    fn lines_come_whole_whatever_the_pieces() {
        let long = vec![b'x'; 700_000];
        let huge = vec![b'x'; 21 << 20];
        let edge = vec![b'x'; KEPT];
        let table: &[Case<'_>] = &[
            (&[b"a\nbc\n"], &[(1, true), (2, true)]),
            (&[b"a", b"b", b"\n", b"c"], &[(2, true), (1, true)]),
            (&[b"\n\n"], &[(0, true), (0, true)]),
            (&[], &[]),
            (&[&long, b"\nz\n"], &[(700_000, true), (1, true)]),
            (&[&edge, b"y\n", b"z"], &[(KEPT + 1, true), (1, true)]),
            (&[&huge, b"\nok"], &[(SHOWN, false), (2, true)]),
            (&[&long], &[(700_000, true)]),
        ];
        for (parts, expected) in table {
            assert_eq!(&lines(parts), expected);
        }
    }

    #[test]
    fn in_a_hurry_only_the_end_is_read() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&b"filler\n".repeat(2 << 20)).unwrap();
        file.write_all(b"last\n").unwrap();
        let mut tail = Tail::open(file.path()).unwrap();
        let (mut whole, mut cut, mut last) = (0, 0, Vec::new());
        let mut take = |line: Line<'_>| match line {
            Line::Whole(bytes) => (whole, last) = (whole + 1, bytes.to_vec()),
            Line::Oversized(_) => cut += 1,
        };
        assert!(tail.poll(&mut take).unwrap() < 2 * GULP, "a poll ends though there is more");
        tail.finish(&|| true, &mut take).unwrap();
        assert_eq!((last, cut), (b"last".to_vec(), 1));
        assert!(whole < 2 << 20);
    }
}
