//! `agent status|stop`

use std::fmt::Write;

use anyhow::Result;
use serde_json::json;

use crate::commands::Context;
use crate::commands::loops::render;
use crate::domain::prompted::status;
use crate::domain::prompted::stop::{self, Stopped};
use crate::exit::Exit;

/// Show which agents run, or what the last one came to.
#[derive(Debug, clap::Args)]
pub struct Status {
    /// Id of a prompt (`p-…`) or a loop's run (`r-…`)
    id: Option<String>,
}

/// End a running agent now, and wait until all is ended.
#[derive(Debug, clap::Args)]
pub struct Stop {
    /// Id of a prompt (`p-…`) or a loop's run (`r-…`); needed when several run
    id: Option<String>,
}

pub(super) fn status(args: &Status, context: &Context) -> Result<Exit> {
    let workspace = context.workspace()?;
    if let Some(id) = &args.id {
        let found = status::of(&workspace, id)?;
        context.ui.result(&found, || shown(&found))?;
        return Ok(Exit::Done);
    }
    let now = status::now(&workspace)?;
    context.ui.result(&now, || {
        if now.agents.is_empty() {
            return "no agent has run here".to_owned();
        }
        now.agents.iter().map(shown).collect()
    })?;
    Ok(Exit::Done)
}

fn shown(status: &status::Status) -> String {
    let mut out = format!("{} {}\n", status.status, status.id);
    let mut row = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(out, "{name:<10} {}", render::plain(&value));
        }
    };
    let model = status.model.as_ref().map(|model| format!(" ({model})")).unwrap_or_default();
    row("agent", status.agent.as_ref().map(|agent| format!("{agent}{model}")));
    row("pid", status.pid.map(|pid| pid.to_string()));
    row("task", status.task.as_ref().map(|task| format!("{} {}", task.id, task.title)));
    row("prompt", status.prompt.clone());
    row("session", status.session.clone());
    row("started", status.started_at.map(|at| at.to_string()));
    row("spent", Some(super::money(&status.spend)));
    let killed = if status.killed { " (killed)" } else { "" };
    let code = status.exit_code.map(|code| format!(", exit code {code}")).unwrap_or_default();
    row("ended", status.reason.as_ref().map(|reason| format!("{reason}{killed}{code}")));
    row("because", status.message.clone());
    out
}

pub(super) fn stop(args: &Stop, context: &Context) -> Result<Exit> {
    let stopped = stop::stop(&context.workspace()?, args.id.as_deref())?;
    let (id, was_running, text) = match &stopped {
        Stopped::Ended(id) => (Some(id), true, format!("{id} has ended")),
        Stopped::Already(id) => (Some(id), false, format!("{id} had ended before")),
        Stopped::Nothing => (None, false, "no agent runs".to_owned()),
    };
    context.ui.result(&json!({"id": id, "stopped": was_running}), || text)?;
    Ok(Exit::Done)
}
