//! Ending a server: all of its processes, and the proof that its port is free.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::known::{self, Known, look, sockets_of};
use super::record::Record;
use super::{State, Status};
use crate::domain::sites::{Site, Sites};
use crate::fault::Fault;
use crate::system::lock::Holder;
use crate::system::process::{self, Ask};
use crate::system::{interrupt, sockets, store};

/// How long somebody else may start or stop the same site.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a server may take to end by itself …
const AFTER_TERM: Duration = Duration::from_secs(5);
/// … and to be gone once it was killed.
const AFTER_KILL: Duration = Duration::from_secs(5);
/// How long the system may take to give up a port.
const CLOSING: Duration = Duration::from_secs(1);
/// Between two looks.
const NAP: Duration = Duration::from_millis(5);

/// Ends the server of `site` with all it has started, and sees that its port is free; says what ended: `pid` and `port` are those that
/// it had, and none where it was not served. `force` for one that somebody else started.
pub fn stop(sites: &Sites, site: &Site, force: bool) -> Result<Status> {
    let _held = sites.hold(&site.name, PATIENCE)?;
    let stopped = known::of(site);
    let Some(known) = look(sites, site, &process::table())? else {
        store::remove(&sites.server_file(&site.name))?;
        return Ok(stopped);
    };
    let Known { record, living } = &known;
    if record.adopted && !force {
        let told = format!(
            "`{}` is served by pid {} (`{}`), which taskrun did not start",
            site.name,
            record.leader.pid,
            process::argv_of(record.leader.pid).join(" ")
        );
        return Err(Fault::refused(told, format!("`taskrun site stop {} --force` ends it", site.name)));
    }
    let listened = sockets_of(living, &sockets::listening());
    let ports: Vec<u16> = listened.iter().map(|socket| socket.address.port()).collect();
    end(record)?;
    prove_free(site, &ports)?;
    store::remove(&sites.server_file(&site.name))?;
    let port = record.port.filter(|port| ports.contains(port)).or(ports.first().copied());
    let (pid, adopted) = (Some(record.leader.pid), record.adopted);
    Ok(Status { state: State::Stopped, pid, port, adopted, ..stopped })
}

/// Ends the server that is written down for the site `name`, whatever its own record says; the caller holds its lock. One that
/// somebody else started goes on.
pub fn end_written(sites: &Sites, name: &str) -> Result<bool> {
    let Some(record) = Record::read(sites, name)? else { return Ok(false) };
    let ours = !record.adopted && !record.living(&process::table()).is_empty();
    if ours {
        end(&record)?;
    }
    Ok(ours)
}

/// Ends every process of a server: asked first, killed then. Errors: one that cannot be killed.
pub(super) fn end(record: &Record) -> Result<()> {
    let mut known: BTreeMap<u32, Holder> = BTreeMap::new();
    for (what, patience) in [(Ask::End, AFTER_TERM), (Ask::Kill, AFTER_KILL)] {
        let since = Instant::now();
        let mut asked: Vec<u32> = Vec::new();
        loop {
            // What it starts meanwhile is its own too; what lost its mark and its parents is still known from before.
            for holder in record.living(&process::table()) {
                known.entry(holder.pid).or_insert(holder);
            }
            known.retain(|_, holder| holder.alive());
            if known.is_empty() {
                return Ok(());
            }
            let new: Vec<&Holder> = known.values().filter(|holder| !asked.contains(&holder.pid)).collect();
            if asked.is_empty() && !record.adopted {
                process::ask_group(&record.leader, what);
            }
            for holder in &new {
                process::ask(holder, what);
            }
            let new: Vec<u32> = new.iter().map(|holder| holder.pid).collect();
            asked.extend(new);
            if since.elapsed() >= patience || interrupt::insists() {
                break;
            }
            std::thread::park_timeout(NAP);
        }
    }
    let left: Vec<String> = known.keys().map(|pid| format!("pid {pid}")).collect();
    Err(Fault::refused(format!("{} cannot be ended", left.join(", ")), "end it by hand, then try again"))
}

/// Errors: somebody still listens on one of these ports.
fn prove_free(site: &Site, ports: &[u16]) -> Result<()> {
    let since = Instant::now();
    let listens = |port: &&u16| sockets::listening().iter().any(|socket| socket.address.port() == **port);
    loop {
        let Some(port) = ports.iter().find(listens) else { return Ok(()) };
        if since.elapsed() >= CLOSING {
            let told = format!("the server of `{}` is ended, but {}", site.name, held(*port));
            return Err(Fault::refused(
                told,
                "it is none of its processes; end it by hand if it should not be there",
            ));
        }
        std::thread::park_timeout(NAP);
    }
}

/// Who has `port`, in words.
pub(super) fn held(port: u16) -> String {
    let owners = sockets::owners(port, &process::table());
    match owners.first() {
        Some(owner) => format!("port {port} is held by {owner}"),
        None => format!("port {port} is held by another user's process"),
    }
}
