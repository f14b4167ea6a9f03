//! What the preview's page shows and what is done by its orders: looked after for as long as the preview is served.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::desk::{RESERVED, Reply};
use super::state::{self, Order, Parts};
use super::trouble::Trouble;
use super::viewers;
use crate::domain::beads::Store;
use crate::domain::loops::state as loops;
use crate::domain::sites::logs::Pulse;
use crate::domain::sites::pages::{self, Page};
use crate::domain::sites::server::{self, Options, Started, State, Status};
use crate::domain::sites::{Site, Sites, tasks};
use crate::fault::Fault;
use crate::system::process::Detached;
use crate::system::stamp::Stamp;
use crate::system::{clock, interrupt};

/// A question for news is held open so long …
const HOLD: Duration = Duration::from_secs(20);
/// … but one at a time, for a browser has six connections for all its tabs; the others come again after this.
const AGAIN: Duration = Duration::from_secs(2);
/// Between two looks while somebody looks at the page …
const LOOK: Duration = Duration::from_millis(250);
/// … which is so for this long after a question.
const SEEN: Duration = Duration::from_secs(30);
/// The site's files are looked through for pages so often.
const PAGES: Duration = Duration::from_secs(3);
/// So much of the log's end is read.
const TAIL: u64 = 32 << 10;

/// The preview of one site.
#[derive(Debug)]
pub struct Window {
    sites: Sites,
    name: String,
    pub(super) token: String,
    selected: Mutex<Option<String>>,
    parts: Parts,
    port: AtomicU16,
    asked: Mutex<Instant>,
    held: AtomicBool,
    doing: Mutex<Doing>,
    /// The server's first process, where it was started from here.
    child: Mutex<Option<Detached>>,
    starting: AtomicBool,
    pub(super) trouble: Trouble,
}

/// What is done with the server, and how the last order went.
#[derive(Debug, Default)]
struct Doing {
    order: Option<Order>,
    error: Option<String>,
    status: Status,
    openable: Vec<String>,
}

/// What was looked at, to see whether it changed.
#[derive(Debug)]
struct Sight {
    site: Site,
    pulse: Pulse,
    record: Stamp,
    log: Option<Stamp>,
    tasks: Vec<Stamp>,
    files: Option<Vec<Page>>,
    listed: Instant,
    up: bool,
}

impl Window {
    /// The preview of `site`, with `selected` opened first; all is known once, so that the page has something to show.
    pub fn open(sites: &Sites, site: &Site, selected: Option<&str>) -> Result<Arc<Self>> {
        let window = Arc::new(Self {
            sites: sites.clone(),
            name: site.name.clone(),
            token: secret()?,
            selected: Mutex::new(selected.map(str::to_owned)),
            parts: Parts::default(),
            port: AtomicU16::new(0),
            asked: Mutex::new(Instant::now()),
            held: AtomicBool::new(false),
            doing: Mutex::default(),
            child: Mutex::default(),
            starting: AtomicBool::new(false),
            trouble: Trouble::default(),
        });
        let mut sight = window.begin(site)?;
        window.look(&mut sight);
        let watching = window.clone();
        thread::Builder::new().name("watch".into()).spawn(move || watching.watch(sight))?;
        Ok(window)
    }

    /// Where the page is, below the listener's URL.
    pub fn path(&self) -> String {
        format!("{RESERVED}{}/", self.token)
    }

    /// The port of localhost the site listens on; none while it is down.
    pub fn port(&self) -> Option<u16> {
        Some(self.port.load(Ordering::Relaxed)).filter(|port| *port > 0)
    }

    /// Whether an order of this preview is starting the server just now, which is not written down yet.
    pub fn is_starting_it(&self) -> bool {
        self.starting.load(Ordering::SeqCst)
    }

    /// Whether an order is being carried out.
    pub fn is_busy(&self) -> bool {
        self.doing().order.is_some()
    }

    /// What went wrong with the last order, told once.
    pub fn failure(&self) -> Option<String> {
        self.doing().error.clone()
    }

