//! Reads a plainly written line in one pass. Whatever is not plain is left to `serde_json`, which also says
//! what is wrong with it: what is taken here means the same there.

use serde::Deserialize;

use super::record::{AnyChildren, Edge, Record};
use super::text::{List, Number, Text};

/// So deep may values be nested that nobody looks into.
const DEEPEST: usize = 60;

/// Where the texts of a line are put, so that they outlive it where that is wanted.
pub(super) trait Keep<'l, 'k> {
    /// A text that is hardly there twice.
    fn text(&mut self, text: Text<'l>) -> Text<'k>;

    /// One that many lines share.
    fn word(&mut self, word: Text<'l>) -> Text<'k> {
        self.text(word)
    }

    /// Takes all the labels of a line.
    fn labels(&mut self, labels: &mut Vec<Text<'k>>) -> List<'k, Text<'k>> {
        List::owned(labels.drain(..).collect())
    }

    /// Takes all the dependencies of a line.
    fn edges(&mut self, edges: &mut Vec<Edge<'k>>) -> List<'k, Edge<'k>> {
        List::owned(edges.drain(..).collect())
    }
}

/// Reads line after line.
pub(super) struct Scanner<'k, K> {
    keep: K,
    labels: Vec<Text<'k>>,
    edges: Vec<Edge<'k>>,
}

impl<'k, K> Scanner<'k, K> {
    /// One that puts the texts where `keep` says.
    pub(super) fn new(keep: K) -> Self {
        Self { keep, labels: Vec::new(), edges: Vec::new() }
    }

    /// What is in `line`; the error says what is wrong with it.
    pub(super) fn record<'l>(&mut self, line: &'l str) -> serde_json::Result<Record<'k>>
    where
        K: Keep<'l, 'k>,
    {
        match self.plain(line) {
            Some(record) => Ok(record),
            None => Ok(Record::parse_slowly(line)?.kept(&mut self.keep)),
        }
    }

    /// The record of `line`, unless something in it needs a closer look.
    fn plain<'l>(&mut self, line: &'l str) -> Option<Record<'k>>
    where
        K: Keep<'l, 'k>,
    {
        let body = line.strip_suffix('\n').unwrap_or(line);
        let body = body.strip_suffix('\r').unwrap_or(body);
        // Such bytes are spaces outside of strings, and forbidden within.
        if body.bytes().fold(u8::MAX, u8::min) < b' ' {
            return None;
        }
        self.labels.clear();
        self.edges.clear();
        let mut scan = Scan { text: body, at: 0, to: self };
        let record = scan.record()?;
        scan.spaces();
        (scan.at == body.len()).then_some(record)
    }
}

/// A line on the way.
struct Scan<'l, 's, 'k, K> {
    text: &'l str,
    at: usize,
    to: &'s mut Scanner<'k, K>,
}

/// Notes that a field is there; `None` where it was there before.
fn once(seen: &mut u32, field: u32) -> Option<()> {
    let before = std::mem::replace(seen, *seen | 1 << field);
    (before & 1 << field == 0).then_some(())
}

