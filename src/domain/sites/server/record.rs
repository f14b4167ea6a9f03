//! What is written down of a server, and which of the processes that live now are its own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::domain::sites::{Site, Sites};
use crate::fault::Fault;
use crate::system::document;
use crate::system::lock::Holder;
use crate::system::process::{self, Ended, LASTING, Row};
use crate::system::sockets::{self, Socket};
use crate::system::{clock, store};

const VERSION: u32 = 1;

/// A server (`NAME.server.json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Of the file.
    pub version: u32,
    /// Its first process; it leads a group unless the server was adopted.
    pub leader: Holder,
    /// What [`LASTING`] says in its processes; empty for one that was adopted.
    pub mark: String,
    /// The port it was to come up on.
    pub asked: u16,
    /// The one it came up on.
    pub port: Option<u16>,
    /// Who listened there: a process that has left its group and its parents is known by this.
    pub owners: Vec<Holder>,
    /// Whether somebody else started it.
    pub adopted: bool,
    /// Since when it is known.
    pub since: String,
    /// The run it was started for, and that ends it; none where a person wanted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Holder>,
    /// How its first process ended, of one that ended before it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// Where it belongs, which is known without the file.
    #[serde(skip)]
    pub ground: Ground,
}

/// What tells a server's processes beside its mark.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ground {
    /// Where all that taskrun starts for the site prints to.
    pub log: PathBuf,
    /// The folder in which one works that somebody else started; none is known here.
    pub dir: Option<PathBuf>,
}

impl Record {
    /// Of a server that was just started.
    pub(super) fn new(leader: Holder, mark: String, asked: u16) -> Self {
        let since = clock::now().to_string();
        Self {
            version: VERSION,
            leader,
            mark,
            asked,
            port: None,
            owners: Vec::new(),
            adopted: false,
            since,
            run: None,
            ended: None,
            ground: Ground::default(),
        }
    }

    /// Gives a server whose run is dead to whoever asks for it now: another run, or a person.
    pub(super) fn pass_on(&mut self, run: Option<&Holder>) {
        if self.run.as_ref().is_some_and(|before| !before.alive()) {
            self.run = run.cloned();
        }
    }

    /// Of one that somebody else started in the folder `dir`.
    pub(super) fn adopted(leader: Holder, port: u16, dir: &Path) -> Self {
        let ground = Ground { dir: Some(dir.to_owned()), ..Ground::default() };
        Self { port: Some(port), adopted: true, ground, ..Self::new(leader, String::new(), port) }
    }

    /// The same, of the site `name`.
    #[must_use]
    pub(super) fn of(mut self, sites: &Sites, name: &str) -> Self {
        self.ground.log = sites.log(name);
        self
    }

    /// The one of the site `name`, if there is any; whether it lives is another question. Errors ([`Fault::Invalid`]): what is
    /// written there is none of it; see [`aside`].
    pub(super) fn read(sites: &Sites, name: &str) -> Result<Option<Self>> {
        let path = sites.server_file(name);
        match read(sites, name) {
            Err(error) if matches!(error.downcast_ref(), Some(Fault::Invalid { .. })) => {
                let hint = if is_newer(&path) {
                    let (from, to) =
                        (path.display().to_string(), sites.set_aside(name).display().to_string());
                    let line = shell_words::join(["mv", &from, &to]);
                    format!("use the newer taskrun that wrote it, or move it aside: `{line}`")
                } else {
                    "`taskrun site prune` moves it aside, and ends the server that it was of".to_owned()
                };
                Err(Fault::invalid(error.to_string(), hint))
            }
            read => read,
        }
    }

    /// [`Record::read`] of `site`.
    pub(super) fn written(sites: &Sites, site: &Site) -> Result<Option<Self>> {
        let mut record = Self::read(sites, &site.name)?;
        if let Some(record) = &mut record {
            record.ground.dir = Some(site.path.clone());
        }
        Ok(record)
    }

    /// Writes it down: it means nothing after a power loss.
    pub(super) fn write(&self, sites: &Sites, name: &str) -> Result<()> {
        store::write_json_soon_as(&sites.server_file(name), store::PRIVATE, self)
    }

