//! Two issues under one id, made on two branches: both stay, one gets another id, and whatever its
//! branch says about it follows.
//!
//! Who comes first keeps the id; the others move on to the id [`derived`] from what they are, and on
//! again where that is taken by an earlier one. So the outcome depends on the issues alone, not on the
//! order in which branches are merged. An issue that another merge moved already is found at its derived
//! id and not taken for a new one.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::identity::{Head, derived};
use super::side::Side;
use crate::domain::beads::line::{Line, quote};
use crate::domain::beads::text::Text;

/// How far an issue is followed from one derived id to the next.
const HOPS: usize = 8;

/// Which ids become which, for the base, our side and theirs.
#[derive(Debug, Default)]
pub struct Renames {
    pub maps: [HashMap<String, String>; 3],
    pub said: Vec<String>,
}

/// Decides who gets which id.
pub fn plan(sides: [&Side; 3]) -> Renames {
    if !is_suspicious(sides) {
        return Renames::default();
    }
    let mut levels: BTreeMap<usize, [Vec<&str>; 3]> = BTreeMap::new();
    for (at, side) in sides.iter().enumerate() {
        for head in side.heads() {
            levels.entry(head.id.matches('.').count()).or_default()[at].push(&head.id);
        }
    }
    let mut renames = Renames::default();
    for ids in levels.values() {
        // Parents come first: their children go with them.
        let mut level = Level { sides, maps: &renames.maps, entities: Vec::new(), owner: HashMap::new() };
        level.known(&ids[0]);
        level.unknown(1, &ids[1]);
        level.unknown(2, &ids[2]);
        level.settle();
        let entities = level.entities;
        for entity in entities {
            entity.record(&mut renames);
        }
    }
    renames
}

/// Whether any id may mean two issues; in most merges none does.
fn is_suspicious([base, ours, theirs]: [&Side; 3]) -> bool {
    let odd = |side: &Side, other: &Side| {
        side.heads().any(|head| match base.head(&head.id) {
            Some(before) => !before.same(head),
            None => {
                other.head(&head.id).is_some_and(|twin| !twin.same(head))
                    || follow(base, &head.id, head).is_some()
                    || follow(other, &head.id, head).is_some()
            }
        })
    };
    let moved = |side: &Side| {
        let gone = base.heads().filter(|head| side.head(&head.id).is_none());
        gone.into_iter().any(|head| follow(side, &head.id, head).is_some())
    };
    odd(ours, theirs) || odd(theirs, ours) || moved(ours) || moved(theirs)
}

/// Where `side` has the issue that was at `id`, if it gave it another id.
fn follow(side: &Side, id: &str, head: &Head) -> Option<String> {
    let mut at = derived(id, head);
    for _ in 0..HOPS {
        if side.head(&at)?.same(head) {
            return Some(at);
        }
        at = derived(&at, head);
    }
    None
}

/// The issues whose ids have the same number of dots.
struct Level<'r, 's, 'a> {
    sides: [&'s Side<'a>; 3],
    maps: &'r [HashMap<String, String>; 3],
    entities: Vec<Entity<'s, 'a>>,
    /// Whose line it is, by version and id.
    owner: HashMap<(usize, String), usize>,
}

/// One issue, and where each version has it.
struct Entity<'s, 'a> {
    head: &'s Head<'a>,
    id: String,
    /// Whether the base has it: it keeps its id.
    fixed: bool,
    places: Vec<(usize, String)>,
}

