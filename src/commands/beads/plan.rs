//! `beads plan`

use std::fmt::Write;

use anyhow::Result;
use serde_json::json;

use super::{notices, open, text_or_stdin};
use crate::commands::limits::Limits;
use crate::commands::loops::render;
use crate::commands::words::Words;
use crate::commands::{Context, agent};
use crate::domain::attempt::event::{Event, Kind};
use crate::domain::beads;
use crate::domain::planning::{self, Asked, Goal, Hands, Made, Options, Plan};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::system::config;
use crate::ui::one_line;

/// Have an agent break a goal into an epic with tasks; they are shown, and made as a whole when you agree. Exit 1
/// when no usable plan came, or was not wanted, else as `agent prompt`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What is to be reached: a text, a file that holds it, or `-` for standard input
    #[arg(value_name = "TEXT|FILE", allow_hyphen_values = true, value_parser = Words)]
    goal: String,
    /// Agent that plans
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Model to ask the agent for
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Put the tasks below this epic instead of a new one
    #[arg(long, visible_alias = "parent", value_name = "ID")]
    epic: Option<String>,
    /// Make the tasks without being asked
    #[arg(short, long, conflicts_with = "dry_run")]
    yes: bool,
    /// Print the plan and make nothing; the agent is asked all the same
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    limits: Limits,
}

impl Args {
    fn options(&self) -> Options {
        Options {
            agent: self.agent.clone(),
            model: self.model.clone(),
            epic: self.epic.clone(),
            budget: self.limits.budget(),
            allow_unknown_cost: self.limits.allow_unknown_cost,
        }
    }
}

/// Plans.
pub fn run(args: &Args, context: &Context) -> Result<Exit> {
    let (workspace, store) = open(context)?;
    // Before anything is spent.
    if !args.yes && !args.dry_run && !context.ui.can_ask() {
        return Err(Fault::usage(
            "there is no terminal to ask on whether the plan is good",
            "make the tasks without being asked with `--yes`, or only see them with `--dry-run`",
        ));
    }
    let goal = match args.goal.as_str() {
        "-" => Goal::of(text_or_stdin("-")?)?,
        given => Goal::find(given)?,
    };
    let config = config::load(Some(&workspace.config_file()))?;
    let ready = planning::ready(&workspace, &config, goal, &args.options())?;
    let ui = &context.ui;
    let mut tell = |event: &Event| {
        if !matches!(event.kind, Kind::AgentMessage { .. } | Kind::RunFinished(_))
            && let Some(line) = render::line(event, ui.verbose())
        {
            ui.progress(&line);
        }
    };
    let mut notice = |message: &str| ui.notice(message);
    let asked = planning::ask(&workspace, &config, ready, Hands { tell: &mut tell, notice: &mut notice })?;
    let Some(plan) = &asked.plan else { return without(&asked, context) };
    ui.progress(&format!("{} cost {}", asked.runs.join(", "), agent::money(&asked.spend)));
    let wanted = args.yes || (!args.dry_run && agrees(plan, context)?);
    if !wanted {
        if !args.dry_run {
            ui.progress("nothing was made");
        }
        let exit = if args.dry_run { Exit::Done } else { Exit::Failed };
        ui.result(&document(plan, &asked, None), || if args.dry_run { tree(plan) } else { String::new() })?;
        return Ok(exit);
    }
    let made = planning::create(&store, plan, &asked, &beads::who(workspace.root()))?;
    notices(&store, context);
    ui.result(&document(plan, &asked, Some(&made)), || listed(&made))?;
    Ok(Exit::Done)
}

/// Shows the plan and asks.
fn agrees(plan: &Plan, context: &Context) -> Result<bool> {
    // Asked for even where progress is not wanted: who agrees must have seen it.
    context
        .ui
        .ask(&format!("{}Make these {} tasks? [y/N]", tree(plan), plan.tasks.len()))
        .map(|answer| answer.is_some_and(|answer| matches!(answer.to_lowercase().as_str(), "y" | "yes")))
}

/// No plan: why, and the exit code of what went wrong.
fn without(asked: &Asked, context: &Context) -> Result<Exit> {
    let finished = &asked.finished;
    let exit = if finished.exit_code == 0 { Exit::Failed } else { Exit::from_code(finished.exit_code) };
    let mut message = match finished.reason.as_str() {
        "complete" => format!("the agent gave no plan that can be used ({})", asked.runs.join(", ")),
        reason => {
            let why = finished.message.as_deref().map(|why| format!(": {}", render::plain(why)));
            format!("{reason}{}", why.unwrap_or_default())
        }
    };
    for wrong in &asked.wrong {
        let _ = write!(message, "\n  {}", one_line(wrong));
    }
    if let Some(at) = finished.not_before {
        let _ = write!(message, "\n  try again after {at}");
    }
    let _ = write!(message, "\n  nothing was made; it cost {}", agent::money(&asked.spend));
    context.ui.warn(&message);
    if context.ui.json() {
        context.ui.document(&json!({
            "epic": null,
            "tasks": [],
            "created": false,
            "reason": finished.reason,
            "errors": asked.wrong,
            "message": finished.message,
            "not_before": finished.not_before,
            "spend": asked.spend,
            "agent": asked.agent,
            "runs": asked.runs,
        }))?;
    }
    Ok(exit)
}

fn document(plan: &Plan, asked: &Asked, made: Option<&Made>) -> serde_json::Value {
    let whole =
        |issue: &beads::Issue| serde_json::from_str::<serde_json::Value>(&issue.json).unwrap_or_default();
    let (epic, tasks) = match made {
        Some(made) => (whole(&made.epic), made.tasks.iter().map(whole).collect()),
        None => (json!(plan.epic), plan.tasks.iter().map(|task| json!(task)).collect::<Vec<_>>()),
    };
    json!({
        "epic": epic,
        "tasks": tasks,
        "created": made.is_some(),
        "spend": asked.spend,
        "agent": asked.agent,
        "model": asked.model,
        "runs": asked.runs,
    })
}

/// The plan, as people judge it.
fn tree(plan: &Plan) -> String {
    let mut out = format!("{}\n", console::style(one_line(&plan.epic.title)).bold());
    let wide = plan.tasks.iter().map(|task| task.key.chars().count()).max().unwrap_or(0);
    for (at, task) in plan.tasks.iter().enumerate() {
        let branch = if at + 1 == plan.tasks.len() { "└─" } else { "├─" };
        let waits = match task.depends_on.as_slice() {
            [] => String::new(),
            keys => format!("  ← {}", one_line(&keys.join(", "))),
        };
        let (key, title) = (one_line(&task.key), one_line(&task.title));
        let _ = writeln!(
            out,
            "{branch} {key:<wide$}  P{}  {}  {title}{waits}",
            task.priority,
            one_line(&task.kind)
        );
        let bar = if at + 1 == plan.tasks.len() { "  " } else { "│ " };
        for criterion in &task.acceptance {
            let _ = writeln!(out, "{bar} {:wide$}      · {}", "", one_line(criterion));
        }
    }
    out
}

fn listed(made: &Made) -> String {
    let mut out = format!("{}  {}\n", one_line(&made.epic.id), one_line(&made.epic.title));
    for task in &made.tasks {
        let waits = task.dependencies.iter().filter(|edge| edge.kind == "blocks");
        let waits: Vec<String> = waits.map(|edge| one_line(&edge.target)).collect();
        let waits = if waits.is_empty() { String::new() } else { format!("  ← {}", waits.join(", ")) };
        let _ =
            writeln!(out, "  {}  P{}  {}{waits}", one_line(&task.id), task.priority, one_line(&task.title));
    }
    out
}
