//! `skill select`

use anyhow::Result;
use serde_json::json;

use crate::commands::Context;
use crate::domain::skills::catalog::{Catalog, Found, Listed};
use crate::domain::skills::selection;
use crate::domain::workspace::Workspace;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::ui::menu::Entry;
use crate::ui::one_line;

/// Select the skill that the next `loop run` goes by
///
/// On a terminal a list to choose from: the arrow keys or `j` and `k` move, letters filter (`/` first for those that begin
/// with `j`, `k` or `q`), Enter chooses, Esc leaves everything as it is. `skill list` marks the selected one; `loop run
/// --skill` goes before it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which one [default: asks on a terminal]
    #[arg(value_name = "ID", conflicts_with = "none")]
    id: Option<String>,
    /// Select none: tasks are worked by themselves again
    #[arg(long)]
    none: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let workspace = context.workspace()?;
    if args.none {
        selection::clear(&workspace)?;
        context.ui.result(&json!({"selected": null}), || "no skill is selected".into())?;
        return Ok(Exit::Done);
    }
    match &args.id {
        Some(id) => select(&workspace, id, context),
        None if context.ui.can_choose() => choose(&workspace, context),
        None => Err(Fault::usage(
            "which skill? Without a terminal nobody can be asked",
            "name it: `taskrun skill select ID`; `taskrun skill list` shows all and marks the selected one",
        )),
    }
}

fn select(workspace: &Workspace, id: &str, context: &Context) -> Result<Exit> {
    let Found { skill, from, .. } = selection::select(workspace, id)?;
    let told = json!({"selected": skill.id, "name": skill.name, "from": from});
    context.ui.result(&told, || {
        format!("selected `{}` ({}): the next `loop run` goes by it", skill.id, one_line(&skill.name))
    })?;
    Ok(Exit::Done)
}

fn choose(workspace: &Workspace, context: &Context) -> Result<Exit> {
    let (skills, broken) = Catalog::new(Some(workspace)).heads();
    let before = selection::selected(workspace)?;
    let entry = |skill: &Listed| {
        let now = if before.as_ref() == Some(&skill.id) { "(selected) " } else { "" };
        let detail = format!("{now}{}: {}", skill.name, skill.description);
        Entry { name: skill.id.clone(), detail, always: false }
    };
    let mut entries: Vec<Entry> = skills.iter().map(entry).collect();
    entries.push(Entry { name: "+ New skill".into(), detail: String::new(), always: true });
    let at = skills.iter().position(|skill| before.as_ref() == Some(&skill.id));
    let chosen = context.ui.choose("Select a skill", &entries, at.unwrap_or(0))?;
    for error in broken {
        context.ui.warn(&format!("{error:#}"));
    }
    match chosen.map(|index| skills.get(index)) {
        Some(Some(skill)) => select(workspace, &skill.id, context),
        Some(None) => make(context),
        None => {
            context.ui.progress("nothing was changed");
            Ok(Exit::Done)
        }
    }
}

/// What `skill new` does, with the id asked for.
fn make(context: &Context) -> Result<Exit> {
    match context.ui.ask("id of the new skill:")?.filter(|id| !id.is_empty()) {
        Some(id) => super::new::run(&super::new::Args::called(id), context),
        None => Ok(Exit::Done),
    }
}
