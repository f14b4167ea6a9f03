//! Budgets: pure decisions over what was spent. Unknown is never zero.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::agents::Usage;

/// Sums of money closer than this are equal (USD).
const CENT_FRACTION: f64 = 1e-9;
/// The part of a limit after which a warning is due.
const WARN_AT: f64 = 0.8;

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
            usd: usd.unwrap_or(0.0),
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
    /// USD of one task, over all runs.
    pub per_task_usd: Option<f64>,
    /// USD of one UTC day, over all runs.
    pub per_day_usd: Option<f64>,
}

impl Budget {
    /// Whether any limit counts money, so that an unknown cost cannot be allowed.
    pub fn counts_money(&self) -> bool {
        self.usd.or(self.per_task_usd).or(self.per_day_usd).is_some()
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

/// Whether a running attempt that has used `live` so far must be ended.
pub fn during(budget: &Budget, tally: &Tally, task: &Spend, live: &Spend) -> Option<Stop> {
    let over = |limit: Option<f64>, spent: &Spend| {
        limit.is_some_and(|limit| spent.usd + live.usd > limit + CENT_FRACTION)
    };
    if over(budget.usd, &tally.run) || over(budget.per_day_usd, &tally.day) || over(budget.per_task_usd, task)
    {
        Some(Stop::Usd)
    } else if budget.tokens.is_some_and(|limit| tally.run.tokens().saturating_add(live.tokens()) > limit) {
        Some(Stop::Tokens)
    } else if budget.time.is_some_and(|limit| tally.elapsed >= limit) {
        Some(Stop::Time)
    } else {
        None
    }
}

/// USD that the next attempt may cost at most; `None` when nothing limits it.
pub fn left(budget: &Budget, tally: &Tally, task: &Spend) -> Option<f64> {
    [(budget.usd, &tally.run), (budget.per_day_usd, &tally.day), (budget.per_task_usd, task)]
        .iter()
        .filter_map(|(limit, spent)| limit.map(|limit| (limit - spent.usd).max(0.0)))
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

/// A warning to give once: which limit is nearly used up, and how far (0.8 and more).
pub fn warning(budget: &Budget, tally: &Tally) -> Option<(&'static str, f64)> {
    #[allow(clippy::cast_precision_loss)] // a percentage
    let part = |used: u64, limit: u64| used as f64 / limit.max(1) as f64;
    let parts = [
        ("usd", budget.usd.map(|limit| tally.run.usd / limit)),
        ("per_day_usd", budget.per_day_usd.map(|limit| tally.day.usd / limit)),
        ("tokens", budget.tokens.map(|limit| part(tally.run.tokens(), limit))),
    ];
    parts
        .into_iter()
        .filter_map(|(name, part)| part.map(|part| (name, part)))
        .find(|(_, part)| *part >= WARN_AT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spent(usd: f64) -> Spend {
        Spend { usd, ..Spend::nothing() }
    }

    fn tally(usd: f64, dearest: f64) -> Tally {
        Tally {
            run: spent(usd),
            dearest,
            day: spent(usd),
            day_dearest: 0.0,
            iterations: 0,
            elapsed: Duration::ZERO,
        }
    }

    #[test]
    fn money_stops_before_a_limit_is_passed() {
        let table = [
            (10.0, 8.0, 4.0, Some(Stop::Usd)),
            (10.0, 6.0, 4.0, None),
            (1.0, 1.0, 0.5, Some(Stop::Usd)),
            (1.0, 0.5, 0.5, None),
            (1.0, 0.1 + 0.2 + 0.6, 0.1, None),
            (0.0, 0.0, 0.0, Some(Stop::Usd)),
        ];
        for (limit, usd, dearest, expected) in table {
            let budget = Budget { usd: Some(limit), ..Budget::default() };
            assert_eq!(before(&budget, &tally(usd, dearest), false), expected, "{limit} {usd}");
            let day = Budget { per_day_usd: Some(limit), ..Budget::default() };
            assert_eq!(before(&day, &tally(usd, dearest), false), expected, "day {limit} {usd}");
        }
    }

    #[test]
    fn an_unknown_cost_stops_where_money_counts() {
        let mut tally = tally(0.0, 0.0);
        tally.run.add(&Spend::of(Usage::default(), None, Source::Reported));
        let money = Budget { usd: Some(5.0), ..Budget::default() };
        assert_eq!(before(&money, &tally, false), Some(Stop::Usd));
        assert_eq!(before(&money, &tally, true), None);
        assert_eq!(before(&Budget::default(), &tally, false), None);
        assert!(!tally.run.known);
        assert_eq!(tally.run.source, Source::Unknown);
    }

    #[test]
    fn other_limits_stop_too() {
        let base = Budget {
            iterations: Some(3),
            tokens: Some(10),
            time: Some(Duration::from_secs(9)),
            ..Budget::default()
        };
        assert_eq!(before(&base, &tally(0.0, 0.0), false), None);
        let three = Tally { iterations: 3, ..tally(0.0, 0.0) };
        assert_eq!(before(&base, &three, false), Some(Stop::Iterations));
        let mut many = tally(0.0, 0.0);
        many.run.output_tokens = 10;
        assert_eq!(before(&base, &many, false), Some(Stop::Tokens));
        let late = Tally { elapsed: Duration::from_secs(9), ..tally(0.0, 0.0) };
        assert_eq!(before(&base, &late, false), Some(Stop::Time));
    }

    #[test]
    fn a_live_attempt_is_ended_when_over() {
        let budget =
            Budget { usd: Some(1.0), per_task_usd: Some(0.5), tokens: Some(100), ..Budget::default() };
        let none = Spend::nothing();
        assert_eq!(during(&budget, &tally(0.6, 0.0), &none, &spent(0.4)), None);
        assert_eq!(during(&budget, &tally(0.7, 0.0), &none, &spent(0.4)), Some(Stop::Usd));
        assert_eq!(during(&budget, &tally(0.0, 0.0), &spent(0.3), &spent(0.3)), Some(Stop::Usd));
        let tokens = Spend { output_tokens: 101, ..none };
        assert_eq!(during(&budget, &tally(0.0, 0.0), &none, &tokens), Some(Stop::Tokens));
    }

    #[test]
    fn the_smallest_rest_is_handed_down() {
        let budget =
            Budget { usd: Some(10.0), per_task_usd: Some(2.0), per_day_usd: Some(25.0), ..Budget::default() };
        assert_eq!(left(&budget, &tally(3.0, 0.0), &spent(0.5)), Some(1.5));
        assert_eq!(left(&budget, &tally(9.0, 0.0), &spent(0.0)), Some(1.0));
        assert_eq!(left(&budget, &tally(11.0, 0.0), &spent(0.0)), Some(0.0));
        assert_eq!(left(&Budget::default(), &tally(3.0, 0.0), &spent(0.0)), None);
        assert!(task_spent(&budget, &spent(2.0), 0.0));
        assert!(task_spent(&budget, &spent(1.5), 0.6));
        assert!(!task_spent(&budget, &spent(1.5), 0.5));
    }

    #[test]
    fn a_warning_comes_at_four_fifths() {
        let budget = Budget { usd: Some(10.0), ..Budget::default() };
        assert_eq!(warning(&budget, &tally(7.9, 0.0)), None);
        assert_eq!(warning(&budget, &tally(8.0, 0.0)).map(|(name, _)| name), Some("usd"));
    }
}
