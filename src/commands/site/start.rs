//! `site start`

use std::cell::Cell;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::status::{describe, exposed, line};
use crate::commands::Context;
use crate::domain::sites::Sites;
use crate::domain::sites::preview::viewers;
use crate::domain::sites::server::{self, Options, Progress, Started};
use crate::exit::Exit;
use crate::system::clock;
use crate::ui::one_line;

/// Before somebody who watches is told that it takes its time …
const MOMENT: Duration = Duration::from_secs(1);
/// … and between two such lines.
const PAUSE: Duration = Duration::from_secs(4);

/// Start a site's dev server, and wait until it answers
///
/// A server that runs already, also one that was started by hand in the site's folder, is found and told. Exit code 75: it was started
/// and does not answer yet; it is left running.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The site (default: the one the present directory lies in, or the only one)
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Serve it on this port and on no other, also from now on unless it was mounted with one (default: the site's own); 0 is any that is free
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Wait this long for its first answer (90s, 2m)
    #[arg(long, value_name = "TIME", value_parser = clock::parse_duration)]
    timeout: Option<Duration>,
    /// Install what it depends on first
    #[arg(long)]
    install: bool,
}

pub(super) fn run(args: &Args, sites: &Sites, context: &Context) -> Result<Exit> {
    let ui = &context.ui;
    let site = sites.find(args.name.as_deref())?;
    let options = Options { port: args.port, patience: args.timeout, install: args.install, run: None };
    let began = Instant::now();
    let next = Cell::new(began + MOMENT);
    let mut tell = |at: Progress| {
        if let Progress::Note(text) = &at {
            ui.notice(&one_line(text));
        } else if ui.stderr_is_terminal() && !ui.json() && Instant::now() >= next.get() {
            next.set(Instant::now() + PAUSE);
            let took = clock::human(began.elapsed());
            ui.progress(&match at {
                Progress::Held(who) => format!("waiting for {took}: {}", one_line(&who)),
                Progress::Waiting(state, last) => {
                    format!("{} for {took}: {}", line(state), one_line(&last))
                }
                Progress::Note(_) => return,
            });
        }
    };
    match server::start(sites, &site, &options, &mut tell)? {
        Started::Ready { status, fresh } => {
            if !fresh {
                let by = if status.adopted { "; taskrun did not start it" } else { "" };
                ui.progress(&format!("`{}` is served already{by}", site.name));
                viewers::left(sites, &site.name)?;
            }
            ui.result(&status, || describe(&status))?;
            exposed(&status, context);
            Ok(Exit::Done)
        }
        Started::Late(status) => {
            ui.result(&status, || describe(&status))?;
            let (name, took) = (&site.name, clock::human(began.elapsed()));
            let seen = match status.port {
                Some(port) => format!("it listens on port {port}, and does not answer HTTP there"),
                None => "it listens nowhere".to_owned(),
            };
            let last = server::last_words(sites, &site);
            let last = if last.is_empty() {
                "; it has printed nothing".into()
            } else {
                format!("; it printed last:{last}")
            };
            ui.notice(&format!(
                "`{name}` is still starting after {took}, and is left to it: `taskrun site start {name}` waits again, `taskrun site logs \
                 {name}` shows what it prints, `taskrun site stop {name}` ends it\n{seen}{last}"
            ));
            Ok(Exit::Later)
        }
    }
}
