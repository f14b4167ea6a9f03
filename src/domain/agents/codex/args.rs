//! Codex's command line: headless, JSON lines, held to permissions by its sandbox.

use std::ffi::OsString;

use std::path::Path;

use anyhow::Result;

use super::mcp;
use crate::domain::agents::catalog::Agent;
use crate::domain::agents::invocation::{Call, Request, Stdin};
use crate::fault::Fault;
use crate::system::config::Permissions;

/// Options by which the user's own arguments would set aside the permissions asked for.
const LOOSENING: [&str; 6] = [
    "-s",
    "--sandbox",
    "--dangerously-bypass-approvals-and-sandbox",
    "--yolo",
    "--full-auto",
    "--approve-for-me",
];

/// Settings that do so by `-c`.
const LOOSENING_SETTINGS: [&str; 4] =
    ["sandbox_mode", "approval_policy", "default_permissions", "permissions"];

/// What widens `workspace`, as its user may, and therefore is nothing for `read-only`.
const WIDENING: [&str; 2] = ["--add-dir", "sandbox_workspace_write"];

/// What each level of permissions is in Codex's words.
///
/// - `read-only`: commands run without write access anywhere, and without network.
/// - `workspace`: they write below the directory and the temporary ones, without network; `.git` stays
///   closed.
/// - `full`: nothing is confined.
///
/// `exec` never asks: what is not permitted fails.
fn permissions(level: Permissions) -> &'static [&'static str] {
    match level {
        Permissions::ReadOnly => &["-s", "read-only"],
        Permissions::Workspace => &["-s", "workspace-write"],
        Permissions::Full => &["--dangerously-bypass-approvals-and-sandbox"],
    }
}

/// Whether it can be held to `level`; the error says why not. Its sandbox holds it to each.
#[allow(clippy::unnecessary_wraps)] // asked of every agent, and others do refuse
pub(in crate::domain::agents) fn check(_agent: &str, _level: Permissions) -> Result<()> {
    Ok(())
}

/// How it is called; the prompt comes on standard input. A session id, an MCP server or arguments of
/// the user's that Codex cannot be given are a [`Fault::Usage`].
pub(in crate::domain::agents) fn call(agent: &Agent, request: &Request<'_>) -> Result<Call> {
    refuse_loosening(agent)?;
    // `resume` takes few options itself, but those of `exec` hold for it too when they come before it.
    let mut args: Vec<OsString> = vec!["exec".into()];
    args.extend(agent.args.iter().map(OsString::from));
    args.extend(["--json", "--skip-git-repo-check"].map(OsString::from));
    args.extend(permissions(agent.permissions).iter().map(OsString::from));
    if let Some(model) = &agent.model {
        args.extend(["-m".into(), model.into()]);
    }
    // A server's tools may change things, so `read-only` goes without.
    if agent.permissions == Permissions::ReadOnly {
        // Settings of the project's could start MCP servers, which no sandbox holds.
        args.extend(["-c".into(), untrusted(request.dir).into()]);
    } else {
        for setting in mcp::overrides(&agent.mcp)? {
            args.extend(["-c".into(), setting.into()]);
        }
    }
    if let Some(session) = request.resume {
        args.extend(["resume".into(), thread(session)?.into()]);
    }
    args.push("-".into());
    Ok(Call { args, env: Vec::new(), files: Vec::new(), stdin: Stdin::Prompt })
}

/// A session's id. Codex would take anything else for a name and, without a word, begin anew.
fn thread(session: &str) -> Result<&str> {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = session.split('-').collect();
    let hex = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if hex && parts.iter().map(|part| part.len()).eq(lengths) {
        return Ok(session);
    }
    Err(Fault::usage(
        format!("`{session}` is no session of Codex's"),
        "its sessions have ids like `01a1f889-3a8f-7591-acc6-7921e158af7f`",
    ))
}

fn refuse_loosening(agent: &Agent) -> Result<()> {
    let Some(arg) = agent.args.iter().enumerate().find_map(|(at, arg)| {
        let before = at.checked_sub(1).map(|at| agent.args[at].as_str());
        loosens(agent.permissions, before, arg).then_some(arg)
    }) else {
        return Ok(());
    };
    Err(Fault::usage(
        format!("`{arg}` in the arguments of `{}` speaks against its permissions", agent.name),
        "remove it from `args` and set `agent.permissions`",
    ))
}

/// Whether `arg`, coming after `before`, sets the permissions of `level` aside.
fn loosens(level: Permissions, before: Option<&str>, arg: &str) -> bool {
    let widens = |name: &str| level == Permissions::ReadOnly && WIDENING.contains(&name);
    let option = arg.split('=').next().unwrap_or(arg);
    if LOOSENING.contains(&option) || widens(option) || arg.starts_with("-s") && !arg.starts_with("--") {
        return true;
    }
    let inline =
        arg.strip_prefix("--config=").or_else(|| arg.strip_prefix("-c").filter(|rest| !rest.is_empty()));
    let setting = match before {
        Some("-c" | "--config") => Some(arg),
        _ => inline,
    };
    let name =
        setting.map(|setting| setting.trim_start_matches('=').split(['=', '.']).next().unwrap_or_default());
    name.map(str::trim).is_some_and(|name| LOOSENING_SETTINGS.contains(&name) || widens(name))
}