    /// Does something with the server, beside; `false` while something else is done.
    pub fn order(self: &Arc<Self>, order: Order) -> bool {
        let mut doing = self.doing();
        if doing.order.is_some() {
            return false;
        }
        (doing.order, doing.error) = (Some(order), None);
        drop(doing);
        self.tell_server();
        let window = self.clone();
        let thread = thread::Builder::new().name("order".into()).spawn(move || {
            let outcome = window.carry_out(order);
            let mut doing = window.doing();
            doing.order = None;
            doing.error = outcome.err().map(|error| told(&error));
            drop(doing);
            if let Ok(status) =
                window.sites.find(Some(&window.name)).and_then(|site| server::status(&window.sites, &site))
            {
                window.see(&status);
            }
        });
        thread.is_ok()
    }

    fn carry_out(&self, order: Order) -> Result<()> {
        let site = self.sites.find(Some(&self.name))?;
        if order != Order::Start {
            server::stop(&self.sites, &site, false)?;
        }
        if order == Order::Stop {
            return Ok(());
        }
        let fresh = server::status(&self.sites, &site)?.state == State::Stopped;
        self.starting.store(fresh, Ordering::SeqCst);
        let outcome = self.start(&site, fresh);
        self.starting.store(false, Ordering::SeqCst);
        outcome
    }

    /// Starts it, and writes down that it is a preview's where nobody else has.
    fn start(&self, site: &Site, fresh: bool) -> Result<()> {
        let (started, child) = server::start_kept(&self.sites, site, &Options::default(), &mut |_| {})?;
        *self.child.lock().unwrap_or_else(PoisonError::into_inner) = child;
        match started {
            Started::Ready { status, fresh: true } => viewers::started(&self.sites, &status),
            Started::Late(status) if fresh => viewers::started(&self.sites, &status),
            Started::Ready { .. } | Started::Late(_) => Ok(()),
        }
    }

    fn begin(&self, site: &Site) -> Result<Sight> {
        let record = Stamp::of(&self.sites.file(&self.name));
        let pulse = Pulse::feel(&self.sites, site)?;
        self.parts.put("site", state::site(&self.sites, site));
        self.see(&pulse.status);
        let (site, listed) = (site.clone(), Instant::now());
        Ok(Sight { site, pulse, record, log: None, tasks: Vec::new(), files: None, listed, up: false })
    }

    fn watch(&self, mut sight: Sight) {
        while interrupt::signal().is_none() {
            #[allow(clippy::disallowed_methods)]
            // not the main thread: a signal does not wake it, and need not
            thread::sleep(LOOK);
            let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody looks: nothing is asked of the server, which may print a line for it.
            if asked.elapsed() < SEEN {
                self.look(&mut sight);
            }
        }
    }

    /// Looks at all that may have changed.
    fn look(&self, sight: &mut Sight) {
        let record = Stamp::of(&self.sites.file(&self.name));
        if record != sight.record {
            sight.record = record;
            if let Ok(site) = self.sites.find(Some(&self.name)) {
                self.parts.put("site", state::site(&self.sites, &site));
                sight.site = site;
                sight.files = None;
                sight.tasks.clear();
            }
        }
        let renewed = sight.pulse.renew(&self.sites, &sight.site).unwrap_or(false);
        if renewed {
            self.see(&sight.pulse.status);
        }
        let path = self.sites.log(&self.name);
        let stamp = Stamp::of(&path);
        if sight.log != Some(stamp) {
            sight.log = Some(stamp);
            self.parts.put("log", tail(&path).unwrap_or_else(|_| state::log(&[], 0)));
        }
        self.look_at_tasks(sight);
        self.look_at_pages(sight);
    }

    fn look_at_tasks(&self, sight: &mut Sight) {
        let workspace = self.sites.workspace();
        let mut files = loops::budget_files(workspace);
        if workspace.has_beads() {
            files.extend(Store::open(workspace).map(|store| store.file().to_owned()));
        }
        let stamps: Vec<Stamp> = files.iter().map(|file| Stamp::of(file)).collect();
        if stamps == sight.tasks && !stamps.is_empty() {
            return;
        }
        sight.tasks = stamps;
        let part = tasks::tasks(&self.sites, &sight.site);
        self.parts
            .put("tasks", part.map_or_else(|error| state::no_tasks(&told(&error)), |all| state::tasks(&all)));
    }

