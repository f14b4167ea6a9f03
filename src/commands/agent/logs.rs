//! `agent logs`

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use crate::commands::Context;
use crate::domain::prompted::logs;
use crate::domain::prune::{self, Pruned};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::system::config;

/// Print what an agent printed, or remove what old runs left.
#[derive(Debug, clap::Args)]
pub struct Logs {
    /// Id of a prompt (`p-…`) or a loop's run (`r-…`); what runs or ran last without one
    id: Option<String>,
    /// Go on printing until that run ends
    #[arg(short, long)]
    follow: bool,
    /// Only the last N lines
    #[arg(short = 'n', long, value_name = "N")]
    tail: Option<u64>,
    /// Remove the logs and snapshots of runs older than `[logs] keep`; receipts stay
    #[arg(long, conflicts_with_all = ["id", "follow", "tail"])]
    prune: bool,
    /// Only say what would be removed
    #[arg(long, requires = "prune")]
    dry_run: bool,
}

pub(super) fn logs(args: &Logs, context: &Context) -> Result<Exit> {
    let workspace = context.workspace()?;
    let ui = &context.ui;
    if args.prune {
        let config = config::load(Some(&workspace.config_file()))?;
        let pruned = prune::prune(&workspace, config.logs.keep, args.dry_run)?;
        ui.result(&pruned, || told(&pruned))?;
        return Ok(Exit::Done);
    }
    if ui.json() && (args.follow || args.tail.is_some()) {
        return Err(Fault::usage(
            "`--json` lists the files; it cannot go with `--follow` or `--tail`",
            "leave out `--json`: what an agent printed is printed as it is stored",
        ));
    }
    let Some(id) = logs::chosen(&workspace, args.id.as_deref())? else {
        ui.progress("no agent has run here");
        if ui.json() {
            ui.document(&serde_json::json!([]))?;
        }
        return Ok(Exit::Done);
    };
    let files = logs::files(&workspace, &id)?;
    if ui.json() {
        ui.document(&files)?;
        return Ok(Exit::Done);
    }
    let places = match args.tail {
        Some(lines) => logs::tails(&files, lines)?,
        None => BTreeMap::new(),
    };
    let mut head = |path: &Path| ui.progress(&format!("== {} ==", path.display()));
    let mut out = |bytes: &[u8]| {
        ui.bytes(bytes);
        !ui.stdout_is_gone()
    };
    if args.follow {
        logs::follow(&workspace, &id, places, &mut head, &mut out)?;
        return Ok(Exit::Done);
    }
    for log in &files {
        head(&log.path);
        let from = places.get(&log.path).copied().unwrap_or_default();
        if !logs::copy(&log.path, from, &mut out)?.1 {
            break;
        }
    }
    Ok(Exit::Done)
}

fn told(pruned: &Pruned) -> String {
    let verb = if pruned.dry_run { "would remove" } else { "removed" };
    let (runs, refs) = (counted(pruned.runs.len() as u64, "run"), counted(pruned.refs, "snapshot"));
    let sum = format!("{verb} {runs} and {refs}, {}", size(pruned.bytes));
    [pruned.runs.as_slice(), &[sum]].concat().join("\n")
}

fn counted(count: u64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// `512 bytes`, `3.4 MB`.
#[allow(clippy::cast_precision_loss)] // one digit is shown
fn size(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB"];
    let mut rest = bytes as f64;
    let mut shown = counted(bytes, "byte");
    for unit in units {
        if rest < 1000.0 {
            break;
        }
        rest /= 1000.0;
        shown = format!("{rest:.1} {unit}");
    }
    shown
}
