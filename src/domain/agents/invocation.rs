//! How an agent is called for one attempt: program, arguments, environment. Pure.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::catalog::{Agent, Kind};
use super::{claude, codex, command, gemini, opencode, shell, spec};
use crate::fault::Fault;
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
    /// The session to continue, by the agent's own id.
    pub resume: Option<&'a str>,
    /// Path and start of the name of the attempt's files: what an adapter needs written it puts there.
    pub prefix: &'a Path,
    /// Characters of the prompt.
    pub prompt_chars: usize,
}

/// The file of the attempt with this prefix.
pub fn file(prefix: &Path, suffix: &str) -> PathBuf {
    let mut name = prefix.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// What an adapter says about a call; the rest is the same for all.
#[derive(Debug, Default)]
pub struct Call {
    /// Arguments, the user's own not among them yet.
    pub args: Vec<OsString>,
    /// Variables to set.
    pub env: Vec<(OsString, OsString)>,
    /// Files to write before the start, for nobody else to read.
    pub files: Vec<(PathBuf, Vec<u8>)>,
    /// What its standard input is.
    pub stdin: Stdin,
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
    /// Files to write before the start, for nobody else to read.
    pub files: Vec<(PathBuf, Vec<u8>)>,
    /// What its standard input is.
    pub stdin: Stdin,
}

/// What an agent finds on its standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stdin {
    /// The prompt file's contents, then the end.
    #[default]
    Prompt,
    /// Nothing.
    Nothing,
}

/// Composes the call. A task that the agent cannot work (no block for `shell`, no money left, a prompt
/// that it would cut) is a [`Fault::Refused`] naming it.
pub fn invocation(agent: &Agent, request: &Request<'_>) -> Result<Invocation> {
    let mut env: Vec<(OsString, OsString)> = vec![
        ("TASKRUN_TASK".into(), request.task.into()),
        ("TASKRUN_ATTEMPT".into(), request.attempt.to_string().into()),
        ("TASKRUN_PROMPT_FILE".into(), request.prompt_file.into()),
    ];
    let mut program = agent.program.clone();
    refuse_too_long(agent, request)?;
    let call = match &agent.kind {
        Kind::Claude { root } => claude::args::call(agent, *root, request)?,
        Kind::Codex => codex::args::call(agent, request)?,
        Kind::Opencode => opencode::args::call(agent, request)?,
        Kind::Gemini => gemini::args::call(agent, request)?,
        Kind::Shell { bash } => {
            let script = shell::script(request.task, request.description)?;
            if script.bash {
                program = shell::bash(bash.as_deref(), request.task)?;
            }
            Call { args: shell::args(&script), stdin: Stdin::Nothing, ..Call::default() }
        }
        Kind::Command { args, prompt } => {
            let stdin = if *prompt == PromptBy::Stdin { Stdin::Prompt } else { Stdin::Nothing };
            Call { args: command::args(args, agent.model.as_deref(), request), stdin, ..Call::default() }
        }
    };
    env.extend(call.env);
    let args = call.args;
    Ok(Invocation { program, args, env, env_remove: removed(agent), files: call.files, stdin: call.stdin })
}

fn refuse_too_long(agent: &Agent, request: &Request<'_>) -> Result<()> {
    let limit = agent.spec().and_then(|spec| spec.prompt_limit);
    let Some(limit) = limit.filter(|limit| request.prompt_chars >= *limit) else { return Ok(()) };
    Err(Fault::refused(
        format!(
            "the prompt of task `{}` has {} characters; `{}` takes less than {limit}",
            request.task, request.prompt_chars, agent.name
        ),
        "put long text into a file and name the file in the task",
    ))
}

fn removed(agent: &Agent) -> Vec<OsString> {
    let kept = |name: &&str| !agent.env_pass.iter().any(|pass| pass == name);
    let nested = spec::ALL.into_iter().flat_map(|spec| spec.nested).copied().filter(kept);
    nested.chain(agent.env_drop.iter().map(String::as_str)).map(OsStr::new).map(OsString::from).collect()
}

#[cfg(test)]
#[path = "invocation_tests.rs"]
mod tests;
