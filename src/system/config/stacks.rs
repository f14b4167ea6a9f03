//! `[stacks.NAME]` of `config.toml`.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Deserialize;

use crate::fault::Fault;

/// `[stacks.NAME]`: what is different from the table of stacks, or a stack that is not in it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StackEntry {
    /// Fetches what a project depends on.
    pub install: Option<String>,
    /// Serves it; `{port}` and `{host}` are replaced.
    pub dev: Option<String>,
    /// Builds it.
    pub build: Option<String>,
    /// Says whether it is sound.
    pub check: Option<String>,
    /// What gives the server its port.
    pub port_flag: Option<Vec<String>>,
    /// What says where it listens.
    pub host_flag: Option<Vec<String>>,
    /// The programs that these flags are for; the one that `dev` starts where none is named.
    pub binaries: Option<Vec<String>>,
    /// The port it takes by itself.
    pub port: Option<u16>,
    /// Whether it obeys `PORT`.
    pub obeys_port: Option<bool>,
    /// Variables for its server; `{port}` and `{host}` are replaced.
    pub env: BTreeMap<String, String>,
    /// Where a build goes.
    pub out: Option<String>,
    /// The rule by which its pages are found.
    pub pages: Option<String>,
}

/// Refuses names that no command could be given, and commands that are none.
pub(super) fn check_stack(name: &str, entry: &StackEntry) -> Result<()> {
    let wrong = |what: &str, hint: &str| Err(Fault::usage(format!("`[stacks.{name}]` {what}"), hint));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(plain) {
        return wrong("is no name of a stack", "use small letters, digits, `-` and `_`");
    }
    let commands = [&entry.install, &entry.dev, &entry.build, &entry.check];
    if commands.into_iter().flatten().any(|line| line.trim().is_empty()) {
        return wrong("has an empty command", "remove it, or say what to run");
    }
    if entry.port == Some(0) {
        return wrong("has the port 0", "name the port that its server takes by itself");
    }
    Ok(())
}
