//! Gemini CLI's command line: headless, JSON lines, held to permissions by a policy of the attempt's own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::settings;
use crate::domain::agents::catalog::Agent;
use crate::domain::agents::invocation::{Call, Request, Stdin, file};
use crate::fault::Fault;
use crate::system::config::{Permissions, env, programs};

/// Nothing but the tools that read, whatever else allows more: a rule of highest priority for all
/// tools, so that the others are not even there. An approval mode alone does not do: `plan` lets the
/// model write plans and leave the mode.
const READ_ONLY: &str = r#"[[rule]]
toolName = "*"
decision = "deny"
priority = 998

[[rule]]
toolName = ["read_file", "read_many_files", "list_directory", "glob", "grep_search"]
decision = "allow"
priority = 999
"#;

/// Commands run without being asked (a headless run cannot answer), with the lowest priority, so that
/// the user's own rules against some hold. Plan mode would end all work.
const WORKSPACE: &str = r#"[[rule]]
toolName = "run_shell_command"
decision = "allow"
priority = 0
allowRedirection = true

[[rule]]
toolName = "enter_plan_mode"
decision = "deny"
priority = 998
"#;

/// Where an administrator's rules lie, which go before all others.
const MACHINE: &str = if cfg!(target_os = "macos") {
    "/Library/Application Support/GeminiCli/policies"
} else {
    "/etc/gemini-cli/policies"
};

/// Whether it can be held to `level`; the error says why not.
pub(in crate::domain::agents) fn check(agent: &str, level: Permissions) -> Result<()> {
    if level != Permissions::ReadOnly {
        return Ok(());
    }
    match allowing(Path::new(MACHINE)) {
        None => Ok(()),
        Some(file) => Err(Fault::usage(
            format!(
                "agent `{agent}` cannot be kept to `read-only`: the machine's rules in `{}` allow tools, and \
                 go before ours",
                file.display()
            ),
            "choose another agent with `--agent`, or the permissions `workspace`",
        )),
    }
}

/// The first policy file in `dir` that may allow a tool. What cannot be read may as well.
fn allowing(dir: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(dir).ok()?;
    let policies =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension() == Some("toml".as_ref()));
    let harmless = |path: &PathBuf| std::fs::read_to_string(path).is_ok_and(|text| !text.contains("allow"));
    policies.into_iter().find(|path| !harmless(path))
}

/// How it is called; the prompt comes on standard input, which alone makes it headless.
pub(in crate::domain::agents) fn call(agent: &Agent, request: &Request<'_>) -> Result<Call> {
    let mut args: Vec<OsString> = ["--output-format", "stream-json"].map(OsString::from).into();
    if let Some(model) = &agent.model {
        args.extend(["--model".into(), model.into()]);
    }
    if let Some(session) = request.resume {
        args.extend(["--resume".into(), session.into()]);
    }
    // Without trust it refuses to start; whoever runs an agent here trusts the place.
    let mut env = vec![("GEMINI_CLI_TRUST_WORKSPACE".into(), "true".into())];
    let mut files = Vec::new();
    hold(agent, request, &mut args, &mut files);
    if !agent.mcp.is_empty() && agent.permissions != Permissions::ReadOnly {
        let path = file(request.prefix, ".gemini.json");
        refuse_unread(&agent.name, &path)?;
        files.push((path.clone(), settings::with(&agent.mcp, &machine_settings(agent))?));
        let names: Vec<&str> = agent.mcp.keys().map(String::as_str).collect();
        args.extend(["--allowed-mcp-server-names".into(), names.join(",").into()]);
        env.push((settings::VARIABLE.into(), path.into()));
    }
    args.extend(agent.args.iter().map(OsString::from));
    Ok(Call { args, env, files, stdin: Stdin::Prompt })
}

/// What each level of permissions is in its words.
///
/// - `read-only`: see [`READ_ONLY`]; no MCP servers, whose tools may change things.
/// - `workspace`: edits are accepted below the directory, commands run. What a command does is not
///   confined: this is no sandbox.
/// - `full`: nothing is asked.
fn hold(agent: &Agent, request: &Request<'_>, args: &mut Vec<OsString>, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    let (mode, policy) = match agent.permissions {
        Permissions::ReadOnly => ("default", READ_ONLY),
        Permissions::Workspace => ("auto_edit", WORKSPACE),
        Permissions::Full => {
            args.extend(["--approval-mode", "yolo"].map(OsString::from));
            return;
        }
    };
    args.extend(["--approval-mode", mode].map(OsString::from));
    let path = file(request.prefix, ".gemini.toml");
    if agent.permissions == Permissions::ReadOnly {
        // A name that no server has: none starts, the user's own neither.
        args.extend(["--allowed-mcp-server-names", "taskrun-none"].map(OsString::from));
    } else if let Some(home) = home(agent) {
        // Policies that are named take the place of the user's own, so these are named as well.
        args.extend(["--policy".into(), home.join("policies").into()]);
    }
    args.extend(["--policy".into(), path.clone().into_os_string()]);
    files.push((path, policy.into()));
}

/// Where it keeps what is the user's.
pub(super) fn home(agent: &Agent) -> Option<PathBuf> {
    let home = agent.variable("GEMINI_CLI_HOME").map(PathBuf::from).or_else(env::home)?;
    Some(home.join(".gemini"))
}

/// The machine's settings in force, whose place the attempt's take.
fn machine_settings(agent: &Agent) -> PathBuf {
    let own = || Path::new(MACHINE).with_file_name("settings.json");
    agent.variable(settings::VARIABLE).map_or_else(own, PathBuf::from)
}

/// Refuses a place from which it takes no settings (0.60 and later pass over them with a warning).
fn refuse_unread(agent: &str, path: &Path) -> Result<()> {
    let obstacle = if programs::is_root() { settings::obstacle(path) } else { Some(path.to_owned()) };
    let Some(obstacle) = obstacle else { return Ok(()) };
    Err(Fault::usage(
        format!(
            "`{agent}` cannot be given the servers under `[mcp]`: it takes such settings only from files that \
             belong to root, where nobody else can write, and `{}` is not so",
            obstacle.display()
        ),
        "add them to its own settings with `gemini mcp add --scope user` and leave `[mcp]` empty, or choose \
         another agent",
    ))
}

#[cfg(test)]
#[path = "args_tests.rs"]
mod tests;
