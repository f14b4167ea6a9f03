//! The receipt that a launched command leaves on its output: where it is, what it says, and who does not see it.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use memchr::memmem;

use super::Attendant;

/// Bytes at the end of the output that are searched for the receipt.
const END: u64 = 64 << 10;

/// What the launched side leaves of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Receipt {
    /// The command's exit code; 128 and more for a signal.
    pub(super) code: i32,
    /// Whether a signal had come to be passed on: it was cancelled or had to make room.
    pub(super) told: bool,
}

/// Where a receipt is, and what it says.
pub(super) struct Found {
    pub(super) from: usize,
    pub(super) upto: usize,
    pub(super) receipt: Receipt,
}

/// The last receipt in `bytes`: the token, a colon, digits, perhaps a `T`, a full stop, and the end of its line.
pub(super) fn find(bytes: &[u8], token: &[u8]) -> Option<Found> {
    memmem::find_iter(bytes, token).filter_map(|from| read(bytes, from, token.len())).last()
}

fn read(bytes: &[u8], from: usize, token: usize) -> Option<Found> {
    let rest = bytes[from + token..].strip_prefix(b":")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let code = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
    let (told, rest) =
        rest[digits..].strip_prefix(b"T").map_or((false, &rest[digits..]), |rest| (true, rest));
    let mut after = rest.strip_prefix(b".")?;
    for end in [&b"\r"[..], b"\n"] {
        after = after.strip_prefix(end).unwrap_or(after);
    }
    Some(Found { from, upto: bytes.len() - after.len(), receipt: Receipt { code, told } })
}

/// The last [`END`] bytes of a file, and where they begin.
pub(super) fn end_of(path: &Path) -> io::Result<(u64, Vec<u8>)> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    let from = size.saturating_sub(END);
    let mut end = vec![0; usize::try_from(size - from).unwrap_or_default()];
    file.read_exact_at(&mut end, from)?;
    Ok((from, end))
}

/// Keeps the receipt from whoever listens.
pub(super) struct Discreet<'a> {
    /// Who listens.
    pub(super) who: &'a mut dyn Attendant,
    /// What a receipt begins with.
    pub(super) token: &'a str,
}

impl Attendant for Discreet<'_> {
    fn listens(&self) -> bool {
        self.who.listens()
    }

    fn line(&mut self, line: &[u8]) {
        match without(line, self.token.as_bytes()) {
            Cow::Owned(rest) if rest.is_empty() => {}
            rest => self.who.line(&rest),
        }
    }

    fn oversized(&mut self, start: &[u8]) {
        self.who.oversized(start);
    }

    fn busy(&self) -> bool {
        self.who.busy()
    }

    fn stop(&mut self) -> bool {
        self.who.stop()
    }
}

/// A line without the receipt in it.
fn without<'a>(line: &'a [u8], token: &[u8]) -> Cow<'a, [u8]> {
    match find(line, token) {
        Some(found) => Cow::Owned([&line[..found.from], &line[found.upto..]].concat()),
        None => Cow::Borrowed(line),
    }
}
