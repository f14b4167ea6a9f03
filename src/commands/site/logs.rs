//! `site logs`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::missions::log::{print, tail};
use crate::domain::sites::Sites;
use crate::domain::sites::logs::{follow, log};
use crate::exit::Exit;
use crate::fault::Fault;

/// Print what a site's dev server printed
///
/// Since it was started the last time, as it is stored. With `--json`, it is told where that lies instead.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The site (default: the one the present directory lies in, or the only one)
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Only the last N bytes, from a whole letter on
    #[arg(long, value_name = "N")]
    bytes: Option<u64>,
    /// Go on until the server is stopped
    #[arg(short, long)]
    follow: bool,
}

pub(super) fn run(args: &Args, sites: &Sites, context: &Context) -> Result<Exit> {
    let ui = &context.ui;
    let site = sites.find(args.name.as_deref())?;
    let log = log(sites, &site);
    if ui.json() {
        if args.follow || args.bytes.is_some() {
            return Err(Fault::usage(
                "`--json` tells where the log lies; it cannot go with `--follow` or `--bytes`",
                "leave out `--json`: what the server printed is printed as it is stored",
            ));
        }
        ui.document(&log)?;
        return Ok(Exit::Done);
    }
    let there = log.bytes.is_some();
    let at = match args.bytes {
        Some(most) if there => tail(&log.path, most)?,
        _ => 0,
    };
    let mut out = |bytes: &[u8]| {
        ui.bytes(bytes);
        !ui.stdout_is_gone()
    };
    if args.follow {
        follow(sites, &site, at, &mut out)?;
    } else if there {
        print(&log.path, at, &mut out)?;
    } else {
        ui.progress("there is no log yet");
    }
    Ok(Exit::Done)
}
