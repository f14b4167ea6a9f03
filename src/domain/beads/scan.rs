//! Reads a plainly written line in one pass. Whatever is not plain is left to `serde_json`, which also says
//! what is wrong with it: what is taken here means the same there.

use serde::Deserialize;

use super::record::{AnyChildren, Edge, Record};
use super::text::{Number, Text};

/// So deep may values be nested that nobody looks into.
const DEEPEST: usize = 60;

/// The record of `line`, unless something in it needs a closer look.
pub(super) fn record(line: &str) -> Option<Record<'_>> {
    let body = line.strip_suffix('\n').unwrap_or(line);
    let body = body.strip_suffix('\r').unwrap_or(body);
    // Such bytes are spaces outside of strings, and forbidden within.
    if body.bytes().fold(false, |found, byte| found | (byte < b' ')) {
        return None;
    }
    let mut scan = Scan { text: body, at: 0 };
    let record = scan.record()?;
    scan.spaces();
    (scan.at == body.len()).then_some(record)
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

/// Notes that a field is there; `None` where it was there before.
fn once(seen: &mut u32, field: u32) -> Option<()> {
    let before = std::mem::replace(seen, *seen | 1 << field);
    (before & 1 << field == 0).then_some(())
}

impl<'a> Scan<'a> {
    fn record(&mut self) -> Option<Record<'a>> {
        let mut record = Record::default();
        let mut seen = 0;
        let mut more = self.open(b'{', b'}')?;
        while more {
            let key = self.key()?;
            let (field, text) = match key {
                "_type" => (0, &mut record.line_type),
                "_schema" => (1, &mut record.schema),
                "id" => (2, &mut record.id),
                "title" => (3, &mut record.title),
                "status" => (4, &mut record.status),
                "issue_type" => (5, &mut record.issue_type),
                "assignee" => (6, &mut record.assignee),
                "created_at" => (7, &mut record.created_at),
                "updated_at" => (8, &mut record.updated_at),
                "closed_at" => (9, &mut record.closed_at),
                "defer_until" => (10, &mut record.defer_until),
                _ => {
                    self.other(key, &mut record, &mut seen)?;
                    more = self.more(b'}')?;
                    continue;
                }
            };
            once(&mut seen, field)?;
            *text = self.string_or_null()?;
            more = self.more(b'}')?;
        }
        Some(record)
    }

    /// A field that is no text.
    fn other(&mut self, key: &str, record: &mut Record<'a>, seen: &mut u32) -> Option<()> {
        match key {
            "priority" => {
                once(seen, 11)?;
                record.priority = self.number()?;
            }
            "labels" => {
                once(seen, 12)?;
                record.labels = self.list(Self::string_or_null)?;
            }
            "dependencies" => {
                once(seen, 13)?;
                record.dependencies = self.list(Self::edge)?;
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

    fn edge(&mut self) -> Option<Edge<'a>> {
        let mut edge = Edge::default();
        let mut seen = 0;
        let mut more = self.open(b'{', b'}')?;
        while more {
            match self.key()? {
                "depends_on_id" => {
                    once(&mut seen, 0)?;
                    edge.target = self.string_or_null()?;
                }
                "type" => {
                    once(&mut seen, 1)?;
                    edge.kind = self.string_or_null()?;
                }
                "metadata" => {
                    once(&mut seen, 2)?;
                    edge.gate = self.gate()?;
                }
                _ => self.skip(DEEPEST)?,
            }
            more = self.more(b'}')?;
        }
        Some(edge)
    }

    fn gate(&mut self) -> Option<AnyChildren> {
        let value = self.value()?;
        // What `bd` writes where there is nothing to say.
        if value == "\"{}\"" { Some(AnyChildren::default()) } else { serde_json::from_str(value).ok() }
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Box<[T]>> {
        if self.peek()? == b'n' {
            self.literal("null")?;
            return Some(Box::default());
        }
        let mut items = Vec::new();
        let mut more = self.open(b'[', b']')?;
        while more {
            items.push(item(self)?);
            more = self.more(b']')?;
        }
        Some(items.into())
    }

    fn string_or_null(&mut self) -> Option<Text<'a>> {
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
    fn value(&mut self) -> Option<&'a str> {
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
    fn key(&mut self) -> Option<&'a str> {
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
            let found = self.at + memchr::memchr2(b'"', b'\\', bytes.get(self.at..)?)?;
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
