//! Mounting: a folder becomes a site, and what it is and how it is served is decided and written down. Unmounting forgets it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::Sites;
use super::server::{self, State, Status};
use super::site::{Site, VERSION, is_name, name_of};
use crate::domain::beads::Store;
use crate::domain::stack::{self, Detected, Recipe};
use crate::domain::workspace::directory;
use crate::fault::Fault;
use crate::system::config::{self, Config};
use crate::system::document::shown;
use crate::system::{clock, redact};

/// Stacks that say nothing of how a site is served: at the root of a monorepo its packages are meant.
const BARE: [&str; 4] = ["monorepo", "node", "bun", "deno"];
/// What a site is built on whose command a person gave and nothing else is known of.
const ANY: &str = "server";
/// How long an unmount waits for one who starts or stops the server.
const PATIENCE: Duration = Duration::from_secs(10);

/// What somebody asks to be mounted.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// The folder.
    pub dir: PathBuf,
    /// What the site is to be called; none is as the folder.
    pub name: Option<String>,
    /// What it is built on.
    pub stack: Option<String>,
    /// The shell's line that serves it.
    pub dev: Option<String>,
    /// The port it is served on.
    pub port: Option<u16>,
    /// `NAME=VALUE`, or the `NAME` of a variable that is handed on.
    pub env: Vec<String>,
    /// The epic whose tasks are shown beside it.
    pub epic: Option<String>,
}

/// A site that was mounted, and what is to be told beside.
#[derive(Debug, Clone)]
pub struct Mounted {
    /// It.
    pub site: Site,
    /// Two lockfiles, a package manager that is not installed.
    pub notices: Vec<String>,
}

/// Makes a folder a site. Errors: the folder is missing; its name or path is taken; nothing is known of how it is served.
pub fn mount(sites: &Sites, order: &Order) -> Result<Mounted> {
    let (env, pass_env) = variables(&order.env)?;
    let given = directory(&order.dir, "DIR")?;
    if order.dev.as_ref().is_some_and(|line| line.trim().is_empty() || line.contains(char::is_control)) {
        return Err(Fault::usage("`--dev` is no command line", "give one line, as a shell takes it"));
    }
    let epic = order.epic.as_deref().map(|epic| known_epic(sites, epic)).transpose()?;
    let settings = config::load(Some(&sites.workspace().config_file()))?;
    let choice = choose(&settings, given, order)?;
    let name = named(order.name.as_deref(), &choice.dir)?;
    if choice.dir.to_str().is_none() {
        return Err(Fault::usage(
            format!("`{}` is no text", choice.dir.display()),
            "give the folder another name",
        ));
    }
    let site = Site {
        version: VERSION,
        name,
        path: choice.dir,
        reason: choice.reason,
        package_manager: choice.detected.package_manager,
        recipe: choice.recipe,
        mounted_port: order.port,
        port: order.port.or(choice.detected.launch.and_then(|launch| launch.port)),
        env,
        pass_env,
        page: None,
        examples: BTreeMap::new(),
        epic,
        mounted_at: clock::now().to_string(),
    };
    sites.add(&site)?;
    Ok(Mounted { site, notices: choice.detected.notices })
}

/// What a folder turned out to be.
struct Choice {
    dir: PathBuf,
    recipe: Recipe,
    reason: String,
    detected: Detected,
}

/// The person's word, else the project's own file, else what is detected.
fn choose(settings: &Config, dir: PathBuf, order: &Order) -> Result<Choice> {
    if order.stack.is_some() || order.dev.is_some() {
        let detected = stack::detect_unlaunched(&dir)?;
        return settle(settings, dir, detected, order);
    }
    let detected = stack::detect(&dir)?;
    if detected.launch.is_none()
        && let Some(package) = package(&dir, &detected).map_err(|hint| several(&dir, &hint))?
    {
        let inner = inner_dir(&dir, &package)?;
        let mut detected = stack::detect(&inner)?;
        let told = format!("package `{}` is taken, the one that is a site", package.display());
        detected.notices.push(told);
        return settle(settings, inner, detected, order);
    }
    settle(settings, dir, detected, order)
}

