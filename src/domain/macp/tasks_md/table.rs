//! The tables of a Markdown file that list tasks: those with the columns `id` and `status`. All other bytes are left alone.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// The header of a table.
#[derive(Debug, PartialEq, Eq)]
struct Header {
    /// Names of its columns, as in `depends_on`.
    names: Vec<String>,
    /// How wide each is written.
    widths: Vec<usize>,
}

/// A line of a table.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its line in the file, from 1.
    pub line: usize,
    header: Rc<Header>,
    /// Where each cell lies, without its bars.
    cells: Vec<Range<usize>>,
    values: BTreeMap<String, String>,
}

/// A Markdown file.
#[derive(Debug)]
pub struct Document {
    text: String,
    rows: Vec<Row>,
    lack: Option<String>,
    edits: Vec<(Range<usize>, String)>,
}

impl Row {
    /// What stands in a column, without the spaces around it; `None` where the table has no such column. A row that is too
    /// short has empty cells.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.values.get(column).map(String::as_str)
    }

    /// The same, where something stands there: a hyphen or a dash is nothing.
    pub fn value(&self, column: &str) -> Option<&str> {
        self.get(column).filter(|text| !text.chars().all(|char| matches!(char, '-' | '–' | '—')))
    }

    /// Whether the row is long enough to have a cell in a column.
    pub fn has(&self, column: &str) -> bool {
        self.header.names.iter().position(|name| name == column).is_some_and(|at| at < self.cells.len())
    }

    /// Every column and what stands in it.
    pub fn values(&self) -> &BTreeMap<String, String> {
        &self.values
    }
}

impl Document {
    /// Reads it.
    pub fn parse(text: String) -> Self {
        let (rows, lack) = rows(&text);
        Self { text, rows, lack, edits: Vec::new() }
    }

    /// Why no table of it lists tasks, if none does.
    pub fn lack(&self) -> Option<&str> {
        self.lack.as_deref()
    }

    /// The rows of all its tables with tasks.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Puts `value` into a cell, keeping the width of the column where the table is written in columns. Says whether the row has
    /// such a cell.
    pub fn set(&mut self, row: &Row, column: &str, value: &str) -> bool {
        let Some(at) = row.header.names.iter().position(|name| name == column) else { return false };
        let Some(range) = row.cells.get(at) else { return false };
        let raw = &self.text[range.clone()];
        let body = raw.trim_start();
        let lead = &raw[..raw.len() - body.len()];
        let lead = if body.is_empty() { " " } else { lead };
        let mut cell = format!("{lead}{}", value.replace('|', "\\|"));
        let in_columns = raw.chars().count() == row.header.widths[at];
        let width = if in_columns { row.header.widths[at] } else { 0 };
        let end = usize::from(raw.ends_with([' ', '\t']) || body.is_empty());
        let pad = width.saturating_sub(cell.chars().count()).max(end);
        cell.extend(std::iter::repeat_n(' ', pad));
        self.edits.push((range.clone(), cell));
        true
    }

    /// The file as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file with what was put into its cells.
    pub fn edited(mut self) -> String {
        self.edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        for (range, cell) in self.edits {
            self.text.replace_range(range, &cell);
        }
        self.text
    }
}

fn rows(text: &str) -> (Vec<Row>, Option<String>) {
    let (mut rows, mut usable, mut lack) = (Vec::new(), false, None);
    let lines = lines(text);
    let mut start = 0;
    while let Some(found) = table(&lines[start..]) {
        let (header, body) = (start + found, start + found + 2);
        let end = lines[body..].iter().position(|line| !line.is_row()).map_or(lines.len(), |len| body + len);
        let names = lines[header].cells().iter().map(|range| name(&text[range.clone()])).collect::<Vec<_>>();
        let widths = lines[header].cells().iter().map(|range| text[range.clone()].chars().count()).collect();
        let missing = ["id", "status"].into_iter().find(|needed| !names.iter().any(|name| name == needed));
        if let Some(missing) = missing {
            let line = lines[header].number;
            lack.get_or_insert_with(|| format!("the table in line {line} has no column `{missing}`"));
        } else {
            usable = true;
            let header = Rc::new(Header { names, widths });
            rows.extend(lines[body..end].iter().map(|line| row(text, line, &header)));
        }
        start = end;
    }
    let lack = lack
        .unwrap_or_else(|| if text.trim().is_empty() { "it is empty" } else { "it holds no table" }.into());
    (rows, (!usable).then_some(lack))
}

