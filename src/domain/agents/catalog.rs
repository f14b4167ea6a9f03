//! Which agents there are, and which of them can run here.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::spec::{self, Spec};
use super::{Journal, Reader, Session, Usage, claude, codex, gemini, opencode, text, version};
use crate::fault::Fault;
use crate::system::config::{
    self, AgentsEntry, Config, McpEntry, Output, Permissions, PromptBy, env, programs,
};

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
    /// The user's own arguments for a built-in agent.
    pub args: Vec<String>,
    /// MCP servers it is given, by name.
    pub mcp: BTreeMap<String, McpEntry>,
}

/// How an agent is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Claude Code, headless.
    Claude {
        /// Whether it runs with all rights, which it must be told is meant.
        root: bool,
    },
    /// `codex exec`.
    Codex,
    /// `opencode run`.
    Opencode,
    /// Gemini CLI, headless.
    Gemini,
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
    /// It reports its tokens; money takes a price of its model.
    ByTokens,
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

impl Agent {
    /// A fresh reader for the output of one attempt; `before` is what a continued session had used, for
    /// agents that report their sessions' totals.
    pub fn reader(&self, before: Usage) -> Box<dyn Reader + Send> {
        match self.output {
            Output::Claude => Box::new(claude::Stream::default()),
            Output::Codex => Box::new(codex::Stream::new(before)),
            Output::Opencode => Box::new(opencode::Stream::default()),
            Output::Gemini => Box::new(gemini::Stream::default()),
            Output::Text => Box::new(text::Text::new(self.cost == Cost::Free)),
        }
    }

    /// What it writes down of a session on disk, where it does and that can be found.
    pub fn journal(&self, session: &Session<'_>) -> Option<Box<dyn Journal>> {
        match self.kind {
            Kind::Claude { .. } => claude::journal::open(self, session),
            Kind::Codex => codex::journal::open(self, session),
            Kind::Gemini => gemini::journal::open(self, session),
            Kind::Opencode | Kind::Shell { .. } | Kind::Command { .. } => None,
        }
    }

    /// What is fixed about it, for a built-in agent with a model behind it.
    pub fn spec(&self) -> Option<&'static Spec> {
        match self.kind {
            Kind::Claude { .. } => Some(&claude::SPEC),
            Kind::Codex => Some(&codex::SPEC),
            Kind::Opencode => Some(&opencode::SPEC),
            Kind::Gemini => Some(&gemini::SPEC),
            Kind::Shell { .. } | Kind::Command { .. } => None,
        }
    }

    /// A variable as it finds it in its environment.
    pub fn variable(&self, name: &str) -> Option<OsString> {
        env::value(name).filter(|_| !self.env_drop.iter().any(|dropped| dropped == name))
    }

    /// Who pays, in words: the API key in force, or its own login. Nothing for agents that are not known.
    pub fn billing(&self) -> Option<String> {
        let spec = self.spec()?;
        let mut set = spec.keys.iter().filter(|key| self.variable(key).is_some());
        // OpenCode serves many providers: which one is asked stands before the model's name.
        let provider = self.model.as_deref().and_then(|model| model.split_once('/')).map(|(name, _)| name);
        let theirs =
            |key: &&&str| provider.is_some_and(|name| key.to_lowercase().starts_with(&name.to_lowercase()));
        let key = if self.kind == Kind::Opencode { set.find(theirs) } else { set.next() };
        Some(match key {
            Some(key) => {
                format!("`{}` is paid for by `{key}`, unless its own settings say otherwise", self.name)
            }
            None if self.kind == Kind::Opencode => {
                format!("`{}` is paid for as its own settings say", self.name)
            }
            None => format!("`{}` is paid for by its own login: no API key for it is set", self.name),
        })
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
    if matches!(known.kind, Kind::Claude { .. }) {
        claude::args::check(name, &known.args, permissions)?;
    }
    Ok(Agent { program: program(name, config.agents.get(name), dir)?, model, permissions, ..known })
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
        env_pass: config.agent.env_pass.clone(),
        env_drop: config.agent.env_drop.clone(),
        args: entry.map(|entry| entry.args.clone()).unwrap_or_default(),
        mcp: config.mcp.clone(),
    })
}

pub(super) fn names(config: &Config) -> impl Iterator<Item = &str> {
    let own = config.agents.keys().map(String::as_str).filter(|name| !is_builtin(name));
    spec::ALL.into_iter().map(|spec| spec.name).chain(["shell"]).chain(own)
}

