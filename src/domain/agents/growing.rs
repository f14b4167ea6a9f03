//! A file that another program appends lines to, read as it grows.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::PathBuf;

/// Longest line that is looked at, in bytes; longer ones are passed over.
const LINE: usize = 16 << 20;

/// What has been read of it.
#[derive(Debug)]
pub(super) struct Growing {
    path: PathBuf,
    /// Bytes of whole lines that were read.
    at: u64,
}

impl Growing {
    /// The file at `path`, from its start on. It need not be there yet.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, at: 0 }
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Hands on each whole line that is new. What cannot be read now is tried again with the next call;
    /// a file that became shorter is read from its start.
    pub(super) fn lines(&mut self, mut take: impl FnMut(&[u8])) {
        let Ok(mut file) = File::open(&self.path) else { return };
        let Ok(size) = file.metadata().map(|meta| meta.len()) else { return };
        if size == self.at {
            return;
        }
        if size < self.at {
            self.at = 0;
        }
        if file.seek(SeekFrom::Start(self.at)).is_err() {
            return;
        }
        let mut reader = BufReader::with_capacity(64 << 10, file);
        let mut line = Vec::new();
        while let Some(read) = next(&mut reader, &mut line) {
            self.at += read;
            if line.len() <= LINE {
                take(&line);
            }
        }
    }
}

/// Reads one whole line into `line`, of a long one the start only; gives the bytes it takes in the
/// file. `None` where no line ends any more.
fn next(reader: &mut impl BufRead, line: &mut Vec<u8>) -> Option<u64> {
    line.clear();
    let mut read = 0;
    loop {
        let buffer = reader.fill_buf().ok().filter(|buffer| !buffer.is_empty())?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(buffer.len());
        if line.len() <= LINE {
            line.extend_from_slice(&buffer[..taken]);
        }
        let used = taken + usize::from(end.is_some());
        reader.consume(used);
        read += used as u64;
        if end.is_some() {
            return Some(read);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::store;

    #[test]
    fn only_what_is_new_and_whole_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut file = Growing::new(path.clone());
        let mut read = |text: &str| {
            store::write(&path, 0o600, text.as_bytes()).unwrap();
            let mut lines = Vec::new();
            file.lines(|line| lines.push(String::from_utf8_lossy(line).into_owned()));
            lines.join(",")
        };
        for (text, expected) in
            [("", ""), ("a\nb", "a"), ("a\nb", ""), ("a\nbc\n\nd\n", "bc,,d"), ("x\n", "x"), ("x\ny\n", "y")]
        {
            assert_eq!(read(text), expected, "{text:?}");
        }
        let long = "z".repeat(LINE + 10);
        assert_eq!(read(&format!("x\ny\n{long}\nend\n")), "end");
    }

    #[test]
    fn a_file_that_is_not_there_has_no_lines() {
        let mut seen = 0;
        Growing::new("/no/such/file".into()).lines(|_| seen += 1);
        assert_eq!(seen, 0);
    }
}
