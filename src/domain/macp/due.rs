//! Schedules: what is due since the last time is submitted, each schedule once, however many of its times were missed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::place::Place;
use super::queue::Queue;
use super::settings::{self, Settings};
use super::trigger::rules::{Schedule, occasion};
use super::trigger::{self, file};
use crate::fault::Fault;
use crate::system::lock::Lock;
use crate::system::{clock, store};

/// The version of what is remembered.
const VERSION: u64 = 1;
/// How long one run waits for another.
const PATIENCE: Duration = Duration::from_secs(30);
/// How far a time may be ahead of the clock.
const AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);
/// How many of its next times a schedule shows.
const NEXT: usize = 3;

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The moment.
    pub now: Option<Timestamp>,
    /// Tasks that were submitted.
    pub submitted: Vec<Submitted>,
    /// Schedules that are seen for the first time, or were changed: they count from now on.
    pub started: Vec<String>,
    /// Schedules that were looked at later than now, by a clock that went back: nothing of theirs is submitted until then.
    pub ahead: Vec<Ahead>,
    /// Whether nothing was submitted after all.
    pub dry_run: bool,
}

/// One task.
#[derive(Debug, Serialize)]
pub struct Submitted {
    /// The schedule.
    pub schedule: String,
    /// The time it is for.
    pub time: Timestamp,
    /// The task's id.
    pub task: String,
    /// The whole of it, where it is only shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<Value>,
}

/// A schedule that is ahead of the clock.
#[derive(Debug, Serialize)]
pub struct Ahead {
    /// Its name.
    pub schedule: String,
    /// Up to when it was looked at.
    pub since: Timestamp,
}

/// A schedule and its next times.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// When.
    pub cron: String,
    /// Where.
    pub tz: String,
    /// Its next times.
    pub next: Vec<Timestamp>,
    /// The same as the clocks there show them.
    pub local: Vec<String>,
    /// Up to when it was looked at; none before the first time.
    pub since: Option<Timestamp>,
    /// The last task that was submitted for it.
    pub last: Option<String>,
}

/// What is remembered between runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    version: u64,
    schedules: BTreeMap<String, Mark>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Mark {
    cron: String,
    tz: String,
    since: Timestamp,
    #[serde(default)]
    last: Option<String>,
}

/// Submits what is due at `now`; not for a time that is more than a day ahead of the clock, up to which nothing more would come.
pub fn run(place: &Place, now: Timestamp, dry_run: bool) -> Result<Report> {
    if !dry_run && now.duration_since(clock::now()) > AHEAD {
        return Err(Fault::usage(
            format!(
                "{now} is more than a day ahead of the clock: until then nothing of any schedule would be submitted"
            ),
            "add `--dry-run` to see what would be due then",
        ));
    }
    let rules = file::load(place)?;
    let settings = settings::load(place)?;
    if dry_run {
        let (mut report, _, due) = decide(&rules.schedules, &read(place)?, now, (place, &settings))?;
        let queue = Queue::open(place.clone())?;
        report.dry_run = true;
        for (mut submitted, task) in due {
            if queue.state().row(&submitted.task).is_none() {
                submitted.definition = Some(Value::Object(task));
                report.submitted.push(submitted);
            }
        }
        return Ok(report);
    }
    store::make_dir(&place.state())?;
    // From the look at what was done to the note that it is.
    let _lock = Lock::take(&place.state().join("due.lock"), PATIENCE)?;
    let before = read(place)?;
    let (mut report, after, due) = decide(&rules.schedules, &before, now, (place, &settings))?;
    if !due.is_empty() {
        let mut queue = Queue::open(place.clone())?;
        report.submitted = queue.change(|turn| {
            let mut submitted = Vec::new();
            for (one, task) in due {
                // Who died before the note was written has submitted it already.
                if turn.state().row(&one.task).is_none() {
                    trigger::add(turn, task, place)?;
                    submitted.push(one);
                }
            }
            Ok(submitted)
        })?;
        queue.sync()?;
    }
    if after != before {
        store::write_json(&memory(place), &after)?;
    }
    Ok(report)
}

/// Every schedule with its next times after `now`.
pub fn list(place: &Place, now: Timestamp) -> Result<Vec<Listed>> {
    let rules = file::load(place)?;
    let memory = read(place)?;
    let each = |schedule: &Schedule| {
        let times = std::iter::successors(schedule.cron.next(now, &schedule.tz), |at| {
            schedule.cron.next(*at, &schedule.tz)
        });
        let next: Vec<_> = times.take(NEXT).collect();
        let local =
            |at: &Timestamp| at.to_zoned(schedule.tz.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string();
        let mark = memory.schedules.get(&schedule.name).filter(|mark| mark.is_of(schedule));
        Listed {
            name: schedule.name.clone(),
            cron: schedule.text.clone(),
            tz: schedule.zone.clone(),
            local: next.iter().map(local).collect(),
            next,
            since: mark.map(|mark| mark.since),
            last: mark.and_then(|mark| mark.last.clone()),
        }
    };
    Ok(rules.schedules.iter().map(each).collect())
}

impl Mark {
    fn is_of(&self, schedule: &Schedule) -> bool {
        self.cron == schedule.text && self.tz == schedule.zone
    }
}

type Due = Vec<(Submitted, Map<String, Value>)>;

/// What is due, and what is to be remembered afterwards.
fn decide(
    schedules: &[Schedule],
    before: &Memory,
    now: Timestamp,
    (place, settings): (&Place, &Settings),
) -> Result<(Report, Memory, Due)> {
    let mut report = Report { now: Some(now), ..Report::default() };
    let mut after = Memory { version: VERSION, ..Memory::default() };
    let mut due = Vec::new();
    for schedule in schedules {
        let name = schedule.name.clone();
        let fresh =
            || Mark { cron: schedule.text.clone(), tz: schedule.zone.clone(), since: now, last: None };
        let mark = before.schedules.get(&name).filter(|mark| mark.is_of(schedule));
        let mut mark = mark.cloned().unwrap_or_else(|| {
            report.started.push(name.clone());
            fresh()
        });
        if mark.since > now {
            report.ahead.push(Ahead { schedule: name.clone(), since: mark.since });
        } else if let Some(time) = schedule.cron.last(mark.since, now, &schedule.tz) {
            let task = format!("{name}-{}", time.strftime("%Y%m%dT%H%M"));
            let definition = task_for(schedule, time, &task, (now, place, settings))?;
            mark.last = Some(task.clone());
            due.push((Submitted { schedule: name.clone(), time, task, definition: None }, definition));
        }
        mark.since = mark.since.max(now);
        after.schedules.insert(name, mark);
    }
    Ok((report, after, due))
}

fn task_for(
    schedule: &Schedule,
    time: Timestamp,
    id: &str,
    (now, place, settings): (Timestamp, &Place, &Settings),
) -> Result<Map<String, Value>> {
    let event = occasion(&schedule.name, time, &schedule.tz);
    let mut fields = schedule.job.fill(&event).map_err(|flaw| anyhow::anyhow!(flaw.message))?;
    fields.entry("title").or_insert_with(|| schedule.name.clone().into());
    trigger::remember(&mut fields, "trigger", json!({"schedule": schedule.name, "time": time.to_string()}));
    trigger::whole(id, fields, (1, now), (place, settings))
        .map_err(|error| trigger::from(&format!("schedule `{}`", schedule.name), error))
}

fn memory(place: &Place) -> PathBuf {
    place.state().join("due.json")
}

fn read(place: &Place) -> Result<Memory> {
    Ok(store::read_versioned(&memory(place), VERSION)?.unwrap_or_default())
}
