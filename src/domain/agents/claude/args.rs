//! Claude Code's command line: headless, `stream-json`, held to permissions and a budget.

use std::ffi::OsString;

use anyhow::Result;

use super::mcp;
use crate::domain::agents::catalog::Agent;
use crate::domain::agents::invocation::{Call, Request, Stdin, file};
use crate::fault::Fault;
use crate::system::config::Permissions;

/// Tools that break an attempt whatever is permitted: a scheduled wake-up keeps the process from
/// ending, a worktree of its own takes the work where no gate looks.
const STRAYING: &str = "CronCreate,EnterWorktree,ScheduleWakeup";

/// What each level of permissions is in Claude Code's words.
///
/// - `read-only`: the tools that can change something are not there at all. A mode alone does not
///   do: `plan` and `dontAsk` let a shell write where the user's own settings allow it.
/// - `workspace`: edits are accepted below the directory, commands run without being asked (a
///   headless run cannot answer). What a command does is not confined: this is no sandbox. Files
///   that steer tools (`.git`, `.claude`) stay closed.
/// - `full`: nothing is asked.
fn permissions(level: Permissions) -> &'static [&'static str] {
    match level {
        Permissions::ReadOnly => {
            // Without the project's own settings, whose hooks would run.
            &[
                "--permission-mode",
                "dontAsk",
                "--tools",
                "Read,Glob,Grep",
                "--strict-mcp-config",
                "--setting-sources",
                "user",
            ]
        }
        Permissions::Workspace => {
            &["--permission-mode", "acceptEdits", "--allowedTools", "Bash", "--disallowedTools", STRAYING]
        }
        Permissions::Full => &["--dangerously-skip-permissions", "--disallowedTools", STRAYING],
    }
}

/// Arguments of the user's that would set the permissions aside.
const OPENING: [&str; 10] = [
    "--dangerously-skip-permissions",
    "--allow-dangerously-skip-permissions",
    "--permission-mode",
    "--permission-prompt-tool",
    "--allowedTools",
    "--allowed-tools",
    "--tools",
    "--settings",
    "--mcp-config",
    "--agents",
];

/// Refuses the user's own arguments where they speak against the permissions.
pub(in crate::domain::agents) fn check(name: &str, own: &[String], level: Permissions) -> Result<()> {
    let opens = |arg: &&String| {
        OPENING
            .iter()
            .any(|flag| arg.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
    };
    match own.iter().find(opens).filter(|_| level != Permissions::Full) {
        Some(arg) => Err(Fault::usage(
            format!("`{arg}` in `agents.{name}.args` speaks against its permissions"),
            "remove it, or set `permissions = \"full\"`",
        )),
        None => Ok(()),
    }
}

/// How it is called; the prompt comes on standard input.
pub(in crate::domain::agents) fn call(agent: &Agent, root: bool, request: &Request<'_>) -> Result<Call> {
    let mut args = args(agent, request)?;
    let mut files = Vec::new();
    // A server's tools may change things, so `read-only` goes without.
    let servers = mcp::config(&agent.mcp).filter(|_| agent.permissions != Permissions::ReadOnly);
    if let Some(config) = servers {
        let path = file(request.prefix, ".mcp.json");
        args.extend(["--mcp-config".into(), path.clone().into_os_string(), "--strict-mcp-config".into()]);
        args.extend(["--allowedTools".into(), mcp::rules(&agent.mcp).join(",").into()]);
        if let Some(guard) = mcp::guard(&agent.mcp) {
            let path = file(request.prefix, ".settings.json");
            args.extend(["--settings".into(), path.clone().into_os_string()]);
            files.push((path, guard));
        }
        files.push((path, config));
    }
    args.extend(agent.args.iter().map(OsString::from));
    let env = env(agent.permissions, root).into_iter().collect();
    Ok(Call { args, env, files, stdin: Stdin::Prompt })
}

fn args(agent: &Agent, request: &Request<'_>) -> Result<Vec<OsString>> {
    // `stream-json` is refused without `--verbose`.
    let mut args: Vec<OsString> =
        ["-p", "--output-format", "stream-json", "--verbose"].map(OsString::from).into();
    if let Some(model) = &agent.model {
        args.extend(["--model".into(), model.into()]);
    }
    if let Some(session) = request.resume {
        args.extend(["--resume".into(), session.into()]);
    }
    if let Some(left) = request.budget_left {
        args.extend(["--max-budget-usd".into(), budget(left, request.task)?.into()]);
    }
    args.extend(permissions(agent.permissions).iter().map(OsString::from));
    Ok(args)
}

/// Variables to set. As root it refuses `--dangerously-skip-permissions` unless told that the
/// machine is a sandbox; who asks for `full` as root says just that.
pub(super) fn env(level: Permissions, root: bool) -> Option<(OsString, OsString)> {
    (root && level == Permissions::Full).then(|| ("IS_SANDBOX".into(), "1".into()))
}

/// USD to four places, never more than what is left. It stops after the call that passes the
/// limit, so the limit alone does not keep a budget.
fn budget(left: f64, task: &str) -> Result<String> {
    let rounded = (left * 10_000.0).floor() / 10_000.0;
    if rounded > 0.0 {
        return Ok(format!("{rounded:.4}"));
    }
    Err(Fault::refused(
        format!("nothing is left of the budget for task `{task}`"),
        "raise `--budget-usd` or the limits under `[budget]`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_rounded_down() {
        for (left, expected) in
            [(1.0, Some("1.0000")), (0.123_49, Some("0.1234")), (0.00005, None), (0.0, None), (-1.0, None)]
        {
            assert_eq!(budget(left, "bd-1").ok().as_deref(), expected, "{left}");
        }
        assert!(budget(f64::NAN, "bd-1").is_err());
    }

    #[test]
    fn sandbox_is_said_only_for_full_as_root() {
        for (level, root, said) in [
            (Permissions::Full, true, true),
            (Permissions::Full, false, false),
            (Permissions::Workspace, true, false),
            (Permissions::ReadOnly, true, false),
        ] {
            assert_eq!(env(level, root).is_some(), said, "{level:?} {root}");
        }
    }
}
