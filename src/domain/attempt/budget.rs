//! Budgets: pure decisions over what was spent. Unknown is never zero.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::agents::Usage;

/// Sums of money closer than this are equal (USD).
const CENT_FRACTION: f64 = 1e-9;
/// The part of a limit after which a warning is due.
const WARN_AT: f64 = 0.8;
/// An agent is told its limit in steps of this, rounded down (USD).
pub const STEP: f64 = 1e-4;

/// Where an attempt's cost comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The agent said so.
    Reported,
    /// Tokens × the price table.
    Estimated,
    /// The agent runs no model.
    Free,
    /// Nobody knows.
    #[default]
    Unknown,
}

/// What one attempt, or several together, spent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Spend {
    /// USD as far as it is known.
    pub usd: f64,
    /// Whether `usd` is all of it.
    pub known: bool,
    /// Where it comes from; of a sum, the least certain.
    pub source: Source,
    /// Input tokens that were not cached.
    pub input_tokens: u64,
    /// Input tokens read from a cache.
    pub cached_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// The attempt was ended before it could report; this is what its stream had shown.
    pub partial: bool,
}

impl Spend {
    /// Nothing spent, for certain: the start of a sum.
    pub fn nothing() -> Self {
        Self { known: true, source: Source::Free, ..Self::default() }
    }

    /// One attempt's spend. `usd` is `None` where nobody knows it.
    pub fn of(usage: Usage, usd: Option<f64>, source: Source) -> Self {
        Self {
            usd: usd.unwrap_or(0.0) + 0.0, // a sum of nothing may be -0.0
            known: usd.is_some(),
            source: if usd.is_some() { source } else { Source::Unknown },
            input_tokens: usage.input,
            cached_tokens: usage.cached,
            output_tokens: usage.output,
            partial: false,
        }
    }

    /// All tokens: input, cached and output.
    pub fn tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.cached_tokens).saturating_add(self.output_tokens)
    }

    /// Adds another spend.
    pub fn add(&mut self, other: &Self) {
        self.usd += other.usd;
        self.known &= other.known;
        self.source = match (self.source, other.source) {
            (Source::Unknown, _) | (_, Source::Unknown) => Source::Unknown,
            (Source::Estimated, _) | (_, Source::Estimated) => Source::Estimated,
            (Source::Reported, _) | (_, Source::Reported) => Source::Reported,
            (Source::Free, Source::Free) => Source::Free,
        };
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.cached_tokens = self.cached_tokens.saturating_add(other.cached_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.partial |= other.partial;
    }
}

/// The limits of a run; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Budget {
    /// USD of this run.
    pub usd: Option<f64>,
    /// Tokens of this run.
    pub tokens: Option<u64>,
    /// Iterations of this run.
    pub iterations: Option<u64>,
    /// Time of this run, pauses not counted.
    pub time: Option<Duration>,
    /// USD of one attempt.
    pub per_attempt_usd: Option<f64>,
    /// USD of one task, over all runs.
    pub per_task_usd: Option<f64>,
    /// USD of one UTC day, over all runs.
    pub per_day_usd: Option<f64>,
}

impl Budget {
    /// Whether any limit counts money, so that an unknown cost cannot be allowed.
    pub fn counts_money(&self) -> bool {
        self.usd.or(self.per_attempt_usd).or(self.per_task_usd).or(self.per_day_usd).is_some()
    }
}

/// What counts against a [`Budget`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tally {
    /// This run's attempts so far.
    pub run: Spend,
    /// The dearest of them (USD): what the next one has to be expected to cost.
    pub dearest: f64,
    /// Today's attempts of all runs, this one's included.
    pub day: Spend,
    /// The dearest of those (USD).
    pub day_dearest: f64,
    /// Iterations made.
    pub iterations: u64,
    /// Time used.
    pub elapsed: Duration,
}

/// The limit that stops a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// `iterations`
    Iterations,
    /// `budget_usd`
    Usd,
    /// `budget_tokens`
    Tokens,
    /// `time`
    Time,
}

/// Whether another attempt may start. Money must cover an attempt as dear as the dearest so far;
/// once a cost is unknown no limit on money can be kept, unless `unknown_allowed`.
pub fn before(budget: &Budget, tally: &Tally, unknown_allowed: bool) -> Option<Stop> {
    let spent = [
        (budget.usd, &tally.run, tally.dearest),
        (budget.per_day_usd, &tally.day, tally.day_dearest.max(tally.dearest)),
    ];
    let broke = spent.iter().any(|(limit, spend, dearest)| {
        limit.is_some_and(|limit| {
            let left = limit - spend.usd;
            let uncertain = !tally.run.known && !unknown_allowed;
            left <= CENT_FRACTION || left + CENT_FRACTION < *dearest || uncertain
        })
    });
    if budget.iterations.is_some_and(|limit| tally.iterations >= limit) {
        Some(Stop::Iterations)
    } else if broke {
        Some(Stop::Usd)
    } else if budget.tokens.is_some_and(|limit| tally.run.tokens() >= limit) {
        Some(Stop::Tokens)
    } else if budget.time.is_some_and(|limit| tally.elapsed >= limit) {
        Some(Stop::Time)
    } else {
        None
    }
}