/// The setting that keeps a project's own settings out, whatever the user's say.
fn untrusted(dir: &Path) -> String {
    let dir = mcp::string(&dir.to_string_lossy());
    format!("projects={{{dir}={{trust_level=\"untrusted\"}}}}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::domain::agents::catalog::{Cost, Kind};
    use crate::system::config::{McpEntry, Output};

    const ID: &str = "01a1f889-3a8f-7591-acc6-7921e158af7f";

    fn agent(permissions: Permissions, args: &[&str]) -> Agent {
        Agent {
            name: "codex".into(),
            kind: Kind::Codex,
            program: "/usr/bin/codex".into(),
            model: None,
            permissions,
            output: Output::Codex,
            cost: Cost::ByTokens,
            env_pass: Vec::new(),
            env_drop: Vec::new(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            mcp: BTreeMap::new(),
        }
    }

    fn words(agent: &Agent, resume: Option<&str>) -> Result<String> {
        let request = Request {
            prompt_file: Path::new("/r/prompt.md"),
            dir: Path::new("/w"),
            budget_left: Some(1.0),
            task: "bd-1",
            attempt: 1,
            description: "",
            resume,
            prefix: Path::new("/r/0001"),
            prompt_chars: 100,
        };
        let call = call(agent, &request)?;
        assert_eq!((call.stdin, call.env.len(), call.files.len()), (Stdin::Prompt, 0, 0));
        Ok(call.args.iter().map(|arg| arg.to_string_lossy()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn it_is_held_to_its_permissions() {
        let table = [
            (Permissions::ReadOnly, "-s read-only"),
            (Permissions::Workspace, "-s workspace-write"),
            (Permissions::Full, "--dangerously-bypass-approvals-and-sandbox"),
        ];
        for (level, expected) in table {
            assert!(check("codex", level).is_ok());
            let line = words(&agent(level, &[]), None).unwrap();
            let apart = if level == Permissions::ReadOnly {
                " -c projects={\"/w\"={trust_level=\"untrusted\"}}"
            } else {
                ""
            };
            assert_eq!(line, format!("exec --json --skip-git-repo-check {expected}{apart} -"));
        }
    }

    #[test]
    fn model_session_servers_and_own_arguments_have_their_places() {
        let mut codex = agent(Permissions::Workspace, &["-c", "model_provider=local", "--color", "never"]);
        codex.model = Some("gpt-5.4".into());
        let entry = McpEntry { command: Some("docs".into()), ..McpEntry::default() };
        codex.mcp = BTreeMap::from([("d".to_owned(), entry)]);
        let line = words(&codex, Some(ID)).unwrap();
        let expected = format!(
            "exec -c model_provider=local --color never --json --skip-git-repo-check -s workspace-write -m gpt-5.4 \
             -c mcp_servers.d={{command=\"docs\",args=[],env={{}},env_vars=[],\
             default_tools_approval_mode=\"approve\"}} resume {ID} -"
        );
        assert_eq!(line, expected);
        codex.permissions = Permissions::ReadOnly;
        assert!(!words(&codex, None).unwrap().contains("mcp_servers"));
        codex.permissions = Permissions::Full;
        codex.mcp = BTreeMap::from([("a.b".to_owned(), McpEntry::default())]);
        assert!(words(&codex, None).is_err());
    }

    #[test]
    fn what_is_no_session_is_refused() {
        for session in ["last", "", "--last", "-", "01a1f889", &ID.replace('8', "g"), &format!("{ID} ")] {
            assert!(words(&agent(Permissions::Full, &[]), Some(session)).is_err(), "{session}");
        }
    }

    #[test]
    fn arguments_that_loosen_are_refused() {
        let table: [(&[&str], bool); 14] = [
            (&["-s", "danger-full-access"], true),
            (&["-sdanger-full-access"], true),
            (&["--sandbox=danger-full-access"], true),
            (&["--yolo"], true),
            (&["--full-auto"], true),
            (&["--add-dir", "/"], true),
            (&["-c", "sandbox_mode=\"danger-full-access\""], true),
            (&["-csandbox_workspace_write.network_access=true"], true),
            (&["--config=approval_policy=never"], true),
            (&["--config", "sandbox_mode=x"], true),
            (&["-c", "model_provider=local"], false),
            (&["--skip-it", "--search"], false),
            (&["-c", "features.x=true", "--enable", "y"], false),
            (&["-p", "fast", "--strict-config"], false),
        ];
        for (args, refused) in table {
            assert_eq!(words(&agent(Permissions::ReadOnly, args), None).is_err(), refused, "{args:?}");
        }
        let wider = ["--add-dir", "/x", "-c", "sandbox_workspace_write.network_access=true"];
        assert!(words(&agent(Permissions::Workspace, &wider), None).is_ok());
        assert!(words(&agent(Permissions::Workspace, &["--yolo"]), None).is_err());
    }
}
