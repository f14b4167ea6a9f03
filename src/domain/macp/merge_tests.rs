//! A table of hand's edits.

use super::merge::{Hand, decide, decide_stale, is_stale};
use super::sketch::Noted;
use super::state::Row;
use super::task::Status::{self, Cancelled, Completed, Escalated, Failed, Pending, Running};

fn noted(status: Status, attempts: Option<u32>) -> Noted {
    Noted { status: Some(status), attempts }
}

fn row(status: Status, attempts: u64) -> Row {
    let text = br#"{"id":"t","title":"T","status":"pending","dispatch":"exec"}"#;
    let row = super::sketch::Sketch::read(text).unwrap().row();
    Row { status, attempts, ..row }
}

#[test]
fn a_hand_wins_unless_somebody_works_on_it() {
    // What we wrote, what the file says, what the log makes of it and after how many attempts, whether it is worked.
    let table = [
        ((Pending, Some(0)), (Pending, Some(0)), (Running, 1), true, Hand::None),
        ((Pending, Some(0)), (Completed, Some(0)), (Pending, 0), false, Hand::Wins(Completed, 0, 0)),
        ((Failed, Some(2)), (Pending, Some(2)), (Failed, 2), false, Hand::Wins(Pending, 2, 2)),
        ((Failed, Some(2)), (Pending, Some(0)), (Failed, 2), false, Hand::Wins(Pending, 0, 0)),
        ((Running, Some(1)), (Pending, Some(1)), (Running, 1), true, Hand::Late),
        ((Running, Some(1)), (Pending, Some(1)), (Running, 1), false, Hand::Wins(Pending, 1, 0)),
        ((Running, Some(1)), (Completed, Some(1)), (Completed, 1), false, Hand::None),
        ((Running, Some(1)), (Pending, Some(1)), (Completed, 1), false, Hand::Wins(Pending, 1, 1)),
        ((Running, Some(1)), (Running, Some(0)), (Completed, 1), false, Hand::Wins(Completed, 0, 0)),
        ((Running, Some(1)), (Running, Some(5)), (Running, 1), true, Hand::None),
        ((Pending, None), (Cancelled, None), (Pending, 0), false, Hand::Wins(Cancelled, 0, 0)),
    ];
    for (ours, file, (status, attempts), worked, expected) in table {
        let row = row(status, attempts);
        let (ours, file) = (noted(ours.0, ours.1), noted(file.0, file.1));
        assert_eq!(decide(file, &[ours], &row, worked), expected, "{ours:?} {file:?} {row:?}");
    }
}

#[test]
fn an_older_copy_is_told_from_a_hand() {
    type Touch = ((Status, Option<u32>), (Status, Option<u32>), Status);
    // By task what we wrote, what the file says, what the log makes of it; whether tasks are missing.
    let table: [(&[Touch], bool, bool); 15] = [
        (&[], true, false),
        (&[((Completed, Some(1)), (Pending, None), Completed)], false, true),
        (&[((Completed, Some(2)), (Pending, Some(1)), Completed)], false, true),
        (&[((Running, Some(1)), (Pending, None), Completed)], false, true),
        (&[((Failed, Some(2)), (Failed, Some(1)), Pending)], false, true),
        (&[((Completed, Some(1)), (Pending, Some(1)), Completed)], true, false),
        (&[((Failed, Some(2)), (Pending, Some(2)), Failed)], false, false),
        (&[((Pending, None), (Completed, None), Pending)], true, false),
        // Where no attempts are counted.
        (&[((Completed, None), (Pending, None), Completed)], false, false),
        (&[((Completed, None), (Pending, None), Completed)], true, true),
        (
            &[((Completed, None), (Pending, None), Completed), ((Failed, None), (Pending, None), Failed)],
            false,
            true,
        ),
        (&[((Running, None), (Pending, None), Completed)], false, true),
        (&[((Running, None), (Pending, None), Running)], false, false),
        // Work that is over is under way: by itself as little as a status that somebody has moved on from.
        (&[((Completed, Some(1)), (Running, Some(1)), Completed)], false, false),
        (&[((Completed, Some(1)), (Running, Some(1)), Completed)], true, true),
    ];
    for (touched, missing, expected) in table {
        let both: Vec<_> = touched
            .iter()
            .map(|(ours, file, now)| (noted(file.0, file.1), [noted(ours.0, ours.1)], row(*now, 1)))
            .collect();
        let touched = both.iter().map(|(file, ours, now)| (*file, &ours[..], now));
        assert_eq!(is_stale(touched, missing), expected, "{both:?} {missing}");
    }
}

#[test]
fn of_an_older_copy_no_status_is_taken_but_the_end_of_what_nobody_tried() {
    let table = [
        ((Completed, Some(1)), (Pending, None), (Completed, 1), Hand::Old),
        ((Pending, Some(2)), (Failed, Some(2)), (Pending, 2), Hand::Old),
        ((Pending, None), (Completed, None), (Pending, 0), Hand::Wins(Completed, 0, 0)),
        ((Pending, None), (Pending, None), (Completed, 1), Hand::None),
        ((Running, Some(1)), (Completed, Some(1)), (Completed, 1), Hand::None),
    ];
    for (ours, file, (status, attempts), expected) in table {
        let row = row(status, attempts);
        let (ours, file) = (noted(ours.0, ours.1), noted(file.0, file.1));
        assert_eq!(decide_stale(file, &[ours], &row), expected, "{ours:?} {file:?}");
    }
}

#[test]
fn a_status_that_somebody_has_moved_on_from_is_an_older_copys() {
    // What it was moved on from, what it is, what the file says.
    let table = [
        (Some(Pending), Cancelled, Pending, Hand::Old),
        (Some(Escalated), Completed, Escalated, Hand::Old),
        (Some(Failed), Pending, Failed, Hand::Old),
        (Some(Escalated), Completed, Pending, Hand::Wins(Pending, 1, 1)),
        (None, Completed, Pending, Hand::Wins(Pending, 1, 1)),
        (None, Completed, Running, Hand::Old),
        (None, Pending, Failed, Hand::Wins(Failed, 1, 0)),
    ];
    for (left, is, says, expected) in table {
        let mut row = row(is, 1);
        if let Some(status) = left {
            row.left.add(status);
        }
        let decided = decide(noted(says, Some(1)), &[noted(is, Some(1))], &row, false);
        assert_eq!(decided, expected, "{left:?} {is:?} {says:?}");
    }
}