    /// Its processes among `rows`; none where it is gone. A process id means nothing by itself, nor does what is written down of
    /// it: anybody may have changed that. A process is its own by the mark, or as it prints where the server does; one that
    /// somebody else started, as it works in the site's folder.
    pub(super) fn living(&self, rows: &[Row]) -> Vec<Holder> {
        if !self.leader.is_of_this_boot() {
            return Vec::new();
        }
        let group = |row: &Row| u32::try_from(row.group).ok() == Some(self.leader.pid);
        let own: Vec<&Row> = rows.iter().filter(|row| !row.dead && self.shows(row)).collect();
        let mut roots: Vec<i32> = own.iter().map(|row| row.pid).collect();
        let leads = self.has(&self.leader);
        let heads = self.owners.iter().filter(|owner| self.has(owner)).chain(leads.then_some(&self.leader));
        roots.extend(heads.filter_map(|holder| i32::try_from(holder.pid).ok()));
        // The number of a group is not given away while one of it lives.
        if !self.adopted && (leads || own.iter().any(|row| group(row))) {
            roots.extend(rows.iter().filter(|row| group(row)).map(|row| row.pid));
        }
        with_all_below(rows, &roots)
    }

    /// Whether a process that nothing is written down of is one of the server's.
    fn shows(&self, row: &Row) -> bool {
        // Elsewhere it costs a program for each process to tell where it prints to.
        let looked = cfg!(target_os = "linux");
        !self.adopted && u32::try_from(row.pid).is_ok_and(|pid| self.is_marked(pid, looked))
    }

    /// Whether that very process still runs, and is one of the server's.
    pub(super) fn has(&self, holder: &Holder) -> bool {
        let works_here = |dir: &PathBuf| process::cwd_of(holder.pid).is_some_and(|cwd| cwd.starts_with(dir));
        if self.adopted {
            let known = || self.ground.dir.as_ref().is_some_and(works_here) || self.answers(holder);
            return holder.alive() && known();
        }
        holder.alive() && self.is_marked(holder.pid, true)
    }

    /// The same of a server that has thrown off its mark, if it still listens where it was seen to answer: that it was started here is
    /// written down, and nothing else shows it any more. So it is taken for one that somebody else started.
    pub(super) fn unproven(mut self) -> Option<Self> {
        let owner = self.owners.iter().find(|owner| owner.alive() && self.answers(owner))?;
        self.leader = owner.clone();
        self.adopted = true;
        Some(self)
    }

    /// Whether it is the one that was seen to answer, and still listens on that very port.
    fn answers(&self, holder: &Holder) -> bool {
        let on_port =
            |port| sockets::listening().into_iter().filter(move |socket| socket.address.port() == port);
        let own: Vec<Socket> = self.port.into_iter().flat_map(on_port).collect();
        self.owners.contains(holder) && !sockets::held_by(&[holder.pid], &own).is_empty()
    }

    fn is_marked(&self, pid: u32, looked: bool) -> bool {
        match process::variable_of(pid, LASTING) {
            Some(mark) => !self.mark.is_empty() && mark == self.mark,
            None => looked && process::prints_to(pid, &self.ground.log),
        }
    }
}

fn read(sites: &Sites, name: &str) -> Result<Option<Record>> {
    let path = sites.server_file(name);
    if !document::is_there(&path, "what is known of a server", "")? {
        return Ok(None);
    }
    let Some(record) = store::read_versioned::<Record>(&path, VERSION.into())? else { return Ok(None) };
    // A workspace may have been moved since; the file that its marks name is gone then.
    let other = file_in(&record.mark).filter(|file| *file != sites.file(name) && file.exists());
    match other {
        Some(other) => {
            let told = format!("`{}`: its server is one of `{}`", path.display(), other.display());
            Err(Fault::invalid(told, ""))
        }
        None => Ok(Some(record.of(sites, name))),
    }
}

/// Whether a newer taskrun wrote the file.
fn is_newer(path: &Path) -> bool {
    let text = if store::is_plain(path) { store::read_plain(path).unwrap_or_default() } else { Vec::new() };
    let value: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    value["version"].as_u64().is_some_and(|version| version > VERSION.into())
}

