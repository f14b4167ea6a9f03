//! Which issue somebody means who typed only the beginning of its id: pure, in one pass over the ids.
//!
//! An id is `head-hash` and, for a child, `.rest`: `bd-a3f8.1` has the head `bd`, the hash `a3f8` and
//! the rest `1`. What is typed may leave out the head and the end of the hash, never a part of the rest.

use std::collections::{BTreeSet, HashMap};

/// How many candidates are named.
const NAMED: usize = 5;

/// What was found for one of those asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<'a> {
    /// The only one it can mean.
    One(&'a str),
    /// It can mean each of these, and so many more.
    Several(Vec<&'a str>, usize),
    /// Nothing.
    Nothing,
}

/// How well an id fits what was typed; the best fit that there is decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// The id itself.
    Exact,
    /// All of it but the head.
    Short,
    /// The beginning of its hash, and the same rest.
    Hash,
    /// The beginning of the whole id, where the hash is no single word.
    Whole,
    /// The beginning of the hash of a child, typed without its rest.
    Child,
}

/// Finds each of `given` among `ids`, none of which comes twice.
pub fn find_all<'a>(ids: impl Iterator<Item = &'a str>, given: &[&str]) -> Vec<Found<'a>> {
    // For each length of what was typed, so that an id is looked up a few times and not once for each.
    let mut wanted: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut lengths = BTreeSet::new();
    for (at, given) in given.iter().enumerate() {
        for key in [hash(given), given] {
            lengths.insert(key.len());
            let list = wanted.entry(key).or_default();
            if list.last() != Some(&at) {
                list.push(at);
            }
        }
    }
    let mut best: Vec<Option<(Fit, Vec<&'a str>, usize)>> = vec![None; given.len()];
    // An id may come to the same by its hash and as a whole.
    let mut tried: Vec<Option<usize>> = vec![None; given.len()];
    for (number, id) in ids.enumerate() {
        for text in [hash(id), id] {
            for length in lengths.range(1..=text.len()) {
                for &at in text.get(..*length).and_then(|key| wanted.get(key)).into_iter().flatten() {
                    if tried[at].replace(number) != Some(number)
                        && let Some(fit) = fit(id, given[at])
                    {
                        note(&mut best[at], fit, id);
                    }
                }
            }
        }
    }
    best.into_iter().map(settle).collect()
}

/// The one of `ids` that differs from `given` only in capitals.
pub fn other_case<'a>(mut ids: impl Iterator<Item = &'a str>, given: &str) -> Option<&'a str> {
    let tail = |id: &'a str| id.len().checked_sub(given.len()).and_then(|from| id.get(from..));
    let short = |id: &'a str| id.len() == given.len() || id.as_bytes()[id.len() - given.len() - 1] == b'-';
    let same = |id: &&'a str| tail(id).is_some_and(|tail| tail.eq_ignore_ascii_case(given) && short(id));
    if given.is_empty() { None } else { ids.find(same) }
}

fn note<'a>(best: &mut Option<(Fit, Vec<&'a str>, usize)>, fit: Fit, id: &'a str) {
    match best {
        Some((known, ..)) if *known < fit => {}
        Some((known, ids, more)) if *known == fit => {
            if ids.len() < NAMED {
                ids.push(id);
            } else {
                *more += 1;
            }
        }
        _ => *best = Some((fit, vec![id], 0)),
    }
}

fn settle(best: Option<(Fit, Vec<&str>, usize)>) -> Found<'_> {
    match best {
        None => Found::Nothing,
        Some((_, ids, _)) if ids.len() == 1 => Found::One(ids[0]),
        Some((_, ids, more)) => Found::Several(ids, more),
    }
}

fn fit(id: &str, given: &str) -> Option<Fit> {
    if id == given {
        return Some(Fit::Exact);
    }
    if id.strip_suffix(given).and_then(|head| head.strip_suffix('-')).is_some_and(|head| !head.is_empty()) {
        return Some(Fit::Short);
    }
    let (own, typed) = (parts(id), parts(given));
    let headed = !given.contains('-') || typed.0 == own.0 && !typed.0.is_empty();
    if headed && !typed.1.is_empty() && own.1.starts_with(typed.1) {
        if own.2 == typed.2 {
            return Some(Fit::Hash);
        }
        return typed.2.is_none().then_some(Fit::Child);
    }
    // At least one letter of what comes after the head, or all issues would be meant.
    let beyond = given.split_once('-').is_some_and(|(_, rest)| !rest.is_empty());
    let plain = own.2.is_none() && typed.2.is_none();
    (beyond && plain && id.starts_with(given)).then_some(Fit::Whole)
}

