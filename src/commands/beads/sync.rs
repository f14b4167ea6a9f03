//! `beads sync`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::beads::{Store, WithBd};
use crate::exit::Exit;
use crate::system::config;
use crate::ui::one_line;

/// How to commit.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Push the branch afterwards [default: `[beads] push` of the settings]
    #[arg(long)]
    push: bool,
    /// The commit's message
    #[arg(short, long, value_name = "MSG", default_value = "Update tasks")]
    message: String,
    /// First take over what is newer in the database of a `bd` 1.x that lies beside the store
    #[arg(long)]
    from_bd: bool,
    /// First hand over to that database what is newer in the store
    #[arg(long)]
    to_bd: bool,
}

/// Commits `.beads/`, and nothing else.
pub fn run(args: &Args, context: &Context) -> Result<Exit> {
    let workspace = context.workspace()?;
    let with = WithBd { from: args.from_bd, to: args.to_bd };
    let store = if with.from { Store::found(&workspace)? } else { Store::open(&workspace)? };
    let push = args.push || config::load(Some(&workspace.config_file()))?.beads.push;
    let synced = store.sync(&args.message, push, with)?;
    for note in &synced.notes {
        context.ui.notice(note);
    }
    context.ui.result(&synced, || {
        let ids = |word: &str, ids: &[String]| match ids {
            [] => None,
            ids => Some(format!("{word} {}\n", one_line(&ids.join(" ")))),
        };
        let exchanged = ids("from bd:", &synced.from_bd).into_iter().chain(ids("to bd:", &synced.to_bd));
        let commit = synced.commit.iter().map(|id| format!("committed {}\n", id.get(..12).unwrap_or(id)));
        exchanged.chain(commit).chain(synced.pushed.then(|| "pushed\n".to_owned())).collect()
    })?;
    // A push that was asked for by flag and could not be tried is not done.
    Ok(if args.push && !synced.pushed { Exit::Failed } else { Exit::Done })
}
