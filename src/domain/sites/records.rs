//! The sites of a workspace as they are written down: one file each, changed under a lock.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::site::{Site, VERSION, in_order, is_name};
use crate::domain::workspace::{Workspace, init};
use crate::fault::Fault;
use crate::system::config::{env, nearest};
use crate::system::document::{self, shown};
use crate::system::lock::Lock;
use crate::system::{clock, store};

/// How long one who changes a record waits for another.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two words on who is waited for.
const ASKED_AGAIN: Duration = Duration::from_millis(500);
/// How many names an error tells.
const MOST_TOLD: usize = 8;
/// How the files of records end, and those of servers, which end like that too.
const RECORD: &str = ".json";
const SERVER: &str = ".server.json";

/// A record that cannot be read.
#[derive(Debug)]
pub struct Damaged {
    /// The site's name.
    pub name: String,
    /// What is wrong, by file and line.
    pub fault: anyhow::Error,
}

/// All sites of a workspace.
#[derive(Debug, Clone)]
pub struct Sites {
    workspace: Workspace,
}

impl Sites {
    /// The sites of `workspace`; nothing is read or made.
    pub fn of(workspace: &Workspace) -> Self {
        Self { workspace: workspace.clone() }
    }

    /// The workspace.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// `NAME.json`: what was decided.
    pub fn file(&self, name: &str) -> PathBuf {
        self.workspace.sites_dir().join(format!("{name}{RECORD}"))
    }

    /// `NAME.server.json`: the server that was started or adopted.
    pub fn server_file(&self, name: &str) -> PathBuf {
        self.workspace.sites_dir().join(format!("{name}{SERVER}"))
    }

    /// `NAME.server.json.damaged`: what was known of a server, and could not be read.
    pub fn set_aside(&self, name: &str) -> PathBuf {
        self.workspace.sites_dir().join(format!("{name}{SERVER}.damaged"))
    }

    /// `NAME.log`: what its server prints; made new at each start.
    pub fn log(&self, name: &str) -> PathBuf {
        self.workspace.sites_dir().join(format!("{name}.log"))
    }

    /// `NAME.lock`: held by whoever starts or stops its server, or takes it away.
    pub fn lock(&self, name: &str) -> PathBuf {
        self.workspace.sites_dir().join(format!("{name}.lock"))
    }

    /// `NAME.viewers`: held together by all previews of it.
    pub fn viewers(&self, name: &str) -> PathBuf {
        self.workspace.sites_dir().join(format!("{name}.viewers"))
    }

    /// `NAME.viewed`: which run of its server a preview has started.
    pub fn viewed(&self, name: &str) -> PathBuf {
        self.workspace.sites_dir().join(format!("{name}.viewed"))
    }

    /// Every site whose record can be read, by name; see [`Sites::damaged`] for the others.
    pub fn all(&self) -> Result<Vec<Site>> {
        let read = |name: &String| self.read(name).ok().flatten();
        Ok(self.names()?.iter().filter_map(read).collect())
    }

    /// Records that cannot be read, by name; they harm no other site.
    pub fn damaged(&self) -> Result<Vec<Damaged>> {
        let damaged = |name: String| self.read(&name).err().map(|fault| Damaged { name, fault });
        Ok(self.names()?.into_iter().filter_map(damaged).collect())
    }

    /// Whether the site `name` has a record that cannot be read, and that no newer taskrun has written.
    pub fn is_damaged(&self, name: &str) -> bool {
        let newer = || {
            let text = store::read_plain(&self.file(name)).unwrap_or_default();
            let value: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
            value["version"].as_u64().is_some_and(|version| version > VERSION.into())
        };
        is_name(name) && self.read(name).is_err() && !newer()
    }

    /// The site `name`; without a name the one the present directory lies in, else the only one. [`Fault::NotFound`] names those there are.
    pub fn find(&self, name: Option<&str>) -> Result<Site> {
        match name {
            Some(name) => self.named(name),
            None => self.meant(),
        }
    }

