//! `skill list`

use anyhow::Result;
use serde_json::json;

use crate::commands::Context;
use crate::domain::skills::catalog::Found;
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
    let entries: Vec<_> = skills.iter().map(entry).collect();
    let width = skills.iter().map(|found| found.skill.id.len()).max().unwrap_or(0);
    context.ui.result(&entries, || {
        let line = |Found { skill, .. }: &Found| {
            let (id, stories, stack) = (&skill.id, skill.user_stories.len(), skill.stack.join(","));
            format!("{id:<width$}  {stories:>2} stories  {stack:<8}  {}\n", skill.name)
        };
        skills.iter().map(line).collect()
    })?;
    Ok(Exit::Done)
}

fn entry(Found { skill, from }: &Found) -> serde_json::Value {
    json!({
        "id": skill.id,
        "name": skill.name,
        "description": skill.description,
        "stack": skill.stack,
        "stories": skill.user_stories.len(),
        "from": from,
    })
}
