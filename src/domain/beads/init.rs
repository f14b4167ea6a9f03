//! Makes a store where there is none; a second time it changes nothing.

use anyhow::Result;
use serde::Serialize;

use super::bd::Bd;
use super::driver::Driver;
use super::ids;
use super::store::Store;
use super::table::Table;
use crate::domain::workspace::{Workspace, absent};
use crate::fault::Fault;
use crate::system::config::{self, Backend};
use crate::system::store;

/// What never belongs into git; `bd` extends it to its own list when it takes over.
const GITIGNORE: &str = "# Locks and half-written files of running programs\n*.lock\n.taskrun-*.tmp\n\
    # What `doctor --fix` moved out of the way\nrejected-*.jsonl\n";
/// `bd`'s key for the prefix of new ids.
const PREFIX_KEY: &str = "issue-prefix:";

/// What [`Store::init`] found or made.
#[derive(Debug, Serialize)]
pub struct Init {
    /// The file with the issues.
    pub path: String,
    /// Whether it was made just now.
    pub created: bool,
    /// What new ids start with.
    pub prefix: String,
    /// The name of the merge driver in git, where the store is in a repository.
    pub merge_driver: Option<&'static str>,
    /// What was done to the repository, or could not be.
    #[serde(skip)]
    pub notes: Vec<String>,
}

impl Store {
    /// Makes `.beads/issues.jsonl`, a `.gitignore` and, for a given prefix, `config.yaml`.
    pub fn init(workspace: &Workspace, prefix: Option<&str>) -> Result<(Self, Init)> {
        prefix.map(check_prefix).transpose()?;
        if config::backend(&workspace.config_file())? == Backend::Bd {
            return Self::init_by_bd(workspace, prefix);
        }
        let dir = workspace.tasks()?.dir;
        if !dir.is_dir() {
            absent::check(&dir.join("issues.jsonl"))?;
        }
        store::make_dir(&dir)?;
        let this = Self::open(workspace)?;
        store::create_new(&dir.join(".gitignore"), store::SHARED, GITIGNORE.as_bytes())?;
        let created = !this.file().is_file() && store::create_new(this.file(), store::SHARED, b"")?;
        if let Some(prefix) = prefix {
            this.configure_prefix(prefix)?;
        }
        let fallback = this.configured_prefix()?;
        let prefix = this.view(|table| Ok(ids::prefix(table, fallback.as_deref())))?;
        let path = this.file().display().to_string();
        let (merge_driver, notes) = this.have_git_merge();
        Ok((this, Init { path, created, prefix, merge_driver, notes }))
    }

    /// Installs the merge driver; that it cannot be is no reason to have no store.
    fn have_git_merge(&self) -> (Option<&'static str>, Vec<String>) {
        let installed = Driver::inspect(self.file()).and_then(|driver| {
            let Some(mut driver) = driver else { return Ok((None, Vec::new())) };
            let notes = driver.install()?;
            Ok((Some(driver.name()), notes))
        });
        installed.unwrap_or_else(|error| {
            (None, vec![format!("git does not merge the tasks one by one: {error:#}")])
        })
    }

    /// Has `bd` make its store, from the `issues.jsonl` that is there; one that is made already stays.
    fn init_by_bd(workspace: &Workspace, prefix: Option<&str>) -> Result<(Self, Init)> {
        let dir = workspace.tasks()?.dir;
        let file = dir.join("issues.jsonl");
        let bd = Bd::find(&dir, false)?;
        let text = store::read_text(&file)?.unwrap_or_default();
        let used = ids::prefix(&Table::parse(&text, &file.display().to_string())?, prefix);
        // Every version of `bd` that makes a store writes this.
        let created = !dir.join("metadata.json").is_file();
        if created {
            bd.init(&used, !text.trim().is_empty())?;
        }
        let this = Self::open(workspace)?;
        let fallback = this.configured_prefix()?.unwrap_or(used);
        let prefix = this.view(|table| Ok(ids::prefix(table, Some(&fallback))))?;
        let path = this.file().display().to_string();
        Ok((this, Init { path, created, prefix, merge_driver: None, notes: Vec::new() }))
    }

    /// The prefix in `config.yaml`, if there is one.
    pub fn configured_prefix(&self) -> Result<Option<String>> {
        let text = store::read_text(&self.dir().join("config.yaml"))?.unwrap_or_default();
        let value = text.lines().find_map(|line| line.strip_prefix(PREFIX_KEY));
        let value = value.map(|value| value.split(" #").next().unwrap_or_default().trim());
        let value = value.map(|value| value.trim_matches(['"', '\'']).trim_end_matches('-'));
        Ok(value.filter(|value| check_prefix(value).is_ok()).map(str::to_owned))
    }

    fn configure_prefix(&self, prefix: &str) -> Result<()> {
        let path = self.dir().join("config.yaml");
        let text = store::read_text(&path)?.unwrap_or_default();
        let entry = format!("{PREFIX_KEY} \"{}\"", prefix.trim_end_matches('-'));
        let mut lines: Vec<&str> = text.lines().collect();
        match lines.iter_mut().find(|line| line.starts_with(PREFIX_KEY)) {
            Some(line) if *line == entry => return Ok(()),
            Some(line) => *line = &entry,
            None => lines.push(&entry),
        }
        store::write(&path, store::SHARED, (lines.join("\n") + "\n").as_bytes())
    }
}

/// A prefix from which ids can be made that every tool reads.
fn check_prefix(prefix: &str) -> Result<()> {
    let fine = prefix.starts_with(|char: char| char.is_ascii_alphanumeric())
        && prefix.len() <= 64
        && prefix.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_'));
    if fine {
        return Ok(());
    }
    Err(Fault::usage(
        format!("`{prefix}` cannot be a prefix of ids"),
        "use letters, digits, `-` and `_`, at most 64",
    ))
}
