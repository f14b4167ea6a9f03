//! The lines that come through a pipe, as far as they are there.

use std::io;
use std::os::fd::AsFd;

use rustix::buffer::spare_capacity;
use rustix::io::Errno;

/// Most bytes of one read.
const BLOCK: usize = 16 << 10;

/// What was read, and how far it was handed out.
#[derive(Debug, Default)]
pub(super) struct Lines {
    bytes: Vec<u8>,
    /// Up to here there is no newline.
    seen: usize,
}

impl Lines {
    /// The next whole line, without its newline, of what was read.
    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        let Some(end) = memchr::memchr(b'\n', &self.bytes[self.seen..]) else {
            self.seen = self.bytes.len();
            return None;
        };
        let end = self.seen + end;
        let line = self.bytes[..end].to_vec();
        self.bytes.drain(..=end);
        self.seen = 0;
        Some(line)
    }

    /// Reads once; `false` when nobody can write any more.
    pub(super) fn read(&mut self, pipe: impl AsFd) -> io::Result<bool> {
        self.bytes.reserve(BLOCK);
        loop {
            match rustix::io::read(&pipe, spare_capacity(&mut self.bytes)) {
                Err(Errno::INTR) => {}
                other => return Ok(other? > 0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn lines_come_whole_whatever_the_pieces() {
        let (reader, mut writer) = io::pipe().unwrap();
        let long = vec![b'x'; 3 * BLOCK];
        let mut lines = Lines::default();
        let mut got = Vec::new();
        for part in [b"a\nb".as_slice(), b"c\n\n", b"d", &long, b"\ne"] {
            writer.write_all(part).unwrap();
            let mut left = part.len();
            while left > 0 {
                let before = lines.bytes.len();
                assert!(lines.read(&reader).unwrap());
                left -= lines.bytes.len() - before;
                got.extend(std::iter::from_fn(|| lines.next()));
            }
        }
        drop(writer);
        assert!(!lines.read(&reader).unwrap());
        assert_eq!(got, [b"a".to_vec(), b"bc".to_vec(), Vec::new(), [b"d".as_slice(), &long].concat()]);
    }
}
