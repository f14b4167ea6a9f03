//! The dev server of a site: starting it, knowing it again, ending it.
//!
//! A server is its processes: the group that was started, all below it, all that carry its mark. It is ready when a listening
//! socket that one of them holds answers HTTP; what it prints, and who else answers on some port, says nothing.

mod devline;
mod ended;
mod foreign;
mod known;
mod plan;
mod port;
mod prune;
mod ready;
mod record;
mod restart;
mod start;
mod stop;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::system::lock::Holder;

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
    /// The leader's process id; where that one is gone, of one that goes on.
    pub pid: Option<u32>,
    /// Whether somebody else started it.
    pub adopted: bool,
    /// The command line of that process, where somebody else started it.
    pub command: Option<String>,
    /// Since when it is served.
    pub since: Option<String>,
    /// Which process holds the socket of that port; the first one only starts it, where that is npm.
    pub owner: Option<u32>,
    /// Every address that its processes listen on.
    pub listens: Vec<String>,
    /// Whether one of these is reached from other machines.
    pub exposed: bool,
}

impl Status {
    /// What is to be told of a server that others can reach.
    pub fn exposure(&self) -> Option<String> {
        let outer = |address: &&String| address.parse().is_ok_and(|at: SocketAddr| !is_inner(at));
        let outer: Vec<String> = self.listens.iter().filter(outer).map(|at| format!("`{at}`")).collect();
        self.exposed.then(|| {
            format!(
                "the server of `{}` listens on {}, which other machines in the network reach: its command decides that, most have a \
                 flag like `--host 127.0.0.1`",
                self.name,
                outer.join(" and ")
            )
        })
    }
}

/// Whether only this machine reaches an address.
fn is_inner(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

/// What a start is asked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The port, and no other; 0 is any, also where the site was mounted with one.
    pub port: Option<u16>,
    /// How long its first answer is waited for; the server is left running after that.
    pub patience: Option<Duration>,
    /// Whether what it depends on is installed first.
    pub install: bool,
    /// The run that wants it, and that ends what it has started; none: a person does, and it stays.
    pub run: Option<Holder>,
}

/// Where a start is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It is waited for: its state and the last line of its log.
    Waiting(State, String),
    /// Somebody else starts or stops it, and is waited for; in words.
    Held(String),
    /// Something to be known though all goes well.
    Note(String),
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

pub use ended::{Fallen, fallen, last_words};
pub(super) use known::of as unknown;
pub use known::{is_of_run, status};
pub use prune::{Outcome, Pruned, prune};
pub use restart::stuck;
pub use start::{start, start_kept};
pub use stop::{end_written, stop};
