//! What a worker tells of the task it claimed, and what becomes of the task by it.

use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::claim::{self, LEASE};
use super::claim_gates::{self, Judgement};
use super::event::{Attempt, Blame, Event, Hold};
use super::queue::{Queue, Turn};
use super::result::{GateResult, TaskResult};
use super::settings::Settings;
use super::state::Row;
use super::task::{Status, Task};
use super::transition::{self, Next, Verdict};
use super::worktree;
use crate::fault::Fault;
use crate::system::lock::Holder;
use crate::system::redact;

/// How it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Still at it.
    Running,
    /// Done, says the worker; the gates have the last word.
    Completed,
    /// It did not work out.
    Failed,
    /// A person is needed.
    Escalated,
    /// Somebody else is to do it.
    Pending,
}

/// What a worker tells.
#[derive(Debug, Clone)]
pub struct Word {
    /// Who says so.
    pub who: String,
    /// Of which attempt, where it says.
    pub attempt: Option<u64>,
    /// How it goes.
    pub told: Told,
    /// What its command ended with.
    pub exit_code: Option<i64>,
    /// Its last words.
    pub summary: Option<String>,
    /// What went wrong, or why a person is needed.
    pub reason: Option<String>,
    /// Its pull request.
    pub pr: Option<String>,
    /// What it has spent, in USD.
    pub usd: Option<f64>,
    /// How long the claim is to hold from now on.
    pub lease: Option<Duration>,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub struct Update {
    /// The task.
    pub id: String,
    /// What its status is now, as people see it.
    pub status: &'static str,
    /// Which attempt was spoken of.
    pub attempt: u64,
    /// How many there may be.
    pub max_attempts: u64,
    /// Until when the claim holds.
    pub lease_until: Option<Timestamp>,
    /// When it may be tried again.
    pub not_before: Option<Timestamp>,
    /// How its gates went.
    pub gate_results: Vec<GateResult>,
    /// Why it is what it is.
    pub reason: Option<String>,
    /// Whether gates said no to a worker's yes.
    pub red: bool,
    /// What was left of the worktree, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Takes a worker's word for the task `id` that it holds. Errors: no such task; somebody else holds it, or nobody.
pub fn update(queue: &mut Queue, settings: &Settings, id: &str, word: &Word) -> Result<Update> {
    let word = &clean(word);
    let updated = match word.told {
        Told::Running => queue.change(|turn| renew(turn, settings, id, word)),
        Told::Pending => queue.change(|turn| hand_back(turn, settings, id, word)),
        _ => end(queue, settings, id, word),
    }?;
    queue.sync()?;
    Ok(updated)
}

/// The words without secrets.
fn clean(word: &Word) -> Word {
    let text = |text: &Option<String>| text.as_ref().map(|text| redact::ours().text(text).into_owned());
    Word { summary: text(&word.summary), reason: text(&word.reason), pr: text(&word.pr), ..word.clone() }
}

fn renew(turn: &mut Turn<'_>, settings: &Settings, id: &str, word: &Word) -> Result<Update> {
    let now = turn.now();
    let row = claim::held(turn.state(), id, &word.who, word.attempt)?;
    let attempt = claim::attempt(row, settings, 0);
    let hold = row.hold.clone().map(|hold| renewed(hold, claim::until(now, word.lease.unwrap_or(LEASE))));
    let mut event = Event::progress(row, now).with("by", word.who.clone());
    if let Some(hold) = &hold {
        event = event.holding(hold);
    }
    event.message = word.summary.clone().or(word.reason.clone()).unwrap_or_else(|| "Lease renewed".into());
    let status = row.status;
    turn.record(event);
    if let Some(pr) = &word.pr {
        turn.edit(id, Map::from_iter([("pr".to_owned(), json!(pr))]))?;
    }
    Ok(Update { lease_until: hold.and_then(|hold| hold.lease_until), ..told(id, status, attempt) })
}

/// A renewal never shortens what runs: a lease may be set to any length from now.
fn renewed(hold: Hold, until: Timestamp) -> Hold {
    Hold { holder: None, lease_until: Some(until), ..hold }
}

fn hand_back(turn: &mut Turn<'_>, settings: &Settings, id: &str, word: &Word) -> Result<Update> {
    let now = turn.now();
    let row = claim::held(turn.state(), id, &word.who, word.attempt)?;
    let attempt = claim::attempt(row, settings, 0);
    let why = word.reason.clone().or(word.summary.clone());
    let message = why.clone().unwrap_or_else(|| format!("Handed back by `{}`", word.who));
    let event = Event::again(id, Blame::Nobody, row.forgiven + 1, None, now).saying(message);
    turn.record(event.with("by", word.who.clone()));
    Ok(Update { reason: why, ..told(id, Status::Pending, attempt) })
}

fn told(id: &str, status: Status, attempt: Attempt) -> Update {
    Update {
        id: id.to_owned(),
        status: status.word(),
        attempt: attempt.number,
        max_attempts: attempt.most,
        lease_until: None,
        not_before: None,
        gate_results: Vec::new(),
        reason: None,
        red: false,
        note: None,
    }
}

/// The worker is done with it, one way or the other.
fn end(queue: &mut Queue, settings: &Settings, id: &str, word: &Word) -> Result<Update> {
    let place = queue.place().clone();
    let (task, attempt, before, hold) = queue.change(|turn| gated(turn, settings, id, word))?;
    let ground = worktree::prepare(&task, &place, settings)?;
    let mut judgement = Judgement::default();
    if word.told == Told::Completed {
        let gates = claim_gates::of(&task, settings);
        match claim_gates::judge(&place, settings, (&task, attempt.number), &gates, &ground) {
            Ok(judged) => judgement = judged,
            Err(error) => {
                // Nothing is judged: the claim is the worker's again.
                queue.change(|turn| {
                    let now = turn.now();
                    if let Some(row) = turn.state().row(id).filter(|row| row.hold.as_ref() == Some(&hold)) {
                        let event =
                            Event::progress(row, now).saying("The gates were stopped").holding(&before);
                        turn.record(event);
                    }
                    Ok(())
                })?;
                return Err(error);
            }
        }
    }
    let verdict = match (word.told, &judgement.complaint) {
        (Told::Completed, None) => Verdict::Passed,
        (Told::Completed, Some(_)) => Verdict::GateFailed,
        (Told::Escalated, _) => Verdict::Escalates(word.reason.clone().unwrap_or_else(|| "asked for".into())),
        _ => Verdict::WorkerFailed,
    };
    let mut ending = Ending::new(&task, attempt, verdict, settings);
    ending.files = worktree::files_changed(&ground)?;
    ending.branch = ground.branch.clone();
    ending.say(word, &judgement);
    ending.judgement = judgement;
    let mut updated = queue.change(|turn| {
        let row = claim::row(turn.state(), id)?;
        if row.hold.as_ref() != Some(&hold) || row.attempts != attempt.number {
            let message = format!("task `{id}` was taken from `{}` while its gates ran", word.who);
            return Err(Fault::refused(message, "`taskrun macp log ID` tells by whom"));
        }
        ending.settle(turn)
    })?;
    if updated.status != Status::Pending.word() && settings.cleanup_worktrees {
        updated.note = worktree::cleanup(&task, &place, settings)?;
    }
    Ok(updated)
}

/// Takes note that the worker is done: from here on the claim is held by this process, for as long as the gates may take.
/// The claim as it was is given back with the new one.
fn gated(
    turn: &mut Turn<'_>,
    settings: &Settings,
    id: &str,
    word: &Word,
) -> Result<(Task, Attempt, Hold, Hold)> {
    let now = turn.now();
    let row = claim::held(turn.state(), id, &word.who, word.attempt)?.clone();
    let attempt = claim::attempt(&row, settings, 0);
    let task = turn.task(id)?;
    let Some(before) = row.hold.clone() else { return Err(Fault::refused("nobody holds it", "")) };
    let gates = if word.told == Told::Completed { claim_gates::of(&task, settings).len() } else { 0 };
    let most = claim_gates::timeout(settings).saturating_mul(u32::try_from(gates).unwrap_or(u32::MAX));
    let until = claim::until(now, most.saturating_add(Duration::from_secs(60))).max(now);
    let until = before.lease_until.map_or(until, |lease| lease.max(until));
    let hold = Hold {
        holder: Some(Holder::me()),
        host: crate::system::host::Host::here(),
        lease_until: Some(until),
        ..before.clone()
    };
    if gates > 0 && row.macp && row.status == Status::Running {
        turn.record(Event::gated(id, now));
    }
    let row = claim::row(turn.state(), id)?.clone();
    turn.record(Event::progress(&row, now).saying("The worker is done").holding(&hold));
    Ok((task, attempt, before, hold))
}

/// How an attempt ends.
#[derive(Debug)]
pub struct Ending<'a> {
    task: &'a Task,
    attempt: Attempt,
    verdict: Verdict,
    settings: &'a Settings,
    /// How its gates went.
    pub judgement: Judgement,
    /// Paths that it changed.
    pub files: Vec<String>,
    /// Its branch.
    pub branch: Option<String>,
    /// Its exit code.
    pub exit_code: Option<i64>,
    /// Its last words.
    pub summary: String,
    /// What went wrong.
    pub error: Option<String>,
    /// Its pull request.
    pub pr: Option<String>,
    /// More for the result.
    pub metadata: Map<String, Value>,
}

impl<'a> Ending<'a> {
    /// An attempt that came to `verdict`.
    pub fn new(task: &'a Task, attempt: Attempt, verdict: Verdict, settings: &'a Settings) -> Self {
        Self {
            task,
            attempt,
            verdict,
            settings,
            judgement: Judgement::default(),
            files: Vec::new(),
            branch: task.branch.clone(),
            exit_code: None,
            summary: String::new(),
            error: None,
            pr: task.pr.clone(),
            metadata: Map::new(),
        }
    }

