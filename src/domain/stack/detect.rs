//! What a project is built on, and why: every stack that its files speak for, most specific first.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

use super::compose;
use super::launch::{self, Launch};
use super::look::Look;
use super::package_manager;
use super::packages;
use super::recipe::is_binary;
use super::script::{self, Scripts};
use super::table::{self, By, Kind, Row};
use crate::fault::Fault;
use crate::system::document::shown;

/// A stack that speaks for a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its name.
    pub stack: String,
    /// What spoke for it: `dependency next in package.json`.
    pub reason: String,
}

/// A package of a monorepo that has a site of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Package {
    /// Where it lies, relative to the root.
    pub path: PathBuf,
    /// What it is built on.
    pub stack: String,
    /// The port that it comes up on by itself.
    pub port: Option<u16>,
}

/// All that a look at a directory tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Detected {
    /// Every stack, most specific first; the first one holds.
    pub candidates: Vec<Finding>,
    /// `npm`, `pnpm`, `yarn`, `bun`, `deno`: the one its commands go through.
    pub package_manager: Option<String>,
    /// What spoke for that one.
    pub manager_reason: Option<String>,
    /// What starts it: its name, or `corepack NAME` where it is not installed.
    pub runner: Option<String>,
    /// The packages that have a site, where this is a monorepo's root.
    pub packages: Vec<Package>,
    /// Scripts of `package.json` and tasks of `deno.json`: what command lines call by name.
    pub scripts: Scripts,
    /// The one way that the project says its server is started.
    pub launch: Option<Launch>,
    /// What is to be told beside: two lockfiles, a package manager that is not installed.
    pub notices: Vec<String>,
}

/// Looks at `dir`. Errors ([`crate::fault::Fault::Invalid`]): a manifest that cannot be read or parsed, by file and line.
pub fn detect(dir: &Path) -> Result<Detected> {
    let mut found = by_files(dir)?;
    let (launch, told) = launch::read(dir)?;
    found.notices.extend(told);
    take_launch(&mut found, launch);
    Ok(found)
}

/// [`detect`] for one who says how it is served: the project's own word on that is not taken, and told where it cannot be read.
pub fn detect_unlaunched(dir: &Path) -> Result<Detected> {
    let mut found = by_files(dir)?;
    if let Err(error) = launch::read(dir) {
        found.notices.push(format!("{error:#}: it is passed over"));
    }
    Ok(found)
}

fn by_files(dir: &Path) -> Result<Detected> {
    if !dir.is_dir() {
        let told = format!("`{}` is no directory", shown(dir));
        return Err(Fault::usage(told, "name the directory of a project"));
    }
    let dir = &std::path::absolute(dir)?;
    let look = Look::at(dir)?;
    let mut found = Detected { scripts: look.scripts(), ..Detected::default() };
    let mut matches = matches(&look, &found.scripts)?;
    if look.is_workspace() {
        members(dir, &look, &mut found)?;
        root_first(&mut matches, &look, &found);
    }
    let finding = |(row, reason): (&Row, String)| Finding { stack: row.name.clone(), reason };
    found.candidates = matches.into_iter().map(finding).collect();
    if let Some(manager) = package_manager::find(dir, &look)? {
        found.notices.extend(manager.notices);
        found.package_manager = Some(manager.name);
        found.manager_reason = Some(manager.reason);
        found.runner = Some(manager.runner);
    }
    Ok(found)
}

/// The names of all stacks that speak for `dir`.
pub(super) fn names(dir: &Path) -> Result<Vec<&'static str>> {
    let look = Look::at(dir)?;
    Ok(matches(&look, &look.scripts())?.into_iter().map(|(row, _)| row.name.as_str()).collect())
}

