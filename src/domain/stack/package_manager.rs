//! Which package manager a project's commands go through: the field that names it, a lockfile, `engines`, else npm.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Result;
use serde_json::Value;

use super::look::Look;
use super::manifest;
use crate::system::config::programs;

/// The package managers, and the lockfiles that they write.
const LOCKFILES: &[(&str, &[&str])] = &[
    ("pnpm", &["pnpm-lock.yaml"]),
    ("bun", &["bun.lock", "bun.lockb"]),
    ("yarn", &["yarn.lock"]),
    ("npm", &["package-lock.json", "npm-shrinkwrap.json"]),
    ("deno", &["deno.lock"]),
];

/// Lockfiles whose times are less apart were written together: by a clone, or a copy. They say nothing of which is used.
const TOGETHER: Duration = Duration::from_secs(2);

/// The one that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Manager {
    pub name: String,
    /// What spoke for it.
    pub reason: String,
    /// What starts it: itself, or `corepack NAME`.
    pub runner: String,
    /// What is to be told beside.
    pub notices: Vec<String>,
}

/// The package manager of the project in `dir`, if it is one that has any.
pub(super) fn find(dir: &Path, look: &Look) -> Result<Option<Manager>> {
    if look.package.is_none() && look.deno.is_none() {
        return Ok(None);
    }
    let above = above(dir)?;
    let mut manager = choose(look, &above);
    let installed = |name: &str| programs::find(name.as_ref(), dir).is_some();
    let (name, corepack) = (manager.name.clone(), matches!(manager.name.as_str(), "pnpm" | "yarn"));
    manager.runner.clone_from(&name);
    if !installed(&name) && corepack && installed("corepack") {
        manager.runner = format!("corepack {name}");
        manager.notices.push(format!("`{name}` is not installed: `corepack` runs it"));
    } else if !installed(&name) {
        manager.notices.push(format!("`{name}` is not installed"));
    }
    Ok(Some(manager))
}

/// A directory at or above the project, nearest first.
struct Above {
    dir: PathBuf,
    package: Option<Value>,
}

/// `dir` and the directories above it up to the repository's root; outside of one, up to a root of several packages.
fn above(dir: &Path) -> Result<Vec<Above>> {
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let all: Vec<&Path> = dir.ancestors().collect();
    let root = all.iter().position(|dir| dir.join(".git").exists());
    let mut found = Vec::new();
    let mut upto = root.map_or(1, |root| root + 1);
    for (at, dir) in all.iter().enumerate().take(root.map_or(4, |root| root + 1)) {
        let package = match manifest::json(&dir.join("package.json")) {
            // Outside of a repository it may be somebody else's.
            Err(_) if root.is_none() && at > 0 => None,
            package => package?,
        };
        let workspace = package.as_ref().is_some_and(|package| !package["workspaces"].is_null());
        if root.is_none() && at > 0 && (workspace || dir.join("pnpm-workspace.yaml").is_file()) {
            upto = at + 1;
        }
        found.push(Above { dir: dir.to_path_buf(), package });
    }
    found.truncate(upto);
    Ok(found)
}

fn choose(look: &Look, above: &[Above]) -> Manager {
    let named = above.iter().find_map(|above| field(above.package.as_ref()?));
    let mut notices = Vec::new();
    let locked = above
        .iter()
        .find_map(|above| locked(&above.dir, named.as_ref().map(|(name, _)| name.as_str()), &mut notices));
    let engine = || above.iter().find_map(|above| engine(above.package.as_ref()?));
    let deno = || look.package.is_none().then(|| ("deno".to_owned(), "deno.json alone".to_owned()));
    let chosen = named.or_else(deno).or(locked).or_else(engine);
    let (name, reason) = chosen.unwrap_or_else(|| ("npm".into(), "nothing names another".into()));
    Manager { name, reason, notices, ..Manager::default() }
}

/// The field that names it.
fn field(package: &Value) -> Option<(String, String)> {
    let named = package["packageManager"].as_str().map(|named| (named, "packageManager"));
    let engine = &package["devEngines"]["packageManager"];
    let engine = engine["name"].as_str().or_else(|| engine[0]["name"].as_str());
    let (named, field) = named.or_else(|| Some((engine?, "devEngines.packageManager")))?;
    let name = named.split('@').next().unwrap_or(named);
    is_known(name).then(|| (name.to_owned(), format!("{field} in package.json")))
}

fn engine(package: &Value) -> Option<(String, String)> {
    let engines = package["engines"].as_object()?;
    let name = engines.keys().find(|name| is_known(name) && *name != "npm")?;
    Some((name.clone(), "engines in package.json".into()))
}

fn is_known(name: &str) -> bool {
    LOCKFILES.iter().any(|(known, _)| *known == name)
}

