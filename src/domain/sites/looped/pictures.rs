//! Pictures of every page before and after an agent, and how much of each has changed.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};

use crate::domain::agents::invocation::file;
use crate::domain::attempt::receipt::Noted;
use crate::domain::sites::check::{Change, compare, shoot};
use crate::domain::sites::pages::Page;

/// Changed pages that are named in one line.
const NAMED: usize = 5;

/// The pictures of one attempt.
#[derive(Debug)]
pub(super) struct Pictures {
    before: PathBuf,
    after: PathBuf,
    /// What kept the first ones from being taken.
    trouble: Option<String>,
}

impl Pictures {
    /// Takes those before an agent, into a folder whose name begins with `prefix`.
    pub(super) fn begin(prefix: &Path, base: Option<&str>, pages: &[Page], browser: Option<&str>) -> Self {
        let [before, after] = [".pages-before", ".pages-after"].map(|end| file(prefix, end));
        let trouble = taken(base, pages, &before, browser).err().map(|error| format!("{error:#}"));
        Self { before, after, trouble }
    }

    /// Takes those after it, and compares them.
    pub(super) fn end(self, by: &str, base: Option<&str>, pages: &[Page], browser: Option<&str>) -> Noted {
        let Self { before, after, trouble } = &self;
        let compared = match trouble {
            Some(trouble) => Err(trouble.clone()),
            None => taken(base, pages, after, browser)
                .and_then(|count| Ok((count, compare(before, after)?)))
                .map_err(|error| format!("{error:#}")),
        };
        let by = by.to_owned();
        match compared {
            Err(why) => Noted { by, text: format!("no pictures: {why}"), data: Value::Null },
            Ok((count, changes)) => {
                let data = json!({"before": before, "after": after, "changed": changes});
                Noted { by, text: told(&changes, count), data }
            }
        }
    }
}

fn taken(base: Option<&str>, pages: &[Page], dir: &Path, browser: Option<&str>) -> Result<usize> {
    let Some(base) = base else { anyhow::bail!("the site was not served") };
    Ok(shoot(base, pages, dir, browser)?.len())
}

/// In one line.
fn told(changes: &[Change], count: usize) -> String {
    let one = |change: &Change| {
        let what = match (&change.before, &change.after) {
            (None, _) => "new".into(),
            (_, None) => "gone".into(),
            _ => percent(change.share),
        };
        format!("{} ({what})", change.path)
    };
    let named: Vec<String> = changes.iter().take(NAMED).map(one).collect();
    let more = changes.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    match changes.len() {
        0 => format!("none of {count} pages looks different"),
        1 => format!("1 of {count} pages looks different: {}", named.join(", ")),
        different => format!("{different} of {count} pages look different: {}{more}", named.join(", ")),
    }
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 0.1 { "less than 0.1 %".into() } else { format!("{percent:.1} %") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_in_one_line() {
        let change = |path: &str, share: f64, there: [bool; 2]| {
            let [before, after] = there.map(|there| there.then(|| "a.png".to_owned()));
            Change { path: path.into(), before, after, share }
        };
        let both = |path: &str, share| change(path, share, [true, true]);
        let many: Vec<Change> = (0..7).map(|at| both(&format!("/{at}"), 0.5)).collect();
        let table = [
            (vec![], "none of 9 pages looks different"),
            (vec![both("/", 0.0314)], "1 of 9 pages looks different: / (3.1 %)"),
            (
                vec![
                    change("/new", 1.0, [false, true]),
                    change("/old", 1.0, [true, false]),
                    both("/", 0.000_1),
                ],
                "3 of 9 pages look different: /new (new), /old (gone), / (less than 0.1 %)",
            ),
            (
                many,
                "7 of 9 pages look different: /0 (50.0 %), /1 (50.0 %), /2 (50.0 %), /3 (50.0 %), /4 (50.0 %) and 2 more",
            ),
        ];
        for (changes, expected) in table {
            assert_eq!(told(&changes, 9), expected);
        }
    }

    #[test]
    fn what_keeps_pictures_from_being_taken_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let pictures = Pictures::begin(&dir.path().join("0001"), None, &[], None);
        let noted = pictures.end("site `a`", None, &[], None);
        assert_eq!((noted.text.as_str(), noted.data), ("no pictures: the site was not served", Value::Null));
    }
}
