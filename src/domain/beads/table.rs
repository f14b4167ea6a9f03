//! A whole `issues.jsonl`: its lines as they are, and the records in them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};

use anyhow::Result;
use jiff::{Timestamp, ToSpan};

use super::graph::Graph;
use super::issue::{self, Issue};
use super::line::Line;
use super::record::Record;
use crate::fault::Fault;
use crate::system::clock;

/// One line with its newline. A blank one has no record, a header or memory has one without an id.
#[derive(Debug)]
struct Row<'a> {
    text: Cow<'a, str>,
    record: Option<Record<'a>>,
    /// Whether this is the line that counts for its id.
    counts: bool,
}

/// The lines of the file, read and perhaps edited.
#[derive(Debug)]
pub struct Table<'a> {
    rows: Vec<Row<'a>>,
    index: HashMap<Cow<'a, str>, usize>,
    file: String,
    now: Timestamp,
    notices: Vec<String>,
    changed: bool,
}

impl<'a> Table<'a> {
    /// Reads the text of `file` (named in errors). The first line that cannot be understood is a
    /// [`Fault::Invalid`] naming it.
    pub fn parse(text: &'a str, file: &str) -> Result<Self> {
        if text.starts_with('\u{feff}') {
            return Err(Fault::invalid(
                format!("`{file}` line 1 starts with a byte order mark"),
                "save the file as UTF-8 without a byte order mark",
            ));
        }
        let mut table = Self {
            rows: Vec::new(),
            index: HashMap::new(),
            file: file.to_owned(),
            now: clock::now(),
            notices: Vec::new(),
            changed: false,
        };
        for line in text.split_inclusive('\n') {
            let record = table.read(line)?;
            table.add(Cow::Borrowed(line), record);
        }
        Ok(table)
    }

    fn read(&self, line: &'a str) -> Result<Option<Record<'a>>> {
        if line.trim().is_empty() {
            return Ok(None);
        }
        let number = self.rows.len() + 1;
        let record = Record::parse(line).map_err(|error| self.broken(number, line, &error))?;
        if !record.schema.is_empty() {
            self.check_schema(&record.schema, number)?;
        } else if record.id.is_empty() && matches!(&*record.line_type, "" | "issue") {
            return Err(Fault::invalid(
                format!("`{}` line {number} is an issue without an `id`", self.file),
                format!("repair or remove line {number}; nothing was changed"),
            ));
        }
        Ok(Some(record))
    }

    fn check_schema(&self, schema: &str, number: usize) -> Result<()> {
        if schema == "beads-jsonl/1" {
            return Ok(());
        }
        Err(Fault::invalid(
            format!("`{}` line {number}: format `{schema}` is not known, only `beads-jsonl/1`", self.file),
            "use a newer taskrun; nothing was changed",
        ))
    }

    fn broken(&self, number: usize, line: &str, error: &serde_json::Error) -> anyhow::Error {
        let file = &self.file;
        if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| line.starts_with(mark)) {
            return Fault::invalid(
                format!("`{file}` line {number} is a merge conflict marker"),
                "finish the merge: keep the lines of both sides and delete the markers; nothing was changed",
            );
        }
        let hint = format!("repair or remove line {number}; nothing was changed");
        if error.is_eof() && !line.ends_with('\n') {
            return Fault::invalid(format!("`{file}` line {number} is cut off in the middle"), hint);
        }
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        let place = if error.column() > 0 { format!(" (column {})", error.column()) } else { String::new() };
        Fault::invalid(format!("`{file}` line {number} is not a JSON object: {what}{place}"), hint)
    }

    fn add(&mut self, text: Cow<'a, str>, record: Option<Record<'a>>) {
        let at = self.rows.len();
        let mut counts = false;
        if let Some(record) = record.as_ref().filter(|record| record.is_issue()) {
            counts = true;
            if let Some(&other) = self.index.get(&record.id.0) {
                // A union merge leaves both sides' lines: the later change wins, then the later line.
                counts = self.rows[other].record.as_ref().is_none_or(|old| old.updated() <= record.updated());
                self.rows[other].counts = !counts;
                self.notices.push(format!(
                    "`{}` has more than one line for `{}`; the latest `updated_at` counts",
                    self.file, &*record.id
                ));
            }
            if counts {
                self.index.insert(record.id.0.clone(), at);
            }
        }
        self.rows.push(Row { text, record, counts });
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
        self.changed
    }

