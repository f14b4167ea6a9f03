//! What a run will do, decided once before it starts: nothing an agent edits later changes it.

use std::collections::VecDeque;

use anyhow::Result;

use crate::domain::agents::catalog::{self, Agent, Choice, Cost, Kind as AgentKind};
use crate::domain::agents::prices::Book;
use crate::domain::attempt::budget::Budget;
use crate::domain::attempt::engine::Engine;
use crate::domain::attempt::gates::{DEFAULT_TIMEOUT, Gates};
use crate::domain::attempt::prompt::{self, Template};
use crate::domain::beads::{Filter, Issue};
use crate::domain::launchers::Launcher;
use crate::domain::loops::guided::{self, Scene, Stories};
use crate::domain::loops::provider::Policy;
use crate::domain::loops::resume::Thread;
use crate::domain::skills::catalog::Found;
use crate::domain::skills::guide::Guide;
use crate::domain::stack;
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::config::{Config, OnRateLimit, Permissions, Verify};
use crate::system::store;

/// What the user asks for on the command line, over the settings.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools)] // flags
pub struct Options {
    /// Agent instead of the default.
    pub agent: Option<String>,
    /// Model instead of the configured one.
    pub model: Option<String>,
    /// Only tasks below this epic.
    pub epic: Option<String>,
    /// Only tasks with this label.
    pub label: Option<String>,
    /// Only this task.
    pub task: Option<String>,
    /// One iteration.
    pub once: bool,
    /// Limits; each replaces the configured one.
    pub budget: Budget,
    /// Attempts on one task before a person is asked.
    pub max_attempts: Option<u64>,
    /// Gates beside the configured ones.
    pub gates: Vec<String>,
    /// Leave the configured gates out.
    pub no_gates: bool,
    /// Commit, or not.
    pub commit: Option<bool>,
    /// Ask a person before a task is closed.
    pub confirm: bool,
    /// What agents and gates are handed to.
    pub launcher: Option<String>,
    /// What a rate limit does.
    pub on_rate_limit: Option<OnRateLimit>,
    /// Whether somebody may be watching on a terminal.
    pub terminal: bool,
    /// Work within a budget though the agent does not say what it costs.
    pub allow_unknown_cost: bool,
    /// Who judges the work, instead of the configured.
    pub verify: Option<Verify>,
    /// The skill that tasks are worked by.
    pub skill: Option<Found>,
    /// Its stories, where they are to be made tasks.
    pub stories: Option<Stories>,
    /// Whether it was said that tasks are worked by none.
    pub no_skill: bool,
    /// What the skill is about, where that is a folder below the root.
    pub scene: Option<Scene>,
}

/// A run, decided.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // flags
pub struct Plan {
    /// Who works, and how long it may take.
    pub engine: Engine,
    /// Who takes over for the rest of the run when the provider turns the agent away, in this order.
    pub fallbacks: VecDeque<Engine>,
    /// What is done when that happens.
    pub policy: Policy,
    /// Whether the next attempt on a task continues the session of the last.
    pub resume_session: bool,
    /// What is run after it.
    pub gates: Gates,
    /// Who judges the work after that, if anybody does.
    pub verify: Option<Verifier>,
    /// The limits.
    pub budget: Budget,
    /// Whether money limits hold though a cost may be unknown.
    pub unknown_allowed: bool,
    /// Attempts on one task before a person is asked.
    pub max_attempts: u64,
    /// Iterations in a row that change nothing before the run ends; 0 never ends it.
    pub no_progress: u64,
    /// Whether to commit.
    pub commit: bool,
    /// Whether to push after a commit.
    pub push: bool,
    /// Which tasks.
    pub filter: Filter,
    /// Only this task.
    pub task: Option<String>,
    /// One iteration.
    pub once: bool,
    /// Ask a person before a task is closed.
    pub confirm: bool,
    /// What agents and gates are handed to, if they are not to run right here.
    pub launcher: Option<Launcher>,
    /// The user's own prompt template: path and text.
    pub template: Option<(String, String)>,
    /// The skill that tasks are worked by.
    pub guide: Option<Guide>,
    /// Its stories, where they are to be made tasks first.
    pub stories: Option<Stories>,
    /// Whether it was said that tasks are worked by none.
    pub no_skill: bool,
}

/// Who judges the work of an attempt.
#[derive(Debug)]
pub enum Verifier {
    /// The agent that works then, in a session of its own.
    Worker,
    /// Another agent, or the same with another model.
    Other(Box<Engine>),
}

impl Plan {
    /// The agent that judges the work, kept to reading where it can be.
    pub(super) fn judge(&self) -> Option<Engine> {
        match self.verify.as_ref()? {
            Verifier::Other(engine) => Some(Engine::clone(engine)),
            Verifier::Worker => {
                let mut engine = self.engine.clone();
                if engine.agent.spec().is_some() {
                    engine.agent.permissions = Permissions::ReadOnly;
                }
                Some(engine)
            }
        }
    }

