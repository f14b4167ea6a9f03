//! `skill get`

use std::fmt::Write;

use anyhow::Result;

use crate::commands::Context;
use crate::domain::skills::catalog::Found;
use crate::domain::skills::{Skill, Story};
use crate::exit::Exit;
use crate::ui::{many_lines, one_line};

/// Show one skill
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its id
    id: String,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let found = super::catalog(context)?.get(&args.id)?;
    context.ui.result(&found, || describe(&found))?;
    Ok(Exit::Done)
}

fn describe(Found { skill, from, path }: &Found) -> String {
    let mut out = format!("{}: {}\n{}\n", skill.id, one_line(&skill.name), many_lines(&skill.description));
    let _ = writeln!(out, "stack: {}", one_line(&skill.stack.join(", ")));
    let path = path.as_ref().map(|path| format!(" `{}`", one_line(&path.to_string_lossy())));
    let _ = writeln!(out, "from: {}{}", from.word(), path.unwrap_or_default());
    for story in &skill.user_stories {
        told(&mut out, story);
    }
    for (stack, gates) in &skill.quality_gates {
        let _ = writeln!(out, "\ngates ({}): {}", one_line(stack), one_line(&gates.join(" · ")));
    }
    variables(&mut out, skill);
    let prompts = &skill.prompts;
    let texts = [
        ("system", &prompts.system),
        ("task template", &prompts.task_template),
        ("acceptance criteria", &prompts.acceptance_criteria),
    ];
    for (name, text) in texts.into_iter().filter(|(_, text)| !text.trim().is_empty()) {
        let text = many_lines(text).replace('\n', "\n  ");
        let _ = writeln!(out, "\nprompt ({name}):\n  {text}");
    }
    out
}

fn told(out: &mut String, story: &Story) {
    let Story { id, title, as_a, i_want, so_that, acceptance_criteria, depends_on } = story;
    let _ = writeln!(out, "\n{id} {}", one_line(title));
    let wish = format!("As a {as_a} I want {i_want} so that {so_that}");
    let _ = writeln!(out, "  {}", one_line(&wish));
    for criterion in acceptance_criteria {
        let _ = writeln!(out, "  - {}", one_line(criterion));
    }
    if !depends_on.is_empty() {
        let _ = writeln!(out, "  after {}", depends_on.join(", "));
    }
}

fn variables(out: &mut String, skill: &Skill) {
    if !skill.variables.is_empty() {
        out.push_str("\nvariables:\n");
    }
    for (name, variable) in &skill.variables {
        let default = variable.default.as_ref().map(|default| format!(" = {}", one_line(default)));
        let about = one_line(&variable.description);
        let about = if about.is_empty() { about } else { format!("  {about}") };
        let _ = writeln!(out, "  {name}{}{about}", default.unwrap_or_else(|| " (must be given)".into()));
    }
}