    /// The issues and how they hang together.
    pub fn graph(&self) -> Graph<'_> {
        Graph::new(self.records(), self.now)
    }

    /// Every issue, tombstones too, in the order of the file.
    pub fn records(&self) -> impl Iterator<Item = &Record<'a>> {
        self.rows.iter().filter(|row| row.counts).filter_map(|row| row.record.as_ref())
    }

    /// The record of `id`.
    pub fn get(&self, id: &str) -> Option<&Record<'a>> {
        self.row(id)?.record.as_ref()
    }

    /// The whole issue `id`, tombstones too.
    pub fn issue(&self, id: &str) -> Result<Issue> {
        let row = self.row(id).ok_or_else(|| self.unknown(id))?;
        Issue::parse(&row.text).map_err(|error| {
            Fault::invalid(format!("`{}`: issue `{id}`: {error}", self.file), "repair its line")
        })
    }

    /// The whole issue as JSON, as cheaply as its line allows.
    pub fn json(&self, record: &Record) -> Cow<'_, str> {
        let text = self.row(&record.id).map_or("", |row| row.text.trim());
        if record.lacks_defaults() { Cow::Owned(issue::with_defaults(text)) } else { Cow::Borrowed(text) }
    }

    /// The full id that `given` means: itself, or the only one that is `given` after its prefix.
    pub fn resolve(&self, given: &str) -> Result<String> {
        if self.get(given).is_some_and(|record| !record.is_tombstone()) {
            return Ok(given.to_owned());
        }
        let short = |record: &&Record| {
            let rest = record.id.strip_suffix(given).and_then(|rest| rest.strip_suffix('-'));
            rest.is_some_and(|prefix| !prefix.is_empty()) && !record.is_tombstone()
        };
        let mut found = self.records().filter(short);
        match (found.next(), found.next()) {
            (Some(record), None) if !given.is_empty() => Ok(record.id.to_string()),
            _ => Err(self.unknown(given)),
        }
    }

    /// [`Table::resolve`] for several; an id given twice counts once.
    pub fn resolve_all(&self, given: &[String]) -> Result<Vec<String>> {
        let mut ids: Vec<String> = Vec::new();
        for given in given {
            let id = self.resolve(given)?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(ids)
    }

    fn unknown(&self, id: &str) -> anyhow::Error {
        let message = format!("no issue `{id}` in `{}`", self.file);
        Fault::not_found(message, "`taskrun beads list --all` shows every id")
    }

    fn row(&self, id: &str) -> Option<&Row<'a>> {
        self.index.get(id).map(|&at| &self.rows[at])
    }

    /// Edits the line of `id` and, where that changed anything, its `updated_at`.
    pub fn edit(&mut self, id: &str, change: impl FnOnce(&mut Line)) -> Result<()> {
        let at = *self.index.get(id).ok_or_else(|| self.unknown(id))?;
        let row = &mut self.rows[at];
        let (body, end) = split_newline(&row.text);
        let mut line = Line::new(body);
        change(&mut line);
        if line.text() == body {
            return Ok(());
        }
        let before = row.record.as_ref().map_or(Timestamp::MIN, Record::updated);
        // Always later than before, so that a stray second line of this id never wins over it.
        let after = self.now.max(before.checked_add(1.microsecond()).unwrap_or(before));
        line.set_text("updated_at", &after.to_string());
        row.record = Some(Record::parse(line.text())?.into_owned());
        row.text = Cow::Owned(format!("{}{end}", line.text()));
        self.changed = true;
        Ok(())
    }

    /// Replaces the line of `id` by another one of the same issue, which keeps its own `updated_at`.
    pub fn put(&mut self, id: &str, line: &Line) -> Result<()> {
        let at = *self.index.get(id).ok_or_else(|| self.unknown(id))?;
        let row = &mut self.rows[at];
        let (body, end) = split_newline(&row.text);
        if line.text() != body {
            let text = format!("{}{end}", line.text());
            row.record = Some(Record::parse(line.text())?.into_owned());
            row.text = Cow::Owned(text);
            self.changed = true;
        }
        Ok(())
    }

    /// Appends a new issue's line.
    pub fn push(&mut self, line: &Line) -> Result<()> {
        let mut end = "\n";
        if let Some(last) = self.rows.last_mut() {
            match split_newline(&last.text).1 {
                "" => last.text.to_mut().push('\n'),
                other => end = if other == "\r\n" { "\r\n" } else { "\n" },
            }
        }
        let record = Record::parse(line.text())?.into_owned();
        self.add(Cow::Owned(format!("{}{end}", line.text())), Some(record));
        self.changed = true;
        Ok(())
    }

    /// Whether the file is of the newer make: lines say `"_type":"issue"` and carry counters.
    pub fn is_typed(&self) -> bool {
        self.records().any(|record| !record.line_type.is_empty())
    }

    /// The raw lines, edits included.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| &*row.text)
    }

    /// Writes the file as it is now.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.lines().try_for_each(|line| out.write_all(line.as_bytes()))
    }
}

