//! What an attempt came to whose run was killed, as far as its files tell.

use std::path::Path;

use anyhow::Result;
use jiff::Timestamp;

use crate::domain::agents::catalog::{self, Agent};
use crate::domain::attempt::budget::{Source, Spend};
use crate::domain::attempt::engine::{Engine, file};
use crate::domain::attempt::receipt::{self, Judged, Outcome, Receipt};
use crate::domain::beads::Store;
use crate::domain::loops::attempt::epic_of;
use crate::domain::loops::claims::{Claim, Claims};
use crate::domain::loops::land::COMPLETED;
use crate::domain::loops::verify::judge_prefix;
use crate::domain::prompted;
use crate::domain::workspace::Workspace;
use crate::system::{clock, config};

/// Hands over every receipt on record, then one for each attempt of a dead run that the next run
/// will put on record: what was spent is told at once.
pub(super) fn each(workspace: &Workspace, mut take: impl FnMut(Receipt)) -> Result<()> {
    let mut prompts = prompted::record::dead(workspace);
    let open = left_open(workspace, &mut |receipt| {
        prompts.retain(|prompt| prompt.run != receipt.run);
        take(receipt);
    })?;
    for claim in &open {
        take(write(workspace, claim, Outcome::Killed, None));
    }
    for prompt in &prompts {
        take(prompt.postmortem(workspace));
    }
    Ok(())
}

/// Only those that are not on record yet. Cheap when there are none.
pub(super) fn unrecorded(workspace: &Workspace, mut take: impl FnMut(Receipt)) -> Result<()> {
    if Claims::read(workspace)?.claims.is_empty() {
        return Ok(());
    }
    let open = left_open(workspace, &mut |_| {})?;
    for claim in &open {
        take(write(workspace, claim, Outcome::Killed, None));
    }
    Ok(())
}

/// The claims of dead runs whose attempts are not among the receipts, all of which go to `take`.
fn left_open(workspace: &Workspace, take: &mut dyn FnMut(Receipt)) -> Result<Vec<Claim>> {
    let mut open = Claims::read(workspace)?.claims;
    open.retain(|claim| !claim.holder.alive());
    receipt::each(&workspace.receipts(), |receipt| {
        open.retain(|claim| !belongs(&receipt, claim));
        take(receipt);
    })?;
    Ok(open)
}

/// Whether a receipt is that of the claim's attempt.
pub(super) fn belongs(receipt: &Receipt, claim: &Claim) -> bool {
    receipt.run == claim.run && receipt.iteration == claim.iteration
}

/// The receipt of a dead run's attempt.
pub(super) fn write(
    workspace: &Workspace,
    claim: &Claim,
    outcome: Outcome,
    commit: Option<String>,
) -> Receipt {
    let (mut spend, session, model) = replay(workspace, claim);
    let judged = judged(workspace, claim);
    if let Some(judged) = &judged {
        spend.add(&judged.spend);
    }
    let ended = clock::now();
    let took = ended.duration_since(claim.since).as_millis();
    let store = Store::open(workspace).ok();
    let title = store.as_ref().and_then(|store| store.issue(&claim.task).ok()).map(|issue| issue.title);
    let epic = store.as_ref().and_then(|store| epic_of(store, &claim.task).ok()).flatten();
    let reason = match outcome {
        Outcome::Closed => COMPLETED,
        Outcome::Reopened => "git refused the commit",
        _ => "the run was killed",
    };
    let name = |_: &String| format!("refs/taskrun/{}/{}", claim.run, claim.iteration);
    Receipt {
        v: Receipt::VERSION,
        run: claim.run.clone(),
        iteration: claim.iteration,
        task: claim.task.clone(),
        title: title.unwrap_or_default(),
        epic: epic.map(|(id, ..)| id),
        attempt: claim.attempt,
        agent: claim.agent.clone(),
        model,
        session,
        started_at: claim.since,
        ended_at: ended,
        duration_ms: u64::try_from(took).unwrap_or(0),
        outcome,
        reason: reason.into(),
        class: None,
        exit_code: None,
        signal: None,
        spend,
        gates: Vec::new(),
        judged,
        left_running: Vec::new(),
        snapshot: claim.snapshot.clone(),
        snapshot_ref: claim.snapshot.as_ref().map(name),
        commit,
        files_changed: 0,
        not_committed: Vec::new(),
        noted: Vec::new(),
    }
}

/// What the stream had shown before the end: spend, session, model.
fn replay(workspace: &Workspace, claim: &Claim) -> (Spend, Option<String>, Option<String>) {
    let prefix = workspace.run_dir(&claim.run).join(format!("{:04}", claim.iteration));
    let (dir, model) = (workspace.root(), claim.model.as_ref());
    let dead = Dead { prefix: &prefix, dir, agent: &claim.agent, model, since: claim.since };
    read_back(workspace, &dead)
}

/// What is left of the agent that judged the work, where one had begun to.
fn judged(workspace: &Workspace, claim: &Claim) -> Option<Judged> {
    let (agent, asked) = claim.judge.as_ref()?;
    let prefix = judge_prefix(&workspace.run_dir(&claim.run).join(format!("{:04}", claim.iteration)));
    if !file(&prefix, ".prompt.md").exists() {
        return None;
    }
    let dead =
        Dead { prefix: &prefix, dir: workspace.root(), agent, model: asked.as_ref(), since: claim.since };
    let (spend, session, model) = read_back(workspace, &dead);
    let model = model.or_else(|| asked.clone());
    Some(Judged { agent: agent.clone(), model, session, passed: false, class: None, spend })
}

/// An attempt that nobody saw end.
pub(crate) struct Dead<'a> {
    /// Path and start of the name of its files.
    pub(crate) prefix: &'a Path,
    /// Where it worked.
    pub(crate) dir: &'a Path,
    /// Who worked.
    pub(crate) agent: &'a str,
    /// The model that was asked for.
    pub(crate) model: Option<&'a String>,
    /// When it began.
    pub(crate) since: Timestamp,
}

/// What its files show of an attempt that was killed: spend, session, model.
pub(crate) fn read_back(workspace: &Workspace, dead: &Dead<'_>) -> (Spend, Option<String>, Option<String>) {
    if ![".capture", ".stdout"].iter().any(|end| file(dead.prefix, end).exists()) {
        return (Spend::nothing(), None, None);
    }
    let replayed = || -> Result<_> {
        let config = config::load(Some(&workspace.config_file()))?;
        let agent = Agent { model: dead.model.cloned(), ..catalog::recorded(&config, dead.agent)? };
        let engine = Engine::new(agent, &config);
        let report = engine.replay(dead.prefix, dead.dir, dead.since)?;
        let spend = Spend { partial: true, ..engine.spend(&report, true) };
        Ok((spend, report.session, report.model))
    };
    // An agent that nobody knows any more leaves its cost unknown, never zero.
    let unknown = Spend { known: false, source: Source::Unknown, partial: true, ..Spend::default() };
    replayed().unwrap_or((unknown, None, None))
}
