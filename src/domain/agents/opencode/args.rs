//! Opencode's command line: headless, JSON lines, held to permissions.

use std::ffi::OsString;

use anyhow::Result;

use super::settings;
use crate::domain::agents::catalog::Agent;
use crate::domain::agents::invocation::{Call, Request, Stdin};
use crate::fault::Fault;
use crate::system::config::Permissions;

/// Whether it can be held to `level`; the error says why not. All three were seen to hold, against a
/// project's own settings too: see [`settings`].
#[allow(clippy::unnecessary_wraps)] // the other agents' checks refuse
pub(in crate::domain::agents) fn check(_agent: &str, _level: Permissions) -> Result<()> {
    Ok(())
}

/// How it is called; the prompt comes on standard input, which it reads to the end.
pub(in crate::domain::agents) fn call(agent: &Agent, request: &Request<'_>) -> Result<Call> {
    refuse_straying(agent)?;
    // Its log of errors says on standard error what the stream keeps to itself: that a model is not
    // known, and for what it waits (an hour, where a provider says so, without a line).
    let mut args: Vec<OsString> =
        ["run", "--format", "json", "--print-logs", "--log-level", "ERROR"].map(OsString::from).into();
    if let Some(model) = &agent.model {
        args.extend(["--model".into(), model.into()]);
    }
    if let Some(session) = request.resume {
        args.extend(["--session".into(), session.into()]);
    }
    if let Some(name) = settings::agent_name(agent.permissions) {
        args.extend(["--agent".into(), name.into()]);
    }
    if agent.permissions != Permissions::ReadOnly {
        args.push("--auto".into()); // what is denied stays denied
    }
    args.extend(agent.args.iter().map(OsString::from));
    let env = vec![(settings::VARIABLE.into(), settings::content(agent)?.into())];
    Ok(Call { args, env, files: Vec::new(), stdin: Stdin::Prompt })
}

/// Refuses arguments of the user's that would leave the agent whose rules hold the permissions: of two
/// `--agent` it takes neither, but the default one, and a server it is attached to has its own settings.
fn refuse_straying(agent: &Agent) -> Result<()> {
    let strays = |arg: &&String| {
        ["--agent", "--attach"].contains(&arg.split_once('=').map_or(arg.as_str(), |(name, _)| name))
    };
    let Some(arg) = agent.args.iter().find(strays).filter(|_| agent.permissions != Permissions::Full) else {
        return Ok(());
    };
    Err(Fault::usage(
        format!("`{arg}` among the `args` of `{}` would undo its permissions", agent.name),
        "remove it from `args`, or choose the permissions `full`",
    ))
}

#[cfg(test)]
#[path = "args_tests.rs"]
mod tests;
