//! A site beside a run of the loop: it is served while agents work on it, and they are told of it.

mod log;
mod pictures;
mod startup;
mod told;

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use self::log::Log;
use self::pictures::Pictures;
use self::startup::Startup;
use self::told::Served;
use super::pages::{self, Page};
use super::server::{self, Options, Started, State};
use super::{Site, Sites, errors};
use crate::domain::attempt::receipt::Noted;
use crate::domain::loops::beside::Beside;
use crate::fault::Fault;
use crate::system::config::{SiteTable, env};
use crate::system::lock::Holder;
use crate::system::{browser, redact};

/// A site that is kept up while a run goes; its server is stopped with it where the run has started it.
#[derive(Debug)]
pub struct Looped {
    sites: Sites,
    site: Site,
    settings: SiteTable,
    /// Whether its server is this run's to end: started by it, or left to it by one that is dead.
    ours: bool,
    /// What its server has read when it was started; none where that was before this run, which took it over.
    read: Option<Startup>,
    log: Log,
    /// What a log has said that was made new since.
    unread: String,
    /// Whether an agent was told of the log before.
    told: bool,
    /// Those of the attempt that is under way.
    pictures: Option<Pictures>,
}

impl Looped {
    /// For this site; nothing is started.
    pub fn new(sites: &Sites, site: Site, settings: &SiteTable) -> Self {
        let log = Log::of(&sites.log(&site.name));
        let (sites, settings) = (sites.clone(), settings.clone());
        Self {
            sites,
            site,
            settings,
            ours: false,
            read: None,
            log,
            unread: String::new(),
            told: false,
            pictures: None,
        }
    }

    /// What would be told to the next agent, and what a run would do about the server; changes nothing.
    pub fn outlook(&self) -> Result<(Vec<String>, String)> {
        let status = server::status(&self.sites, &self.site)?;
        let running = status.state != State::Stopped;
        let (served, told) = match status.url {
            Some(url) => (Served::At(url.clone()), format!("served at {url}")),
            None if running => (Served::Late, "starting".into()),
            None => {
                let line = self.site.recipe.commands.dev.as_deref();
                let line = line.map(|line| format!(": {line}")).unwrap_or_default();
                (Served::Later, format!("would be started{line}"))
            }
        };
        Ok((vec![self.paragraph(&served, &self.pages())], told))
    }

    /// Ends what this run has started.
    pub fn end(&mut self) -> Result<()> {
        if !std::mem::take(&mut self.ours) {
            return Ok(());
        }
        server::stop(&self.sites, &self.site, false).map(drop)
    }

    /// Has the server run, whoever has ended it meanwhile.
    fn keep_up(&mut self) -> Result<Served> {
        let before = server::status(&self.sites, &self.site)?;
        let me = Holder::me();
        let run = Some(me.clone());
        let options = Options { patience: Some(self.settings.timeout), run, ..Options::default() };
        if before.state == State::Stopped {
            self.unread += &self.log.news();
            self.read = Some(Startup::of(&self.site, self.sites.workspace().root()));
        }
        let started = server::start(&self.sites, &self.site, &options, &mut |_| {});
        if before.state == State::Stopped {
            // Its log was made new.
            self.log = Log::of(&self.sites.log(&self.site.name));
        }
        // Started here, or left by a run that is dead; also one that is not waited for any more runs on.
        self.ours |= server::is_of_run(&self.sites, &self.site, &me).unwrap_or_default();
        Ok(match started? {
            Started::Ready { status, .. } => status.url.map_or(Served::Late, Served::At),
            Started::Late(_) => Served::Late,
        })
    }

    /// [`Looped::keep_up`], or why not, with the end of the server's log.
    fn kept_up(&mut self) -> Served {
        or_why_not(self.keep_up())
    }

    /// Has a server run that is what it would be if it were started now: what it serves with what it has read before says nothing of a
    /// change in that. One that is not this run's goes on, and that is noted.
    fn afresh(&mut self) -> (Served, Option<Noted>) {
        let now = Startup::of(&self.site, self.sites.workspace().root());
        let changed = self.read.as_ref().map(|read| read.changed(&now)).unwrap_or_default();
        let status = server::status(&self.sites, &self.site);
        let runs = status.as_ref().is_ok_and(|status| status.state != State::Stopped);
        let stuck = status.is_ok_and(|status| !server::stuck(&self.sites, &status).is_empty());
        let due = runs && (!changed.is_empty() || stuck || self.read.is_none());
        // Any file may be one that it would stumble over: a start costs seconds, a task closed over a dead site more.
        let touched = runs && self.read.as_ref().is_some_and(|read| read.differs(&now));
        if (due || touched) && self.ours {
            self.unread += &self.log.news();
            self.log.pass();
            // One that cannot be ended is still there, and is looked at as it is.
            let _ = server::stop(&self.sites, &self.site, false);
        }
        let served = self.kept_up();
        if due && !self.ours {
            self.read = Some(now);
        }
        let (name, because) = (&self.site.name, told::because(&changed, stuck));
        let text = match &served {
            Served::Not(_) => format!("the server of `{name}` does not start any more{because}"),
            _ if due && self.ours => format!("the server of `{name}` was started afresh{because}"),
            _ if due && !because.is_empty() => {
                format!(
                    "the server of `{name}` was there before this run and goes on; whether it would still start is not known{because}"
                )
            }
            _ => return (served, None),
        };
        let data =
            json!({"changed": changed, "started": due && self.ours && !matches!(served, Served::Not(_))});
        (served, Some(Noted { by: self.by(), text, data }))
    }

