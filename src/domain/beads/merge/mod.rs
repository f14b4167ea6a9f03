//! Merges two branches' versions of the issues: per issue, per field, whichever side is ours.
//!
//! For a fixed base the merge is commutative and associative over what the issues say: branches that
//! left the same commit end up the same in whatever order they are merged. A field that two sides
//! changed has the value of the side whose line changed last; [`values::TIMES`] keeps that time through
//! the merge, for the merged line as a whole is as new as its newer half. Sets are united, with
//! deletions. Ids that two branches gave to different issues are told apart by [`rename`].

mod assemble;
mod drive;
mod fields;
mod identity;
mod lists;
mod rename;
mod side;
mod values;

pub use drive::{Driven, drive};
pub use fields::merge as merge_lines;
pub use identity::{Head, derived};
pub use lists::{edge, items};
pub use rename::rewrite;
pub use side::{Side, is_marker, schema};
pub use values::Version;

use std::borrow::Cow;
use std::collections::HashMap;

use super::line::Line;
use super::record::Record;
use assemble::Out;

/// What came of a merge.
#[derive(Debug, PartialEq, Eq)]
pub struct Merged {
    /// The merged file.
    pub text: String,
    /// Whether lines that nobody can read are left in it, between conflict markers.
    pub conflict: bool,
    /// What the user should know.
    pub said: Vec<String>,
}

/// Merges `ours` and `theirs`, which both came from `base` (empty where both are new). The error says
/// why a version cannot be merged line by line.
pub fn merge(base: &str, ours: &str, theirs: &str) -> Result<Merged, String> {
    join([base, ours, theirs].map(Side::parse))
}

/// [`merge`] where the base is not known for sure: an id stands for one issue unless it was made at
/// two times.
pub fn merge_unanchored(base: &str, ours: &str, theirs: &str) -> Result<Merged, String> {
    let mut sides = [base, ours, theirs].map(Side::parse);
    sides.iter_mut().for_each(Side::forget_titles);
    join(sides)
}

fn join(mut sides: [Side; 3]) -> Result<Merged, String> {
    for (side, name) in sides[1..].iter().zip(["ours", "theirs"]) {
        if let Some(why) = side.refusal() {
            return Err(format!("{name}: {why}"));
        }
    }
    let renames = rename::plan([&sides[0], &sides[1], &sides[2]]);
    for (side, map) in sides.iter_mut().zip(&renames.maps) {
        side.rename(map);
    }
    let [base, ours, theirs] = &sides;
    let mut assembly = assemble::assemble([base, ours, theirs]);
    count_dependents(base, &mut assembly.out);
    let mut text = String::with_capacity(assembly.out.iter().map(|out| out.text.len() + 2).sum());
    for out in &assembly.out {
        text.push_str(&out.text);
        text.push_str(out.end);
    }
    let conflict = assembly.unreadable.iter().any(|lines| !lines.is_empty());
    if conflict {
        mark(&mut text, &assembly.unreadable);
    }
    let mut said = renames.said;
    said.append(&mut assembly.said);
    Ok(Merged { text, conflict, said })
}

/// Leaves lines that cannot be read between markers, at the end.
fn mark(text: &mut String, [ours, theirs]: &[Vec<&str>; 2]) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for (mark, lines) in [("<<<<<<< ours", ours), ("=======", theirs), (">>>>>>> theirs", &Vec::new())] {
        for line in std::iter::once(&mark).chain(lines) {
            text.push_str(line);
            text.push('\n');
        }
    }
}

/// Sets `dependent_count` where lines have it: as in the base, and what was added or removed since.
fn count_dependents(base: &Side, out: &mut [Out]) {
    const COUNTER: &str = "dependent_count";
    if !out.iter().any(|out| out.id.is_some() && out.text.contains(COUNTER)) {
        return;
    }
    let before = blockers(base.heads().filter_map(|head| base.text(&head.id)));
    let after = blockers(out.iter().filter(|out| out.id.is_some()).map(|out| &*out.text));
    for out in out.iter_mut() {
        let Some(id) = out.id.filter(|_| out.text.contains(COUNTER)) else { continue };
        let of = |counts: &HashMap<String, i64>| counts.get(id).copied().unwrap_or(0);
        let old = base.text(id);
        if of(&before) == of(&after) && old == Some(&*out.text) {
            continue;
        }
        let counter = |text: &str| Line::new(text).get(COUNTER).and_then(|raw| raw.parse::<i64>().ok());
        let Some(now) = counter(&out.text) else { continue };
        let right = old.and_then(counter).unwrap_or(of(&before)) + of(&after) - of(&before);
        if right.max(0) != now {
            let mut line = Line::new(&out.text);
            line.set(COUNTER, &right.max(0).to_string());
            out.text = Cow::Owned(line.text().to_owned());
        }
    }
}

/// How many issues wait for each.
fn blockers<'t>(lines: impl Iterator<Item = &'t str>) -> HashMap<String, i64> {
    let mut counts = HashMap::new();
    for line in lines.filter(|line| line.contains("\"blocks\"")) {
        let Ok(record) = Record::parse(line) else { continue };
        for edge in record.edges().iter().filter(|edge| &*edge.kind == "blocks") {
            *counts.entry(edge.target.to_string()).or_default() += 1;
        }
    }
    counts
}

#[cfg(test)]
#[path = "../merge_tests.rs"]
mod tests;
