//! `skill remove`

use std::path::PathBuf;

use anyhow::Result;

use crate::commands::Context;
use crate::domain::skills::remove;
use crate::exit::Exit;
use crate::ui::one_line;

/// Remove a skill of the workspace or of the user
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its id
    id: String,
    /// From the user's folder instead of the workspace's
    #[arg(long)]
    user: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let home = super::home(args.user, context)?;
    let done = remove::remove(&super::catalog(context)?, &home, &args.id)?;
    let line = |path: &PathBuf| format!("removed {}\n", one_line(&path.to_string_lossy()));
    context.ui.result(&done, || done.removed.iter().map(line).collect())?;
    for folder in &done.kept {
        context.ui.notice(&format!("`{}` stays, for there is more in it", folder.display()));
    }
    if let Some(now) = done.now {
        context.ui.notice(&format!("`{}` is the {} skill again", done.id, super::whose(now)));
    }
    Ok(Exit::Done)
}