fn row(text: &str, line: &Line<'_>, header: &Rc<Header>) -> Row {
    let cells = line.cells();
    let value = |at: usize| {
        let raw = cells.get(at).map_or("", |range| &text[range.clone()]);
        raw.trim().replace("\\|", "|")
    };
    let mut values = BTreeMap::new();
    for (at, name) in header.names.iter().enumerate() {
        // Of two columns of one name the first counts.
        values.entry(name.clone()).or_insert_with(|| value(at));
    }
    Row { line: line.number, header: header.clone(), cells, values }
}

/// A line that is no code and no comment.
struct Line<'t> {
    number: usize,
    start: usize,
    text: &'t str,
    hidden: bool,
}

impl Line<'_> {
    fn is_row(&self) -> bool {
        !self.hidden
            && self.text.contains('|')
            && !self.text.starts_with("    ")
            && !self.text.starts_with('\t')
    }

    /// Where its cells lie in the file.
    fn cells(&self) -> Vec<Range<usize>> {
        let trimmed = self.text.trim_end();
        let from = trimmed.len() - trimmed.trim_start().len();
        let from = if trimmed[from..].starts_with('|') { from + 1 } else { from };
        let mut cells = Vec::new();
        let (mut begin, mut escaped) = (from, false);
        for (at, byte) in trimmed.bytes().enumerate().skip(from) {
            if byte == b'|' && !escaped {
                cells.push(self.start + begin..self.start + at);
                begin = at + 1;
            }
            escaped = byte == b'\\' && !escaped;
        }
        if begin < trimmed.len() {
            cells.push(self.start + begin..self.start + trimmed.len());
        }
        cells
    }

    /// Whether it is the line below a header: `|:---|---:|`.
    fn is_rule(&self) -> bool {
        let inner = self.text.trim().trim_matches('|');
        let dashes = |cell: &str| {
            let cell = cell.trim();
            let cell = cell.strip_prefix(':').unwrap_or(cell);
            let cell = cell.strip_suffix(':').unwrap_or(cell);
            !cell.is_empty() && cell.bytes().all(|byte| byte == b'-')
        };
        self.is_row() && inner.split('|').all(dashes)
    }
}

/// Where the next table begins.
fn table(lines: &[Line<'_>]) -> Option<usize> {
    lines.windows(2).position(|pair| {
        pair[0].is_row() && pair[1].is_rule() && pair[0].cells().len() == pair[1].cells().len()
    })
}

/// Every line, those in fenced code and in comments hidden.
fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let (mut start, mut fence, mut comment) = (0, None, false);
    for (index, whole) in text.split_inclusive('\n').enumerate() {
        let line = whole.trim_end_matches(['\n', '\r']);
        let line = if index == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        let skipped = whole.trim_end_matches(['\n', '\r']).len() - line.len();
        let mark = fence_of(line);
        let mut hidden = fence.is_some() || comment;
        match (fence, mark) {
            (None, Some((byte, count, _))) if !comment => (fence, hidden) = (Some((byte, count)), true),
            (Some((byte, count)), Some((other, more, true))) if byte == other && more >= count => {
                fence = None;
            }
            _ => {}
        }
        if fence.is_none() {
            let opened = line.rfind("<!--");
            let closed = line.rfind("-->");
            comment = match (opened, closed) {
                (Some(open), Some(close)) => open > close,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => comment,
            };
            hidden |= comment;
        }
        lines.push(Line { number: index + 1, start: start + skipped, text: line, hidden });
        start += whole.len();
    }
    lines
}

