//! Two issues under one id in one file, as a union of two branches leaves them: both stay.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::Finding;
use super::rows::{Rows, heads};
use crate::domain::beads::line::Line;
use crate::domain::beads::merge::{derived, edge, items, rewrite};

/// Ids are told apart from the parents down, so often at most.
const LEVELS: usize = 64;

/// The issues that share an id: where each stands, since when it exists, and its id from now on.
type Twins = Vec<(usize, jiff::Timestamp, String)>;

/// Gives all but the first of those that share an id another, the one that the driver would have given.
pub fn part(rows: &mut Rows) {
    for _ in 0..LEVELS {
        let twins = find(rows);
        // Parents come first: their children go with them, and may need no id of their own then.
        let Some(level) = twins.keys().map(|id| id.matches('.').count()).min() else { return };
        let twins: BTreeMap<String, Twins> =
            twins.into_iter().filter(|(id, _)| id.matches('.').count() == level).collect();
        rename(rows, &twins);
        for (id, twins) in &twins {
            let lines: Vec<usize> = twins.iter().map(|(at, ..)| rows.lines[*at].line).collect();
            let new: Vec<&str> = twins.iter().map(|(.., new)| new.as_str()).filter(|new| new != id).collect();
            let names: Vec<String> = new.iter().map(|id| format!("`{id}`")).collect();
            let finding = Finding::new("shared-id", format!("`{id}` means {} issues", twins.len()));
            let fix = format!(
                "keeps them all: the later made get the ids {}, with what follows them in the file",
                names.join(", ")
            );
            rows.findings.push(finding.at(lines).about(&[&[id.as_str()], &new[..]].concat()).mended(fix));
        }
    }
}

/// The ids that several lines share, once those of one issue are joined.
fn find(rows: &Rows) -> BTreeMap<String, Twins> {
    let mut places: HashMap<String, Vec<_>> = HashMap::new();
    for (at, head) in heads(rows) {
        places.entry(head.id.to_string()).or_default().push((at, head));
    }
    let mut taken: HashSet<String> = places.keys().cloned().collect();
    let shared: BTreeMap<_, _> = places.into_iter().filter(|(_, places)| places.len() > 1).collect();
    let mut found = BTreeMap::new();
    for (id, mut places) in shared {
        places.sort_by(|(_, one), (_, other)| one.rank().cmp(&other.rank()));
        let mut twins: Twins = Vec::new();
        for (at, head) in places {
            let mut new = id.clone();
            while !twins.is_empty() && !taken.insert(new.clone()) {
                new = derived(&new, &head);
            }
            twins.push((at, head.created(), new));
        }
        found.insert(id, twins);
    }
    found
}

/// Writes the new ids wherever the issues are named.
fn rename(rows: &mut Rows, twins: &BTreeMap<String, Twins>) {
    let ids: Vec<String> = heads(rows).iter().map(|(_, head)| head.id.to_string()).collect();
    let appended = !ids.is_sorted();
    let made: HashMap<usize, jiff::Timestamp> =
        heads(rows).into_iter().map(|(at, head)| (at, head.created())).collect();
    for at in 0..rows.lines.len() {
        let Some(made) = made.get(&at) else { continue };
        let names = names(&rows.lines[at].text);
        let new = |name: &String| {
            // Its own id, or that of what it is below.
            let ends = name.match_indices('.').map(|(end, _)| end).chain([name.len()]);
            let (end, twins) = ends.into_iter().find_map(|end| Some((end, twins.get(&name[..end])?)))?;
            let own = twins.iter().find(|(place, ..)| *place == at).filter(|_| end == name.len());
            // A union has ours before theirs, and what is new at the end.
            let near = twins.iter().filter(|(place, since, _)| appended && *place < at && since <= made);
            let (.., id) = own.or_else(|| near.max_by_key(|(place, ..)| *place)).unwrap_or(&twins[0]);
            let new = format!("{id}{}", &name[end..]);
            (new != *name).then(|| (name.clone(), new))
        };
        let map: HashMap<String, String> = names.iter().filter_map(new).collect();
        let text = if map.is_empty() { None } else { rewrite(&rows.lines[at].text, &map) };
        rows.lines[at].text = text.map_or_else(|| rows.lines[at].text.clone(), Cow::Owned);
    }
}

/// The ids that a line names.
fn names(text: &str) -> HashSet<String> {
    let line = Line::new(text);
    let edges = items(line.get("dependencies")).unwrap_or_default();
    let bonds = items(line.get("bonded_from")).unwrap_or_default();
    let own = ["id", "parent"].into_iter().filter_map(|key| line.get_text(key));
    let targets = edges.into_iter().map(|item| edge(item).0);
    let issues = edge_owners(&line);
    own.chain(targets)
        .chain(bonds.into_iter().filter_map(|item| Line::new(item).get_text("source_id")))
        .chain(issues)
        .collect()
}

/// Whose the dependencies and comments say they are.
fn edge_owners(line: &Line) -> Vec<String> {
    let lists = ["dependencies", "comments"].map(|key| items(line.get(key)).unwrap_or_default());
    lists.concat().into_iter().filter_map(|item| Line::new(item).get_text("issue_id")).collect()
}
