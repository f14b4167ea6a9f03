//! `site mount`

use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use crate::commands::Context;
use crate::domain::sites::mount::{Order, mount};
use crate::domain::sites::{Site, Sites};
use crate::domain::stack::Commands;
use crate::exit::Exit;
use crate::ui::one_line;

/// Take a folder for a site, and write down what it is built on and how it is served
///
/// What is not said is taken from `.claude/launch.json` where that knows exactly one way, else from the project's own files. It is
/// decided here, once: mount the folder again to have it decided anew. Nothing is written in the folder.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder; at the root of a monorepo, the one package that is a site is taken
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// What to call it (default: as the folder)
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What it is built on
    #[arg(long, value_name = "STACK")]
    stack: Option<String>,
    /// The shell command that serves it
    #[arg(long, value_name = "CMD", allow_hyphen_values = true)]
    dev: Option<String>,
    /// The port to serve it on
    #[arg(long, value_name = "P", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// A variable for its server; `NAME` alone hands on the value it has when the server starts, the way for secrets
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// The epic whose tasks are shown beside it
    #[arg(long, value_name = "ID")]
    epic: Option<String>,
}

/// A mounted site as a document.
#[derive(Serialize)]
struct Document<'s> {
    name: &'s str,
    path: &'s PathBuf,
    stack: &'s str,
    reason: &'s str,
    package_manager: Option<&'s str>,
    commands: &'s Commands,
    port: Option<u16>,
    epic: Option<&'s str>,
}

pub(super) fn run(args: &Args, sites: &Sites, context: &Context) -> Result<Exit> {
    let order = Order {
        dir: args.dir.clone(),
        name: args.name.clone(),
        stack: args.stack.clone(),
        dev: args.dev.clone(),
        port: args.port,
        env: args.env.clone(),
        epic: args.epic.clone(),
    };
    let mounted = mount(sites, &order)?;
    for notice in &mounted.notices {
        context.ui.notice(notice);
    }
    let site = &mounted.site;
    let document = Document {
        name: &site.name,
        path: &site.path,
        stack: &site.recipe.stack,
        reason: &site.reason,
        package_manager: site.package_manager.as_deref(),
        commands: &site.recipe.commands,
        port: site.port,
        epic: site.epic.as_deref(),
    };
    context.ui.result(&document, || text(site))?;
    Ok(Exit::Done)
}

/// `web: next (dependency next in package.json), served by npm run dev`
fn text(site: &Site) -> String {
    let dev = site.recipe.commands.dev.as_deref();
    let dev = dev.map(|line| format!(", served by `{}`", one_line(line))).unwrap_or_default();
    let reason = one_line(&site.reason);
    let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
    format!("{}: {}{reason}{dev}", site.name, one_line(&site.recipe.stack))
}