/// The rows that speak for what `look` sees, the one that holds first, each with its reason.
fn matches(look: &Look, scripts: &Scripts) -> Result<Vec<(&'static Row, String)>> {
    let rows = table::rows()?;
    let after_sites = rows.iter().position(|row| row.kind != Kind::Site).unwrap_or(rows.len());
    let mut found = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        if let Some(reason) = row.signs.iter().find_map(|sign| look.tells(sign)) {
            found.push(((at, 1), row, reason));
        } else if let Some(reason) = row.weak.iter().find_map(|sign| look.tells(sign)) {
            // A dependency tells more than a configuration.
            let at = if row.kind == Kind::Plain { rows.len() } else { after_sites };
            found.push(((at, 0), row, reason));
        }
    }
    found.sort_by_key(|(rank, ..)| *rank);
    let mut found: Vec<_> = found.into_iter().map(|(_, row, reason)| (row, reason)).collect();
    served_first(&mut found, scripts);
    Ok(found)
}

/// Where the script that serves the project starts a program of another stack than the first, that one is first: documentation
/// and tools are often among the dependencies too.
fn served_first(found: &mut Vec<(&'static Row, String)>, scripts: &Scripts) {
    let Some(script) = ["dev", "start"].into_iter().find(|name| scripts.contains_key(*name)) else { return };
    let argv = script::target(&scripts[script], scripts).argv;
    let serves = |row: &Row| row.binaries.iter().any(|binary| is_binary(&argv, binary));
    let by_script = |row: &Row| row.kind == Kind::Site && row.by == By::Package;
    let first =
        found.first().is_some_and(|(row, _)| by_script(row) && !row.binaries.is_empty() && !serves(row));
    if !first {
        return;
    }
    if let Some(at) = found.iter().position(|(row, _)| by_script(row) && serves(row)) {
        let (row, reason) = found.remove(at);
        found.insert(0, (row, format!("{reason}, which script {script} starts")));
    }
}

/// Adds the packages below a root that are sites and can be served; what cannot be read is told.
fn members(dir: &Path, root: &Look, into: &mut Detected) -> Result<()> {
    for path in packages::find(dir, root)? {
        match member(dir, &path) {
            Ok(package) => into.packages.extend(package),
            Err(error) => into.notices.push(format!("package {} is passed over: {error:#}", path.display())),
        }
    }
    Ok(())
}

fn member(root: &Path, path: &Path) -> Result<Option<Package>> {
    let look = Look::at(&root.join(path))?;
    let scripts = look.scripts();
    if scripts.is_empty() {
        return Ok(None);
    }
    let found = matches(&look, &scripts)?;
    let Some((row, _)) = found.into_iter().next().filter(|(row, _)| row.kind == Kind::Site) else {
        return Ok(None);
    };
    let Some(script) = compose::serving_script(row, &scripts) else { return Ok(None) };
    let port = compose::port_of(row, &scripts[&script], &scripts)?;
    Ok(Some(Package { path: path.to_owned(), stack: row.name.clone(), port }))
}

/// At a root of several packages that have sites, what the root depends on is often there for them alone: it is one itself only
/// where it is served.
fn root_first(matches: &mut Vec<(&'static Row, String)>, look: &Look, found: &Detected) {
    let Some((first, _)) = matches.first() else { return };
    let argv = |name: &String| script::target(&found.scripts[name], &found.scripts).argv;
    let is_served = |name: String| first.binaries.iter().any(|binary| is_binary(&argv(&name), binary));
    let served = compose::serving_script(first, &found.scripts).is_some_and(is_served);
    if found.packages.is_empty() || first.by != By::Package || served || look.has_file("index.html") {
        return;
    }
    if let Some(at) = matches.iter().position(|(row, _)| row.name == "monorepo") {
        let root = matches.remove(at);
        matches.insert(0, root);
    }
}

/// The project's own word on how it is served goes before what its files tell.
fn take_launch(found: &mut Detected, launch: Option<Launch>) {
    let Some(launch) = launch else { return };
    match found.candidates.first_mut() {
        Some(first) => first.reason = format!("{}, {}", first.reason, launch.reason()),
        None => found.candidates.push(Finding { stack: "server".into(), reason: launch.reason() }),
    }
    found.launch = Some(launch);
}
