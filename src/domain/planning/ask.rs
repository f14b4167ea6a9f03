//! Has an agent answer, and once more where the answer cannot be used.

use std::time::Duration;

use anyhow::Result;

use super::answer::{self, Plan};
use super::brief::{self, Above, There};
use super::goal::Goal;
use crate::domain::agents::catalog::{self, Agent, Choice, Kind as AgentKind};
use crate::domain::attempt::budget::{Budget, Spend};
use crate::domain::attempt::event::{Event, Finished};
use crate::domain::beads::Store;
use crate::domain::prompted::{self, Barred, plan as prompt};
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::config::{Config, Permissions};
use crate::system::redact;

/// How often an agent is asked.
const TRIES: usize = 2;

/// What the user asks for, over the settings.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Agent instead of the default.
    pub agent: Option<String>,
    /// Model instead of the configured one.
    pub model: Option<String>,
    /// The epic that the tasks go below.
    pub epic: Option<String>,
    /// Limits on USD, tokens and time, over all that is asked.
    pub budget: Budget,
    /// Work within a budget though the agent does not say what it costs.
    pub allow_unknown_cost: bool,
}

/// What the caller lends.
pub struct Hands<'a> {
    /// Hears every event.
    pub tell: &'a mut dyn FnMut(&Event),
    /// Hears what the user should know beside that.
    pub notice: &'a mut dyn FnMut(&str),
}

/// All that is known before an agent is started.
#[derive(Debug)]
pub struct Ready {
    goal: Goal,
    there: There,
    brief: String,
    options: prompt::Options,
    agent: Agent,
}

/// What came of asking.
#[derive(Debug)]
pub struct Asked {
    /// The plan, if there is one.
    pub plan: Option<Plan>,
    /// What is wrong with the last answer.
    pub wrong: Vec<String>,
    /// How the last prompt ended.
    pub finished: Finished,
    /// What all of them cost together.
    pub spend: Spend,
    /// Their runs.
    pub runs: Vec<String>,
    /// Who answered.
    pub agent: String,
    /// With which model, as far as that is known.
    pub model: Option<String>,
    /// What was planned.
    pub goal: Goal,
    /// The epic that was there.
    pub epic: Option<String>,
}

/// Decides what is asked of whom. Nothing is started and nothing is spent yet.
pub fn ready(workspace: &Workspace, config: &Config, goal: Goal, options: &Options) -> Result<Ready> {
    let choice =
        Choice { agent: options.agent.as_deref(), model: options.model.as_deref(), permissions: None };
    let agent = catalog::resolve(config, choice, workspace.root())?;
    if matches!(agent.kind, AgentKind::Shell { .. }) {
        return Err(Fault::usage(
            "the agent `shell` runs what a task says; it cannot plan",
            "name another one with `--agent`",
        ));
    }
    let there = there(&Store::open(workspace)?, options.epic.as_deref())?;
    let brief = brief::brief(&goal.text, &there);
    let options = prompt::Options {
        text: prompt::Text::Given(brief.clone()),
        contexts: Vec::new(),
        agent: options.agent.clone(),
        model: options.model.clone(),
        // A plan changes nothing. What a command of the user's may do only the user knows.
        permissions: agent.spec().map(|_| Permissions::ReadOnly),
        session: None,
        launcher: None,
        budget: Budget {
            usd: options.budget.usd.or(config.budget.usd),
            tokens: options.budget.tokens.or(config.budget.tokens),
            time: options.budget.time.or(config.budget.time),
            ..Budget::default()
        },
        used: prompt::Used::default(),
        allow_unknown_cost: options.allow_unknown_cost,
        part: None,
    };
    // Whatever cannot be is told before a terminal is asked for anything.
    prompt::plan(workspace, config, &options)?;
    Ok(Ready { goal, there, brief, options, agent })
}

/// The epic that the tasks go below, and what it has already.
fn there(store: &Store, epic: Option<&str>) -> Result<There> {
    let Some(epic) = epic else { return Ok(There::default()) };
    store.view(|table| {
        let issue = table.issue(&table.resolve(epic)?)?;
        if issue.is_closed() {
            return Err(Fault::refused(
                format!("`{}` is closed", issue.id),
                format!("`taskrun beads reopen {}` makes it open again", issue.id),
            ));
        }
        let children =
            table.graph().children(&issue.id).iter().map(|child| child.title.to_string()).collect();
        let above = Above { id: issue.id, title: issue.title, description: issue.description };
        Ok(There { epic: Some(above), taken: children })
    })
}

/// Asks. An answer that cannot be used is shown to the agent once, within the same limits: a second try that, as
/// dear as the first, would pass one of them is not made.
#[allow(clippy::needless_pass_by_value)] // the hands are lent for as long as it takes
pub fn ask(workspace: &Workspace, config: &Config, ready: Ready, hands: Hands<'_>) -> Result<Asked> {
    let Ready { goal, there, brief, mut options, agent } = ready;
    let (mut runs, mut model, mut wrong) = (Vec::new(), agent.model.clone(), Vec::new());
    let title = there.epic.as_ref().map(|epic| epic.title.as_str());
    let mut prompt = prompt::plan(workspace, config, &options)?;
    let mut tries = 0;
    loop {
        tries += 1;
        let mut tell = |event: &Event| {
            if runs.last() != Some(&event.run) {
                runs.push(event.run.clone());
            }
            (hands.tell)(event);
        };
        let hands = prompted::Hands { tell: &mut tell, text: &mut |_| {}, notice: hands.notice };
        let mut finished = prompted::run(workspace, &prompt, hands)?;
        options.used.add(&finished.spend, Duration::from_millis(finished.duration_ms));
        model = prompted::model(workspace, runs.last().map_or("", String::as_str)).or(model);
        let text = redact::ours().text(finished.text.as_deref().unwrap_or_default());
        let read =
            if finished.exit_code == 0 { answer::read(&text, title, &there.taken) } else { Err(Vec::new()) };
        let (plan, why) = read.map_or_else(|wrong| (None, wrong), |plan| (Some(plan), Vec::new()));
        if finished.iterations == 0 && tries > 1 {
            // A limit of the day, used up by others just now: this was no try.
            runs.pop();
        } else {
            wrong = why;
        }
        if plan.is_none() && finished.exit_code == 0 && tries < TRIES {
            options.text = prompt::Text::Given(brief::again(&brief, &text, &wrong));
            prompt = prompt::plan(workspace, config, &options)?;
            match prompted::barred(workspace, &prompt)? {
                None => continue,
                Some(barred) => bar(&mut finished, &barred),
            }
        }
        let (spend, agent, epic) = (options.used.spend, agent.name, there.epic.map(|epic| epic.id));
        return Ok(Asked { plan, wrong, finished, spend, runs, agent, model, goal, epic });
    }
}

/// An answer that cannot be used, when a limit forbids to ask once more.
fn bar(finished: &mut Finished, barred: &Barred) {
    let limit = barred.limit;
    let why = match (limit, finished.spend.known) {
        ("budget_usd" | "per_day_usd", true) => format!("as dear as the first it would pass `{limit}`"),
        ("budget_usd" | "per_day_usd", false) => {
            format!("what the first one cost is unknown, and `{limit}` is to be kept")
        }
        _ => format!("`{limit}` is used up"),
    };
    finished.reason = barred.reason.into();
    finished.exit_code = barred.exit_code;
    finished.message = Some(format!("the answer cannot be used, and no second try was made: {why}"));
}
