//! A server of the site that somebody started by hand: found by what it is, not by its port alone.

use std::path::Path;

use serde::Deserialize;

use super::devline::DevCommand;
use super::record::{Record, mark_of};
use crate::domain::sites::Site;
use crate::system::lock::Holder;
use crate::system::process::{self, Row};
use crate::system::sockets::{self, Socket};
use crate::system::store;

/// Servers whose port is taken try the next ones.
const TRIED: u16 = 10;
/// What Next.js leaves of a running server.
#[derive(Debug, Deserialize)]
struct NextLock {
    pid: u32,
    port: u16,
}

/// A process in the site's folder that listens.
struct Candidate<'r> {
    row: &'r Row,
    port: u16,
    /// Whether its directory is the site's itself.
    exact: bool,
}

/// The server of `site` among `rows` that somebody else started.
pub(super) fn find(site: &Site, rows: &[Row]) -> Option<Record> {
    let all = sockets::listening();
    let found = candidates(site, rows, &all);
    let next = next_lock(&site.path);
    let dev = DevCommand::of(site);
    let is_dev = |row: &Row| pid(row).is_some_and(|pid| dev.is(&process::argv_of(pid)));
    let rules: [&dyn Fn(&Candidate) -> bool; 4] = [
        &|one| next.as_ref().is_some_and(|lock| one.port == lock.port && pid(one.row) == Some(lock.pid)),
        &|one| site.port == Some(one.port),
        &|one| one.exact && lineage(site, one.row, rows).into_iter().any(is_dev),
        &|one| {
            let default = site.recipe.default_port;
            one.exact && default.is_some_and(|port| (port..port.saturating_add(TRIED)).contains(&one.port))
        },
    ];
    let one = rules.iter().find_map(|rule| found.iter().find(|one| rule(one)))?;
    // Who only launched the dev command is none of it.
    let root = lineage(site, one.row, rows).into_iter().rev().find(|row| is_dev(row)).unwrap_or(one.row);
    Some(Record::adopted(Holder::of(pid(root)?)?, one.port, &site.path))
}

/// Processes that listen and work in the site's folder; no taskrun, and no server of another site.
fn candidates<'r>(site: &Site, rows: &'r [Row], all: &[Socket]) -> Vec<Candidate<'r>> {
    let mut found = Vec::new();
    if all.is_empty() {
        return found;
    }
    for row in rows.iter().filter(|row| !row.dead) {
        let Some(pid) = pid(row).filter(|pid| *pid != std::process::id()) else { continue };
        let Some(dir) = process::cwd_of(pid).filter(|dir| dir.starts_with(&site.path)) else { continue };
        let exact = dir == site.path;
        let held = sockets::held_by(&[pid], all);
        if held.is_empty() || process::is_below_own_kind(&[pid]) || (!exact && mark_of(row).is_some()) {
            continue;
        }
        found.extend(held.iter().map(|socket| Candidate { row, port: socket.address.port(), exact }));
    }
    found.sort_by_key(|one| (one.port, one.row.pid));
    found
}

/// `row` and who started it, as far up as that is in its group and works in the site's folder.
fn lineage<'r>(site: &Site, row: &'r Row, rows: &'r [Row]) -> Vec<&'r Row> {
    let callers = process::ancestors();
    let mut line = vec![row];
    let mut at = row;
    while let Some(parent) = rows.iter().find(|other| other.pid == at.parent && other.group == row.group) {
        let Some(pid) = pid(parent).filter(|pid| !callers.contains(pid)) else { break };
        let inside = process::cwd_of(pid).is_some_and(|dir| dir.starts_with(&site.path));
        if !inside || line.len() > rows.len() {
            break;
        }
        line.push(parent);
        at = parent;
    }
    line
}

fn pid(row: &Row) -> Option<u32> {
    u32::try_from(row.pid).ok()
}

fn next_lock(dir: &Path) -> Option<NextLock> {
    let text = store::read_text(&dir.join(".next/dev/lock")).ok()??;
    serde_json::from_str(&text).ok()
}