    /// The gates of a task: those of the run, and those of the skill that it is worked by which are not among them.
    pub(super) fn gates_for(&self, issue: &Issue) -> Gates {
        let guided = self.guide.as_ref().is_none_or(|guide| guide.is_for(issue));
        if guided { self.gates_of_skill() } else { self.gates.clone() }
    }

    /// The gates of a task that the skill is for, if there is one.
    pub(super) fn gates_of_skill(&self) -> Gates {
        let mut gates = self.gates.clone();
        if let Some(guide) = &self.guide {
            add_gates(&mut gates.commands, guide);
        }
        gates
    }

    /// Whether an agent's word is all there is to judge a task by.
    pub(super) fn has_no_gates(&self) -> bool {
        let guided = self.guide.as_ref().is_some_and(|guide| !guide.gates().is_empty());
        self.gates.commands.is_empty() && self.verify.is_none() && !guided
    }

    /// Whether the next attempt goes on in this session, the last one of its task.
    pub(super) fn continues(&self, thread: &Thread) -> bool {
        let agent = &self.engine.agent;
        // Other commands are not told which session.
        self.resume_session && agent.spec().is_some() && thread.goes_on(&agent.name)
    }
}

/// The gates of a skill beside others, none twice.
pub(super) fn add_gates(commands: &mut Vec<String>, guide: &Guide) {
    for command in guide.gates() {
        if !commands.contains(command) {
            commands.push(command.clone());
        }
    }
}

/// The gates in force: those configured for the project's stack, then `extra`.
pub fn gates(workspace: &Workspace, config: &Config, extra: &[String], configured: bool) -> Result<Gates> {
    let mut commands = Vec::new();
    if configured && !config.gates.by_stack.is_empty() {
        let candidates = stack::candidates(workspace.root())?;
        commands = stack::gates_for(&config.gates.by_stack, &candidates);
    }
    commands.extend_from_slice(extra);
    Ok(Gates {
        commands,
        timeout: config.gates.timeout.unwrap_or(DEFAULT_TIMEOUT),
        stop_at_red: true,
        log_limit: config.logs.max_size,
    })
}

/// The launcher that was asked for.
pub fn launcher(workspace: &Workspace, config: &Config, name: Option<&str>) -> Result<Option<Launcher>> {
    name.map(|name| Launcher::resolve(config, name, workspace.root(), &workspace.launches())).transpose()
}

/// The user's own prompt template, if there is one: its path and text.
pub fn template(workspace: &Workspace) -> Result<Option<(String, String)>> {
    let path = workspace.prompt_template();
    let Some(text) = store::read_text(&path)? else { return Ok(None) };
    let name = path.display().to_string();
    prompt::check(&Template { name: &name, source: &text })?;
    Ok(Some((name, text)))
}

/// Decides a run. Errors are [`Fault::Usage`]: an agent that is not there, limits on money with an
/// agent that does not say what it costs.
pub fn plan(workspace: &Workspace, config: &Config, options: &Options) -> Result<Plan> {
    let choice =
        Choice { agent: options.agent.as_deref(), model: options.model.as_deref(), ..Choice::default() };
    let agent = catalog::resolve(config, choice, workspace.root())?;
    let budget = merge(config, options);
    let fallbacks = fallbacks(workspace, config, &agent.name)?;
    let policy = policy(config, options, fallbacks.is_empty())?;
    let unknown_allowed = options.allow_unknown_cost;
    let verify = verifier(workspace, config, options, std::iter::once(&agent).chain(&fallbacks))?;
    if budget.counts_money() && !unknown_allowed {
        let prices = Book::new(config.prices.clone());
        let judge = match &verify {
            Some(Verifier::Other(engine)) => Some(&engine.agent),
            _ => None,
        };
        for agent in std::iter::once(&agent).chain(&fallbacks).chain(judge) {
            refuse_unknown_cost(agent, &prices)?;
        }
    }
    let filter = Filter { epic: options.epic.clone(), label: options.label.clone(), ..Filter::default() };
    Ok(Plan {
        engine: Engine::new(agent, config),
        fallbacks: fallbacks.into_iter().map(|agent| Engine::new(agent, config)).collect(),
        policy,
        resume_session: config.loops.resume_session,
        gates: gates(workspace, config, &options.gates, !options.no_gates)?,
        verify,
        budget,
        unknown_allowed,
        max_attempts: options.max_attempts.unwrap_or(config.loops.max_attempts).max(1),
        no_progress: config.loops.no_progress,
        commit: options.commit.unwrap_or(config.loops.commit),
        push: config.beads.push,
        filter,
        task: options.task.clone(),
        once: options.once,
        confirm: options.confirm,
        launcher: launcher(workspace, config, options.launcher.as_deref())?,
        template: template(workspace)?,
        guide: guided::guide(workspace, options)?,
        stories: options.stories.clone(),
        no_skill: options.no_skill,
    })
}

