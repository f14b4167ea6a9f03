//! What the current or last run is doing: `.taskrun/loop.json`.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Result;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::attempt::budget::Spend;
use crate::domain::beads::{Hold, Store};
use crate::domain::loops::control::{self, Action};
use crate::domain::loops::postmortem;
use crate::domain::workspace::Workspace;
use crate::system::lock::Holder;
use crate::system::{clock, store};

const VERSION: u64 = 1;

/// The task being worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    /// Issue id.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// One run, as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    version: u64,
    /// Run id.
    pub run: String,
    /// The process that runs it.
    pub holder: Holder,
    /// Whether it waits for `loop resume`.
    pub paused: bool,
    /// Why it ended, once it has.
    pub reason: Option<String>,
    /// Iterations begun.
    pub iteration: u64,
    /// Those of them that do not count, for the provider turned the agent away.
    #[serde(default)]
    pub excused: u64,
    /// Until when it waits for the provider, if it does.
    #[serde(default)]
    pub waits_until: Option<Timestamp>,
    /// The limit of iterations.
    pub max_iterations: Option<u64>,
    /// What is worked on.
    pub task: Option<Current>,
    /// Agent's name.
    pub agent: String,
    /// Spent so far, finished attempts only.
    pub spend: Spend,
    /// Its limit.
    pub budget_usd: Option<f64>,
    /// Tasks closed.
    pub completed: Vec<String>,
    /// Tasks tried and still open.
    pub failed: Vec<String>,
    /// Tasks waiting for a person.
    pub escalated: Vec<String>,
    /// When the run began.
    pub started_at: Timestamp,
    /// When this was written.
    pub last_activity: Timestamp,
}

impl State {
    /// A run that begins now, in this process.
    pub fn begin(run: &str, agent: &str) -> Self {
        let now = clock::now();
        Self {
            version: VERSION,
            run: run.into(),
            holder: Holder::me(),
            paused: false,
            reason: None,
            iteration: 0,
            excused: 0,
            waits_until: None,
            max_iterations: None,
            task: None,
            agent: agent.into(),
            spend: Spend::nothing(),
            budget_usd: None,
            completed: Vec::new(),
            failed: Vec::new(),
            escalated: Vec::new(),
            started_at: now,
            last_activity: now,
        }
    }

    /// Reads the current or last run, if there ever was one.
    pub fn read(workspace: &Workspace) -> Result<Option<Self>> {
        let path = workspace.loop_state();
        // It is written at every step and not waited for: this is what a power loss may leave.
        if std::fs::metadata(&path).is_ok_and(|meta| meta.len() == 0) {
            return Ok(None);
        }
        store::read_versioned(&path, VERSION)
    }

    /// Writes it, with the time.
    pub fn save(&mut self, workspace: &Workspace) -> Result<()> {
        self.last_activity = clock::now();
        store::write_json_soon(&workspace.loop_state(), self)
    }

    /// Iterations that count against their limit.
    pub fn counted(&self) -> u64 {
        self.iteration.saturating_sub(self.excused)
    }

    /// Whether the run still goes: it has not ended and its process lives.
    pub fn runs(&self) -> bool {
        self.reason.is_none() && self.holder.alive()
    }
}

/// `loop status --json`: true while a run goes, after it ended, and after it was killed.
pub fn status(workspace: &Workspace) -> Result<Value> {
    let Some(state) = State::read(workspace)? else {
        return Ok(json!({
            "status": "idle", "run": null, "pid": null, "iteration": 0, "max_iterations": null, "task": null, "waits_until": null,
            "agent": null, "spend": null, "completed": [], "failed": [], "escalated": [], "reason": null,
            "started_at": null, "last_activity": null, "held": held(workspace),
        }));
    };
    let runs = state.runs();
    let asked = if runs { control::asked(workspace, &state.run)? } else { None };
    let stopping = matches!(asked, Some(Action::Stop | Action::StopNow));
    let status = match (runs, stopping, state.paused) {
        (false, ..) => "idle",
        (true, true, _) => "stopping",
        (true, false, true) => "paused",
        (true, false, false) => "running",
    };
    // A run that was killed could not write why.
    let reason = state.reason.clone().or_else(|| (!runs).then(|| "interrupted".to_owned()));
    let mut spend = serde_json::to_value(spent(workspace, &state, runs)?)?;
    spend["budget_usd"] = json!(state.budget_usd);
    Ok(json!({
        "status": status,
        "run": state.run,
        "pid": runs.then_some(state.holder.pid),
        "iteration": state.counted(),
        "max_iterations": state.max_iterations,
        "task": state.task.as_ref().filter(|_| runs),
        "waits_until": state.waits_until.filter(|_| runs),
        "agent": state.agent,
        "spend": spend,
        "completed": state.completed,
        "failed": state.failed,
        "escalated": state.escalated,
        "reason": reason,
        "killed": !runs && state.reason.is_none(),
        "started_at": state.started_at,
        "last_activity": last_activity(workspace, &state),
        "held": held(workspace),
    }))
}

