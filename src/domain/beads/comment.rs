//! Comments, with ids of the kind the file already has.

use anyhow::Result;
use jiff::Timestamp;
use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::line::quote;
use super::table::Table;
use crate::fault::Fault;
use crate::system::clock;

/// Adds a comment to the issue `id`.
pub fn add(table: &mut Table, id: &str, author: &str, text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Fault::usage("the comment is empty", "say something"));
    }
    let comment = format!(
        "{{\"id\":{},\"issue_id\":{},\"author\":{},\"text\":{},\"created_at\":\"{}\"}}",
        fresh(table)?,
        quote(id),
        quote(author),
        quote(text),
        // As `bd` 1.x keeps it: another time would make it another comment to its `import`.
        if table.is_typed() { whole_second(table.now()) } else { table.now() }
    );
    table.edit(id, |line| {
        line.push("comments", &comment);
        line.count("comment_count", 1);
    })
}

/// Classic files number their comments, and refuse anything else; newer ones use UUIDs.
fn fresh(table: &Table) -> Result<String> {
    let there = memmem::Finder::new("\"comments\"");
    let (last, uuids) = table.gather(
        |lines| {
            let lines = lines.split_inclusive(|byte| *byte == b'\n');
            let found = lines.filter(|line| there.find(line).is_some()).map(ids);
            found.fold((0, false), latest)
        },
        latest,
    )?;
    Ok(if uuids || table.is_typed() { quote(&uuid(table.now())) } else { (last + 1).to_string() })
}

/// The highest number of a comment, and whether there are others than numbers.
type Ids = (u64, bool);

fn latest((last, uuids): Ids, (other, others): Ids) -> Ids {
    (last.max(other), uuids || others)
}

/// The ids of a line's comments.
fn ids(line: &[u8]) -> Ids {
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
            assert_eq!(fresh(&Table::parse(text, "f").unwrap()).unwrap(), expected);
        }
        for text in ["{\"_type\":\"issue\",\"id\":\"a\"}", "{\"id\":\"a\",\"comments\":[{\"id\":\"u\"}]}"] {
            let id = fresh(&Table::parse(text, "f").unwrap()).unwrap();
            assert_eq!((id.len(), &id[15..16]), (38, "7"), "{id}");
        }
    }
}
