//! What a hand's edit of `tasks.json` means for a task that the log may have carried on meanwhile. Pure.

use super::sketch::Noted;
use super::state::Row;
use super::task::Status;

/// What becomes of the edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// There was none: the log is right.
    None,
    /// It wins: status and attempts are these, so many of them forgiven.
    Wins(Status, u64, u64),
    /// It comes to a task that is being worked: the work wins.
    Late,
}

/// Decides it. `file` is what the file says, `ours` what we may have written there, `row` what the log makes of it, `worked`
/// whether somebody works on it right now.
pub fn decide(file: Noted, ours: &[Noted], row: &Row, worked: bool) -> Hand {
    let status = file.status.unwrap_or(row.status);
    let attempts = file.attempts.map_or(row.attempts, u64::from);
    let same_status = status == row.status || (!row.macp && status.on_disk() == row.status.on_disk());
    if ours.contains(&file) || (same_status && attempts == row.attempts) {
        return Hand::None;
    }
    // A status that only the log has moved on from was not touched; nor attempts that we wrote.
    let status_touched = ours.iter().all(|ours| ours.status != file.status);
    let attempts_touched = ours.iter().all(|ours| ours.attempts != file.attempts);
    let status = if status_touched { status } else { row.status };
    let attempts = if attempts_touched { attempts } else { row.attempts };
    if worked {
        return if status_touched && !same_status { Hand::Late } else { Hand::None };
    }
    // Who sets a task back to pending wants it tried as often as if it were new.
    let handed_back = status == Status::Pending && row.status.is_final();
    let forgiven = if handed_back { attempts } else { row.forgiven.min(attempts) };
    Hand::Wins(status, attempts, forgiven)
}
