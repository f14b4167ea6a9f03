//! `macp submit`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::macp::{Place, Queue};
use crate::exit::Exit;

/// Add a task to the queue
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What it is about
    #[arg(long)]
    title: String,
    /// Its id
    #[arg(long, value_name = "ID")]
    task_id: String,
    /// A shell command
    #[arg(long, value_name = "CMD")]
    command: Option<String>,
}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let task = serde_json::json!({"id": args.task_id, "title": args.title, "status": "pending", "dispatch": "exec", "command": args.command});
    let serde_json::Value::Object(task) = task else { return Ok(Exit::Done) };
    Queue::open(place)?.change(|turn| turn.submit(task))?;
    context.ui.text(&args.task_id);
    Ok(Exit::Done)
}
