//! `site preview`

use std::path::PathBuf;

use anyhow::Result;

use crate::commands::Context;
use crate::domain::sites::preview::picture::{Wanted, served, take};
use crate::domain::sites::preview::{Told, open, serve};
use crate::domain::sites::server::Progress;
use crate::domain::sites::url::is_strange;
use crate::domain::sites::{Site, Sites};
use crate::exit::Exit;
use crate::system::browser::Extent;
use crate::system::interrupt;
use crate::ui::one_line;

/// Look at a site in a frame, with its pages, tasks and budget beside it
///
/// The site is started where it does not run, and the preview is served on this machine until Ctrl-C; what was started for it
/// ends with it. Ctrl-C is its good end and gives exit code 130, SIGTERM 143. Whoever has the address that is printed can also start and stop the site's server: so can the
/// scripts of the site itself, for they share the page's origin. Preview only code that you would run.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // flags
pub struct Args {
    /// The site (default: the one the present directory lies in, or the only one)
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// The page to open: its path (default: the one that was selected last)
    #[arg(long, value_name = "PATH")]
    page: Option<String>,
    /// Serve the preview on this port (default: any free one)
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), conflicts_with_all = ["url", "screenshot"])]
    port: Option<u16>,
    /// Print the URL of the page itself, and end; a server that was started for it goes on
    #[arg(long, conflicts_with_all = ["open", "screenshot"])]
    url: bool,
    /// Open the preview in a browser: `$BROWSER`, or the system's
    #[arg(long, conflicts_with = "screenshot")]
    open: bool,
    /// Put a picture of the page itself (PNG) into this file, and end
    #[arg(long, value_name = "FILE")]
    screenshot: Option<PathBuf>,
    /// All of the page, not only what fits
    #[arg(long, requires = "screenshot")]
    full: bool,
    /// Of the picture, in CSS pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 1280, requires = "screenshot", value_parser = clap::value_parser!(u32).range(100..=4000))]
    width: u32,
    /// Of the picture, in CSS pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 800, requires = "screenshot", value_parser = clap::value_parser!(u32).range(100..=4000))]
    height: u32,
    /// Ask the page for dark colours
    #[arg(long, requires = "screenshot")]
    dark: bool,
}

pub(super) fn run(args: &Args, sites: &Sites, context: &Context) -> Result<Exit> {
    let ui = &context.ui;
    let site = sites.find(args.name.as_deref())?;
    let page = args.page.as_deref();
    let watched = ui.stderr_is_terminal() && !ui.json();
    let mut last = String::new();
    let mut tell = |at: Progress| {
        let line = match at {
            Progress::Note(text) => return ui.notice(&one_line(&text)),
            Progress::Waiting(_, line) | Progress::Held(line) => line,
        };
        if watched && line != last {
            ui.progress(&one_line(&line));
            last = line;
        }
    };
    if args.url {
        let (address, _) = served(sites, &site, page, &mut tell)?;
        strange(args, sites, &site, &address.page, context);
        ui.result(&address, || address.url.clone())?;
        return Ok(Exit::Done);
    }
    if let Some(file) = &args.screenshot {
        let extent = if args.full { Extent::Full } else { Extent::View };
        let wanted = Wanted { file: file.clone(), size: (args.width, args.height), dark: args.dark, extent };
        let taken = take(sites, &site, page, &wanted, &mut tell)?;
        strange(args, sites, &site, &taken.page, context);
        if let Some(why) = &taken.trouble {
            ui.notice(&format!("`{}` {}", one_line(&taken.page), one_line(why)));
        }
        ui.result(&taken, || format!("{}: {}", one_line(&taken.url), taken.file.display()))?;
        return Ok(Exit::Done);
    }
    window(args, sites, &site, context)
}

/// Says that nobody knows the page that was asked for, which is opened all the same.
fn strange(args: &Args, sites: &Sites, site: &Site, page: &str, context: &Context) {
    if args.page.is_some() && is_strange(sites, site, page) {
        context.ui.notice(&format!("`{}` is no known page of `{}`", one_line(page), site.name));
    }
}

fn window(args: &Args, sites: &Sites, site: &Site, context: &Context) -> Result<Exit> {
    let ui = &context.ui;
    serve(sites, site, (args.port, args.page.as_deref()), &mut |told| match told {
        Told::Ready(url) => {
            let _ = ui.result(&serde_json::json!({"name": site.name, "url": url}), || url.clone());
            if args.open && ui.stdout_is_terminal() && !open(&url) {
                ui.notice("there is no browser to open it with: open the address by hand");
            }
            if ui.stderr_is_terminal() {
                ui.progress("Ctrl-C ends the preview");
            }
        }
        Told::Trouble(why) => ui.notice(&why),
        Told::Stopped => {
            ui.progress(&format!("stopped the server of `{}`, which was started for the preview", site.name));
        }
        Told::Shared => ui.progress(&format!("the server of `{}` is left to another preview", site.name)),
        Told::Left => ui.notice(&format!("a loop works here: the server of `{}` is left running", site.name)),
    })?;
    Ok(interrupt::signal().map_or(Exit::Done, Exit::Interrupted))
}