/// The one whose lockfile lies in `dir`: of several the one that is `named`, else the newest; of those that were written
/// together, as git does, the first of [`LOCKFILES`].
fn locked(dir: &Path, named: Option<&str>, notices: &mut Vec<String>) -> Option<(String, String)> {
    let age = |file: &str| {
        let meta = dir.join(file).metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some(meta.modified().unwrap_or(SystemTime::UNIX_EPOCH))
    };
    let lockfile = |(name, files): &(&'static str, &'static [&'static str])| {
        files.iter().find_map(|file| Some((age(file)?, *name, *file)))
    };
    let found: Vec<_> = LOCKFILES.iter().filter_map(lockfile).collect();
    let newest = found.iter().map(|(age, ..)| *age).max()?;
    let is_new = |age: SystemTime| newest.duration_since(age).is_ok_and(|apart| apart < TOGETHER);
    let mut new = found.iter().filter(|(age, ..)| is_new(*age));
    let first = new.next();
    let (_, name, file) = found.iter().find(|(_, name, _)| Some(*name) == named).or(first)?;
    if found.len() > 1 {
        let files: Vec<String> = found.iter().map(|(.., file)| format!("`{file}`")).collect();
        let why = match new.next() {
            _ if Some(*name) == named => "package.json names it".into(),
            None => "its lockfile is the newest".into(),
            Some((_, second, _)) => {
                format!(
                    "for they are of the same age, and then {name} goes before {second}; `packageManager` in package.json decides it"
                )
            }
        };
        notices.push(format!("{} lie side by side: `{name}` is taken, {why}", files.join(" and ")));
    }
    Some(((*name).to_owned(), (*file).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::store;

    /// `NAME: REASON` for a tree of files, looked at in `apps/web`.
    fn chosen(files: &[(&str, &str)]) -> (String, Vec<String>) {
        let root = tempfile::tempdir().unwrap();
        let web = root.path().join("apps/web");
        for (name, text) in files.iter().chain(&[("apps/web/package.json", "{}")]) {
            let path = root.path().join(name);
            if !path.exists() {
                store::make_dir(path.parent().unwrap()).unwrap();
                store::write(&path, store::SHARED, text.as_bytes()).unwrap();
            }
        }
        let manager = choose(&Look::at(&web).unwrap(), &above(&web).unwrap());
        (format!("{}: {}", manager.name, manager.reason), manager.notices)
    }

    #[test]
    fn the_field_goes_before_the_lockfile_and_the_nearest_before_those_above() {
        let own = "apps/web/package.json";
        let table: &[(&[(&str, &str)], &str)] = &[
            (&[], "npm: nothing names another"),
            (&[("apps/web/pnpm-lock.yaml", "")], "pnpm: pnpm-lock.yaml"),
            (&[(".git/HEAD", ""), ("yarn.lock", "")], "yarn: yarn.lock"),
            (&[("yarn.lock", "")], "npm: nothing names another"),
            (&[("package.json", r#"{"workspaces":["apps/*"]}"#), ("yarn.lock", "")], "yarn: yarn.lock"),
            (&[("pnpm-workspace.yaml", ""), ("pnpm-lock.yaml", "")], "pnpm: pnpm-lock.yaml"),
            (
                &[
                    (".git/HEAD", ""),
                    ("package.json", r#"{"packageManager":"bun@1.2"}"#),
                    ("apps/web/yarn.lock", ""),
                ],
                "bun: packageManager in package.json",
            ),
            (&[(own, r#"{"engines":{"node":"20","pnpm":"9"}}"#)], "pnpm: engines in package.json"),
            (&[(own, r#"{"packageManager":"cargo@1"}"#)], "npm: nothing names another"),
            (
                &[(own, r#"{"devEngines":{"packageManager":{"name":"yarn"}}}"#)],
                "yarn: devEngines.packageManager in package.json",
            ),
        ];
        for (files, expected) in table {
            assert_eq!(chosen(files).0, *expected, "{files:?}");
        }
    }

    #[test]
    fn of_two_lockfiles_the_named_or_newer_one_is_taken_and_told() {
        let locks = [("apps/web/yarn.lock", ""), ("apps/web/package-lock.json", "{}")];
        let named = [("apps/web/package.json", r#"{"packageManager":"yarn@4"}"#), locks[0], locks[1]];
        let (name, notices) = chosen(&named);
        assert_eq!(name, "yarn: packageManager in package.json");
        assert_eq!(
            notices,
            ["`yarn.lock` and `package-lock.json` lie side by side: `yarn` is taken, package.json names it"]
        );

        let dir = tempfile::tempdir().unwrap();
        let mut ages = [100, 200].map(|age| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(age));
        for newest in ["npm", "yarn"] {
            for (file, age) in ["yarn.lock", "package-lock.json"].iter().zip(ages) {
                let path = dir.path().join(file);
                store::write(&path, store::SHARED, b"").unwrap();
                std::fs::File::options().append(true).open(path).unwrap().set_modified(age).unwrap();
            }
            let mut notices = Vec::new();
            assert_eq!(locked(dir.path(), None, &mut notices).unwrap().0, newest);
            assert!(notices[0].ends_with("its lockfile is the newest"), "{notices:?}");
            ages.reverse();
        }
    }

    #[test]
    fn of_lockfiles_of_one_age_the_first_by_rule_is_taken_and_told() {
        let dir = tempfile::tempdir().unwrap();
        let age = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let put = |file: &str, later: u64| {
            let path = dir.path().join(file);
            store::write(&path, store::SHARED, b"").unwrap();
            let at = age + Duration::from_millis(later);
            std::fs::File::options().append(true).open(path).unwrap().set_modified(at).unwrap();
        };
        let told = || {
            let mut notices = Vec::new();
            let (name, _) = locked(dir.path(), None, &mut notices).unwrap();
            (name, notices.remove(0))
        };
        for (yarn, npm) in [(0, 0), (0, 900), (900, 0)] {
            put("yarn.lock", yarn);
            put("package-lock.json", npm);
            let (name, notice) = told();
            assert_eq!(name, "yarn", "{yarn} {npm}");
            assert!(
                notice
                    .contains("`yarn` is taken, for they are of the same age, and then yarn goes before npm"),
                "{notice}"
            );
        }
        put("pnpm-lock.yaml", 0);
        assert!(
            told()
                .1
                .contains("`pnpm` is taken, for they are of the same age, and then pnpm goes before yarn")
        );
        // An old one beside them changes nothing, whatever its rank.
        put("pnpm-lock.yaml", 0);
        put("yarn.lock", 9000);
        put("package-lock.json", 9500);
        assert!(
            told().1.contains("`yarn` is taken, for they are of the same age, and then yarn goes before npm")
        );
    }
}
