//! Between `issues.jsonl` and the database of a `bd` that has one: nothing fresher is overwritten.

use anyhow::Result;

use super::exchange::{Exchange, Terms, Ties, merged};
use super::run::Bd;
use super::verbs::Verb;
use crate::domain::beads::change::Update;
use crate::domain::beads::comment;
use crate::domain::beads::record::Record;
use crate::domain::beads::store::Store;
use crate::domain::beads::table::Table;
use crate::system::store;

impl Bd {
    /// Every issue as it is now, after a change. A file that others share is brought up to date with it; what
    /// is fresher in the file is imported first. One that is not there is not wanted.
    pub(super) fn now(&self, place: &Store) -> Result<String> {
        if !self.is_dolt()? || !place.file().is_file() {
            return self.lines(place.file());
        }
        let _lock = place.lock()?;
        Ok(self.refresh(place)?.0)
    }

    /// [`Bd::now`] where the lock is held already.
    pub(super) fn now_held(&self, place: &Store) -> Result<String> {
        if self.is_dolt()? && place.file().is_file() {
            return Ok(self.refresh(place)?.0);
        }
        self.lines(place.file())
    }

    /// [`Store::sync`](crate::domain::beads::Store::sync) before the commit: the file holds what `bd` holds.
    pub(in crate::domain::beads) fn settle(&self, place: &Store) -> Result<Vec<String>> {
        if self.is_dolt()? {
            let _lock = place.lock()?;
            return Ok(self.refresh(place)?.1);
        }
        self.run(&Verb::Flush, None)?;
        Ok(Vec::new())
    }

    /// Brings file and database together, under the lock: another export in between would be older than what
    /// it replaces. What is only in the file stays there: memories, tombstones, fields that `bd` does not know.
    /// Returns what the database exports then, and what was imported.
    fn refresh(&self, place: &Store) -> Result<(String, Vec<String>)> {
        let exported = self.lines(place.file())?;
        let Some(text) = store::read_text(place.file())? else {
            store::write(place.file(), store::SHARED, exported.as_bytes())?;
            return Ok((exported, Vec::new()));
        };
        if text == exported {
            return Ok((exported, Vec::new()));
        }
        let exchange = self.compare_texts(place, &text, &exported, Ties::Theirs)?;
        let given: Vec<String> = exchange.give.iter().map(|(id, _)| id.clone()).collect();
        if given.is_empty() {
            take(place, &text, &exchange)?;
            return Ok((exported, given));
        }
        self.hand_over(place, &exchange)?;
        let exported = self.lines(place.file())?;
        take(place, &text, &self.compare_texts(place, &text, &exported, Ties::Theirs)?)?;
        Ok((exported, given))
    }

    /// Takes into the file what is newer in the database. Returns the ids.
    pub(in crate::domain::beads) fn take_over(&self, place: &Store) -> Result<Vec<String>> {
        let _lock = place.lock()?;
        let exported = self.lines(place.file())?;
        let text = store::read_text(place.file())?.unwrap_or_default();
        if text.trim().is_empty() {
            // A new file is of the database's make.
            store::replace(place.file(), store::SHARED, |out| out.write_all(exported.as_bytes()))?;
            let theirs = Table::parse(&exported, "bd export")?;
            return Ok(theirs.records().map(|record| record.id.to_string()).collect());
        }
        let exchange = self.compare_texts(place, &text, &exported, Ties::Theirs)?;
        take(place, &text, &exchange)?;
        Ok(exchange.take.into_iter().map(|(id, _)| id).collect())
    }

    /// Gives the database what is newer in the file. Returns the ids, and those that were deleted in the
    /// file and are still in the database.
    pub(in crate::domain::beads) fn give_over(&self, place: &Store) -> Result<(Vec<String>, Vec<String>)> {
        // No lock: only the database is written, and that may take a while.
        let exported = self.lines(place.file())?;
        let text = store::read_text(place.file())?.unwrap_or_default();
        let exchange = self.compare_texts(place, &text, &exported, Ties::Ours)?;
        self.hand_over(place, &exchange)?;
        Ok((exchange.give.into_iter().map(|(id, _)| id).collect(), exchange.deleted))
    }

    fn compare_texts(&self, place: &Store, ours: &str, theirs: &str, ties: Ties) -> Result<Exchange> {
        let terms = Terms { ties, dolt: self.is_dolt()? };
        Exchange::new(&place.table(ours)?, &Table::parse(theirs, "bd export")?, terms)
    }

    fn hand_over(&self, place: &Store, exchange: &Exchange) -> Result<()> {
        let lines: String = exchange.give.iter().flat_map(|(_, line)| [line.text(), "\n"]).collect();
        if let Err(error) = self.import(&lines) {
            // 1.x fails, too, when it finds nothing that is new to it.
            let exported = self.lines(place.file())?;
            if !holds(&Table::parse(&exported, "bd export")?, exchange)? {
                return Err(error);
            }
        }
        for (id, labels) in &exchange.drop_labels {
            let ids = [id.clone()];
            let update = Update { remove_labels: labels.clone(), ..Update::default() };
            self.act(&Verb::Update { ids: &ids, update: &update }, None, &ids)?;
        }
        for (issue, target) in &exchange.drop_deps {
            self.run(&Verb::RemoveDep { issue, target }, None)?;
        }
        Ok(())
    }

    /// What [`Store::change`] is on `bd`: `edit` changes its export, and the lines that are new go back by
    /// `bd import`.
    pub(in crate::domain::beads) fn change<T>(
        &self,
        place: &Store,
        edit: impl FnOnce(&mut Table) -> Result<T>,
    ) -> Result<T> {
        let _lock = place.lock()?;
        self.change_held(place, edit)
    }

    /// [`Bd::change`] where the lock is held already.
    pub(super) fn change_held<T>(
        &self,
        place: &Store,
        edit: impl FnOnce(&mut Table) -> Result<T>,
    ) -> Result<T> {
        let text = self.lines(place.file())?;
        let mut table = place.table(&text)?;
        let result = edit(&mut table)?;
        if !table.is_changed() {
            return Ok(result);
        }
        let mut after = Vec::new();
        table.write(&mut after)?;
        let after = String::from_utf8(after)?;
        // Where both are of one second, the edit is the later one.
        self.hand_over(place, &self.compare_texts(place, &after, &text, Ties::Ours)?)?;
        self.now_held(place)?;
        Ok(result)
    }
}

/// Writes what the file is to take, if anything.
fn take(place: &Store, text: &str, exchange: &Exchange) -> Result<()> {
    if exchange.take.is_empty() {
        return Ok(());
    }
    let text = merged(text, &exchange.take)?;
    store::replace(place.file(), store::SHARED, |out| out.write_all(text.as_bytes()))
}

/// Whether all that was to be imported is in `theirs`, as new as it was given.
fn holds(theirs: &Table, exchange: &Exchange) -> Result<bool> {
    for (id, line) in &exchange.give {
        let given = Record::parse(line.text())?.updated();
        let has = theirs.get(id).is_some_and(|record| record.updated() >= comment::whole_second(given));
        if !has {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
#[path = "sync_tests.rs"]
mod tests;
