//! The command line, the policy and the settings of each level.

use std::collections::BTreeMap;

use super::*;
use crate::domain::agents::catalog::{Cost, Kind};
use crate::system::config::Output;
use crate::system::store;

fn agent(permissions: Permissions) -> Agent {
    Agent {
        name: "gemini".into(),
        kind: Kind::Gemini,
        program: "/usr/bin/gemini".into(),
        model: None,
        permissions,
        output: Output::Gemini,
        cost: Cost::ByTokens,
        env_pass: Vec::new(),
        // So that the test finds nothing of whoever runs it.
        env_drop: vec!["GEMINI_CLI_HOME".into(), settings::VARIABLE.into()],
        args: Vec::new(),
        mcp: BTreeMap::new(),
    }
}

fn request() -> Request<'static> {
    Request {
        prompt_file: Path::new("/r/prompt.md"),
        dir: Path::new("/w"),
        budget_left: None,
        task: "bd-1",
        attempt: 2,
        description: "",
        resume: None,
        prefix: Path::new("/r/0001"),
        prompt_chars: 100,
    }
}

/// The arguments, the user's own policies left out.
fn words(call: &Call) -> String {
    let args: Vec<_> = call.args.iter().map(|arg| arg.to_string_lossy()).collect();
    let own = env::home().map(|home| format!(" --policy {}/.gemini/policies", home.display()));
    own.map_or_else(|| args.join(" "), |own| args.join(" ").replace(&own, ""))
}

#[test]
fn each_level_is_held_by_its_policy() {
    let table = [
        (
            Permissions::ReadOnly,
            "--approval-mode default --allowed-mcp-server-names taskrun-none --policy /r/0001.gemini.toml",
            Some(READ_ONLY),
        ),
        (Permissions::Workspace, "--approval-mode auto_edit --policy /r/0001.gemini.toml", Some(WORKSPACE)),
        (Permissions::Full, "--approval-mode yolo", None),
    ];
    for (level, expected, policy) in table {
        let call = call(&agent(level), &request()).unwrap();
        assert_eq!(words(&call), format!("--output-format stream-json {expected}"));
        let files: Vec<(PathBuf, Vec<u8>)> =
            policy.map(|policy| ("/r/0001.gemini.toml".into(), policy.into())).into_iter().collect();
        assert_eq!(call.files, files);
        assert_eq!(call.env, [("GEMINI_CLI_TRUST_WORKSPACE".into(), "true".into())]);
        assert_eq!(call.stdin, Stdin::Prompt);
    }
    for policy in [READ_ONLY, WORKSPACE] {
        assert!(policy.parse::<toml::Table>().unwrap()["rule"].as_array().unwrap().len() == 2);
    }
}

#[test]
fn model_session_and_own_arguments_are_handed_on() {
    let mine = Agent {
        model: Some("gemini-2.5-pro".into()),
        args: vec!["--sandbox".into()],
        ..agent(Permissions::Full)
    };
    let call = call(&mine, &Request { resume: Some("8cf0"), ..request() }).unwrap();
    let expected =
        "--output-format stream-json --model gemini-2.5-pro --resume 8cf0 --approval-mode yolo --sandbox";
    assert_eq!(words(&call), expected);
}

#[test]
fn servers_are_given_where_it_takes_them_and_never_to_read_only() {
    let servers: BTreeMap<String, _> =
        toml::from_str("[docs]\ncommand = 'docs'\n[web]\nurl = 'https://x/mcp'\n").unwrap();
    let with = |level| Agent { mcp: servers.clone(), ..agent(level) };
    assert_eq!(call(&with(Permissions::ReadOnly), &request()).unwrap().files.len(), 1);
    let full = call(&with(Permissions::Full), &request());
    if programs::is_root() {
        let full = full.unwrap();
        assert!(words(&full).ends_with("--allowed-mcp-server-names docs,web"));
        let path = PathBuf::from("/r/0001.gemini.json");
        assert_eq!(full.env[1], (settings::VARIABLE.into(), path.clone().into()));
        assert_eq!(full.files[0].0, path);
    } else {
        assert!(full.unwrap_err().to_string().contains("root"));
    }
}

#[test]
fn an_administrators_allowance_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let write =
        |name: &str, text: &str| store::write(&dir.path().join(name), 0o600, text.as_bytes()).unwrap();
    assert_eq!(allowing(&dir.path().join("none")), None);
    write("a.toml", "[[rule]]\ntoolName = 'x'\ndecision = 'deny'\n");
    write("b.txt", "allow");
    assert_eq!(allowing(dir.path()), None);
    write("c.toml", "[[rule]]\ntoolName = '*'\ndecision = 'allow'\n");
    assert_eq!(allowing(dir.path()), Some(dir.path().join("c.toml")));
    for level in [Permissions::Workspace, Permissions::Full] {
        assert!(check("gemini", level).is_ok());
    }
}
