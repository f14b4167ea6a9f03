//! How an agent is called for one attempt: program, arguments, environment. Pure.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::catalog::{Agent, Kind};
use super::{claude_args, command, shell};
use crate::system::config::PromptBy;

/// What an attempt asks of its agent.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The file that holds the prompt, an absolute path.
    pub prompt_file: &'a Path,
    /// Where the work is done, an absolute path.
    pub dir: &'a Path,
    /// USD that may still be spent; none is no limit.
    pub budget_left: Option<f64>,
    /// The task's id.
    pub task: &'a str,
    /// Which attempt on the task this is, from 1.
    pub attempt: u64,
    /// The task's own description: the `shell` agent's block stands there.
    pub description: &'a str,
}

/// What to start. The rest of the environment is handed on as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// An absolute path.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables to set.
    pub env: Vec<(OsString, OsString)>,
    /// Variables to clear; where one is also in `env`, it is set.
    pub env_remove: Vec<OsString>,
    /// What its standard input is.
    pub stdin: Stdin,
}

/// What an agent finds on its standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stdin {
    /// The prompt file's contents, then the end.
    Prompt,
    /// Nothing.
    Nothing,
}

/// What an agent leaves in the environment of its tools; another one started there would take
/// itself for a part of the first. Names as Claude Code 2.1 sets them.
const NESTED: [&str; 11] = [
    "CLAUDECODE",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_SSE_PORT",
    "CLAUDE_CODE_SESSION_ID",
    "CLAUDE_CODE_SESSION_KIND",
    "CLAUDE_CODE_SESSION_ATTENDED",
    "CLAUDE_CODE_CHILD_SESSION",
    "CLAUDE_CODE_LAUNCHED_BY_SESSION_IDS",
    "CLAUDE_PID",
    "CLAUDE_EFFORT",
    "AI_AGENT",
];

/// Composes the call. A task that the agent cannot work (no block for `shell`, no money left) is
/// a [`Fault::Refused`](crate::fault::Fault::Refused) naming it.
pub fn invocation(agent: &Agent, request: &Request<'_>) -> Result<Invocation> {
    let mut env: Vec<(OsString, OsString)> = vec![
        ("TASKRUN_TASK".into(), request.task.into()),
        ("TASKRUN_ATTEMPT".into(), request.attempt.to_string().into()),
        ("TASKRUN_PROMPT_FILE".into(), request.prompt_file.into()),
    ];
    let mut program = agent.program.clone();
    let (args, stdin) = match &agent.kind {
        Kind::Claude { root } => {
            env.extend(claude_args::env(agent.permissions, *root));
            (claude_args::args(agent, request)?, Stdin::Prompt)
        }
        Kind::Shell { bash } => {
            let script = shell::script(request.task, request.description)?;
            if script.bash {
                program = shell::bash(bash.as_deref(), request.task)?;
            }
            (shell::args(&script), Stdin::Nothing)
        }
        Kind::Command { args, prompt } => {
            let stdin = if *prompt == PromptBy::Stdin { Stdin::Prompt } else { Stdin::Nothing };
            (command::args(args, agent.model.as_deref(), request), stdin)
        }
    };
    Ok(Invocation { program, args, env, env_remove: removed(agent), stdin })
}

fn removed(agent: &Agent) -> Vec<OsString> {
    let kept = |name: &&str| !agent.env_pass.iter().any(|pass| pass == name);
    let nested = NESTED.into_iter().filter(kept);
    nested.chain(agent.env_drop.iter().map(String::as_str)).map(OsStr::new).map(OsString::from).collect()
}

#[cfg(test)]
#[path = "invocation_tests.rs"]
mod tests;
