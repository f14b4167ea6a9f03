//! Opencode's settings for one attempt, handed over in `OPENCODE_CONFIG_CONTENT`: permissions and MCP
//! servers, laid over what the user has set there.

use std::ffi::OsString;

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::domain::agents::catalog::Agent;
use crate::fault::Fault;
use crate::system::config::{McpEntry, Permissions};
use crate::system::jsonc;

/// The variable; opencode reads it after the user's and the project's files, and lays it over them.
pub(super) const VARIABLE: &str = "OPENCODE_CONFIG_CONTENT";

/// The agent (in opencode's sense: prompt, model and rules) whose rules hold this level; none leaves
/// the user's own in force.
///
/// Rules of an agent come after all others, and of rules the last one that fits decides. Those for all
/// agents (`permission`) would not do: a project's file may name them in an order that undoes ours.
pub(super) fn agent_name(level: Permissions) -> Option<&'static str> {
    match level {
        Permissions::ReadOnly => Some("taskrun-read-only"),
        Permissions::Workspace => Some("taskrun-workspace"),
        Permissions::Full => None,
    }
}

/// The rules of a level, the catch-all first.
///
/// - `read-only`: tools that could change something, or reach out, are not there at all.
/// - `workspace`: what the user's settings deny stays denied, nothing is asked (`--auto`), and files
///   outside the directory are out of reach for its file tools and for commands that name them. What
///   else a command does is not confined: this is no sandbox.
/// - `full`: nothing is asked.
///
/// Sub-agents (`task`) are never there: the stream shows nothing of what they use, so their money would
/// be missing from every sum, and they do not keep to the rules of the agent that calls them.
fn rules(level: Permissions) -> Vec<(String, Value)> {
    let rules: &[(&str, &str)] = match level {
        Permissions::ReadOnly => &[
            ("*", "deny"),
            ("read", "allow"),
            ("glob", "allow"),
            ("grep", "allow"),
            ("list", "allow"),
            // Asked when it repeats itself; nobody could answer.
            ("doom_loop", "allow"),
            ("edit", "deny"),
            ("bash", "deny"),
            ("webfetch", "deny"),
            ("task", "deny"),
            ("external_directory", "deny"),
        ],
        Permissions::Workspace => &[("task", "deny"), ("external_directory", "deny")],
        Permissions::Full => &[("task", "deny")],
    };
    rules.iter().map(|(name, action)| ((*name).to_owned(), json!(action))).collect()
}

/// The value of [`VARIABLE`] for an attempt. A value of the user's that is no JSON, and a header that
/// would break it, are a [`Fault::Usage`].
pub(super) fn content(agent: &Agent) -> Result<String> {
    compose(agent, &|name| agent.variable(name))
}

/// How a variable is looked up.
type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

fn compose(agent: &Agent, variables: Variables<'_>) -> Result<String> {
    let own = variables(VARIABLE).filter(|own| !own.is_empty());
    let mut settings = match own {
        Some(own) => users(own.to_str())?,
        None => Value::Object(Map::new()),
    };
    lay_over(&mut settings, ours(agent, variables)?);
    Ok(settings.to_string())
}

fn users(text: Option<&str>) -> Result<Value> {
    let fault = |why: String| {
        Fault::usage(
            format!("`{VARIABLE}` is no JSON object: {why}"),
            "correct the variable, or unset it: OpenCode's settings also come from its files",
        )
    };
    let text = text.ok_or_else(|| fault("it is not UTF-8".into()))?;
    let value = jsonc::parse(text).map_err(|error| fault(error.to_string()))?;
    if value.is_object() { Ok(value) } else { Err(fault("it is another kind of value".into())) }
}

