//! Ending a server: all of its processes, and the proof that its port is free.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::known::{self, look, sockets_of};
use super::record::Record;
use super::{State, Status};
use crate::domain::sites::{Site, Sites};
use crate::fault::Fault;
use crate::system::lock::Holder;
use crate::system::process::{self, Ask, Row};
use crate::system::{interrupt, sockets, store};

/// How long somebody else may start or stop the same site.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a server may take to end by itself …
const AFTER_TERM: Duration = Duration::from_secs(5);
/// … and to be gone once it was killed.
const AFTER_KILL: Duration = Duration::from_secs(5);
/// How long the system may take to give up a port.
const CLOSING: Duration = Duration::from_secs(1);
/// Most letters that are told of a command line.
const LONGEST: usize = 120;
/// Between two looks.
const NAP: Duration = Duration::from_millis(5);

/// Ends the server of `site` with all it has started, and sees that its port is free; says what ended: `pid` and `port` are those that
/// it had, and none where it was not served. `force` for one that somebody else started.
pub fn stop(sites: &Sites, site: &Site, force: bool) -> Result<Status> {
    let _held = sites.hold(&site.name, PATIENCE)?;
    let stopped = known::of(site);
    let rows = process::table();
    let Some(known) = look(sites, site, &rows)? else {
        if let Some(record) = Record::written(sites, site)? {
            left_over(site, &record, &rows)?;
        }
        store::remove(&sites.server_file(&site.name))?;
        return Ok(stopped);
    };
    let listened = sockets_of(&known.living, &sockets::listening());
    let record = &known.record;
    if record.adopted && !force {
        let told = format!(
            "`{}` is served by {}, which taskrun did not start",
            site.name,
            process_named(record.leader.pid, &record.leader.pid.to_string())
        );
        return Err(Fault::refused(told, format!("`taskrun site stop {} --force` ends it", site.name)));
    }
    let mut ports: Vec<u16> = listened.iter().map(|socket| socket.address.port()).collect();
    let pid = Some(known.clone().led(&listened).record.leader.pid);
    // Who has it and is none of its processes any more is told.
    ports.extend(record.port.filter(|port| !record.adopted && !ports.contains(port)));
    end(record)?;
    prove_free(site, &ports)?;
    store::remove(&sites.server_file(&site.name))?;
    let port = record.port.filter(|port| ports.contains(port)).or(ports.first().copied());
    Ok(Status { state: State::Stopped, pid, port, adopted: record.adopted, ..stopped })
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
            if asked.is_empty() && !record.adopted && known.get(&record.leader.pid) == Some(&record.leader) {
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
            let owners = sockets::owners(*port, &process::table());
            let line = owners.first().map(|owner| format!(": `kill {}`", owner.pid)).unwrap_or_default();
            let hint = format!("it is none of its processes; end it by hand if it should not be there{line}");
            return Err(Fault::refused(told, hint));
        }
        std::thread::park_timeout(NAP);
    }
}

/// Who has `port`, in words.
pub(super) fn held(port: u16) -> String {
    let owners = sockets::owners(port, &process::table());
    match owners.first() {
        Some(owner) => format!("port {port} is held by {}", process_named(owner.pid, &owner.name)),
        None => format!("port {port} is held by another user's process"),
    }
}

/// `` pid 4242 (`node server.js`) ``; `name` where the system does not tell its words.
fn process_named(pid: u32, name: &str) -> String {
    let words = process::argv_of(pid).join(" ").replace(char::is_control, " ");
    let mut line = if words.is_empty() { name.to_owned() } else { words };
    if line.chars().count() > LONGEST {
        line = line.chars().take(LONGEST).chain(['…']).collect();
    }
    format!("pid {pid} (`{line}`)")
}

/// Errors: one that listened as the server of `site` did lives on, and nothing shows any more that taskrun started it.
fn left_over(site: &Site, record: &Record, rows: &[Row]) -> Result<()> {
    let Some(port) = record.port.filter(|_| !record.adopted && record.leader.is_of_this_boot()) else {
        return Ok(());
    };
    let mut owners = sockets::owners(port, rows).into_iter();
    let known = |pid| record.owners.iter().any(|owner| owner.pid == pid && owner.alive());
    let Some(owner) = owners.find(|owner| known(owner.pid)) else { return Ok(()) };
    let told = format!(
        "port {port} of `{}` is still held by {}, and nothing shows any more that taskrun started it",
        site.name,
        process_named(owner.pid, &owner.name)
    );
    Err(Fault::refused(told, format!("see whose it is; `kill {}` ends it", owner.pid)))
}
