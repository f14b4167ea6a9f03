//! Merges labels, dependencies and comments as sets: what one side added is there, what one side
//! removed and the other left alone is gone.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::identity::{fingerprint, instant, whole};
use super::values::{Version, canonical};
use crate::domain::beads::line::{Line, quote};
use crate::domain::beads::text::Text;

/// The merged items of one list, each as JSON.
pub type Merged = Vec<String>;

/// The items of the array `raw`; none where it is absent, `None` where it is no array.
pub fn items(raw: Option<&str>) -> Option<Vec<&str>> {
    let Some(raw) = raw.filter(|raw| *raw != "null") else { return Some(Vec::new()) };
    let items: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    Some(items.into_iter().map(RawValue::get).collect())
}

/// Labels, by their text.
pub fn labels(versions: [&[&str]; 3]) -> Merged {
    let labels = versions.map(|items| keyed(items, |item| canonical(item).into_owned()));
    let merged = unite(labels, |_, [a, b]| Cow::Borrowed(lesser(a, b)));
    merged.into_iter().map(|item| item.raw.into_owned()).collect()
}

/// Dependencies, by what they point at and how.
pub fn dependencies(versions: [&[&str]; 3]) -> Merged {
    let mut merged = unite(versions.map(|items| keyed(items, edge)), join);
    // By when they were made: what they point at may get another id at a later merge.
    let old = merged.iter().filter(|item| item.old).count();
    merged[old..].sort_by_cached_key(|item| (made(&item.raw), item.key.clone()));
    merged.into_iter().map(|item| item.raw.into_owned()).collect()
}

/// One dependency that both sides changed: the lesser, with the fields that only the other has or changed.
fn join<'a>(old: Option<&str>, [a, b]: [&'a str; 2]) -> Cow<'a, str> {
    let one = lesser(a, b);
    let [old, mine, other] = [old.unwrap_or_default(), one, if one == a { b } else { a }].map(Version::parse);
    let mut line = Line::new(one);
    for key in other.members.keys() {
        let [before, now, new] = [&old, &mine, &other].map(|version| version.meaning(&[key]));
        if now != new && now == before {
            line.set(key, other.written(key).unwrap_or("null"));
        }
    }
    if line.text() == one { Cow::Borrowed(one) } else { Cow::Owned(line.text().to_owned()) }
}

fn made(item: &str) -> Timestamp {
    let made = Line::new(item).get_text("created_at");
    made.map_or(Timestamp::MIN, |made| instant(&made))
}

/// Comments, by who said what when: numbers are given out on every branch anew, and anew at every
/// import. Two that came to the same number get different ones. A tool that writes whole seconds means the
/// same comment as one that writes fractions.
pub fn comments(versions: [&[&str]; 3]) -> Merged {
    let all: HashSet<Said> = versions.iter().flat_map(|items| items.iter().map(|item| said(item))).collect();
    let said = |item: &str| {
        let exact = said(item);
        let mut near = whole(exact.0).map(|at| (at, exact.1.clone(), exact.2.clone())).into_iter();
        near.find(|near| all.contains(near)).unwrap_or(exact)
    };
    let keyed = versions.map(|items| {
        let mut seen: HashMap<_, usize> = HashMap::new();
        keyed(items, |item| {
            let said = said(item);
            let times = seen.entry(said.clone()).or_default();
            *times += 1;
            (said, *times)
        })
    });
    let merged = unite(keyed, |_, [a, b]| Cow::Borrowed(lesser(a, b)));
    renumber(&merged)
}

/// The target and the kind of a dependency.
pub fn edge(item: &str) -> (String, String) {
    #[derive(Deserialize)]
    #[serde(bound(deserialize = "'de: 'a"))]
    struct Edge<'a> {
        depends_on_id: Text<'a>,
        #[serde(rename = "type", default)]
        kind: Text<'a>,
    }
    match serde_json::from_str::<Edge>(item) {
        Ok(edge) => (edge.depends_on_id.to_string(), edge.kind.to_string()),
        Err(_) => (canonical(item).into_owned(), String::new()),
    }
}

type Said = (Timestamp, String, String);

fn said(item: &str) -> Said {
    #[derive(Deserialize)]
    #[serde(bound(deserialize = "'de: 'a"))]
    struct Comment<'a> {
        #[serde(default)]
        author: Text<'a>,
        text: Text<'a>,
        #[serde(default)]
        created_at: Text<'a>,
    }
    match serde_json::from_str::<Comment>(item) {
        Ok(comment) => (instant(&comment.created_at), comment.author.to_string(), comment.text.to_string()),
        Err(_) => (Timestamp::MIN, String::new(), canonical(item).into_owned()),
    }
}

