//! Tests of the budget: tables, and random schedules of calls and limits.

use proptest::prelude::*;

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
    let budget = Budget { usd: Some(1.0), per_task_usd: Some(0.5), tokens: Some(100), ..Budget::default() };
    let none = Spend::nothing();
    assert_eq!(during(&budget, &tally(0.6, 0.0), &none, &spent(0.4)), None);
    assert_eq!(during(&budget, &tally(0.7, 0.0), &none, &spent(0.4)), Some(Cut::Run(Stop::Usd)));
    assert_eq!(during(&budget, &tally(0.0, 0.0), &spent(0.3), &spent(0.3)), Some(Cut::Task));
    let tokens = Spend { output_tokens: 101, ..none };
    assert_eq!(during(&budget, &tally(0.0, 0.0), &none, &tokens), Some(Cut::Run(Stop::Tokens)));
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
fn the_limit_that_reaches_furthest_cuts() {
    let none = Spend::nothing();
    let table = [
        (None, None, None, None),
        (None, None, Some(0.5), Some(Cut::Attempt)),
        (None, Some(0.7), Some(0.5), Some(Cut::Task)),
        (Some(0.9), Some(0.7), Some(0.5), Some(Cut::Run(Stop::Usd))),
        (Some(2.0), Some(2.0), Some(2.0), None),
    ];
    for (usd, per_task_usd, per_attempt_usd, expected) in table {
        let budget = Budget { usd, per_attempt_usd, per_task_usd, ..Budget::default() };
        let name = format!("{usd:?} {per_task_usd:?} {per_attempt_usd:?}");
        assert_eq!(during(&budget, &tally(0.0, 0.0), &none, &spent(1.0)), expected, "{name}");
        assert_eq!(kept(&budget, &tally(0.0, 0.0), &none, &spent(1.0)), expected, "{name}");
    }
    let day = Budget { per_day_usd: Some(1.0), per_attempt_usd: Some(0.3), ..Budget::default() };
    assert_eq!(during(&day, &tally(0.8, 0.0), &none, &spent(0.2)), None);
    assert_eq!(during(&day, &tally(0.8, 0.0), &none, &spent(0.3)), Some(Cut::Run(Stop::Usd)));
    assert_eq!(kept(&day, &tally(0.8, 0.0), &none, &spent(0.1)), None);
    assert_eq!(kept(&day, &tally(0.8, 0.0), &none, &spent(0.199_95)), Some(Cut::Run(Stop::Usd)));
    assert_eq!(left(&day, &tally(0.5, 0.0), &none), Some(0.3));
    assert!(day.counts_money() && Budget { per_attempt_usd: Some(1.0), ..Budget::default() }.counts_money());
}

