//! `beads sync`

use anyhow::Result;

use super::open;
use crate::commands::Context;
use crate::exit::Exit;
use crate::system::config;

/// How to commit.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Push the branch afterwards [default: `[beads] push` of the settings]
    #[arg(long)]
    push: bool,
    /// The commit's message
    #[arg(short, long, value_name = "MSG", default_value = "Update tasks")]
    message: String,
}

/// Commits `.beads/`, and nothing else.
pub fn run(args: &Args, context: &Context) -> Result<Exit> {
    let (workspace, store) = open(context)?;
    let push = args.push || config::load(Some(&workspace.config_file()))?.beads.push;
    let synced = store.sync(&args.message, push)?;
    for note in &synced.notes {
        context.ui.notice(note);
    }
    context.ui.result(&synced, || {
        let commit = synced.commit.iter().map(|id| format!("committed {}\n", id.get(..12).unwrap_or(id)));
        commit.chain(synced.pushed.then(|| "pushed\n".to_owned())).collect()
    })?;
    // A push that was asked for by flag and could not be tried is not done.
    Ok(if args.push && !synced.pushed { Exit::Failed } else { Exit::Done })
}