/// One item of the merged list.
struct Item<'a, K> {
    key: K,
    raw: Cow<'a, str>,
    /// Whether the base has it.
    old: bool,
}

fn keyed<'a, K>(items: &[&'a str], mut key: impl FnMut(&str) -> K) -> Vec<(K, &'a str)> {
    items.iter().map(|item| (key(item), *item)).collect()
}

/// Three-way union: what the base has in its order, then what is new in the order of the keys. `join`
/// makes one of two new versions of an item, and its old one.
fn unite<'a, K: Ord + Clone>(
    [base, ours, theirs]: [Vec<(K, &'a str)>; 3],
    join: impl Fn(Option<&str>, [&'a str; 2]) -> Cow<'a, str>,
) -> Vec<Item<'a, K>> {
    let ours: BTreeMap<K, &str> = ours.into_iter().rev().collect();
    let theirs: BTreeMap<K, &str> = theirs.into_iter().rev().collect();
    let mut merged = Vec::new();
    let mut known = BTreeSet::new();
    for (key, old) in base {
        if !known.insert(key.clone()) {
            continue;
        }
        let same = |raw: &str| canonical(raw) == canonical(old);
        let raw = match (ours.get(&key).copied(), theirs.get(&key).copied()) {
            (Some(a), Some(b)) if same(a) => Some(Cow::Borrowed(b)),
            (Some(a), Some(b)) if same(b) => Some(Cow::Borrowed(a)),
            (Some(a), Some(b)) => Some(join(Some(old), [a, b])),
            // Removed on one side: gone, unless the other side changed it.
            (Some(one), None) | (None, Some(one)) => Some(one).filter(|one| !same(one)).map(Cow::Borrowed),
            (None, None) => None,
        };
        merged.extend(raw.map(|raw| Item { key, raw, old: true }));
    }
    let both: BTreeSet<&K> = ours.keys().chain(theirs.keys()).filter(|key| !known.contains(key)).collect();
    for key in both {
        let raw = match (ours.get(key).copied(), theirs.get(key).copied()) {
            (Some(a), Some(b)) => join(None, [a, b]),
            (Some(one), None) | (None, Some(one)) => Cow::Borrowed(one),
            (None, None) => continue,
        };
        merged.push(Item { key: key.clone(), raw, old: false });
    }
    merged
}

/// The same of both whichever comes first; of two numbers of one comment the lower.
fn lesser<'a>(a: &'a str, b: &'a str) -> &'a str {
    let order = |raw: &str| (number(raw), canonical(raw).into_owned());
    if order(b) < order(a) { b } else { a }
}

fn number(raw: &str) -> u64 {
    id(raw).and_then(|id| id.parse().ok()).unwrap_or(u64::MAX)
}

/// The id of a comment, as written.
fn id(raw: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Id<'a> {
        #[serde(borrow)]
        id: &'a RawValue,
    }
    serde_json::from_str::<Id>(raw).ok().map(|id| id.id.get().to_owned()).filter(|id| id != "null")
}

/// Keeps the ids apart: who comes first keeps its own, the others move on to one that follows from
/// what they say, so that every order of merging finds the same.
fn renumber(items: &[Item<(Said, usize)>]) -> Merged {
    let mut ids: Vec<Option<String>> = items.iter().map(|item| id(&item.raw)).collect();
    let mut taken: HashMap<String, usize> = HashMap::new();
    let mut queue: Vec<usize> = (0..items.len()).rev().collect();
    while let Some(at) = queue.pop() {
        let Some(id) = ids[at].clone() else { continue };
        let loser = match taken.get(&id).copied() {
            None => {
                taken.insert(id, at);
                continue;
            }
            // What the base has under one number stays so.
            Some(other) if items[at].old && items[other].old => continue,
            Some(other) if rank(&items[other]) <= rank(&items[at]) => at,
            Some(other) => {
                taken.insert(id.clone(), at);
                other
            }
        };
        ids[loser] = Some(derived(&id, &items[loser].key));
        queue.push(loser);
    }
    let write = |(item, new): (&Item<_>, &Option<String>)| match new {
        Some(new) if id(&item.raw).as_ref() != Some(new) => {
            let mut line = Line::new(&item.raw);
            line.set("id", new);
            line.text().to_owned()
        }
        _ => item.raw.to_string(),
    };
    items.iter().zip(&ids).map(write).collect()
}

fn rank<'i>(item: &'i Item<(Said, usize)>) -> (bool, &'i (Said, usize)) {
    (!item.old, &item.key)
}

