//! Makes issues that may refer to each other: all of them in one write, or none.

use std::cell::OnceCell;
use std::collections::HashMap;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};

use super::comment::{self, Remark};
use super::create::{New, check_title, check_type};
use super::deps;
use super::graph::Graph;
use super::ids;
use super::line::{Line, quote};
use super::table::Table;

/// Ids with more dots than this are lost by some versions of `bd`.
const DOTS: usize = 3;

/// An issue that is to be made, perhaps together with others.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// What it is to be; `parent` and `deps` name issues that are there already.
    pub new: New,
    /// What it is called in errors, where its title would not do.
    pub place: String,
    /// The draft it belongs to, which comes before it in the list.
    pub parent: Option<usize>,
    /// The drafts that must be closed first.
    pub waits_for: Vec<usize>,
    /// What was noted on the way.
    pub notes: String,
    /// What it is called elsewhere.
    pub external_ref: String,
    /// A JSON object that `bd` keeps for others; empty for none.
    pub metadata: String,
    /// Why it is closed already; `None` leaves it open.
    pub closed: Option<String>,
    /// When it was made, changed and closed; now, where nothing is given.
    pub times: Times,
    /// Its place in an order of age: what has a smaller rank counts as made before.
    pub rank: Option<usize>,
    /// What was said about it.
    pub comments: Vec<Remark>,
}

/// When things happened to an issue.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// It was made.
    pub created: Option<Timestamp>,
    /// It last changed.
    pub updated: Option<Timestamp>,
    /// It was closed.
    pub closed: Option<Timestamp>,
}

/// What new lines of a file must be like.
#[derive(Debug, Clone, Copy)]
pub struct Make {
    /// They say `"_type":"issue"` and carry counters.
    pub typed: bool,
    /// What counts as now.
    pub now: Timestamp,
}

impl Make {
    /// That of the lines that are there.
    pub fn of(table: &Table) -> Self {
        Self { typed: table.is_typed(), now: table.now() }
    }
}

/// One draft with its id and all it depends on.
struct Placed {
    id: String,
    /// Whom, and how; the parent first.
    deps: Vec<(String, String)>,
}

/// Appends all of `drafts` to the table and returns their ids in order. What cannot be is refused before
/// anything is appended: bad titles and types, unknown ids, circles, children that wait for their parent.
pub fn create(table: &mut Table, drafts: &[Draft], fallback: Option<&str>) -> Result<Vec<String>> {
    for draft in drafts {
        check_title(&draft.new.title)?;
        check_type(table, &draft.new.kind)?;
    }
    if let Some(circle) = circle(drafts) {
        let names: Vec<&str> = circle.iter().map(|&at| drafts[at].name()).collect();
        return Err(deps::circle(&names));
    }
    let placed = place(table, drafts, fallback)?;
    let make = Make::of(table);
    let mut numbers = None;
    for (at, (draft, placed)) in drafts.iter().zip(&placed).enumerate() {
        // All at the same time would be no order: the last is made now, each other before the next.
        let later = drafts.len().saturating_sub(draft.rank.unwrap_or(at) + 1);
        let age = SignedDuration::from_micros(i64::try_from(later).unwrap_or(0));
        let mut line =
            line(draft, placed, Make { now: make.now.checked_sub(age).unwrap_or(make.now), ..make });
        for said in &draft.comments {
            let numbers = match &mut numbers {
                Some(numbers) => numbers,
                none => none.insert(comment::Ids::of(table)?),
            };
            comment::push(&mut line, &numbers.record(&placed.id, said));
        }
        table.push(&line)?;
    }
    Ok(placed.into_iter().map(|placed| placed.id).collect())
}

impl Draft {
    /// What to call it in an error.
    fn name(&self) -> &str {
        if self.place.is_empty() { &self.new.title } else { &self.place }
    }
}

/// The first circle of drafts that wait for each other or belong to each other.
pub fn circle(drafts: &[Draft]) -> Option<Vec<usize>> {
    let next = |at: usize| {
        let draft: &Draft = &drafts[at];
        draft.waits_for.iter().copied().chain(draft.parent).collect::<Vec<_>>()
    };
    let (mut done, mut depth) = (vec![false; drafts.len()], vec![None; drafts.len()]);
    for start in 0..drafts.len() {
        // An explicit stack: a chain of 100,000 must not overflow ours.
        let mut path = Vec::new();
        if !done[start] {
            depth[start] = Some(0);
            path.push((start, next(start)));
        }
        while let Some((at, rest)) = path.last_mut() {
            let Some(to) = rest.pop() else {
                (done[*at], depth[*at]) = (true, None);
                path.pop();
                continue;
            };
            if let Some(from) = depth[to] {
                let circle = path[from..].iter().map(|(at, _)| *at);
                return Some(circle.chain([to]).collect());
            }
            if !done[to] {
                depth[to] = Some(path.len());
                path.push((to, next(to)));
            }
        }
    }
    None
}

