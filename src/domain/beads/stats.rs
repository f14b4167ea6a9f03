//! The numbers of a store: how many there are of what, how old they are, how fast they are closed.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::graph::Graph;
use super::record::Record;
use super::state::State;
use super::table::Table;

/// The numbers of a store.
#[derive(Debug, Serialize)]
pub struct Stats {
    /// Every issue, tombstones aside.
    pub total_issues: usize,
    /// Status `open`.
    pub open_issues: usize,
    /// Status `in_progress`.
    pub in_progress_issues: usize,
    /// Status `closed`.
    pub closed_issues: usize,
    /// Open, but waiting for another; or of status `blocked`.
    pub blocked_issues: usize,
    /// Status `deferred`.
    pub deferred_issues: usize,
    /// Can be started now.
    pub ready_issues: usize,
    /// Open epics whose children are all closed.
    pub epics_eligible_for_closure: usize,
    /// How many there are of each type.
    pub by_type: BTreeMap<String, usize>,
    /// How many there are of each priority.
    pub by_priority: BTreeMap<i64, usize>,
    /// How many there are of each status.
    pub by_status: BTreeMap<String, usize>,
    /// How old is what is not closed.
    pub age: Age,
    /// How much was closed lately, and how long it took.
    pub throughput: Throughput,
}

/// How old is what is neither closed nor pinned.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Age {
    /// How many are how old.
    pub buckets: Vec<Bucket>,
    /// Days, half of them being younger.
    pub median_days: Option<f64>,
    /// The oldest.
    pub oldest: Option<Oldest>,
    /// How many do not say when they were made.
    pub unknown: usize,
}

/// How many are between so many days old.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bucket {
    /// At least.
    pub from_days: i64,
    /// Less than; no end for the last.
    pub to_days: Option<i64>,
    /// How many.
    pub count: usize,
}

/// The oldest issue that is not closed.
#[derive(Debug, PartialEq, Serialize)]
pub struct Oldest {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// When it was made, as written.
    pub created_at: String,
    /// How many days ago.
    pub days: f64,
}

/// How much was closed and created lately, and how long that took.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Throughput {
    /// Closed in the last 7 days.
    pub closed_7_days: usize,
    /// Closed in the last 28 days.
    pub closed_28_days: usize,
    /// Closed a day, over the last 7.
    pub closed_per_day: f64,
    /// Closed a week, over the last 28 days.
    pub closed_per_week: f64,
    /// Made in the last 7 days.
    pub created_7_days: usize,
    /// Made in the last 28 days.
    pub created_28_days: usize,
    /// From made to closed, for what was closed in the last 28 days.
    pub lead_time: Spread,
    /// From started to closed, for what was closed in the last 28 days and says when it was started.
    pub cycle_time: Spread,
    /// From made to closed, for everything that is closed.
    pub lead_time_ever: Spread,
}

/// How long things took.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// How many are known.
    pub count: usize,
    /// Hours that half of them took at most.
    pub median_hours: Option<f64>,
    /// Hours that nine of ten took at most.
    pub p90_hours: Option<f64>,
}

/// Where the ages part, in days.
const PARTS: [i64; 4] = [1, 7, 30, 90];
/// What counts as lately.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
const MONTH: SignedDuration = SignedDuration::from_hours(28 * 24);

impl Stats {
    /// Counts the issues of `table`.
    pub fn of(table: &Table) -> Self {
        let started = |id: &str| table.issue(id).ok().and_then(|issue| issue.started_at.parse().ok());
        Self::new(&table.graph(), table.now(), started)
    }

    /// Counts the issues of `graph`, as it is `now`; `started` says when an issue was taken up.
    pub fn new(graph: &Graph, now: Timestamp, started: impl Fn(&str) -> Option<Timestamp>) -> Self {
        let mut by_type: BTreeMap<String, usize> = BTreeMap::new();
        let mut by_priority = BTreeMap::new();
        let mut by_status: BTreeMap<String, usize> = BTreeMap::new();
        let (mut blocked, mut ready, mut eligible) = (0, 0, 0);
        for record in graph.records() {
            for (counts, word) in [(&mut by_type, record.kind()), (&mut by_status, record.status())] {
                match counts.get_mut(word) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(word.to_owned(), 1)),
                }
            }
            *by_priority.entry(record.priority()).or_default() += 1;
            let waits = record.status() == "open" && graph.is_blocked(&record.id);
            blocked += usize::from(record.status() == "blocked" || waits);
            ready += usize::from(State::of(graph, record) == State::Ready);
            eligible += usize::from(is_finished(graph, record));
        }
        let status = |status: &str| by_status.get(status).copied().unwrap_or(0);
        Self {
            total_issues: graph.records().count(),
            open_issues: status("open"),
            in_progress_issues: status("in_progress"),
            closed_issues: status("closed"),
            blocked_issues: blocked,
            deferred_issues: status("deferred"),
            ready_issues: ready,
            epics_eligible_for_closure: eligible,
            by_type,
            by_priority,
            age: Age::new(graph, now),
            throughput: Throughput::new(graph, now, started),
            by_status,
        }
    }
}

