//! Which agents there are, and which of them can run here.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

use super::{Reader, claude, text};
use crate::fault::Fault;
use crate::system::config::{self, AgentsEntry, Config, Output, Permissions, PromptBy, env, programs};

/// Agents of later versions: named so that the error can say more than "unknown".
const LATER: [&str; 3] = ["codex", "opencode", "gemini"];

/// An agent that can be started: found, and checked against what is asked of it.
#[derive(Debug, Clone)]
pub struct Agent {
    /// As the user names it.
    pub name: String,
    /// How it is called.
    pub kind: Kind,
    /// Its program, an absolute path.
    pub program: PathBuf,
    /// The model to ask it for; none leaves it its own choice.
    pub model: Option<String>,
    /// What it may do without being asked.
    pub permissions: Permissions,
    /// What its standard output is.
    pub output: Output,
    /// What is known about its cost before it runs.
    pub cost: Cost,
    /// Variables handed on though they would be cleared.
    pub env_pass: Vec<String>,
    /// Variables not handed on.
    pub env_drop: Vec<String>,
}

/// How an agent is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Claude Code, headless.
    Claude {
        /// Whether it runs with all rights, which it must be told is meant.
        root: bool,
    },
    /// `sh` on the fenced block in the task's own description.
    Shell {
        /// For blocks marked `bash`, where it is installed.
        bash: Option<PathBuf>,
    },
    /// A command of the user's.
    Command {
        /// Its arguments, with placeholders.
        args: Vec<String>,
        /// How the prompt reaches it.
        prompt: PromptBy,
    },
}

/// What is known about an agent's cost before it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// It reports what it spent.
    Reported,
    /// It spends nothing.
    Free,
    /// Nobody knows; never to be counted as zero.
    Unknown,
}

/// What the user asks for on top of the settings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice<'a> {
    /// An agent's name instead of the default.
    pub agent: Option<&'a str>,
    /// A model instead of the configured one.
    pub model: Option<&'a str>,
    /// Rights instead of the configured ones.
    pub permissions: Option<Permissions>,
}

/// One line of `agent list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// As the user names it.
    pub name: String,
    /// `claude`, `shell` or `command`.
    pub kind: String,
    /// Whether its program was found.
    pub installed: bool,
    /// Its program, where found.
    pub path: Option<PathBuf>,
    /// Whether it runs when none is named.
    pub default: bool,
    /// What its output is: `text` or `claude`.
    pub output: &'static str,
    /// Whether it reports what it spent.
    pub reports_cost: bool,
}

impl Agent {
    /// A fresh reader for the output of one attempt.
    pub fn reader(&self) -> Box<dyn Reader + Send> {
        match self.output {
            Output::Claude => Box::new(claude::Stream::default()),
            Output::Text => Box::new(text::Text::new(self.cost == Cost::Free)),
        }
    }
}

/// Finds the agent in force: `choice` over `config`. Relative programs of `[agents.NAME]` are
/// taken from `dir`, the workspace. Errors are [`Fault::Usage`].
pub fn resolve(config: &Config, choice: Choice<'_>, dir: &Path) -> Result<Agent> {
    let name = choice.agent.unwrap_or(&config.agent.default);
    let known = recorded(config, name)?;
    let model = choice.model.map(str::to_owned).or(known.model);
    let permissions = choice.permissions.unwrap_or(known.permissions);
    check(name, &known.kind, model.is_some(), permissions)?;
    Ok(Agent {
        program: program(name, config.agents.get(name), dir)?,
        model,
        permissions,
        env_pass: config.agent.env_pass.clone(),
        env_drop: config.agent.env_drop.clone(),
        ..known
    })
}

/// An agent as far as the reading of its output goes: its program need not be there any more.
pub fn recorded(config: &Config, name: &str) -> Result<Agent> {
    let entry = config.agents.get(name);
    let model = entry.and_then(|entry| entry.model.as_ref()).or(config.agent.model.as_ref()).cloned();
    let (kind, output, cost) = describe(name, entry, config)?;
    Ok(Agent {
        name: name.to_owned(),
        kind,
        program: PathBuf::new(),
        model,
        permissions: config.agent.permissions,
        output,
        cost,
        env_pass: Vec::new(),
        env_drop: Vec::new(),
    })
}

/// Every agent that can be named: the built-in ones, then `[agents]` in alphabetical order.
pub fn list(config: &Config, dir: &Path) -> Vec<Listed> {
    let listed = |name: &str| {
        let entry = config.agents.get(name);
        let described = describe(name, entry, config).ok();
        // What is set wrongly is listed too, as not there; naming it says what is wrong.
        let path = described.as_ref().and_then(|_| program(name, entry, dir).ok());
        let (output, cost) =
            described.map_or((Output::Text, Cost::Unknown), |(_, output, cost)| (output, cost));
        Listed {
            name: name.to_owned(),
            kind: if is_builtin(name) { name.to_owned() } else { "command".to_owned() },
            installed: path.is_some(),
            path,
            default: name == config.agent.default,
            output: match output {
                Output::Text => "text",
                Output::Claude => "claude",
            },
            reports_cost: cost == Cost::Reported,
        }
    };
    names(config).map(listed).collect()
}

