//! The dev server of a site: starting it, knowing it again, ending it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Site, Sites};

/// How far a server is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// None of its processes lives.
    #[default]
    Stopped,
    /// It lives, and listens nowhere yet.
    Starting,
    /// It has a listening socket, which does not answer HTTP yet.
    Listening,
    /// It answers HTTP, whatever it says.
    Answering,
    /// It answers `/` with 2xx or 3xx.
    Ok,
}

/// What `site status` tells (contract).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The site.
    pub name: String,
    /// Its folder.
    pub path: PathBuf,
    /// What it is built on.
    pub stack: String,
    /// How far its server is.
    pub state: State,
    /// `http://localhost:PORT`, once it listens.
    pub url: Option<String>,
    /// The port it really listens on.
    pub port: Option<u16>,
    /// The leader's process id.
    pub pid: Option<u32>,
    /// Whether somebody else started it.
    pub adopted: bool,
    /// Since when it is served.
    pub since: Option<String>,
}

/// What a start is asked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The port, and no other.
    pub port: Option<u16>,
    /// How long its first answer is waited for; the server is left running after that.
    pub patience: Option<Duration>,
    /// Whether what it depends on is installed first.
    pub install: bool,
}

/// Where a start is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It is waited for: its state and the last line of its log.
    Waiting(State, String),
}

/// What a start came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// It answers; `fresh` where this call started it.
    Ready {
        /// As it is now.
        status: Status,
        /// Whether this call started it.
        fresh: bool,
    },
    /// It is left running and does not answer yet.
    Late(Status),
}

/// Starts the server of `site`, or finds the one that serves it. Errors: it exited, with its log's end and what would help.
pub fn start(
    sites: &Sites,
    site: &Site,
    options: &Options,
    tell: &mut dyn FnMut(Progress),
) -> Result<Started> {
    let _ = (sites, site, options, tell);
    anyhow::bail!("not built yet")
}

/// Ends the server of `site` with all it has started, and sees that its port is free; says what ended. `force` for one that
/// somebody else started.
pub fn stop(sites: &Sites, site: &Site, force: bool) -> Result<Status> {
    let _ = (sites, site, force);
    anyhow::bail!("not built yet")
}

/// How the server of `site` is now; changes nothing.
pub fn status(sites: &Sites, site: &Site) -> Result<Status> {
    let _ = sites;
    let (name, path, stack) = (site.name.clone(), site.path.clone(), site.recipe.stack.clone());
    Ok(Status { name, path, stack, ..Status::default() })
}
