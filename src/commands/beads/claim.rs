//! `beads claim`

use anyhow::Result;

use super::{notices, open};
use crate::commands::Context;
use crate::domain::beads::{self, Filter};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::ui::one_line;

/// Which task, and for whom.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the first one that a loop would take]
    id: Option<String>,
    /// For whom [default: `BEADS_ACTOR`, git's `user.name`, or the login name]
    #[arg(long = "as", value_name = "WHO")]
    who: Option<String>,
}

/// Takes the task, or says why not and fails.
pub fn run(args: Args, context: &Context) -> Result<Exit> {
    let (workspace, store) = open(context)?;
    let who = args.who.unwrap_or_else(|| beads::who(workspace.root()));
    let claimed = match &args.id {
        Some(id) => Some(store.claim(id, &who)?),
        None => store.claim_next(&Filter::default(), &who)?,
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
