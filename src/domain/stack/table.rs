//! The table of stacks as `table.toml` has it: a row a stack.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use anyhow::{Result, anyhow};
use serde::Deserialize;

/// One stack.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Row {
    /// What it goes by.
    pub name: String,
    /// Whether it is what a project is, or what it has beside.
    pub kind: Kind,
    /// What speaks for it; one is enough.
    pub signs: Vec<Sign>,
    /// What speaks for it where no other site does: its configuration without the dependency.
    pub weak: Vec<Sign>,
    /// Who starts its programs.
    pub by: By,
    /// The scripts that serve it, before those any project may have.
    pub scripts: Vec<String>,
    /// The programs that its flags are for.
    pub binaries: Vec<String>,
    pub install: Option<String>,
    pub install_if: Vec<(String, String)>,
    pub dev: Option<String>,
    pub dev_if: Vec<(String, String)>,
    pub build: Option<String>,
    pub build_if: Vec<(String, String)>,
    pub check: Option<String>,
    pub check_if: Vec<(String, String)>,
    pub port_flag: Vec<String>,
    pub host_flag: Vec<String>,
    pub port: Option<u16>,
    pub obeys_port: bool,
    pub env: BTreeMap<String, String>,
    pub out: Option<String>,
    pub pages: Option<String>,
    /// What its server reads when it starts, beside what any server does.
    pub at_start: Vec<String>,
    /// How the sources end that are the server itself.
    pub sources: Vec<String>,
}

/// What a stack says about a project.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// It is a site.
    #[default]
    Site,
    /// Many have it beside their own.
    Extra,
    /// It is of this language, or plain files.
    Plain,
}

/// Who starts the programs of a stack.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum By {
    /// The shell.
    #[default]
    Shell,
    /// The package manager, from the scripts of `package.json`.
    Package,
    /// Deno, from its tasks.
    Deno,
    /// Python, in the environment of the project.
    Python,
}

/// What in a directory speaks for a stack. Each is a list of which one is enough, but for `all` and `none`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Sign {
    /// A regular file.
    File(Vec<String>),
    /// A directory.
    Dir(Vec<String>),
    /// A dependency, also one for development, in `package.json`.
    Package(Vec<String>),
    /// A script in `package.json`.
    Script(Vec<String>),
    /// A task in `deno.json`.
    Task(Vec<String>),
    /// A name that `deno.json` or its import map imports; one that ends in `/` stands for all below.
    Import(Vec<String>),
    /// What such a name stands for holds this.
    #[serde(rename = "import_of")]
    ImportOf(String),
    /// What Python requires, by its whole name.
    Requirement(Vec<String>),
    /// A dependency in `Cargo.toml`.
    Crate(Vec<String>),
    /// A table below `metadata` in `Cargo.toml`.
    Metadata(String),
    /// A gem in `Gemfile`.
    Gem(Vec<String>),
    /// A requirement in `composer.json`.
    Composer(Vec<String>),
    /// The first, anywhere in one of these files.
    Text(Vec<String>),
    /// The first as a key, not below another, in one of these files.
    Key(Vec<String>),
    /// Whether it is the root of several packages.
    Workspace(bool),
    /// All of these.
    All(Vec<Sign>),
    /// None of these.
    None(Vec<Sign>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// What servers of any stack read when they start.
    at_start: Vec<String>,
    stack: Vec<Row>,
}

/// The rows, the more telling ones first.
pub(super) fn rows() -> Result<&'static [Row]> {
    table().map(|table| table.stack.as_slice())
}

/// What servers of any stack read when they start.
pub(super) fn at_start() -> Result<&'static [String]> {
    table().map(|table| table.at_start.as_slice())
}

fn table() -> Result<&'static Table> {
    static TABLE: OnceLock<Result<Table, String>> = OnceLock::new();
    let read = || toml::from_str(include_str!("table.toml"));
    let table = TABLE.get_or_init(|| read().map_err(|error: toml::de::Error| error.to_string()));
    table.as_ref().map_err(|error| anyhow!("the table of stacks cannot be read: {error}"))
}

/// The row of this name.
pub(super) fn row(name: &str) -> Result<Option<&'static Row>> {
    Ok(rows()?.iter().find(|row| row.name == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_sound() {
        let rows = rows().unwrap();
        assert!(rows.len() > 60);
        for (at, row) in rows.iter().enumerate() {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(!row.name.is_empty() && row.name.chars().all(plain), "{}", row.name);
            assert!(rows[..at].iter().all(|before| before.name != row.name), "{} is there twice", row.name);
            let flags = row.port_flag.is_empty() && row.host_flag.is_empty();
            assert!(flags || !row.binaries.is_empty(), "{}: flags are for binaries", row.name);
            assert!(flags || row.port_flag.concat().contains("{port}"), "{}", row.name);
            assert!(row.kind == Kind::Plain || row.pages.is_some(), "{} has no pages", row.name);
            let served = row.dev.is_some() || !row.scripts.is_empty();
            assert!(row.kind == Kind::Plain || served, "{} is not served", row.name);
            let endings = row.sources.iter().all(|ending| !ending.is_empty() && ending.chars().all(plain));
            assert!(endings, "{}: {:?}", row.name, row.sources);
        }
        for name in ["bun", "deno", "node", "rust", "go", "python", "ruby", "php", "java", "vite", "next"] {
            assert!(row(name).unwrap().is_some(), "gates are written for {name}");
        }
    }
}
