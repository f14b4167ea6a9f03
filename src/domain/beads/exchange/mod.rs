//! Issues of other formats: read into the store, and written out of it.
//!
//! A parser turns a text into [`Sheet`]: pure, one file for each format. [`import`] brings a sheet, or
//! the lines of another store, into ours: all of it or nothing.

mod apply;
mod base;
mod csv;
mod export;
mod github;
mod graphs;
mod import;
mod item;
mod lines;
mod markdown;
mod outline;
mod prd;
mod source;
mod tree;
mod update;

use super::batch::Draft;
use crate::fault::Fault;

pub use base::plans;
pub use export::Shape;
pub use import::{Action, Imported, Options, Step};
pub use item::key as same_title;
pub use source::{Format, Source};

/// Longest title that `bd` takes (bytes).
const TITLE: usize = 500;
/// The hint of every file that cannot be read.
const UNTOUCHED: &str = "repair the file and import it again; nothing was changed";

/// What a foreign file holds.
#[derive(Debug, Default)]
pub struct Sheet {
    /// What the references of all its issues begin with, where the file holds all there are.
    pub scope: Option<String>,
    /// Its issues, parents before their children.
    pub wanted: Vec<Wanted>,
    /// What the user should know.
    pub notices: Vec<String>,
}

/// An issue as a foreign file has it.
#[derive(Debug, Default)]
pub struct Wanted {
    /// What it is to be. Its `external_ref` is what a later import knows it by.
    pub draft: Draft,
    /// The id that the file says it has in this store.
    pub id: Option<String>,
    /// Other names it may be known by.
    pub also: Vec<String>,
}

/// The error that `what` is wrong at a place of the file `name`.
fn wrong(name: &str, place: &str, what: &str) -> anyhow::Error {
    Fault::invalid(format!("`{name}` {place}: {what}"), UNTOUCHED)
}

/// The error for JSON that cannot be understood.
fn broken(name: &str, error: &serde_json::Error) -> anyhow::Error {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    wrong(name, &format!("line {} column {}", error.line(), error.column()), what)
}

/// A title on one line that `bd` takes, and what goes to the top of the description where it had to be
/// cut for that.
fn title(text: &str) -> (String, Option<String>) {
    let whole = crate::domain::attempt::prompt::one_line(text);
    if whole.len() <= TITLE {
        return (whole, None);
    }
    let end = (0..=TITLE - '…'.len_utf8()).rev().find(|at| whole.is_char_boundary(*at)).unwrap_or(0);
    (format!("{}…", whole[..end].trim_end()), Some(whole))
}

/// Gives the draft a title, and tells in `notices` where it had to be cut.
fn entitle(draft: &mut Draft, text: &str, notices: &mut Vec<String>) {
    let (title, whole) = title(text);
    draft.new.title = title;
    if let Some(whole) = whole {
        let gap = if draft.new.description.is_empty() { "" } else { "\n\n" };
        draft.new.description = format!("{whole}{gap}{}", draft.new.description);
        notices.push(format!(
            "{}: the title is longer than {TITLE} bytes; it was cut, and is whole in the description",
            draft.place
        ));
    }
}

/// A text of several lines without control characters and blank ends.
fn body(text: &str) -> String {
    let plain: String = text
        .replace("\r\n", "\n")
        .chars()
        .filter(|char| matches!(char, '\n' | '\t') || !char.is_control())
        .collect();
    plain.trim_end().trim_start_matches('\n').to_owned()
}

/// Tells texts apart in little space; the same on every machine, for ever (FNV-1a).
pub fn digest(text: &str) -> String {
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, fold))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_cut_between_characters() {
        assert_eq!(title(" a\tb\x1b\n c "), ("a b c".into(), None));
        for (long, kept) in [("x".repeat(501), 497), ("ü".repeat(251), 496), ("🚀".repeat(200), 496)] {
            let (cut, whole) = title(&long);
            assert_eq!((cut.len(), cut.ends_with('…')), (kept + 3, true));
            assert_eq!(whole, Some(long));
        }
        assert_eq!(title(&"x".repeat(500)).1, None);
    }

    #[test]
    fn digests_never_change() {
        assert_eq!((digest("").as_str(), digest("a").as_str()), ("cbf29ce484222325", "af63dc4c8601ec8c"));
    }
}
