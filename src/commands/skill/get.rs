//! `skill get`

use std::fmt::Write;

use anyhow::Result;

use crate::commands::Context;
use crate::domain::skills::Skill;
use crate::exit::Exit;

/// Show one skill
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its id
    id: String,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let found = super::catalog(context)?.get(&args.id)?;
    context.ui.result(&found, || describe(&found.skill))?;
    Ok(Exit::Done)
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