/// Finds out whom the drafts belong to and wait for, and gives each an id.
fn place(table: &Table, drafts: &[Draft], fallback: Option<&str>) -> Result<Vec<Placed>> {
    let graph = OnceCell::new();
    let ids = name(table, drafts, fallback)?;
    let mut placed: Vec<Placed> = Vec::with_capacity(drafts.len());
    for (at, draft) in drafts.iter().enumerate() {
        let id = &ids[at].0;
        let parent = ids[at].1.clone();
        let mut targets: Vec<(String, String)> = Vec::new();
        targets.extend(parent.iter().map(|parent| (parent.clone(), "parent-child".to_owned())));
        let mut wanted = Vec::with_capacity(draft.new.deps.len() + draft.waits_for.len());
        for dep in &draft.new.deps {
            let (kind, given) = deps::split(dep)?;
            let target = table.resolve(given);
            let target =
                if draft.place.is_empty() { target } else { target.with_context(|| draft.place.clone()) };
            wanted.push((target?, kind.to_owned()));
        }
        wanted.extend(draft.waits_for.iter().map(|&other| (ids[other].0.clone(), "blocks".to_owned())));
        for (target, kind) in wanted {
            if !targets.iter().any(|(known, _)| *known == target) {
                targets.push((target, kind));
            } else if parent.as_ref() == Some(&target) {
                return Err(deps::second_to_parent(id, &target, &kind));
            }
        }
        for (target, kind) in targets.iter().skip(usize::from(parent.is_some())) {
            let above = std::iter::successors(draft.parent, |&at| drafts[at].parent);
            let waits = matches!(kind.as_str(), "blocks" | "conditional-blocks" | "waits-for");
            if waits && above.into_iter().any(|at| ids[at].0 == *target) {
                return Err(deps::own_parent(id, target));
            }
            let top = std::iter::successors(Some(at), |&at| drafts[at].parent).last().unwrap_or(at);
            let graph: &Graph = graph.get_or_init(|| table.graph());
            deps::check_ancestors(graph, ids[top].1.as_deref(), target, kind, id)?;
        }
        placed.push(Placed { id: id.clone(), deps: targets });
    }
    Ok(placed)
}

/// The id of each draft and that of its parent.
fn name(table: &Table, drafts: &[Draft], fallback: Option<&str>) -> Result<Vec<(String, Option<String>)>> {
    let mut parents = Vec::with_capacity(drafts.len());
    for draft in drafts {
        parents.push(draft.new.parent.as_deref().map(|parent| table.resolve(parent)).transpose()?);
    }
    // How deep each is below a new name of its own.
    let mut dots: Vec<usize> = Vec::with_capacity(drafts.len());
    for (draft, parent) in drafts.iter().zip(&parents) {
        let above =
            draft.parent.map(|at| dots[at]).or_else(|| parent.as_ref().map(|id| id.matches('.').count()));
        let single = drafts.len() == 1;
        dots.push(above.map(|above| above + 1).filter(|dots| single || *dots <= DOTS).unwrap_or(0));
    }
    let tops = dots.iter().filter(|dots| **dots == 0).count();
    let mut tops = if tops == 0 {
        Vec::new().into_iter()
    } else {
        ids::several(table, &ids::prefix(table, fallback), tops)?.into_iter()
    };
    let mut next: HashMap<String, u64> = HashMap::new();
    let mut named: Vec<(String, Option<String>)> = Vec::with_capacity(drafts.len());
    for (at, draft) in drafts.iter().enumerate() {
        let parent = draft.parent.map(|parent| named[parent].0.clone()).or(parents[at].take());
        let id = match parent.as_ref().filter(|_| dots[at] > 0) {
            None => tops.next().unwrap_or_default(),
            Some(parent) => {
                let number = match (next.get(parent), draft.parent) {
                    // Past the small numbers others may be taken.
                    (Some(number), None) if *number == u64::from(ids::MOVED) => {
                        self::number(&ids::child_after(table, parent, ids::MOVED - 1)?)
                    }
                    (Some(number), _) => *number,
                    // Nobody can know a child of what is only being made.
                    (None, Some(_)) => 1,
                    (None, None) => self::number(&ids::child(table, parent)?),
                };
                next.insert(parent.clone(), number + 1);
                format!("{parent}.{number}")
            }
        };
        named.push((id, parent));
    }
    Ok(named)
}

/// The number at the end of a child's id.
fn number(id: &str) -> u64 {
    id.rsplit_once('.').and_then(|(_, number)| number.parse().ok()).unwrap_or(1)
}

fn line(draft: &Draft, placed: &Placed, make: Make) -> Line {
    let mut line = Line::new("{}");
    if make.typed {
        line.set("_type", "\"issue\"");
        for count in ["dependency_count", "dependent_count", "comment_count"] {
            line.set(count, "0");
        }
    }
    let new = &draft.new;
    let created = draft.times.created.unwrap_or(make.now);
    let closed = draft.times.closed.unwrap_or(make.now).to_string();
    let texts = [
        ("id", placed.id.as_str()),
        ("title", &new.title),
        ("design", &new.design),
        ("acceptance_criteria", &new.acceptance),
        ("notes", &draft.notes),
        ("status", if draft.closed.is_some() { "closed" } else { "open" }),
        ("issue_type", &new.kind),
        ("assignee", &new.assignee),
        ("created_at", &created.to_string()),
        ("created_by", &new.author),
        ("updated_at", &draft.times.updated.unwrap_or(make.now).max(created).to_string()),
        ("closed_at", draft.closed.as_ref().map_or("", |_| &closed)),
        ("close_reason", draft.closed.as_deref().unwrap_or_default()),
        ("external_ref", &draft.external_ref),
        ("description", &new.description),
    ];
    for (key, value) in texts.into_iter().filter(|(_, value)| !value.is_empty()) {
        line.set_text(key, value);
    }
    line.set("priority", &new.priority.to_string());
    if let Some(minutes) = new.estimate {
        line.set("estimated_minutes", &minutes.to_string());
    }
    if !draft.metadata.is_empty() {
        line.set("metadata", &draft.metadata);
    }
    for label in &new.labels {
        line.push("labels", &quote(label));
    }
    for (target, kind) in &placed.deps {
        line.push("dependencies", &deps::record(&make, &placed.id, target, kind, &new.author));
        if kind == "blocks" {
            line.count("dependency_count", 1);
        }
    }
    line
}
