//! Which server a site has now, and how it is.

use std::time::Duration;

use anyhow::Result;

use super::ready::{Heard, choose, hear};
use super::record::{self, Record};
use super::{State, Status, foreign, is_inner};
use crate::domain::sites::{Site, Sites};
use crate::system::lock::Holder;
use crate::system::process::{self, Row};
use crate::system::sockets::{self, Socket};

/// How long a server may take to say how it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server that lives.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// What is known of it, on file or found out just now.
    pub record: Record,
    /// Its processes.
    pub living: Vec<Holder>,
}

impl Known {
    /// With one that lives at its head, where its first process is gone: who holds one of the sockets `own`.
    pub(super) fn led(mut self, own: &[Socket]) -> Self {
        if !self.living.contains(&self.record.leader) {
            let holds = |holder: &&Holder| !sockets::held_by(&[holder.pid], own).is_empty();
            let next = self.living.iter().find(holds).or(self.living.first()).cloned();
            self.record.leader = next.unwrap_or(self.record.leader);
        }
        self
    }

    /// Of one that answers on the first of these sockets.
    pub(super) fn answering(&self, site: &Site, (socket, heard): (Socket, Heard), own: &[Socket]) -> Status {
        Status { state: heard.state(), ..self.not_answering(site, Some(socket), own) }
    }

    /// Of one that lives and says nothing.
    pub(super) fn not_answering(&self, site: &Site, socket: Option<Socket>, own: &[Socket]) -> Status {
        let record = &self.record;
        let holds = |socket: Socket| {
            let holder = |holder: &&Holder| !sockets::held_by(&[holder.pid], &[socket]).is_empty();
            self.living.iter().find(holder).map(|holder| holder.pid)
        };
        let mut listens: Vec<String> = own.iter().map(|socket| socket.address.to_string()).collect();
        listens.dedup();
        Status {
            state: if socket.is_some() { State::Listening } else { State::Starting },
            url: socket.map(url),
            port: socket.map(|socket| socket.address.port()),
            pid: Some(record.leader.pid),
            adopted: record.adopted,
            command: record.adopted.then(|| process::argv_of(record.leader.pid).join(" ")),
            since: Some(record.since.clone()),
            owner: socket.and_then(holds),
            listens,
            exposed: own.iter().any(|socket| !is_inner(socket.address)),
            ..of(site)
        }
    }
}

/// The server of `site` among `rows`: the one that is written down, else one that carries its mark, else one that somebody started
/// by hand.
pub(super) fn look(sites: &Sites, site: &Site, rows: &[Row]) -> Result<Option<Known>> {
    let alive = |record: Record| {
        let living = record.living(rows);
        (!living.is_empty()).then_some(Known { record, living })
    };
    let record = Record::written(sites, site)?;
    let written = record.clone().and_then(alive);
    let marked = || record::by_mark(sites, site, rows).and_then(alive);
    let foreign = || foreign::find(site, rows).and_then(alive);
    let unproven = || record.and_then(Record::unproven).and_then(alive);
    Ok(written.or_else(marked).or_else(foreign).or_else(unproven))
}

/// The listening sockets of these processes.
pub(super) fn sockets_of(living: &[Holder], all: &[Socket]) -> Vec<Socket> {
    let pids: Vec<u32> = living.iter().map(|holder| holder.pid).collect();
    sockets::held_by(&pids, all)
}

/// Whether the server of `site` runs, and was started for the run `run` or came down to it from one that is dead.
pub fn is_of_run(sites: &Sites, site: &Site, run: &Holder) -> Result<bool> {
    let known = look(sites, site, &process::table())?;
    Ok(known.is_some_and(|known| !known.record.adopted && known.record.run.as_ref() == Some(run)))
}

/// How the server of `site` is now; changes nothing.
pub fn status(sites: &Sites, site: &Site) -> Result<Status> {
    let Some(known) = look(sites, site, &process::table())? else { return Ok(of(site)) };
    let own = sockets_of(&known.living, &sockets::listening());
    let known = known.led(&own);
    let known = &known;
    let port = known.record.port.unwrap_or(known.record.asked);
    let on_port = own.iter().find(|socket| socket.address.port() == port);
    if let Some(found) = on_port.and_then(|socket| Some((*socket, hear(*socket, PATIENCE)?))) {
        return Ok(known.answering(site, found, &own));
    }
    // Others are only asked where that one says nothing.
    let rest: Vec<Socket> = own.iter().filter(|socket| Some(*socket) != on_port).copied().collect();
    let heard: Vec<_> = rest.iter().map(|socket| (*socket, hear(*socket, PATIENCE))).collect();
    if let Some(found) = choose(port, &heard, Duration::MAX) {
        return Ok(known.answering(site, found, &own));
    }
    let silent = on_port.or(own.first());
    Ok(known.not_answering(site, silent.copied(), &own))
}

/// Of a site that is not served.
pub(in crate::domain::sites) fn of(site: &Site) -> Status {
    let (name, path, stack) = (site.name.clone(), site.path.clone(), site.recipe.stack.clone());
    Status { name, path, stack, ..Status::default() }
}

/// Where it is opened: by name wherever that leads to it, as some servers turn away pages of other names.
fn url(socket: Socket) -> String {
    let reached = socket.reached();
    if reached.ip().is_loopback() {
        return format!("http://localhost:{}", reached.port());
    }
    format!("http://{reached}")
}
