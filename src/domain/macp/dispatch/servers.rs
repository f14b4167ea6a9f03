//! The MCP servers of a task: a file in the form that agents themselves use (`{"mcpServers": {NAME: {…}}}`), checked before
//! anything runs.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::ground;
use crate::domain::macp::place::Place;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::Task;
use crate::fault::Fault;
use crate::system::config::{self, McpEntry, env, programs};
use crate::system::document::worded;
use crate::system::{redact, store};

/// The server that a task has that names none: its address is in this variable.
const VARIABLE: &str = "MCP_SERVER_URL";
/// What that server is called.
const DEFAULT: &str = "default";
/// What a shell does that starts a server in a directory; it is the first of its arguments.
const MOVE: &str = "cd -- \"$0\" && exec \"$@\"";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "mcpServers", deserialize_with = "each_once")]
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

/// Refuses a second server of the same name, which JSON would let win.
fn each_once<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Server>, D::Error> {
    struct Servers;

    impl<'de> Visitor<'de> for Servers {
        type Value = BTreeMap<String, Server>;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("servers by their names")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut servers = BTreeMap::new();
            while let Some((name, server)) = map.next_entry::<String, Server>()? {
                if servers.contains_key(&name) {
                    return Err(A::Error::custom(format!("there are two servers `{}`", name.escape_debug())));
                }
                servers.insert(name, server);
            }
            Ok(servers)
        }
    }

    from.deserialize_map(Servers)
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
    // Serde would take a list for an object.
    if text.trim_start().starts_with('[') {
        let hint = "write `{\"mcpServers\": {\"NAME\": {\"command\": …}}}`";
        return Err(refused(Fault::refused(
            format!("`{shown}` holds a list, where an object is to be"),
            hint,
        )));
    }
    let document: Document = serde_json::from_str(&text).map_err(|error| {
        let hint = "write `{\"mcpServers\": {\"NAME\": {\"command\": …}}}`, or `url` and `headers`";
        let told = worded(&error.to_string(), "an object");
        refused(Fault::refused(format!("`{shown}` line {}: {told}", error.line()), hint))
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

/// Refuses a server of the task whose program is not there, for an agent that runs right here, in `dir`.
pub fn startable(task: &Task, place: &Place, settings: &Settings, dir: &Path) -> Result<()> {
    for (name, entry) in read(task, place, settings)? {
        let Some(command) = &entry.command else { continue };
        let (program, dir) = match entry.args.as_slice() {
            [_, script, moved, program, ..] if script.ends_with(MOVE) => (program, dir.join(moved)),
            _ => (command, dir.to_owned()),
        };
        if programs::find(program.as_ref(), &dir).is_none() {
            let what = format!(": there is no program `{}`", program.escape_debug());
            let error = wrong(&name, &what, "install it, or correct `command`");
            return Err(ground::named(task, &error));
        }
    }
    Ok(())
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
    let mut renamed = Vec::new();
    for (key, value) in server.env {
        check_reference(name, &format!("env.{key}"), &value)?;
        match reference(&value) {
            // Its value never stands anywhere but in the environment.
            Some(variable) => {
                entry.pass_env.push(variable.to_owned());
                renamed.extend((variable != key).then(|| (key, variable.to_owned())));
            }
            None => drop(entry.env.insert(key, value)),
        }
    }
    for (key, value) in &entry.headers {
        check_reference(name, &format!("headers.{key}"), value)?;
    }
    check(name, &entry)?;
    let dir = server.cwd.map(|cwd| within(&cwd).map_err(|error| passed_on(name, &error))).transpose()?;
    if dir.is_some() || !renamed.is_empty() {
        start_by_shell(name, &mut entry, dir.as_deref().unwrap_or(Path::new(".")), &renamed)?;
    }
    Ok(entry)
}

/// Refuses `$NAME` where a variable is meant: only `${NAME}` is filled in.
fn check_reference(name: &str, field: &str, value: &str) -> Result<()> {
    let bare = |word: &&str| {
        word.strip_prefix('$')
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()) && is_word(rest))
    };
    let Some(word) = value.split_whitespace().find(bare) else { return Ok(()) };
    let what = format!(": `{field}` is `{word}`, which nobody fills in");
    Err(wrong(name, &what, &format!("write `${{{}}}`", &word[1..])))
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
    let open = entry.args.iter().map(|arg| ("args", arg)).chain(entry.url.iter().map(|url| ("url", url)));
    for (field, text) in open {
        if let Some(variable) = references(text).into_iter().find(|variable| redact::is_secret(variable)) {
            let what = format!(
                ": `{field}` names the secret `{}`, which everybody could read there",
                variable.escape_debug()
            );
            return Err(wrong(name, &what, "hand it on as a variable (`env`), or in a header"));
        }
    }
    let named = entry.headers.values().chain(&entry.args).chain(&entry.url).flat_map(|text| references(text));
    let missing =
        named.chain(entry.pass_env.iter().map(String::as_str)).find(|name| env::value(name).is_none());
    let Some(variable) = missing else { return Ok(()) };
    let what = format!(" needs the variable `{}`, which is not set", variable.escape_debug());
    Err(wrong(name, &what, "set it for the process that works the queue"))
}