/// The agents of `agent.fallback`, each once, without the one that works first.
///
/// A model's name means something to one agent only, so `--model` and `[agent] model` are for the agent
/// they were written for: the first one and the default one. Any other takes its own `[agents.NAME]
/// model`, or what it chooses by itself.
fn fallbacks(workspace: &Workspace, config: &Config, first: &str) -> Result<Vec<Agent>> {
    let mut others = config.clone();
    others.agent.model = None;
    let mut found: Vec<Agent> = Vec::new();
    for name in &config.agent.fallback {
        let config = if *name == config.agent.default { config } else { &others };
        let choice = Choice { agent: Some(name), ..Choice::default() };
        let agent = catalog::resolve(config, choice, workspace.root())?;
        if agent.name != first && found.iter().all(|known| known.name != agent.name) {
            found.push(agent);
        }
    }
    Ok(found)
}

/// Who judges the work: flags over settings. `workers` are those that work, first and in place of each other. Errors: an
/// agent that cannot judge, or is not there.
fn verifier<'a>(
    workspace: &Workspace,
    config: &Config,
    options: &Options,
    mut workers: impl Iterator<Item = &'a Agent>,
) -> Result<Option<Verifier>> {
    let set = &config.loops;
    if options.verify.unwrap_or(set.verify) == Verify::None {
        return Ok(None);
    }
    if set.verify_agent.is_none() && set.verify_model.is_none() {
        workers
            .try_for_each(|worker| judge(workspace, config, &worker.name, worker.model.as_ref()).map(drop))?;
        return Ok(Some(Verifier::Worker));
    }
    let Some(worker) = workers.next() else { return Ok(None) };
    let name = set.verify_agent.as_ref().unwrap_or(&worker.name);
    // A model's name means something to one agent only.
    let model = set.verify_model.as_ref().or(worker.model.as_ref().filter(|_| *name == worker.name));
    let agent = judge(workspace, config, name, model)?;
    Ok(Some(Verifier::Other(Box::new(Engine::new(agent, config)))))
}

/// An agent as one that judges.
fn judge(workspace: &Workspace, config: &Config, name: &str, model: Option<&String>) -> Result<Agent> {
    let known = catalog::recorded(config, name)?;
    if matches!(known.kind, AgentKind::Shell { .. }) {
        return Err(Fault::usage(
            "the agent `shell` runs what a task says; it cannot judge the work of others",
            "name another one as `verify_agent` below `[loop]`, or run with `--verify none`",
        ));
    }
    let mut others = config.clone();
    if name != config.agent.default {
        others.agent.model = None;
    }
    let choice = Choice {
        agent: Some(name),
        model: model.map(String::as_str),
        // What a command of the user's may do only the user knows.
        permissions: known.spec().map(|_| Permissions::ReadOnly),
    };
    catalog::resolve(&others, choice, workspace.root())
}

/// What is done when the provider turns an agent away: flags over settings.
fn policy(config: &Config, options: &Options, alone: bool) -> Result<Policy> {
    let on_rate_limit = options.on_rate_limit.or(config.agent.on_rate_limit);
    if alone && on_rate_limit == Some(OnRateLimit::Fallback) {
        return Err(Fault::usage(
            "a rate limit cannot be answered with `fallback`: no other agent is set to take over",
            "write `fallback = [\"codex\"]` below `[agent]`, or use `--on-rate-limit wait` or `exit`",
        ));
    }
    Ok(Policy {
        on_rate_limit,
        terminal: options.terminal,
        retries: config.agent.retries,
        retry_delay: config.agent.retry_delay,
    })
}

/// A limit on money cannot be kept where nobody can tell what was spent.
pub(crate) fn refuse_unknown_cost(agent: &Agent, prices: &Book) -> Result<()> {
    let name = &agent.name;
    match (agent.cost, &agent.model) {
        (Cost::Reported | Cost::Free, _) => Ok(()),
        (Cost::ByTokens, Some(model)) if prices.knows(model) => Ok(()),
        (Cost::ByTokens, Some(model)) => Err(Fault::usage(
            format!("agent `{name}` reports tokens only, and there is no price for `{model}`"),
            format!("add `[prices.\"{model}\"]` to the settings, or accept it with `--allow-unknown-cost`"),
        )),
        (Cost::ByTokens, None) => Err(Fault::usage(
            format!("agent `{name}` reports tokens only, and which model it will use is not known"),
            "name the model with `--model`, or accept it with `--allow-unknown-cost`",
        )),
        (Cost::Unknown, _) => Err(Fault::usage(
            format!("agent `{name}` does not report what it costs, so a limit in USD cannot be kept"),
            "limit tokens, time or iterations instead, or accept it with `--allow-unknown-cost`",
        )),
    }
}

fn merge(config: &Config, options: &Options) -> Budget {
    let (file, flags) = (&config.budget, &options.budget);
    Budget {
        usd: flags.usd.or(file.usd),
        tokens: flags.tokens.or(file.tokens),
        iterations: flags.iterations.or(file.iterations),
        time: flags.time.or(file.time),
        per_attempt_usd: flags.per_attempt_usd.or(file.per_attempt_usd),
        per_task_usd: flags.per_task_usd.or(file.per_task_usd),
        per_day_usd: flags.per_day_usd.or(file.per_day_usd),
    }
}
