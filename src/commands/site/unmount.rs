//! `site unmount`

use anyhow::Result;
use serde_json::json;

use crate::commands::Context;
use crate::domain::sites::Sites;
use crate::domain::sites::mount::{Left, unmount};
use crate::exit::Exit;

/// Forget a site; its server is stopped first, its files stay
///
/// A server that somebody else started goes on.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The site
    #[arg(value_name = "NAME")]
    name: String,
}

pub(super) fn run(args: &Args, sites: &Sites, context: &Context) -> Result<Exit> {
    let left = unmount(sites, &args.name)?;
    let name = &args.name;
    if let Left::Running(status) = &left {
        let at = status.url.as_deref().map(|url| format!(" at {url}")).unwrap_or_default();
        context.ui.notice(&format!("its server{at} was not started by taskrun, and goes on"));
    }
    let damaged = matches!(left, Left::Damaged { .. });
    if damaged {
        context.ui.notice("its record could not be read, and was removed");
    }
    let stopped = matches!(left, Left::Ended | Left::Damaged { ended: true });
    let mut document = json!({ "name": name, "stopped": stopped });
    if damaged {
        document["damaged"] = json!(true);
    }
    context.ui.result(&document, || {
        if stopped { format!("{name} stopped and forgotten") } else { format!("{name} forgotten") }
    })?;
    Ok(Exit::Done)
}