/// Has a server run in `dir`, with variables under other names: not every agent can be told that of a server. Values stay
/// in the environment.
fn start_by_shell(name: &str, entry: &mut McpEntry, dir: &Path, renamed: &[(String, String)]) -> Result<()> {
    if let Some((key, _)) =
        renamed.iter().find(|(key, _)| !is_word(key) || key.starts_with(|c: char| c.is_ascii_digit()))
    {
        let what = format!(" names `{}`, which is no variable", key.escape_debug());
        return Err(wrong(name, &what, "use letters, digits and `_`"));
    }
    let Some(command) = entry.command.replace("sh".into()) else {
        let field = if renamed.is_empty() { "a `cwd`" } else { "an `env`" };
        let what = format!(" has {field}, but no `command` that would have it");
        return Err(wrong(name, &what, "take it out"));
    };
    let named = renamed.iter().map(|(key, variable)| format!("export {key}=\"${variable}\"; "));
    let script = named.collect::<String>() + MOVE;
    let words = ["-c".to_owned(), script, dir.display().to_string(), command].into_iter();
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
    is_word(name).then_some(name)
}

fn is_word(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
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
            (r#"{"command": "x", "env": {"A": "${NO_SUCH_TOKEN}"}}"#, "`NO_SUCH_TOKEN`, which is not set"),
            (r#"{"command": "x", "env": {"A": "$NO_SUCH"}}"#, "`env.A` is `$NO_SUCH`, which nobody fills in"),
            (r#"{"command": "x", "env": {"A_TOKEN": "$NO_SUCH"}}"#, "which nobody fills in"),
            (
                r#"{"url": "http://x", "headers": {"Authorization": "Bearer $NO_SUCH"}}"#,
                "`headers.Authorization` is `$NO_SUCH`",
            ),
            (r#"{"command": "x", "args": ["--key=${A_TOKEN}"]}"#, "`args` names the secret `A_TOKEN`"),
            (r#"{"url": "http://x/?key=${A_TOKEN}"}"#, "`url` names the secret `A_TOKEN`"),
            (r#"{"command": "x", "env": {"A;B": "${PATH}"}}"#, "`A;B`, which is no variable"),
            (r#"{"url": "http://x", "env": {"A": "${PATH}"}}"#, "has an `env`, but no `command`"),
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
            (r#"{"url": "http://x", "cwd": "ok"}"#, "no `command` that would have it"),
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
        let entry =
            said(r#"{"command": "srv", "args": ["a"], "env": {"T": "${PATH}", "P": "cost $5"}}"#).unwrap();
        let script = "export T=\"$PATH\"; cd -- \"$0\" && exec \"$@\"";
        assert_eq!(entry.args, ["-c", script, ".", "srv", "a"]);
        assert_eq!(entry.pass_env, ["PATH"]);
    }

    #[test]
    fn a_name_stands_for_one_server() {
        let read = |text: &str| serde_json::from_str::<Document>(text).map(|read| read.servers.len());
        assert_eq!(read(r#"{"mcpServers": {"a": {"command": "x"}, "b": {"command": "y"}}}"#).unwrap(), 2);
        let two = read(r#"{"mcpServers": {"a": {"command": "x"}, "a": {"command": "y"}}}"#);
        assert!(two.unwrap_err().to_string().contains("two servers `a`"));
    }
}
