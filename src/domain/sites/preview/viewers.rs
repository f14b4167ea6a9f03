//! The previews of one site: the last of them ends the server that one of them has started.

use std::fs;
use std::time::Duration;

use anyhow::Result;

use crate::domain::sites::Sites;
use crate::domain::sites::server::Status;
use crate::system::lock::Lock;
use crate::system::store;

/// How long a preview that is ending the server is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// One preview among those of its site, for as long as it is kept.
#[derive(Debug)]
pub struct Viewer(Lock);

impl Viewer {
    /// One more preview of the site `name`.
    pub fn join(sites: &Sites, name: &str) -> Result<Self> {
        Ok(Self(Lock::join(&sites.viewers(name), PATIENCE)?))
    }

    /// One less; the last one gets a lock, and no other begins while it is kept.
    pub fn leave(self, sites: &Sites, name: &str) -> Result<Option<Lock>> {
        drop(self.0);
        Lock::try_take(&sites.viewers(name))
    }
}

/// Writes down that a preview has started the server as it is in `status`.
pub fn started(sites: &Sites, status: &Status) -> Result<()> {
    store::write(&sites.viewed(&status.name), store::PRIVATE, run(status).as_bytes())
}

/// Whether a preview has started the server that runs.
pub fn have_started(sites: &Sites, status: &Status) -> bool {
    let written = fs::read_to_string(sites.viewed(&status.name));
    status.pid.is_some() && written.is_ok_and(|written| written == run(status))
}

/// Has the server stay when the previews end: a person has asked for it since.
pub fn left(sites: &Sites, name: &str) -> Result<()> {
    store::remove(&sites.viewed(name))
}

/// Which run of the server it is: since when, to the microsecond. Another process may lead it by and by.
fn run(status: &Status) -> String {
    format!("{}\n", status.since.as_deref().unwrap_or_default())
}
