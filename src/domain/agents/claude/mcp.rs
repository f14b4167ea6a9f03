//! MCP servers in Claude Code's own form: the file for `--mcp-config`, and the rules that allow them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::domain::agents::json::{Raw, value};
use crate::system::config::McpEntry;

/// The contents of the file for `--mcp-config`; none without servers. Variables are named
/// (`${NAME}`), so that no value stands in the file.
pub(super) fn config(servers: &BTreeMap<String, McpEntry>) -> Option<Vec<u8>> {
    if servers.is_empty() {
        return None;
    }
    let servers: Map<String, Value> =
        servers.iter().map(|(name, entry)| (name.clone(), server(entry))).collect();
    Some(json!({ "mcpServers": servers }).to_string().into_bytes())
}

fn server(entry: &McpEntry) -> Value {
    let mut server = match (&entry.command, &entry.url) {
        (Some(command), _) => {
            let mut env: Map<String, Value> =
                entry.env.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            env.extend(entry.pass_env.iter().map(|name| (name.clone(), json!(format!("${{{name}}}")))));
            json!({"command": command, "args": entry.args, "env": env})
        }
        (None, url) => json!({"type": "http", "url": url, "headers": entry.headers}),
    };
    if let Some(seconds) = entry.timeout_s {
        server["timeout"] = json!(seconds.saturating_mul(1000));
    }
    server
}

/// The rules that let its tools be called without being asked: `mcp__NAME__*`, or each by name.
pub(super) fn rules(servers: &BTreeMap<String, McpEntry>) -> Vec<String> {
    let rules = |(name, entry): (&String, &McpEntry)| -> Vec<String> {
        if entry.tools.is_empty() {
            return vec![format!("mcp__{name}__*")];
        }
        entry.tools.iter().map(|tool| format!("mcp__{name}__{tool}")).collect()
    };
    servers.iter().flat_map(rules).collect()
}

/// The settings that refuse the other tools of servers with a list of `tools`: nothing else holds where
/// permissions are skipped. None where no server has one.
pub(super) fn guard(servers: &BTreeMap<String, McpEntry>) -> Option<Vec<u8>> {
    let limited = servers.iter().filter(|(_, entry)| !entry.tools.is_empty());
    let hooks: Vec<Value> = limited
        .map(|(name, entry)| {
            let matcher = format!("mcp__{name}__(?!(?:{})$).*", entry.tools.join("|"));
            let refuse = format!("echo 'not one of the tools of `mcp.{name}` that may be used' >&2; exit 2");
            json!({"matcher": matcher, "hooks": [{"type": "command", "command": refuse}]})
        })
        .collect();
    (!hooks.is_empty()).then(|| json!({"hooks": {"PreToolUse": hooks}}).to_string().into_bytes())
}

/// The servers that it says it cannot use: they did not start, or did not let it in.
pub(super) fn unusable(servers: Raw<'_>) -> Vec<String> {
    #[derive(Deserialize)]
    struct Server {
        name: String,
        status: String,
    }
    let servers: Vec<Server> = value(servers).unwrap_or_default();
    let lost = servers.into_iter().filter(|server| matches!(server.status.as_str(), "failed" | "needs-auth"));
    lost.map(|server| server.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_come_in_claudes_own_form() {
        let text = "[a]\ncommand = 'docs'\nargs = ['--stdio']\nenv = {MODE = 'x'}\npass_env = ['TOKEN']\n\
                    tools = ['find', 'read']\ntimeout_s = 120\n\
                    [b]\nurl = 'https://x/mcp'\nheaders = {Authorization = 'Bearer ${TOKEN}'}\n";
        let servers: BTreeMap<String, McpEntry> = toml::from_str(text).unwrap();
        let config: Value = serde_json::from_slice(&config(&servers).unwrap()).unwrap();
        let expected = json!({"mcpServers": {
            "a": {"command": "docs", "args": ["--stdio"], "env": {"MODE": "x", "TOKEN": "${TOKEN}"},
                  "timeout": 120_000},
            "b": {"type": "http", "url": "https://x/mcp", "headers": {"Authorization": "Bearer ${TOKEN}"}},
        }});
        assert_eq!(config, expected);
        assert_eq!(rules(&servers), ["mcp__a__find", "mcp__a__read", "mcp__b__*"]);
        assert_eq!(super::config(&BTreeMap::new()), None);
        let guard: Value = serde_json::from_slice(&guard(&servers).unwrap()).unwrap();
        assert_eq!(guard["hooks"]["PreToolUse"][0]["matcher"], "mcp__a__(?!(?:find|read)$).*");
        assert_eq!(guard["hooks"]["PreToolUse"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn servers_that_do_not_work_are_told() {
        let text = r#"[{"name": "a", "status": "connected"}, {"name": "b", "status": "failed"},
            {"name": "c", "status": "needs-auth"}, {"name": "d", "status": "pending"}]"#;
        let raw: Box<serde_json::value::RawValue> = serde_json::from_str(text).unwrap();
        assert_eq!(unusable(Some(&raw)), ["b", "c"]);
        assert!(unusable(None).is_empty());
    }
}