impl<'s, 'a> Level<'_, 's, 'a> {
    /// `id` of `version` after its ancestors were given other ids.
    fn below(&self, version: usize, id: &str) -> String {
        let moved = id.rsplit_once('.').and_then(|(parent, number)| {
            self.maps[version].get(parent).map(|parent| format!("{parent}.{number}"))
        });
        moved.unwrap_or_else(|| id.to_owned())
    }

    fn add(&mut self, entity: Entity<'s, 'a>) {
        for place in &entity.places {
            self.owner.insert(place.clone(), self.entities.len());
        }
        self.entities.push(entity);
    }

    /// Finds every issue of the base again in both sides.
    fn known(&mut self, ids: &[&str]) {
        for id in ids {
            let Some(head) = self.sides[0].head(id) else { continue };
            let mut entity =
                Entity { head, id: self.below(0, id), fixed: true, places: vec![(0, (*id).to_owned())] };
            for version in [1, 2] {
                let Some(place) = self.find(version, id, head, &entity.id) else { continue };
                if place != *id {
                    entity.id.clone_from(&place);
                }
                entity.places.push((version, place));
            }
            self.add(entity);
        }
    }

    fn find(&self, version: usize, id: &str, head: &Head, below: &str) -> Option<String> {
        let side = self.sides[version];
        let at = |id: &str| side.head(id).is_some_and(|there| there.same(head));
        if at(id) {
            return Some(id.to_owned());
        }
        let moved = follow(side, id, head).filter(|moved| self.sides[0].head(moved).is_none());
        let moved = moved.or_else(|| (below != id && at(below)).then(|| below.to_owned()));
        // Another title or time at the same id is an edit, unless the issue is found elsewhere.
        let edited = side.head(id).filter(|there| !there.foreign(head));
        moved.or_else(|| edited.map(|_| id.to_owned()))
    }

    /// Adds what only one or both sides have; the same issue on both is one.
    fn unknown(&mut self, version: usize, ids: &[&str]) {
        let other = 3 - version;
        for id in ids {
            if self.owner.contains_key(&(version, (*id).to_owned())) {
                continue;
            }
            let Some(head) = self.sides[version].head(id) else { continue };
            let twin = self.twin(other, id, &self.below(version, id), head);
            let place = (version, (*id).to_owned());
            let twin = twin.map(|twin| (other, twin));
            if let Some(&at) = twin.as_ref().and_then(|twin| self.owner.get(twin)) {
                let entity = &mut self.entities[at];
                if !entity.fixed && entity.places.iter().all(|(known, _)| *known != version) {
                    entity.places.push(place.clone());
                    self.owner.insert(place, at);
                    continue;
                }
            }
            let twin = twin.filter(|twin| !self.owner.contains_key(twin));
            let id = twin
                .as_ref()
                .filter(|(_, twin)| twin != id)
                .map_or_else(|| self.below(version, id), |(_, twin)| twin.clone());
            let places = [Some(place), twin].into_iter().flatten().collect();
            self.add(Entity { head, id, fixed: false, places });
        }
    }

    /// Where `version` has an issue that the other side has at `id`, and would have at `below`.
    fn twin(&self, version: usize, id: &str, below: &str, head: &Head) -> Option<String> {
        let side = self.sides[version];
        let at = |id: &str| side.head(id).filter(|twin| twin.same(head)).map(|_| id.to_owned());
        let direct = at(id).or_else(|| follow(side, id, head));
        direct.or_else(|| {
            Some(below).filter(|below| *below != id).and_then(|id| at(id).or_else(|| follow(side, id, head)))
        })
    }

    /// Gives each id to the first of those who want it; the others move on until all have one.
    fn settle(&mut self) {
        let mut taken: HashMap<String, usize> = HashMap::new();
        let (fixed, new): (VecDeque<usize>, _) =
            (0..self.entities.len()).partition(|&at| self.entities[at].fixed);
        taken.extend(fixed.into_iter().map(|at| (self.entities[at].id.clone(), at)));
        let mut queue: VecDeque<usize> = new;
        while let Some(at) = queue.pop_front() {
            let wanted = self.entities[at].id.clone();
            let loser = match taken.get(&wanted).copied() {
                None => {
                    taken.insert(wanted, at);
                    continue;
                }
                Some(other) if self.is_before(other, at) => at,
                Some(other) => {
                    taken.insert(wanted.clone(), at);
                    other
                }
            };
            self.entities[loser].id = derived(&wanted, self.entities[loser].head);
            queue.push_back(loser);
        }
    }

    fn is_before(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.entities[one], &self.entities[other]);
        one.fixed || one.head.rank() <= other.head.rank()
    }
}

impl Entity<'_, '_> {
    fn record(self, renames: &mut Renames) {
        let places: HashSet<&String> =
            self.places.iter().filter(|(version, _)| *version > 0).map(|(_, id)| id).collect();
        if let Some(old) = places.iter().next().filter(|_| !places.contains(&self.id)) {
            renames.said.push(format!(
                "`{old}` means two issues, made on two branches: `{}` is now `{}`",
                self.head.name(),
                self.id
            ));
        }
        for (version, id) in self.places {
            if id != self.id {
                renames.maps[version].insert(id, self.id.clone());
            }
        }
    }
}

/// What names issues in a line.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Names<'a> {
    #[serde(default)]
    id: Text<'a>,
    #[serde(default)]
    parent: Text<'a>,
    #[serde(default)]
    dependencies: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    comments: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    bonded_from: Option<&'a RawValue>,
}

/// The line with its ids replaced as `map` says: its own, its parent's, those in its dependencies and
/// comments, and of what it is bonded from. `None` where it names none of them.
pub fn rewrite(text: &str, map: &HashMap<String, String>) -> Option<String> {
    let names: Names = serde_json::from_str(text).ok()?;
    let mut line = Line::new(text);
    for (key, id) in [("id", &names.id), ("parent", &names.parent)] {
        if let Some(new) = map.get(&**id) {
            line.set(key, &quote(new));
        }
    }
    let bonds = names.bonded_from.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let lists = [("dependencies", names.dependencies), ("comments", names.comments), ("bonded_from", bonds)];
    for (key, items) in lists {
        let Some(items) = items else { continue };
        let new: Vec<Option<String>> = items.iter().map(|item| rewrite_item(item.get(), map)).collect();
        if new.iter().any(Option::is_some) {
            let all =
                new.into_iter().zip(&items).map(|(new, old)| new.unwrap_or_else(|| old.get().to_owned()));
            line.set(key, &format!("[{}]", all.collect::<Vec<_>>().join(",")));
        }
    }
    (line.text() != text).then(|| line.text().to_owned())
}

fn rewrite_item(item: &str, map: &HashMap<String, String>) -> Option<String> {
    let mut line = Line::new(item);
    for key in ["issue_id", "depends_on_id", "source_id"] {
        if let Some(new) = line.get_text(key).and_then(|id| map.get(&id)) {
            line.set(key, &quote(new));
        }
    }
    (line.text() != item).then(|| line.text().to_owned())
}
