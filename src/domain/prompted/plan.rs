//! What a prompt typed by hand asks for, decided before anything starts.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use crate::domain::agents::Usage;
use crate::domain::agents::catalog::{self, Choice};
use crate::domain::attempt::budget::{Budget, Spend, Stop, Tally, before as bars};
use crate::domain::attempt::engine::Engine;
use crate::domain::attempt::prompt::{around, one_line};
use crate::domain::attempt::receipt;
use crate::domain::launchers::Launcher;
use crate::domain::loops::plan::{self as loops, refuse_unknown_cost};
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::config::{Config, Permissions};
use crate::system::store;

/// Characters of the prompt's first line that stand for it in lists.
const TITLE: usize = 80;

/// Where the prompt's text is.
#[derive(Debug, Clone)]
pub enum Text {
    /// Here.
    Given(String),
    /// In a file.
    File(PathBuf),
}

/// What prompts before this one have used of the limits that it shares with them.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    /// What they cost together.
    pub spend: Spend,
    /// What the dearest of them cost (USD).
    pub dearest: f64,
    /// How long they took.
    pub time: Duration,
}

impl Default for Used {
    fn default() -> Self {
        Self { spend: Spend::nothing(), dearest: 0.0, time: Duration::ZERO }
    }
}

impl Used {
    /// Adds another prompt.
    pub fn add(&mut self, spend: &Spend, time: Duration) {
        self.spend.add(spend);
        self.dearest = self.dearest.max(spend.usd);
        self.time = self.time.saturating_add(time);
    }
}

/// The piece of work that a prompt is a part of, where it was not typed by hand: a mission.
#[derive(Debug, Clone)]
pub struct Part {
    /// The work's id: in receipts, for launchers, and in the agent's environment.
    pub task: String,
    /// What stands for the prompt in lists.
    pub title: String,
    /// Which attempt on the work this is, from 1.
    pub attempt: u64,
    /// What the agent `shell` finds its block in.
    pub description: String,
    /// Variables for the agent.
    pub env: Vec<(OsString, OsString)>,
}

/// What the user asks for on the command line, over the settings.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the agent is told.
    pub text: Text,
    /// Files that it is shown, in order.
    pub contexts: Vec<PathBuf>,
    /// Agent instead of the default.
    pub agent: Option<String>,
    /// Model instead of the configured one.
    pub model: Option<String>,
    /// Rights instead of the configured ones.
    pub permissions: Option<Permissions>,
    /// The session to continue, by the agent's own id.
    pub session: Option<String>,
    /// What the agent is handed to.
    pub launcher: Option<String>,
    /// Limits on USD, tokens and time; each replaces the configured one of a run.
    pub budget: Budget,
    /// What was used of them before.
    pub used: Used,
    /// Work within a budget though the agent does not say what it costs.
    pub allow_unknown_cost: bool,
    /// What it is a part of.
    pub part: Option<Part>,
}

/// A prompt, ready to be handed over.
#[derive(Debug)]
pub struct Plan {
    /// Who answers, and how long it may take.
    pub engine: Engine,
    /// All that it is told.
    pub prompt: String,
    /// The start of it, for lists.
    pub title: String,
    /// The session to continue.
    pub session: Option<String>,
    /// What the agent is handed to, if it is not to run right here.
    pub launcher: Option<Launcher>,
    /// What attempts on record used in that session.
    pub before: Usage,
    /// The limits.
    pub budget: Budget,
    /// What was used of them before.
    pub used: Used,
    /// Whether money limits hold though a cost may be unknown.
    pub unknown_allowed: bool,
    /// What it is a part of. Such a prompt is answered by what was done: nothing need be said in the end.
    pub part: Option<Part>,
}

/// Decides a prompt. Errors are [`Fault::Usage`]: no text, a file that is not there, an agent that is not
/// there or cannot continue sessions, limits on money with an agent that does not say what it costs.
pub fn plan(workspace: &Workspace, config: &Config, options: &Options) -> Result<Plan> {
    let text = match &options.text {
        Text::Given(text) => text.clone(),
        Text::File(path) => read(path)?,
    };
    if text.trim().is_empty() {
        return Err(Fault::usage(
            "the prompt is empty",
            "give it as TEXT, with `--file FILE`, or on stdin with `-`",
        ));
    }
    let contexts = options.contexts.iter().map(|path| Ok((path.display().to_string(), read(path)?)));
    let contexts = contexts.collect::<Result<Vec<_>>>()?;
    let choice = Choice {
        agent: options.agent.as_deref(),
        model: options.model.as_deref(),
        permissions: options.permissions,
    };
    let agent = catalog::resolve(config, choice, workspace.root())?;
    if let Some(session) = &options.session {
        if agent.spec().is_none() {
            return Err(Fault::usage(
                format!("agent `{}` keeps no sessions that could be continued", agent.name),
                "leave out `--continue`, or choose another agent with `--agent`",
            ));
        }
        // It becomes an argument of the agent's and must not be read as an option.
        if session.starts_with('-') || session.trim().is_empty() {
            return Err(Fault::usage(
                format!("`{session}` is no session id"),
                "`taskrun agent status --json` shows the session of the last prompt",
            ));
        }
    }
    let engine = Engine::new(agent, config);
    let mut budget = limits(config, &options.budget, &options.used);
    budget.per_task_usd = config.budget.per_task_usd.filter(|_| options.part.is_some());
    if budget.counts_money() && !options.allow_unknown_cost {
        refuse_unknown_cost(&engine.agent, &engine.prices)?;
    }
    Ok(Plan {
        before: before(workspace, &engine.agent.name, options.session.as_deref())?,
        engine,
        title: options.part.as_ref().map_or_else(|| title(&text), |part| title(&part.title)),
        prompt: compose(&text, &contexts),
        session: options.session.clone(),
        launcher: loops::launcher(workspace, config, options.launcher.as_deref())?,
        budget,
        used: options.used,
        unknown_allowed: options.allow_unknown_cost,
        part: options.part.clone(),
    })
}