/// What an attempt ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// A limit of the run or the day, after which the run ends.
    Run(Stop),
    /// `per_task_usd`
    Task,
    /// `per_attempt_usd`
    Attempt,
}

/// Whether a running attempt that has used `live` so far must be ended: as soon as a limit is passed.
/// Of several limits the one that reaches furthest counts.
pub fn during(budget: &Budget, tally: &Tally, task: &Spend, live: &Spend) -> Option<Cut> {
    let cut = money(budget, tally, task, |limit, spent| spent + live.usd > limit + CENT_FRACTION);
    cut.or_else(|| {
        if budget.tokens.is_some_and(|limit| tally.run.tokens().saturating_add(live.tokens()) > limit) {
            Some(Cut::Run(Stop::Tokens))
        } else {
            budget.time.filter(|limit| tally.elapsed >= *limit).map(|_| Cut::Run(Stop::Time))
        }
    })
}

/// Which limit on money an agent kept that ended itself because of what it may spend, having spent `own`.
pub fn kept(budget: &Budget, tally: &Tally, task: &Spend, own: &Spend) -> Option<Cut> {
    money(budget, tally, task, |limit, spent| spent + own.usd > limit - STEP)
}

/// The limit on money for which `over(limit, spent before this attempt)` holds.
fn money(budget: &Budget, tally: &Tally, task: &Spend, over: impl Fn(f64, f64) -> bool) -> Option<Cut> {
    let over = |limit: Option<f64>, spent: f64| limit.is_some_and(|limit| over(limit, spent));
    if over(budget.usd, tally.run.usd) || over(budget.per_day_usd, tally.day.usd) {
        Some(Cut::Run(Stop::Usd))
    } else if over(budget.per_task_usd, task.usd) {
        Some(Cut::Task)
    } else {
        over(budget.per_attempt_usd, 0.0).then_some(Cut::Attempt)
    }
}

/// USD that the next attempt may cost at most; `None` when nothing limits it.
pub fn left(budget: &Budget, tally: &Tally, task: &Spend) -> Option<f64> {
    [
        (budget.usd, tally.run.usd),
        (budget.per_day_usd, tally.day.usd),
        (budget.per_task_usd, task.usd),
        (budget.per_attempt_usd, 0.0),
    ]
    .iter()
    .filter_map(|(limit, spent)| limit.map(|limit| (limit - spent).max(0.0)))
    .min_by(f64::total_cmp)
}

/// Whether a task has used up what one task may cost, expecting the next attempt to be as dear as
/// the dearest one on it.
pub fn task_spent(budget: &Budget, task: &Spend, dearest: f64) -> bool {
    budget.per_task_usd.is_some_and(|limit| {
        let left = limit - task.usd;
        left <= CENT_FRACTION || left + CENT_FRACTION < dearest
    })
}

/// The limits that are nearly used up, each by its name in the settings, and how far (0.8 and more);
/// not iterations, which everybody sees counted. `task` and `live` are what was spent on the task
/// before and in this attempt so far; both are nothing between attempts.
pub fn warnings(budget: &Budget, tally: &Tally, task: &Spend, live: &Spend) -> Vec<(&'static str, f64)> {
    #[allow(clippy::cast_precision_loss)] // a percentage
    let part = |used: u64, limit: u64| used as f64 / limit.max(1) as f64;
    let usd = |limit: Option<f64>, spent: f64| limit.map(|limit| (spent + live.usd) / limit);
    let tokens = tally.run.tokens().saturating_add(live.tokens());
    let parts = [
        ("usd", usd(budget.usd, tally.run.usd)),
        ("per_day_usd", usd(budget.per_day_usd, tally.day.usd)),
        ("per_task_usd", usd(budget.per_task_usd, task.usd)),
        ("per_attempt_usd", usd(budget.per_attempt_usd, 0.0)),
        ("tokens", budget.tokens.map(|limit| part(tokens, limit))),
        ("time", budget.time.map(|limit| tally.elapsed.as_secs_f64() / limit.as_secs_f64())),
    ];
    let known = |(name, part): (&'static str, Option<f64>)| part.map(|part| (name, part));
    parts.into_iter().filter_map(known).filter(|(_, part)| *part >= WARN_AT).collect()
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
