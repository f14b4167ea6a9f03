//! What opencode's settings come to, level by level and over the user's.

use std::collections::BTreeMap;

use super::*;
use crate::domain::agents::catalog::{Cost, Kind};
use crate::system::config::Output;

pub(in crate::domain::agents::opencode) fn agent(permissions: Permissions) -> Agent {
    Agent {
        name: "opencode".into(),
        kind: Kind::Opencode,
        program: "/usr/bin/opencode".into(),
        model: None,
        permissions,
        output: Output::Opencode,
        cost: Cost::Reported,
        env_pass: Vec::new(),
        env_drop: Vec::new(),
        args: Vec::new(),
        mcp: BTreeMap::new(),
    }
}

/// What the settings come to where the user has set `own`; `TOKEN` is a word and `BAD` breaks JSON.
fn over(agent: &Agent, own: Option<&str>) -> Result<String> {
    compose(agent, &|name| match name {
        VARIABLE => own.map(Into::into),
        "TOKEN" => Some("secret".into()),
        "BAD" => Some("se\"cret".into()),
        _ => None,
    })
}

const READ_ONLY: &str = r#"{"*":"deny","read":"allow","glob":"allow","grep":"allow","list":"allow","doom_loop":"allow","edit":"deny","bash":"deny","webfetch":"deny","task":"deny","external_directory":"deny"}"#;

#[test]
fn each_level_has_its_rules() {
    let read_only =
        format!(r#"{{"agent":{{"taskrun-read-only":{{"mode":"primary","permission":{READ_ONLY}}}}}}}"#);
    let workspace = r#"{"agent":{"taskrun-workspace":{"mode":"primary","permission":{"task":"deny","external_directory":"deny"}}}}"#;
    for (level, expected) in [
        (Permissions::ReadOnly, read_only.as_str()),
        (Permissions::Workspace, workspace),
        (Permissions::Full, r#"{"permission":{"task":"deny"}}"#),
    ] {
        for own in [None, Some("")] {
            assert_eq!(over(&agent(level), own).unwrap(), expected, "{level:?}");
        }
    }
}

#[test]
fn what_the_user_has_set_stays_below_ours() {
    let table = [
        (
            r#"{"model": "a/b", /* mine */ "share": "manual",}"#,
            r#"{"model":"a/b","share":"manual","permission":{"task":"deny"}}"#,
        ),
        // Their own order among themselves, ours last, where it wins.
        (
            r#"{"permission":{"task":"allow","*":"ask"},"x":1}"#,
            r#"{"x":1,"permission":{"*":"ask","task":"deny"}}"#,
        ),
        (r#"{"permission":"ask"}"#, r#"{"permission":{"*":"ask","task":"deny"}}"#),
        (r#"{"permission":null}"#, r#"{"permission":{"task":"deny"}}"#),
    ];
    for (own, expected) in table {
        assert_eq!(over(&agent(Permissions::Full), Some(own)).unwrap(), expected);
    }
    // Somebody else's rules under our agent's name: each of ours stands, and stands last.
    let own = r#"{"agent":{"build":{"prompt":"x"},"taskrun-read-only":{"permission":{"bash":"allow","*":"allow","edi?":"allow"}}}}"#;
    let content = over(&agent(Permissions::ReadOnly), Some(own)).unwrap();
    let rest = READ_ONLY.trim_start_matches('{');
    let expected = format!(
        r#"{{"agent":{{"build":{{"prompt":"x"}},"taskrun-read-only":{{"permission":{{"edi?":"allow",{rest},"mode":"primary"}}}}}}"#
    );
    let [content, expected] = [content, expected].map(|text| serde_json::from_str::<Value>(&text).unwrap());
    assert_eq!(content, expected);
    let rules = content["agent"]["taskrun-read-only"]["permission"].as_object().unwrap();
    assert_eq!(rules.keys().take(3).collect::<Vec<_>>(), ["edi?", "*", "read"]);
}

#[test]
fn what_is_no_json_object_is_refused_and_not_quoted() {
    for (own, why) in [
        ("{\"apiKey\": sk-secret}", "expected value at line 1 column 12"),
        ("[1]", "it is another kind of value"),
        ("opencode.json", "expected value at line 1 column 1"),
    ] {
        let error = over(&agent(Permissions::Workspace), Some(own)).unwrap_err();
        assert_eq!(error.to_string(), format!("`OPENCODE_CONFIG_CONTENT` is no JSON object: {why}"));
        assert!(matches!(error.downcast_ref(), Some(Fault::Usage { .. })));
    }
}

fn with_servers(text: &str, level: Permissions) -> Agent {
    Agent { mcp: toml::from_str(text).unwrap(), ..agent(level) }
}

#[test]
fn servers_come_in_opencodes_own_form() {
    let text = "[a]\ncommand = 'docs'\nargs = ['--stdio']\nenv = {MODE = 'x'}\npass_env = ['TOKEN']\n\
                tools = ['find', 'read.all']\ntimeout_s = 120\n\
                [\"b c\"]\nurl = 'https://x/mcp'\nheaders = {Authorization = 'Bearer ${TOKEN}'}\n";
    let servers = json!({
        "a": {"type": "local", "command": ["docs", "--stdio"], "environment": {"MODE": "x"},
              "enabled": true, "timeout": 120_000},
        "b c": {"type": "remote", "url": "https://x/mcp",
                "headers": {"Authorization": "Bearer {env:TOKEN}"}, "enabled": true},
    });
    let tools = json!({"a_*": "deny", "a_find": "allow", "a_read_all": "allow", "b_c_*": "allow"});
    for (level, place) in
        [(Permissions::Workspace, "/agent/taskrun-workspace/permission"), (Permissions::Full, "/permission")]
    {
        let own = r#"{"mcp":{"mine":{"type":"local","command":["m"]}}}"#;
        let content: Value =
            serde_json::from_str(&over(&with_servers(text, level), Some(own)).unwrap()).unwrap();
        for (name, server) in servers.as_object().unwrap() {
            assert_eq!(content["mcp"][name], *server, "{level:?}");
        }
        assert_eq!(content["mcp"]["mine"]["command"], json!(["m"]));
        let rules = content.pointer(place).unwrap();
        for (name, action) in tools.as_object().unwrap() {
            assert_eq!(rules[name], *action, "{level:?} {name}");
        }
        assert!(!content.to_string().contains("secret"));
    }
    let read_only = with_servers(text, Permissions::ReadOnly);
    assert_eq!(over(&read_only, None).unwrap(), over(&agent(Permissions::ReadOnly), None).unwrap());
}

#[test]
fn a_header_that_would_break_the_settings_is_refused() {
    let header = |value: &str| {
        with_servers(&format!("[b]\nurl = 'https://x'\nheaders = {{X = '{value}'}}\n"), Permissions::Full)
    };
    let error = over(&header("${TOKEN}-${BAD}"), None).unwrap_err().to_string();
    assert!(error.contains("`BAD`") && error.contains("[mcp.b]") && !error.contains("cret"), "{error}");
    for (value, expected) in
        [("${TOKEN} ${UNSET}", "{env:TOKEN} {env:UNSET}"), ("${TOKEN", "${TOKEN"), ("$TOKEN", "$TOKEN")]
    {
        let content: Value = serde_json::from_str(&over(&header(value), None).unwrap()).unwrap();
        assert_eq!(content["mcp"]["b"]["headers"]["X"], expected);
    }
}