    fn say(&mut self, word: &Word, judgement: &Judgement) {
        self.exit_code = word.exit_code.or((word.told == Told::Completed).then_some(0));
        self.summary = word.summary.clone().unwrap_or_default();
        self.pr = word.pr.clone().or(self.pr.take());
        self.error = match word.told {
            Told::Completed => judgement.complaint.clone(),
            Told::Failed => Some(word.reason.clone().unwrap_or_else(|| match word.exit_code {
                Some(code) => format!("the worker ended with exit code {code}"),
                None => "the worker failed".into(),
            })),
            _ => None,
        };
        self.metadata.insert("worker".into(), json!(word.who));
        if let Some(usd) = word.usd {
            self.metadata.insert("spend".into(), json!({"usd": usd, "known": true}));
        }
    }

    /// Records what becomes of the task.
    pub fn settle(&mut self, turn: &mut Turn<'_>) -> Result<Update> {
        let now = turn.now();
        let row = claim::row(turn.state(), &self.task.id)?.clone();
        for event in std::mem::take(&mut self.judgement.events) {
            turn.record(event);
        }
        let failures = self.attempt.number.saturating_sub(self.attempt.forgiven);
        let pause = transition::pause(self.settings.retry_delay, failures, &self.task.id);
        let infrastructure = (0, self.settings.infrastructure_attempts);
        let next = transition::next(&self.verdict, self.attempt, row.macp, infrastructure, pause);
        let status = match &next {
            Next::Again(blame, pause) => return Ok(self.again(turn, (*blame, *pause), &row)),
            Next::Complete => Status::Completed,
            Next::Fail => Status::Failed,
            Next::Escalate(_) => Status::Escalated,
        };
        let why = if let Next::Escalate(why) = next { Some(why) } else { None };
        let result = self.result(status, &row, why.clone(), now);
        let message = why.clone().or(self.error.clone()).unwrap_or_else(|| self.summary.clone());
        turn.record(Event::ended(&self.task.id, &result, false, now).saying(message));
        if let Some(pr) = self.pr.as_ref().filter(|pr| self.task.pr.as_ref() != Some(pr)) {
            turn.edit(&self.task.id, Map::from_iter([("pr".to_owned(), json!(pr))]))?;
        }
        let reason = why.or(self.error.clone());
        Ok(Update { gate_results: result.gate_results, reason, red: self.is_red(), ..self.told(status) })
    }

