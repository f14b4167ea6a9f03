//! How an attempt ends that somebody else made: what becomes of the task, and its result.

use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::claim;
use super::claim_gates::Judgement;
use super::claim_update::{Told, Update, Word, told};
use super::event::{Attempt, Blame, Event};
use super::queue::Turn;
use super::result::TaskResult;
use super::settings::Settings;
use super::state::Row;
use super::task::{Status, Task};
use super::transition::{self, Next, Verdict};

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
    red: bool,
}

impl<'a> Ending<'a> {
    /// An attempt that came to `verdict`.
    pub fn new(task: &'a Task, attempt: Attempt, verdict: Verdict, settings: &'a Settings) -> Self {
        let red = verdict == Verdict::GateFailed;
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
            red,
        }
    }

    /// What the worker said of it.
    pub fn say(&mut self, word: &Word, judgement: &Judgement) {
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
        let (gate_results, red) = (result.gate_results.clone(), self.red);
        Ok(Update { gate_results, reason, red, result: Some(Box::new(result)), ..self.told(status) })
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
        event = event.with("runtime", self.runtime());
        turn.record(event);
        let gate_results = self.judgement.results.clone();
        let told = self.told(Status::Pending);
        Update { not_before, gate_results, reason: why, red: self.red, ..told }
    }

    fn runtime(&self) -> String {
        self.task.runtime.clone().unwrap_or_else(|| self.settings.default_runtime.clone())
    }

    /// The worker's output, or what is wrong with it.
    pub fn take_output(&mut self, output: Result<Option<Value>, String>) {
        match output {
            Ok(None) => {}
            Ok(Some(output)) => drop(self.metadata.insert("output".into(), output)),
            Err(complaint) => {
                self.error = Some(complaint);
                self.red = true;
            }
        }
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
        let dispatch = self.task.way();
        let dispatch = dispatch.as_ref();
        TaskResult {
            task_id: self.task.id.clone(),
            status,
            completed_at: now,
            failed_at: (status != Status::Completed).then_some(now),
            exit_code: self.exit_code,
            attempt: self.attempt.number,
            max_attempts: self.attempt.most,
            runtime: self.runtime(),
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