fn split_newline(line: &str) -> (&str, &str) {
    let body = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
    line.split_at(body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(table: &Table) -> String {
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_not_touched_survives_byte_for_byte() {
        let text = "{\"_schema\":\"beads-jsonl/1\"}\r\n \t\r\n{\"_type\":\"memory\",\"key\":\"k\"}\n\
                    { \"id\" : \"bd-1\" , \"zzz\":1e3 }\r\n{\"_type\":\"later\",\"id\":\"x\"}\n{\"id\":\"bd-2\"}";
        let mut table = Table::parse(text, "f").unwrap();
        assert_eq!(written(&table), text);
        table.edit("bd-1", |line| line.set("priority", "3")).unwrap();
        let lines: Vec<String> = written(&table).split_inclusive('\n').map(str::to_owned).collect();
        let before: Vec<&str> = text.split_inclusive('\n').collect();
        for at in [0, 1, 2, 4, 5] {
            assert_eq!(lines[at], before[at]);
        }
        assert!(
            lines[3].starts_with("{ \"id\" : \"bd-1\",\"priority\":3,\"updated_at\":\"")
                && lines[3].ends_with(" , \"zzz\":1e3 }\r\n")
        );
        table.push(&Line::new("{\"id\":\"bd-3\"}")).unwrap();
        assert!(written(&table).ends_with("{\"id\":\"bd-2\"}\n{\"id\":\"bd-3\"}\n"));
        assert_eq!(table.records().count(), 3);
    }

    #[test]
    fn the_latest_of_two_lines_counts() {
        let line = |at: &str, title: &str| {
            format!("{{\"id\":\"a\",\"title\":\"{title}\",\"updated_at\":\"{at}\"}}\n")
        };
        let (old, new) = (line("2026-01-01T00:00:00Z", "old"), line("2099-01-01T01:00:00+01:00", "new"));
        for text in [format!("{old}{new}"), format!("{new}{old}")] {
            let mut table = Table::parse(&text, "f").unwrap();
            assert_eq!(&*table.get("a").unwrap().title, "new");
            assert_eq!((table.records().count(), table.notices().len()), (1, 1));
            table.edit("a", |line| line.set_text("title", "edited")).unwrap();
            let text = written(&table);
            assert_eq!(&*Table::parse(&text, "f").unwrap().get("a").unwrap().title, "edited");
        }
    }

    #[test]
    fn bad_lines_are_named() {
        let table = [
            ("\u{feff}{}", "line 1 starts with a byte order mark"),
            ("{\"id\":\"a\"}\n<<<<<<< HEAD\n", "line 2 is a merge conflict marker"),
            ("{\"id\":\"a\"}\n\n{\"id\":\"b\",\"tit", "line 3 is cut off"),
            ("{\"id\":\"a\",}\n", "line 1 is not a JSON object"),
            ("[]\n", "line 1 is not a JSON object"),
            ("{\"title\":\"t\"}\n", "line 1 is an issue without an `id`"),
            ("{\"_schema\":\"beads-jsonl/2\"}\n", "`beads-jsonl/2` is not known"),
        ];
        for (text, expected) in table {
            let error = Table::parse(text, "f").unwrap_err();
            assert!(matches!(error.downcast_ref(), Some(Fault::Invalid { .. })));
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn short_ids_resolve_when_there_is_one() {
        let table = Table::parse("{\"id\":\"a-1\"}\n{\"id\":\"a-2\"}\n{\"id\":\"b-2\"}\n", "f").unwrap();
        assert_eq!(table.resolve("1").unwrap(), "a-1");
        for unknown in ["2", "", "-1", "a", "a-3"] {
            assert!(matches!(
                table.resolve(unknown).unwrap_err().downcast_ref(),
                Some(Fault::NotFound { .. })
            ));
        }
    }
}
