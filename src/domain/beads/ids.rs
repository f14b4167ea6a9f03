//! New ids: `bd-a3f` long enough not to collide, children `bd-a3f.1`, none used twice.

use std::collections::{HashMap, HashSet};

use aho_corasick::AhoCorasick;
use anyhow::{Context, Result};
use memchr::memmem;

use super::table::Table;
use crate::system::clock;

/// The prefix most ids have, else `fallback`.
pub fn prefix(table: &Table, fallback: Option<&str>) -> String {
    let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
    for (at, record) in table.records().enumerate() {
        let top = record.id.split('.').next().unwrap_or_default();
        if let Some((prefix, _)) = top.rsplit_once('-') {
            counts.entry(prefix).or_insert((0, usize::MAX - at)).0 += 1;
        }
    }
    // Of equals the one that came first.
    let most = counts.into_iter().max_by_key(|(_, count)| *count).map(|(prefix, _)| prefix);
    most.or(fallback).unwrap_or("bd").to_owned()
}

/// A new id below `prefix` that nothing in the file uses or mentions.
pub fn fresh(table: &Table, prefix: &str) -> Result<String> {
    let mut digits = length(table.records().count());
    loop {
        // A few tries at each length: a full namespace must not loop for ever.
        for _ in 0..16 {
            let id = format!("{prefix}-{}", clock::base36(clock::random(), digits));
            let id_there = memmem::Finder::new(&id);
            if !table.gather(|lines| id_there.find(lines).is_some(), |one, other| one || other)? {
                return Ok(id);
            }
        }
        digits += 1;
    }
}

/// So many new ids below `prefix` that nothing in the file uses or mentions, all different; the file
/// is searched for all of them at once.
pub fn several(table: &Table, prefix: &str, count: usize) -> Result<Vec<String>> {
    if count == 1 {
        return Ok(vec![fresh(table, prefix)?]);
    }
    let mut digits = length(table.records().count() + count);
    let (mut ids, mut known) = (Vec::with_capacity(count), HashSet::new());
    while ids.len() < count {
        let missing = count - ids.len();
        let tries = (0..missing).map(|_| format!("{prefix}-{}", clock::base36(clock::random(), digits)));
        let tries: Vec<String> = tries.filter(|id| known.insert(id.clone())).collect();
        let search = AhoCorasick::new(&tries).context("failed to search for new ids")?;
        let hits = |lines: &[u8]| -> HashSet<usize> {
            search.find_overlapping_iter(lines).map(|hit| hit.pattern().as_usize()).collect()
        };
        let taken = table.gather(hits, |mut one, other| {
            one.extend(other);
            one
        })?;
        let before = ids.len();
        let free = tries.into_iter().enumerate().filter(|(at, _)| !taken.contains(at));
        ids.extend(free.map(|(_, id)| id));
        // A namespace that is nearly full must not loop for ever.
        digits += usize::from((ids.len() - before) * 2 < missing);
    }
    Ok(ids)
}

/// The shortest length at which `count` ids collide with a probability of at most a quarter.
fn length(count: usize) -> usize {
    #[allow(clippy::cast_precision_loss)] // an estimate
    let count = count as f64;
    let fits = |digits: &usize| {
        let space = (1..=*digits).fold(1.0, |space, _| space * 36.0);
        1.0 - (-(count * count) / (2.0 * space)).exp() <= 0.25
    };
    (3..=8).find(fits).unwrap_or(8)
}

/// From this number on children are numbered by merges, which moved them off a number given twice.
pub const MOVED: u32 = 100_000;

/// The next child's id: one more than any ever used or mentioned, also in texts that name a
/// deleted one. What a merge numbered anew does not count while there are smaller numbers left.
pub fn child(table: &Table, parent: &str) -> Result<String> {
    child_after(table, parent, 0)
}

