//! `site url`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::sites::Sites;
use crate::domain::sites::url::address;
use crate::exit::Exit;

/// Print the URL of a site that is served, or of one of its pages
///
/// A page that is named is remembered: without one, the URL is that of the page named last, also by `site pages --select`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The site (default: the one the present directory lies in, or the only one)
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// The page: `/pricing`; it may stand alone, for no name begins with a slash
    #[arg(value_name = "PAGE")]
    page: Option<String>,
}

pub(super) fn run(args: &Args, sites: &Sites, context: &Context) -> Result<Exit> {
    let (name, page) = match (args.name.as_deref(), args.page.as_deref()) {
        (Some(page), None) if page.starts_with('/') => (None, Some(page)),
        both => both,
    };
    let address = address(sites, name, page)?;
    context.ui.result(&address, || address.url.clone())?;
    Ok(Exit::Done)
}
