//! What a run would do next, without doing it: the task, the call, the gates, the prompt.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use crate::domain::agents::invocation::{Request, invocation};
use crate::domain::attempt::budget;
use crate::domain::beads::Store;
use crate::domain::loops::attempt::epic_of;
use crate::domain::loops::brief::Brief;
use crate::domain::loops::ledger::Ledger;
use crate::domain::loops::plan::{self, Plan};
use crate::domain::loops::scope::survey;
use crate::domain::loops::state::Current;
use crate::domain::skills::apply::skill_of;
use crate::domain::skills::catalog::Found;
use crate::domain::skills::guide::Guide;
use crate::domain::stack;
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::clock;
use crate::system::config::{Config, Verify};

/// What would happen.
#[derive(Debug, Serialize)]
pub struct Preview {
    /// The task that would be taken; `None` when none is ready.
    pub task: Option<Current>,
    /// Agent's name.
    pub agent: String,
    /// Who takes over when the provider turns it away, in this order.
    pub fallback: Vec<String>,
    /// Its command line; the prompt's file is made when the run starts.
    pub argv: Vec<String>,
    /// The gates.
    pub gates: Vec<String>,
    /// The skill that tasks are worked by.
    pub skill: Option<String>,
    /// The agent that judges the work after them.
    pub verify: Option<String>,
    /// Whether what changed would be committed.
    pub commit: bool,
    /// Which attempt on the task it would be.
    pub attempt: u64,
    /// How many there may be.
    pub max_attempts: u64,
    /// Limits in force.
    pub max_iterations: Option<u64>,
    /// USD limit of the run.
    pub budget_usd: Option<f64>,
    /// The prompt; only with `--print-prompt`.
    #[serde(skip)]
    pub prompt: Option<String>,
}

/// Looks ahead; `extra` are further paragraphs of the prompt. Changes nothing.
pub fn preview(workspace: &Workspace, plan: &Plan, extra: Vec<String>) -> Result<Preview> {
    let store = Store::open(workspace)?;
    let found = survey(&store, &plan.filter, plan.task.as_deref())?;
    let ledger = Ledger::read(&workspace.receipts(), clock::now())?;
    let mut preview = Preview {
        task: None,
        agent: plan.engine.agent.name.clone(),
        fallback: plan.fallbacks.iter().map(|engine| engine.agent.name.clone()).collect(),
        argv: Vec::new(),
        gates: plan.gates_of_skill().commands,
        skill: plan.guide.as_ref().map(|guide| guide.skill.id.clone()),
        verify: plan.judge().map(|engine| engine.agent.name),
        commit: plan.commit,
        attempt: 1,
        max_attempts: plan.max_attempts,
        max_iterations: if plan.once { Some(1) } else { plan.budget.iterations },
        budget_usd: plan.budget.usd,
        prompt: None,
    };
    let Some(issue) = found.next else { return Ok(preview) };
    let past = ledger.past(&issue.id);
    let spent = budget::Tally {
        run: budget::Spend::nothing(),
        dearest: 0.0,
        day: ledger.day,
        day_dearest: ledger.day_dearest,
        iterations: 0,
        elapsed: std::time::Duration::ZERO,
    };
    preview.gates = plan.gates_for(&issue).commands;
    let brief = Brief {
        epic: epic_of(&store, &issue.id)?,
        gates: &preview.gates,
        extra,
        judged: plan.verify.is_some(),
        max_attempts: plan.max_attempts,
        dir: workspace.root(),
        guide: plan.guide.as_ref(),
        template: plan.template.as_ref(),
    };
    let prompt = brief.prompt(&issue, &past)?;
    let thread = past.thread.as_ref().filter(|thread| plan.continues(thread));
    let request = Request {
        prompt_file: &workspace.runs_dir().join("RUN/0001.prompt.md"),
        dir: workspace.root(),
        budget_left: budget::left(&plan.budget, &spent, &past.spend),
        task: &issue.id,
        attempt: past.attempts + 1,
        description: &issue.description,
        resume: thread.map(|thread| thread.session.as_str()),
        prefix: &workspace.runs_dir().join("RUN/0001"),
        prompt_chars: prompt.chars().count(),
    };
    let call = invocation(&plan.engine.agent, &request)?;
    let words = std::iter::once(call.program.into_os_string()).chain(call.args);
    preview.argv = words.map(|word| word.to_string_lossy().into_owned()).collect();
    preview.attempt = past.attempts + 1;
    preview.prompt = Some(prompt);
    preview.task = Some(Current { id: issue.id, title: issue.title });
    Ok(preview)
}

/// [`prompt`] by a skill that must be for the task: one that was made of another skill is refused.
pub fn rendered(
    workspace: &Workspace,
    config: &Config,
    id: &str,
    (found, given): (Found, BTreeMap<String, String>),
) -> Result<(String, String)> {
    let issue = Store::open(workspace)?.issue(id)?;
    let own = found.skill.id.clone();
    if let Some(other) = skill_of(&issue).filter(|other| *other != own) {
        return Err(Fault::refused(
            format!("`{}` is a task of the skill `{other}`, and is worked without `{own}`", issue.id),
            format!("run `taskrun skill render {other} --task {}`", issue.id),
        ));
    }
    prompt(workspace, config, &issue.id, Some((found, given)))
}

/// The prompt for task `id` as things stand, by a skill with these values of its variables if by any; no agent need be
/// installed. An unknown id is a [`Fault::NotFound`](crate::fault::Fault::NotFound).
pub fn prompt(
    workspace: &Workspace,
    config: &Config,
    id: &str,
    skill: Option<(Found, BTreeMap<String, String>)>,
) -> Result<(String, String)> {
    let store = Store::open(workspace)?;
    let issue = store.issue(id)?;
    let template = plan::template(workspace)?;
    let past = Ledger::read(&workspace.receipts(), clock::now())?.past(&issue.id);
    let mut gates = plan::gates(workspace, config, &[], true)?.commands;
    let candidates = stack::candidates(workspace.root())?;
    let guide = skill.map(|(found, given)| Guide::new(found, &candidates, given));
    if let Some(guide) = guide.as_ref().filter(|guide| guide.is_for(&issue)) {
        plan::add_gates(&mut gates, guide);
    }
    let brief = Brief {
        epic: epic_of(&store, &issue.id)?,
        gates: &gates,
        extra: Vec::new(),
        judged: config.loops.verify == Verify::Agent,
        max_attempts: config.loops.max_attempts,
        dir: workspace.root(),
        guide: guide.as_ref(),
        template: template.as_ref(),
    };
    let text = brief.prompt(&issue, &past)?;
    Ok((issue.id, text))
}
