//! `site status`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::sites::Sites;
use crate::domain::sites::server::{self, State, Status};
use crate::exit::Exit;
use crate::ui::one_line;

/// Tell how a site's dev server is
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The site (default: the one the present directory lies in, or the only one)
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(args: &Args, sites: &Sites, context: &Context) -> Result<Exit> {
    let site = sites.find(args.name.as_deref())?;
    let status = server::status(sites, &site)?;
    context.ui.result(&status, || describe(&status))?;
    exposed(&status, context);
    Ok(Exit::Done)
}

/// A line about a server that others can reach.
pub(super) fn exposed(status: &Status, context: &Context) {
    if let Some(told) = status.exposure() {
        context.ui.notice(&one_line(&told));
    }
}

/// A state in words.
pub(super) fn line(state: State) -> &'static str {
    match state {
        State::Stopped => "stopped",
        State::Starting => "starting",
        State::Listening => "listening, no answer",
        State::Answering => "answering, with an error",
        State::Ok => "ok",
    }
}

/// `shop: ok http://localhost:4301 (pid 4242)`
pub(super) fn describe(status: &Status) -> String {
    let mut text = format!("{}: {}", status.name, line(status.state));
    if let Some(url) = &status.url {
        text = format!("{text} {url}");
    }
    match status.pid {
        Some(pid) if status.adopted => {
            let command = one_line(status.command.as_deref().unwrap_or_default());
            format!("{text} (pid {pid} `{command}`, not started by taskrun)")
        }
        Some(pid) => format!("{text} (pid {pid})"),
        None => text,
    }
}
