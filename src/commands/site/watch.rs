//! `site watch`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::sites::Sites;
use crate::domain::sites::server::State;
use crate::domain::sites::watch::{Change, Kind, watch};
use crate::exit::Exit;
use crate::system::interrupt;
use crate::ui::one_line;

/// Print a line for each change that a site's dev server sees
///
/// Each file of the site that was written, what the server says about it, and how the server is; until Ctrl-C. Folders that nobody
/// writes in (`node_modules`, hidden ones, what is built) are left out. With `--json` each change is one line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The site (default: the one the present directory lies in, or the only one)
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(args: &Args, sites: &Sites, context: &Context) -> Result<Exit> {
    let site = sites.find(args.name.as_deref())?;
    let ui = &context.ui;
    let mut failed = None;
    watch(sites, &site, &mut |change| {
        if ui.json() {
            failed = ui.line(change).err();
        } else {
            ui.text(&line(change));
        }
        failed.is_none() && !ui.stdout_is_gone()
    })?;
    match failed {
        Some(error) => Err(error),
        // Ending it is how one stops watching, and no error.
        None => Ok(interrupt::signal().map_or(Exit::Done, Exit::Interrupted)),
    }
}

/// `12:00:01  changed  src/App.jsx`
fn line(change: &Change) -> String {
    let file = |path: &std::path::Path| one_line(&path.display().to_string());
    let told = match &change.kind {
        Kind::Changed { file: path } => format!("changed  {}", file(path)),
        Kind::Added { file: path } => format!("added    {}", file(path)),
        Kind::Removed { file: path } => format!("removed  {}", file(path)),
        Kind::Server { line } => format!("server   {}", one_line(line)),
        Kind::State { state, url } => {
            let at = url.as_deref().map(|url| format!(" {}", one_line(url))).unwrap_or_default();
            format!("state    {}{at}", word(*state))
        }
        Kind::Crowded => "too many files to look at each: only what the server says is told".into(),
    };
    format!("{}  {told}", change.ts.strftime("%Y-%m-%dT%H:%M:%SZ"))
}

fn word(state: State) -> &'static str {
    match state {
        State::Stopped => "stopped",
        State::Starting => "starting",
        State::Listening => "listening",
        State::Answering => "answering",
        State::Ok => "ok",
    }
}
