//! `loop status|pause|resume|stop|logs|history|prompt`

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::Result;
use serde_json::json;

use super::render;
use crate::commands::Context;
use crate::domain::attempt::receipt::Receipt;
use crate::domain::loops::control::Action;
use crate::domain::loops::{guided, history, preview, request, state};
use crate::exit::Exit;
use crate::system::config;

/// Let the run finish its iteration, then end.
#[derive(Debug, clap::Args)]
pub struct Stop {
    /// End the agent now, and wait until all is ended
    #[arg(long)]
    now: bool,
}

/// Show what agents printed.
#[derive(Debug, clap::Args)]
pub struct Logs {
    /// Run id; the last run without one
    run: Option<String>,
    /// Only this iteration
    #[arg(short, long, value_name = "N")]
    iteration: Option<u64>,
}

/// List every attempt.
#[derive(Debug, clap::Args)]
pub struct History {
    /// Only attempts on this task
    #[arg(long, value_name = "ID")]
    task: Option<String>,
    /// Only attempts of this run
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// Only the last N attempts
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
}

/// Print the prompt an agent would get.
#[derive(Debug, clap::Args)]
pub struct Prompt {
    /// Task id
    id: String,
    /// Skill to go by (default: the selected one); `none` for none
    #[arg(long, value_name = "ID")]
    skill: Option<String>,
}

pub(super) fn status(context: &Context) -> Result<Exit> {
    let status = state::status(&context.workspace()?)?;
    context.ui.result(&status, || {
        let text = |key: &str| status[key].as_str().unwrap_or("-").to_owned();
        let mut out = format!("{} {}\n", text("status"), text("run"));
        if let Some(id) = status["task"]["id"].as_str() {
            let title = render::plain(status["task"]["title"].as_str().unwrap_or_default());
            let _ = writeln!(out, "task       {id} {title}");
        }
        let limit = status["max_iterations"].as_u64().map(|limit| format!("/{limit}")).unwrap_or_default();
        let _ = writeln!(out, "iteration  {}{limit}", status["iteration"]);
        let limit =
            status["spend"]["budget_usd"].as_f64().map(|limit| format!("/${limit:.2}")).unwrap_or_default();
        let _ = writeln!(out, "budget     ${:.2}{limit}", status["spend"]["usd"].as_f64().unwrap_or(0.0));
        if status["waits_until"].is_string() {
            let _ = writeln!(out, "waits      until {}, for the provider", text("waits_until"));
        }
        if status["reason"].is_string() {
            let _ = writeln!(out, "ended      {}", text("reason"));
        }
        let held = status["held"].as_array().into_iter().flatten();
        for hold in held.filter(|hold| hold["over"] != true) {
            let [task, who, since] =
                ["task", "who", "since"].map(|key| render::plain(hold[key].as_str().unwrap_or_default()));
            let _ = writeln!(out, "held       {task} by {who} since {since}");
        }
        out
    })?;
    Ok(Exit::Done)
}

pub(super) fn pause(context: &Context) -> Result<Exit> {
    let asked = request::ask(&context.workspace()?, Action::Pause)?;
    report(context, asked.as_deref(), "pauses when its iteration is over")
}

pub(super) fn resume(context: &Context) -> Result<Exit> {
    let asked = request::resume(&context.workspace()?)?;
    let what = match &asked {
        Some((_, Some(Action::Stop | Action::StopNow))) => "is stopping, and that is not taken back",
        Some((_, None)) => "was not paused",
        _ => "goes on",
    };
    report(context, asked.as_ref().map(|(run, _)| run.as_str()), what)
}

pub(super) fn stop(args: &Stop, context: &Context) -> Result<Exit> {
    let workspace = context.workspace()?;
    if !args.now {
        let asked = request::ask(&workspace, Action::Stop)?;
        return report(context, asked.as_deref(), "ends when its iteration is over");
    }
    let asked = request::ask(&workspace, Action::StopNow)?;
    if let Some(run) = &asked {
        request::await_end(&workspace, run)?;
    }
    report(context, asked.as_deref(), "has ended")
}

fn report(context: &Context, run: Option<&str>, what: &str) -> Result<Exit> {
    context.ui.result(&json!({"run": run, "asked": run.is_some()}), || match run {
        Some(run) => format!("{run} {what}"),
        None => "no run is under way".to_owned(),
    })?;
    Ok(Exit::Done)
}

pub(super) fn logs(args: &Logs, context: &Context) -> Result<Exit> {
    let workspace = context.workspace()?;
    let logs = history::logs(&workspace, args.run.as_deref(), args.iteration)?;
    if context.ui.json() {
        context.ui.document(&logs)?;
        return Ok(Exit::Done);
    }
    for log in &logs {
        context.ui.progress(&format!("== {} ==", log.path.display()));
        history::copy(&log.path, &mut |bytes| context.ui.bytes(bytes))?;
    }
    Ok(Exit::Done)
}

pub(super) fn history(args: &History, context: &Context) -> Result<Exit> {
    let workspace = context.workspace()?;
    let filter = history::Filter { task: args.task.clone(), run: args.run.clone(), limit: args.limit };
    let receipts = history::history(&workspace, &filter)?;
    context.ui.result(&receipts, || receipts.iter().map(row).collect())?;
    Ok(Exit::Done)
}

fn row(receipt: &Receipt) -> String {
    let short =
        |id: &Option<String>| id.as_ref().map_or("-".to_owned(), |id| id.get(..10).unwrap_or(id).to_owned());
    let back = receipt.snapshot_ref.as_deref().unwrap_or("-");
    format!(
        "{}  {}  {}  attempt {}  {:<11}  {:>7}  commit {}  before {back}\n    {}\n",
        receipt.started_at.strftime("%Y-%m-%d %H:%M:%S"),
        receipt.agent,
        receipt.task,
        receipt.attempt,
        receipt.outcome.word(),
        if receipt.spend.known { format!("${:.2}", receipt.spend.usd) } else { "unknown".into() },
        short(&receipt.commit),
        render::plain(&receipt.reason),
    )
}

pub(super) fn prompt(args: &Prompt, context: &Context) -> Result<Exit> {
    let workspace = context.workspace()?;
    let config = config::load(Some(&workspace.config_file()))?;
    let chosen = guided::choose(&workspace, args.skill.as_deref())?;
    if let Some(chosen) = chosen.as_ref().filter(|chosen| !chosen.named) {
        context.ui.notice(&chosen.announced());
    }
    let skill = chosen.map(|chosen| (chosen.found, BTreeMap::new()));
    let (task, prompt) = preview::prompt(&workspace, &config, &args.id, skill)?;
    context.ui.result(&json!({"task": task, "prompt": prompt}), || prompt.clone())?;
    Ok(Exit::Done)
}
