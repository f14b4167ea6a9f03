//! Events become tasks, by rules: all of an input's, in one change of the queue, or none.

pub mod check;
pub mod condition;
pub mod delivery;
pub mod depth;
pub mod file;
pub mod input;
pub mod rate;
pub mod report;
pub mod rules;
pub mod seen;
pub mod signature;

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::place::Place;
use super::queue::{Queue, Turn};
use super::settings::{self, Settings};
use super::template;
use super::{check as tasks, submit};
use crate::fault::Fault;
use crate::system::clock;

pub use check::check;
use input::{Item, What};
use rate::Rate;
pub use report::Report;
use report::{Cut, Deduped, Submitted};
use rules::Rule;
pub use rules::Rules;
use seen::Seen;

/// What is to be read, and how.
#[derive(Debug)]
pub struct Request<'a> {
    /// It.
    pub text: &'a str,
    /// What people call it.
    pub source: &'a str,
    /// The type of event that the whole is, and its id.
    pub event: Option<(&'a str, Option<&'a str>)>,
    /// Submit nothing.
    pub dry_run: bool,
}

/// A task to be.
struct Draft {
    line: usize,
    event: String,
    rule: Option<String>,
    key: Option<String>,
    depth: u64,
    task: Map<String, Value>,
}

impl Draft {
    /// Where it comes from, for errors.
    fn origin(&self, source: &str) -> String {
        let rule = self.rule.as_ref().map(|rule| format!(" (rule `{rule}`)")).unwrap_or_default();
        format!("{source} line {}{rule}", self.line)
    }
}

/// Submits what the rules say to these events.
pub fn run(place: &Place, request: &Request<'_>) -> Result<Report> {
    let rules = file::load(place)?;
    let settings = settings::load(place)?;
    let items = input::read(request.text, request.source, request.event)?;
    let mut report = Report { dry_run: request.dry_run, ..Report::default() };
    let mut drafts = Vec::new();
    let behind = depth::here(place)?;
    for item in items {
        plan(&rules, item, behind, request.source, (&mut drafts, &mut report))?;
    }
    if drafts.is_empty() {
        return Ok(report);
    }
    let mut queue = Queue::open(place.clone())?;
    if request.dry_run {
        return show(&queue, drafts, &rules, &settings, (report, request.source));
    }
    let seen = queue.change(|turn| {
        let now = turn.now();
        let has = |id: &str| turn.state().row(id).is_some();
        let mut seen = Seen::load(place, now, rules.dedupe_for, has)?;
        let mut rate = Rate::load(place, now, &rules)?;
        for draft in drafts {
            let has = |id: &str| turn.state().row(id).is_some();
            let (report, settings, source) = (&mut report, &settings, request.source);
            let (seen, rate) = (&mut seen, &mut rate);
            let mut clerk = Clerk { seen, rate, report, place, settings, now, source };
            let Some((task, draft)) = clerk.settle(draft, &has)? else { continue };
            let id = id_of(&task).to_owned();
            add(turn, task, place).map_err(|error| from(&draft.origin(source), error))?;
            report.add(draft, id, None);
        }
        rate.write()?;
        seen.write().map(|()| seen)
    })?;
    queue.sync()?;
    seen.done()?;
    Ok(report)
}

/// What would be submitted.
fn show(
    queue: &Queue,
    drafts: Vec<Draft>,
    rules: &Rules,
    settings: &Settings,
    (mut report, source): (Report, &str),
) -> Result<Report> {
    let now = clock::now();
    let has = |id: &str| queue.state().row(id).is_some();
    let mut seen = Seen::load(queue.place(), now, rules.dedupe_for, has)?;
    let mut rate = Rate::load(queue.place(), now, rules)?;
    let mut shown: BTreeSet<String> = BTreeSet::new();
    for draft in drafts {
        let has = |id: &str| queue.state().row(id).is_some() || shown.contains(id);
        let (place, report) = (queue.place(), &mut report);
        let (seen, rate) = (&mut seen, &mut rate);
        let mut clerk = Clerk { seen, rate, report, place, settings, now, source };
        let Some((task, draft)) = clerk.settle(draft, &has)? else { continue };
        let id = id_of(&task).to_owned();
        shown.insert(id.clone());
        report.add(draft, id, Some(Value::Object(task)));
    }
    Ok(report)
}