impl<'l, 'k, K: Keep<'l, 'k>> Scan<'l, '_, 'k, K> {
    fn record(&mut self) -> Option<Record<'k>> {
        let mut record = Record::default();
        let mut seen = 0;
        let mut more = self.open(b'{', b'}')?;
        while more {
            let key = self.key()?;
            self.field(key, &mut record, &mut seen)?;
            more = self.more(b'}')?;
        }
        Some(record)
    }

    fn field(&mut self, key: &str, record: &mut Record<'k>, seen: &mut u32) -> Option<()> {
        let (field, text, shared) = match key {
            "_type" => (0, &mut record.line_type, true),
            "_schema" => (1, &mut record.schema, true),
            "id" => (2, &mut record.id, false),
            "title" => (3, &mut record.title, false),
            "status" => (4, &mut record.status, true),
            "issue_type" => (5, &mut record.issue_type, true),
            "assignee" => (6, &mut record.assignee, true),
            "created_at" => (7, &mut record.created_at, true),
            "updated_at" => (8, &mut record.updated_at, true),
            "closed_at" => (9, &mut record.closed_at, true),
            "defer_until" => (10, &mut record.defer_until, false),
            _ => return self.other(key, record, seen),
        };
        once(seen, field)?;
        let value = self.string_or_null()?;
        *text = if shared { self.to.keep.word(value) } else { self.to.keep.text(value) };
        Some(())
    }

    /// A field that is no text.
    fn other(&mut self, key: &str, record: &mut Record<'k>, seen: &mut u32) -> Option<()> {
        match key {
            "priority" => {
                once(seen, 11)?;
                record.priority = self.number()?;
            }
            "labels" => {
                once(seen, 12)?;
                self.list(Self::label)?;
                record.labels = self.to.keep.labels(&mut self.to.labels);
            }
            "dependencies" => {
                once(seen, 13)?;
                self.list(Self::edge)?;
                record.dependencies = self.to.keep.edges(&mut self.to.edges);
            }
            "pinned" => {
                once(seen, 14)?;
                record.pinned = self.yes_or_no()?;
            }
            "ephemeral" => {
                once(seen, 15)?;
                record.ephemeral = self.yes_or_no()?;
            }
            "wisp" => {
                once(seen, 16)?;
                record.wisp = self.yes_or_no()?;
            }
            _ => self.skip(DEEPEST)?,
        }
        Some(())
    }

    fn label(&mut self) -> Option<()> {
        let label = self.word()?;
        self.to.labels.push(label);
        Some(())
    }

    fn edge(&mut self) -> Option<()> {
        let mut edge = Edge::default();
        let mut seen = 0;
        let mut more = self.open(b'{', b'}')?;
        while more {
            match self.key()? {
                "depends_on_id" => {
                    once(&mut seen, 0)?;
                    edge.target = self.word()?;
                }
                "type" => {
                    once(&mut seen, 1)?;
                    edge.kind = self.word()?;
                }
                "metadata" => {
                    once(&mut seen, 2)?;
                    edge.gate = self.gate()?;
                }
                _ => self.skip(DEEPEST)?,
            }
            more = self.more(b'}')?;
        }
        self.to.edges.push(edge);
        Some(())
    }

    fn word(&mut self) -> Option<Text<'k>> {
        let word = self.string_or_null()?;
        Some(self.to.keep.word(word))
    }

    fn gate(&mut self) -> Option<AnyChildren> {
        let value = self.value()?;
        // What `bd` writes where there is nothing to say.
        if value == "\"{}\"" { Some(AnyChildren::default()) } else { serde_json::from_str(value).ok() }
    }

    /// An array of what `item` goes past, or `null`.
    fn list(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if self.peek()? == b'n' {
            return self.literal("null");
        }
        let mut more = self.open(b'[', b']')?;
        while more {
            item(self)?;
            more = self.more(b']')?;
        }
        Some(())
    }

    fn string_or_null(&mut self) -> Option<Text<'l>> {
        if self.peek()? == b'n' {
            self.literal("null")?;
            return Some(Text::default());
        }
        let start = self.at;
        if self.string()? {
            return Some(Text::borrowed(self.text.get(start + 1..self.at - 1)?));
        }
        Text::deserialize(&mut serde_json::Deserializer::from_str(self.text.get(start..self.at)?)).ok()
    }

    /// A whole number of few digits, or `null`.
    #[allow(clippy::option_option)] // not plain, absent, there
    fn number(&mut self) -> Option<Option<Number>> {
        if self.peek()? == b'n' {
            return self.literal("null").map(|()| None);
        }
        let digits = self.value()?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.len() < 18;
        if plain { digits.parse().ok().map(|number| Some(Number(number))) } else { None }
    }

    #[allow(clippy::option_option)] // not plain, absent, there
    fn yes_or_no(&mut self) -> Option<Option<bool>> {
        match self.peek()? {
            b't' => self.literal("true").map(|()| Some(true)),
            b'f' => self.literal("false").map(|()| Some(false)),
            _ => self.literal("null").map(|()| None),
        }
    }

    /// Any value, as written.
    fn value(&mut self) -> Option<&'l str> {
        self.peek()?;
        let start = self.at;
        self.skip(DEEPEST)?;
        self.text.get(start..self.at)
    }

    fn skip(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(drop),
            b'{' => {
                let mut more = self.open(b'{', b'}')?;
                while more {
                    self.peek().filter(|byte| *byte == b'"')?;
                    self.string()?;
                    self.expect(b':')?;
                    self.skip(depth.checked_sub(1)?)?;
                    more = self.more(b'}')?;
                }
                Some(())
            }
            b'[' => {
                let mut more = self.open(b'[', b']')?;
                while more {
                    self.skip(depth.checked_sub(1)?)?;
                    more = self.more(b']')?;
                }
                Some(())
            }
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => self.skip_number(),
        }
    }

    fn skip_number(&mut self) -> Option<()> {
        self.at += usize::from(self.byte() == Some(b'-'));
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// A member's name without escapes, and its colon.
    fn key(&mut self) -> Option<&'l str> {
        self.peek().filter(|byte| *byte == b'"')?;
        let start = self.at + 1;
        let rest = self.text.as_bytes().get(start..)?;
        let len = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        if rest[len] == b'\\' {
            return None;
        }
        self.at = start + len + 1;
        self.expect(b':')?;
        self.text.get(start..start + len)
    }

    /// Goes past the string that starts here; says whether it is free of escapes.
    fn string(&mut self) -> Option<bool> {
        let bytes = self.text.as_bytes();
        if self.byte()? != b'"' {
            return None;
        }
        self.at += 1;
        let mut plain = true;
        loop {
            let found = self.at + special(bytes.get(self.at..)?)?;
            if bytes[found] == b'"' {
                self.at = found + 1;
                return Some(plain);
            }
            plain = false;
            self.at = found + 2;
            match bytes.get(found + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                b'u' => {
                    let digits = bytes.get(self.at..self.at + 4)?;
                    digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
                    self.at += 4;
                }
                _ => return None,
            }
        }
    }

    fn literal(&mut self, word: &str) -> Option<()> {
        self.text.get(self.at..)?.starts_with(word).then(|| self.at += word.len())
    }

    /// Goes into an array or object; says whether anything is in it.
    fn open(&mut self, open: u8, close: u8) -> Option<bool> {
        self.expect(open)?;
        let empty = self.peek()? == close;
        self.at += usize::from(empty);
        Some(!empty)
    }

    /// Goes past the comma or the end of an array or object; says whether there is more.
    fn more(&mut self, close: u8) -> Option<bool> {
        let byte = self.peek()?;
        self.at += 1;
        (byte == b',' || byte == close).then_some(byte == b',')
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        self.spaces();
        self.byte()
    }

    fn spaces(&mut self) {
        while self.byte() == Some(b' ') {
            self.at += 1;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

/// Where the first quote or backslash is. Most are near, so a call of `memchr` would cost more than it saves.
fn special(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // The lowest byte found is right, whatever those above it say.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let words = bytes.as_chunks::<8>().0;
    for (at, word) in words.iter().take(6).enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zero(word ^ ONES * u64::from(b'"')) | zero(word ^ ONES * u64::from(b'\\'));
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let done = words.len().min(6) * 8;
    memchr::memchr2(b'"', b'\\', &bytes[done..]).map(|at| done + at)
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