    fn named(&self, name: &str) -> Result<Site> {
        let found = if is_name(name) { self.read(name)? } else { None };
        found.ok_or_else(|| {
            let names = self.names().unwrap_or_default();
            let near = nearest(name, names.iter().map(String::as_str));
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None if names.is_empty() => NONE.into(),
                None => format!("there are {}", listed(&names)),
            };
            Fault::not_found(format!("unknown site `{name}`"), hint)
        })
    }

    fn meant(&self) -> Result<Site> {
        let mut all = self.all()?;
        let here = env::current_dir().and_then(|dir| Ok(dir.canonicalize()?)).ok();
        let around = here.as_ref().and_then(|dir| Site::around(&all, dir));
        let mut damaged = self.damaged()?;
        let only = all.len() == 1 && damaged.is_empty();
        if let Some(at) = around.or(only.then_some(0)) {
            return Ok(all.swap_remove(at));
        }
        if all.is_empty() && damaged.len() < 2 {
            let one = damaged.pop().map(|damaged| damaged.fault);
            return Err(one.unwrap_or_else(|| Fault::not_found("no site is mounted", NONE)));
        }
        let names = self.names()?;
        let told = format!("which site? There are {}", listed(&names));
        Err(Fault::usage(told, "name one of them, or go into its folder"))
    }

    /// Writes it down; what others may change meanwhile is for [`Sites::update`].
    pub fn save(&self, site: &Site) -> Result<()> {
        self.make()?;
        // Values of variables stand in it.
        let site = Site { version: VERSION, ..site.clone() };
        store::write_json_as(&self.file(&site.name), store::PRIVATE, &site)
    }

    /// Changes the record of the site `name` as it is now, apart from all others who do; nothing is written where nothing
    /// changes. It may be called by one who holds the site's lock.
    pub fn update(&self, name: &str, change: impl FnOnce(&mut Site)) -> Result<Site> {
        self.alone(|| {
            let before = self.named(name)?;
            let mut site = before.clone();
            change(&mut site);
            if site != before {
                self.save(&site)?;
            }
            Ok(site)
        })
    }

    /// Adds a site. Errors ([`Fault::Refused`]): there is one of that name, or of that folder.
    pub fn add(&self, site: &Site) -> Result<()> {
        self.alone(|| {
            let same = |name: &str| name.eq_ignore_ascii_case(&site.name);
            if let Some(damaged) = self.damaged()?.into_iter().find(|damaged| same(&damaged.name)) {
                return Err(damaged.fault);
            }
            for other in self.all()? {
                if other.path == site.path {
                    let told = format!("`{}` is mounted already, as `{}`", shown(&site.path), other.name);
                    let hint = format!("`taskrun site unmount {}` forgets it", other.name);
                    return Err(Fault::refused(told, hint));
                }
                // Where letters of both cases are the same in names of files, so they are here.
                if same(&other.name) {
                    let told = format!("there is a site `{}` already: `{}`", other.name, shown(&other.path));
                    return Err(Fault::refused(told, "give this one another name with `--name NAME`"));
                }
            }
            self.save(site)
        })
    }

    /// Takes a site away, with what is known of its server; the caller holds its lock, and no server of it runs.
    pub fn remove(&self, name: &str) -> Result<()> {
        self.alone(|| {
            store::remove(&self.file(name))?;
            store::remove(&self.server_file(name))?;
            if store::is_plain(&self.set_aside(name)) {
                store::remove(&self.set_aside(name))?;
            }
            store::remove(&self.viewed(name))?;
            store::remove(&self.log(name))
        })
    }

    /// Keeps others from starting, stopping or taking away the site `name`; [`Fault::Busy`] after `patience`.
    pub fn hold(&self, name: &str, patience: Duration) -> Result<Lock> {
        self.hold_telling(name, patience, &mut |_| {})
    }

    /// [`Sites::hold`]; `held` is told now and then who is waited for.
    pub fn hold_telling(&self, name: &str, patience: Duration, held: &mut dyn FnMut(String)) -> Result<Lock> {
        self.make()?;
        let (path, since) = (self.lock(name), Instant::now());
        loop {
            let left = patience.saturating_sub(since.elapsed());
            match Lock::take(&path, left.min(ASKED_AGAIN)) {
                Err(error) if matches!(error.downcast_ref(), Some(Fault::Busy { .. })) => {}
                taken => return taken,
            }
            let who = Lock::holder(&path);
            if since.elapsed() >= patience {
                let told = format!(
                    "another start or stop of `{name}` is under way, by {who}; it was waited for {}",
                    clock::human(patience)
                );
                let hint =
                    format!("try again when it is done; `taskrun site status {name}` tells how far it is");
                return Err(Fault::busy(told, hint));
            }
            held(who);
        }
    }

    /// Does something while nobody else changes a record.
    fn alone<T>(&self, act: impl FnOnce() -> Result<T>) -> Result<T> {
        self.make()?;
        // No site can be called like this.
        let _lock = Lock::take(&self.workspace.sites_dir().join(".lock"), PATIENCE)?;
        store::sweep(&self.workspace.sites_dir());
        act()
    }

    fn make(&self) -> Result<()> {
        init::for_state(&self.workspace)?;
        store::make_dir(&self.workspace.sites_dir())
    }

    fn read(&self, name: &str) -> Result<Option<Site>> {
        let path = self.file(name);
        if !document::is_there(&path, "a site", WRONG)? {
            return Ok(None);
        }
        let Some(site) = store::read_versioned::<Site>(&path, VERSION.into())? else { return Ok(None) };
        match site.flaw(name) {
            Some(flaw) => Err(Fault::invalid(format!("`{}`: {flaw}", shown(&path)), WRONG)),
            None => Ok(Some(site)),
        }
    }

    /// The names of those that have a file, in order.
    fn names(&self) -> Result<Vec<String>> {
        let dir = self.workspace.sites_dir();
        let failed = || format!("failed to read `{}`", shown(&dir));
        let entries = match fs::read_dir(&dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.with_context(failed)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(name_in(&entry.with_context(failed)?.path()));
        }
        names.sort_by(|one, other| in_order(one, other));
        Ok(names)
    }
}

