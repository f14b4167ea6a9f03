//! `skill list`

use anyhow::Result;
use serde_json::json;

use crate::commands::Context;
use crate::domain::skills::catalog::Found;
use crate::domain::skills::selected;
use crate::domain::workspace::Workspace;
use crate::exit::Exit;

/// List the skills, and where each comes from
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only those for this stack
    #[arg(long, value_name = "STACK")]
    stack: Option<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let (mut skills, broken) = super::catalog(context)?.list()?;
    for error in broken {
        context.ui.warn(&format!("{error:#}"));
    }
    skills.retain(|found| args.stack.as_ref().is_none_or(|stack| found.skill.fits(stack)));
    let workspace = Workspace::find(context.global.workspace.as_deref())?.map(|found| found.workspace);
    let selected = workspace.as_ref().map(selected).transpose().unwrap_or_else(|error| {
        context.ui.warn(&format!("{error:#}"));
        None
    });
    let selected = selected.flatten();
    let is_selected = |found: &Found| selected.as_ref() == Some(&found.skill.id);
    let entries: Vec<_> = skills.iter().map(|found| entry(found, is_selected(found))).collect();
    let width = skills.iter().map(|found| found.skill.id.len()).max().unwrap_or(0);
    context.ui.result(&entries, || {
        let line = |found: &Found| {
            let skill = &found.skill;
            let mark = if is_selected(found) { " (selected)" } else { "" };
            let (id, stories, stack) = (&skill.id, skill.user_stories.len(), skill.stack.join(","));
            format!("{id:<width$}  {stories:>2} stories  {stack:<8}  {}{mark}\n", skill.name)
        };
        skills.iter().map(line).collect()
    })?;
    Ok(Exit::Done)
}

fn entry(Found { skill, from }: &Found, selected: bool) -> serde_json::Value {
    let mut entry = json!({
        "id": skill.id,
        "name": skill.name,
        "description": skill.description,
        "stack": skill.stack,
        "stories": skill.user_stories.len(),
        "from": from,
    });
    if selected {
        entry["selected"] = true.into();
    }
    entry
}
