//! One version of the file, read only as far as a merge needs it.

use std::borrow::Cow;
use std::collections::HashMap;

use super::identity::Head;
use crate::domain::beads::text::Text;

/// One line without its newline.
#[derive(Debug)]
pub struct Row<'a> {
    pub text: Cow<'a, str>,
    /// The newline, or nothing at the end of the file.
    pub end: &'a str,
    pub kind: Kind<'a>,
}

/// What a line is.
#[derive(Debug)]
pub enum Kind<'a> {
    /// The line that counts for its issue.
    Issue(Head<'a>),
    /// Another line of an issue: older than the one that counts.
    Shadow(String),
    /// A header, a memory, something newer.
    Other,
    /// Nothing.
    Blank,
    /// Not a line of this format.
    Bad,
    /// Of an unfinished merge.
    Marker,
}

/// A whole version.
#[derive(Debug, Default)]
pub struct Side<'a> {
    pub rows: Vec<Row<'a>>,
    index: HashMap<String, usize>,
}

/// The header's word for the format that is understood here.
const SCHEMA: &str = "beads-jsonl/1";

impl<'a> Side<'a> {
    /// Reads `text`; lines that cannot be understood are kept as what they are.
    pub fn parse(text: &'a str) -> Self {
        let mut side = Self::default();
        for line in text.split_inclusive('\n') {
            let body = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
            let row = Row { text: Cow::Borrowed(body), end: &line[body.len()..], kind: kind(body) };
            side.rows.push(row);
        }
        side.count();
        side
    }

    /// Finds the line that counts for each issue: the latest change, then the later line.
    fn count(&mut self) {
        self.index = HashMap::with_capacity(self.rows.len());
        for at in 0..self.rows.len() {
            let Kind::Issue(head) = &self.rows[at].kind else { continue };
            let (id, updated) = (head.id.to_string(), head.updated_at.clone());
            let Some(&other) = self.index.get(&id) else {
                self.index.insert(id, at);
                continue;
            };
            let old = match &self.rows[other].kind {
                Kind::Issue(head) => head.updated(),
                _ => jiff::Timestamp::MIN,
            };
            let later = old <= super::identity::instant(&updated);
            let shadow = if later { other } else { at };
            self.rows[shadow].kind = Kind::Shadow(id.clone());
            if later {
                self.index.insert(id, at);
            }
        }
    }

    /// Takes titles for no mark of an issue.
    pub fn forget_titles(&mut self) {
        for row in &mut self.rows {
            if let Kind::Issue(head) = &mut row.kind {
                head.called = std::mem::take(&mut head.title);
            }
        }
    }

    /// The line of `id`.
    pub fn text(&self, id: &str) -> Option<&str> {
        self.index.get(id).map(|&at| &*self.rows[at].text)
    }

    /// What the issue `id` is.
    pub fn head(&self, id: &str) -> Option<&Head<'a>> {
        match &self.rows[*self.index.get(id)?].kind {
            Kind::Issue(head) => Some(head),
            _ => None,
        }
    }

    /// Every issue, in the order of the file.
    pub fn heads(&self) -> impl Iterator<Item = &Head<'a>> {
        self.rows.iter().filter_map(|row| match &row.kind {
            Kind::Issue(head) => Some(head),
            _ => None,
        })
    }

    /// Why this version cannot be merged line by line, if so.
    pub fn refusal(&self) -> Option<String> {
        self.rows.iter().enumerate().find_map(|(at, row)| match &row.kind {
            Kind::Marker => Some(format!("line {} is a merge conflict marker", at + 1)),
            Kind::Other => schema(&row.text)
                .filter(|schema| schema != SCHEMA)
                .map(|schema| format!("line {}: format `{schema}` is not known, only `{SCHEMA}`", at + 1)),
            _ => None,
        })
    }

    /// Whether the issues stand in the order of their ids.
    pub fn is_sorted(&self) -> bool {
        self.heads().map(|head| &*head.id).is_sorted()
    }

    /// Gives issues other ids, wherever they are named.
    pub fn rename(&mut self, map: &HashMap<String, String>) {
        if map.is_empty() {
            return;
        }
        for row in &mut self.rows {
            if !matches!(row.kind, Kind::Issue(_) | Kind::Shadow(_)) {
                continue;
            }
            let Some(text) = super::rename::rewrite(&row.text, map) else { continue };
            row.text = Cow::Owned(text);
            match &mut row.kind {
                Kind::Issue(head) => {
                    if let Some(id) = map.get(&*head.id) {
                        head.id = Text::owned(id);
                    }
                }
                Kind::Shadow(id) => {
                    if let Some(new) = map.get(id) {
                        new.clone_into(id);
                    }
                }
                _ => {}
            }
        }
        self.count();
    }
}

fn kind(body: &str) -> Kind<'_> {
    if body.trim().is_empty() {
        return Kind::Blank;
    }
    if is_marker(body) {
        return Kind::Marker;
    }
    if !body.trim_start().starts_with('{') {
        return Kind::Bad;
    }
    match serde_json::from_str::<Head>(body) {
        Err(_) => Kind::Bad,
        Ok(head) if !head.schema.is_empty() || !matches!(&*head.line_type, "" | "issue") => Kind::Other,
        Ok(head) if head.id.is_empty() => Kind::Bad,
        Ok(head) => Kind::Issue(head),
    }
}

/// Whether git wrote this line about a conflict.
pub fn is_marker(line: &str) -> bool {
    ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| line.starts_with(mark))
}

/// The word of a header line.
pub fn schema(line: &str) -> Option<String> {
    let head: Head = serde_json::from_str(line).ok()?;
    Some(head.schema.to_string()).filter(|schema| !schema.is_empty())
}
