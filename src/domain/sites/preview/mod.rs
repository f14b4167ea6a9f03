//! `site preview`: a page with the selector, the site in a frame, the tasks and the budget beside it.

mod connection;
pub mod desk;
mod front;
mod gate;
pub mod listener;
mod open;
pub mod picture;
mod relay;
mod reply;
mod rewrite;
mod seats;
mod state;
mod trouble;
pub mod viewers;
mod window;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

pub use self::open::open;

use self::desk::Desk;
use self::front::Front;
use self::listener::Listener;
use self::state::Order;
use self::viewers::Viewer;
use self::window::Window;
use super::server::{self, State};
use super::{Site, Sites};
use crate::domain::loops::state::State as Run;
use crate::system::interrupt;

/// How long it takes at most until news from the server are told.
const TURN: Duration = Duration::from_millis(500);
/// What an order gets to end in when we do.
const LAST: Duration = Duration::from_secs(10);

/// What is told while the preview is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It is served here.
    Ready(String),
    /// Something went wrong with the server; the preview goes on.
    Trouble(String),
    /// The server that was started for it has been ended.
    Stopped,
    /// It is left running, for another preview shows it.
    Shared,
    /// It is left running, for a loop works on the site's workspace.
    Left,
}

/// Serves the preview of `site` until Ctrl-C, its server started where it does not run; that one ends with the preview. `page`
/// is the path that is opened first.
pub fn serve(
    sites: &Sites,
    site: &Site,
    (port, page): (Option<u16>, Option<&str>),
    tell: &mut dyn FnMut(Told),
) -> Result<()> {
    interrupt::install()?;
    let listener = Listener::bind(port)?;
    let viewer = Viewer::join(sites, &site.name)?;
    let window = Window::open(sites, site, page)?;
    if server::status(sites, site)?.state == State::Stopped {
        window.order(Order::Start);
    }
    tell(Told::Ready(format!("{}{}", listener.url(), window.path())));
    let desk: Arc<dyn Desk> = Arc::new(Front(window.clone()));
    let mut told = None;
    while interrupt::signal().is_none() {
        listener.turn(&desk, TURN)?;
        let failure = window.failure();
        if failure != told {
            told.clone_from(&failure);
            if let Some(why) = failure {
                tell(Told::Trouble(why));
            }
        }
    }
    end((sites, site), &window, viewer, tell)
}

fn end(
    (sites, site): (&Sites, &Site),
    window: &Window,
    viewer: Viewer,
    tell: &mut dyn FnMut(Told),
) -> Result<()> {
    let until = Instant::now() + LAST;
    while window.is_busy() && Instant::now() < until && !interrupt::insists() {
        #[allow(clippy::disallowed_methods)] // a nap of our own would end at once: the signal has come
        std::thread::sleep(Duration::from_millis(20));
    }
    let last = viewer.leave(sites, &site.name)?;
    let status = server::status(sites, site)?;
    if status.state == State::Stopped || !(window.is_starting_it() || viewers::have_started(sites, &status)) {
        return Ok(());
    }
    if last.is_none() {
        tell(Told::Shared);
        return Ok(());
    }
    if Run::read(sites.workspace())?.is_some_and(|run| run.runs()) {
        tell(Told::Left);
        return Ok(());
    }
    server::stop(sites, site, false)?;
    tell(Told::Stopped);
    Ok(())
}

#[cfg(test)]
mod proxy_tests;
