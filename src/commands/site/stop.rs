//! `site stop`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::sites::Sites;
use crate::domain::sites::server::{self, Status};
use crate::exit::Exit;

/// End a site's dev server with all that it has started
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The site (default: the one the present directory lies in, or the only one)
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// End it also where taskrun did not start it
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Args, sites: &Sites, context: &Context) -> Result<Exit> {
    let site = sites.find(args.name.as_deref())?;
    let status = server::stop(sites, &site, args.force)?;
    context.ui.result(&status, || describe(&status))?;
    Ok(Exit::Done)
}

/// `shop: stopped (pid 4242); port 4301 is free`
fn describe(status: &Status) -> String {
    let Some(pid) = status.pid else { return format!("{}: not running", status.name) };
    let free = status.port.map(|port| format!("; port {port} is free")).unwrap_or_default();
    format!("{}: stopped (pid {pid}){free}", status.name)
}
