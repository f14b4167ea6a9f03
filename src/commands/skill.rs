//! `skill list|get`

use std::fmt::Write;

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use crate::commands::Context;
use crate::domain::skills::Skill;
use crate::domain::skills::catalog::{Catalog, Found};
use crate::domain::workspace::Workspace;
use crate::exit::Exit;

/// Show the skills: kinds of work with their stories, gates and prompts.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the skills
    List {
        /// Only those for this stack
        #[arg(long, value_name = "STACK")]
        stack: Option<String>,
    },
    /// Show one skill
    Get {
        /// Its id
        id: String,
    },
}

/// Runs one of them.
pub fn run(command: Command, context: &Context) -> Result<Exit> {
    let found = Workspace::find(context.global.workspace.as_deref())?;
    let catalog = Catalog::new(found.as_ref().map(|found| &found.workspace));
    match command {
        Command::List { stack } => list(&catalog, stack.as_deref(), context),
        Command::Get { id } => {
            let found = catalog.get(&id)?;
            context.ui.result(&found, || describe(&found.skill))?;
            Ok(Exit::Done)
        }
    }
}

fn list(catalog: &Catalog, stack: Option<&str>, context: &Context) -> Result<Exit> {
    let (mut skills, broken) = catalog.list()?;
    for error in broken {
        context.ui.warn(&format!("{error:#}"));
    }
    skills.retain(|found| stack.is_none_or(|stack| found.skill.fits(stack)));
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

fn describe(skill: &Skill) -> String {
    let mut out = format!("{}: {}\n{}\n", skill.id, skill.name, skill.description);
    let _ = writeln!(out, "stack: {}", skill.stack.join(", "));
    for story in &skill.user_stories {
        let _ = writeln!(out, "\n{} {}", story.id, story.title);
        let _ = writeln!(out, "  As a {} I want {} so that {}", story.as_a, story.i_want, story.so_that);
        for criterion in &story.acceptance_criteria {
            let _ = writeln!(out, "  - {criterion}");
        }
        if !story.depends_on.is_empty() {
            let _ = writeln!(out, "  after {}", story.depends_on.join(", "));
        }
    }
    for (stack, gates) in &skill.quality_gates {
        let _ = writeln!(out, "\ngates ({stack}): {}", gates.join(" · "));
    }
    out
}
