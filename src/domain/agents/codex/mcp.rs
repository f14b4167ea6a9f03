//! MCP servers in Codex's own form: `-c mcp_servers.NAME={…}`, one inline TOML table a server.
//!
//! Arguments can be read by everybody on the machine, so variables go by their names (`env_vars`,
//! `env_http_headers`, `bearer_token_env_var`) and never by their values.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::fault::Fault;
use crate::system::config::McpEntry;

/// The values for `-c`, one a server. A name or a header that Codex cannot be given is a
/// [`Fault::Usage`] naming it.
pub(super) fn overrides(servers: &BTreeMap<String, McpEntry>) -> Result<Vec<String>> {
    servers
        .iter()
        .map(|(name, entry)| Ok(format!("mcp_servers.{}={}", key(name)?, table(name, entry)?)))
        .collect()
}

/// A server's name, which Codex takes apart at its dots and does not take with most other signs.
fn key(name: &str) -> Result<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(plain) {
        return Ok(name);
    }
    Err(Fault::usage(
        format!("`codex` cannot be given the MCP server `{name}` under this name"),
        "call it by letters, digits, `-` and `_` under `[mcp.NAME]`",
    ))
}

fn table(name: &str, entry: &McpEntry) -> Result<String> {
    let mut fields = Vec::new();
    if let Some(command) = &entry.command {
        fields.push(format!("command={}", string(command)));
        fields.push(format!("args={}", list(&entry.args)));
        fields.push(format!("env={}", pairs(&entry.env)));
        fields.push(format!("env_vars={}", list(&entry.pass_env)));
    } else {
        fields.push(format!("url={}", string(entry.url.as_deref().unwrap_or_default())));
        fields.extend(headers(name, &entry.headers)?);
    }
    if !entry.tools.is_empty() {
        fields.push(format!("enabled_tools={}", list(&entry.tools)));
    }
    if let Some(seconds) = entry.timeout_s {
        // TOML's integers end at 2^63.
        fields.push(format!("tool_timeout_sec={}", seconds.min(u64::from(u32::MAX))));
    }
    // Nobody is there to ask; without this, tools that do not call themselves harmless are refused.
    fields.push("default_tools_approval_mode=\"approve\"".to_owned());
    Ok(format!("{{{}}}", fields.join(",")))
}

/// Headers by what they hold: `Bearer ${NAME}`, `${NAME}` alone, or plain text.
fn headers(server: &str, headers: &BTreeMap<String, String>) -> Result<Vec<String>> {
    let (mut plain, mut named, mut bearer) = (BTreeMap::new(), BTreeMap::new(), None);
    for (header, value) in headers {
        let authorization = header.eq_ignore_ascii_case("authorization");
        let token = value.strip_prefix("Bearer ").and_then(variable).filter(|_| authorization);
        if let Some(name) = token {
            bearer = Some(name);
        } else if let Some(name) = variable(value) {
            named.insert(header.clone(), name.to_owned());
        } else if !value.contains("${") {
            plain.insert(header.clone(), value.clone());
        } else {
            return Err(Fault::usage(
                format!("`codex` cannot be given the header `{header}` of the MCP server `{server}`"),
                "it takes a variable as the whole value (`${NAME}`) or as `Authorization = \"Bearer ${NAME}\"`",
            ));
        }
    }
    let mut fields = Vec::new();
    for (field, headers) in [("http_headers", plain), ("env_http_headers", named)] {
        if !headers.is_empty() {
            fields.push(format!("{field}={}", pairs(&headers)));
        }
    }
    fields.extend(bearer.map(|name| format!("bearer_token_env_var={}", string(name))));
    Ok(fields)
}

/// The variable's name in `${NAME}`, where that is all.
fn variable(value: &str) -> Option<&str> {
    let name = value.trim().strip_prefix("${")?.strip_suffix('}')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

fn list(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| string(value)).collect();
    format!("[{}]", values.join(","))
}

fn pairs(values: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> =
        values.iter().map(|(name, value)| format!("{}={}", string(name), string(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

/// A basic string of TOML: the one of JSON, but for DEL, which TOML wants escaped.
pub(super) fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn servers(text: &str) -> BTreeMap<String, McpEntry> {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn servers_come_in_codexs_own_form() {
        let servers = servers(
            "[a]\ncommand = 'docs'\nargs = ['--stdio', 'q\" \\']\nenv = {MODE = 'x ${TOKEN}'}\n\
             pass_env = ['TOKEN']\ntools = ['find', 'read']\ntimeout_s = 120\n\
             [b]\nurl = 'https://x/mcp'\n\
             headers = {Authorization = 'Bearer ${TOKEN}', X-Key = '${KEY}', X-Team = 'a b'}\n",
        );
        let expected = [
            "mcp_servers.a={command=\"docs\",args=[\"--stdio\",\"q\\\" \\\\\"],env={\"MODE\"=\"x ${TOKEN}\"},\
             env_vars=[\"TOKEN\"],enabled_tools=[\"find\",\"read\"],tool_timeout_sec=120,\
             default_tools_approval_mode=\"approve\"}",
            "mcp_servers.b={url=\"https://x/mcp\",http_headers={\"X-Team\"=\"a b\"},\
             env_http_headers={\"X-Key\"=\"KEY\"},bearer_token_env_var=\"TOKEN\",\
             default_tools_approval_mode=\"approve\"}",
        ];
        assert_eq!(overrides(&servers).unwrap(), expected);
        assert!(overrides(&BTreeMap::new()).unwrap().is_empty());
    }

    #[test]
    fn what_codex_cannot_take_is_refused() {
        for name in ["a.b", "a b", "a\"b", "ä", "", "a=b", "a\nb"] {
            let error = overrides(&BTreeMap::from([(name.to_owned(), McpEntry::default())]));
            assert!(error.unwrap_err().to_string().contains(&format!("`{name}`")), "{name}");
        }
        for value in ["Token ${KEY}", "${KEY", "${K}${L}", "${}", "${A-B}"] {
            let text = format!("[b]\nurl = 'u'\nheaders = {{X = '{value}'}}\n");
            let error = overrides(&servers(&text)).unwrap_err().to_string();
            assert!(error.contains("`X`") && error.contains("`b`"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_quoted(texts in prop::collection::vec(any::<String>(), 1..5)) {
            let entry = McpEntry {
                command: Some(texts[0].clone()),
                args: texts.clone(),
                env: texts.iter().map(|text| (text.clone(), text.clone())).collect(),
                ..McpEntry::default()
            };
            let servers = BTreeMap::from([("x".to_owned(), entry.clone())]);
            let argument = overrides(&servers).unwrap().remove(0);
            let (_, value) = argument.split_once('=').unwrap();
            let read: toml::Table = toml::from_str(&format!("value = {value}")).unwrap();
            let server = &read["value"];
            prop_assert_eq!(server["command"].as_str(), Some(texts[0].as_str()));
            let args: Vec<&str> = server["args"].as_array().unwrap().iter().filter_map(toml::Value::as_str).collect();
            prop_assert_eq!(args, texts.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(server["env"].as_table().unwrap().len(), entry.env.len());
        }
    }
}
