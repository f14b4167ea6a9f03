//! Ending servers that nobody can know of any more.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::record::{self, Record, file_in, mark_of};
use super::stop;
use crate::domain::sites::{Site, Sites};
use crate::fault::Fault;
use crate::system::document::shown;
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

/// What a [`prune`] came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What was ended.
    pub ended: Vec<Pruned>,
    /// What is to be told beside.
    pub notices: Vec<String>,
}

/// Ends servers whose first process is gone, and what carries the mark of a site that is gone, here or elsewhere, or of an earlier
/// start; says which. What is written down of a server and cannot be read is moved aside. Servers that somebody else started stay.
pub fn prune(sites: &Sites) -> Result<Outcome> {
    let mut done = Outcome::default();
    let mut lost = Vec::new();
    let damaged: Vec<String> = sites.damaged()?.into_iter().map(|damaged| damaged.name).collect();
    let all = sites.all()?;
    for name in all.iter().map(|site| &site.name).chain(&damaged) {
        let _held = sites.hold(name, PATIENCE)?;
        match record::aside(sites, name) {
            Ok(None) => {}
            Ok(Some(error)) => {
                let to = shown(&sites.set_aside(name));
                done.notices.push(format!("{error}; moved aside, to `{to}`"));
                lost.push(sites.file(name));
            }
            // What a newer taskrun wrote is not ours.
            Err(error) => done.notices.push(told(error)?),
        }
    }
    for site in &all {
        let _held = sites.hold(&site.name, PATIENCE)?;
        match headless(sites, site) {
            // That was told.
            Err(error) if is_invalid(&error) => {}
            ended => done.ended.extend(ended?),
        }
    }
    for (mark, reason) in orphans(sites, &lost) {
        let rows = process::table();
        let first = rows.iter().find(|row| mark_of(row).as_deref() == Some(&mark) && !row.dead);
        let holder = first.and_then(|row| Holder::of(u32::try_from(row.pid).ok()?));
        let (Some(leader), Some(file)) = (holder, file_in(&mark)) else { continue };
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let pid = leader.pid;
        stop::end(&Record::new(leader, mark, 0))?;
        done.ended.push(Pruned { name, pid, reason });
    }
    Ok(done)
}

fn is_invalid(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(Fault::Invalid { .. }))
}

/// What is to be told of a record that is left as it is.
fn told(error: anyhow::Error) -> Result<String> {
    if !is_invalid(&error) {
        return Err(error);
    }
    let hint = error.downcast_ref().and_then(Fault::hint);
    Ok(format!("{error}{}; the others go on", hint.map(|hint| format!("; {hint}")).unwrap_or_default()))
}

/// Ends the server of `site` where its first process is gone, and forgets it.
fn headless(sites: &Sites, site: &Site) -> Result<Option<Pruned>> {
    let Some(record) = Record::written(sites, site)? else { return Ok(None) };
    let living = record.living(&process::table());
    let headless = !living.is_empty() && !living.contains(&record.leader);
    let mut pruned = None;
    if let Some(first) = living.first().filter(|_| headless && !record.adopted) {
        stop::end(&record)?;
        let name = site.name.clone();
        pruned = Some(Pruned { name, pid: first.pid, reason: "its first process is gone" });
    }
    if headless || living.is_empty() {
        store::remove(&sites.server_file(&site.name))?;
    }
    Ok(pruned)
}

/// Marks that live processes carry, of servers that nobody knows, and why; `lost` are the sites whose server is not known any more.
fn orphans(sites: &Sites, lost: &[PathBuf]) -> Vec<(String, &'static str)> {
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
        if lost.contains(&file) {
            found.push((mark, "what was known of it cannot be read"));
            continue;
        }
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if file == sites.file(&name) {
            let known = Record::read(sites, &name).ok().flatten();
            if known.is_some_and(|record| record.mark != mark) {
                found.push((mark, "another server was started since"));
            }
        }
    }
    found
}