fn settle(settings: &Config, dir: PathBuf, detected: Detected, order: &Order) -> Result<Choice> {
    let first = detected.candidates.first();
    let found = first.map(|found| found.stack.as_str()).or(order.dev.as_ref().map(|_| ANY));
    let Some(stack) = order.stack.as_deref().or(found) else {
        return Err(unknown(&dir, &detected.notices));
    };
    let mut recipe = stack::recipe(settings, stack, Some((&dir, &detected)))?;
    if let Some(line) = &order.dev {
        recipe.set_dev(line, &detected.scripts)?;
    }
    if recipe.commands.dev.is_none() {
        let told = format!("`{}` is {stack}, and taskrun knows no command that serves that", shown(&dir));
        return Err(Fault::refused(told, "name one with `--dev CMD`"));
    }
    let reason = match (&order.stack, &order.dev) {
        (Some(_), _) => "--stack".into(),
        (None, Some(_)) => "--dev".into(),
        (None, None) => first.map(|found| found.reason.clone()).unwrap_or_default(),
    };
    Ok(Choice { dir, recipe, reason, detected })
}

/// The package that is meant where `dir` is the root of a monorepo; the error is what to name of several.
fn package(dir: &Path, detected: &Detected) -> Result<Option<PathBuf>, String> {
    let bare = detected.candidates.first().is_none_or(|found| BARE.contains(&found.stack.as_str()));
    match detected.packages.as_slice() {
        _ if !bare => Ok(None),
        [] => Ok(None),
        [one] => Ok(Some(one.path.clone())),
        many => {
            let line = |path: &Path| {
                let dir = shown(&dir.join(path));
                format!("`{}`", shell_words::join(["taskrun", "site", "mount", &dir]))
            };
            Err(many.iter().map(|package| line(&package.path)).collect::<Vec<_>>().join(" or "))
        }
    }
}

fn several(dir: &Path, hint: &str) -> anyhow::Error {
    let dir = shown(dir);
    let dir = if dir.is_empty() { "." } else { &dir };
    Fault::refused(format!("more than one site lies in `{dir}`"), hint)
}

fn inner_dir(dir: &Path, inner: &Path) -> Result<PathBuf> {
    let path = directory(&dir.join(inner), "the folder of its site")?;
    if path.starts_with(dir) {
        return Ok(path);
    }
    let told = format!("`{}` leads out of `{}`", inner.display(), shown(dir));
    Err(Fault::refused(told, format!("mount `{}` itself", path.display())))
}

fn unknown(dir: &Path, notices: &[String]) -> anyhow::Error {
    let beside = notices.iter().map(|notice| format!("; {notice}")).collect::<Vec<_>>().concat();
    let told = format!("nothing in `{}` tells what it is built on{beside}", shown(dir));
    let hint =
        "name the command that serves it with `--dev CMD`; `taskrun stack list` names what is looked for";
    Fault::refused(told, hint)
}

fn named(name: Option<&str>, dir: &Path) -> Result<String> {
    match name {
        Some(name) if is_name(name) => Ok(name.to_owned()),
        Some(name) => Err(Fault::usage(
            format!("`{}` cannot be the name of a site", name.escape_debug()),
            "use letters, digits, `-`, `_` and `.`, up to 64, from a letter or a digit on",
        )),
        None => name_of(dir).ok_or_else(|| {
            Fault::usage(
                format!("`{}` gives a site no name", dir.display()),
                "give it one with `--name NAME`",
            )
        }),
    }
}

/// The whole id of an epic of the workspace.
fn known_epic(sites: &Sites, epic: &str) -> Result<String> {
    Store::open(sites.workspace())?.view(|table| table.resolve(epic))
}

/// Variables by value, and the names of those that are handed on. Errors ([`Fault::Usage`]): a secret would be written down.
fn variables(given: &[String]) -> Result<(BTreeMap<String, String>, Vec<String>)> {
    let (mut own, mut passed) = (BTreeMap::new(), Vec::new());
    for item in given {
        let (name, value) =
            item.split_once('=').map_or((item.as_str(), None), |(name, value)| (name, Some(value)));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let begins = name.bytes().next().is_some_and(|first| !first.is_ascii_digit());
        if !begins || !name.bytes().all(plain) {
            let told = format!("`{}` is no name of a variable", name.escape_debug());
            return Err(Fault::usage(
                told,
                "write `--env NAME=VALUE`, or `--env NAME` for the value it has when the server starts",
            ));
        }
        if name == "PORT" {
            return Err(Fault::usage("`--env PORT` would not hold: taskrun sets it", "use `--port P`"));
        }
        match value {
            Some(value) if redact::holds_secret(name, value) => {
                let told = format!("the value of `{name}` looks like a secret, and would be written down");
                let hint = format!("`--env {name}` alone hands on the value it has when the server starts");
                return Err(Fault::usage(told, hint));
            }
            Some(value) => {
                passed.retain(|other| other != name);
                own.insert(name.to_owned(), value.to_owned());
            }
            None => {
                own.remove(name);
                if !passed.iter().any(|other| other == name) {
                    passed.push(name.to_owned());
                }
            }
        }
    }
    Ok((own, passed))
}

