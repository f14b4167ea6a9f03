//! Which skill a run goes by, and its stories made tasks where there are none yet.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::domain::beads::{Record, Store, who};
use crate::domain::loops::plan::Options;
use crate::domain::skills::apply::{self, Applied, Order, label};
use crate::domain::skills::catalog::{Catalog, Found};
use crate::domain::skills::guide::Guide;
use crate::domain::skills::{Skill, selected};
use crate::domain::stack;
use crate::domain::workspace::Workspace;

pub use crate::domain::skills::NONE;

/// A skill that was chosen.
#[derive(Debug)]
pub struct Choice {
    /// It.
    pub found: Found,
    /// Whether it was asked for by name, not selected some time before.
    pub named: bool,
}

impl Choice {
    /// That a skill counts which was not asked for by its name.
    pub fn announced(&self) -> String {
        format!("going by the selected skill `{}`; `--skill {NONE}` goes by none", self.found.skill.id)
    }
}

/// The skill that was asked for, else the selected one; [`NONE`] is none.
pub fn choose(workspace: &Workspace, asked: Option<&str>) -> Result<Option<Choice>> {
    let catalog = Catalog::new(Some(workspace));
    match asked {
        Some(NONE) => Ok(None),
        Some(id) => Ok(Some(Choice { found: catalog.get(id)?, named: true })),
        None => {
            let Some(id) = selected(workspace)? else { return Ok(None) };
            let found = catalog.get(&id).with_context(|| {
                format!("`{id}` is selected (`taskrun skill select --none` takes that back)")
            })?;
            Ok(Some(Choice { found, named: false }))
        }
    }
}

/// Has a run go by a skill, whose stories it makes tasks first where there are none. A run that was asked for by the
/// skill's name is limited to its tasks; a selected skill limits nothing, and is applied once only.
pub fn provide(choice: &Choice, options: &mut Options, notice: &mut dyn FnMut(&str)) {
    let skill = &choice.found.skill;
    options.skill = Some(choice.found.clone());
    if !choice.named {
        notice(&choice.announced());
    }
    let narrowed = options.task.is_some() || options.label.is_some();
    if skill.user_stories.is_empty() || narrowed || (!choice.named && options.epic.is_some()) {
        return;
    }
    options.stories = Some(Stories { skill: skill.clone(), named: choice.named });
    if choice.named {
        options.label = Some(label(&skill.id));
    }
}

/// A folder whose stack, rather than the root's, chooses the gates of the skill, which are run in it.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Its path.
    pub dir: PathBuf,
    /// What it is taken for, before what its files speak for.
    pub stack: String,
}

/// The skill that tasks are worked by; its gates go the way of the configured ones.
pub(super) fn guide(workspace: &Workspace, options: &Options) -> Result<Option<Guide>> {
    let Some(found) = options.skill.clone() else { return Ok(None) };
    let (dir, stack) = match &options.scene {
        Some(scene) => (scene.dir.as_path(), Some(scene.stack.as_str())),
        None => (workspace.root(), None),
    };
    let mut candidates = stack::candidates(dir)?;
    candidates.splice(..0, stack);
    let guide = Guide::new(found, &candidates, BTreeMap::new());
    let guide = match dir.strip_prefix(workspace.root()) {
        Ok(below) if below.as_os_str().is_empty() => guide,
        Ok(below) => guide.within(below),
        Err(_) => guide.within(dir),
    };
    Ok(Some(if options.no_gates { guide.without_gates() } else { guide }))
}

/// The stories that a run makes tasks before it takes the first one.
#[derive(Debug, Clone)]
pub struct Stories {
    skill: Skill,
    named: bool,
}

impl Stories {
    /// Makes them tasks, below this epic if below one, where a run would find none; nothing is written where it is only a
    /// `rehearsal`. The caller holds the run lock, else two would make them twice. Returns the epic, where that was made too.
    pub fn make(
        &self,
        (workspace, store): (&Workspace, &Store),
        epic: Option<&str>,
        rehearsal: bool,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Option<String>> {
        let skill = &self.skill;
        let tasks = tasks(store, &label(&skill.id), epic)?;
        let nothing_to_make = if self.named { tasks.open > 0 || tasks.all_done } else { tasks.any > 0 };
        if nothing_to_make {
            return Ok(None);
        }
        let author = who(workspace.root());
        let epic = epic.map(str::to_owned);
        let order = Order { epic, dry_run: rehearsal, author, ..Order::default() };
        let applied = apply::apply(store, skill, &order)?;
        notice(&told(&skill.id, &applied, rehearsal));
        Ok((applied.new_epic && !rehearsal).then_some(applied.epic.id))
    }
}

fn told(skill: &str, applied: &Applied, rehearsal: bool) -> String {
    let made = applied.tasks.iter().filter(|(_, new)| *new).count();
    let plural = if made == 1 { "" } else { "s" };
    match (rehearsal, made, applied.new_epic) {
        (_, 0, _) => format!("every story of `{skill}` is a task below `{}` already", applied.epic.id),
        (true, _, _) => format!("there is no open task of `{skill}`: {made} would be made first"),
        (false, _, true) => {
            format!("made {made} task{plural} of `{skill}` below the new epic `{}`", applied.epic.id)
        }
        (false, _, false) => format!("made {made} task{plural} of `{skill}` below `{}`", applied.epic.id),
    }
}

/// How many tasks of a skill there are.
struct Tasks {
    open: usize,
    any: usize,
    /// The epic is closed, and they with it.
    all_done: bool,
}

fn tasks(store: &Store, label: &str, epic: Option<&str>) -> Result<Tasks> {
    store.view(|table| {
        let graph = table.graph();
        let below = epic.map(|epic| table.resolve(epic)).transpose()?;
        let closed = below.as_deref().and_then(|epic| table.get(epic)).is_some_and(Record::is_settled);
        let below = below.as_deref().map(|epic| graph.below(epic));
        let mut tasks = Tasks { open: 0, any: 0, all_done: false };
        for record in graph.records() {
            let own = record.labels().iter().any(|has| **has == *label) && record.kind() != "epic";
            if own && !record.is_tombstone() && below.as_ref().is_none_or(|ids| ids.contains(&*record.id)) {
                tasks.any += 1;
                tasks.open += usize::from(!record.is_settled());
            }
        }
        tasks.all_done = closed && tasks.any > 0 && tasks.open == 0;
        Ok(tasks)
    })
}