/// Who holds which task, be it a run of this workspace, of another worktree, or a person. A store that
/// cannot be read keeps nobody from asking how a run stands.
fn held(workspace: &Workspace) -> Vec<Value> {
    let holds = Store::open(workspace).and_then(|store| store.holds()).unwrap_or_default();
    holds.iter().map(Hold::facts).collect()
}

/// What a run has spent; of the attempt under way what is known by now, of a killed run also what it
/// could not put on record any more.
fn spent(workspace: &Workspace, state: &State, runs: bool) -> Result<Spend> {
    let mut spend = state.spend;
    if runs && state.task.is_some() {
        let live = live(workspace, state);
        spend.add(&Spend { partial: true, ..live.unwrap_or_else(Spend::nothing) });
    }
    if !runs {
        postmortem::unrecorded(workspace, |receipt| {
            if receipt.run == state.run {
                spend.add(&receipt.spend);
            }
        })?;
    }
    Ok(spend)
}

/// Bytes of the event log in which the attempt under way is looked for.
const RECENT: u64 = 256 << 10;

/// What the attempt under way has told of its spend: the last `agent.usage` event of its iteration.
pub(crate) fn live(workspace: &Workspace, state: &State) -> Option<Spend> {
    #[derive(Deserialize)]
    struct Told {
        #[serde(rename = "type")]
        kind: String,
        iteration: Option<u64>,
        spend: Option<Spend>,
    }
    let mut file = File::open(workspace.run_dir(&state.run).join("events.ndjson")).ok()?;
    let size = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(RECENT))).ok()?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).ok()?;
    let told = |line: &[u8]| serde_json::from_slice::<Told>(line).ok();
    let mut lines = end.rsplit(|byte| *byte == b'\n').filter_map(told);
    let last = lines.find(|told| matches!(told.kind.as_str(), "agent.usage" | "attempt.started"))?;
    last.spend.filter(|_| last.iteration == Some(state.iteration))
}

/// `Budget: $5/$10`: what the current or last run has spent, and its limit if it has one.
pub fn budget_line(workspace: &Workspace) -> Result<Option<String>> {
    let Some(state) = State::read(workspace)? else { return Ok(None) };
    let limit = state.budget_usd.map(|limit| format!("/{}", dollars(limit))).unwrap_or_default();
    let spend = spent(workspace, &state, state.runs())?;
    let more = if spend.known { "" } else { " and an unknown amount" };
    Ok(Some(format!("Budget: {}{limit}{more}", dollars(spend.usd))))
}

/// The files that [`budget_line`] is told by.
pub fn budget_files(workspace: &Workspace) -> Vec<PathBuf> {
    let run = State::read(workspace).ok().flatten().map(|state| state.run);
    let events = run.map(|run| workspace.run_dir(&run).join("events.ndjson"));
    [workspace.loop_state(), workspace.receipts()].into_iter().chain(events).collect()
}

/// `$5`, `$2.50`.
pub fn dollars(amount: f64) -> String {
    let text = format!("${amount:.2}");
    text.strip_suffix(".00").map_or(text.clone(), str::to_owned)
}

/// The newest of what was written: the state, the event log.
fn last_activity(workspace: &Workspace, state: &State) -> Timestamp {
    let events = workspace.run_dir(&state.run).join("events.ndjson");
    let written: Option<SystemTime> = std::fs::metadata(events).and_then(|meta| meta.modified()).ok();
    let written = written.and_then(|time| Timestamp::try_from(time).ok());
    written.map_or(state.last_activity, |time| time.max(state.last_activity))
}
