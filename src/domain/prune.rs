//! Removes what old runs left: their folders and the snapshots kept for them. Receipts stay.

use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use serde::Serialize;

use crate::domain::loops::claims::Claims;
use crate::domain::loops::state::State;
use crate::domain::prompted::record::{self, Record};
use crate::domain::workspace::Workspace;
use crate::system::git::Repo;
use crate::system::lock::Lock;
use crate::system::store;

/// What was, or would be, removed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// The runs, prompts and gate runs, oldest first.
    pub runs: Vec<String>,
    /// Bytes in their folders.
    pub bytes: u64,
    /// Snapshots in git.
    pub refs: u64,
    /// Whether this only says what would be done.
    pub dry_run: bool,
}

/// A run folder, as far as its removal goes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Folder {
    id: String,
    /// When anything in it was last written.
    written: SystemTime,
    bytes: u64,
}

/// Removes the folders of runs in which nothing was written for `keep`, and their snapshots; never of
/// one that goes on, that a later run has yet to recover, or that was the last of its kind.
pub fn prune(workspace: &Workspace, keep: Duration, dry_run: bool) -> Result<Pruned> {
    let claims = Claims::read(workspace)?;
    let state = State::read(workspace)?;
    let mut needed: Vec<String> = claims.claims.iter().map(|claim| claim.run.clone()).collect();
    needed.extend(state.map(|state| state.run));
    needed.extend(record::dead(workspace).into_iter().map(|record| record.run));
    let mut found = Pruned { dry_run, ..Pruned::default() };
    // Snapshots that later commits of a task still build on.
    let held = store::read_text(&workspace.claims())?.unwrap_or_default();
    let repo = Repo::find(workspace.root())?;
    for folder in old(folders(workspace), SystemTime::now(), keep, &needed) {
        if goes_on(workspace, &folder.id)? {
            continue;
        }
        let refs = match &repo {
            Some(repo) => repo.refs(&format!("refs/taskrun/{}/", folder.id))?,
            None => Vec::new(),
        };
        let refs: Vec<_> = refs.into_iter().filter(|(_, commit)| !held.contains(commit.as_str())).collect();
        if !dry_run {
            if let Some(repo) = repo.as_ref().filter(|_| !refs.is_empty()) {
                repo.drop_refs(&refs)?;
            }
            store::remove_tree(&workspace.run_dir(&folder.id))?;
        }
        found.refs += refs.len() as u64;
        found.bytes += folder.bytes;
        found.runs.push(folder.id);
    }
    Ok(found)
}

/// Which folders may go, by their age: not what is needed, nor the last of each kind.
fn old(mut folders: Vec<Folder>, now: SystemTime, keep: Duration, needed: &[String]) -> Vec<Folder> {
    // The names tell the second in which each began.
    let second = |id: &str| id.split('-').nth(1).unwrap_or_default().to_owned();
    folders.sort_by_key(|folder| (second(&folder.id), folder.written));
    let last = |kind: &str| {
        folders.iter().rev().find(|folder| folder.id.starts_with(kind)).map(|folder| folder.id.clone())
    };
    let kept: Vec<String> = ["r-", "p-"].into_iter().filter_map(last).chain(needed.iter().cloned()).collect();
    folders.retain(|folder| {
        let idle = now.duration_since(folder.written).unwrap_or_default();
        idle >= keep && !kept.contains(&folder.id)
    });
    folders
}

/// Whether a process still works in it: a prompt, or gates that are run by hand.
fn goes_on(workspace: &Workspace, id: &str) -> Result<bool> {
    let lock = workspace.prompt_lock(id);
    let held = lock.exists() && Lock::try_take(&lock)?.is_none();
    Ok(held || Record::read(workspace, id).is_some_and(|record| record.runs()))
}

fn folders(workspace: &Workspace) -> Vec<Folder> {
    let entries = std::fs::read_dir(workspace.runs_dir()).into_iter().flatten().flatten();
    let own = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let named = own.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())));
    named
        .filter(|(id, _)| ["r-", "p-", "g-"].iter().any(|kind| id.starts_with(kind)))
        .map(|(id, path)| {
            let (written, bytes) = measure(&path);
            Folder { id, written, bytes }
        })
        .collect()
}

/// When anything below `dir` was last written, and how much that is; links are not followed.
fn measure(dir: &Path) -> (SystemTime, u64) {
    let (mut written, mut bytes) = (SystemTime::UNIX_EPOCH, 0);
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let Ok(meta) = entry.metadata() else { continue };
        let (at, size) = if meta.is_dir() {
            measure(&entry.path())
        } else {
            (meta.modified().unwrap_or_else(|_| SystemTime::now()), meta.len())
        };
        written = written.max(at);
        bytes += size;
    }
    if written == SystemTime::UNIX_EPOCH {
        let own = std::fs::metadata(dir).and_then(|meta| meta.modified());
        written = own.unwrap_or_else(|_| SystemTime::now());
    }
    (written, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_old_goes_but_what_is_needed_and_the_last() {
        let day = Duration::from_secs(24 * 3600);
        let now = SystemTime::UNIX_EPOCH + day * 1000;
        let folder = |id: &str, days: u32| Folder { id: id.into(), written: now - day * days, bytes: 1 };
        let all = vec![
            folder("r-20260301T000000-b", 40),
            folder("r-20260101T000000-a", 100),
            folder("r-20260201T000000-needed", 70),
            folder("r-20260202T000000-long", 29),
            folder("r-20260303T000000-last", 38),
            folder("p-20260102T000000-a", 99),
            folder("p-20260304T000000-last", 37),
            folder("g-20260305T000000-a", 36),
        ];
        let ids = |keep: u32, needed: &[String]| {
            old(all.clone(), now, day * keep, needed).into_iter().map(|folder| folder.id).collect::<Vec<_>>()
        };
        let needed = ["r-20260201T000000-needed".to_owned()];
        let expected =
            ["r-20260101T000000-a", "p-20260102T000000-a", "r-20260301T000000-b", "g-20260305T000000-a"];
        assert_eq!(ids(30, &needed), expected);
        assert_eq!(ids(99, &needed), ["r-20260101T000000-a", "p-20260102T000000-a"]);
        assert_eq!(ids(101, &[]), [""; 0]);
        assert_eq!(ids(0, &[]).len(), 6);
    }
}
