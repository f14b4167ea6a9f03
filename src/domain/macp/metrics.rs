//! The queue in numbers: tasks by status, attempts, durations, retries, spend. From the state and the event log, without a lock.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{Blame, Kind};
use super::purse;
use super::queue::Queue;
use super::task::Status;
use crate::system::host::Host;

/// Upper bounds of the histogram of durations, in seconds.
const BOUNDS: [f64; 10] = [0.1, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 14400.0];

/// All of it.
#[derive(Debug, Default, Serialize)]
pub struct Metrics {
    /// Tasks by status, every status named.
    pub tasks: BTreeMap<&'static str, u64>,
    /// Tasks by type and status; those without a type are under the empty name.
    pub types: BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// Tasks that are pending.
    pub queue_depth: u64,
    /// Age of the oldest of them that says when it was made.
    pub oldest_pending_seconds: Option<f64>,
    /// Completed ones among those that are over by themselves; none where none is.
    pub success_rate: Option<f64>,
    /// Attempts that were started.
    pub attempts: u64,
    /// Attempts that were made again, by who was to blame.
    pub retries: BTreeMap<&'static str, u64>,
    /// Attempts that failed by what was to run them.
    pub infrastructure_failures: u64,
    /// From the start of an attempt to its end.
    pub durations: Durations,
    /// USD as far as it is known, by runtime.
    pub spend_usd: BTreeMap<String, f64>,
}

/// How long attempts took.
#[derive(Debug, Default, Serialize)]
pub struct Durations {
    /// How many are counted.
    pub count: u64,
    /// Of all.
    pub sum_seconds: f64,
    /// The longest.
    pub max_seconds: f64,
    /// Half of them took no longer.
    pub median_seconds: Option<f64>,
    /// 95 of 100 took no longer.
    pub p95_seconds: Option<f64>,
    /// How many took no longer than each bound.
    #[serde(skip)]
    buckets: [u64; BOUNDS.len()],
}

/// What is read of an event; the rest is passed over.
#[derive(Deserialize)]
struct Line<'a> {
    event_type: Kind,
    #[serde(borrow)]
    task_id: Cow<'a, str>,
    timestamp: Timestamp,
    #[serde(default)]
    metadata: Told,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    blame: Option<Blame>,
}

/// What is read of a receipt.
#[derive(Deserialize)]
struct Receipt<'a> {
    #[serde(borrow)]
    task: Cow<'a, str>,
    #[serde(borrow)]
    agent: Cow<'a, str>,
    #[serde(default)]
    spend: Spent,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spent {
    usd: f64,
}

/// Counts it.
pub fn measure(queue: &Queue, now: Timestamp) -> Result<Metrics> {
    let mut metrics = Metrics::default();
    metrics.look(queue, now);
    let mut started = HashMap::new();
    let mut took = Vec::new();
    lines(&queue.place().events(), |line| {
        if let Ok(line) = serde_json::from_str::<Line<'_>>(line) {
            metrics.take(&line, &mut started, &mut took);
        }
    })?;
    metrics.durations = Durations::of(took);
    lines(&purse::receipts(queue.place()), |line| {
        if let Ok(receipt) = serde_json::from_str::<Receipt<'_>>(line)
            && receipt.task.strip_prefix("macp/").is_some_and(|id| queue.state().row(id).is_some())
        {
            metrics.spend(&receipt.agent, receipt.spend.usd);
        }
    })?;
    Ok(metrics)
}

/// Every whole line of a file that may be missing, without looking into it; what is torn or no text is passed over.
fn lines(path: &Path, mut take: impl FnMut(&str)) -> Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("failed to read `{}`", path.display())),
    };
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let count = reader.read_until(b'\n', &mut line);
        let count = count.with_context(|| format!("failed to read `{}`", path.display()))?;
        if count == 0 || line.last() != Some(&b'\n') {
            return Ok(());
        }
        if let Ok(line) = std::str::from_utf8(&line) {
            take(line);
        }
    }
}

impl Metrics {
    /// What the tasks themselves say.
    fn look(&mut self, queue: &Queue, now: Timestamp) {
        let here = Host::here();
        self.tasks = Status::ALL.iter().map(|status| (status.word(), 0)).collect();
        self.retries = [Blame::Task, Blame::Infrastructure, Blame::Lost, Blame::Nobody]
            .map(|blame| (word(blame), 0))
            .into();
        let mut oldest = None;
        for row in queue.state().rows() {
            let status = row.status_at(now, &here);
            *self.tasks.entry(status.word()).or_default() += 1;
            let kind = queue.task(&row.id).ok().and_then(|task| task.kind).unwrap_or_default();
            *self.types.entry(kind).or_default().entry(status.word()).or_default() += 1;
            if status == Status::Pending {
                oldest = oldest.into_iter().chain(row.created_at).min();
            }
        }
        let count = |status: Status| self.tasks.get(status.word()).copied().unwrap_or(0);
        self.queue_depth = count(Status::Pending);
        self.oldest_pending_seconds = oldest.map(|at| at.duration_until(now).as_secs_f64().max(0.0));
        let over = count(Status::Completed) + count(Status::Failed) + count(Status::Escalated);
        self.success_rate = (over > 0).then(|| ratio(count(Status::Completed), over));
    }

