//! Finishes a merge that git left to a person, by the merge of the driver.

use std::borrow::Cow;

use super::Finding;
use super::rows::{Row, Rows};
use crate::domain::beads::merge::{is_marker, merge_unanchored};

/// Merges what stands between conflict markers; markers out of order are only moved aside.
pub fn resolve(rows: &mut Rows) {
    let markers: Vec<usize> =
        rows.rows.iter().filter(|row| is_marker(&row.text)).map(|row| row.line).collect();
    if markers.is_empty() {
        return;
    }
    let finding = Finding::new("merge-conflict", "a merge was left unfinished").at(markers);
    let merged = versions(&rows.rows).and_then(|[base, ours, theirs]| {
        merge_unanchored(&base, &ours, &theirs).ok().filter(|merged| !merged.conflict)
    });
    if let Some(merged) = merged {
        let end = if rows.rows.first().is_some_and(|row| row.end == "\r\n") { "\r\n" } else { "\n" };
        rows.rows =
            merged.text.lines().map(|line| Row { line: 0, text: Cow::Owned(line.to_owned()), end }).collect();
        let said = merged.said.iter().map(|said| format!("; {said}")).collect::<String>();
        rows.findings.push(finding.mended(format!("merges both sides, task by task{said}")));
        return;
    }
    let (marks, rest): (Vec<_>, Vec<_>) = rows.rows.drain(..).partition(|row| is_marker(&row.text));
    rows.rows = rest;
    for row in &marks {
        rows.keep(row);
    }
    rows.findings.push(finding.mended("keeps the lines of both sides; the markers are not in order"));
}

/// The base (as far as the file tells it), ours and theirs.
fn versions(rows: &[Row]) -> Option<[String; 3]> {
    const ALL: [usize; 3] = [0, 1, 2];
    let mut versions = [String::new(), String::new(), String::new()];
    // Which versions the lines belong to.
    let mut at: &[usize] = &ALL;
    for row in rows {
        at = match (row.text.get(..7).filter(|_| is_marker(&row.text)), at) {
            (Some("<<<<<<<"), [_, _, _]) => &[1],
            (Some("|||||||"), [1]) => &[0],
            (Some("======="), [0 | 1]) => &[2],
            (Some(">>>>>>>"), [2]) => &ALL,
            (Some(_), _) => return None,
            (None, at) => {
                for version in at {
                    versions[*version].push_str(&row.text);
                    versions[*version].push('\n');
                }
                at
            }
        };
    }
    (at.len() == 3).then_some(versions)
}
