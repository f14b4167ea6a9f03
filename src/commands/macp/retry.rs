//! `macp retry`

use anyhow::Result;
use serde_json::json;

use super::{tell, who};
use crate::commands::Context;
use crate::commands::words::parse_who;
use crate::domain::macp::people::{self, Wish};
use crate::domain::macp::{Place, Queue};
use crate::exit::Exit;
use crate::ui::one_line;

/// Hand failed tasks back to the queue
///
/// Tasks that are failed, cancelled or escalated are pending again, with all their attempts before them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tasks
    #[arg(required_unless_present = "all_failed", value_name = "ID")]
    ids: Vec<String>,
    /// Every task that is failed
    #[arg(long)]
    all_failed: bool,
    /// Why
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: Option<String>,
    /// Who says so [default: `BEADS_ACTOR`, git's `user.name`, or the login name]
    #[arg(long = "as", value_name = "WHO", value_parser = parse_who)]
    who: Option<String>,
}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let wish = Wish { who: who(args.who.as_ref(), &place), reason: args.reason.clone() };
    let mut queue = Queue::open(place)?;
    let ids = people::retry(&mut queue, &args.ids, args.all_failed, &wish)?;
    tell(&mut queue, context);
    let tasks: Vec<_> = ids.iter().map(|id| json!({"id": id, "status": "pending"})).collect();
    context.ui.result(&json!({"tasks": tasks}), || ids.iter().map(|id| line(id)).collect())?;
    if ids.is_empty() {
        context.ui.notice("no task is failed");
    }
    Ok(Exit::Done)
}

fn line(id: &str) -> String {
    format!("{}  pending\n", one_line(id))
}
