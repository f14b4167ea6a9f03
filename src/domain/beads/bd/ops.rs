//! The store's operations on the real `bd`: what each of them calls, and what it says afterwards.
//!
//! Ids are resolved and whole issues read from `bd`'s own export; the change itself is always `bd`'s.

use anyhow::Result;

use super::run::Bd;
use super::verbs::Verb;
use crate::domain::beads::blank::is_blank;
use crate::domain::beads::change::{
    self, ALL_CHILDREN_CLOSED, Back, NEEDS_HUMAN, Update, check_claimable, finished_epic,
};
use crate::domain::beads::create::{New, check_title};
use crate::domain::beads::deps::{self, Added};
use crate::domain::beads::graph::Filter;
use crate::domain::beads::holds::{Grip, Hold, Holds};
use crate::domain::beads::issue::Issue;
use crate::domain::beads::record::Record;
use crate::domain::beads::store::{Question, Store};
use crate::domain::beads::table::Table;
use crate::fault::Fault;

impl Bd {
    /// [`Store::ask`]
    pub(in crate::domain::beads) fn ask<T>(
        &self,
        store: &Store,
        question: Question,
        look: impl FnOnce(&Table) -> Result<T>,
    ) -> Result<T> {
        let mut ready = None;
        match question {
            Question::Ready => ready = Some(self.ids(&Verb::Ready, None)?.into_iter().collect()),
            Question::List => drop(self.ids(&Verb::List, None)?),
            Question::Show(given) => {
                let ids = store.view(|table| table.resolve_all(given))?;
                self.act(&Verb::Show(&ids), None, &ids)?;
            }
        }
        let text = self.lines(store.file())?;
        let mut table = store.table(&text)?;
        if let Some(ready) = ready {
            table.tell_ready(ready);
        }
        look(&table)
    }

    /// Makes a store with this prefix, from the `issues.jsonl` that is there or empty.
    pub(in crate::domain::beads) fn init(&self, prefix: &str, from_file: bool) -> Result<()> {
        self.run(&Verb::Init { prefix: Some(prefix.trim_end_matches('-')), from_file }, None).map(drop)
    }

    /// [`Store::create`]
    pub(in crate::domain::beads) fn create(&self, store: &Store, new: &New) -> Result<Issue> {
        check_title(&new.title)?;
        let mut parent = new.parent.clone();
        let mut targets: Vec<(String, String)> = Vec::new();
        if parent.is_some() || !new.deps.is_empty() {
            store.view(|table| {
                parent = new.parent.as_deref().map(|parent| table.resolve(parent)).transpose()?;
                for dep in &new.deps {
                    let (kind, given) = deps::split(dep)?;
                    let target = table.resolve(given)?;
                    if parent.as_ref() == Some(&target) {
                        return Err(deps::second_to_parent("the new issue", &target, kind));
                    }
                    targets.push((kind.to_owned(), target));
                }
                Ok(())
            })?;
        }
        let verb = Verb::Create { new, parent: parent.as_deref(), deps: &targets };
        let ids = self.ids(&verb, None)?;
        let Some(id) = ids.first() else {
            return Err(Fault::refused("`bd create` names no issue", "`bd list` shows whether it made one"));
        };
        store.issue(id)
    }

    /// [`Store::update`]
    pub(in crate::domain::beads) fn update(
        &self,
        store: &Store,
        given: &[String],
        update: &Update,
    ) -> Result<Vec<Issue>> {
        let mut update = update.clone();
        let ids = store.view(|table| {
            let ids = table.resolve_all(given)?;
            let waits = ids.iter().filter_map(|id| table.get(id));
            let waits = waits.flat_map(Record::labels).any(|label| **label == *NEEDS_HUMAN);
            if waits && update.status.as_deref() == Some("open") {
                update.remove_labels.push(NEEDS_HUMAN.to_owned());
            }
            Ok(ids)
        })?;
        self.write(&ids, &update, None)?;
        issues(store, &ids)
    }

    fn write(&self, ids: &[String], update: &Update, actor: Option<&str>) -> Result<()> {
        // Without an id, `bd` would change the issue it touched last.
        if ids.is_empty() {
            return Ok(());
        }
        self.act(&Verb::Update { ids, update }, actor, ids)
    }

