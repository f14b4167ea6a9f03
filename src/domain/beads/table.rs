//! A whole `issues.jsonl`: where its lines are, and the records in them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};
use std::ops::Range;

use anyhow::{Context, Result};
use bumpalo::Bump;
use jiff::{Timestamp, ToSpan};

use super::customs::Customs;
use super::graph::Graph;
use super::index::Index;
use super::issue::{self, Issue};
use super::line::Line;
use super::load::{self, Lines, Row};
use super::record::Record;
use super::source::{PIECE, Source};
use crate::fault::Fault;
use crate::system::clock;
use crate::system::store::Draft;

/// The lines of the file, read and perhaps edited. Only what decides about them is kept in memory;
/// their texts stay where they are.
#[derive(Debug)]
pub struct Table<'a> {
    source: Source<'a>,
    rows: Vec<Row<'a>>,
    index: Index,
    /// The lines that are not as the source has them, with their newlines, by row.
    edited: BTreeMap<usize, String>,
    file: String,
    now: Timestamp,
    notices: Vec<String>,
    customs: Customs,
    told: Option<HashSet<String>>,
}

/// A part of the file as it is to be.
enum Span<'t> {
    Kept(Range<u64>),
    New(&'t str),
}

impl<'a> Table<'a> {
    /// Reads the text of `file` (named in errors). The first line that cannot be understood is a
    /// [`Fault::Invalid`] naming it.
    pub fn parse(text: &'a str, file: &str) -> Result<Self> {
        Self::of(Source::Text(text), load::lines_of(text), file)
    }

    /// [`Table::parse`] of what lies in a file that stays open, in pieces of `size` bytes.
    pub(super) fn load(source: Source<'a>, arenas: &'a mut [Bump], size: usize, file: &str) -> Result<Self> {
        let lines = load::load(&source, arenas, size).with_context(|| format!("failed to read `{file}`"))?;
        Self::of(source, lines, file)
    }

    fn of(source: Source<'a>, lines: Lines<'a>, file: &str) -> Result<Self> {
        if let Some(flaw) = lines.flaw {
            return Err(flaw.error(file));
        }
        let mut table = Self {
            source,
            rows: lines.rows,
            index: Index::default(),
            edited: BTreeMap::new(),
            file: file.to_owned(),
            now: clock::now(),
            notices: Vec::new(),
            customs: Customs::default(),
            told: None,
        };
        let rows = &table.rows;
        table.index.reserve(rows.len(), |at| id_at(rows, at));
        let mut told = HashSet::new();
        for at in 0..table.rows.len() {
            if let Some(id) = table.count(at)
                && told.insert(id.clone())
            {
                table.notices.push(format!(
                    "`{file}` has more than one line for `{id}`; the latest `updated_at` counts"
                ));
            }
        }
        Ok(table)
    }

    /// Finds out whether the row `at` counts; an id that is there before is returned.
    fn count(&mut self, at: usize) -> Option<String> {
        let rows = &self.rows;
        let record = rows[at].record.as_ref().filter(|record| record.is_issue())?;
        let Some(other) = self.index.note(&record.id, at, |at| id_at(rows, at)) else {
            self.rows[at].counts = true;
            return None;
        };
        // A union merge leaves both sides' lines: the later change wins, then the later line.
        let later = rows[other].record.as_ref().is_none_or(|old| old.updated() <= record.updated());
        let id = record.id.to_string();
        if later {
            self.index.correct(&id, at, |at| id_at(rows, at));
        }
        self.rows[at].counts = later;
        self.rows[other].counts = !later;
        Some(id)
    }

    /// The time that counts as now.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// What the user should know about the file; said once for each id.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Whether anything was edited.
    pub fn is_changed(&self) -> bool {
        !self.edited.is_empty()
    }

