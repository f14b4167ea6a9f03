//! Makes the stories of a skill tasks: below an epic, in order, all or nothing, and again without doubling any.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Skill;
use super::values::Values;
use crate::domain::attempt::checklist::listed;
use crate::domain::attempt::prompt::one_line;
use crate::domain::beads::batch::{self, Draft};
use crate::domain::beads::{Issue, Line, New, Store, Table, depend};
use crate::fault::Fault;

/// How the label begins that says of which skill a task is.
pub const LABEL: &str = "skill:";
/// How the label begins that says of which story it is; `bd` keeps labels in every version.
const STORY: &str = "story:";

/// The label of a skill's tasks.
pub fn label(skill: &str) -> String {
    format!("{LABEL}{skill}")
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// The epic that the tasks go below; none makes a new one.
    pub epic: Option<String>,
    /// Values of variables, by name.
    pub set: BTreeMap<String, String>,
    /// Whether nothing is written.
    pub dry_run: bool,
    /// Who makes them.
    pub author: String,
}

/// What came of it.
#[derive(Debug)]
pub struct Applied {
    /// The epic.
    pub epic: Issue,
    /// Whether it was made now.
    pub new_epic: bool,
    /// A task for each story, in the skill's order, and whether it was made now.
    pub tasks: Vec<(Issue, bool)>,
    /// Variables that another value was given for than the tasks that were there are made with.
    pub kept: Vec<String>,
}

/// What a task was made with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MadeWith {
    /// The skill's id.
    pub id: String,
    /// The story's id; empty for the epic.
    pub story: String,
    /// The values.
    pub set: BTreeMap<String, String>,
}

/// The skill that a task was made of, by its label; of several the first.
pub fn skill_of(issue: &Issue) -> Option<&str> {
    issue.labels.iter().find_map(|label| label.strip_prefix(LABEL))
}

/// What the task says it was made with, where it does.
pub fn made_with(issue: &Issue) -> Option<MadeWith> {
    let line = Line::new(&issue.json);
    let ours = Line::new(line.get("metadata")?).get("taskrun")?.to_owned();
    serde_json::from_str(Line::new(&ours).get("skill")?).ok()
}

/// Carried out of a change as an error, so that nothing is written.
#[derive(Debug, thiserror::Error)]
#[error("nothing is written")]
struct Rehearsed(Box<Applied>);

/// Applies a skill. With an epic that has some of its tasks already, closed ones too, these stay as they are and only the
/// missing ones are made; values they were made with count where no others are given.
pub fn apply(store: &Store, skill: &Skill, order: &Order) -> Result<Applied> {
    if skill.user_stories.is_empty() {
        return Err(Fault::refused(
            format!("skill `{}` has no stories that could become tasks", skill.id),
            format!("its prompts and gates are used by `taskrun loop run --skill {}`", skill.id),
        ));
    }
    let fallback = store.configured_prefix()?;
    let done = store.change(|table| {
        let applied = make(table, skill, order, fallback.as_deref())?;
        if order.dry_run { Err(Rehearsed(Box::new(applied)).into()) } else { Ok(applied) }
    });
    match done {
        Err(error) => error.downcast::<Rehearsed>().map(|rehearsed| *rehearsed.0),
        done => done,
    }
}

fn make(table: &mut Table, skill: &Skill, order: &Order, fallback: Option<&str>) -> Result<Applied> {
    let epic = order.epic.as_deref().map(|epic| open_epic(table, epic)).transpose()?;
    let (there, known) = match &epic {
        Some(epic) => there(table, skill, epic)?,
        None => (vec![None; skill.user_stories.len()], BTreeMap::new()),
    };
    let values = Values::of(skill, &order.set, &known)?;
    let maker = Maker { skill, values: &values, author: &order.author };
    let offset = usize::from(epic.is_none());
    let mut drafts: Vec<Draft> = if epic.is_none() { vec![maker.epic()] } else { Vec::new() };
    let mut places: Vec<Option<usize>> = Vec::with_capacity(there.len());
    for known in &there {
        places.push(known.is_none().then(|| offset + places.iter().flatten().count()));
    }
    for (at, _) in there.iter().enumerate().filter(|(_, known)| known.is_none()) {
        drafts.push(maker.task(at, epic.as_deref(), (&there, &places))?);
    }
    let ids = batch::create(table, &drafts, fallback)?;
    let id = |at: usize| {
        there[at].clone().or_else(|| places[at].map(|place| ids[place].clone())).unwrap_or_default()
    };
    wait_for_new(table, skill, &there, &id, &order.author)?;
    let epic = epic.unwrap_or_else(|| ids[0].clone());
    let tasks = (0..there.len()).map(|at| Ok((table.issue(&id(at))?, there[at].is_none())));
    let tasks = tasks.collect::<Result<_>>()?;
    let other = |name: &&String| known.get(*name).is_some_and(|made| *made != order.set[*name]);
    let kept = order.set.keys().filter(other).cloned().collect();
    Ok(Applied { epic: table.issue(&epic)?, new_epic: offset == 1, tasks, kept })
}

