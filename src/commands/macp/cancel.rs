//! `macp cancel`

use anyhow::Result;
use serde_json::json;

use super::{tell, who};
use crate::commands::Context;
use crate::commands::words::parse_who;
use crate::domain::macp::people::{self, Cancelled, Wish};
use crate::domain::macp::{Place, Queue, settings};
use crate::exit::Exit;
use crate::ui::one_line;

/// Call tasks off
///
/// A pending or claimed task is cancelled at once. One that a drain or `macp run` works on is ended with all that it has
/// started, and waited for. Exit 1 when one of them was over already, 75 when its drain has not ended it in time.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tasks
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Why
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: Option<String>,
    /// Who says so [default: `BEADS_ACTOR`, git's `user.name`, or the login name]
    #[arg(long = "as", value_name = "WHO", value_parser = parse_who)]
    who: Option<String>,
}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let settings = settings::load(&place)?;
    let wish = Wish { who: who(args.who.as_ref(), &place), reason: args.reason.clone() };
    let mut queue = Queue::open(place)?;
    let tasks = people::cancel(&mut queue, &settings, &args.ids, &wish)?;
    tell(&mut queue, context);
    let all = tasks.iter().all(|task| task.cancelled);
    let later = tasks.iter().any(|task| task.requested);
    context.ui.result(&json!({"cancelled": all, "tasks": tasks}), || tasks.iter().map(line).collect())?;
    Ok(match (all, later) {
        (true, _) => Exit::Done,
        (false, true) => Exit::Later,
        (false, false) => Exit::Failed,
    })
}

fn line(task: &Cancelled) -> String {
    let what = match (task.cancelled, task.requested) {
        (true, _) => "cancelled".to_owned(),
        (false, true) => format!("{}; whoever works on it was told", task.status),
        (false, false) => format!("{} already", task.status),
    };
    format!("{}  {what}\n", one_line(&task.id))
}
