//! `site …`: folders with a site in them: served, listed page by page, previewed and checked.

mod check;
mod list;
mod logs;
mod mount;
mod pages;
mod preview;
mod prune;
mod start;
mod status;
mod stop;
mod unmount;
mod url;
mod watch;

use anyhow::Result;
use clap::Subcommand;

use crate::commands::Context;
use crate::domain::sites::Sites;
use crate::exit::Exit;
use crate::ui::one_line;

/// What to do with sites.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Command {
    /// Take a folder for a site, and write down what it is built on and how it is served
    Mount(mount::Args),
    /// Forget a site; its server is stopped first, its files stay
    Unmount(unmount::Args),
    /// List the sites and how their servers are
    List(list::Args),
    /// Start a site's dev server, and wait until it answers
    Start(start::Args),
    /// End a site's dev server with all that it has started
    Stop(stop::Args),
    /// Tell how a site's dev server is
    Status(status::Args),
    /// Print what a site's dev server printed
    Logs(logs::Args),
    /// Print the URL of a site that is served, or of one of its pages
    Url(url::Args),
    /// List the pages of a site
    Pages(pages::Args),
    /// Look at a site in a frame, with its pages, tasks and budget beside it
    Preview(preview::Args),
    /// Look whether every page of a site is sound
    Check(check::Args),
    /// Print a line for each change that a site's dev server sees
    Watch(watch::Args),
    /// End dev servers that nobody knows of any more
    Prune(prune::Args),
}

/// Runs one of them.
pub fn run(command: &Command, context: &Context) -> Result<Exit> {
    let sites = Sites::of(&context.workspace()?);
    let tells =
        matches!(command, Command::Mount(_) | Command::List(_) | Command::Start(_) | Command::Prune(_));
    let exit = run_one(command, &sites, context)?;
    for damaged in if tells { sites.damaged()? } else { Vec::new() } {
        context.ui.notice(&one_line(&format!("{}; the others go on", damaged.fault)));
    }
    Ok(exit)
}

fn run_one(command: &Command, sites: &Sites, context: &Context) -> Result<Exit> {
    match command {
        Command::Mount(args) => mount::run(args, sites, context),
        Command::Unmount(args) => unmount::run(args, sites, context),
        Command::List(args) => list::run(args, sites, context),
        Command::Start(args) => start::run(args, sites, context),
        Command::Stop(args) => stop::run(args, sites, context),
        Command::Status(args) => status::run(args, sites, context),
        Command::Logs(args) => logs::run(args, sites, context),
        Command::Url(args) => url::run(args, sites, context),
        Command::Pages(args) => pages::run(args, sites, context),
        Command::Preview(args) => preview::run(args, sites, context),
        Command::Check(args) => check::run(args, sites, context),
        Command::Watch(args) => watch::run(args, sites, context),
        Command::Prune(args) => prune::run(args, sites, context),
    }
}