/// Adds a filled task, with its brief in a file.
pub fn add(turn: &mut Turn<'_>, mut task: Map<String, Value>, place: &Place) -> Result<()> {
    let id = id_of(&task).to_owned();
    template::write_brief(place, &mut task, &id)?;
    turn.submit(task)
}

/// A fault that says where it comes from, with its code and hint.
pub fn from(place: &str, error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref() {
        Some(Fault::Refused { message, hint }) => Fault::refused(format!("{place}: {message}"), hint),
        Some(Fault::Invalid { message, hint }) => Fault::invalid(format!("{place}: {message}"), hint),
        Some(Fault::Usage { message, hint }) => Fault::usage(format!("{place}: {message}"), hint),
        _ => error,
    }
}

fn id_of(task: &Map<String, Value>) -> &str {
    task.get("id").and_then(Value::as_str).unwrap_or_default()
}

/// What the rules make of one item.
fn plan(
    rules: &Rules,
    item: Item,
    behind: u64,
    source: &str,
    (drafts, report): (&mut Vec<Draft>, &mut Report),
) -> Result<()> {
    let line = item.line;
    let (kind, event) = match item.what {
        What::Event(kind, event) => (kind, event),
        What::Task(_) if !rules.inject => {
            return Err(Fault::refused(
                format!("{source} line {line} is a task from a room, and tasks are not taken from there"),
                "whoever writes there could run any command here; `inject = true` in `triggers.toml` allows it",
            ));
        }
        What::Task(task) => {
            drafts.push(injected(task, line, behind, source)?);
            return Ok(());
        }
    };
    let depth = behind.max(input::depth(&event)).saturating_add(1);
    let mut taken = false;
    for rule in rules.rules.iter().filter(|rule| rule.is_for(&kind)) {
        if let Some(path) = rule.each.as_ref().filter(|_| rule.lacks_list(&event)) {
            return Err(lacking(
                rule,
                (line, source),
                &format!("`{path}` is no list in it, and `each` needs one"),
            ));
        }
        taken |= rule.take(&event, |event| -> Result<()> {
            if depth > rule.max_depth {
                report.cut.push(Cut::new(rule, &kind, (line, depth), source));
            } else {
                drafts.push(draft(rule, &kind, event, (line, depth), source)?);
            }
            Ok(())
        })?;
    }
    report.ignored += usize::from(!taken);
    Ok(())
}

/// The error that an event lacks what a rule needs.
fn lacking(rule: &Rule, (line, source): (usize, &str), why: &str) -> anyhow::Error {
    Fault::invalid(
        format!("{source} line {line}: rule `{}`: {why}", rule.name),
        "nothing was submitted; let `when` ask for what the rule needs: `\"$.a.b\" = { exists = true }`",
    )
}

fn draft(rule: &Rule, kind: &str, event: &Value, (line, depth): (usize, u64), source: &str) -> Result<Draft> {
    let wrong = |why: &str| lacking(rule, (line, source), why);
    let mut task = rule.job.fill(event).map_err(|flaw| wrong(&flaw.message))?;
    let scope = template::text::Scope { event: Some(event), ..Default::default() };
    let key = rule.dedupe.as_ref().map(|text| text.fill(&scope)).transpose();
    let key = key.map_err(|why| wrong(&format!("`dedupe`: {why}")))?;
    task.entry("title").or_insert_with(|| rule.name.clone().into());
    let origin = json!({"rule": rule.name, "event": kind, "id": event.get("id")});
    remember(&mut task, "trigger", origin);
    Ok(Draft { line, event: kind.to_owned(), rule: Some(rule.name.clone()), key, depth, task })
}

/// A task from a room: as it is, but pending, and named.
fn injected(mut task: Map<String, Value>, line: usize, behind: u64, source: &str) -> Result<Draft> {
    if task.get("title").and_then(Value::as_str).is_none_or(|title| title.trim().is_empty()) {
        return Err(Fault::invalid(format!("{source} line {line}: the task has no `title`"), "give it one"));
    }
    for field in ["attempts", "cancelled"] {
        task.shift_remove(field);
    }
    Ok(Draft { line, event: "!mosaic-task".into(), rule: None, key: None, depth: behind + 1, task })
}

