//! `site check`

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use crate::commands::Context;
use crate::commands::words::parse_span;
use crate::domain::sites::Sites;
use crate::domain::sites::check::{Options, Order, Step, check_site};
use crate::domain::sites::pages;
use crate::domain::sites::server::Progress;
use crate::exit::Exit;
use crate::ui::one_line;

/// Look whether every page of a site is sound
///
/// Every page must answer with success, show no error overlay, write no error to the console, throw no exception and fetch all it
/// asks for; every link and asset within the site must be there. Pages are looked at in an installed Chromium; without one, or
/// with `--http`, they are asked for by HTTP alone, and that is told. A page of which a browser saw something wrong is looked at
/// once more, alone, and only what is seen again counts. What fails on servers elsewhere is told and does not count; another
/// server on this machine counts as the site itself. A page is watched until nothing has happened for a tenth of a second: what it
/// does later is not seen.
///
/// Every address within the site that a page refers to, thus every `<a href>`, is asked for once: by HEAD, and by GET where that is
/// refused or tells too little, without cookies, whatever it is for (also where it says `download`, `rel=nofollow` or `/logout`):
/// by HTTP's own rules a GET changes nothing, and a site where it does has a fault worth finding on a development server. A link
/// that answers 401, 403 or 429 is told and does not count. Where any path is answered with success (applications of one page), a
/// browser also opens links, and what shows the same as a path that does not exist is a soft 404; by HTTP alone that is only told.
///
/// Exit code 1: something is wrong, also where the site's server has ended by itself; 2: nobody has started one, so nothing can be
/// told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The site (default: the one the present directory lies in, or the only one)
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Only this page: its path, or its pattern where that has an example (may be given again)
    #[arg(long = "page", value_name = "PATH")]
    pages: Vec<String>,
    /// Only pages that differ from a git revision (default: HEAD)
    #[arg(long, value_name = "REV", num_args = 0..=1, default_missing_value = "HEAD", conflicts_with = "pages")]
    changed: Option<String>,
    /// Ask by HTTP alone
    #[arg(long)]
    http: bool,
    /// The Chromium to look with (default: the one of the settings, of `CHROME_PATH`, or the first that is installed)
    #[arg(long, value_name = "FILE", conflicts_with = "http")]
    browser: Option<String>,
    /// How long one page may take (default: 15s)
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    timeout: Option<Duration>,
    /// Start the site for the check where it is stopped, and stop it after that
    #[arg(long)]
    start: bool,
    /// Put a picture of each page into this directory
    #[arg(long, value_name = "DIR", conflicts_with = "http")]
    screenshots: Option<PathBuf>,
}

pub(super) fn run(args: &Args, sites: &Sites, context: &Context) -> Result<Exit> {
    let ui = &context.ui;
    let (site, changed) = pages::meant(sites, args.name.as_deref(), args.changed.as_deref())?;
    let order = Order {
        pages: args.pages.clone(),
        changed,
        start: args.start,
        options: Options {
            http_only: args.http,
            browser: args.browser.clone(),
            timeout: args.timeout,
            pictures: args.screenshots.clone(),
        },
    };
    let watched = ui.stderr_is_terminal() && !ui.json();
    let (mut looked, mut total) = (0, 0);
    let report = check_site(sites, &site, &order, &mut |step| match step {
        Step::Starting(Progress::Note(text)) => ui.notice(&one_line(&text)),
        Step::Starting(_) | Step::Begins(0) => {}
        Step::Begins(count) => {
            total = count;
            if watched {
                ui.progress(&format!("looking at {count} pages of `{}`", one_line(&site.name)));
            }
        }
        Step::Looked(seen) => {
            looked += 1;
            if watched && !seen.ok() {
                ui.progress(&format!("{looked} of {total}: `{}` is not sound", one_line(&seen.path)));
            }
        }
    })?;
    ui.result(&report, || report.lines().iter().map(|line| shown(line)).collect::<Vec<_>>().join("\n"))?;
    Ok(if report.ok { Exit::Done } else { Exit::Failed })
}

/// What comes from a page may hold anything; what is set in stays so.
fn shown(line: &str) -> String {
    let text = line.trim_start_matches(' ');
    " ".repeat(line.len() - text.len()) + &one_line(text)
}
