//! An agent under way, as a crash would leave it: what it spent is then put on record from what its stream had shown.

use std::path::{Path, PathBuf};

use anyhow::Result;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Job;
use super::judged::Entry;
use crate::domain::agents::catalog::Agent;
use crate::domain::attempt::budget::{Source, Spend};
use crate::domain::attempt::engine::Answer;
use crate::domain::attempt::receipt::{self, Outcome, Receipt};
use crate::domain::loops::postmortem::{self, Dead};
use crate::domain::macp::dispatch;
use crate::domain::macp::place::Place;
use crate::domain::macp::purse::{append, on_record, receipts};
use crate::domain::macp::task::Task;
use crate::domain::workspace::Workspace;
use crate::system::{clock, store};

const VERSION: u64 = 1;
/// Its file in the slot's directory.
const FILE: &str = "agent.json";

/// Who works on what since when.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    version: u64,
    run: String,
    task: String,
    title: String,
    attempt: u64,
    agent: String,
    model: Option<String>,
    prefix: PathBuf,
    dir: PathBuf,
    started_at: Timestamp,
}

impl Record {
    pub(super) fn begin(job: &Job<'_>, agent: &Agent, dir: &Path) -> Self {
        Self {
            version: VERSION,
            run: job.run.to_owned(),
            task: job.task.id.clone(),
            title: job.task.title.clone(),
            attempt: job.news.attempt,
            agent: agent.name.clone(),
            model: agent.model.clone(),
            prefix: job.prefix.to_owned(),
            dir: dir.to_owned(),
            started_at: clock::now(),
        }
    }

    pub(super) fn save(&self, slot: &Path) -> Result<()> {
        store::make_dir(slot)?;
        store::write_json_soon(&slot.join(FILE), self)
    }

    /// It has ended and is on record.
    #[allow(clippy::unused_self)] // there is nothing to remove without one
    pub(super) fn done(&self, slot: &Path) -> Result<()> {
        store::remove(&slot.join(FILE))
    }

    pub(super) fn receipt(&self, answer: &Answer, entry: &Entry) -> Receipt {
        let outcome = answer.outcome.as_ref();
        Receipt {
            class: answer.class(),
            model: answer.report.model.clone().or_else(|| self.model.clone()),
            session: answer.report.session.clone(),
            exit_code: outcome.and_then(|outcome| outcome.ended.code),
            signal: outcome.and_then(|outcome| outcome.ended.signal),
            spend: answer.spend,
            left_running: outcome.map(|outcome| outcome.left.clone()).unwrap_or_default(),
            ..self.bare(entry.outcome, &entry.reason)
        }
    }

    /// With what is known before the agent has said anything.
    fn bare(&self, outcome: Outcome, reason: &str) -> Receipt {
        let ended = clock::now();
        let took = ended.duration_since(self.started_at).as_millis();
        Receipt {
            v: Receipt::VERSION,
            run: self.run.clone(),
            iteration: self.attempt,
            task: on_record(&self.task),
            title: self.title.clone(),
            epic: None,
            attempt: self.attempt,
            agent: self.agent.clone(),
            model: self.model.clone(),
            session: None,
            started_at: self.started_at,
            ended_at: ended,
            duration_ms: u64::try_from(took).unwrap_or(0),
            outcome,
            reason: reason.to_owned(),
            class: None,
            exit_code: None,
            signal: None,
            spend: Spend::nothing(),
            gates: Vec::new(),
            judged: None,
            left_running: Vec::new(),
            snapshot: None,
            snapshot_ref: None,
            commit: None,
            files_changed: 0,
            not_committed: Vec::new(),
            noted: Vec::new(),
        }
    }
}

/// An attempt that somebody else made, who says what it cost.
#[derive(Debug)]
pub struct Told<'a> {
    /// The task.
    pub task: &'a Task,
    /// The run it belongs to.
    pub run: &'a str,
    /// Which attempt.
    pub attempt: u64,
    /// Who is said to have worked.
    pub agent: &'a str,
    /// What it cost.
    pub usd: f64,
    /// When it began.
    pub started_at: Timestamp,
    /// Whether it did what the task asks.
    pub well: bool,
}

impl Told<'_> {
    /// For the record, as any attempt.
    pub fn receipt(&self) -> Receipt {
        let record = Record {
            version: VERSION,
            run: self.run.to_owned(),
            task: self.task.id.clone(),
            title: self.task.title.clone(),
            attempt: self.attempt,
            agent: self.agent.to_owned(),
            model: None,
            prefix: PathBuf::new(),
            dir: PathBuf::new(),
            started_at: self.started_at,
        };
        let outcome = if self.well { Outcome::Answered } else { Outcome::Unanswered };
        let spend = Spend { usd: self.usd, known: true, source: Source::Reported, ..Spend::default() };
        Receipt { spend, ..record.bare(outcome, "as its worker tells") }
    }
}

/// Puts on record what an agent of a slot spent whose worker was killed, and removes what was staged for it. For the one who
/// holds the slot, before it is used again; cheap when there is nothing.
pub fn settle(place: &Place, slot: &Path) -> Result<()> {
    dispatch::sweep(slot)?;
    let file = slot.join(FILE);
    let Ok(Some(record)) = store::read_versioned::<Record>(&file, VERSION) else {
        // One that a power loss has torn tells nothing.
        return store::remove(&file);
    };
    let receipts = receipts(place);
    let (task, mut known) = (on_record(&record.task), false);
    receipt::each(&receipts, |receipt| {
        known |= receipt.run == record.run && receipt.task == task && receipt.started_at == record.started_at;
    })?;
    if !known {
        let workspace = Workspace::at(place.root().to_owned());
        let dead = Dead {
            prefix: &record.prefix,
            dir: &record.dir,
            agent: &record.agent,
            model: record.model.as_ref(),
            since: record.started_at,
        };
        let (spend, session, model) = postmortem::read_back(&workspace, &dead);
        let bare = record.bare(Outcome::Killed, "whoever worked the queue was killed");
        let model = model.or_else(|| record.model.clone());
        append(&receipts, &Receipt { model, session, spend, ..bare })?;
    }
    store::remove(&file)
}
