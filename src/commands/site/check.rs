//! `site check`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::sites::Sites;
use crate::exit::Exit;

/// Look whether every page of a site is sound
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The site (default: the one the present directory lies in, or the only one)
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(args: &Args, sites: &Sites, context: &Context) -> Result<Exit> {
    let site = sites.find(args.name.as_deref())?;
    context.ui.text(&site.name);
    anyhow::bail!("not built yet")
}
