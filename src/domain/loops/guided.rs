//! Which skill a run goes by, and its stories made tasks where there are none yet.

use anyhow::{Context, Result};

use crate::domain::beads::{Store, who};
use crate::domain::loops::plan::{Options, plan};
use crate::domain::skills::apply::{self, Applied, Order, label};
use crate::domain::skills::catalog::{Catalog, Found};
use crate::domain::skills::selected;
use crate::domain::workspace::Workspace;
use crate::system::config::Config;

/// The word that stands for no skill.
pub const NONE: &str = "none";

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

/// Has a run go by a skill. Makes the stories of the skill tasks where a run would find none, and limits a run that was asked for by the skill's
/// name to its tasks. A selected skill limits nothing, and is applied once only. Without writing where it is only a
/// `rehearsal`.
pub fn provide(
    (workspace, config): (&Workspace, &Config),
    choice: &Choice,
    options: &mut Options,
    rehearsal: bool,
    notice: &mut dyn FnMut(&str),
) -> Result<()> {
    let skill = &choice.found.skill;
    options.skill = Some(choice.found.clone());
    if !choice.named {
        notice(&choice.announced());
    }
    let narrowed = options.task.is_some() || options.label.is_some();
    if skill.user_stories.is_empty() || narrowed || (!choice.named && options.epic.is_some()) {
        return Ok(());
    }
    let store = Store::open(workspace)?;
    let tasks = tasks(&store, &label(&skill.id), options.epic.as_deref())?;
    let wanted = if choice.named { tasks.open == 0 } else { tasks.any == 0 };
    if wanted {
        // A run that cannot be leaves no tasks behind.
        plan(workspace, config, options)?;
        let author = who(workspace.root());
        let epic = options.epic.clone();
        let order = Order { epic, dry_run: rehearsal, author, ..Order::default() };
        let applied = apply::apply(&store, skill, &order)?;
        notice(&told(&skill.id, &applied, rehearsal));
    }
    if choice.named {
        options.label = Some(label(&skill.id));
    }
    Ok(())
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
}

fn tasks(store: &Store, label: &str, epic: Option<&str>) -> Result<Tasks> {
    store.view(|table| {
        let graph = table.graph();
        let below = epic.map(|epic| table.resolve(epic)).transpose()?;
        let below = below.as_deref().map(|epic| graph.below(epic));
        let mut tasks = Tasks { open: 0, any: 0 };
        for record in graph.records() {
            let own = record.labels().iter().any(|has| **has == *label) && record.kind() != "epic";
            if own && !record.is_tombstone() && below.as_ref().is_none_or(|ids| ids.contains(&*record.id)) {
                tasks.any += 1;
                tasks.open += usize::from(!record.is_settled());
            }
        }
        Ok(tasks)
    })
}
