//! What a prompt is doing or has come to: `.taskrun/runs/<run>/prompt.json`.

use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::attempt::budget::Spend;
use crate::domain::attempt::engine;
use crate::domain::attempt::receipt::{self, Outcome, Receipt};
use crate::domain::loops::postmortem::{self, Dead};
use crate::domain::prompted::plan::Plan;
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::lock::{Holder, Lock};
use crate::system::process::end_marked;
use crate::system::{clock, redact, store};

const VERSION: u64 = 1;
/// What stands for the task in the receipt of a prompt.
pub const NO_TASK: &str = "-";
/// The name of the attempt's files: `0001.prompt.md` and so on.
pub const PREFIX: &str = "0001";
/// How long the processes of a killed prompt may take to be gone.
const PREDECESSOR: Duration = Duration::from_secs(10);

/// One prompt, as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    version: u64,
    /// Run id.
    pub run: String,
    /// The process that waits for the answer.
    pub holder: Holder,
    /// Agent's name.
    pub agent: String,
    /// Model asked for.
    pub model: Option<String>,
    /// The prompt's first line, or what stands for it.
    pub title: String,
    /// The piece of work that it is a part of: a mission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Which attempt on that work it is, from 1.
    #[serde(default = "first")]
    pub attempt: u64,
    /// The agent's session, once it is known.
    pub session: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// What it has spent so far.
    pub spend: Spend,
    /// How it ended, once it has.
    pub ended: Option<Ended>,
}

/// How a prompt ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// A word of the contract.
    pub reason: String,
    /// What the process exited with.
    pub exit_code: u8,
    /// Why, where that does not say it all.
    pub message: Option<String>,
    /// Whether it was killed.
    pub killed: bool,
}

fn first() -> u64 {
    1
}

impl Record {
    /// A prompt that begins now, in this process.
    pub fn begin(run: &str, plan: &Plan) -> Self {
        let (agent, part) = (&plan.engine.agent, plan.part.as_ref());
        Self {
            version: VERSION,
            run: run.into(),
            holder: Holder::me(),
            agent: agent.name.clone(),
            model: agent.model.clone(),
            title: redact::ours().text(&plan.title).into_owned(),
            task: part.map(|part| part.task.clone()),
            attempt: part.map_or(1, |part| part.attempt),
            session: None,
            started_at: clock::now(),
            spend: Spend::nothing(),
            ended: None,
        }
    }

    /// Reads the record of `run`; `None` where there is none that can be read.
    pub fn read(workspace: &Workspace, run: &str) -> Option<Self> {
        store::read_versioned(&workspace.prompt_state(run), VERSION).ok().flatten()
    }

    /// Writes it.
    pub fn save(&self, workspace: &Workspace) -> Result<()> {
        store::write_json_soon(&workspace.prompt_state(&self.run), self)
    }

    /// Whether it still goes: it has not ended and its process lives.
    pub fn runs(&self) -> bool {
        self.ended.is_none() && self.holder.alive()
    }

    /// The receipt of one that was killed: what its stream had shown.
    pub fn postmortem(&self, workspace: &Workspace) -> Receipt {
        let prefix = workspace.run_dir(&self.run).join(PREFIX);
        let (dir, model) = (workspace.root(), self.model.as_ref());
        let dead = Dead { prefix: &prefix, dir, agent: &self.agent, model, since: self.started_at };
        let (spend, session, model) = postmortem::read_back(workspace, &dead);
        let ended = clock::now();
        Receipt {
            model: model.or_else(|| self.model.clone()),
            session,
            spend,
            ..self.receipt(Outcome::Killed, "the prompt was killed", ended)
        }
    }

    /// A receipt with what is known before the agent has said anything.
    pub fn receipt(&self, outcome: Outcome, reason: &str, ended: Timestamp) -> Receipt {
        let took = ended.duration_since(self.started_at).as_millis();
        Receipt {
            v: Receipt::VERSION,
            run: self.run.clone(),
            iteration: 1,
            task: self.task.clone().unwrap_or_else(|| NO_TASK.into()),
            title: self.title.clone(),
            epic: None,
            attempt: self.attempt,
            agent: self.agent.clone(),
            model: self.model.clone(),
            session: self.session.clone(),
            started_at: self.started_at,
            ended_at: ended,
            duration_ms: u64::try_from(took).unwrap_or(0),
            outcome,
            reason: reason.into(),
            exit_code: None,
            signal: None,
            spend: Spend::nothing(),
            gates: Vec::new(),
            judged: None,
            left_running: Vec::new(),
            snapshot: None,
            snapshot_ref: None,
            class: None,
            commit: None,
            files_changed: 0,
            not_committed: Vec::new(),
            noted: Vec::new(),
        }
    }
}

/// The model that answered in `run`, by its receipt.
pub fn model(workspace: &Workspace, run: &str) -> Option<String> {
    let mut model = None;
    let found = receipt::each(&workspace.receipts(), |receipt| {
        if receipt.run == run {
            model = receipt.model;
        }
    });
    found.ok().and(model)
}

/// The ids of all prompts whose folders are still there, oldest first.
pub fn ids(workspace: &Workspace) -> Vec<String> {
    let entries = std::fs::read_dir(workspace.runs_dir()).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut ids: Vec<String> = names.filter(|name| name.starts_with("p-")).collect();
    ids.sort_unstable();
    ids
}

/// Prompts that were killed and are not put on record yet, as far as their own files tell.
pub fn dead(workspace: &Workspace) -> Vec<Record> {
    let records = ids(workspace).into_iter().filter_map(|run| Record::read(workspace, &run));
    records.filter(|record| record.ended.is_none() && !record.holder.alive()).collect()
}

/// Puts killed prompts on record, and ends what they may have left. For a caller without children of
/// its own; cheap when there are none.
pub fn settle(workspace: &Workspace, log_limit: u64, notice: &mut dyn FnMut(&str)) -> Result<()> {
    for record in dead(workspace) {
        let ended = end_marked(&record.run);
        if !ended.is_empty() {
            notice(&format!("ended what `{}` had left running: {}", record.run, ended.join(", ")));
        }
        let _lock = match Lock::take(&workspace.prompt_lock(&record.run), PREDECESSOR) {
            // Somebody else is at it.
            Err(error) if matches!(error.downcast_ref(), Some(Fault::Busy { .. })) => continue,
            other => other?,
        };
        let Some(mut record) = Record::read(workspace, &record.run).filter(|record| record.ended.is_none())
        else {
            continue;
        };
        let mut known = None;
        receipt::each(&workspace.receipts(), |receipt| {
            if receipt.run == record.run {
                known = Some(receipt);
            }
        })?;
        let on_record = known.is_some();
        let receipt = known.unwrap_or_else(|| record.postmortem(workspace));
        if !on_record {
            receipt.append(&workspace.receipts())?;
        }
        engine::tidy(&workspace.run_dir(&record.run), log_limit)?;
        (record.spend, record.session) = (receipt.spend, receipt.session);
        record.ended = Some(Ended {
            at: receipt.ended_at,
            reason: "interrupted".into(),
            exit_code: 137,
            message: None,
            killed: true,
        });
        record.save(workspace)?;
    }
    Ok(())
}
