//! Reads a plainly written line in one pass. Whatever is not plain is left to `serde_json`, which also says
//! what is wrong with it: what is taken here means the same there.

use super::cursor::{Cursor, DEEPEST};
use super::record::{AnyChildren, Edge, Record};
use super::text::{List, Text};

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
        let mut scan = Scan { line: Cursor::new(body), to: self };
        let record = scan.record()?;
        scan.line.is_at_end().then_some(record)
    }
}

/// A line on the way.
struct Scan<'l, 's, 'k, K> {
    line: Cursor<'l>,
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
        let mut more = self.line.open(b'{', b'}')?;
        while more {
            let key = self.line.key()?;
            self.field(key, &mut record, &mut seen)?;
            more = self.line.more(b'}')?;
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
        let value = self.line.string_or_null()?;
        *text = if shared { self.to.keep.word(value) } else { self.to.keep.text(value) };
        Some(())
    }

    /// A field that is no text.
    fn other(&mut self, key: &str, record: &mut Record<'k>, seen: &mut u32) -> Option<()> {
        match key {
            "priority" => {
                once(seen, 11)?;
                record.priority = self.line.number()?;
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
                record.pinned = self.line.yes_or_no()?;
            }
            "ephemeral" => {
                once(seen, 15)?;
                record.ephemeral = self.line.yes_or_no()?;
            }
            "wisp" => {
                once(seen, 16)?;
                record.wisp = self.line.yes_or_no()?;
            }
            _ => self.line.skip(DEEPEST)?,
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
        let mut more = self.line.open(b'{', b'}')?;
        while more {
            match self.line.key()? {
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
                _ => self.line.skip(DEEPEST)?,
            }
            more = self.line.more(b'}')?;
        }
        self.to.edges.push(edge);
        Some(())
    }

    fn word(&mut self) -> Option<Text<'k>> {
        let word = self.line.string_or_null()?;
        Some(self.to.keep.word(word))
    }

    fn gate(&mut self) -> Option<AnyChildren> {
        let value = self.line.value()?;
        // What `bd` writes where there is nothing to say.
        if value == "\"{}\"" { Some(AnyChildren::default()) } else { serde_json::from_str(value).ok() }
    }

    /// An array of what `item` goes past, or `null`.
    fn list(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if self.line.peek()? == b'n' {
            return self.line.literal("null");
        }
        let mut more = self.line.open(b'[', b']')?;
        while more {
            item(self)?;
            more = self.line.more(b']')?;
        }
        Some(())
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
