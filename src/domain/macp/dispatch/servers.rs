//! The MCP servers of a task: a file in the form that agents themselves use (`{"mcpServers": {NAME: {…}}}`), checked before
//! anything runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Deserialize;

use super::ground;
use crate::domain::macp::place::Place;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::Task;
use crate::fault::Fault;
use crate::system::config::{self, McpEntry, env};
use crate::system::store;

/// The server that a task has that names none: its address is in this variable.
const VARIABLE: &str = "MCP_SERVER_URL";
/// What that server is called.
const DEFAULT: &str = "default";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "mcpServers")]
    servers: BTreeMap<String, Server>,
}

/// One server; `type` is what other programs write, and says nothing that the rest does not.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Server {
    #[serde(rename = "type")]
    kind: Option<String>,
    command: Option<String>,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    pass_env: Vec<String>,
    url: Option<String>,
    headers: BTreeMap<String, String>,
    cwd: Option<String>,
    tools: Vec<String>,
    /// In milliseconds, as Claude Code has it.
    timeout: Option<u64>,
}

/// The file that a task names.
pub(super) fn file(task: &Task, place: &Place) -> Result<Option<PathBuf>> {
    let found = task.mcp_config.as_deref().map(|path| ground::file(path, "mcp_config", place));
    found.transpose().map_err(|error| ground::named(task, &error))
}

/// The servers of a task, ready to be handed to any agent: those of its file, else the one that `MCP_SERVER_URL` names.
/// Errors ([`Fault::Refused`]) name the server and the field: a secret in the file, a variable that is not set, a `cwd` that is
/// not allowed.
pub fn read(task: &Task, place: &Place, settings: &Settings) -> Result<BTreeMap<String, McpEntry>> {
    let refused = |error: anyhow::Error| ground::named(task, &error);
    let Some(path) = file(task, place)? else { return default().map_err(refused) };
    let text = store::read_text(&path)?.unwrap_or_default();
    let shown = path.display();
    let document: Document = serde_json::from_str(&text).map_err(|error| {
        let hint = "write `{\"mcpServers\": {\"NAME\": {\"command\": …}}}`, or `url` and `headers`";
        refused(Fault::refused(format!("`{shown}` line {}: {error}", error.line()), hint))
    })?;
    if document.servers.is_empty() {
        let hint = "name at least one below `mcpServers`, or take `mcp_config` out of the task";
        return Err(refused(Fault::refused(format!("`{shown}` names no server"), hint)));
    }
    let servers = document.servers.into_iter().map(|(name, server)| {
        let entry = entry(&name, server, |cwd| ground::within(cwd, place, settings, place.root()));
        let entry = entry.map_err(|error| {
            let hint = error.downcast_ref::<Fault>().and_then(Fault::hint).unwrap_or_default().to_owned();
            refused(Fault::refused(format!("`{shown}`: {error:#}"), hint))
        })?;
        Ok((name, entry))
    });
    servers.collect()
}

fn default() -> Result<BTreeMap<String, McpEntry>> {
    let Some(url) = env::value(VARIABLE) else { return Ok(BTreeMap::new()) };
    let url = url.to_string_lossy().into_owned();
    check_url(VARIABLE, &url)?;
    let entry = McpEntry { url: Some(url), ..McpEntry::default() };
    Ok(BTreeMap::from([(DEFAULT.to_owned(), entry)]))
}

fn check_url(name: &str, url: &str) -> Result<()> {
    let rest = ["http://", "https://"].into_iter().find_map(|start| url.strip_prefix(start));
    if rest
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !url.contains(char::is_whitespace))
    {
        return Ok(());
    }
    Err(Fault::refused(
        format!("`{name}` is `{}`, which is no address", url.escape_debug()),
        "write `http://HOST:PORT/PATH`",
    ))
}

/// One server in our own form; `within` resolves its directory.
fn entry(name: &str, server: Server, within: impl Fn(&str) -> Result<PathBuf>) -> Result<McpEntry> {
    if let Some(kind) = server.kind.as_deref().filter(|kind| !matches!(*kind, "stdio" | "http")) {
        let what = format!(": its `type` is `{}`", kind.escape_debug());
        return Err(wrong(name, &what, "`stdio` and `http` are known"));
    }
    let mut entry = McpEntry {
        command: server.command,
        args: server.args,
        url: server.url,
        headers: server.headers,
        pass_env: server.pass_env,
        tools: server.tools,
        timeout_s: server.timeout.map(|millis| millis.div_ceil(1000)),
        ..McpEntry::default()
    };
    for (key, value) in server.env {
        match reference(&value) {
            // Its value never stands anywhere but in the environment.
            Some(variable) if variable == key => entry.pass_env.push(key),
            Some(variable) => {
                let what = format!(": `env.{key}` takes the variable `{variable}` under another name");
                let hint = format!("set `{key}` in the environment instead, and write `${{{key}}}`");
                return Err(wrong(name, &what, &hint));
            }
            None => drop(entry.env.insert(key, value)),
        }
    }
    check(name, &entry)?;
    if let Some(cwd) = server.cwd {
        move_to(name, &mut entry, &within(&cwd).map_err(|error| passed_on(name, &error))?)?;
    }
    Ok(entry)
}