/// The id of an epic that tasks can go below.
fn open_epic(table: &Table, given: &str) -> Result<String> {
    let issue = table.issue(&table.resolve(given)?)?;
    if issue.is_closed() {
        let hint = format!("`taskrun beads reopen {}` makes it open again", issue.id);
        return Err(Fault::refused(format!("`{}` is closed", issue.id), hint));
    }
    if issue.kind != "epic" {
        let hint = "name an epic, or leave `--epic` out for a new one";
        return Err(Fault::refused(format!("`{}` is a {}, not an epic", issue.id, issue.kind), hint));
    }
    Ok(issue.id)
}

/// The id of each story's task, where there is one.
type Known = Vec<Option<String>>;

/// The task of each story that the epic has already, and the values these were made with.
fn there(table: &Table, skill: &Skill, epic: &str) -> Result<(Known, BTreeMap<String, String>)> {
    let own = label(&skill.id);
    let graph = table.graph();
    let children: Vec<_> = graph
        .children(epic)
        .into_iter()
        .filter(|child| !child.is_tombstone() && child.labels().iter().any(|label| **label == *own))
        .collect();
    let task = |story: &str| {
        let story = format!("{STORY}{story}");
        children.iter().find(|child| child.labels().iter().any(|label| **label == *story))
    };
    let there =
        skill.user_stories.iter().map(|story| task(&story.id).map(|child| child.id.to_string())).collect();
    let mut known = BTreeMap::new();
    for child in children.iter().rev() {
        known.extend(made_with(&table.issue(&child.id)?).unwrap_or_default().set);
    }
    // What the skill does not have any more was given to an older one.
    known.retain(|name, _| skill.variables.contains_key(name));
    Ok((there, known))
}

/// Tasks that were there wait for those that had to be made again.
fn wait_for_new(
    table: &mut Table,
    skill: &Skill,
    there: &[Option<String>],
    id: &dyn Fn(usize) -> String,
    author: &str,
) -> Result<()> {
    for (at, story) in skill.user_stories.iter().enumerate() {
        let Some(known) = &there[at] else { continue };
        let open = table.get(known).is_some_and(|record| !record.is_settled());
        for first in story.depends_on.iter().filter_map(|id| position(skill, id)).filter(|_| open) {
            if there[first].is_none() {
                depend(table, known, &id(first), "blocks", author)?;
            }
        }
    }
    Ok(())
}

fn position(skill: &Skill, story: &str) -> Option<usize> {
    skill.user_stories.iter().position(|own| own.id == story)
}

/// Makes drafts of a skill's parts.
struct Maker<'m> {
    skill: &'m Skill,
    values: &'m Values,
    author: &'m str,
}

impl Maker<'_> {
    fn epic(&self) -> Draft {
        Draft {
            new: New {
                title: one_line(&self.skill.name),
                kind: "epic".into(),
                priority: 2,
                description: self.skill.description.clone(),
                labels: vec![label(&self.skill.id)],
                author: self.author.to_owned(),
                ..New::default()
            },
            metadata: self.metadata(""),
            ..Draft::default()
        }
    }

    fn task(
        &self,
        at: usize,
        epic: Option<&str>,
        (there, places): (&[Option<String>], &[Option<usize>]),
    ) -> Result<Draft> {
        let story = &self.skill.user_stories[at];
        let place = format!("skill `{}`, story `{}`", self.skill.id, story.id);
        let fill = |text: &str| self.values.fill(text, &place);
        let line = |text: &str| fill(text).map(|text| one_line(&text));
        let criteria = story.acceptance_criteria.iter().map(|text| fill(text)).collect::<Result<Vec<_>>>()?;
        let first: Vec<usize> = story.depends_on.iter().filter_map(|id| position(self.skill, id)).collect();
        Ok(Draft {
            new: New {
                title: line(&story.title)?,
                kind: "task".into(),
                priority: 2,
                description: format!(
                    "As a {}, I want {}, so that {}.",
                    line(&story.as_a)?,
                    line(&story.i_want)?,
                    line(&story.so_that)?.trim_end_matches('.')
                ),
                acceptance: listed(criteria.iter().map(String::as_str)),
                parent: epic.map(str::to_owned),
                deps: first.iter().filter_map(|first| there[*first].clone()).collect(),
                labels: vec![label(&self.skill.id), format!("{STORY}{}", story.id)],
                author: self.author.to_owned(),
                ..New::default()
            },
            place,
            parent: epic.is_none().then_some(0),
            waits_for: first.iter().filter_map(|first| places[*first]).collect(),
            metadata: self.metadata(&story.id),
            ..Draft::default()
        })
    }

    fn metadata(&self, story: &str) -> String {
        let made =
            MadeWith { id: self.skill.id.clone(), story: story.to_owned(), set: self.values.map().clone() };
        json!({"taskrun": {"skill": made}}).to_string()
    }
}
