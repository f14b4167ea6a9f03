//! The issues that somebody means by what was typed, and the error where there is none.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use super::lookup::{self, Found};
use super::table::Table;
use crate::fault::Fault;

impl Table<'_> {
    /// The full id that `given` means: itself, or the only one that begins so (see [`lookup`]).
    pub fn resolve(&self, given: &str) -> Result<String> {
        Ok(self.resolve_all(&[given])?.swap_remove(0))
    }

    /// [`Table::resolve`] for several; an id given twice counts once.
    pub fn resolve_all<T: AsRef<str>>(&self, given: &[T]) -> Result<Vec<String>> {
        let exact = |given: &str| self.get(given).is_some_and(|record| !record.is_tombstone());
        let short: Vec<&str> = given.iter().map(AsRef::as_ref).filter(|given| !exact(given)).collect();
        let found = if short.is_empty() { Vec::new() } else { lookup::find_all(self.living(), &short) };
        let found: HashMap<&str, Found> = short.into_iter().zip(found).collect();
        let mut ids: Vec<String> = Vec::new();
        let mut seen = HashSet::new();
        for given in given.iter().map(AsRef::as_ref) {
            let id = match found.get(given) {
                None => given,
                Some(Found::One(id)) => *id,
                Some(Found::Several(ids, more)) => return Err(ambiguous(given, ids, *more)),
                Some(Found::Nothing) => return Err(self.unknown(given)),
            };
            if seen.insert(id) {
                ids.push(id.to_owned());
            }
        }
        Ok(ids)
    }

    fn living(&self) -> impl Iterator<Item = &str> {
        self.records().filter(|record| !record.is_tombstone()).map(|record| &*record.id)
    }

    pub(super) fn unknown(&self, id: &str) -> anyhow::Error {
        let message = format!("no issue `{id}` in `{}`", self.file());
        let hint = match lookup::other_case(self.living(), id) {
            Some(other) => format!("capitals count: there is `{other}`"),
            None => "`taskrun beads list --all` shows every id".into(),
        };
        Fault::not_found(message, hint)
    }
}

fn ambiguous(given: &str, ids: &[&str], more: usize) -> anyhow::Error {
    let named = ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Fault::not_found(format!("`{given}` can mean {named}{more}"), "type more of the id")
}
