//! Settings: defaults < user file < workspace file < environment < flags. The only reader of the
//! environment and of the home directory.

pub mod env;
mod file;
mod keys;
mod loops;
pub mod programs;
mod queue;
mod site;
mod stacks;

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::fault::Fault;
use crate::system::document::Document;
use crate::system::redact;
use crate::system::store;

pub use file::{
    AgentTable, AgentsEntry, Backend, BeadsTable, BudgetTable, Config, GatesTable, LogsTable, McpEntry,
    OnRateLimit, Output, Permissions, Price, PromptBy,
};
pub use keys::{KNOWN, nearest};
pub use loops::{LoopTable, Verify};
pub use queue::{LauncherEntry, MacpTable, ReceiptBy};
pub use site::SiteTable;
pub use stacks::StackEntry;

/// What a new workspace's `config.toml` holds: every key, commented out, with its default.
pub const TEMPLATE: &str = include_str!("template.toml");

/// Loads the settings: defaults, over them the user's file, over that `workspace_config`. Either
/// file may be missing. Tables are merged key by key, lists and values replaced.
pub fn load(workspace_config: Option<&Path>) -> Result<Config> {
    let user = env::config_dir().map(|dir| dir.join("config.toml"));
    load_files(user.as_deref().into_iter().chain(workspace_config))
}

/// Who keeps the tasks of the workspace with this `workspace_config`. What lies below something that is no
/// directory is not there: tasks can be read all the same.
pub fn backend(workspace_config: &Path) -> Result<Backend> {
    let user = env::config_dir().map(|dir| dir.join("config.toml"));
    let files = user.as_deref().into_iter().chain([workspace_config]);
    let there = |path: &&Path| path.parent().is_some_and(Path::is_dir);
    Ok(load_files(files.filter(there))?.beads.backend)
}

/// The defaults and over them each of `files`.
fn load_files<'a>(files: impl Iterator<Item = &'a Path>) -> Result<Config> {
    let mut merged = toml::Table::new();
    for path in files {
        if let Some(text) = store::read_text(path)? {
            merge(&mut merged, parse(&text, path)?);
        }
    }
    let config = Config::deserialize(merged).context("failed to read the merged settings")?;
    config.mcp.iter().try_for_each(|(name, entry)| check_mcp(name, entry))?;
    config.launchers.iter().try_for_each(|(name, entry)| queue::check_launcher(name, entry))?;
    config.stacks.iter().try_for_each(|(name, entry)| stacks::check_stack(name, entry))?;
    Ok(config)
}

/// Parses and checks one file alone, so that an error names its file and line.
fn parse(text: &str, path: &Path) -> Result<toml::Table> {
    let document = Document::parse(text, path, "`man taskrun-config` documents every key")?;
    keys::check(document.table()).map_err(|key| document.fault(key.at, &key.message, &key.hint))?;
    document.read::<Config>()?;
    document.read()
}

fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(into)), toml::Value::Table(from)) => merge(into, from),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// Refuses an MCP server that cannot be reached one way, and secrets in a file that others read.
pub fn check_mcp(name: &str, entry: &McpEntry) -> Result<()> {
    let wrong = |what: &str, hint: &str| Err(Fault::usage(format!("`[mcp.{name}]` {what}"), hint));
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        return wrong("is no name that every agent takes", "use letters, digits, `-` and `_`");
    }
    if entry.command.is_some() == entry.url.is_some() {
        return wrong("needs either `command` or `url`", "`man taskrun-config` documents both");
    }
    let texts = entry.args.iter().chain(entry.env.values()).chain(entry.headers.values());
    let texts = texts.chain(entry.command.iter()).chain(entry.url.iter());
    let hint = "put it into the environment and name it in `pass_env`, or in a header as `${NAME}`";
    if let Some((key, _)) = entry.env.iter().find(|(key, _)| redact::is_secret(key)) {
        return wrong(&format!("has a secret in the file: `env.{key}`"), hint);
    }
    if texts.into_iter().any(|text| matches!(redact::ours().text(text), std::borrow::Cow::Owned(_))) {
        return wrong("has a secret in the file", hint);
    }
    let secret = |(key, value): &(&String, &String)| {
        (key.eq_ignore_ascii_case("authorization") || redact::is_secret(key)) && !value.contains("${")
    };
    if let Some((key, _)) = entry.headers.iter().find(secret) {
        return wrong(&format!("has a secret in the file: `headers.{key}`"), hint);
    }
    if let Some(tool) = entry.tools.iter().find(|tool| tool.is_empty() || !tool.chars().all(plain)) {
        return wrong(&format!("names `{tool}`, which is no tool"), "use letters, digits, `-` and `_`");
    }
    let variable = |name: &&String| {
        name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if let Some(key) = entry.env.keys().chain(&entry.pass_env).find(variable) {
        return wrong(&format!("names `{key}`, which is no variable"), "use letters, digits and `_`");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use std::time::Duration;
    use toml::de::DeTable;

    fn wrong(text: &str) -> String {
        format!("{:#}", parse(text, Path::new("c.toml")).unwrap_err())
    }

    #[test]
    fn errors_name_file_line_and_key() {
        let table = [
            ("\n[agent]\nmodle = 1", "line 3: unknown key `agent.modle`"),
            ("[agent]\ntimeout = 'soon'", "line 2: `agent.timeout`: `soon` is not a duration"),
            ("[agent]\ntimeout = '0s'", "line 2: `agent.timeout`: must be more than zero"),
            ("[agent]\ntimeout = 5", "line 2: `agent.timeout`: invalid type: integer `5`, expected a string"),
            ("[agent]\npermissions = 'root'", "line 2: `agent.permissions`: unknown variant `root`"),
            ("agent = 1", "line 1: `agent`: invalid type: integer `1`"),
            ("[budget]\nusd = -1.0", "line 2: `budget.usd`: must not be negative"),
            ("[budget]\nper_day_usd = nan", "line 2: `budget.per_day_usd`: must be a number of USD"),
            ("[budget]\nusd = inf", "line 2: `budget.usd`: must be a number of USD"),
            ("[budget]\n\niterations = 0", "line 3: `budget.iterations`: must be more than zero"),
            ("[budget]\ntokens = -5", "line 2: `budget.tokens`: invalid value: integer `-5`"),
            ("[prices.x]\ninput = -1\noutput = 1", "line 2: `prices.x.input`: must not be negative"),
            ("[loop]\nmax_attempts = 0", "line 2: `loop.max_attempts`: must be more than zero"),
            ("[loop]\njobs = 0", "line 2: `loop.jobs`: must be more than zero"),
            ("[beads]\nbackend = 'sqlite'", "line 2: `beads.backend`: unknown variant `sqlite`"),
            ("[gates]\nrust = 'cargo test'", "line 2: `gates.rust`: invalid type: string \"cargo test\""),
            ("[site]\nports = '80-90'", "line 2: `site.ports`: port 80 is below 1024"),
            ("[gates]\nrust = [' ']", "line 2: `gates.rust`: a gate is an empty command"),
            ("[agent\nx = 1", "line 1: "),
            ("a = 1\na = 2", "line 2: duplicate key"),
        ];
        for (text, expected) in table {
            let said = wrong(text);
            assert!(said.starts_with(&format!("failed to parse `c.toml` {expected}")), "{text}\n{said}");
        }
    }

    #[test]
    fn files_merge_key_by_key() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &[u8]| {
            let path = dir.path().join(name);
            store::write(&path, store::SHARED, text).unwrap();
            path
        };
        let user = file("user", b"[agent]\nmodel='a'\ntimeout='1m'\n[gates]\n'*'=['x','y']\ntimeout='5m'");
        let workspace = file("workspace", b"[agent]\nmodel='b'\n[gates]\n'*'=['z']\n[budget]\nusd=10");
        let missing = dir.path().join("missing");
        let config = load_files([&user, &missing, &workspace].into_iter().map(PathBuf::as_path)).unwrap();
        assert_eq!(config.agent.model.as_deref(), Some("b"));
        assert_eq!(config.agent.timeout, Duration::from_secs(60));
        assert_eq!(config.gates.by_stack["*"], ["z"]);
        assert_eq!(config.gates.timeout, Some(Duration::from_secs(300)));
        assert_eq!(config.budget.usd, Some(10.0));
        assert_eq!(config.loops.max_attempts, 3);

        let refused = |path: &Path| format!("{:#}", load_files([path].into_iter()).unwrap_err());
        let binary = file("binary", b"[agent]\nmodel = '\xff'\n");
        assert!(refused(&binary).ends_with("binary` line 2 is not UTF-8"), "{}", refused(&binary));
        let said = refused(dir.path());
        assert!(said.starts_with("failed to read `") && said.contains("Is a directory"), "{said}");
    }

    #[test]
    fn an_mcp_server_is_checked() {
        let table = [
            ("[mcp.a]\ncommand = 'x'\nenv = {MODE = 'y'}\npass_env = ['A_TOKEN']", ""),
            ("[mcp.a]\nurl = 'https://x'\nheaders = {Authorization = 'Bearer ${A}'}", ""),
            ("[mcp.a]\nargs = ['x']", "needs either `command` or `url`"),
            ("[mcp.a]\ncommand = 'x'\nurl = 'y'", "needs either `command` or `url`"),
            ("[mcp.'a b']\ncommand = 'x'", "no name that every agent takes"),
            ("[mcp.a]\ncommand = 'x'\nenv = {A_TOKEN = 'y'}", "a secret in the file: `env.A_TOKEN`"),
            ("[mcp.a]\nurl = 'x'\nheaders = {authorization = 'y'}", "a secret in the file: `headers.auth"),
            (
                "[mcp.a]\ncommand = 'x'\nargs = ['ghp_abcdefghijklmnopqrstuvwxyzABCDEFGHIJ']",
                "has a secret in the",
            ),
            ("[mcp.a]\ncommand = 'x'\ntools = ['a.*']", "names `a.*`, which is no tool"),
            ("[mcp.a]\ncommand = 'x'\npass_env = ['A=B']", "names `A=B`, which is no variable"),
        ];
        for (text, expected) in table {
            let config: Config = toml::from_str(text).unwrap();
            let said = config.mcp.iter().try_for_each(|(name, entry)| check_mcp(name, entry));
            let said = said.map_or_else(|error| error.to_string(), |()| String::new());
            assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{text}: {said}");
        }
    }

    #[test]
    fn the_template_is_all_comment_and_its_keys_are_valid() {
        assert!(TEMPLATE.lines().all(|line| line.is_empty() || line.starts_with('#')));
        let keys: Vec<&str> = TEMPLATE
            .lines()
            .filter_map(|line| line.strip_prefix('#'))
            .filter(|l| !l.starts_with(' '))
            .collect();
        let text = keys.join("\n");
        parse(&text, Path::new("template")).unwrap();
        let names = DeTable::parse(&text).unwrap();
        for known in KNOWN.iter().filter(|known| !known.contains('*')) {
            let (table, key) = known.split_once('.').unwrap();
            assert!(
                names.get_ref()[table].get_ref().get(key).is_some(),
                "{known} is missing from the template"
            );
        }
    }
}
