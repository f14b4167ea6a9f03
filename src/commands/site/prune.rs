//! `site prune`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::sites::Sites;
use crate::domain::sites::server::{self, Pruned};
use crate::exit::Exit;
use crate::ui::one_line;

/// End dev servers that nobody knows of any more
///
/// Those whose first process is gone, and those of sites and workspaces that are gone. What is written down of a server and cannot be
/// read is moved aside, and that server ended. Servers that taskrun did not start stay.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_: &Args, sites: &Sites, context: &Context) -> Result<Exit> {
    let done = server::prune(sites)?;
    for notice in &done.notices {
        context.ui.notice(&one_line(notice));
    }
    context.ui.result(&done.ended, || match done.ended.as_slice() {
        [] => "nothing to end".into(),
        some => some.iter().map(describe).collect::<Vec<_>>().join("\n"),
    })?;
    Ok(Exit::Done)
}

/// `shop: ended (pid 4242), its site is gone`
fn describe(Pruned { name, pid, reason }: &Pruned) -> String {
    format!("{}: ended (pid {pid}), {reason}", one_line(name))
}