/// What became of the server of a site that was forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// There was none.
    Nothing,
    /// It was ended.
    Ended,
    /// Somebody else started it, and it goes on.
    Running(Status),
    /// The site's record could not be read, and was removed.
    Damaged {
        /// Whether a server was ended.
        ended: bool,
    },
}

/// Forgets the site `name`; its server is ended first, unless somebody else started it. Nothing in its folder changes.
pub fn unmount(sites: &Sites, name: &str) -> Result<Left> {
    if sites.is_damaged(name) {
        let _lock = sites.hold(name, PATIENCE)?;
        let ended = server::end_written(sites, name)?;
        sites.remove(name)?;
        return Ok(Left::Damaged { ended });
    }
    let site = sites.find(Some(name))?;
    let before = server::status(sites, &site)?;
    let left = match before.state {
        State::Stopped => Left::Nothing,
        _ if before.adopted => Left::Running(before),
        _ => {
            server::stop(sites, &site, false).with_context(|| format!("`{name}` stays mounted"))?;
            Left::Ended
        }
    };
    let _lock = sites.hold(name, PATIENCE)?;
    // Somebody may have started it again before it was held.
    let now = server::status(sites, &site)?;
    if now.state != State::Stopped && !now.adopted {
        let told = format!("the server of `{name}` was started meanwhile");
        return Err(Fault::busy(told, format!("`taskrun site stop {name}`, and try again")));
    }
    sites.remove(name)?;
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::stack::{Finding, Package};

    #[test]
    fn variables_are_kept_by_value_or_by_name() {
        let given = |items: &[&str]| {
            let items: Vec<String> = items.iter().map(|item| (*item).to_owned()).collect();
            variables(&items).map_err(|error| {
                let hint = error.downcast_ref::<Fault>().and_then(Fault::hint).unwrap_or_default();
                format!("{error} / {hint}")
            })
        };
        let own = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        assert_eq!(given(&["A=1", "B=x=y", "C="]), Ok((own(&[("A", "1"), ("B", "x=y"), ("C", "")]), vec![])));
        assert_eq!(given(&["API_KEY", "A=1", "API_KEY"]), Ok((own(&[("A", "1")]), vec!["API_KEY".into()])));
        assert_eq!(given(&["A=1", "A", "B", "B=2"]), Ok((own(&[("B", "2")]), vec!["A".into()])));
        let refused = [
            (
                "API_KEY=abcdefgh12345",
                "looks like a secret, and would be written down / `--env API_KEY` alone",
            ),
            ("X=ghp_abcdefghijklmnopqrstuvwxyzABCDEFGHIJ", "the value of `X` looks like a secret"),
            ("PORT=3000", "use `--port P`"),
            ("=x", "`` is no name of a variable"),
            ("1A=x", "`1A` is no name"),
            ("A B", "`A B` is no name"),
            ("A\n=1", "`A\\n` is no name"),
        ];
        for (item, expected) in refused {
            let said = given(&[item]).unwrap_err();
            assert!(said.contains(expected), "{item}: {said}");
            assert!(!said.contains("abcdefgh"), "the secret itself is not told: {said}");
        }
    }

    #[test]
    fn a_monorepos_root_is_its_one_site() {
        type Case =
            (&'static [&'static str], &'static [&'static str], Result<Option<&'static str>, &'static str>);
        let table: [Case; 6] = [
            (&["next", "node"], &["apps/web", "apps/docs"], Ok(None)),
            (&["node"], &[], Ok(None)),
            (&["node"], &["apps/web"], Ok(Some("apps/web"))),
            (&[], &["apps/web"], Ok(Some("apps/web"))),
            (&["bun", "node"], &["a", "b"], Err("`taskrun site mount /r/a` or `taskrun site mount /r/b`")),
            (&["deno"], &["a"], Ok(Some("a"))),
        ];
        for (stacks, packages, expected) in table {
            let finding = |stack: &&str| Finding { stack: (*stack).into(), reason: String::new() };
            let one = |path: &&str| Package { path: path.into(), stack: "vite".into(), port: None };
            let detected = Detected {
                candidates: stacks.iter().map(finding).collect(),
                packages: packages.iter().map(one).collect(),
                ..Detected::default()
            };
            let found = package(Path::new("/r"), &detected);
            assert_eq!(
                found,
                expected.map(|path| path.map(PathBuf::from)).map_err(str::to_owned),
                "{stacks:?}"
            );
        }
    }
}