/// The same where all numbers up to `given` are given out already.
pub fn child_after(table: &Table, parent: &str, given: u32) -> Result<String> {
    let stem = format!("{parent}.");
    let mentioned = memmem::Finder::new(&stem);
    let most = |[a, b]: [u32; 2], [c, d]: [u32; 2]| [a.max(c), b.max(d)];
    let [last, moved] = table.gather(|lines| highest(lines, &mentioned, stem.len()), most)?;
    let last = last.max(given);
    let last = if last.saturating_add(1) < MOVED { last } else { last.max(moved) };
    Ok(format!("{stem}{}", u64::from(last) + 1))
}

/// The highest number that follows a stem of `len` bytes in `lines`: of those below [`MOVED`], of the
/// others.
fn highest(lines: &[u8], mentioned: &memmem::Finder, len: usize) -> [u32; 2] {
    let mut last = [0, 0];
    for at in mentioned.find_iter(lines) {
        // The end of a longer id is another one.
        let before = String::from_utf8_lossy(&lines[at.saturating_sub(4)..at]).chars().next_back();
        if !before.is_some_and(|char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.')) {
            let digits = lines[at + len..].iter().take_while(|byte| byte.is_ascii_digit());
            let digits: String = digits.take(11).map(|digit| char::from(*digit)).collect();
            let number = digits.parse().unwrap_or(0);
            let last = &mut last[usize::from(number >= MOVED)];
            *last = number.max(*last);
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_bd() {
        for (count, digits) in
            [(0, 3), (160, 3), (170, 4), (970, 4), (990, 5), (5800, 5), (6000, 6), (100_000, 7)]
        {
            assert_eq!(length(count), digits, "{count}");
        }
    }

    #[test]
    fn the_prefix_is_that_of_most_ids() {
        let table = [
            ("", "bd"),
            ("CoolProp-8yrc", "CoolProp"),
            ("m-010 m-go-4rm m-go-4rm.1 m-3sk m-x-builtins-v2", "m"),
            ("b-1 a-1", "b"),
        ];
        for (ids, expected) in table {
            let lines: Vec<String> =
                ids.split_whitespace().map(|id| format!("{{\"id\":\"{id}\"}}")).collect();
            let text = lines.join("\n");
            assert_eq!(prefix(&Table::parse(&text, "f").unwrap(), None), expected);
        }
        assert_eq!(prefix(&Table::parse("", "f").unwrap(), Some("x")), "x");
    }

    #[test]
    fn numbers_of_merges_are_not_given_again_by_many_at_once() {
        let table = Table::parse(r#"{"id":"a-1","notes":"a-1.507225"}"#, "f").unwrap();
        for (given, expected) in [(0, "a-1.1"), (99_998, "a-1.99999"), (99_999, "a-1.507226")] {
            assert_eq!(child_after(&table, "a-1", given).unwrap(), expected);
        }
    }

    #[test]
    fn children_are_never_numbered_twice() {
        let table = [
            (r#"{"id":"a-1"}"#, "a-1.1"),
            (r#"{"id":"a-1.2","status":"tombstone"}"#, "a-1.3"),
            (r#"{"id":"b","dependencies":[{"depends_on_id":"a-1.7","type":"related"}]}"#, "a-1.8"),
            (r#"{"id":"b","notes":"see [deleted:a-1.4], not ba-1.9"}"#, "a-1.5"),
            (r#"{"id":"a-1.2.9"}"#, "a-1.3"),
            // Moved by a merge: of no account until the small numbers are used up, then never met again.
            (r#"{"id":"a-1.507225"}"#, "a-1.1"),
            (r#"{"id":"a-1.2","notes":"a-1.507225"}"#, "a-1.3"),
            (r#"{"id":"a-1.99998","notes":"a-1.507225"}"#, "a-1.99999"),
            (r#"{"id":"a-1.99999"}"#, "a-1.100000"),
            (r#"{"id":"a-1.99999","notes":"a-1.100000"}"#, "a-1.100001"),
            (r#"{"id":"a-1.99999","notes":"a-1.507225"}"#, "a-1.507226"),
        ];
        for (text, expected) in table {
            assert_eq!(child(&Table::parse(text, "f").unwrap(), "a-1").unwrap(), expected, "{text}");
        }
    }
}
