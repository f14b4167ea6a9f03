//! `beads merge-driver`

use std::path::PathBuf;

use anyhow::Result;

use crate::commands::Context;
use crate::domain::beads;
use crate::exit::Exit;

/// The three versions, as git names them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The common ancestor's version (`%O`); empty where both sides added the file
    base: PathBuf,
    /// Our version (`%A`); the result is written here
    ours: PathBuf,
    /// Their version (`%B`)
    theirs: PathBuf,
    /// What the file is called (`%P`)
    path: Option<PathBuf>,
}

/// Merges; exit code 1 when a conflict is left.
pub fn run(args: &Args, context: &Context) -> Result<Exit> {
    let name = args.path.as_ref().unwrap_or(&args.ours).display().to_string();
    let driven = beads::drive([&args.base, &args.ours, &args.theirs], &name)?;
    for notice in &driven.said {
        context.ui.notice(notice);
    }
    Ok(if driven.conflict { Exit::Failed } else { Exit::Done })
}