    fn again(&self, turn: &mut Turn<'_>, (blame, pause): (Blame, Duration), row: &Row) -> Update {
        let now = turn.now();
        let not_before = Some(claim::until(now, pause)).filter(|_| !pause.is_zero());
        let forgiven = row.forgiven + u64::from(blame != Blame::Task);
        let why = self.error.clone();
        let mut event = Event::again(&self.task.id, blame, forgiven, not_before, now)
            .saying(why.clone().unwrap_or_else(|| "To be tried again".into()));
        if !self.judgement.results.is_empty() {
            event = event.with("gate_results", json!(self.judgement.results));
        }
        event.metadata.extend(self.metadata.clone());
        turn.record(event);
        let gate_results = self.judgement.results.clone();
        let told = self.told(Status::Pending);
        Update { not_before, gate_results, reason: why, red: self.is_red(), ..told }
    }

    fn is_red(&self) -> bool {
        self.verdict == Verdict::GateFailed
    }

    fn told(&self, status: Status) -> Update {
        told(&self.task.id, status, self.attempt)
    }

    fn result(&mut self, status: Status, row: &Row, why: Option<String>, now: Timestamp) -> TaskResult {
        let mut metadata = std::mem::take(&mut self.metadata);
        if let Some(started) = row.started_at {
            let took = u64::try_from(started.duration_until(now).as_millis()).unwrap_or(0);
            metadata.insert("started_at".into(), json!(started));
            metadata.insert("duration_ms".into(), json!(took));
        }
        let dispatch = self.task.dispatch.as_ref();
        TaskResult {
            task_id: self.task.id.clone(),
            status,
            completed_at: now,
            failed_at: (status != Status::Completed).then_some(now),
            exit_code: self.exit_code,
            attempt: self.attempt.number,
            max_attempts: self.attempt.most,
            runtime: self.task.runtime.clone().unwrap_or_else(|| self.settings.default_runtime.clone()),
            dispatch: dispatch.map_or("exec", |dispatch| dispatch.word()).to_owned(),
            worktree: self.task.worktree.clone(),
            branch: self.branch.clone(),
            pr: self.pr.clone(),
            summary: self.summary.clone(),
            files_changed: std::mem::take(&mut self.files),
            gate_results: self.judgement.results.clone(),
            error: self.error.clone(),
            escalation_reason: why,
            metadata,
        }
    }
}

/// Fails a task that was just claimed and cannot be worked at all.
pub(super) fn hopeless(queue: &mut Queue, settings: &Settings, task: &Task, why: &str) -> Result<()> {
    queue.change(|turn| {
        let row = claim::row(turn.state(), &task.id)?;
        let mut ending = Ending::new(task, claim::attempt(row, settings, 0), Verdict::Hopeless, settings);
        ending.error = Some(redact::ours().text(why).into_owned());
        ending.settle(turn).map(|_| ())
    })
}
