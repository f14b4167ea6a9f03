//! The lines of a file that may be broken, each with its number.

use std::borrow::Cow;

use super::Finding;
use crate::domain::beads::merge::{Head, Side, is_marker, schema};
use crate::domain::beads::record::Record;

/// One line without its newline.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// Its number in the file; 0 for one that came of a merge.
    pub line: usize,
    pub text: Cow<'a, str>,
    pub end: &'static str,
}

/// The file as it is mended.
#[derive(Debug, Default)]
pub struct Rows<'a> {
    pub lines: Vec<Row<'a>>,
    pub findings: Vec<Finding>,
    aside: Vec<Vec<u8>>,
    newer: bool,
}

impl<'a> Rows<'a> {
    /// Reads the lines, and moves aside those that nobody can read.
    pub fn read(bytes: &'a [u8]) -> Self {
        let mut this = Self::default();
        let mut rest = bytes;
        if let Some(text) = bytes.strip_prefix("\u{feff}".as_bytes()) {
            rest = text;
            let finding = Finding::new("byte-order-mark", "the file starts with a byte order mark");
            this.findings.push(finding.at([1]).mended("removes it"));
        }
        for (at, line) in rest.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let end = match line {
                [.., b'\r', b'\n'] => "\r\n",
                [.., b'\n'] => "\n",
                _ => "",
            };
            let body = &line[..line.len() - end.len()];
            match std::str::from_utf8(body).map_err(|_| "it is not UTF-8".to_owned()).and_then(check) {
                Ok(text) => this.lines.push(Row { line: at + 1, text: Cow::Borrowed(text), end }),
                Err(why) => this.reject(at + 1, body, &why),
            }
        }
        this.newer = this.lines.iter().any(|row| is_newer(&row.text));
        if this.newer {
            let lines = this.lines.iter().filter(|row| is_newer(&row.text)).map(|row| row.line);
            let finding = Finding::new("newer-format", "the file is of a newer format: use a newer taskrun");
            this.findings.push(finding.at(lines.collect::<Vec<_>>()));
        }
        this
    }

    fn reject(&mut self, line: usize, body: &[u8], why: &str) {
        let finding = Finding::new("bad-line", format!("the line cannot be read: {why}"));
        self.findings.push(finding.at([line]).mended("moves it to `.beads/rejected-….jsonl`"));
        self.aside.push(body.to_owned());
    }

    /// Keeps what a row says where it no longer stands in the file.
    pub fn keep(&mut self, row: &Row) {
        self.aside.push(row.text.as_bytes().to_owned());
    }

    /// The same, where it is not kept already.
    pub fn keep_once(&mut self, row: &Row) {
        if !self.aside.iter().any(|kept| kept == row.text.as_bytes()) {
            self.keep(row);
        }
    }

    /// Whether somebody newer wrote it: then nothing can be said about it.
    pub fn is_newer(&self) -> bool {
        self.newer
    }

    /// The records that count for their ids, each with the place of its row.
    pub fn records(&self) -> Vec<(usize, Record<'_>)> {
        let records = self.lines.iter().enumerate().filter_map(|(at, row)| Some((at, issue(&row.text)?)));
        records.collect()
    }

    /// What was found, the mended file, and the lines beside it. Nothing is mended in a newer file.
    pub fn finish(mut self) -> (Vec<Finding>, Vec<u8>, Vec<Vec<u8>>) {
        if self.newer {
            for finding in &mut self.findings {
                finding.fix = None;
            }
        }
        let mut bytes = Vec::with_capacity(self.lines.iter().map(|row| row.text.len() + 2).sum());
        let last = self.lines.len().saturating_sub(1);
        for (at, row) in self.lines.iter().enumerate() {
            bytes.extend_from_slice(row.text.as_bytes());
            let end = if row.end.is_empty() && at < last { "\n" } else { row.end };
            bytes.extend_from_slice(end.as_bytes());
        }
        (self.findings, bytes, self.aside)
    }
}

/// What tells the issues apart, each with the place of its row.
pub fn heads<'r>(rows: &'r Rows) -> Vec<(usize, Head<'r>)> {
    let head = |row: &'r Row| issue(&row.text).and_then(|_| serde_json::from_str::<Head>(&row.text).ok());
    rows.lines.iter().enumerate().filter_map(|(at, row)| Some((at, head(row)?))).collect()
}

/// A line as an issue, if it is one.
pub fn issue(text: &str) -> Option<Record<'_>> {
    if text.trim().is_empty() || is_marker(text) {
        return None;
    }
    Record::parse(text).ok().filter(Record::is_issue)
}

fn is_newer(text: &str) -> bool {
    text.contains("_schema") && Side::parse(text).refusal().is_some() && schema(text).is_some()
}

/// The line, if it can stand in the file.
fn check(text: &str) -> Result<&str, String> {
    if text.trim().is_empty() || is_marker(text) {
        return Ok(text);
    }
    let record = Record::parse(text).map_err(|error| {
        let text = error.to_string();
        text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned()
    })?;
    if record.id.is_empty() && record.schema.is_empty() && matches!(&*record.line_type, "" | "issue") {
        return Err("it is an issue without an `id`".to_owned());
    }
    Ok(text)
}
