//! `beads claim`

use std::time::Duration;

use anyhow::Result;

use super::{notices, open};
use crate::commands::Context;
use crate::domain::beads::{self, Filter, Grip};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::system::clock;
use crate::ui::one_line;

/// Which task, and for whom.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the first one that a loop would take]
    id: Option<String>,
    /// For whom [default: `BEADS_ACTOR`, git's `user.name`, or the login name]
    #[arg(long = "as", value_name = "WHO")]
    who: Option<String>,
    /// Give it back when this process ends, as in `--while $$`
    #[arg(long = "while", value_name = "PID")]
    holder: Option<u32>,
    /// Give it back after this time
    #[arg(long, value_name = "DUR", value_parser = clock::parse_duration)]
    lease: Option<Duration>,
}

/// Takes the task, or says why not and fails.
pub fn run(args: Args, context: &Context) -> Result<Exit> {
    let (workspace, store) = open(context)?;
    let who = args.who.unwrap_or_else(|| beads::who(workspace.root()));
    let grip = Grip::of(args.holder, args.lease)?;
    let claimed = match &args.id {
        Some(id) => Some(store.claim(id, &who, &grip)?),
        None => store.claim_next(&Filter::default(), &who, &grip)?,
    };
    notices(&store, context);
    let Some(issue) = claimed else {
        return Err(Fault::refused("nothing is ready", "`taskrun board` shows what waits for what"));
    };
    if context.ui.json() {
        context.ui.text(&issue.json);
    } else {
        context.ui.text(&format!("{}  {}", one_line(&issue.id), one_line(&issue.title)));
    }
    Ok(Exit::Done)
}