/// Whether it is an open epic of which all is done.
fn is_finished(graph: &Graph, record: &Record) -> bool {
    let open = record.kind() == "epic" && !record.is_finished();
    let children = if open { graph.children(&record.id) } else { Vec::new() };
    !children.is_empty() && children.iter().all(|child| child.is_finished())
}

impl Age {
    fn new(graph: &Graph, now: Timestamp) -> Self {
        let ends = PARTS.into_iter().map(Some).chain([None]);
        let mut age = Self {
            buckets: [0].into_iter().chain(PARTS).zip(ends).map(|(from, to)| Bucket::new(from, to)).collect(),
            ..Self::default()
        };
        let mut ages = Vec::new();
        let mut oldest: Option<(Timestamp, &Record)> = None;
        for record in graph.records().filter(|record| !record.is_settled()) {
            let Some(created) = known(record.created()) else {
                age.unknown += 1;
                continue;
            };
            // A clock elsewhere may be ahead of ours.
            let old = created.duration_until(now).max(SignedDuration::ZERO);
            let days = old.as_hours() / 24;
            let bucket = age.buckets.iter_mut().find(|bucket| bucket.to_days.is_none_or(|to| days < to));
            if let Some(bucket) = bucket {
                bucket.count += 1;
            }
            ages.push(old);
            if oldest.is_none_or(|(least, _)| created < least) {
                oldest = Some((created, record));
            }
        }
        ages.sort_unstable();
        age.median_days = part(&ages, 50).map(days);
        age.oldest = oldest.map(|(created, record)| Oldest {
            id: record.id.to_string(),
            title: record.title.to_string(),
            created_at: record.created_at.to_string(),
            days: days(created.duration_until(now).max(SignedDuration::ZERO)),
        });
        age
    }
}

impl Bucket {
    fn new(from_days: i64, to_days: Option<i64>) -> Self {
        Self { from_days, to_days, count: 0 }
    }
}

impl Throughput {
    #[allow(clippy::cast_precision_loss)] // nobody closes that many
    fn new(graph: &Graph, now: Timestamp, started: impl Fn(&str) -> Option<Timestamp>) -> Self {
        let mut through = Self::default();
        let (mut lead, mut cycle, mut ever) = (Vec::new(), Vec::new(), Vec::new());
        let within = |at: Timestamp, span: SignedDuration| {
            let since = at.duration_until(now);
            since >= SignedDuration::ZERO && since < span
        };
        for record in graph.records() {
            let created = known(record.created());
            through.created_7_days += usize::from(created.is_some_and(|at| within(at, WEEK)));
            through.created_28_days += usize::from(created.is_some_and(|at| within(at, MONTH)));
            let Some(closed) = known(record.closed()).filter(|_| record.status() == "closed") else {
                continue;
            };
            // What was closed before it was made says nothing.
            let took = |from: Option<Timestamp>| from.filter(|from| *from <= closed);
            let took = |from| took(from).map(|from| from.duration_until(closed));
            ever.extend(took(created));
            through.closed_7_days += usize::from(within(closed, WEEK));
            if within(closed, MONTH) {
                through.closed_28_days += 1;
                lead.extend(took(created));
                cycle.extend(took(started(&record.id)));
            }
        }
        through.closed_per_day = tenths(through.closed_7_days as f64 / 7.0);
        through.closed_per_week = tenths(through.closed_28_days as f64 / 4.0);
        (through.lead_time, through.cycle_time) = (Spread::new(lead), Spread::new(cycle));
        through.lead_time_ever = Spread::new(ever);
        through
    }
}

impl Spread {
    fn new(mut took: Vec<SignedDuration>) -> Self {
        took.sort_unstable();
        Self {
            count: took.len(),
            median_hours: part(&took, 50).map(hours),
            p90_hours: part(&took, 90).map(hours),
        }
    }
}

/// The least of `sorted` that at least so many of a hundred do not pass.
fn part(sorted: &[SignedDuration], percent: usize) -> Option<SignedDuration> {
    sorted.get((sorted.len() * percent).div_ceil(100).saturating_sub(1)).copied()
}

fn known(at: Timestamp) -> Option<Timestamp> {
    Some(at).filter(|at| *at != Timestamp::MIN)
}

fn hours(span: SignedDuration) -> f64 {
    tenths(span.as_secs_f64() / 3600.0)
}

fn days(span: SignedDuration) -> f64 {
    tenths(span.as_secs_f64() / 86400.0)
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
#[path = "stats_tests.rs"]
mod tests;