    /// The files tell of new pages; the server, too, but it is asked only then and when it comes up.
    fn look_at_pages(&self, sight: &mut Sight) {
        let up = sight.pulse.status.state >= State::Answering;
        let changed = up != sight.up || sight.files.is_none();
        if !changed && sight.listed.elapsed() < PAGES {
            return;
        }
        sight.up = up;
        let files = pages::pages(&sight.site, None).unwrap_or_default();
        if changed || sight.files.as_ref() != Some(&files) {
            sight.files = Some(files);
            let listed = pages::listed(&self.sites, &sight.site);
            let (all, error) = match listed {
                Ok(listed) => (listed.pages, None),
                Err(error) => (Vec::new(), Some(told(&error))),
            };
            self.doing().openable = all.iter().filter_map(|page| page.open().map(str::to_owned)).collect();
            let selected = self.selected();
            self.parts.put("pages", state::pages(&sight.site, &all, error.as_deref(), selected.as_deref()));
        }
        sight.listed = Instant::now();
    }

    fn see(&self, status: &Status) {
        self.port.store(status.port.unwrap_or(0), Ordering::Relaxed);
        self.doing().status = status.clone();
        self.tell_server();
    }

    fn tell_server(&self) {
        let doing = self.doing();
        // Whoever stops it takes its record away.
        let ended = self.sites.server_file(&self.name).exists().then(|| self.ending());
        self.parts.put("server", state::server(&doing.status, doing.order, doing.error.as_deref(), ended));
    }

    /// In what words the server that was started from here has ended.
    fn ending(&self) -> String {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        state::ending(child.as_mut().and_then(Detached::ended))
    }

    fn selected(&self) -> MutexGuard<'_, Option<String>> {
        self.selected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn doing(&self) -> MutexGuard<'_, Doing> {
        self.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has changed since the number in the query.
    pub(super) fn news(&self, query: Option<&str>) -> Reply {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let since = query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("since="));
        let since = since.map_or(Some(0), |since| since.parse().ok());
        let Some(since) = since else { return Reply::text(400, "`since` is no number") };
        let alone = !self.held.swap(true, Ordering::SeqCst);
        let mut news = self.parts.since(since, if alone { HOLD } else { Duration::ZERO });
        if alone {
            self.held.store(false, Ordering::SeqCst);
        } else {
            news["again"] = json!(AGAIN.as_millis());
        }
        Reply::json(200, news.to_string())
    }

    /// Has the page in `body` opened first the next time.
    pub(super) fn remember(&self, body: &[u8]) -> Reply {
        let page = String::from_utf8_lossy(body).into_owned();
        if !self.doing().openable.contains(&page) {
            return Reply::text(400, "no page of this site");
        }
        match self.sites.update(&self.name, |site| site.page = Some(page.clone())) {
            Ok(_) => {
                // What was asked for on the command line was only the first one.
                let mut selected = self.selected();
                *selected = None;
                self.parts.amend("pages", "selected", page.into());
            }
            Err(error) => return Reply::text(503, &told(&error)),
        }
        Reply { status: 204, ..Reply::default() }
    }
}

/// The end of the log.
fn tail(path: &Path) -> Result<Value> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL)))?;
    let mut end = Vec::new();
    file.take(TAIL).read_to_end(&mut end)?;
    Ok(state::log(&end, size))
}

/// An error and the way out.
fn told(error: &anyhow::Error) -> String {
    let hint = error.downcast_ref::<Fault>().and_then(Fault::hint);
    hint.map_or_else(|| format!("{error:#}"), |hint| format!("{error:#}\nhint: {hint}"))
}

/// What nobody guesses.
pub(super) fn secret() -> Result<String> {
    clock::secret().context("failed to get random numbers")
}