/// The fence that a line opens or closes: its byte, how often, and whether nothing follows it.
fn fence_of(line: &str) -> Option<(u8, usize, bool)> {
    let text = line.trim_start_matches(' ');
    let byte = *text.as_bytes().first().filter(|byte| matches!(byte, b'`' | b'~'))?;
    let count = text.bytes().take_while(|other| *other == byte).count();
    (line.len() - text.len() < 4 && count >= 3).then(|| (byte, count, text[count..].trim().is_empty()))
}

/// A column's name: `Depends on` is `depends_on`.
fn name(cell: &str) -> String {
    let plain = cell.trim().trim_matches(['*', '_', '`', '~']).trim().to_lowercase();
    plain.replace([' ', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table_of(text: &str) -> Vec<(usize, Vec<(String, String)>)> {
        let document = Document::parse(text.to_owned());
        let cells =
            |row: &Row| row.values.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        document.rows().iter().map(|row| (row.line, cells(row))).collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn tables_with_id_and_status_are_found_and_nothing_else() {
        let plain = "| ID | Status |\n|--|:-:|\n| a | done |\n\n| b | done |\n";
        assert_eq!(table_of(plain), [(3, vec![pair("id", "a"), pair("status", "done")])]);
        for text in [
            "| id | other |\n|--|--|\n| a | b |\n",
            "| id | status |\n| a | b |\n",
            "| id | status |\n|--|\n| a | b |\n",
            "```\n| id | status |\n|--|--|\n| a | b |\n```\n",
            "~~~~md\n```\n~~~\n| id | status |\n|--|--|\n| a | b |\n~~~~\n",
            "<!--\n| id | status |\n|--|--|\n| a | b |\n-->\n",
            "    | id | status |\n    |--|--|\n    | a | b |\n",
            "",
        ] {
            assert!(table_of(text).is_empty(), "{text}");
        }
        let two = "\u{feff}id|status\r\n-|-\r\na\\|b|x\r\nText\r\n<!-- no -->\r\n|**Status**|`id`|\r\n|-|-|\r\n|s\\\\|i|more|\r\n|short|\r\n";
        let rows = table_of(two);
        assert_eq!(rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 8, 9]);
        assert_eq!(rows[0].1, [pair("id", "a|b"), pair("status", "x")]);
        assert_eq!(rows[1].1, [pair("id", "i"), pair("status", "s\\\\")]);
        assert_eq!(rows[2].1, [pair("id", ""), pair("status", "short")]);
    }

    #[test]
    fn only_the_cell_changes() {
        let table = [
            ("|id|status|\n|-|-|\n|a|x|\n", "done", "|id|status|\n|-|-|\n|a|done|\n"),
            (
                "| id | status |\r\n|-|-|\r\n| a | x |\r\n",
                "done",
                "| id | status |\r\n|-|-|\r\n| a | done |\r\n",
            ),
            (
                "| id | status      |\n|----|-------------|\n| a  | not-started |\n",
                "done",
                "| id | status      |\n|----|-------------|\n| a  | done        |\n",
            ),
            ("| id | status |\n|-|-|\n| a |  |", "done", "| id | status |\n|-|-|\n| a | done |"),
            ("id|status\n-|-\na|x", "a|b", "id|status\n-|-\na|a\\|b"),
        ];
        for (text, value, expected) in table {
            let mut document = Document::parse(text.to_owned());
            let row = document.rows()[0].clone();
            assert!(document.set(&row, "status", value), "{text}");
            assert_eq!(document.edited(), expected);
        }
        let mut short = Document::parse("|id|status|\n|-|-|\n|a|\n".to_owned());
        let row = short.rows()[0].clone();
        assert!(!short.set(&row, "status", "done") && !short.set(&row, "none", "done"));
    }
}