    fn take(&mut self, line: &Line<'_>, started: &mut HashMap<String, Timestamp>, took: &mut Vec<f64>) {
        match line.event_type {
            Kind::Started => {
                self.attempts += 1;
                started.insert(line.task_id.clone().into_owned(), line.timestamp);
                return;
            }
            Kind::RetryScheduled => {
                let blame = line.metadata.blame.unwrap_or(Blame::Task);
                *self.retries.entry(word(blame)).or_default() += 1;
                self.infrastructure_failures += u64::from(blame == Blame::Infrastructure);
            }
            Kind::Completed | Kind::Failed | Kind::Escalated => {}
            _ => return,
        }
        if let Some(begin) = started.remove(line.task_id.as_ref()) {
            took.push(begin.duration_until(line.timestamp).as_secs_f64().max(0.0));
        }
    }

    fn spend(&mut self, runtime: &str, usd: f64) {
        *self.spend_usd.entry(runtime.to_owned()).or_default() += usd;
    }

    /// As Prometheus reads it.
    pub fn exposition(&self) -> String {
        let mut text = String::new();
        let mut family = |name: &str, kind: &str, help: &str, samples: Vec<(String, String)>| {
            let _ = writeln!(text, "# HELP taskrun_macp_{name} {help}\n# TYPE taskrun_macp_{name} {kind}");
            for (rest, value) in samples {
                let _ = writeln!(text, "taskrun_macp_{name}{rest} {value}");
            }
        };
        let one = |value: String| vec![(String::new(), value)];
        let by = |name: &str, counts: &BTreeMap<&'static str, u64>| {
            counts.iter().map(|(word, count)| (label(&[(name, word)]), count.to_string())).collect()
        };
        family("tasks", "gauge", "Tasks by status.", by("status", &self.tasks));
        let typed = self.types.iter().flat_map(|(kind, counts)| {
            let sample = move |(word, count): (&&'static str, &u64)| {
                (label(&[("type", kind), ("status", word)]), count.to_string())
            };
            counts.iter().map(sample)
        });
        family("tasks_by_type", "gauge", "Tasks by type and status.", typed.collect());
        family("queue_depth", "gauge", "Tasks that are pending.", one(self.queue_depth.to_string()));
        let oldest = self.oldest_pending_seconds.unwrap_or(0.0).to_string();
        family("oldest_pending_seconds", "gauge", "Age of the oldest pending task.", one(oldest));
        let rate = self.success_rate.map(|rate| (String::new(), rate.to_string()));
        let help = "Completed tasks among those completed, failed and escalated.";
        family("success_ratio", "gauge", help, rate.into_iter().collect());
        family("attempts_total", "counter", "Attempts that were started.", one(self.attempts.to_string()));
        let help = "Attempts that were made again, by who was to blame.";
        family("retries_total", "counter", help, by("blame", &self.retries));
        let failures = self.infrastructure_failures.to_string();
        let help = "Attempts that failed by what was to run them.";
        family("infrastructure_failures_total", "counter", help, one(failures));
        let help = "From the start of an attempt to its end.";
        family("attempt_duration_seconds", "histogram", help, self.durations.samples());
        let spent = self.spend_usd.iter().map(|(name, usd)| (label(&[("runtime", name)]), usd.to_string()));
        family("spend_usd_total", "counter", "Money spent, as far as it is known.", spent.collect());
        text
    }
}

impl Durations {
    fn of(mut took: Vec<f64>) -> Self {
        took.sort_by(f64::total_cmp);
        let at = |percent: usize| took.get((took.len() * percent).div_ceil(100).max(1) - 1).copied();
        let within = |bound: &f64| took.partition_point(|seconds| seconds <= bound) as u64;
        Self {
            count: took.len() as u64,
            sum_seconds: took.iter().sum(),
            max_seconds: took.last().copied().unwrap_or(0.0),
            median_seconds: at(50),
            p95_seconds: at(95),
            buckets: BOUNDS.each_ref().map(within),
        }
    }

    fn samples(&self) -> Vec<(String, String)> {
        let bucket =
            |bound: &str, count: u64| (format!("_bucket{}", label(&[("le", bound)])), count.to_string());
        let bounded = BOUNDS.iter().zip(self.buckets).map(|(bound, count)| bucket(&bound.to_string(), count));
        let rest = [
            bucket("+Inf", self.count),
            ("_sum".to_owned(), self.sum_seconds.to_string()),
            ("_count".to_owned(), self.count.to_string()),
        ];
        bounded.chain(rest).collect()
    }
}

/// `{name="value",…}`, with what would end a value escaped.
fn label(pairs: &[(&str, &str)]) -> String {
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

fn word(blame: Blame) -> &'static str {
    match blame {
        Blame::Task => "task",
        Blame::Infrastructure => "infrastructure",
        Blame::Lost => "lost",
        Blame::Nobody => "nobody",
    }
}

#[allow(clippy::cast_precision_loss)] // counts of tasks are far below 2^52
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_counted_up_to_each_bound() {
        let durations = Durations::of(vec![2.0, 0.1, 0.05, 90_000.0]);
        assert_eq!(
            (durations.count, durations.median_seconds, durations.p95_seconds),
            (4, Some(0.1), Some(90_000.0))
        );
        assert_eq!(durations.buckets, [2, 2, 3, 3, 3, 3, 3, 3, 3, 3]);
        assert_eq!(durations.samples()[0], ("_bucket{le=\"0.1\"}".to_owned(), "2".to_owned()));
        assert_eq!(durations.samples()[10].0, "_bucket{le=\"+Inf\"}");
        let none = Durations::of(Vec::new());
        assert_eq!((none.count, none.median_seconds), (0, None));
    }

    #[test]
    fn labels_cannot_break_a_line() {
        assert_eq!(label(&[("type", "a\"b\\c\nd")]), r#"{type="a\"b\\c\nd"}"#);
    }
}
