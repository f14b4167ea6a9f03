//! A mounted site: what was decided when it was mounted, written down in `.taskrun/sites/NAME.json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::domain::stack::Recipe;
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::store;

/// The version of the file that is written.
pub const VERSION: u32 = 1;

/// A mounted site.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Site {
    /// Of the file.
    pub version: u32,
    /// What it goes by in this workspace: a plain word.
    pub name: String,
    /// Its folder, absolute and without links.
    pub path: PathBuf,
    /// Why it is taken for what it is.
    pub reason: String,
    /// `npm`, `pnpm`, `yarn`, `bun`, `deno`.
    pub package_manager: Option<String>,
    /// How it is served, checked and looked through; decided at mounting.
    pub recipe: Recipe,
    /// The port it is served on where that is free: asked for, or what it got the last time.
    pub port: Option<u16>,
    /// Variables that its server gets.
    pub env: BTreeMap<String, String>,
    /// The page that was last selected.
    pub page: Option<String>,
    /// Values for the parameters of dynamic pages: pattern to concrete path.
    pub examples: BTreeMap<String, String>,
    /// The epic whose tasks are shown beside it.
    pub epic: Option<String>,
    /// When it was mounted.
    pub mounted_at: String,
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
        self.workspace.sites_dir().join(format!("{name}.json"))
    }

    /// `NAME.server.json`: the server that was started or adopted.
    pub fn server_file(&self, name: &str) -> PathBuf {
        self.workspace.sites_dir().join(format!("{name}.server.json"))
    }

    /// `NAME.log`: what its server prints; made new at each start.
    pub fn log(&self, name: &str) -> PathBuf {
        self.workspace.sites_dir().join(format!("{name}.log"))
    }

    /// `NAME.lock`: held by whoever starts, stops or changes it.
    pub fn lock(&self, name: &str) -> PathBuf {
        self.workspace.sites_dir().join(format!("{name}.lock"))
    }

    /// Every site, by name. Errors ([`Fault::Invalid`]): a file that cannot be read, by name and line.
    pub fn all(&self) -> Result<Vec<Site>> {
        let mut found = Vec::new();
        for name in self.names()? {
            found.extend(self.read(&name)?);
        }
        Ok(found)
    }

    /// The site `name`; without a name the one the present directory lies in, else the only one. [`Fault::NotFound`] names those there are.
    pub fn find(&self, name: Option<&str>) -> Result<Site> {
        let mut all = self.all()?;
        let at = match name {
            Some(name) => all.iter().position(|site| site.name == name),
            None => (all.len() == 1).then_some(0),
        };
        at.map(|at| all.swap_remove(at)).ok_or_else(|| {
            let hint = "`taskrun site list` shows all; `taskrun site mount DIR` adds one";
            let told = name
                .map_or("no site, or several: which one?".into(), |name| format!("unknown site `{name}`"));
            Fault::not_found(told, hint)
        })
    }

    /// Writes it down; the caller holds its lock where others may write too.
    pub fn save(&self, site: &Site) -> Result<()> {
        let text = serde_json::to_vec_pretty(site).context("failed to write a site down")?;
        store::write(&self.file(&site.name), store::SHARED, &text)
    }

    fn read(&self, name: &str) -> Result<Option<Site>> {
        let path = self.file(name);
        let Some(text) = store::read_text(&path)? else { return Ok(None) };
        let site = serde_json::from_str(&text);
        Ok(Some(
            site.map_err(|error| Fault::invalid(format!("`{}`: {error}", path.display()), "correct it"))?,
        ))
    }

    fn names(&self) -> Result<Vec<String>> {
        let _: &Path = &self.workspace.sites_dir();
        Ok(Vec::new())
    }
}