fn read(path: &Path) -> Result<String> {
    store::read_text(path)?.ok_or_else(|| {
        Fault::usage(format!("`{}` does not exist", path.display()), "give the path of a text file")
    })
}

/// One run of one attempt: what limits a run and what limits an attempt both hold. An attempt's own
/// limit counts nothing that was used before it.
fn limits(config: &Config, flags: &Budget, before: &Used) -> Budget {
    let file = &config.budget;
    let attempt = file.per_attempt_usd.map(|usd| usd + before.spend.usd);
    let usd = [flags.usd.or(file.usd), attempt].into_iter().flatten().min_by(f64::total_cmp);
    Budget {
        usd,
        tokens: flags.tokens.or(file.tokens),
        time: flags.time.or(file.time),
        per_day_usd: file.per_day_usd,
        ..Budget::default()
    }
}

/// What a session has used by the receipts.
fn before(workspace: &Workspace, agent: &str, session: Option<&str>) -> Result<Usage> {
    let mut used = Usage::default();
    let Some(session) = session else { return Ok(used) };
    receipt::each(&workspace.receipts(), |receipt| {
        if receipt.agent == agent && receipt.session.as_deref() == Some(session) {
            let worked = receipt.worked();
            used.input = used.input.saturating_add(worked.input_tokens);
            used.cached = used.cached.saturating_add(worked.cached_tokens);
            used.output = used.output.saturating_add(worked.output_tokens);
        }
    })?;
    Ok(used)
}

fn title(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    one_line(line).chars().take(TITLE).collect()
}

/// The prompt's text, then each file in a code block that nothing in it can close.
fn compose(text: &str, contexts: &[(String, String)]) -> String {
    let mut prompt = text.trim_end().to_owned();
    for (name, content) in contexts {
        let (fence, end) = (around(content), if content.ends_with('\n') { "" } else { "\n" });
        let name = one_line(name).replace('`', "'");
        let _ = write!(prompt, "\n\nContext, the file `{name}`:\n\n{fence}\n{content}{end}{fence}");
    }
    prompt.push('\n');
    prompt
}

/// The name of the limit that `stop` is about, as the settings and flags call it.
pub(super) fn limit_name(plan: &Plan, tally: &Tally, stop: Stop) -> &'static str {
    let run = Budget { per_day_usd: None, ..plan.budget };
    match stop {
        Stop::Usd if bars(&run, tally, plan.unknown_allowed) == Some(stop) => "budget_usd",
        Stop::Usd => "per_day_usd",
        Stop::Tokens => "budget_tokens",
        Stop::Time => "max_time",
        Stop::Iterations => "iterations",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_are_fenced_and_named() {
        assert_eq!(compose("Say hello\n\n", &[]), "Say hello\n");
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let composed = compose("Look", &[file("a`\nb.rs", "x"), file("c.md", "````\nfenced\n````\n")]);
        assert_eq!(
            composed,
            "Look\n\nContext, the file `a' b.rs`:\n\n```\nx\n```\n\nContext, the file `c.md`:\n\n\
             `````\n````\nfenced\n````\n`````\n"
        );
    }

    #[test]
    fn a_title_is_the_first_line_that_says_something() {
        assert_eq!(title("\n \n  Do\tthis \x1b[31m\nand that"), "Do this [31m");
        assert_eq!(title(&"x".repeat(200)).len(), TITLE);
    }

    #[test]
    fn the_smallest_limit_on_money_holds() {
        let config: Config =
            toml::from_str("[budget]\nusd = 5.0\nper_attempt_usd = 2.0\nper_day_usd = 9.0\ntokens = 7")
                .unwrap();
        let flags = |usd| Budget { usd, tokens: Some(3), ..Budget::default() };
        let none = Used::default();
        let asked = |usd| limits(&config, &flags(usd), &none);
        assert_eq!(
            (asked(None).usd, asked(Some(1.0)).usd, asked(Some(8.0)).usd),
            (Some(2.0), Some(1.0), Some(2.0))
        );
        assert_eq!((asked(None).per_day_usd, asked(None).tokens), (Some(9.0), Some(3)));
        assert_eq!(limits(&config, &Budget::default(), &none).tokens, Some(7));
        let mut used = none;
        used.add(&Spend { usd: 1.5, ..Spend::nothing() }, Duration::ZERO);
        assert_eq!(limits(&config, &flags(None), &used).usd, Some(3.5));
        assert_eq!(limits(&config, &flags(Some(2.5)), &used).usd, Some(2.5));
    }
}