/// Who gives tasks their ids, and knows which were there before.
struct Clerk<'a> {
    seen: &'a mut Seen,
    rate: &'a mut Rate,
    report: &'a mut Report,
    place: &'a Place,
    settings: &'a Settings,
    now: Timestamp,
    source: &'a str,
}

impl Clerk<'_> {
    /// The whole task with its id, or none where it is there already.
    fn settle(
        &mut self,
        mut draft: Draft,
        has: &dyn Fn(&str) -> bool,
    ) -> Result<Option<(Map<String, Value>, Draft)>> {
        let fields = std::mem::take(&mut draft.task);
        let rule = draft.rule.clone();
        let digest = rule.as_ref().zip(draft.key.as_ref()).map(|(rule, key)| seen::digest(rule, key));
        let given = fields.get("id").and_then(Value::as_str).map(str::to_owned);
        let name = rule.as_deref().unwrap_or("room");
        let fresh = || {
            let time = self.now.strftime("%Y%m%dT%H%M%S");
            format!("{name}-{time}-{}", clock::base36(clock::random(), 6))
        };
        let keyed = || digest.as_ref().map(|digest| format!("{name}-{}", &digest[..16]));
        let id = given.or_else(keyed).unwrap_or_else(fresh);
        let before = digest.as_ref().and_then(|digest| self.seen.task(digest)).map(str::to_owned);
        let before = before.or_else(|| has(&id).then(|| id.clone()));
        if let (Some(task), Some(rule)) = (before, rule.clone()) {
            self.report.deduped.push(Deduped { line: draft.line, event: draft.event, rule, task });
            return Ok(None);
        }
        if let Some(rule) = &rule
            && let Err(most) = self.rate.take(rule)
        {
            let told = (rule.clone(), draft.event, draft.depth);
            self.report.cut.push(Cut::rate(told, most, draft.line, self.source));
            return Ok(None);
        }
        if let Some(digest) = &digest {
            self.seen.add(digest, &id, self.now);
        }
        let task = if rule.is_some() || fields.contains_key("dispatch") {
            whole(&id, fields, (draft.depth, self.now), (self.place, self.settings))
        } else {
            legacy(&id, &fields, self.place, self.settings)
        };
        let task = task.map_err(|error| from(&draft.origin(self.source), error))?;
        Ok(Some((task, draft)))
    }
}

/// A task of these fields with all that belongs to it, checked; with how many tasks lie behind it, unless it is one of the
/// old kind, to which nothing is added.
pub fn whole(
    id: &str,
    mut fields: Map<String, Value>,
    (depth, now): (u64, Timestamp),
    (place, settings): (&Place, &Settings),
) -> Result<Map<String, Value>> {
    fields.insert("status".into(), "pending".into());
    let mut task = submit::complete(&fields, id.into(), &now.to_string(), (place, settings))?;
    task.insert("depth".into(), depth.into());
    Ok(task)
}

/// A task from a room without `dispatch`.
fn legacy(
    id: &str,
    fields: &Map<String, Value>,
    place: &Place,
    settings: &Settings,
) -> Result<Map<String, Value>> {
    if !submit::is_id(id) {
        let hint = "1 to 128 of `A-Z a-z 0-9 . _ -`, beginning with a letter or digit";
        return Err(Fault::invalid(format!("`{}` is no id", id.escape_debug()), hint));
    }
    let mut task = Map::new();
    task.insert("id".into(), id.into());
    task.insert("title".into(), fields.get("title").cloned().unwrap_or_default());
    task.insert("status".into(), "pending".into());
    let others = fields.iter().filter(|(name, _)| !task.contains_key(*name));
    let others: Vec<_> = others.map(|(name, value)| (name.clone(), value.clone())).collect();
    task.extend(others);
    let read = serde_json::from_value(Value::Object(task.clone()))?;
    tasks::task(&read, place, settings)?;
    Ok(task)
}

/// Adds to a task's own values where it comes from.
pub fn remember(task: &mut Map<String, Value>, name: &str, value: Value) {
    let metadata = task.entry("metadata").or_insert_with(|| json!({}));
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.entry(name).or_insert(value);
    }
}

impl Report {
    fn add(&mut self, draft: Draft, task: String, definition: Option<Value>) {
        let Draft { line, event, rule, depth, .. } = draft;
        self.submitted.push(Submitted { line, event, rule, task, depth, definition });
    }
}