    fn by(&self) -> String {
        format!("site {}", self.site.name)
    }

    fn pages(&self) -> Vec<Page> {
        // The examples of its pages may have changed meanwhile.
        let site = self.sites.find(Some(&self.site.name));
        let site = site.as_ref().unwrap_or(&self.site);
        pages::listed(&self.sites, site).map(|listed| listed.pages).unwrap_or_default()
    }

    fn paragraph(&self, served: &Served, pages: &[Page]) -> String {
        told::site(self.sites.workspace().root(), &self.site, served, pages)
    }
}

fn or_why_not(served: Result<Served>) -> Served {
    let why = |error: anyhow::Error| redact::ours().text(&format!("{error:#}")).into_owned();
    served.unwrap_or_else(|error| Served::Not(why(error)))
}

impl Drop for Looped {
    fn drop(&mut self) {
        // What is left of it is found again by the next start, and by `site prune`.
        let _ = self.end();
    }
}

impl Beside for Looped {
    fn begin(&mut self, notice: &mut dyn FnMut(&str)) -> Result<()> {
        let found =
            server::status(&self.sites, &self.site).is_ok_and(|status| status.state != State::Stopped);
        self.log.pass();
        // One that cannot be started may be just what agents are to put right.
        let served = match self.keep_up() {
            Err(error) if matches!(error.downcast_ref(), Some(Fault::Interrupted { .. })) => {
                return Err(error);
            }
            served => or_why_not(served),
        };
        let name = &self.site.name;
        let told = match (&served, self.ours) {
            (Served::At(url), true) if found => {
                format!(
                    "the site `{name}` is served at {url}, by a run that is gone; it is stopped with this one"
                )
            }
            (Served::At(url), true) => {
                format!("started the site `{name}` at {url}; it is stopped with the run")
            }
            (Served::At(url), false) => format!("the site `{name}` is served at {url}, and stays so"),
            (Served::Not(why), _) => {
                format!("the site `{name}` cannot be started, which agents are told: {why}")
            }
            (Served::Late | Served::Later, _) => {
                format!("the site `{name}` does not answer yet; see `taskrun site logs {name}`")
            }
        };
        notice(&told);
        if found && !self.ours {
            self.read = Some(Startup::of(&self.site, self.sites.workspace().root()));
        }
        if self.settings.screenshots && browser::find(self.settings.browser.as_deref()).is_none() {
            notice("no browser was found, so no pictures of pages are taken");
            self.settings.screenshots = false;
        }
        Ok(())
    }

    fn epic_made(&mut self, epic: &str) -> Result<()> {
        let remember = |site: &mut Site| {
            site.epic.get_or_insert_with(|| epic.to_owned());
        };
        self.sites.update(&self.site.name, remember).map(drop)
    }

    fn before_agent(&mut self, prefix: &Path) -> Vec<String> {
        let served = self.kept_up();
        let pages = self.pages();
        let browser = self.settings.browser.as_deref();
        let begin = || Pictures::begin(prefix, served.url(), &pages, browser);
        self.pictures = self.settings.screenshots.then(begin);
        // Only now: to look at what is broken already makes the server say so once more.
        let news =
            errors::errors(&redact::ours().text(&(std::mem::take(&mut self.unread) + &self.log.news())));
        let again = std::mem::replace(&mut self.told, true);
        std::iter::once(self.paragraph(&served, &pages)).chain(told::errors(&news, again)).collect()
    }

    fn after_agent(&mut self) -> Vec<Noted> {
        // The gates look at it, and where it cannot run they tell why.
        let (served, noted) = self.afresh();
        let browser = self.settings.browser.as_deref();
        let pictures = self.pictures.take();
        let pictures = pictures.map(|taken| taken.end(&self.by(), served.url(), &self.pages(), browser));
        noted.into_iter().chain(pictures).collect()
    }
}

/// The gate that looks at every page of a site, for a shell in the workspace's root: this very program, wherever it lies.
pub fn gate(site: &Site) -> Result<String> {
    let me = env::current_exe()?;
    let program = me.to_str().filter(|_| me.is_file()).unwrap_or("taskrun");
    Ok(shell_words::join([program, "-C", ".", "site", "check", &site.name]))
}
