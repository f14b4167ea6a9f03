//! Logs of what children print: without secrets, of bounded size. A child writes to a capture that only
//! we read; the log beside it is what is kept.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Result;

use super::process::{Line, read_lines};
use super::redact::Lines;
use super::store;

/// A log being written.
#[derive(Debug)]
pub struct Log {
    file: BufWriter<File>,
    left: u64,
    full: bool,
    limit: u64,
}

impl Log {
    /// A new log of at most `limit` bytes, mode 0600; what lay there is replaced.
    pub fn create(path: &Path, limit: u64) -> Result<Self> {
        let file = BufWriter::with_capacity(64 << 10, store::output_file(path)?);
        Ok(Self { file, left: limit, full: false, limit })
    }

    /// Writes a line that holds no secrets (see [`Lines`]) and its newline. A full disk is no
    /// reason to end the work: what cannot be written is lost.
    pub fn line(&mut self, line: &[u8]) {
        let size = line.len() as u64 + 1;
        if self.full {
            return;
        }
        if size > self.left {
            self.full = true;
            let limit = self.limit;
            self.put(format!("[taskrun: the log ends here: `logs.max_size` is {limit} bytes]").as_bytes());
            return;
        }
        self.left -= size;
        self.put(line);
    }

    /// Writes the start of a line that was too long, and says so; an empty one stands for lines that
    /// were passed over.
    pub fn start(&mut self, start: &[u8]) {
        if start.is_empty() {
            return self.line(b"[taskrun: lines were passed over here]");
        }
        self.line(start);
        self.line(b"[taskrun: the rest of this line was too long to be kept]");
    }

    /// Makes what was written so far visible to readers.
    pub fn flush(&mut self) {
        let _ = self.file.flush();
    }

    fn put(&mut self, line: &[u8]) {
        let _: io::Result<()> = self.file.write_all(line).and_then(|()| self.file.write_all(b"\n"));
    }
}

/// Makes the log at `log` of a capture that nobody writes any more, and removes the capture. A missing
/// capture leaves the log as it is.
pub fn settle(capture: &Path, log: &Path, limit: u64) -> Result<()> {
    if !capture.exists() {
        return Ok(());
    }
    let (mut out, mut clean) = (Log::create(log, limit)?, Lines::default());
    read_lines(capture, &mut |line| match line {
        Line::Whole(line) => out.line(&clean.line(line)),
        Line::Oversized(start) => out.start(&clean.line(start)),
    })?;
    out.flush();
    store::remove(capture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_ends_with_a_marker_when_it_is_full() {
        let dir = tempfile::tempdir().unwrap();
        let (capture, log) = (dir.path().join("c"), dir.path().join("l"));
        store::write(&capture, 0o600, b"one\ntwo AKIAIOSFODNN7EXAMPLE\nthree\nfour").unwrap();
        settle(&capture, &log, 24).unwrap();
        let text = std::fs::read_to_string(&log).unwrap();
        assert_eq!(text, "one\ntwo [redacted]\n[taskrun: the log ends here: `logs.max_size` is 24 bytes]\n");
        assert!(!capture.exists());
        settle(&capture, &log, 24).unwrap();
        assert!(log.exists(), "a log without a capture stays");
    }
}
