//! Between `issues.jsonl` and the database of a `bd` that has one: nothing fresher is overwritten.

use anyhow::Result;

use super::exchange::{Exchange, Terms};
use super::run::Bd;
use super::synced::Pairs;
use super::verbs::Verb;
use crate::domain::beads::change::Update;
use crate::domain::beads::comment;
use crate::domain::beads::record::Record;
use crate::domain::beads::store::Store;
use crate::domain::beads::sync::WithBd;
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
        let pairs = Pairs::read(place.dir())?;
        let Some(text) = store::read_text(place.file())?.filter(|text| *text != exported) else {
            if !place.file().is_file() {
                store::write(place.file(), store::SHARED, exported.as_bytes())?;
            }
            Pairs::equal(&exported).save(place.dir(), &pairs)?;
            return Ok((exported, Vec::new()));
        };
        let exchange = self.compare(place, [&text, &exported], &pairs, true)?;
        let after = self.hand_over(place, &exchange, exported.clone())?;
        write(place, &text, &exchange.text)?;
        exchange.after_giving([&exported, &after], true, &pairs).save(place.dir(), &pairs)?;
        place.announce(exchange.said);
        Ok((after, exchange.give.into_iter().map(|(id, _)| id).collect()))
    }

    /// Takes into the file what is new in the database, and gives the database what is new in the file, as far
    /// as either is wanted.
    pub(in crate::domain::beads) fn bring_together(&self, place: &Store, with: WithBd) -> Result<Together> {
        let lock = place.lock()?;
        let exported = self.lines(place.file())?;
        let pairs = Pairs::read(place.dir())?;
        let text = store::read_text(place.file())?.unwrap_or_default();
        if text.trim().is_empty() && with.from {
            // A new file is of the database's make.
            write(place, &text, &exported)?;
            Pairs::equal(&exported).save(place.dir(), &pairs)?;
            let taken = Table::parse(&exported, "bd export")?;
            let taken = taken.records().map(|record| record.id.to_string()).collect();
            return Ok(Together { taken, ..Together::default() });
        }
        let exchange = self.compare(place, [&text, &exported], &pairs, false)?;
        let mut together = Together { notes: exchange.said.clone(), ..Together::default() };
        write(place, &text, if with.from { &exchange.text } else { &exchange.ours })?;
        if with.from {
            together.taken.clone_from(&exchange.taken);
            exchange.after_taking(&exported).save(place.dir(), &pairs)?;
        }
        // Only the database is written from here on, and that may take a while.
        drop(lock);
        if with.to {
            let after = self.hand_over(place, &exchange, exported.clone())?;
            let before = Pairs::read(place.dir())?;
            exchange.after_giving([&exported, &after], with.from, &pairs).save(place.dir(), &before)?;
            together.given = exchange.give.into_iter().map(|(id, _)| id).collect();
            together.deleted = exchange.deleted;
        }
        Ok(together)
    }

    fn compare(
        &self,
        place: &Store,
        [ours, theirs]: [&str; 2],
        pairs: &Pairs,
        export: bool,
    ) -> Result<Exchange> {
        let table = place.table(ours)?;
        Table::parse(theirs, "bd export")?;
        let dolt = self.is_dolt()?.then(|| table.now());
        Exchange::new(ours, theirs, pairs, Terms { typed: table.is_typed(), dolt, export })
    }

    /// Imports what is to be given. Returns what the database exports then; `exported` where that is nothing.
    fn hand_over(&self, place: &Store, exchange: &Exchange, exported: String) -> Result<String> {
        if exchange.give.is_empty() {
            return Ok(exported);
        }
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
        self.lines(place.file())
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
        let exchange = self.compare(place, [&after, &text], &Pairs::equal(&text), false)?;
        self.hand_over(place, &exchange, String::new())?;
        self.now_held(place)?;
        Ok(result)
    }
}

/// What was exchanged, by id.
#[derive(Debug, Default)]
pub struct Together {
    /// What the file has otherwise than before.
    pub taken: Vec<String>,
    /// What the database was given.
    pub given: Vec<String>,
    /// What was deleted in the file, and is still in the database.
    pub deleted: Vec<String>,
    /// What was overruled, renamed or deleted.
    pub notes: Vec<String>,
}

fn write(place: &Store, before: &str, text: &str) -> Result<()> {
    if before == text {
        return Ok(());
    }
    store::write(place.file(), store::SHARED, text.as_bytes())
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
