//! `skill render`

use anyhow::Result;
use serde_json::json;

use crate::commands::Context;
use crate::commands::macp::pair;
use crate::domain::loops::preview;
use crate::domain::skills::catalog::Catalog;
use crate::domain::skills::values;
use crate::exit::Exit;
use crate::system::config;

/// Print the prompt an agent would get for a task by a skill
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The skill
    id: String,
    /// The task
    #[arg(long, value_name = "ID")]
    task: String,
    /// A value of a variable of the skill, instead of the one the task was made with; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let workspace = context.workspace()?;
    let config = config::load(Some(&workspace.config_file()))?;
    let found = Catalog::new(Some(&workspace)).get(&args.id)?;
    let skill = found.skill.id.clone();
    let set = values::named(&args.set)?;
    let (task, prompt) = preview::rendered(&workspace, &config, &args.task, (found, set))?;
    context.ui.result(&json!({"skill": skill, "task": task, "prompt": prompt}), || prompt.clone())?;
    Ok(Exit::Done)
}