fn ours(agent: &Agent, variables: Variables<'_>) -> Result<Value> {
    let level = agent.permissions;
    let mut rules = rules(level);
    let mut settings = json!({});
    // A server's tools may change things, so `read-only` goes without.
    if level != Permissions::ReadOnly && !agent.mcp.is_empty() {
        rules.extend(agent.mcp.iter().flat_map(|(name, entry)| tools(name, entry)));
        let mut servers = Map::new();
        for (name, entry) in &agent.mcp {
            servers.insert(name.clone(), server(name, entry, variables)?);
        }
        settings["mcp"] = Value::Object(servers);
    }
    let rules = Value::Object(rules.into_iter().collect());
    match agent_name(level) {
        Some(name) => settings["agent"] = json!({name: {"mode": "primary", "permission": rules}}),
        None => settings["permission"] = rules,
    }
    Ok(settings)
}

/// A server in opencode's own form. `pass_env` needs nothing: it hands a server its whole environment.
/// To name a variable (`{env:NAME}`) would put its value into the settings' text, which a quotation
/// mark in it breaks, and which opencode then prints.
fn server(name: &str, entry: &McpEntry, variables: Variables<'_>) -> Result<Value> {
    let mut server = match (&entry.command, &entry.url) {
        (Some(command), _) => {
            let command: Vec<&String> = std::iter::once(command).chain(&entry.args).collect();
            json!({"type": "local", "command": command, "environment": entry.env})
        }
        (None, url) => {
            let mut headers = Map::new();
            for (header, value) in &entry.headers {
                headers.insert(header.clone(), json!(named(name, value, variables)?));
            }
            json!({"type": "remote", "url": url, "headers": headers})
        }
    };
    server["enabled"] = json!(true);
    if let Some(seconds) = entry.timeout_s {
        server["timeout"] = json!(seconds.saturating_mul(1000));
    }
    Ok(server)
}

/// A header's value with opencode's form of naming a variable, `{env:NAME}` for `${NAME}`.
fn named(server: &str, text: &str, variables: Variables<'_>) -> Result<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, left)) = after.split_once('}') else { break };
        let value = variables(name).unwrap_or_default();
        let breaks = |c: char| c == '"' || c == '\\' || c.is_control();
        if value.to_str().is_none_or(|value| value.contains(breaks)) {
            return Err(Fault::usage(
                format!(
                    "`{name}`, in a header of `[mcp.{server}]`, holds a character that OpenCode cannot take"
                ),
                "a quotation mark, a backslash or a line break there would break its settings: correct the variable",
            ));
        }
        out.extend([before, "{env:", name, "}"]);
        rest = left;
    }
    out.push_str(rest);
    Ok(out)
}

/// The rules that let a server's tools be called: all, or those named. Opencode calls them
/// `SERVER_TOOL`, with `_` for every character that a tool's name cannot have.
fn tools(server: &str, entry: &McpEntry) -> Vec<(String, Value)> {
    let word = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
    };
    let all = if entry.tools.is_empty() { "allow" } else { "deny" };
    let mut rules = vec![(format!("{}_*", word(server)), json!(all))];
    let tool = |tool: &String| (format!("{}_{}", word(server), word(tool)), json!("allow"));
    rules.extend(entry.tools.iter().map(tool));
    rules
}

/// Lays `over` over `under`: objects key by key, everything else whole. What comes from `over` stands
/// last, where rules win. One word for all rules (`"permission": "ask"`) is kept as the first of them.
fn lay_over(under: &mut Value, over: Value) {
    let (Value::Object(under), Value::Object(over)) = (under, over) else { return };
    for (key, value) in over {
        let merged = match (under.shift_remove(&key), value) {
            (Some(mut below @ Value::Object(_)), value @ Value::Object(_)) => {
                lay_over(&mut below, value);
                below
            }
            (Some(Value::String(word)), Value::Object(rules)) if key == "permission" => {
                let first = std::iter::once(("*".to_owned(), Value::String(word)));
                Value::Object(first.chain(rules).collect())
            }
            (_, value) => value,
        };
        under.insert(key, merged);
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
pub(in crate::domain::agents::opencode) mod tests;