/// The way out where a record is wrong.
const WRONG: &str = "taskrun wrote this file; correct it, or remove it and mount the site again";
/// The way out where there are no sites.
const NONE: &str = "`taskrun site mount DIR` adds one";

/// The name of the site whose record this file is.
fn name_in(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?.strip_suffix(RECORD)?;
    is_name(name).then(|| name.to_owned())
}

/// `` `a` and `b` ``
fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [first @ .., _] if first.len() >= MOST_TOLD => format!("{}, …", first[..MOST_TOLD].join(", ")),
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => quoted.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites() -> (tempfile::TempDir, Sites) {
        let dir = tempfile::tempdir().unwrap();
        let sites = Sites::of(&Workspace::at(dir.path().canonicalize().unwrap()));
        (dir, sites)
    }

    fn site(name: &str, path: &str) -> Site {
        Site { name: name.into(), path: path.into(), ..Site::default() }
    }

    fn told<T: std::fmt::Debug>(result: Result<T>) -> String {
        let error = result.unwrap_err();
        let hint = error.downcast_ref::<Fault>().and_then(Fault::hint).unwrap_or_default();
        format!("{error} / {hint}")
    }

    #[test]
    fn sites_are_added_found_changed_and_taken_away() {
        let (_dir, sites) = sites();
        assert!(sites.all().unwrap().is_empty());
        assert_eq!(told(sites.find(None)), "no site is mounted / `taskrun site mount DIR` adds one");
        assert!(!sites.workspace().dir().exists(), "a question makes nothing");
        sites.add(&site("web", "/srv/web")).unwrap();
        assert_eq!(sites.find(None).unwrap().version, VERSION);
        sites.add(&site("docs", "/srv/docs")).unwrap();
        assert_eq!(
            told(sites.add(&site("Web", "/srv/x"))),
            "there is a site `web` already: `/srv/web` / give this one another name with `--name NAME`"
        );
        assert_eq!(
            told(sites.add(&site("x", "/srv/web"))),
            "`/srv/web` is mounted already, as `web` / `taskrun site unmount web` forgets it"
        );
        assert_eq!(
            told(sites.find(None)),
            "which site? There are `docs` and `web` / name one of them, or go into its folder"
        );
        assert_eq!(told(sites.find(Some("dcos"))), "unknown site `dcos` / did you mean `docs`?");
        assert_eq!(told(sites.find(Some("../web"))), "unknown site `../web` / there are `docs` and `web`");
        assert_eq!(told(sites.find(Some("zzz"))), "unknown site `zzz` / there are `docs` and `web`");
        let changed = sites.update("web", |site| site.port = Some(4301)).unwrap();
        assert_eq!(sites.find(Some("web")).unwrap(), changed);
        let _held = sites.hold("web", Duration::ZERO).unwrap();
        assert!(
            told(sites.hold("web", Duration::ZERO))
                .contains("another start or stop of `web` is under way, by pid ")
        );
        sites.remove("web").unwrap();
        assert_eq!(sites.find(None).unwrap().name, "docs");
    }

    #[test]
    fn what_cannot_be_a_record_is_told_and_stays() {
        let (_dir, sites) = sites();
        sites.add(&site("good", "/srv/good")).unwrap();
        let table = [
            ("{\"name\":\n", "bad.json` line 2: EOF"),
            ("[]", "bad.json`: `name` is ``"),
            (
                "{\"version\": 2}",
                "bad.json` has version 2; this taskrun knows up to 1 / use the newer taskrun",
            ),
            ("{\"version\":1,\n\"name\":\"bad\",\n\"port\":\"x\"}", "bad.json` line 3: invalid type: string"),
            ("{}", "bad.json`: `name` is ``; `bad` is expected / taskrun wrote this file"),
            ("{\"name\":\"good\",\"path\":\"/srv\"}", "bad.json`: `name` is `good`; `bad` is expected"),
            ("{\"name\":\"bad\",\"path\":\"srv\"}", "bad.json`: `path` is no absolute path"),
        ];
        for (text, expected) in table {
            store::scratch(&sites.file("bad"), text.as_bytes()).unwrap();
            for said in [
                told(sites.find(Some("bad"))),
                told(Err::<(), _>(sites.damaged().unwrap().swap_remove(0).fault)),
                told(sites.add(&site("Bad", "/srv/more"))),
                told(sites.update("bad", |site| site.port = None)),
            ] {
                assert!(said.contains(expected), "{text}: {said}");
            }
            assert_eq!(store::read_text(&sites.file("bad")).unwrap().unwrap(), text);
            assert_eq!(sites.find(Some("good")).unwrap().name, "good", "others can be used");
            assert_eq!(sites.all().unwrap().len(), 1);
            assert_eq!(sites.is_damaged("bad"), !text.contains("2}"), "{text}");
        }
        store::remove(&sites.file("bad")).unwrap();
        for stray in ["good.server.json", ".taskrun-x.tmp", "a b.json", "x.txt", ".json"] {
            store::scratch(&sites.workspace().sites_dir().join(stray), b"{").unwrap();
        }
        assert_eq!(sites.all().unwrap().len(), 1);
    }
}
