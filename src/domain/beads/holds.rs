//! Who holds the issues that are claimed, and since when: kept beside the issues, where every worktree
//! finds it. What rests on a process or a lease ends with it.
//!
//! A hold is written before its issue is and goes after it, all under the store's lock: whenever a
//! command is killed, what stands is what the issue says. A hold the issue does not bear out counts for
//! nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::change::open_again;
use super::record::Record;
use super::table::Table;
use crate::fault::Fault;
use crate::system::clock;
use crate::system::host::Host;
use crate::system::lock::{Holder, Lock};
use crate::system::store;

/// In `.beads`, which all worktrees find and the lock guards; every `bd` keeps such names out of git
/// (`*.db?*`, `*.lock`), and so do we. It is there only while something is held.
const FILE: &str = "taskrun.db.claims.lock";
const VERSION: u64 = 1;
/// How the names of our own files in `.beads` begin, none of which belongs into git.
const OURS: &str = "taskrun.db.";

/// Whether `path` is a file by which running programs agree: never to be committed.
pub fn is_private(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(OURS.as_bytes()))
}

/// What a claim rests on; on nothing, it stands until somebody takes it back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Grip {
    /// It ends with this process.
    pub holder: Option<Holder>,
    /// Nor does it before this lock is free.
    pub lock: Option<PathBuf>,
    /// It ends at this time.
    pub until: Option<Timestamp>,
    /// The run that it is for.
    pub run: Option<String>,
}

impl Grip {
    /// A claim that ends with the process `pid`, which must run, or after a `lease`.
    pub fn of(pid: Option<u32>, lease: Option<Duration>) -> Result<Self> {
        let process = |pid: u32| {
            Holder::of(pid)
                .ok_or_else(|| Fault::usage(format!("no process {pid} runs"), "name one that does"))
        };
        let until = |lease: Duration| {
            let until =
                SignedDuration::try_from(lease).ok().and_then(|lease| clock::now().checked_add(lease).ok());
            until.ok_or_else(|| Fault::usage("the lease is too long", "give a shorter one"))
        };
        Ok(Self {
            holder: pid.map(process).transpose()?,
            until: lease.map(until).transpose()?,
            ..Self::default()
        })
    }
}

/// One claimed issue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    /// Its id.
    pub task: String,
    /// Who claimed it: its assignee.
    pub who: String,
    /// When.
    pub since: Timestamp,
    /// Where the claimant's process runs.
    #[serde(default)]
    pub host: Host,
    /// What the claim rests on.
    #[serde(flatten)]
    pub grip: Grip,
    /// Who was assigned before.
    #[serde(default)]
    assignee: String,
    /// The `updated_at` that the claim gave the issue.
    updated: Timestamp,
}

/// Why a claim is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Process,
    Lease,
}

impl Hold {
    /// A claim of `who` on the issue as it is after it; `assignee` had it before.
    pub(super) fn new(record: &Record, who: &str, grip: Grip, assignee: &str) -> Self {
        Self {
            task: record.id.to_string(),
            who: who.to_owned(),
            since: record.updated(),
            host: Host::here(),
            grip,
            assignee: assignee.to_owned(),
            updated: record.updated(),
        }
    }

    /// `since 2026-11-20T10:15:00Z (pid 42 on build1)`, with `over` where that process is gone.
    pub fn describe(&self) -> String {
        let since = self.since.strftime("%Y-%m-%dT%H:%M:%SZ");
        let process =
            self.grip.holder.as_ref().map(|holder| format!("pid {} on {}", holder.pid, self.host.name));
        let until = self.grip.until.map(|until| format!("until {}", until.strftime("%Y-%m-%dT%H:%M:%SZ")));
        let over = self.is_over().then(|| "over".to_owned());
        let rest: Vec<String> = process.into_iter().chain(until).chain(over).collect();
        let rest = if rest.is_empty() { String::new() } else { format!(" ({})", rest.join(", ")) };
        format!("since {since}{rest}")
    }

    /// Whether it surely is over: the next change opens the issue.
    pub fn is_over(&self) -> bool {
        self.over(&Host::here(), clock::now()).is_some()
    }

    /// What programs are told of it.
    pub fn facts(&self) -> Value {
        json!({
            "task": self.task,
            "who": self.who,
            "since": self.since,
            "pid": self.grip.holder.as_ref().map(|holder| holder.pid),
            "host": self.grip.holder.as_ref().map(|_| &self.host.name),
            "until": self.grip.until,
            "run": self.grip.run,
            "over": self.is_over(),
        })
    }

    /// Whether the issue bears it out: it is in progress by this claimant, since this claim or later.
    fn stands(&self, record: Option<&Record>) -> bool {
        let Some(record) = record.filter(|record| record.status() == "in_progress") else { return false };
        // Some tools keep whole seconds only.
        let updated = record.updated();
        let whole = updated.subsec_nanosecond() == 0 && updated.as_second() == self.updated.as_second();
        *record.assignee == *self.who && (updated >= self.updated || whole)
    }

    /// Why it is over, if it surely is. Of a process on another machine or in another container nobody
    /// here can tell.
    fn over(&self, here: &Host, now: Timestamp) -> Option<Over> {
        if self.grip.until.is_some_and(|until| until <= now) {
            return Some(Over::Lease);
        }
        let holder = self.grip.holder.as_ref().filter(|_| self.host.is_machine(here))?;
        let gone = !holder.is_of_this_boot() || (self.host.pids == here.pids && !holder.alive());
        let swept = || self.grip.lock.as_deref().is_none_or(|lock| !Lock::is_held(lock));
        (gone && swept()).then_some(Over::Process)
    }

