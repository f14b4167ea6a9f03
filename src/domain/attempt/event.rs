//! What a run tells while it goes: the same events become text, NDJSON and the event log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::agents::Class;
use crate::domain::attempt::budget::Spend;
use crate::domain::attempt::receipt::{GateResult, Noted};
use crate::system::clock;

/// The version of the event format.
const VERSION: u32 = 1;

/// One event, with what it belongs to.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// Format version.
    pub v: u32,
    /// When.
    pub ts: Timestamp,
    /// What.
    #[serde(flatten)]
    pub kind: Kind,
    /// Run id.
    pub run: String,
    /// Iteration of the run, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iteration: Option<u64>,
    /// Issue id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Attempt on that task, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u64>,
}

impl Event {
    /// An event of `run` now, belonging to no iteration yet.
    pub fn new(run: &str, kind: Kind) -> Self {
        Self {
            v: VERSION,
            ts: clock::now(),
            kind,
            run: run.to_owned(),
            iteration: None,
            task: None,
            attempt: None,
        }
    }
}

/// The kinds of event; names are part of the public contract.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type")]
pub enum Kind {
    /// A run began.
    #[serde(rename = "run.started")]
    RunStarted {
        /// Agent's name.
        agent: String,
        /// Model asked for.
        model: Option<String>,
        /// Process id of the run.
        pid: u32,
        /// Limits in force.
        max_iterations: Option<u64>,
        /// USD limit of the run.
        budget_usd: Option<f64>,
        /// Where its logs are.
        dir: String,
    },
    /// A task was claimed.
    #[serde(rename = "task.claimed")]
    TaskClaimed {
        /// Its title.
        title: String,
    },
    /// The agent starts.
    #[serde(rename = "attempt.started")]
    AttemptStarted {
        /// Agent's name.
        agent: String,
        /// The session it continues, by the agent's own id.
        #[serde(skip_serializing_if = "Option::is_none")]
        resumes: Option<String>,
        /// The commit to go back to.
        snapshot: Option<String>,
        /// File that holds the prompt.
        prompt: String,
        /// File that holds its raw output.
        output: String,
    },
    /// The agent said something.
    #[serde(rename = "agent.message")]
    AgentMessage {
        /// Its words; at most 4 KiB, the end of them.
        text: String,
        /// Whether there was more.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        truncated: bool,
    },
    /// The agent called a tool.
    #[serde(rename = "agent.tool")]
    AgentTool {
        /// The tool's name.
        name: String,
        /// Its most telling argument.
        detail: String,
    },
    /// What the attempt has used so far.
    #[serde(rename = "agent.usage")]
    AgentUsage {
        /// In this attempt, up to now.
        spend: Spend,
    },
    /// The agent ended and its final message was judged; gates come after this.
    #[serde(rename = "attempt.finished")]
    AttemptFinished {
        /// `complete`, `blocked`, `failed`, `incomplete`, `broken`.
        verdict: &'static str,
        /// Why, one line.
        reason: String,
        /// What kind of failure it was, where the agent itself failed.
        class: Option<Class>,
        /// Its exit code.
        exit_code: Option<i32>,
        /// The signal that ended it.
        signal: Option<i32>,
        /// How long it took.
        duration_ms: u64,
        /// What it cost.
        spend: Spend,
        /// Processes it had left running, now ended.
        left_running: Vec<String>,
    },
    /// Something beside the run has looked at what the agent did.
    #[serde(rename = "beside.noted")]
    BesideNoted {
        /// What it saw.
        #[serde(flatten)]
        noted: Noted,
    },
    /// A gate starts.
    #[serde(rename = "gate.started")]
    GateStarted {
        /// The shell command.
        command: String,
    },
    /// A gate ended.
    #[serde(rename = "gate.finished")]
    GateFinished {
        /// How it went.
        #[serde(flatten)]
        result: GateResult,
    },
    /// A task (or an epic whose last child it was) is closed.
    #[serde(rename = "task.closed")]
    TaskClosed {
        /// With this reason.
        reason: String,
        /// The commit of its changes.
        commit: Option<String>,
        /// Paths changed.
        files_changed: u64,
    },
    /// A task is open again.
    #[serde(rename = "task.reopened")]
    TaskReopened {
        /// Why.
        reason: String,
    },
    /// A task waits for a person.
    #[serde(rename = "task.escalated")]
    TaskEscalated {
        /// Why.
        reason: String,
    },
    /// A limit is nearly used up.
    #[serde(rename = "budget.warning")]
    BudgetWarning {
        /// Which, by its name under `[budget]`.
        limit: String,
        /// How much of it is used, 0.8 and more.
        used: f64,
    },
    /// The provider makes the agent wait, which it does by itself.
    #[serde(rename = "rate.limited")]
    RateLimited {
        /// Until when, if known.
        not_before: Option<Timestamp>,
    },
    /// The provider has turned the agent away, and this is what the run does about it.
    #[serde(rename = "rate.limited")]
    TurnedAway(Box<TurnedAway>),
    /// The run waits for `loop resume`.
    #[serde(rename = "run.paused")]
    RunPaused {},
    /// The run goes on.
    #[serde(rename = "run.resumed")]
    RunResumed {},
    /// The run is over.
    #[serde(rename = "run.finished")]
    RunFinished(Box<Finished>),
}

/// An agent turned away by its provider.
#[derive(Debug, Clone, Serialize)]
pub struct TurnedAway {
    /// Until when, if the provider said so.
    pub not_before: Option<Timestamp>,
    /// `rate_limit` or `overload`.
    pub class: Class,
    /// Whose provider it is.
    pub agent: String,
    /// What the run does: `wait`, `retry`, `fallback`, `exit`.
    pub action: &'static str,
    /// When it goes on with the same agent, if it does.
    pub until: Option<Timestamp>,
    /// Who takes over for the rest of the run, if somebody does.
    pub fallback: Option<String>,
}

/// How a run ended; the last event, and the result of `loop run --json`.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct Finished {
    /// A word of the contract: `complete`, `budget_usd`, …
    pub reason: String,
    /// What the process exits with.
    pub exit_code: u8,
    /// Iterations made.
    pub iterations: u64,
    /// Tasks closed.
    pub completed: Vec<String>,
    /// Tasks tried and still open.
    pub failed: Vec<String>,
    /// Tasks that wait for a person.
    pub escalated: Vec<String>,
    /// Tasks not closed, of those the run could have taken.
    pub left: u64,
    /// What the run spent.
    pub spend: Spend,
    /// When it makes sense to try again.
    pub not_before: Option<Timestamp>,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    pub duration_ms: u64,
    /// What there is to say about the reason, where it does not say it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The way out, where there is one to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// `agent prompt`: the agent's final message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `agent prompt`: the agent's session, to be continued with `--continue`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}
