//! What a project is built on, and why: every stack that its files speak for, most specific first.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

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
}

/// All that a look at a directory tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Detected {
    /// Every stack, most specific first; the first one holds.
    pub candidates: Vec<Finding>,
    /// `npm`, `pnpm`, `yarn`, `bun`, `deno`: the one its commands go through.
    pub package_manager: Option<String>,
    /// The packages that have a site, where this is a monorepo's root.
    pub packages: Vec<Package>,
    /// Scripts of `package.json` and tasks of `deno.json`: what command lines call by name.
    pub scripts: super::Scripts,
    /// What is to be told beside: two lockfiles, a package manager that is not installed.
    pub notices: Vec<String>,
}

/// Looks at `dir`. Errors ([`crate::fault::Fault::Invalid`]): a manifest that cannot be read or parsed, by file and line.
pub fn detect(dir: &Path) -> Result<Detected> {
    let stacks = super::candidates(dir)?;
    let candidates =
        stacks.into_iter().map(|stack| Finding { stack: stack.to_owned(), reason: String::new() });
    Ok(Detected { candidates: candidates.collect(), ..Detected::default() })
}
