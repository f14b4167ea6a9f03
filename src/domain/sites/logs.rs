//! What a site's server printed, as it is stored: all of it, its end, or as it comes.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use super::server::{self, State, Status};
use super::{Site, Sites};
use crate::domain::missions::log::size;
use crate::domain::prompted::logs::copy;
use crate::system::interrupt;
use crate::system::stamp::Stamp;

/// Between two looks for more.
const NAP: Duration = Duration::from_millis(50);
/// A server is asked so often how it is: while it may come up, and while nothing tells that it changed. Each time is a
/// request for it, and it may print a line for that.
const SOON: Duration = Duration::from_secs(1);
const LATE: Duration = Duration::from_secs(5);

/// The log of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Log {
    /// Whose it is.
    pub site: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its size; none where there is none yet.
    pub bytes: Option<u64>,
}

/// The log of `site`, whether or not it is there.
pub fn log(sites: &Sites, site: &Site) -> Log {
    let path = sites.log(&site.name);
    Log { site: site.name.clone(), bytes: size(&path), path }
}

/// How a server is, asked no more often than needed.
#[derive(Debug)]
pub struct Pulse {
    record: PathBuf,
    stamp: Stamp,
    asked: Instant,
    /// As it was last seen.
    pub status: Status,
}

impl Pulse {
    /// Of the server of `site`, which is asked now.
    pub fn feel(sites: &Sites, site: &Site) -> Result<Self> {
        let record = sites.server_file(&site.name);
        let stamp = Stamp::of(&record);
        let status = server::status(sites, site)?;
        Ok(Self { record, stamp, asked: Instant::now(), status })
    }

    /// Asks again where it is time to; whether it was.
    pub fn renew(&mut self, sites: &Sites, site: &Site) -> Result<bool> {
        let patience = if matches!(self.status.state, State::Ok | State::Stopped) { LATE } else { SOON };
        // Who starts or stops it writes that down.
        if self.asked.elapsed() < patience && Stamp::of(&self.record) == self.stamp {
            return Ok(false);
        }
        *self = Self::feel(sites, site)?;
        Ok(true)
    }

    /// Whether there is no server.
    pub fn is_still(&self) -> bool {
        self.status.state == State::Stopped
    }
}

/// Copies the log of `site` from `at` on to `out`, which says whether to go on, until its server is stopped and all is copied.
/// Errors: interrupted.
pub fn follow(sites: &Sites, site: &Site, mut at: u64, out: &mut dyn FnMut(&[u8]) -> bool) -> Result<()> {
    interrupt::install()?;
    let path = sites.log(&site.name);
    let mut pulse = Pulse::feel(sites, site)?;
    loop {
        // Looked at first: what is written before its end is there after this.
        let over = pulse.is_still();
        if let Some(bytes) = size(&path) {
            // It is made new at each start.
            at = if bytes < at { 0 } else { at };
            match copy(&path, at, out) {
                Ok((_, false)) => return Ok(()),
                Ok((upto, true)) => at = upto,
                Err(_) if size(&path).is_none() => {}
                Err(error) => return Err(error),
            }
        }
        if over {
            return Ok(());
        }
        interrupt::nap(NAP)?;
        pulse.renew(sites, site)?;
    }
}
