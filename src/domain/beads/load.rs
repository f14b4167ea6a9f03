//! Reads all lines of a source, in two or more shares at once where there is much to read.

use std::io;
use std::ops::Range;

use bumpalo::Bump;

use super::record::{Edge, InLine, Record};
use super::scan::{Keep, Scanner};
use super::source::{PIECE, Source};
use super::text::{List, Text};
use crate::fault::Fault;
use crate::system::threads::{at_once, threads};

/// From so many pieces on it pays to read with more than one thread.
const WORTH_SHARING: u64 = 4;

/// So many words are remembered, to be shared.
const WORDS: usize = 1024;

/// One line. A blank one has no record, a header or memory has one without an id.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// Where its text begins in the source.
    pub(super) start: u64,
    pub(super) record: Option<Record<'a>>,
    /// Whether this is the line that counts for its id.
    pub(super) counts: bool,
}

/// The way out of what the doctor can mend.
const DOCTOR: &str = "`taskrun beads doctor --fix` mends it and loses nothing: what cannot stay is kept in \
                      `.beads/rejected-….jsonl`";

/// Why a line cannot be used.
#[derive(Debug)]
pub(super) struct Flaw {
    /// How many lines come before it.
    before: usize,
    /// What is to be said after "line N".
    says: String,
    /// The way out; the doctor's, where there is none.
    hint: Option<&'static str>,
}

impl Flaw {
    fn new(says: impl Into<String>, hint: Option<&'static str>) -> Self {
        Self { before: 0, says: says.into(), hint }
    }

    /// The error it is in `file`.
    pub(super) fn error(&self, file: &str) -> anyhow::Error {
        let number = self.before + 1;
        let hint = self.hint.unwrap_or(DOCTOR);
        Fault::invalid(format!("`{file}` line {number}{}", self.says), hint)
    }
}

/// All lines up to the first that cannot be used.
#[derive(Debug, Default)]
pub(super) struct Lines<'a> {
    pub(super) rows: Vec<Row<'a>>,
    pub(super) flaw: Option<Flaw>,
}

impl<'a> Lines<'a> {
    /// Adds what was read of a line; says whether it can be used.
    fn add(&mut self, start: u64, record: Result<Option<Record<'a>>, Flaw>) -> bool {
        match record {
            Ok(record) => self.rows.push(Row { start, record, counts: false }),
            Err(flaw) => self.flaw = Some(Flaw { before: self.rows.len(), ..flaw }),
        }
        self.flaw.is_none()
    }

    /// Puts what comes after at the end, unless something is wrong before.
    fn append(&mut self, mut after: Self) {
        if self.flaw.is_none() {
            let before = self.rows.len();
            self.flaw = after.flaw.map(|flaw| Flaw { before: before + flaw.before, ..flaw });
            self.rows.append(&mut after.rows);
        }
    }
}

/// Where the records of a file put their texts: one for each that reads.
pub(super) fn arenas() -> Vec<Bump> {
    (0..threads()).map(|_| Bump::new()).collect()
}

/// The lines of a text, which keeps theirs.
pub(super) fn lines_of(text: &str) -> Lines<'_> {
    let mut lines = Lines { flaw: starts_well(text.as_bytes()).err(), ..Lines::default() };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if lines.flaw.is_some() || !lines.add(start, record(line, &mut Scanner::new(InLine))) {
            break;
        }
        start += line.len() as u64;
    }
    lines
}

/// The lines of `source`, read in pieces of `size` bytes.
pub(super) fn load<'a>(source: &Source, arenas: &'a mut [Bump], size: usize) -> io::Result<Lines<'a>> {
    let count = if source.len() < WORTH_SHARING * size as u64 { 1 } else { arenas.len() };
    let shares = source.shares(0..source.len(), count as u64)?;
    let mut lines = Lines::default();
    let read = |(range, arena)| share(source, range, arena, size);
    for share in at_once(shares.into_iter().zip(arenas).collect(), read) {
        lines.append(share?);
    }
    Ok(lines)
}

/// What `find` finds in all of `range`, some lines at a time, put together by `join`.
pub(super) fn gather<T: Default + Send>(
    source: &Source,
    range: Range<u64>,
    find: impl Fn(&[u8]) -> T + Sync,
    join: impl Fn(T, T) -> T + Sync,
) -> io::Result<T> {
    let worth = range.end - range.start >= WORTH_SHARING * PIECE as u64;
    let shares = source.shares(range, if worth { threads() as u64 } else { 1 })?;
    let found = at_once(shares, |range| {
        let mut all = T::default();
        source.pieces(range, PIECE, |_, bytes| {
            all = join(std::mem::take(&mut all), find(bytes));
            true
        })?;
        io::Result::Ok(all)
    });
    found.into_iter().try_fold(T::default(), |all, found| Ok(join(all, found?)))
}