fn names(config: &Config) -> impl Iterator<Item = &str> {
    let own = config.agents.keys().map(String::as_str).filter(|name| !is_builtin(name));
    ["claude", "shell"].into_iter().chain(own)
}

fn is_builtin(name: &str) -> bool {
    matches!(name, "claude" | "shell")
}

fn describe(name: &str, entry: Option<&AgentsEntry>, config: &Config) -> Result<(Kind, Output, Cost)> {
    if is_builtin(name) && entry.is_some_and(|entry| !entry.command.is_empty()) {
        return Err(Fault::usage(
            format!("`[agents.{name}]` has a `command`, but `{name}` is built in"),
            "give your command another name; `CLAUDE_CLI_PATH` says where `claude` lies",
        ));
    }
    match (name, entry) {
        ("claude", _) => Ok((Kind::Claude { root: programs::is_root() }, Output::Claude, Cost::Reported)),
        ("shell", _) => {
            let bash = programs::find("bash".as_ref(), Path::new("/"));
            Ok((Kind::Shell { bash }, Output::Text, Cost::Free))
        }
        (_, Some(AgentsEntry { command, prompt, output, .. })) if !command.is_empty() => {
            let cost = if *output == Output::Claude { Cost::Reported } else { Cost::Unknown };
            Ok((Kind::Command { args: command[1..].to_vec(), prompt: *prompt }, *output, cost))
        }
        (_, Some(_)) => Err(Fault::usage(
            format!("`[agents.{name}]` has no `command`"),
            "write `command = [\"program\", \"argument\", …]` below it",
        )),
        (_, None) => Err(unknown(name, config)),
    }
}

fn unknown(name: &str, config: &Config) -> anyhow::Error {
    if LATER.contains(&name) {
        return Fault::usage(
            format!("agent `{name}` is not available in this version of taskrun"),
            format!("choose `claude`, or give its command under `[agents.{name}]`"),
        );
    }
    let hint = config::nearest(name, names(config)).map_or_else(
        || "`taskrun agent list` shows those there are".to_owned(),
        |near| format!("did you mean `{near}`? `taskrun agent list` shows those there are"),
    );
    Fault::usage(format!("unknown agent `{name}`"), hint)
}

/// Refuses what the agent cannot be held to, before anything runs.
fn check(name: &str, kind: &Kind, model: bool, permissions: Permissions) -> Result<()> {
    let own = !matches!(kind, Kind::Claude { .. });
    if own && permissions == Permissions::ReadOnly {
        return Err(Fault::usage(
            format!("agent `{name}` cannot be kept to `read-only`: it runs with your own rights"),
            "choose `claude`, or the permissions `workspace`",
        ));
    }
    let Kind::Command { args, prompt } = kind else { return Ok(()) };
    let uses = |placeholder: &str| args.iter().any(|arg| arg.contains(placeholder));
    if *prompt == PromptBy::File && !uses("{prompt_file}") {
        return Err(Fault::usage(
            format!("`[agents.{name}]` takes its prompt from a file, but its command does not name it"),
            "put `{prompt_file}` into `command`, or set `prompt = \"stdin\"`",
        ));
    }
    if uses("{model}") && !model {
        return Err(Fault::usage(
            format!("the command of `[agents.{name}]` needs a model, and none is set"),
            format!("give `--model`, or set `model` under `[agents.{name}]`"),
        ));
    }
    Ok(())
}

fn program(name: &str, entry: Option<&AgentsEntry>, dir: &Path) -> Result<PathBuf> {
    match (name, entry) {
        ("claude", _) => claude_program(dir),
        ("shell", _) => find("sh", dir, "every POSIX system has it: look at `PATH`"),
        (_, Some(AgentsEntry { command, .. })) if !command.is_empty() => {
            let hint = format!("install it, or correct `command` under `[agents.{name}]`");
            find(&command[0], dir, &hint)
        }
        _ => Err(Fault::usage(format!("unknown agent `{name}`"), "see `taskrun agent list`")),
    }
}

fn claude_program(dir: &Path) -> Result<PathBuf> {
    let Some(given) = env::claude_path() else {
        let hint = "install it with `npm install -g @anthropic-ai/claude-code`, \
                    set `CLAUDE_CLI_PATH`, or choose another with `--agent`";
        return find("claude", dir, hint);
    };
    let here = env::current_dir()?;
    programs::find(given.as_os_str(), &here).ok_or_else(|| {
        Fault::usage(
            format!("`CLAUDE_CLI_PATH` is `{}`, which is no program", given.display()),
            "correct the variable, or unset it to look for `claude` along `PATH`",
        )
    })
}

fn find(program: &str, dir: &Path, hint: &str) -> Result<PathBuf> {
    programs::find(OsStr::new(program), dir)
        .ok_or_else(|| Fault::usage(format!("`{program}` is not installed or not on `PATH`"), hint))
}

#[cfg(test)]
#[path = "catalog_tests.rs"]
mod tests;
