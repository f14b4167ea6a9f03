//! `skill apply`

use std::fmt::Write;

use anyhow::Result;
use serde_json::{Value, json};

use crate::commands::Context;
use crate::commands::macp::pair;
use crate::domain::beads::{self, Issue, Store};
use crate::domain::skills::apply::{self, Applied, Order};
use crate::domain::skills::catalog::Catalog;
use crate::domain::skills::values;
use crate::exit::Exit;
use crate::ui::one_line;

/// Make the stories of a skill tasks below an epic, all or nothing
///
/// Each story becomes a task with its acceptance criteria, waiting for the tasks of the stories it depends on. Applied
/// again to the same epic, what is there is kept, also what is closed, and only missing tasks are made; without `--epic`
/// a new epic is made each time.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The skill
    id: String,
    /// The epic that the tasks go below, instead of a new one
    #[arg(long, value_name = "ID")]
    epic: Option<String>,
    /// A value of a variable of the skill; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Show what would be made, and make nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let workspace = context.workspace()?;
    let found = Catalog::new(Some(&workspace)).get(&args.id)?;
    let store = Store::open(&workspace)?;
    let order = Order {
        epic: args.epic.clone(),
        set: values::named(&args.set)?,
        dry_run: args.dry_run,
        author: beads::who(workspace.root()),
    };
    let applied = apply::apply(&store, &found.skill, &order)?;
    for notice in store.take_notices() {
        context.ui.notice(&notice);
    }
    if !applied.kept.is_empty() {
        let names = applied.kept.join("`, `");
        context
            .ui
            .notice(&format!("tasks that were there keep the value of `{names}` that they were made with"));
    }
    context.ui.result(&document(&applied, args.dry_run), || listed(&applied, args.dry_run))?;
    Ok(Exit::Done)
}

/// The whole issues; where nothing was made, new ones are without the ids they would not keep.
fn document(applied: &Applied, dry_run: bool) -> Value {
    let whole = |issue: &Issue, new: bool| {
        let mut value: Value = serde_json::from_str(&issue.json).unwrap_or_default();
        if let Some(fields) = value.as_object_mut().filter(|_| dry_run && new) {
            for field in ["id", "dependencies"] {
                fields.remove(field);
            }
        }
        value
    };
    let new = applied.tasks.iter().filter(|(_, new)| *new);
    json!({
        "epic": whole(&applied.epic, applied.new_epic),
        "tasks": applied.tasks.iter().map(|(task, new)| whole(task, *new)).collect::<Vec<_>>(),
        "made": new.filter(|_| !dry_run).map(|(task, _)| &task.id).collect::<Vec<_>>(),
        "new_epic": applied.new_epic,
        "dry_run": dry_run,
    })
}

fn listed(applied: &Applied, dry_run: bool) -> String {
    let id = |issue: &Issue, new: bool| if dry_run && new { "(new)".to_owned() } else { one_line(&issue.id) };
    let name = |task: &str| {
        let known = applied.tasks.iter().find(|(own, new)| own.id == task && dry_run && *new);
        known.map_or_else(|| one_line(task), |(own, _)| format!("`{}`", one_line(&own.title)))
    };
    let mut out = format!("{}  {}\n", id(&applied.epic, applied.new_epic), one_line(&applied.epic.title));
    for (task, new) in &applied.tasks {
        let waits = task.dependencies.iter().filter(|edge| edge.kind == "blocks");
        let waits: Vec<String> = waits.map(|edge| name(&edge.target)).collect();
        let waits = if waits.is_empty() { String::new() } else { format!("  ← {}", waits.join(", ")) };
        let kept = if *new { "" } else { "  (was there)" };
        let _ = writeln!(out, "  {}  {}{waits}{kept}", id(task, *new), one_line(&task.title));
    }
    out
}