    /// What the user is told when it is over.
    fn farewell(&self, over: Over) -> String {
        let task = &self.task;
        let held = format!("`{task}` was held by `{}` {}", self.who, self.describe());
        match (&self.grip.run, over) {
            (Some(_), _) => format!("`{task}` was held by a run that was killed: it is open again"),
            (None, Over::Process) => format!("{held}: that process is gone, so it is open again"),
            (None, Over::Lease) => format!("{held}: that time has passed, so it is open again"),
        }
    }
}

/// The file, as it was read; what cannot be read is left as it is.
#[derive(Debug)]
pub(super) struct Holds {
    path: PathBuf,
    file: Result<Vec<Hold>>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u64,
    holds: Vec<Hold>,
}

impl Holds {
    /// Reads those of the store in `dir`.
    pub(super) fn read(dir: &Path) -> Self {
        let path = dir.join(FILE);
        let file = store::read_versioned::<Document>(&path, VERSION)
            .map(|read| read.map_or_else(|| earlier(dir), |document| document.holds));
        Self { path, file }
    }

    fn list(&self) -> &[Hold] {
        self.file.as_deref().unwrap_or_default()
    }

    /// Whether there is none at all, standing or not.
    pub(super) fn is_empty(&self) -> bool {
        self.list().is_empty()
    }

    /// The holds that stand, each issue's latest one.
    fn standing<'a>(&'a self, table: &'a Table) -> impl Iterator<Item = &'a Hold> {
        let list = self.list();
        let stands = |hold: &Hold| hold.stands(table.get(&hold.task));
        let later =
            move |at: usize, task: &str| list[at + 1..].iter().any(|hold| hold.task == task && stands(hold));
        list.iter()
            .enumerate()
            .filter(move |(at, hold)| stands(hold) && !later(*at, &hold.task))
            .map(|(_, hold)| hold)
    }

    /// The hold on `task`, if there is one.
    pub(super) fn of(&self, table: &Table, task: &str) -> Option<Hold> {
        self.standing(table).find(|hold| hold.task == task).cloned()
    }

    /// Every hold that stands.
    pub(super) fn all(&self, table: &Table) -> Vec<Hold> {
        self.standing(table).cloned().collect()
    }

    /// Opens what is held by nobody any more, in `table` only, and says of each what to tell the user.
    pub(super) fn free(&self, table: &mut Table) -> Result<Vec<String>> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let (here, now) = (Host::here(), table.now());
        let over = |hold: &Hold| hold.over(&here, now).map(|over| (hold.clone(), over));
        let gone: Vec<(Hold, Over)> = self.standing(table).filter_map(over).collect();
        for (hold, over) in &gone {
            // What became of a run's attempt is in its receipt.
            let note = hold.grip.run.is_none().then(|| hold.farewell(*over));
            table.edit(&hold.task, |line| open_again(line, &hold.assignee, note.as_deref(), now))?;
        }
        Ok(gone.iter().map(|(hold, over)| hold.farewell(*over)).collect())
    }

    /// Writes new ones, before their issues are written. The earlier ones stay for now: until the issues
    /// are written it is they that stand.
    pub(super) fn add(&mut self, new: Vec<Hold>) -> Result<()> {
        if new.is_empty() {
            return Ok(());
        }
        match &mut self.file {
            Ok(list) => list.extend(new),
            Err(error) => return Err(std::mem::replace(error, anyhow::anyhow!("the claims cannot be read"))),
        }
        self.save()
    }

    /// Forgets what no longer stands, once the issues are written as in `table`.
    pub(super) fn settle(&mut self, table: &Table) -> Result<()> {
        let kept = self.all(table);
        match &mut self.file {
            Ok(list) if *list != kept => *list = kept,
            _ => return Ok(()),
        }
        self.save()
    }

    fn save(&self) -> Result<()> {
        if self.is_empty() {
            return store::remove(&self.path);
        }
        let holds = self.list().to_vec();
        store::write_json(&self.path, &Document { version: VERSION, holds })
    }
}

/// Where this file is not yet: what a run of an earlier version noted beside the store.
fn earlier(dir: &Path) -> Vec<Hold> {
    #[derive(Deserialize)]
    struct Noted {
        claims: Vec<Note>,
    }
    #[derive(Deserialize)]
    struct Note {
        task: String,
        run: String,
        holder: Holder,
        since: Timestamp,
        #[serde(default)]
        assignee: String,
    }
    let file = dir.parent().map(|project| project.join(".taskrun/claims.json"));
    let text = file.and_then(|file| std::fs::read(file).ok()).unwrap_or_default();
    let noted = serde_json::from_slice::<Noted>(&text).map(|noted| noted.claims).unwrap_or_default();
    let hold = |note: Note| Hold {
        who: format!("taskrun@{}", note.run),
        task: note.task,
        since: note.since,
        host: Host::here(),
        grip: Grip { holder: Some(note.holder), run: Some(note.run), ..Grip::default() },
        assignee: note.assignee,
        updated: note.since,
    };
    noted.into_iter().map(hold).collect()
}

#[cfg(test)]
#[path = "holds_tests.rs"]
mod tests;
