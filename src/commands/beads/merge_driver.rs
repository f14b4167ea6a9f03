//! `beads merge-driver`

use std::path::PathBuf;

use anyhow::Result;

use crate::commands::Context;
use crate::domain::beads;
use crate::exit::Exit;

/// The three versions, as git names them.
///
/// Git runs this by itself for every merge, rebase, cherry-pick and pull that touches the tasks on both
/// sides, once `beads init` has installed it: a line in `.gitattributes`, to be committed, and
/// `merge.beads.driver` in the repository's settings, which every clone needs anew.
///
/// Tasks are merged one by one, by their ids. A field that one side changed is taken from there; of two
/// changes the one of the later `updated_at` counts, and that time is kept in `merge_times` where the
/// merged task is newer. The status goes with its times and reasons. Labels, dependencies and comments are
/// united, and what one side removed is gone. A deleted task that the other side changed stays;
/// a tombstone is a status like others, so the later change of it counts. Two tasks that two branches made
/// under one id both stay: the earlier keeps it, the other gets an id that follows from the task, and what its
/// branch says of it follows; texts that mention it do not. Branches end up with the same tasks
/// in whatever order they are merged. Lines nobody can read are left between conflict markers.
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
