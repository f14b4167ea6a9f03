//! Brings a sheet into the store: makes what is new, and of what is known brings over what has changed.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::super::batch::{self, Draft};
use super::super::line::Line;
use super::super::table::Table;
use super::super::text::Text;
use super::base::Base;
use super::import::{Action, Step};
use super::update::{Changed, Update, parts};
use super::{Sheet, Wanted};

/// Most ids in one notice.
const SHOWN: usize = 10;

/// Where new issues go.
#[derive(Debug)]
pub struct Target<'a> {
    /// The issue they belong to.
    pub parent: Option<&'a str>,
    /// Who makes them, where the file does not say.
    pub author: &'a str,
    /// Whether their ids will be thrown away.
    pub dry_run: bool,
    /// What ids begin with where the existing ones do not say.
    pub prefix: Option<&'a str>,
}

/// What an issue of the sheet is here.
#[derive(Debug, Clone, PartialEq)]
enum Match {
    New,
    Known { id: String, by_id: bool },
    Deleted(String),
}

/// What each issue came to, and what the user should know.
pub type Outcome = (Vec<Step>, Vec<String>);

/// Brings in every issue of the sheet. Errors leave the table to be thrown away.
pub fn apply(table: &mut Table, sheet: Sheet, target: &Target) -> Result<Outcome> {
    let Sheet { scope, mut wanted, mut notices } = sheet;
    let known = References::of(table)?;
    let matches = matched(table, &mut wanted, &known)?;
    notices.extend(scope.and_then(|scope| known.left(table, &scope, &matches)));
    let names: Vec<String> = wanted.iter().map(|wanted| wanted.draft.external_ref.clone()).collect();
    let waits: Vec<Vec<String>> = wanted.iter().map(|wanted| waits(wanted, &names)).collect();
    let ids = create(table, &wanted, &matches, &waits, target)?;
    let known: HashMap<&str, &str> = names.iter().zip(&ids).map(|(name, id)| (&**name, &**id)).collect();
    let parts =
        if wanted.iter().any(|wanted| wanted.draft.closed.is_some()) { parts(table) } else { HashMap::new() };
    let mut outcomes: Vec<Option<Changed>> = Vec::new();
    outcomes.resize_with(wanted.len(), || None);
    // Parts before what they are part of: an epic is only closed when they are.
    for (at, wanted) in wanted.iter().enumerate().rev() {
        let Match::Known { id, by_id } = &matches[at] else { continue };
        let issue = table.issue(id)?;
        let before = Some(Line::new(&issue.json)).filter(|_| !by_id).and_then(|line| Base::read(&line));
        let update = Update {
            draft: &wanted.draft,
            before,
            base: Base::of(&wanted.draft, waits[at].clone(), url(wanted)),
            by_id: *by_id,
            issue: &issue,
            known: &known,
            parts: parts.get(id).map(Vec::as_slice).unwrap_or_default(),
            author: target.author,
        };
        outcomes[at] = Some(update.run(table).with_context(|| wanted.draft.place.clone())?);
    }
    let mut steps = Vec::with_capacity(wanted.len());
    for (at, (wanted, changed)) in wanted.iter().zip(outcomes).enumerate() {
        let mut step = Step {
            action: Action::Created,
            id: Some(ids[at].clone()).filter(|_| !target.dry_run || matches[at] != Match::New),
            title: wanted.draft.new.title.clone(),
            from: names[at].clone(),
            reason: String::new(),
            kept: Vec::new(),
        };
        if let Some(record) = table.get(&ids[at]).filter(|_| changed.is_some()) {
            step.title = record.title.to_string();
        }
        match changed {
            Some(changed) => {
                if changed.held {
                    notices.push(format!(
                        "`{}` is not closed: some of what belongs to it is still open",
                        ids[at]
                    ));
                }
                (step.action, step.reason, step.kept) = (changed.action(), changed.reason(), changed.kept);
            }
            None if matches[at] == Match::New => {}
            None => (step.action, step.reason) = (Action::Skipped, "it was deleted here".into()),
        }
        steps.push(step);
    }
    Ok((steps, notices))
}

fn url(wanted: &Wanted) -> &str {
    wanted.also.first().map_or("", String::as_str)
}

/// What it waits for, as it is remembered.
fn waits(wanted: &Wanted, names: &[String]) -> Vec<String> {
    let among = wanted.draft.waits_for.iter().map(|&at| names[at].clone());
    among.chain(wanted.draft.new.deps.iter().cloned()).collect()
}

/// The issues that have a name elsewhere: id, and whether it is more than the mark of a deleted one.
struct References(HashMap<String, (String, bool)>);

