//! What `continue` tells while it goes, and how it ended.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use super::mission::{Kind as Sort, Mission, Status};
use super::stand::Stand;
use crate::domain::attempt::budget::Spend;
use crate::domain::attempt::event;
use crate::domain::macp::drain;
use crate::system::clock;

/// Version of the format.
const VERSION: u32 = 1;

/// Something that is told.
#[derive(Debug, Clone, Copy)]
pub enum Told<'a> {
    /// Of the mission itself.
    Mission(&'a Event),
    /// Of the run of an agent, of gates or of the loop.
    Run(&'a event::Event),
    /// Of the queue.
    Queue(drain::Told<'a>),
    /// The end.
    Finished(&'a Finished),
}

/// What the caller lends.
pub struct Hands<'a> {
    /// Hears what happens.
    pub tell: &'a mut dyn FnMut(Told<'_>),
    /// Hears an agent's own text as it comes, without a final newline.
    pub text: &'a mut dyn FnMut(&str),
    /// Hears what the user should know beside it.
    pub notice: &'a mut dyn FnMut(&str),
}

/// Something that happened to a mission.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// Version of the format.
    pub v: u32,
    /// When.
    pub ts: Timestamp,
    /// What.
    #[serde(flatten)]
    pub kind: Kind,
    /// Which mission.
    pub mission: String,
    /// Which step of it.
    pub step: String,
}

/// What can happen.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type")]
pub enum Kind {
    /// A step is being run.
    #[serde(rename = "mission.step.started")]
    Started {
        /// The step's name for people.
        name: String,
        /// Its run.
        run_id: String,
        /// Where its log is.
        log: PathBuf,
        /// Whether nobody works: the input is copied.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        mock: bool,
    },
    /// It has ended.
    #[serde(rename = "mission.step.finished")]
    Ended {
        /// Its run.
        run_id: String,
        /// What it exited with, if it did.
        exit_code: Option<i32>,
        /// Why it failed, if it did.
        error: Option<String>,
        /// What it cost.
        spend: Option<Spend>,
        /// Whether nobody worked.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        mock: bool,
    },
    /// A person has passed a gate.
    #[serde(rename = "mission.decided")]
    Decided {
        /// `approved`
        decision: &'static str,
        /// Who.
        by: String,
        /// With what word.
        note: Option<String>,
    },
}

impl Event {
    /// One that happens now at a step of `mission`.
    pub fn new(mission: &str, step: &str, kind: Kind) -> Self {
        Self { v: VERSION, ts: clock::now(), kind, mission: mission.into(), step: step.into() }
    }
}

/// How `continue` ended: the last line of `--json`.
#[derive(Debug, Clone, Serialize)]
pub struct Finished {
    /// Version of the format.
    pub v: u32,
    /// When.
    pub ts: Timestamp,
    /// Always `mission.finished`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The mission.
    pub mission: String,
    /// Its title.
    pub title: String,
    /// What sort of work it is.
    pub mission_type: Sort,
    /// `done`, `gate` (a person is needed), `completed`, or why the step came to nothing: a run's word.
    pub reason: String,
    /// What the process exits with.
    pub exit_code: u8,
    /// How far the mission is.
    pub status: Status,
    /// Index of the step it is at.
    pub current_step: usize,
    /// How many there are.
    pub steps: usize,
    /// That step's name in the workflow; none when it is over.
    pub step: Option<String>,
    /// And for people.
    pub step_name: Option<String>,
    /// Whether the mission is over.
    pub completed: bool,
    /// Whether nobody worked: inputs were copied.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mock: bool,
    /// Why the step failed.
    pub error: Option<String>,
    /// The way out, where there is one to tell.
    pub hint: Option<String>,
    /// When it makes sense to try again.
    pub not_before: Option<Timestamp>,
    /// What was spent.
    pub spend: Spend,
    /// The runs that were made.
    pub runs: Vec<String>,
    /// Where the mission lies.
    pub dir: PathBuf,
}

/// How what was asked for ended.
#[derive(Debug, Clone, Default)]
pub struct Close {
    /// A word.
    pub reason: String,
    /// What the process exits with.
    pub exit_code: u8,
    /// Why a step failed.
    pub error: Option<String>,
    /// The way out.
    pub hint: Option<String>,
    /// When to try again.
    pub not_before: Option<Timestamp>,
}

impl Close {
    /// It went as it should.
    pub fn well(reason: &str) -> Self {
        Self { reason: reason.into(), ..Self::default() }
    }
}

impl Finished {
    /// The end of what was done to a mission.
    pub fn new(stand: &Stand<'_>, close: Close, spend: Spend, (runs, mock): (Vec<String>, bool)) -> Self {
        let mission: &Mission = &stand.mission;
        let over = mission.status == Status::Completed;
        let step = stand.workflow.steps.get(mission.current_step).filter(|_| !over);
        Self {
            v: VERSION,
            ts: clock::now(),
            kind: "mission.finished",
            mission: mission.mission_id.clone(),
            title: mission.title.clone(),
            mission_type: mission.kind,
            reason: close.reason,
            exit_code: close.exit_code,
            status: mission.status,
            current_step: mission.current_step,
            steps: stand.workflow.steps.len(),
            step: step.map(|step| step.step_id.clone()),
            step_name: step.map(|step| step.name.clone()),
            completed: over,
            mock,
            error: close.error,
            hint: close.hint,
            not_before: close.not_before,
            spend,
            runs,
            dir: stand.folder.dir.clone(),
        }
    }
}