/// Head, hash and rest.
fn parts(id: &str) -> (&str, &str, Option<&str>) {
    let (head, tail) = id.rsplit_once('-').unwrap_or(("", id));
    match tail.split_once('.') {
        Some((hash, rest)) => (head, hash, Some(rest)),
        None => (head, tail, None),
    }
}

fn hash(id: &str) -> &str {
    parts(id).1
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 14] = [
        "bd-a3f8",
        "bd-a3f8.1",
        "bd-a3f8.2",
        "bd-a3f8.1.1",
        "bd-b1",
        "bd-b12",
        "bd-b13",
        "bd-gone.7",
        "xy-k9z",
        "my-app-q4t",
        "bd-fix-login",
        "bd-b1.3",
        "no_dash",
        "xy-b1",
    ];

    #[test]
    fn the_best_fit_decides() {
        let several = |ids: &[&'static str], more| Found::Several(ids.to_vec(), more);
        let table = [
            ("bd-a3f8", Found::One("bd-a3f8")),
            ("bd-a3", Found::One("bd-a3f8")),
            ("bd-a", Found::One("bd-a3f8")),
            ("a3f", Found::One("bd-a3f8")),
            ("a3f8", Found::One("bd-a3f8")),
            ("a3.1", Found::One("bd-a3f8.1")),
            ("bd-a3.1", Found::One("bd-a3f8.1")),
            ("bd-a3.1.1", Found::One("bd-a3f8.1.1")),
            ("a3f8.2", Found::One("bd-a3f8.2")),
            ("a3.9", Found::Nothing),
            ("bd-b1", Found::One("bd-b1")),
            ("b1", several(&["bd-b1", "xy-b1"], 0)),
            ("b12", Found::One("bd-b12")),
            ("bd-b", several(&["bd-b1", "bd-b12", "bd-b13"], 0)),
            ("b1.3", Found::One("bd-b1.3")),
            ("xy-b", Found::One("xy-b1")),
            ("bd-go", Found::One("bd-gone.7")),
            ("go.7", Found::One("bd-gone.7")),
            ("k9", Found::One("xy-k9z")),
            ("bd-k9", Found::Nothing),
            ("my-app-q", Found::One("my-app-q4t")),
            ("app-q4t", Found::One("my-app-q4t")),
            ("app-q", Found::Nothing),
            ("bd-fix", Found::One("bd-fix-login")),
            ("login", Found::One("bd-fix-login")),
            ("no_d", Found::One("no_dash")),
            ("bd", Found::Nothing),
            ("bd-", Found::Nothing),
            ("-a3", Found::Nothing),
            ("", Found::Nothing),
            (".1", Found::Nothing),
            ("BD-A3", Found::Nothing),
            ("bd-ä", Found::Nothing),
        ];
        let given: Vec<&str> = table.iter().map(|(given, _)| *given).collect();
        let together = find_all(IDS.into_iter(), &given);
        for ((given, expected), found) in table.iter().zip(together) {
            assert_eq!(&found, expected, "{given}");
            assert_eq!(find_all(IDS.into_iter(), &[given])[0], *expected, "{given} alone");
        }
    }

    #[test]
    fn children_do_not_make_their_parent_ambiguous_and_five_are_named() {
        let many: Vec<String> = (0..9).map(|n| format!("bd-c{n}")).collect();
        let Found::Several(named, more) = find_all(many.iter().map(String::as_str), &["bd-c"])[0].clone()
        else {
            panic!("`bd-c` is one of nine");
        };
        assert_eq!((named, more), (vec!["bd-c0", "bd-c1", "bd-c2", "bd-c3", "bd-c4"], 4));
        let orphans = ["bd-d4e.1", "bd-d4e.2"];
        assert_eq!(find_all(orphans.into_iter(), &["d4"])[0], Found::Several(orphans.to_vec(), 0));
    }

    #[test]
    fn capitals_are_told() {
        let ids = || ["Cool-8yRc", "bd-a3"].into_iter();
        let table = [
            ("cool-8yrc", Some("Cool-8yRc")),
            ("8YRC", Some("Cool-8yRc")),
            ("BD-A3", Some("bd-a3")),
            ("3", None),
            ("rc", None),
            ("", None),
        ];
        for (given, expected) in table {
            assert_eq!(other_case(ids(), given), expected, "{given}");
        }
    }

    /// Each id is looked up once for each length that was typed, not once for each that was typed.
    #[test]
    fn many_are_found_in_one_pass() {
        let ids: Vec<String> = (0..20_000).map(|n| format!("bd-{n:05x}z")).collect();
        let given: Vec<String> = ids.iter().map(|id| id[..id.len() - 1].to_owned()).collect();
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        let found = find_all(ids.iter().map(String::as_str), &given);
        assert!(found.iter().zip(&ids).all(|(found, id)| *found == Found::One(id)));
    }
}