/// Moves what is written down of the server of `name` aside, where that cannot be read and no newer taskrun wrote it; the error
/// that it was. The caller holds its lock.
pub(super) fn aside(sites: &Sites, name: &str) -> Result<Option<anyhow::Error>> {
    let path = sites.server_file(name);
    match Record::read(sites, name) {
        Err(error) if matches!(error.downcast_ref(), Some(Fault::Invalid { .. })) && !is_newer(&path) => {
            store::rename(&path, &sites.set_aside(name))?;
            Ok(Some(error))
        }
        read => read.map(|_| None),
    }
}

/// Those of `roots` that live, and all below them; never ourselves.
pub(super) fn with_all_below(rows: &[Row], roots: &[i32]) -> Vec<Holder> {
    let mut pids: BTreeSet<i32> = roots.iter().copied().collect();
    pids.extend(roots.iter().flat_map(|root| process::below(rows, *root)).map(|row| row.pid));
    let living = rows.iter().filter(|row| !row.dead && pids.contains(&row.pid));
    let living = living.filter_map(|row| u32::try_from(row.pid).ok());
    living.filter(|pid| *pid != std::process::id()).filter_map(Holder::of).collect()
}

/// What marks the server that is to be started now.
pub(super) fn new_mark(sites: &Sites, name: &str) -> String {
    format!("{}#{}", sites.file(name).display(), clock::base36(clock::random(), 8))
}

/// The mark that a process carries.
pub(super) fn mark_of(row: &Row) -> Option<String> {
    u32::try_from(row.pid).ok().and_then(|pid| process::variable_of(pid, LASTING))
}

/// The file of the site that a mark names; none where it is no mark of ours.
pub(super) fn file_in(mark: &str) -> Option<PathBuf> {
    let (file, token) = mark.rsplit_once('#')?;
    let ours = Path::new(file).is_absolute()
        && Path::new(file).extension() == Some("json".as_ref())
        && token.len() == 8;
    ours.then(|| file.into())
}

/// A server of `site` that runs though nothing is written down of it, by its mark.
pub(super) fn by_mark(sites: &Sites, site: &Site, rows: &[Row]) -> Option<Record> {
    let file = sites.file(&site.name);
    let of_site =
        |row: &&Row| !row.dead && mark_of(row).and_then(|mark| file_in(&mark)) == Some(file.clone());
    let found: Vec<&Row> = rows.iter().filter(of_site).collect();
    let first = found.iter().find(|row| row.pid == row.group).or(found.first())?;
    let (mark, leader) = (mark_of(first)?, Holder::of(u32::try_from(first.pid).ok()?)?);
    Some(Record::new(leader, mark, site.port.unwrap_or_default()).of(sites, &site.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_names_the_sites_file() {
        let file = |mark| file_in(mark).map(|file| file.display().to_string());
        assert_eq!(file("/w/.taskrun/sites/a.json#0123abcd").as_deref(), Some("/w/.taskrun/sites/a.json"));
        assert_eq!(file("/w/a#b/sites/a.json#0123abcd").as_deref(), Some("/w/a#b/sites/a.json"));
        for other in ["", "a.json#0123abcd", "/w/a.json", "/w/a.json#1", "/w/a#0123abcd", "yes"] {
            assert_eq!(file(other), None, "{other}");
        }
    }

    #[test]
    fn another_boot_or_a_recycled_pid_is_none_of_ours() {
        let rows = process::table();
        let parent = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs());
        let holder = Holder::of(parent.unwrap()).unwrap();
        let dir = process::cwd_of(holder.pid).unwrap();
        let record = Record::adopted(holder.clone(), 1, &dir);
        assert!(record.living(&rows).contains(&holder));
        let elsewhere = Record::adopted(holder.clone(), 1, &dir.join("none"));
        assert_eq!(elsewhere.living(&rows), [], "who works elsewhere is not believed to be it");
        let unmarked = Record::new(holder.clone(), "/w/.taskrun/sites/a.json#0123abcd".into(), 1);
        assert_eq!(unmarked.living(&rows), [], "nor who does not carry the mark");
        let later = Holder { start: holder.start + 1, ..holder.clone() };
        assert_eq!(Record { leader: later.clone(), ..record.clone() }.living(&rows), []);
        let group = Record { leader: later, adopted: false, ..record.clone() };
        assert_eq!(group.living(&rows), [], "nor is its group");
        let boot = Holder { boot: "another".into(), ..holder };
        assert_eq!(Record { leader: boot, ..record }.living(&rows), []);
    }
}
