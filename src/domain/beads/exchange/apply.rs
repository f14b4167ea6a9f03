//! Brings a sheet into the store: makes what is new, and of what is known brings over what has changed.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::Deserialize;

use super::super::batch::{self, Draft};
use super::super::change::set_status;
use super::super::comment;
use super::super::deps;
use super::super::issue::{Comment, Dependency, Issue};
use super::super::line::{Line, quote};
use super::super::table::Table;
use super::super::text::Text;
use super::base::{Base, fields};
use super::import::{Action, Step};
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
    let mut steps = Vec::with_capacity(wanted.len());
    for (at, wanted) in wanted.iter().enumerate() {
        let mut step = Step {
            action: Action::Created,
            id: Some(ids[at].clone()).filter(|_| !target.dry_run || matches[at] != Match::New),
            title: wanted.draft.new.title.clone(),
            from: names[at].clone(),
            reason: String::new(),
        };
        match &matches[at] {
            Match::New => {}
            Match::Deleted(_) => {
                (step.action, step.reason) = (Action::Skipped, "it was deleted here".into());
            }
            Match::Known { id, by_id } => {
                let issue = table.issue(id)?;
                let update = Update {
                    draft: &wanted.draft,
                    before: Some(Line::new(&issue.json))
                        .filter(|_| !by_id)
                        .and_then(|line| Base::read(&line)),
                    base: Base::of(&wanted.draft, waits[at].clone(), url(wanted)),
                    by_id: *by_id,
                    issue: &issue,
                    known: &known,
                    author: target.author,
                };
                let changed = update.run(table).with_context(|| wanted.draft.place.clone())?;
                step.action = if changed { Action::Updated } else { Action::Unchanged };
            }
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

/// The text without spaces at the ends of its lines, and what no format takes over.
fn ends_trimmed(text: &str) -> String {
    let lines: Vec<String> = super::body(text).lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n").trim_end().trim_start_matches('\n').to_owned()
}

/// One issue that is here already.
struct Update<'a> {
    draft: &'a Draft,
    /// What the last import saw, where that is known.
    before: Option<Base>,
    base: Base,
    /// It is known by the id that the file names: what the file does not say stays, and nothing is remembered.
    by_id: bool,
    /// As it is here.
    issue: &'a Issue,
    /// Ids by reference.
    known: &'a HashMap<&'a str, &'a str>,
    author: &'a str,
}

impl Update<'_> {
    /// Brings over what has changed; says whether anything did.
    fn run(&self, table: &mut Table) -> Result<bool> {
        let id = &self.issue.id;
        let now = table.now();
        table.edit(id, |line| {
            for (key, text) in fields(self.draft) {
                if self.is_news(line, key, &text) {
                    match key {
                        "status" => self.status(line, &text, now),
                        "priority" => line.set("priority", &text),
                        _ => line.set_text(key, &text),
                    }
                }
            }
            self.labels(line);
            if let Some(metadata) = self.base.written(line.get("metadata")).filter(|_| !self.by_id) {
                line.set("metadata", &metadata);
            }
        })?;
        self.dependencies(table)?;
        self.comments(table)?;
        Ok(table.issue(id)?.json != self.issue.json)
    }

    fn status(&self, line: &mut Line, status: &str, now: Timestamp) {
        set_status(line, status, now);
        if let Some(reason) = &self.draft.closed {
            line.set_text("close_reason", reason);
            line.set_text("closed_at", &self.draft.times.closed.unwrap_or(now).to_string());
        }
    }

    /// Whether the file has something to say about a field that is not so here yet.
    fn is_news(&self, line: &Line, key: &str, text: &str) -> bool {
        let before = self.before.as_ref();
        let here = match key {
            "priority" => line.get(key).unwrap_or("0").to_owned(),
            _ => line.get_text(key).unwrap_or_default(),
        };
        if key == "status" {
            let closed = here == "closed";
            let differs = closed != (text == "closed");
            // Without a memory nothing that is closed here is opened by a file that may be old.
            return differs && before.map_or(!closed, |before| before.differs(&self.base, key));
        }
        let same = match key {
            "priority" => here == text,
            "title" => super::title(&here).0 == text,
            // Spaces at the ends of lines do not survive every format.
            _ => here == text || ends_trimmed(&here) == ends_trimmed(text),
        };
        match before {
            Some(before) => !same && before.differs(&self.base, key),
            None => !same && !text.is_empty() && key != "issue_type",
        }
    }

    fn labels(&self, line: &mut Line) {
        let before = self.before.as_ref();
        let gone = before.map(|before| &before.labels[..]).unwrap_or_default();
        let gone: Vec<&String> = gone.iter().filter(|label| !self.base.labels.contains(label)).collect();
        line.retain("labels", |label| {
            serde_json::from_str::<String>(label).map_or(true, |label| !gone.contains(&&label))
        });
        let remembered = |label: &String| before.is_some_and(|before| before.labels.contains(label));
        for label in
            self.base.labels.iter().filter(|label| !self.issue.labels.contains(label) && !remembered(label))
        {
            line.push("labels", &quote(label));
        }
    }

    fn dependencies(&self, table: &mut Table) -> Result<()> {
        let (id, issue, before) = (&self.issue.id, self.issue, self.before.as_ref());
        let old = before.map(|before| &before.waits_for[..]).unwrap_or_default();
        let find =
            |name: &String| self.known.get(&**name).map_or_else(|| name.clone(), |id| (*id).to_owned());
        let gone: Vec<String> =
            old.iter().filter(|name| !self.base.waits_for.contains(name)).map(find).collect();
        let has = |target: &str| issue.dependencies.iter().any(|dependency| dependency.target == target);
        if gone.iter().any(|target| has(target)) {
            table.edit(id, |line| {
                let stays = |item: &str| {
                    serde_json::from_str::<Dependency>(item)
                        .map_or(true, |item| item.kind != "blocks" || !gone.contains(&item.target))
                };
                line.retain("dependencies", stays);
                let count = gone.iter().filter(|target| has(target)).count();
                line.count("dependency_count", -i64::try_from(count).unwrap_or(0));
            })?;
        }
        for target in self.base.waits_for.iter().filter(|name| !old.contains(name)).map(find) {
            if !has(&target) {
                deps::add(table, id, &target, "blocks", self.author)?;
            }
        }
        Ok(())
    }

    /// Adds what was said there and is not here yet.
    fn comments(&self, table: &mut Table) -> Result<()> {
        let (id, issue) = (&self.issue.id, self.issue);
        let is = |has: &Comment, said: &comment::Remark| has.author == said.author && has.text == said.text;
        let new = |said: &&comment::Remark| !issue.comments.iter().any(|has| is(has, said));
        let new: Vec<&comment::Remark> = self.draft.comments.iter().filter(new).collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut ids = comment::Ids::of(table)?;
        table.edit(id, |line| new.iter().for_each(|said| comment::push(line, &ids.record(id, said))))
    }
}