    /// The issues and how they hang together.
    pub fn graph(&self) -> Graph<'_> {
        Graph::new(self.records(), self.now).told(self.told.as_ref())
    }

    /// Treats the statuses that a project has added as it says.
    pub fn classify(&mut self, customs: &Customs) {
        if customs.is_empty() {
            return;
        }
        for record in self.rows.iter_mut().filter_map(|row| row.record.as_mut()) {
            record.class = customs.class(record.status());
        }
        self.customs = customs.clone();
    }

    /// The statuses and types that the project has added.
    pub fn customs(&self) -> &Customs {
        &self.customs
    }

    /// Holds [`Table::graph`]'s readiness to what `bd` says.
    pub fn tell_ready(&mut self, ids: HashSet<String>) {
        self.told = Some(ids);
    }

    /// Every issue, tombstones too, in the order of the file.
    pub fn records(&self) -> impl Iterator<Item = &Record<'a>> {
        self.rows.iter().filter(|row| row.counts).filter_map(|row| row.record.as_ref())
    }

    /// The record of `id`.
    pub fn get(&self, id: &str) -> Option<&Record<'a>> {
        self.rows[self.at(id)?].record.as_ref()
    }

    /// The whole issue `id`, tombstones too.
    pub fn issue(&self, id: &str) -> Result<Issue> {
        let at = self.at(id).ok_or_else(|| self.unknown(id))?;
        Issue::parse(&self.text(at)?).map_err(|error| {
            Fault::invalid(format!("`{}`: issue `{id}`: {error}", self.file), "repair its line")
        })
    }

    /// The whole issue as JSON, as cheaply as its line allows.
    pub fn json(&self, record: &Record) -> Result<Cow<'_, str>> {
        let at = self.at(&record.id).ok_or_else(|| self.unknown(&record.id))?;
        let text = self.text(at)?;
        if record.lacks_defaults() {
            return Ok(Cow::Owned(issue::with_defaults(text.trim())));
        }
        Ok(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(mut text) => {
                text.truncate(text.trim_end().len());
                text.drain(..text.len() - text.trim_start().len());
                Cow::Owned(text)
            }
        })
    }

    /// The line `at`, with its newline, as it is now.
    fn text(&self, at: usize) -> Result<Cow<'_, str>> {
        if let Some(text) = self.edited.get(&at) {
            return Ok(Cow::Borrowed(text));
        }
        let text = self.source.read(self.range(at)).map_err(|error| self.unread(error))?;
        if matches!(self.source, Source::File(_)) && !load::is_in(self.rows[at].record.as_ref(), &text) {
            return Err(changed_meanwhile(&self.file));
        }
        Ok(text)
    }

    /// The error of what cannot be read again.
    fn unread(&self, error: io::Error) -> anyhow::Error {
        if self.source.is_as_it_was() {
            return anyhow::Error::new(error).context(format!("failed to read `{}`", self.file));
        }
        changed_meanwhile(&self.file)
    }

    /// Where the line `at` lies in the source; those that are new lie at its end.
    fn range(&self, at: usize) -> Range<u64> {
        let end = self.rows.get(at + 1).map_or(self.source.len(), |next| next.start);
        self.rows[at].start..end
    }

    fn at(&self, id: &str) -> Option<usize> {
        self.index.get(id, |at| id_at(&self.rows, at))
    }

    /// Edits the line of `id` and, where that changed anything, its `updated_at`.
    pub fn edit(&mut self, id: &str, change: impl FnOnce(&mut Line)) -> Result<()> {
        let at = self.at(id).ok_or_else(|| self.unknown(id))?;
        let text = self.text(at)?;
        let (body, end) = split_newline(&text);
        let mut line = Line::new(body);
        change(&mut line);
        if line.text() == body {
            return Ok(());
        }
        let before = self.rows[at].record.as_ref().map_or(Timestamp::MIN, Record::updated);
        // Always later than before, so that a stray second line of this id never wins over it.
        let after = self.now.max(before.checked_add(1.microsecond()).unwrap_or(before));
        line.set_text("updated_at", &after.to_string());
        let text = format!("{}{end}", line.text());
        self.rewrite(at, &line, text)
    }

    /// Edits the line of `id` without making it any newer.
    pub fn amend(&mut self, id: &str, change: impl FnOnce(&mut Line)) -> Result<()> {
        let at = self.at(id).ok_or_else(|| self.unknown(id))?;
        let mut line = Line::new(split_newline(&self.text(at)?).0);
        change(&mut line);
        self.put(id, &line)
    }

    /// Replaces the line of `id` by another one of the same issue, which keeps its own `updated_at`.
    pub fn put(&mut self, id: &str, line: &Line) -> Result<()> {
        let at = self.at(id).ok_or_else(|| self.unknown(id))?;
        let text = self.text(at)?;
        let (body, end) = split_newline(&text);
        let text = format!("{}{end}", line.text());
        if line.text() == body { Ok(()) } else { self.rewrite(at, line, text) }
    }

    fn rewrite(&mut self, at: usize, line: &Line, text: String) -> Result<()> {
        let mut record = Record::parse(line.text())?.into_owned();
        record.class = self.customs.class(record.status());
        self.rows[at].record = Some(record);
        self.edited.insert(at, text);
        Ok(())
    }

    /// Appends a new issue's line.
    pub fn push(&mut self, line: &Line) -> Result<()> {
        let mut end = "\n";
        if let Some(last) = self.rows.len().checked_sub(1) {
            let text = self.text(last)?;
            match split_newline(&text).1 {
                "" => {
                    let text = format!("{text}\n");
                    self.edited.insert(last, text);
                }
                other => end = if other == "\r\n" { "\r\n" } else { "\n" },
            }
        }
        let record = Record::parse(line.text())?.into_owned();
        let at = self.rows.len();
        self.rows.push(Row { start: self.source.len(), record: Some(record), counts: false });
        self.count(at);
        self.edited.insert(at, format!("{}{end}", line.text()));
        Ok(())
    }

    /// Whether the file is of the newer make: lines say `"_type":"issue"` and carry counters.
    pub fn is_typed(&self) -> bool {
        self.records().any(|record| !record.line_type.is_empty())
    }

    /// What `find` finds in all lines, edits included, put together by `join`: some lines at a time, each
    /// whole, in no order.
    pub fn gather<T: Default + Send>(
        &self,
        find: impl Fn(&[u8]) -> T + Sync,
        join: impl Fn(T, T) -> T + Sync,
    ) -> Result<T> {
        self.spans().into_iter().try_fold(T::default(), |all, span| {
            let found = match span {
                Span::New(text) => find(text.as_bytes()),
                Span::Kept(range) => {
                    load::gather(&self.source, range, &find, &join).map_err(|error| self.unread(error))?
                }
            };
            Ok(join(all, found))
        })
    }

    /// Hands everything to `look`, edits included: some lines at a time, each whole. Ends early where
    /// `look` returns false.
    fn pieces(&self, mut look: impl FnMut(&[u8]) -> bool) -> Result<()> {
        let mut more = true;
        for span in self.spans() {
            match span {
                _ if !more => break,
                Span::New(text) => more = look(text.as_bytes()),
                Span::Kept(range) => {
                    let read = self.source.pieces(range, PIECE, |_, bytes| {
                        more = look(bytes);
                        more
                    });
                    read.map_err(|error| self.unread(error))?;
                }
            }
        }
        Ok(())
    }

    /// Writes the file as it is now.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut written = Ok(());
        self.pieces(|bytes| {
            written = out.write_all(bytes);
            written.is_ok()
        })
        .map_err(io::Error::other)?;
        written
    }

    /// [`Table::write`] to a draft, as fast as the system copies files.
    pub(super) fn save(&self, draft: &mut Draft) -> io::Result<()> {
        let spans = self.spans();
        let length = |span: &Span| match span {
            Span::Kept(range) => range.end - range.start,
            Span::New(text) => text.len() as u64,
        };
        draft.expect(spans.iter().map(length).sum());
        for span in spans {
            match (span, &self.source) {
                (Span::New(text), _) => draft.write_all(text.as_bytes())?,
                (Span::Kept(range), Source::File(opened)) => draft.copy(opened.file(), range)?,
                (Span::Kept(range), source) => draft.write_all(source.read(range)?.as_bytes())?,
            }
        }
        Ok(())
    }

    fn spans(&self) -> Vec<Span<'_>> {
        let mut spans = Vec::with_capacity(self.edited.len() * 2 + 1);
        let mut done = 0;
        for (&at, text) in &self.edited {
            let Range { start, end } = self.range(at);
            spans.push(Span::Kept(done..start));
            spans.push(Span::New(text));
            done = end;
        }
        spans.push(Span::Kept(done..self.source.len()));
        spans.retain(|span| !matches!(span, Span::Kept(range) if range.is_empty()));
        spans
    }

    /// What the file is called in errors.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// What the lines were read from.
    pub(super) fn source(&self) -> &Source<'a> {
        &self.source
    }
}

/// The id in the row `at`.
fn id_at<'t>(rows: &'t [Row], at: usize) -> &'t str {
    rows[at].record.as_ref().map_or("", |record| &record.id)
}

/// The error of a file that others write to without regard to us.
pub(super) fn changed_meanwhile(file: &str) -> anyhow::Error {
    Fault::busy(format!("another program changed `{file}` meanwhile"), "run it again; nothing was changed")
}

fn split_newline(line: &str) -> (&str, &str) {
    let body = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
    line.split_at(body.len())
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