fn share<'a>(source: &Source, range: Range<u64>, arena: &'a mut Bump, size: usize) -> io::Result<Lines<'a>> {
    let mut scanner = Scanner::new(Keeper::new(arena));
    let mut lines = Lines::default();
    let mut first = range.start == 0;
    source.pieces(range, size, |start, bytes| {
        if let Err(flaw) = if std::mem::take(&mut first) { starts_well(bytes) } else { Ok(()) } {
            lines.flaw = Some(flaw);
            return false;
        }
        // What comes before bytes that are no text may be read all the same.
        let (text, whole) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, true),
            Err(error) => {
                let good = &bytes[..error.valid_up_to()];
                let good = &good[..memchr::memrchr(b'\n', good).map_or(0, |end| end + 1)];
                (std::str::from_utf8(good).unwrap_or_default(), false)
            }
        };
        let mut begin = 0;
        for end in memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1).chain([text.len()]) {
            let line = &text[begin..end];
            if !line.is_empty() && !lines.add(start + begin as u64, record(line, &mut scanner)) {
                return false;
            }
            begin = end;
        }
        if !whole {
            let flaw = Flaw::new(" is not UTF-8", None);
            lines.flaw = Some(Flaw { before: lines.rows.len(), ..flaw });
        }
        whole
    })?;
    Ok(lines)
}

fn starts_well(bytes: &[u8]) -> Result<(), Flaw> {
    if bytes.starts_with("\u{feff}".as_bytes()) {
        return Err(Flaw::new(" starts with a byte order mark", None));
    }
    Ok(())
}

/// Whether `record` is what is in `line`; what its status means to the project is not in it.
pub(super) fn is_in(record: Option<&Record>, line: &str) -> bool {
    let Ok(mut found) = self::record(line, &mut Scanner::new(InLine)) else { return false };
    if let (Some(found), Some(record)) = (&mut found, record) {
        found.class = record.class;
    }
    found.as_ref() == record
}

/// What is in one line.
fn record<'l, 'k, K: Keep<'l, 'k>>(
    line: &'l str,
    scanner: &mut Scanner<'k, K>,
) -> Result<Option<Record<'k>>, Flaw> {
    if !line.starts_with('{') && line.trim().is_empty() {
        return Ok(None);
    }
    let record = scanner.record(line).map_err(|error| broken(line, &error))?;
    if !record.schema.is_empty() {
        if *record.schema != *"beads-jsonl/1" {
            let says = format!(": format `{}` is not known, only `beads-jsonl/1`", &*record.schema);
            return Err(Flaw::new(says, Some("use a newer taskrun; nothing was changed")));
        }
    } else if record.id.is_empty() && matches!(&*record.line_type, "" | "issue") {
        return Err(Flaw::new(" is an issue without an `id`", None));
    }
    Ok(Some(record))
}

fn broken(line: &str, error: &serde_json::Error) -> Flaw {
    if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| line.starts_with(mark)) {
        let hint = "`taskrun beads doctor --fix` finishes the merge, task by task, and loses nothing";
        return Flaw::new(" is a merge conflict marker", Some(hint));
    }
    if error.is_eof() && !line.ends_with('\n') {
        return Flaw::new(" is cut off in the middle", None);
    }
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    let place = if error.column() > 0 { format!(" (column {})", error.column()) } else { String::new() };
    Flaw::new(format!(" is not a JSON object: {what}{place}"), None)
}

/// Puts the texts of records into an arena, those that many share only once in a while.
struct Keeper<'a> {
    arena: &'a Bump,
    words: Vec<&'a str>,
}

impl<'a> Keeper<'a> {
    fn new(arena: &'a Bump) -> Self {
        Self { arena, words: vec![""; WORDS] }
    }
}

impl<'l, 'a> Keep<'l, 'a> for Keeper<'a> {
    fn text(&mut self, text: Text<'l>) -> Text<'a> {
        if text.is_empty() { Text::default() } else { Text::borrowed(self.arena.alloc_str(&text)) }
    }

    fn word(&mut self, word: Text<'l>) -> Text<'a> {
        let known = &mut self.words[place(&word)];
        if **known != *word {
            *known = self.arena.alloc_str(&word);
        }
        Text::borrowed(known)
    }

    fn labels(&mut self, labels: &mut Vec<Text<'a>>) -> List<'a, Text<'a>> {
        List::borrowed(self.arena.alloc_slice_fill_iter(labels.drain(..)))
    }

    fn edges(&mut self, edges: &mut Vec<Edge<'a>>) -> List<'a, Edge<'a>> {
        List::borrowed(self.arena.alloc_slice_fill_iter(edges.drain(..)))
    }
}

/// Where a word is remembered: its end tells it from others.
fn place(word: &str) -> usize {
    let bytes = word.as_bytes();
    let end = match bytes.last_chunk::<8>() {
        Some(end) => u64::from_le_bytes(*end),
        None => bytes.iter().fold(1, |end, byte| end << 8 | u64::from(*byte)),
    };
    (end.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % WORDS
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