#[test]
fn a_warning_comes_at_four_fifths_of_every_limit() {
    let none = Spend::nothing();
    let names = |budget: &Budget, tally: &Tally, task: &Spend, live: &Spend| {
        warnings(budget, tally, task, live).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    let run = Budget { usd: Some(10.0), ..Budget::default() };
    assert_eq!(names(&run, &tally(7.9, 0.0), &none, &none), [""; 0]);
    assert_eq!(names(&run, &tally(8.0, 0.0), &none, &none), ["usd"]);
    assert_eq!(names(&run, &tally(7.0, 0.0), &none, &spent(1.0)), ["usd"]);
    let all = Budget {
        usd: Some(1.0),
        per_day_usd: Some(1.0),
        per_task_usd: Some(1.0),
        per_attempt_usd: Some(1.0),
        tokens: Some(100),
        iterations: Some(5),
        time: Some(Duration::from_secs(10)),
    };
    let late = Tally { iterations: 4, elapsed: Duration::from_secs(8), ..tally(0.0, 0.0) };
    let live = Spend { output_tokens: 80, ..spent(0.8) };
    let every = ["usd", "per_day_usd", "per_task_usd", "per_attempt_usd", "tokens", "time"];
    assert_eq!(names(&all, &late, &none, &live), every);
    assert_eq!(names(&all, &tally(0.0, 0.0), &spent(0.5), &spent(0.3)), ["per_task_usd"]);
    assert_eq!(names(&Budget::default(), &late, &spent(9.0), &live), [""; 0]);
}

/// What a random agent does in one attempt.
#[derive(Debug, Clone)]
struct Try {
    task: usize,
    /// USD of each model call.
    calls: Vec<f64>,
    /// Whether a call is under way when it is told to end, whose cost it still reports.
    late: bool,
    /// Whether it keeps the limit it is told by itself.
    keeps: bool,
}

/// What was spent, as the loop counts it.
struct Books {
    tally: Tally,
    tasks: [Spend; 3],
    dearest: [f64; 3],
}

impl Books {
    /// Makes the attempt as the loop does. `None` when it may not start, else what it cost, and the most
    /// by which it may have passed a limit: the call that passed it and the one that was under way.
    fn attempt(&mut self, budget: &Budget, one: &Try) -> Option<(f64, f64)> {
        let task = self.tasks[one.task];
        if before(budget, &self.tally, false).is_some() || task_spent(budget, &task, self.dearest[one.task]) {
            return None;
        }
        let told = left(budget, &self.tally, &task);
        let (mut live, mut excess, mut calls) = (Spend::nothing(), 0.0, one.calls.iter());
        while let Some(cost) = calls.next() {
            live.add(&spent(*cost));
            excess = *cost;
            if during(budget, &self.tally, &task, &live).is_some() {
                let under_way = calls.next().filter(|_| one.late).copied().unwrap_or(0.0);
                live.add(&spent(under_way));
                excess += under_way;
                break;
            }
            if one.keeps && told.is_some_and(|told| live.usd >= told) {
                break;
            }
        }
        for sum in [&mut self.tally.run, &mut self.tally.day, &mut self.tasks[one.task]] {
            sum.add(&live);
        }
        self.tally.dearest = self.tally.dearest.max(live.usd);
        self.tally.day_dearest = self.tally.day_dearest.max(live.usd);
        self.dearest[one.task] = self.dearest[one.task].max(live.usd);
        Some((live.usd, excess))
    }
}

fn limit() -> impl Strategy<Value = Option<f64>> {
    proptest::option::of((1u32..4_000_000).prop_map(|micro| f64::from(micro) / 1e6))
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let calls = proptest::collection::vec((1u32..900_000).prop_map(|micro| f64::from(micro) / 1e6), 1..12);
    let one = (0usize..3, calls, any::<bool>(), any::<bool>());
    let one = one.prop_map(|(task, calls, late, keeps)| Try { task, calls, late, keeps });
    proptest::collection::vec(one, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// However calls and limits fall, no limit is passed by more than the call that passes it and what
    /// the agent still reports after it was told to end; and once passed, nothing starts under it.
    #[test]
    fn no_limit_is_passed_by_more_than_a_call(
        limits in (limit(), limit(), limit(), limit()),
        earlier in 0u32..2_000_000,
        tries in tries(),
    ) {
        let (usd, per_day_usd, per_task_usd, per_attempt_usd) = limits;
        let budget = Budget { usd, per_attempt_usd, per_task_usd, per_day_usd, ..Budget::default() };
        let mut books = Books { tally: tally(0.0, 0.0), tasks: [spent(0.0); 3], dearest: [0.0; 3] };
        books.tally.day = spent(f64::from(earlier) / 1e6);
        for one in &tries {
            let over = |books: &Books| [
                usd.map(|limit| books.tally.run.usd - limit),
                per_day_usd.map(|limit| books.tally.day.usd - limit),
                per_task_usd.map(|limit| books.tasks[one.task].usd - limit),
            ];
            let passed = over(&books).into_iter().flatten().any(|over| over > CENT_FRACTION);
            let Some((cost, excess)) = books.attempt(&budget, one) else { continue };
            prop_assert!(!passed, "started though a limit was passed");
            for over in over(&books).into_iter().chain([per_attempt_usd.map(|limit| cost - limit)]).flatten() {
                prop_assert!(over <= excess + CENT_FRACTION, "{over} over, {excess} allowed");
            }
        }
    }
}
