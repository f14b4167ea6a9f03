//! Finishes a merge that git left to a person, by the merge of the driver.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::Finding;
use super::duplicates::overrules;
use super::rows::{Row, Rows, issue};
use crate::domain::beads::merge::{Merged, is_marker, merge, merge_unanchored};
use crate::system::git::Stages;

/// The code of what is about a merge that git has open while the file has no markers.
pub const UNMERGED: &str = "unmerged";

/// Merges what git has still to merge, else what stands between conflict markers; markers out of order
/// are only moved aside.
pub fn resolve(rows: &mut Rows, stages: Option<&Stages>) {
    let markers: Vec<usize> =
        rows.lines.iter().filter(|row| is_marker(&row.text)).map(|row| row.line).collect();
    if stages.is_some_and(|stages| by_stages(rows, &markers, stages)) || markers.is_empty() {
        return;
    }
    let finding = Finding::new("merge-conflict", "a merge was left unfinished").at(markers);
    if by_markers(rows, &finding) {
        return;
    }
    let (marks, rest): (Vec<_>, Vec<_>) = rows.lines.drain(..).partition(|row| is_marker(&row.text));
    rows.lines = rest;
    for row in &marks {
        rows.keep(row);
    }
    rows.findings.push(finding.mended("keeps the lines of both sides; the markers are not in order"));
}

/// The merge is done, and git not told.
pub fn settled() -> Finding {
    let message = "git has a merge of the file open, and both sides are in it: `git add` it and commit";
    Finding::new(UNMERGED, message).info()
}

/// Merges what git holds as the driver would have; without markers the file as it stands is our side.
/// Whether that could be done.
fn by_stages(rows: &mut Rows, markers: &[usize], stages: &Stages) -> bool {
    let open = |why: &str| Finding::new(UNMERGED, format!("git has not merged the file: {why}"));
    let [base, ours, theirs] = stages.each_ref().map(|stage| stage.as_deref().map(std::str::from_utf8));
    let standing = rows.lines.iter().flat_map(|row| [&*row.text, "\n"]).collect::<String>();
    let merged = match (base.unwrap_or(Ok("")), ours, theirs) {
        (Ok(base), Some(Ok(ours)), Some(Ok(theirs))) => {
            merge(base, if markers.is_empty() { &standing } else { ours }, theirs)
        }
        (_, None, _) | (_, _, None) => {
            Err("one side has deleted it; `git add` or `git rm` decides".to_owned())
        }
        _ => Err("a version of it is not UTF-8".to_owned()),
    };
    let merged = match merged {
        Ok(merged) => merged,
        Err(why) => {
            if markers.is_empty() {
                rows.findings.push(open(&why));
            }
            return false;
        }
    };
    let finding = if markers.is_empty() {
        open("it holds our side alone, a commit would lose the other")
    } else {
        // What somebody wrote between the markers is in no version and not in the outcome.
        let versions = [base, ours, theirs].into_iter().flatten().flatten();
        let known: HashSet<&str> = versions.chain([&*merged.text]).flat_map(str::lines).collect();
        let mut written = rows.lines.clone();
        written.retain(|row| !is_marker(&row.text) && !known.contains(&*row.text));
        for row in &written {
            rows.keep(row);
        }
        Finding::new("merge-conflict", "a merge was left unfinished").at(markers.to_owned())
    };
    replace(rows, finding, &merged, "merges both sides, task by task; then `git add` it");
    true
}

/// Merges what the markers tell apart. Where they do not tell the base, what is overruled is kept aside.
fn by_markers(rows: &mut Rows, finding: &Finding) -> bool {
    let Some((versions, based)) = versions(&rows.lines) else { return false };
    let [base, ours, theirs] = &versions;
    let Some(merged) = merge_unanchored(base, ours, theirs).ok().filter(|merged| !merged.conflict) else {
        return false;
    };
    let mut fix = "merges both sides, task by task";
    if !based {
        let now: HashMap<String, &str> =
            merged.text.lines().filter_map(|line| Some((issue(line)?.id.to_string(), line))).collect();
        let lost = |line: &str| {
            issue(line).is_some_and(|old| now.get(&*old.id).is_none_or(|now| overrules(now, line)))
        };
        let sides = ours.lines().chain(theirs.lines());
        for line in sides.filter(|line| lost(line)).collect::<BTreeSet<_>>() {
            rows.keep(&Row { line: 0, text: Cow::Owned(line.to_owned()), end: "\n" });
        }
        fix = "merges both sides, task by task, the newer values where nobody knows who changed them; what \
               is overruled is kept in `.beads/rejected-….jsonl`";
    }
    replace(rows, finding.clone(), &merged, fix);
    true
}

/// Puts `merged` in place of all rows; what nobody can read is kept aside.
fn replace(rows: &mut Rows, finding: Finding, merged: &Merged, fix: &str) {
    let end = if rows.lines.first().is_some_and(|row| row.end == "\r\n") { "\r\n" } else { "\n" };
    let row = |line: &str| Row { line: 0, text: Cow::Owned(line.to_owned()), end };
    let unreadable = if merged.conflict { merged.text.find("<<<<<<< ours\n") } else { None };
    let (text, rest) = merged.text.split_at(unreadable.unwrap_or(merged.text.len()));
    rows.lines = text.lines().map(row).collect();
    for line in rest.lines().filter(|line| !is_marker(line)) {
        rows.keep_once(&row(line));
    }
    let said: Vec<&str> = [fix].into_iter().chain(merged.said.iter().map(String::as_str)).collect();
    rows.findings.push(finding.mended(said.join("; ")));
}

/// The base (as far as the file tells it), ours and theirs; and whether it tells all of the base.
fn versions(rows: &[Row]) -> Option<([String; 3], bool)> {
    const ALL: [usize; 3] = [0, 1, 2];
    let mut versions = [String::new(), String::new(), String::new()];
    let mut based = true;
    // Which versions the lines belong to.
    let mut at: &[usize] = &ALL;
    for row in rows {
        at = match (row.text.get(..7).filter(|_| is_marker(&row.text)), at) {
            (Some("<<<<<<<"), [_, _, _]) => &[1],
            (Some("|||||||"), [1]) => &[0],
            (Some("======="), [0 | 1]) => {
                based &= at == [0];
                &[2]
            }
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
    (at.len() == 3).then_some((versions, based))
}
