//! A table of hand's edits.

use super::merge::{Hand, decide};
use super::sketch::Noted;
use super::state::Row;
use super::task::Status::{self, Cancelled, Completed, Failed, Pending, Running};

fn noted(status: Status, attempts: Option<u32>) -> Noted {
    Noted { status: Some(status), attempts }
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
        let row = Row {
            blocked: false,
            started_at: None,
            cancel_requested: false,
            id: "t".into(),
            status,
            attempts,
            forgiven: 0,
            max_attempts: None,
            priority: 2,
            key: None,
            org: None,
            depends_on: Vec::new(),
            macp: true,
            created_at: None,
            not_before: None,
            hold: None,
        };
        let (ours, file) = (noted(ours.0, ours.1), noted(file.0, file.1));
        assert_eq!(decide(file, &[ours], &row, worked), expected, "{ours:?} {file:?} {row:?}");
    }
}
