//! Comments, with ids of the kind the file already has.

use anyhow::Result;
use jiff::Timestamp;
use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::blank::is_blank;
use super::line::{Line, quote};
use super::table::Table;
use crate::fault::Fault;
use crate::system::clock;

/// Adds a comment to the issue `id`.
pub fn add(table: &mut Table, id: &str, author: &str, text: &str) -> Result<()> {
    if is_blank(text) {
        return Err(Fault::usage("the comment is empty", "say something"));
    }
    // As `bd` 1.x keeps it: another time would make it another comment to its `import`.
    let at = if table.is_typed() { whole_second(table.now()) } else { table.now() };
    let said = Remark {
        author: author.to_owned(),
        text: text.to_owned(),
        created_at: at.to_string(),
        from: String::new(),
    };
    remark(table, id, &said)
}

/// Adds what was said to the issue `id`.
pub fn remark(table: &mut Table, id: &str, said: &Remark) -> Result<()> {
    let comment = Ids::of(table)?.record(id, said);
    table.edit(id, |line| push(line, &comment))
}

/// Appends a comment to an issue's line.
pub fn push(line: &mut Line, comment: &str) {
    line.push("comments", comment);
    line.count("comment_count", 1);
}

/// What somebody said, not yet a comment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remark {
    /// Who.
    pub author: String,
    /// What.
    pub text: String,
    /// When, as it is to be written.
    pub created_at: String,
    /// What it is called where it comes from; not written.
    pub from: String,
}

/// Hands out ids of new comments.
#[derive(Debug)]
pub struct Ids {
    uuids: bool,
    last: u64,
    now: Timestamp,
}

impl Ids {
    /// Classic files number their comments, and refuse anything else; newer ones use UUIDs.
    pub fn of(table: &Table) -> Result<Self> {
        let there = memmem::Finder::new("\"comments\"");
        let (last, uuids) = table.gather(
            |lines| {
                let lines = lines.split_inclusive(|byte| *byte == b'\n');
                let found = lines.filter(|line| there.find(line).is_some()).map(ids);
                found.fold((0, false), latest)
            },
            latest,
        )?;
        Ok(Self { uuids: uuids || table.is_typed(), last, now: table.now() })
    }

    fn fresh(&mut self) -> String {
        self.last += 1;
        if self.uuids { quote(&uuid(self.now)) } else { self.last.to_string() }
    }

    /// The JSON of a new comment on the issue `id`.
    pub fn record(&mut self, id: &str, said: &Remark) -> String {
        format!(
            "{{\"id\":{},\"issue_id\":{},\"author\":{},\"text\":{},\"created_at\":{}}}",
            self.fresh(),
            quote(id),
            quote(&said.author),
            quote(&said.text),
            quote(&said.created_at)
        )
    }
}

/// The highest number of a comment, and whether there are others than numbers.
type Seen = (u64, bool);

fn latest((last, uuids): Seen, (other, others): Seen) -> Seen {
    (last.max(other), uuids || others)
}

/// The ids of a line's comments.
fn ids(line: &[u8]) -> Seen {
    #[derive(Deserialize)]
    struct Comments<'a> {
        #[serde(borrow, default)]
        comments: Option<Vec<Id<'a>>>,
    }
    #[derive(Deserialize)]
    struct Id<'a> {
        #[serde(borrow)]
        id: Option<&'a RawValue>,
    }
    let comments = serde_json::from_slice::<Comments>(line).ok().and_then(|line| line.comments);
    let ids = comments.into_iter().flatten().filter_map(|comment| comment.id);
    let ids = ids.map(|id| (id.get().parse::<u64>().unwrap_or(0), id.get().starts_with('"')));
    ids.fold((0, false), latest)
}

/// The nearest whole second.
pub fn whole_second(at: Timestamp) -> Timestamp {
    let second = (at.as_microsecond() + 500_000).div_euclid(1_000_000);
    Timestamp::from_second(second).unwrap_or(at)
}

/// A UUID of version 7: sorts by time.
pub fn uuid(now: Timestamp) -> String {
    let millis = now.as_millisecond();
    let (a, b) = (clock::random(), clock::random());
    format!(
        "{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}",
        (millis >> 16) & 0xffff_ffff,
        millis & 0xffff,
        a & 0xfff,
        0x8000 | (a >> 16) & 0x3fff,
        b & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_the_files_own_kind() {
        let table = [
            ("{\"id\":\"a\"}", "1"),
            (
                "{\"id\":\"a\",\"comments\":[{\"id\":3},{\"id\":1}]}\n{\"id\":\"b\",\"comments\":[{\"id\":7}]}",
                "8",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(Ids::of(&Table::parse(text, "f").unwrap()).unwrap().fresh(), expected);
        }
        for text in ["{\"_type\":\"issue\",\"id\":\"a\"}", "{\"id\":\"a\",\"comments\":[{\"id\":\"u\"}]}"] {
            let id = Ids::of(&Table::parse(text, "f").unwrap()).unwrap().fresh();
            assert_eq!((id.len(), &id[15..16]), (38, "7"), "{id}");
        }
    }
}