impl References {
    fn of(table: &Table) -> Result<Self> {
        #[derive(Deserialize)]
        struct Known<'a> {
            #[serde(borrow, default)]
            external_ref: Text<'a>,
        }
        let mut known: HashMap<String, (String, bool)> = HashMap::new();
        for record in table.records() {
            let json = table.json(record)?;
            if json.contains("\"external_ref\"") {
                let reference = serde_json::from_str::<Known>(&json)?.external_ref;
                let live = !record.is_tombstone();
                // A live one goes before a deleted one.
                if !reference.is_empty() && (live || !known.contains_key(&*reference)) {
                    known.insert(reference.to_string(), (record.id.to_string(), live));
                }
            }
        }
        Ok(Self(known))
    }

    fn get(&self, name: &str) -> Option<&(String, bool)> {
        self.0.get(name).filter(|_| !name.is_empty())
    }

    /// Tells which open issues of `scope` the file does not have any more.
    fn left(&self, table: &Table, scope: &str, matches: &[Match]) -> Option<String> {
        let found: HashSet<&str> = matches.iter().filter_map(Match::id).collect();
        let open = |id: &str| table.get(id).is_some_and(|record| record.status() != "closed");
        let of_scope =
            self.0.iter().filter(|(name, (id, live))| *live && name.starts_with(scope) && open(id));
        let mut left: Vec<&str> =
            of_scope.map(|(_, (id, _))| &**id).filter(|id| !found.contains(id)).collect();
        left.sort_unstable();
        let shown = left.iter().take(SHOWN).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        let more =
            if left.len() > SHOWN { format!(" and {} more", left.len() - SHOWN) } else { String::new() };
        (!left.is_empty()).then(|| {
            format!(
                "no longer in the file, or renamed there: {shown}{more}; close what is not wanted any more"
            )
        })
    }
}

impl Match {
    fn id(&self) -> Option<&str> {
        match self {
            Self::New => None,
            Self::Known { id, .. } | Self::Deleted(id) => Some(id),
        }
    }
}

/// Finds out which issues are here already: by the id the file names, by reference, or by address.
fn matched(table: &Table, wanted: &mut [Wanted], known: &References) -> Result<Vec<Match>> {
    let mut taken = HashSet::new();
    let mut matches = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        let given = wanted.id.take().and_then(|id| table.get(&id).filter(|record| !record.is_tombstone()));
        let mut found = given.map(|record| Match::Known { id: record.id.to_string(), by_id: true });
        if found.is_none() {
            found = referenced(table, wanted, known)?;
        }
        // Two of a file are never the same issue here.
        let found = found.filter(|found| match found {
            Match::Known { id, .. } => taken.insert(id.clone()),
            _ => true,
        });
        matches.push(found.unwrap_or(Match::New));
    }
    Ok(matches)
}

fn referenced(table: &Table, wanted: &mut Wanted, known: &References) -> Result<Option<Match>> {
    let mut hit = wanted.also.iter().find_map(|name| known.get(name));
    if hit.is_none()
        && let Some(by_name) = known.get(&wanted.draft.external_ref)
    {
        let line = Line::new(&table.issue(&by_name.0)?.json);
        let from = Base::read(&line).map(|base| base.url).unwrap_or_default();
        let here = url(wanted);
        if from.is_empty() || here.is_empty() || from == here {
            hit = Some(by_name);
        } else {
            // The same number in another repository.
            wanted.draft.external_ref = here.to_owned();
        }
    }
    Ok(hit.map(|(id, live)| {
        if *live { Match::Known { id: id.clone(), by_id: false } } else { Match::Deleted(id.clone()) }
    }))
}

/// Makes what is new. Returns the id of every issue of the sheet.
fn create(
    table: &mut Table,
    wanted: &[Wanted],
    matches: &[Match],
    waits: &[Vec<String>],
    target: &Target,
) -> Result<Vec<String>> {
    let mut places = vec![None; wanted.len()];
    let mut drafts: Vec<Draft> = Vec::new();
    for (at, wanted) in wanted.iter().enumerate().filter(|(at, _)| matches[*at] == Match::New) {
        places[at] = Some(drafts.len());
        let mut draft = wanted.draft.clone();
        if draft.new.author.is_empty() {
            target.author.clone_into(&mut draft.new.author);
        }
        let base = Base::of(&wanted.draft, waits[at].clone(), url(wanted));
        let metadata = Some(&*draft.metadata).filter(|text| !text.is_empty());
        draft.metadata = base.written(metadata).unwrap_or_default();
        drafts.push(draft);
    }
    let known = |at: usize| match &matches[at] {
        Match::Known { id, .. } => Some(id.clone()),
        Match::New | Match::Deleted(_) => None,
    };
    for draft in &mut drafts {
        draft.new.parent = draft.parent.and_then(known);
        draft.parent = draft.parent.and_then(|at| places[at]);
        if draft.parent.is_none() && draft.new.parent.is_none() {
            draft.new.parent = target.parent.map(str::to_owned);
        }
        draft.new.deps.extend(draft.waits_for.iter().filter_map(|&at| known(at)));
        draft.waits_for = draft.waits_for.iter().filter_map(|&at| places[at]).collect();
    }
    let made = batch::create(table, &drafts, target.prefix)?;
    let id = |at: usize| match &matches[at] {
        Match::Known { id, .. } | Match::Deleted(id) => id.clone(),
        Match::New => places[at].map(|place| made[place].clone()).unwrap_or_default(),
    };
    Ok((0..wanted.len()).map(id).collect())
}