/// An id of the kind of `id`: a number, or text in the shape of a UUID.
fn derived(id: &str, ((at, author, text), times): &(Said, usize)) -> String {
    let parts = [id, &at.as_nanosecond().to_string(), author, text, &times.to_string()];
    let hash = fingerprint(&parts);
    if !id.starts_with('"') {
        return (1_000_000_000 + hash % 1_000_000_000).to_string();
    }
    let more = fingerprint(&[&hash.to_string(), id]);
    quote(&format!(
        "{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}",
        hash >> 32,
        hash >> 16 & 0xffff,
        hash & 0xfff,
        0x8000 | more >> 48 & 0x3fff,
        more & 0xffff_ffff_ffff
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        text.split_whitespace().map(quote).collect()
    }

    #[test]
    fn labels_are_a_set_with_deletions() {
        let table = [
            ("", "b a", "c", "a b c"),
            ("x y", "x y", "x", "x"),
            ("x y", "y x n", "x", "x n"),
            ("x", "", "x a", "a"),
            ("x", "", "", ""),
            ("", "a", "a", "a"),
        ];
        for (base, ours, theirs, merged) in table {
            let [base, ours, theirs] = [base, ours, theirs].map(split);
            let [base, ours, theirs] =
                [&base, &ours, &theirs].map(|items| items.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(labels([&base, &ours, &theirs]), split(merged));
            assert_eq!(labels([&base, &theirs, &ours]), split(merged));
        }
    }

    #[test]
    fn dependencies_are_kept_by_target_and_kind() {
        let old = r#"{"depends_on_id":"a","type":"blocks","created_at":"2026-01-01T00:00:00Z"}"#;
        let new =
            r#"{"depends_on_id":"a","type":"blocks","created_at":"2026-01-01T00:00:00Z","thread_id":"t"}"#;
        let kind = r#"{"depends_on_id":"a","type":"related"}"#;
        let meta = old.replace('}', r#","metadata":"{\"a\":1}"}"#);
        let both = meta.replace(r#","metadata""#, r#","thread_id":"t","metadata""#);
        let full = &dependencies([&[old], &[new], &[&meta]])[0];
        assert_eq!(canonical_set(full), canonical_set(&both), "each side added a field");
        let table: [[&[&str]; 4]; 5] = [
            [&[old], &[old], &[], &[]],
            [&[old], &[new], &[], &[new]],
            [&[old], &[new], &[old], &[new]],
            [&[], &[kind], &[old], &[kind, old]],
            [&[], &[old], &[new], &[new]],
        ];
        for [base, ours, theirs, merged] in table {
            assert_eq!(dependencies([base, ours, theirs]), merged);
            assert_eq!(dependencies([base, theirs, ours]), merged);
        }
    }

    fn canonical_set(item: &str) -> BTreeMap<String, serde_json::Value> {
        serde_json::from_str(item).unwrap()
    }

    fn comment(id: &str, text: &str, second: u8) -> String {
        format!(r#"{{"id":{id},"author":"a","text":"{text}","created_at":"2026-01-01T00:00:{second:02}Z"}}"#)
    }

    #[test]
    fn no_comment_is_lost_or_doubled() {
        let (x, y, z) = (comment("5", "x", 1), comment("5", "y", 2), comment("5", "z", 0));
        let again = comment("9", "x", 1);
        let texts = |merged: &Merged| -> Vec<String> {
            merged.iter().map(|item| said(item).2 + ":" + &id(item).unwrap()).collect()
        };
        let once = comments([&[], &[&x], &[&y]]);
        assert_eq!(once, comments([&[], &[&y], &[&x]]), "whichever side is ours");
        assert_eq!(texts(&once)[0], "x:5");
        assert_ne!(texts(&once)[1], "y:5");
        assert_eq!(comments([&[], &[&x], &[&again]]), std::slice::from_ref(&x), "only the number differs");
        assert_eq!(
            comments([&[&x], &[&x], &[&again]]),
            std::slice::from_ref(&again),
            "given out anew on one side"
        );
        let twice = comments([&[], &[&x, &x], &[&x]]);
        assert_eq!(twice.len(), 2, "somebody said it twice");
        let all = |one: &str, two: &str, three: &str| {
            let first = comments([&[], &[one], &[two]]);
            let first: Vec<&str> = first.iter().map(String::as_str).collect();
            comments([&[], &first, &[three]])
        };
        let orders = [all(&x, &y, &z), all(&z, &y, &x), all(&y, &z, &x), all(&x, &z, &y)];
        assert!(orders.iter().all(|order| *order == orders[0] && order.len() == 3), "{orders:?}");
        let u = comment("\"u\"", "a", 1);
        let ids = comments([&[], &[&u], &[&comment("\"u\"", "b", 1)]]);
        assert_eq!(id(&ids[1]).unwrap().len(), 38);
    }
}