pub(super) fn is_builtin(name: &str) -> bool {
    name == "shell" || spec::named(name).is_some()
}

pub(super) fn describe(
    name: &str,
    entry: Option<&AgentsEntry>,
    config: &Config,
) -> Result<(Kind, Output, Cost)> {
    if is_builtin(name) && entry.is_some_and(|entry| !entry.command.is_empty()) {
        return Err(Fault::usage(
            format!("`[agents.{name}]` has a `command`, but `{name}` is built in"),
            format!(
                "give your command another name; `path` below `[agents.{name}]` says where `{name}` lies"
            ),
        ));
    }
    match (name, entry) {
        ("claude", _) => Ok((Kind::Claude { root: programs::is_root() }, Output::Claude, Cost::Reported)),
        ("codex", _) => Ok((Kind::Codex, Output::Codex, Cost::ByTokens)),
        ("opencode", _) => Ok((Kind::Opencode, Output::Opencode, Cost::Reported)),
        ("gemini", _) => Ok((Kind::Gemini, Output::Gemini, Cost::ByTokens)),
        ("shell", _) => {
            let bash = programs::find("bash".as_ref(), Path::new("/"));
            Ok((Kind::Shell { bash }, Output::Text, Cost::Free))
        }
        (_, Some(AgentsEntry { command, prompt, output, .. })) if !command.is_empty() => {
            let cost = match output {
                Output::Claude | Output::Opencode => Cost::Reported,
                Output::Codex | Output::Gemini => Cost::ByTokens,
                Output::Text => Cost::Unknown,
            };
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
    let hint = config::nearest(name, names(config)).map_or_else(
        || "`taskrun agent list` shows those there are".to_owned(),
        |near| format!("did you mean `{near}`? `taskrun agent list` shows those there are"),
    );
    Fault::usage(format!("unknown agent `{name}`"), hint)
}

/// Refuses what the agent cannot be held to, before anything runs.
pub(super) fn check(name: &str, kind: &Kind, model: bool, permissions: Permissions) -> Result<()> {
    match kind {
        Kind::Codex => codex::args::check(name, permissions)?,
        Kind::Opencode => opencode::args::check(name, permissions)?,
        Kind::Gemini => gemini::args::check(name, permissions)?,
        Kind::Claude { .. } | Kind::Shell { .. } | Kind::Command { .. } => {}
    }
    let own = matches!(kind, Kind::Shell { .. } | Kind::Command { .. });
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

pub(super) fn program(name: &str, entry: Option<&AgentsEntry>, dir: &Path) -> Result<PathBuf> {
    if let Some(spec) = spec::named(name) {
        let program = builtin(spec, entry.and_then(|entry| entry.path.as_deref()), dir)?;
        version::refuse_old(spec, &program)?;
        return Ok(program);
    }
    match (name, entry) {
        ("shell", _) => find("sh", dir, "every POSIX system has it: look at `PATH`"),
        (_, Some(AgentsEntry { command, .. })) if !command.is_empty() => {
            let hint = format!("install it, or correct `command` under `[agents.{name}]`");
            find(&command[0], dir, &hint)
        }
        _ => Err(Fault::usage(format!("unknown agent `{name}`"), "see `taskrun agent list`")),
    }
}

/// A built-in agent's program: by its variable, else by the settings, else along `PATH`.
pub(super) fn builtin(spec: &Spec, path: Option<&str>, dir: &Path) -> Result<PathBuf> {
    let Spec { name, variable, .. } = spec;
    if let Some(given) = env::value(variable) {
        return programs::find(&given, &env::current_dir()?).ok_or_else(|| {
            Fault::usage(
                format!("`{variable}` is `{}`, which is no program", given.display()),
                format!("correct the variable, or unset it to look for `{name}` along `PATH`"),
            )
        });
    }
    if let Some(path) = path {
        return programs::find(path.as_ref(), dir).ok_or_else(|| {
            Fault::usage(
                format!("`agents.{name}.path` is `{path}`, which is no program"),
                format!("correct it, or remove it to look for `{name}` along `PATH`"),
            )
        });
    }
    let hint =
        format!("install it with `{}`, set `{variable}`, or choose another with `--agent`", spec.install());
    find(spec.program, dir, &hint)
}

fn find(program: &str, dir: &Path, hint: &str) -> Result<PathBuf> {
    programs::find(OsStr::new(program), dir)
        .ok_or_else(|| Fault::usage(format!("`{program}` is not installed or not on `PATH`"), hint))
}

#[cfg(test)]
#[path = "catalog_tests.rs"]
mod tests;
