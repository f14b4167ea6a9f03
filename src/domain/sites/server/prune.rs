//! Ending servers that nobody can know of any more.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::record::{Record, file_in, mark_of};
use super::stop;
use crate::domain::sites::Sites;
use crate::system::lock::Holder;
use crate::system::process::{self, Row};
use crate::system::store;

/// How long somebody else may start or stop the same site.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server that was ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// The site that it was started for.
    pub name: String,
    /// One of its processes, the first where that lived.
    pub pid: u32,
    /// Why nobody knew of it.
    pub reason: &'static str,
}

/// Ends servers whose first process is gone, and what carries the mark of a site that is gone, here or elsewhere, or of an earlier
/// start; says which. Servers that somebody else started stay.
pub fn prune(sites: &Sites) -> Result<Vec<Pruned>> {
    let mut pruned = Vec::new();
    for site in sites.all()? {
        let _held = sites.hold(&site.name, PATIENCE)?;
        let Some(record) = Record::read(sites, &site.name)? else { continue };
        let living = record.living(&process::table());
        let headless = !living.is_empty() && !record.leader.alive();
        if let Some(first) = living.first().filter(|_| headless && !record.adopted) {
            let (name, pid) = (site.name.clone(), first.pid);
            stop::end(&record)?;
            pruned.push(Pruned { name, pid, reason: "its first process is gone" });
        }
        if headless || living.is_empty() {
            store::remove(&sites.server_file(&site.name))?;
        }
    }
    for (mark, reason) in orphans(sites)? {
        let rows = process::table();
        let first = rows.iter().find(|row| mark_of(row).as_deref() == Some(&mark) && !row.dead);
        let holder = first.and_then(|row| Holder::of(u32::try_from(row.pid).ok()?));
        let (Some(leader), Some(file)) = (holder, file_in(&mark)) else { continue };
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let pid = leader.pid;
        stop::end(&Record::new(leader, mark, 0))?;
        pruned.push(Pruned { name, pid, reason });
    }
    Ok(pruned)
}

/// Marks that live processes carry, of servers that nobody knows, and why.
fn orphans(sites: &Sites) -> Result<Vec<(String, &'static str)>> {
    let callers = process::ancestors();
    let ours = |row: &Row| u32::try_from(row.pid).is_ok_and(|pid| callers.contains(&pid));
    let rows = process::table();
    let near: BTreeSet<String> = rows.iter().filter(|row| ours(row)).filter_map(mark_of).collect();
    let marks: BTreeSet<String> = rows.iter().filter(|row| !row.dead).filter_map(mark_of).collect();
    let mut found = Vec::new();
    for mark in marks.into_iter().filter(|mark| !near.contains(mark)) {
        let Some(file) = file_in(&mark) else { continue };
        if !file.exists() {
            found.push((mark, "its site is gone"));
            continue;
        }
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if file == sites.file(&name) {
            let known = Record::read(sites, &name)?;
            if known.is_some_and(|record| record.mark != mark) {
                found.push((mark, "another server was started since"));
            }
        }
    }
    Ok(found)
}
