//! Codex's command line: headless, JSON lines, held to permissions.

use anyhow::Result;

use crate::domain::agents::catalog::Agent;
use crate::domain::agents::invocation::{Call, Request, Stdin};
use crate::system::config::Permissions;

/// Whether it can be held to `level`; the error says why not.
pub(in crate::domain::agents) fn check(_agent: &str, _level: Permissions) -> Result<()> {
    Ok(())
}

/// How it is called; the prompt comes on standard input.
pub(in crate::domain::agents) fn call(_agent: &Agent, _request: &Request<'_>) -> Result<Call> {
    Ok(Call { args: Vec::new(), env: Vec::new(), files: Vec::new(), stdin: Stdin::Prompt })
}