    pub(super) fn finish(&self, ids: &[String], reason: Option<&str>) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        self.act(&Verb::Close { ids, reason }, None, ids)
    }

    /// [`Store::reopen`]
    pub(in crate::domain::beads) fn reopen(&self, store: &Store, given: &[String]) -> Result<Vec<Issue>> {
        let (closed, others, waiting) = store.view(|table| {
            let ids = table.resolve_all(given)?;
            let has = |id: &String, wanted: &dyn Fn(&Record) -> bool| table.get(id).is_some_and(wanted);
            let waits =
                |id: &&String| has(id, &|record| record.labels().iter().any(|label| **label == *NEEDS_HUMAN));
            let waiting: Vec<String> = ids.iter().filter(waits).cloned().collect();
            let (closed, others): (Vec<String>, Vec<String>) =
                ids.into_iter().partition(|id| has(id, &|record| record.status() == "closed"));
            Ok((closed, others, waiting))
        })?;
        if !closed.is_empty() {
            self.act(&Verb::Reopen(&closed), None, &closed)?;
        }
        let open = Update { status: Some("open".into()), ..Update::default() };
        self.write(&others, &open, None)?;
        let seen_to = Update { remove_labels: vec![NEEDS_HUMAN.into()], ..Update::default() };
        self.write(&waiting, &seen_to, None)?;
        issues(store, &[closed, others].concat())
    }

    /// [`Store::claim`]: `bd` 0.47 lets everybody win a race, so it is run under our lock, and who holds the
    /// issue then is looked at again.
    pub(in crate::domain::beads) fn claim(
        &self,
        store: &Store,
        id: &str,
        who: &str,
        grip: &Grip,
    ) -> Result<Issue> {
        let _lock = store.lock()?;
        let mut holds = self.freed(store)?;
        let next = store.view(|table| {
            let id = table.resolve(id)?;
            check_claimable(&table.graph(), &id, holds.of(table, &id).as_ref())?;
            hold(table, &id, who, grip)
        })?;
        holds.add(vec![next.0.clone()])?;
        self.take(store, &next.0.task, &next.1, who)
    }

    /// [`Store::claim_next`]
    pub(in crate::domain::beads) fn claim_next(
        &self,
        store: &Store,
        filter: &Filter,
        who: &str,
        grip: &Grip,
    ) -> Result<Option<Issue>> {
        let _lock = store.lock()?;
        let mut holds = self.freed(store)?;
        let next = store.view(|table| {
            let id = table.graph().first(filter).map(|record| record.id.to_string());
            id.map(|id| hold(table, &id, who, grip)).transpose()
        })?;
        let Some((hold, holder)) = next else { return Ok(None) };
        holds.add(vec![hold.clone()])?;
        self.take(store, &hold.task, &holder, who).map(Some)
    }

    /// The claims there are, once what nobody holds any more is open again. The lock is held.
    fn freed(&self, store: &Store) -> Result<Holds> {
        let holds = Holds::read(store.dir());
        if holds.is_empty() {
            return Ok(holds);
        }
        let ((), holds, freed) = self.change_held(store, |table| store.edited(table, |_, _, _| Ok(())))?;
        store.announce(freed);
        Ok(holds)
    }

    fn take(&self, store: &Store, id: &str, holder: &str, who: &str) -> Result<Issue> {
        let ids = [id.to_owned()];
        let done = if holder.is_empty() || holder == who {
            self.act(&Verb::Claim(id), Some(who), &ids)
        } else {
            // Open, but meant for somebody: `--claim` would refuse that.
            let update = Update {
                status: Some("in_progress".into()),
                assignee: Some(who.to_owned()),
                ..Update::default()
            };
            self.write(&ids, &update, Some(who))
        };
        let issue = store.table(&self.now_held(store)?)?.issue(id)?;
        if issue.assignee == who && issue.status == "in_progress" {
            return Ok(issue);
        }
        if issue.status == "open" && issue.assignee == holder {
            // Nobody was faster: it cannot be claimed at all, and trying again would not end.
            let why = done.err().map_or_else(
                || format!("`bd` says that `{id}` is claimed, and it is not"),
                |error| error.to_string(),
            );
            return Err(Fault::invalid(why, "`bd doctor` may know more"));
        }
        Err(Fault::refused(format!("`{id}` is held by `{}`", issue.assignee), "claim another one"))
    }

    /// [`Store::release`]
    pub(in crate::domain::beads) fn release(
        &self,
        store: &Store,
        id: &str,
        back: &Back<'_>,
        note: Option<&str>,
    ) -> Result<Issue> {
        let (issue, due) = given_back(store, id, back)?;
        if !due {
            return Ok(issue);
        }
        let notes = note.filter(|note| !note.trim().is_empty()).map(|note| change::noted(&issue.notes, note));
        let update = Update {
            status: Some("open".into()),
            assignee: Some(back.assignee.to_owned()),
            notes,
            ..Update::default()
        };
        self.write(std::slice::from_ref(&issue.id), &update, None)?;
        store.table(&self.now(store)?)?.issue(&issue.id)
    }

    /// [`Store::escalate`]
    pub(in crate::domain::beads) fn escalate(
        &self,
        store: &Store,
        id: &str,
        back: &Back<'_>,
        (who, why): (&str, &str),
    ) -> Result<Issue> {
        let (issue, due) = given_back(store, id, back)?;
        if !due {
            return Ok(issue);
        }
        let id = issue.id;
        let update = Update {
            status: Some("blocked".into()),
            assignee: Some(back.assignee.to_owned()),
            add_labels: vec![NEEDS_HUMAN.to_owned()],
            ..Update::default()
        };
        self.write(std::slice::from_ref(&id), &update, None)?;
        self.run(&Verb::Comment { id: &id, author: who, text: why }, Some(who))?;
        store.table(&self.now(store)?)?.issue(&id)
    }

    /// [`Store::complete`]
    pub(in crate::domain::beads) fn complete(
        &self,
        store: &Store,
        id: &str,
        reason: &str,
    ) -> Result<Vec<Issue>> {
        let mut ids = vec![store.issue(id)?.id];
        self.finish(&ids, Some(reason))?;
        while let Some(epic) = store.view(|table| Ok(finished_epic(&table.graph(), &ids[ids.len() - 1])))? {
            // The task itself is closed, whatever `bd` thinks of the epic.
            if self.finish(std::slice::from_ref(&epic), Some(ALL_CHILDREN_CLOSED)).is_err() {
                break;
            }
            ids.push(epic);
        }
        let text = self.now(store)?;
        let table = store.table(&text)?;
        ids.iter().map(|id| table.issue(id)).collect()
    }

    /// [`Store::comment`]
    pub(in crate::domain::beads) fn comment(
        &self,
        store: &Store,
        id: &str,
        author: &str,
        text: &str,
    ) -> Result<Issue> {
        if is_blank(text) {
            return Err(Fault::usage("the comment is empty", "say something"));
        }
        let id = store.issue(id)?.id;
        self.run(&Verb::Comment { id: &id, author, text }, Some(author))?;
        store.issue(&id)
    }

    /// [`Store::add_dep`]
    pub(in crate::domain::beads) fn add_dep(
        &self,
        store: &Store,
        (issue, target): (&str, &str),
        kind: &str,
        author: &str,
    ) -> Result<Added> {
        let kind = deps::check_kind(kind)?;
        let (issue, target, there) = store.view(|table| {
            let (issue, target) = (table.resolve(issue)?, table.resolve(target)?);
            let edges = table.get(&issue).map_or(&[][..], |record| record.edges());
            let there = edges.iter().any(|edge| *edge.target == *target && *edge.kind == *kind);
            Ok((issue, target, there))
        })?;
        if !there {
            self.run(&Verb::AddDep { issue: &issue, target: &target, kind }, Some(author))?;
        }
        let status = if there { "unchanged" } else { "added" };
        Ok(Added { status, issue_id: issue, depends_on_id: target, kind: kind.to_owned() })
    }

    /// [`Store::remove_dep`]
    pub(in crate::domain::beads) fn remove_dep(
        &self,
        store: &Store,
        issue: &str,
        target: &str,
    ) -> Result<(String, String)> {
        let (issue, target) = store.view(|table| deps::resolve_edge(table, issue, target))?;
        self.run(&Verb::RemoveDep { issue: &issue, target: &target }, None)?;
        Ok((issue, target))
    }
}

fn issues(store: &Store, ids: &[String]) -> Result<Vec<Issue>> {
    store.view(|table| ids.iter().map(|id| table.issue(id)).collect())
}

/// The issue, and whether the claim is still there to be given back.
fn given_back(store: &Store, id: &str, back: &Back<'_>) -> Result<(Issue, bool)> {
    store.view(|table| {
        let id = table.resolve(id)?;
        Ok((table.issue(&id)?, back.is_due(table, &id)))
    })
}

/// The claim of `who`, to be noted before `bd` makes it, and who has been assigned.
fn hold(table: &Table, id: &str, who: &str, grip: &Grip) -> Result<(Hold, String)> {
    let record = table.get(id).ok_or_else(|| table.unknown(id))?;
    let holder = record.assignee.to_string();
    Ok((Hold::new(record, who, grip.clone(), &holder), holder))
}
