//! What there is to know about every agent that can be named, without running any of them on work.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

use super::catalog::{Cost, Kind, builtin, check, describe, is_builtin, names, program};
use super::spec::{self, Spec};
use super::version;
use crate::system::config::{Config, Output, Permissions};

/// One line of `agent list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(clippy::struct_excessive_bools)] // facts
pub struct Listed {
    /// As the user names it.
    pub name: String,
    /// `claude`, `codex`, `opencode`, `gemini`, `shell` or `command`.
    pub kind: String,
    /// Whether its program was found.
    pub installed: bool,
    /// Its program, where found.
    pub path: Option<PathBuf>,
    /// Its version, where it can be told.
    pub version: Option<String>,
    /// Whether that is too old to be used.
    pub outdated: bool,
    /// Whether it runs when none is named.
    pub default: bool,
    /// What its output is: `text`, `claude`, `codex`, `opencode` or `gemini`.
    pub output: &'static str,
    /// Whether it reports what it spent.
    pub reports_cost: bool,
    /// What is known about its cost: `reported`, by `tokens` and their price, `free`, `unknown`.
    pub cost: &'static str,
    /// The permissions it can be held to.
    pub permissions: Vec<&'static str>,
    /// Whether it can continue a session.
    pub resume: bool,
    /// Whether it is given the MCP servers of the settings.
    pub mcp: bool,
    /// Whether what may still be spent is handed down to it.
    pub budget: bool,
    /// The command that installs it, where it is missing or too old.
    pub install: Option<String>,
}

/// Every agent that can be named: the built-in ones, then `[agents]` in alphabetical order. The
/// versions that files do not tell are asked for, all at once. Errors: interrupted.
pub fn list(config: &Config, dir: &Path) -> Result<Vec<Listed>> {
    let mut all: Vec<Listed> = names(config).map(|name| listed(name, config, dir)).collect();
    std::thread::scope(|scope| {
        let asked: Vec<_> = all
            .iter_mut()
            .filter_map(|agent| Some((spec::named(&agent.name)?, agent)))
            .filter(|(_, agent)| agent.version.is_none())
            .filter_map(|(spec, agent)| {
                let path = agent.path.clone()?;
                Some((spec, agent, scope.spawn(move || version::told(&path))))
            })
            .collect();
        for (spec, agent, told) in asked {
            agent.version = told.join().unwrap_or(Ok(None))?;
            agent.outdated = agent.version.as_ref().is_some_and(|found| version::is_old(spec, found));
            agent.install = (!agent.installed || agent.outdated).then(|| spec.install());
        }
        anyhow::Ok(())
    })?;
    Ok(all)
}

/// One agent, as far as files tell.
fn listed(name: &str, config: &Config, dir: &Path) -> Listed {
    let entry = config.agents.get(name);
    let spec = spec::named(name);
    let described = describe(name, entry, config).ok();
    // What is set wrongly is listed too, as not there; naming it says what is wrong.
    let path = described.as_ref().and_then(|_| match spec {
        Some(spec) => builtin(spec, entry.and_then(|entry| entry.path.as_deref()), dir).ok(),
        None => program(name, entry, dir).ok(),
    });
    let version = spec.zip(path.as_ref()).and_then(|(spec, path)| version::installed(spec, path));
    let outdated = spec.zip(version.as_ref()).is_some_and(|(spec, found)| version::is_old(spec, found));
    let kind = described.as_ref().map(|(kind, ..)| kind);
    let held =
        |permissions: &Permissions| kind.is_some_and(|kind| check(name, kind, true, *permissions).is_ok());
    let levels = [Permissions::ReadOnly, Permissions::Workspace, Permissions::Full];
    let permissions = levels.iter().filter(|level| held(level)).map(|level| word(*level)).collect();
    let budget = matches!(kind, Some(Kind::Claude { .. }));
    let (output, cost) = described.map_or((Output::Text, Cost::Unknown), |(_, output, cost)| (output, cost));
    Listed {
        name: name.to_owned(),
        kind: if is_builtin(name) { name.to_owned() } else { "command".to_owned() },
        installed: path.is_some(),
        install: spec.filter(|_| path.is_none() || outdated).map(Spec::install),
        path,
        version,
        outdated,
        default: name == config.agent.default,
        output: match output {
            Output::Text => "text",
            Output::Claude => "claude",
            Output::Codex => "codex",
            Output::Opencode => "opencode",
            Output::Gemini => "gemini",
        },
        reports_cost: cost == Cost::Reported,
        cost: match cost {
            Cost::Reported => "reported",
            Cost::ByTokens => "tokens",
            Cost::Free => "free",
            Cost::Unknown => "unknown",
        },
        permissions,
        resume: spec.is_some(),
        mcp: spec.is_some(),
        budget,
    }
}

fn word(permissions: Permissions) -> &'static str {
    match permissions {
        Permissions::ReadOnly => "read-only",
        Permissions::Workspace => "workspace",
        Permissions::Full => "full",
    }
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
