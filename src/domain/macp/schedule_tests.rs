//! The order of tasks against one that is found by looking at all of them each time.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::schedule::{AGEING, Stuck, Wish};
use super::state::{Row, State};
use super::task::Status;

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

fn row(id: &str, depends_on: &[&str]) -> Row {
    Row {
        blocked: false,
        started_at: None,
        cancel_requested: false,
        left: super::state::Left::default(),
        id: id.into(),
        status: Status::Pending,
        attempts: 0,
        forgiven: 0,
        max_attempts: None,
        priority: 2,
        key: None,
        org: None,
        depends_on: depends_on.iter().map(ToString::to_string).collect(),
        macp: true,
        created_at: None,
        not_before: None,
        hold: None,
    }
}

fn state(rows: Vec<Row>) -> State {
    let mut state = State::default();
    for row in rows {
        state.insert(row, Vec::new());
    }
    state
}

fn stuck(state: &State) -> Vec<(String, Stuck)> {
    state.stuck().into_iter().map(|(row, why)| (row.id.clone(), why)).collect()
}

#[test]
fn what_can_never_run_is_named_once() {
    let mut rows = vec![
        row("a", &["gone"]),
        row("b", &["a"]),
        row("c", &["f"]),
        row("f", &[]),
        row("x", &["z"]),
        row("y", &["x"]),
        row("z", &["y", "ok"]),
        row("self", &["self"]),
        row("after", &["x"]),
        row("ok", &[]),
        row("fine", &["ok"]),
    ];
    rows[3].status = Status::Failed;
    let circle = |ids: &[&str]| Stuck::Cycle(ids.iter().map(ToString::to_string).collect());
    let expected: Vec<(String, Stuck)> = [
        ("a", Stuck::Unknown("gone".into())),
        ("b", Stuck::Unfinished("a".into(), Status::Pending)),
        ("c", Stuck::Unfinished("f".into(), Status::Failed)),
        ("x", circle(&["x", "z", "y"])),
        ("y", circle(&["y", "x", "z"])),
        ("z", circle(&["z", "y", "x"])),
        ("self", circle(&["self"])),
        ("after", Stuck::Unfinished("x".into(), Status::Pending)),
    ]
    .map(|(id, why)| (id.to_owned(), why))
    .into();
    assert_eq!(stuck(&state(rows)), expected);
}

#[test]
fn a_long_circle_is_told_once() {
    let count = 5_000;
    let ids: Vec<String> = (0..count).map(|at| format!("t{at}")).collect();
    let rows = (0..count).map(|at| row(&ids[at], &[&ids[(at + 1) % count]])).collect();
    let found = stuck(&state(rows));
    assert_eq!(found.len(), count);
    assert_eq!(found.iter().filter(|(_, why)| matches!(why, Stuck::Cycle(_))).count(), 1);
}

#[test]
fn waiting_makes_more_urgent() {
    let step = i64::try_from(AGEING.as_secs()).unwrap();
    let at = |id: &str, priority, seconds| Row { priority, created_at: Some(time(seconds)), ..row(id, &[]) };
    let table = [
        (vec![at("old", 2, 0), at("urgent", 0, 100)], "urgent"),
        (vec![at("old", 2, 0), at("urgent", 0, 2 * step - 1)], "urgent"),
        (vec![at("old", 2, 0), at("urgent", 0, 2 * step + 1)], "old"),
        (vec![at("b", 1, 5), at("a", 1, 5)], "b"),
        (vec![Row { priority: 4, ..row("hand", &[]) }, at("urgent", 0, 100)], "urgent"),
        (vec![row("first", &[]), row("second", &[])], "first"),
        (vec![row("first", &[]), Row { priority: 0, ..row("second", &[]) }], "second"),
    ];
    for (rows, expected) in table {
        let state = state(rows);
        assert_eq!(state.next(time(10 * step), &Wish::default()).map(|row| &*row.id), Some(expected));
    }
}