/// Refuses secrets, addresses that are none and variables that are not set.
fn check(name: &str, entry: &McpEntry) -> Result<()> {
    config::check_mcp(name, entry).map_err(|error| {
        let hint = error.downcast_ref::<Fault>().and_then(Fault::hint).unwrap_or_default();
        let message = error.to_string();
        let rest = message.strip_prefix(&format!("`[mcp.{name}]`")).unwrap_or(&message);
        wrong(name, rest, hint)
    })?;
    if let Some(url) = &entry.url {
        check_url("url", url).map_err(|error| passed_on(name, &error))?;
    }
    let named = entry.headers.values().chain(&entry.args).chain(&entry.url).flat_map(|text| references(text));
    let missing =
        named.chain(entry.pass_env.iter().map(String::as_str)).find(|name| env::value(name).is_none());
    let Some(variable) = missing else { return Ok(()) };
    let what = format!(" needs the variable `{}`, which is not set", variable.escape_debug());
    Err(wrong(name, &what, "set it for the process that works the queue"))
}

/// Has a server run in `dir`; not every agent can be told a server's directory.
fn move_to(name: &str, entry: &mut McpEntry, dir: &Path) -> Result<()> {
    let Some(command) = entry.command.replace("sh".into()) else {
        return Err(wrong(name, " has a `cwd`, but no `command` that would run there", "take it out"));
    };
    let words = ["-c", "cd -- \"$0\" && exec \"$@\""].map(String::from).into_iter();
    let words = words.chain([dir.display().to_string(), command]);
    entry.args = words.chain(std::mem::take(&mut entry.args)).collect();
    Ok(())
}

fn passed_on(name: &str, error: &anyhow::Error) -> anyhow::Error {
    let hint = error.downcast_ref::<Fault>().and_then(Fault::hint).unwrap_or_default();
    wrong(name, &format!(": {error:#}"), hint)
}

fn wrong(name: &str, what: &str, hint: &str) -> anyhow::Error {
    Fault::refused(format!("server `{}`{what}", name.escape_debug()), hint)
}

/// The variable's name, where a text is `${NAME}` and nothing else.
fn reference(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
        .then_some(name)
}

/// Every `${NAME}` in a text.
fn references(text: &str) -> Vec<&str> {
    let parts = text.split("${").skip(1);
    parts.filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<McpEntry> {
        let server: Server = serde_json::from_str(text).unwrap();
        entry("docs", server, |cwd| {
            if cwd == "ok" { Ok("/repo/ok".into()) } else { Err(Fault::refused("outside", "")) }
        })
    }

    #[test]
    fn a_server_is_checked_by_name_and_field() {
        let table = [
            (r#"{"command": "x", "type": "sse"}"#, "server `docs`: its `type` is `sse`"),
            (r#"{"args": []}"#, "server `docs` needs either `command` or `url`"),
            (
                r#"{"command": "x", "env": {"A_TOKEN": "y"}}"#,
                "server `docs` has a secret in the file: `env.A_TOKEN`",
            ),
            (r#"{"command": "x", "env": {"A": "${B}"}}"#, "`env.A` takes the variable `B`"),
            (
                r#"{"command": "x", "env": {"NO_SUCH_VARIABLE": "${NO_SUCH_VARIABLE}"}}"#,
                "`NO_SUCH_VARIABLE`, which is not set",
            ),
            (
                r#"{"url": "http://x", "headers": {"Authorization": "Bearer ${NO_SUCH_VARIABLE}"}}"#,
                "which is not set",
            ),
            (
                r#"{"url": "http://x", "headers": {"Authorization": "Bearer abc"}}"#,
                "has a secret in the file: `headers.",
            ),
            (r#"{"url": "ftp://x"}"#, "which is no address"),
            (r#"{"command": "x", "cwd": "elsewhere"}"#, "server `docs`: outside"),
            (r#"{"url": "http://x", "cwd": "ok"}"#, "no `command` that would run there"),
        ];
        for (text, expected) in table {
            let said = said(text).unwrap_err().to_string();
            assert!(said.contains(expected), "{text}: {said}");
        }
    }

    #[test]
    fn a_server_comes_in_our_own_form() {
        let entry = said(r#"{"type": "stdio", "command": "srv", "args": ["a b"], "env": {"PATH": "${PATH}", "M": "1"}, "cwd": "ok", "timeout": 1500}"#).unwrap();
        assert_eq!(entry.command.as_deref(), Some("sh"));
        assert_eq!(entry.args, ["-c", "cd -- \"$0\" && exec \"$@\"", "/repo/ok", "srv", "a b"]);
        assert_eq!((entry.pass_env, entry.timeout_s), (vec!["PATH".to_owned()], Some(2)));
        assert_eq!(entry.env, BTreeMap::from([("M".to_owned(), "1".to_owned())]));
    }
}
