//! What people and programs are told of the queue: counts, one task, what it waits for.

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::drain::marker;
use super::event::Hold;
use super::queue::Queue;
use super::schedule::Stuck;
use super::state::Row;
use super::task::Status;
use crate::system::clock;
use crate::system::host::Host;

/// So many tasks that can never run are named.
const NAMED: usize = 20;

/// The queue as a whole.
#[derive(Debug, Serialize)]
pub struct Overview {
    /// Tasks by status, all seven.
    pub counts: Map<String, Value>,
    /// Tasks in all.
    pub total: usize,
    /// Pending ones that can never run as things are.
    pub stuck: Vec<Waits>,
    /// More of these than are named.
    pub more_stuck: usize,
    /// Those under way whose worker is gone; the next drain sees to them.
    pub lost: Vec<String>,
}

/// Why a task cannot run.
#[derive(Debug, Serialize)]
pub struct Waits {
    /// Which.
    pub id: String,
    /// For people.
    pub reason: String,
}

/// One task.
#[derive(Debug, Serialize)]
pub struct Detail {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// The word people see.
    pub status: &'static str,
    /// Attempts started.
    pub attempts: u64,
    /// Those that do not count.
    pub forgiven: u64,
    /// How many may count, where the task says so.
    pub max_attempts: Option<u64>,
    /// 0 is most urgent.
    pub priority: u64,
    /// When it was submitted.
    pub created_at: Option<Timestamp>,
    /// It waits until then.
    pub not_before: Option<Timestamp>,
    /// Who works on it.
    pub hold: Option<Hold>,
    /// What must be completed before, and how far that is.
    pub depends_on: Map<String, Value>,
    /// Why it can never run as things are.
    pub stuck: Vec<String>,
    /// How its `on_complete` failed last, and how often it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undelivered: Option<String>,
}

/// One task with all that is known of it.
#[derive(Debug, Serialize)]
pub struct Full {
    /// How far it is.
    #[serde(flatten)]
    pub detail: Detail,
    /// Its definition.
    pub task: Map<String, Value>,
    /// What came of it.
    pub result: Option<Value>,
    /// What is wrong with the file that should hold it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// Looks at all of it.
pub fn overview(queue: &Queue) -> Overview {
    let state = queue.state();
    let mut counts = state.counts();
    // Nobody has written yet that a claim is over.
    let (now, here) = (clock::now(), Host::here());
    for row in state.rows().filter(|row| row.status_at(now, &here) != row.status) {
        for (status, count) in &mut counts {
            *count -= usize::from(*status == row.status);
            *count += usize::from(*status == Status::Pending);
        }
    }
    let stuck = state.stuck();
    let lost = state.rows().filter(|row| row.status.is_active() && row.hold.as_deref().is_some_and(is_gone));
    Overview {
        total: counts.iter().map(|(_, count)| count).sum(),
        counts: counts.iter().map(|(status, count)| (status.word().to_owned(), (*count).into())).collect(),
        lost: lost.map(|row| row.id.clone()).collect(),
        more_stuck: stuck.len().saturating_sub(NAMED),
        stuck: stuck
            .iter()
            .take(NAMED)
            .map(|(row, why)| Waits { id: row.id.clone(), reason: reason(why) })
            .collect(),
    }
}

/// Whether a worker was a process of this machine that is not there any more.
fn is_gone(hold: &Hold) -> bool {
    hold.host == Host::here() && hold.holder.as_ref().is_some_and(|holder| !holder.alive())
}

/// Why, for people.
pub fn reason(why: &Stuck) -> String {
    match why {
        Stuck::Unknown(id) => format!("depends on `{id}`, which is not there"),
        Stuck::Unfinished(id, status) => {
            if status.is_final() {
                format!("depends on `{id}`, which is {}", status.word())
            } else {
                format!("depends on `{id}`, which cannot run itself")
            }
        }
        Stuck::Cycle(ids) => format!(
            "waits for itself: {}",
            ids.iter().chain(ids.first()).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" → ")
        ),
    }
}

/// Looks at one task. Unknown ids: [`Fault::NotFound`](crate::fault::Fault::NotFound).
pub fn detail(queue: &Queue, id: &str) -> Result<Detail> {
    let task = queue.task(id)?;
    let state = queue.state();
    let row = state.row(id).ok_or_else(|| super::memory::unknown(id))?;
    let status = |on: &String| state.row(on).map_or("unknown", |on| on.status.word());
    let stuck = if row.depends_on.is_empty() {
        Vec::new()
    } else {
        state.stuck().iter().filter(|(own, _)| own.id == id).map(|(_, why)| reason(why)).collect()
    };
    let depends_on = row.depends_on.iter().map(|on| (on.clone(), status(on).into())).collect();
    let failed = task.on_complete.and_then(|_| marker::undelivered(queue.place(), id));
    let undelivered = failed.map(|(why, times)| format!("{why} ({times} times so far)"));
    Ok(Detail { undelivered, ..of(row, task.title, depends_on, stuck) })
}

fn of(row: &Row, title: String, depends_on: Map<String, Value>, stuck: Vec<String>) -> Detail {
    Detail {
        id: row.id.clone(),
        title,
        status: row.status_at(clock::now(), &Host::here()).word(),
        attempts: row.attempts,
        forgiven: row.forgiven,
        max_attempts: row.max_attempts,
        priority: row.priority,
        created_at: row.created_at,
        not_before: row.not_before,
        hold: row.hold.as_deref().cloned(),
        depends_on,
        stuck,
        undelivered: None,
    }
}

/// All that is known of one task.
pub fn full(queue: &Queue, id: &str) -> Result<Full> {
    let warning = queue.foreign_result(id).map(|(path, other)| {
        format!("`{}` holds the result of task `{other}`, not of `{id}`", queue.place().shown(&path))
    });
    Ok(Full { detail: detail(queue, id)?, task: queue.definition(id)?, result: queue.result(id)?, warning })
}

impl Detail {
    /// For people: a line each.
    pub fn lines(&self, now: Timestamp) -> Vec<(&'static str, String)> {
        let mut lines =
            vec![("id", self.id.clone()), ("title", self.title.clone()), ("status", self.status.to_owned())];
        let most = self.max_attempts.map(|most| format!(" of {most}")).unwrap_or_default();
        lines.push(("attempts", format!("{}{most}", self.attempts)));
        lines.push(("priority", self.priority.to_string()));
        let time = |name, at: Option<Timestamp>| {
            at.map(|at| (name, format!("{at} ({})", crate::system::clock::ago(now, at))))
        };
        lines.extend(time("created", self.created_at));
        lines.extend(time("not before", self.not_before));
        if let Some(hold) = &self.hold {
            let until = hold.lease_until.map(|at| format!(" until {at}")).unwrap_or_default();
            let pid = hold.holder.as_ref().map(|holder| format!(", pid {}", holder.pid)).unwrap_or_default();
            let gone = if is_gone(hold) { ", which is gone: the next drain sees to it" } else { "" };
            lines.push(("held by", format!("{} on {}{pid}{until}{gone}", hold.by, hold.host.name)));
        }
        for (id, status) in &self.depends_on {
            lines.push(("depends on", format!("{id} ({})", status.as_str().unwrap_or_default())));
        }
        lines.extend(self.stuck.iter().map(|why| ("stuck", why.clone())));
        lines.extend(self.undelivered.iter().map(|why| ("undelivered", why.clone())));
        lines
    }
}