/// What was done to the queue.
#[derive(Debug, Clone)]
enum Step {
    Add(u8, Vec<u8>, u8, Option<u8>, Option<u8>, Option<i64>),
    Set(u8, Status),
    Wait(u8, i64),
    Later(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let few = 0..12_u8;
    let add = (
        few.clone(),
        prop::collection::vec(0..14_u8, 0..3),
        0..4_u8,
        prop::option::of(0..3_u8),
        prop::option::of(0..2_u8),
        prop::option::of(0..20_000_i64),
    );
    let status = prop::sample::select(Status::ALL.to_vec());
    let step = prop_oneof![
        4 => add.prop_map(|(id, on, priority, key, org, made)| Step::Add(id, on, priority, key, org, made)),
        5 => (few.clone(), status).prop_map(|(id, status)| Step::Set(id, status)),
        1 => (few, 0..100_i64).prop_map(|(id, until)| Step::Wait(id, until)),
        1 => (0..60_i64).prop_map(Step::Later),
    ];
    prop::collection::vec(step, 1..60)
}

/// The next task by looking at all.
fn naive<'s>(
    state: &'s State,
    meant: &HashMap<String, String>,
    now: Timestamp,
    wish: &Wish,
) -> Option<&'s Row> {
    let rows: Vec<&Row> = state.rows().collect();
    let mut age = rows.iter().find_map(|row| row.created_at).map_or(0, Timestamp::as_microsecond);
    let ages: Vec<i64> = rows
        .iter()
        .map(|row| {
            age = row.created_at.map_or(age, Timestamp::as_microsecond);
            age
        })
        .collect();
    let active =
        |key: &String| rows.iter().any(|row| row.status.is_active() && row.key.as_ref() == Some(key));
    let runs = |row: &Row| {
        row.status == Status::Pending
            && row.not_before.is_none_or(|at| at <= now)
            && row.depends_on.iter().all(|id| state.row(id).is_some_and(|on| on.status == Status::Completed))
            && row.key.as_ref().is_none_or(|key| !active(key))
            && wish.org.as_ref().is_none_or(|org| row.org.as_ref() == Some(org))
    };
    let step = i64::try_from(AGEING.as_micros()).unwrap();
    let order = |at: &usize| (ages[*at] + i64::try_from(rows[*at].priority).unwrap() * step, ages[*at], *at);
    let able: Vec<usize> = (0..rows.len()).filter(|at| runs(rows[*at])).collect();
    let own = |at: &&usize| wish.worker.is_some() && meant.get(&rows[**at].id) == wish.worker.as_ref();
    let first = able.iter().filter(own).min_by_key(|at| order(at)).or(able.iter().min_by_key(|at| order(at)));
    first.map(|at| rows[*at])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_agenda_is_right_after_any_change(steps in steps()) {
        let mut state = State::default();
        let mut meant = HashMap::new();
        let mut now = time(0);
        for step in steps {
            match step {
                Step::Add(id, on, priority, key, org, made) => {
                    let id = format!("t{id}");
                    if state.row(&id).is_some() {
                        continue;
                    }
                    // One that is meant for somebody has no key: of a key only the first is offered.
                    let worker = (priority == 3 && key.is_none()).then(|| "w".to_owned());
                    meant.extend(worker.clone().map(|worker| (id.clone(), worker)));
                    let row = Row {
                        priority: priority.into(),
                        key: key.map(|key| format!("k{key}")),
                        org: org.map(|org| format!("o{org}")),
                        depends_on: on.iter().map(|on| format!("t{on}")).collect(),
                        created_at: made.map(time),
                        ..row(&id, &[])
                    };
                    state.insert(row, worker.into_iter().collect());
                }
                Step::Set(id, status) => state.change(&format!("t{id}"), |row| {
                    row.status = status;
                    row.not_before = None;
                }),
                Step::Wait(id, until) => state.change(&format!("t{id}"), |row| {
                    row.status = Status::Pending;
                    row.not_before = Some(time(until));
                }),
                Step::Later(by) => now = now.checked_add(SignedDuration::from_secs(by)).unwrap(),
            }
            for (org, worker) in [(None, None), (Some("o1"), None), (None, Some("w")), (Some("o0"), Some("w"))] {
                let wish = Wish { org: org.map(str::to_owned), worker: worker.map(str::to_owned) };
                prop_assert_eq!(
                    state.next(now, &wish).map(|row| &row.id),
                    naive(&state, &meant, now, &wish).map(|row| &row.id),
                    "{:?}", wish
                );
            }
            let counted = state.counts();
            for (status, count) in counted {
                prop_assert_eq!(count, state.rows().filter(|row| row.status == status).count());
            }
        }
    }
}
