//! Finds one of many records by its id, in a few bytes for each.

use hashbrown::hash_table::{Entry, HashTable};
use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

/// Places by id. The ids stay where they are: whoever asks says which id is at a place.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Index {
    /// Makes room for `count` places.
    pub(super) fn reserve<'t>(&mut self, count: usize, id_at: impl Fn(usize) -> &'t str) {
        self.places.reserve(count, |place| self.hasher.hash_one(id_at(*place as usize)));
    }

    /// Where `id` is.
    pub(super) fn get<'t>(&self, id: &str, id_at: impl Fn(usize) -> &'t str) -> Option<usize> {
        let found = self.places.find(self.hasher.hash_one(id), |place| id_at(*place as usize) == id);
        found.map(|place| *place as usize)
    }

    /// Notes that `id` is at `place`, unless it is elsewhere already: that place is returned.
    pub(super) fn note<'t>(
        &mut self,
        id: &str,
        place: usize,
        id_at: impl Fn(usize) -> &'t str,
    ) -> Option<usize> {
        let hash = self.hasher.hash_one(id);
        let is_it = |place: &u32| id_at(*place as usize) == id;
        let hash_of = |place: &u32| self.hasher.hash_one(id_at(*place as usize));
        match self.places.entry(hash, is_it, hash_of) {
            Entry::Occupied(found) => Some(*found.get() as usize),
            Entry::Vacant(free) => {
                free.insert(narrow(place));
                None
            }
        }
    }

    /// Moves `id` to `place`.
    pub(super) fn correct<'t>(&mut self, id: &str, place: usize, id_at: impl Fn(usize) -> &'t str) {
        let hash = self.hasher.hash_one(id);
        if let Some(found) = self.places.find_mut(hash, |place| id_at(*place as usize) == id) {
            *found = narrow(place);
        }
    }
}

/// A file of more lines than this would be some terabytes.
fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
