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
    /// It is none, but what the task was in an older copy.
    Old,
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
    if status_touched && !same_status && is_undone(status, row) {
        return Hand::Old;
    }
    // Who sets a task back to pending wants it tried as often as if it were new.
    let handed_back = status == Status::Pending && row.status.is_final();
    let forgiven = if handed_back { attempts } else { row.forgiven.min(attempts) };
    Hand::Wins(status, attempts, forgiven)
}

/// Whether a status is one that somebody's word has moved the task on from, or that of work that is over: only an older copy
/// has that.
pub fn is_undone(status: Status, row: &Row) -> bool {
    row.left.has(status) || (row.status.is_final() && status.is_active())
}

/// Whether a save is of a copy that is older than what we wrote: attempts went back behind it, or, where a task has none, statuses
/// did, of more than one task or with a task missing. By touched task: what the file says, what we may have written there, what
/// the log makes of it; `missing` whether tasks are.
pub fn is_stale<'n>(touched: impl Iterator<Item = (Noted, &'n [Noted], &'n Row)>, missing: bool) -> bool {
    let mut resets = 0;
    for (file, ours, row) in touched {
        let counted = |noted: &Noted| noted.attempts.unwrap_or(0);
        if !ours.is_empty() && ours.iter().all(|ours| counted(&file) < counted(ours)) {
            return true;
        }
        let reset = |ours: &Noted| ours.attempts.is_none() && rank(ours.status) > rank(file.status);
        if file.attempts.is_none() && !ours.is_empty() && ours.iter().all(reset) {
            // It was under way when it was written, and has come to its end since.
            let ended =
                row.status.is_final() && ours.iter().all(|ours| ours.status.is_some_and(Status::is_active));
            resets += if ended { 2 } else { 1 };
        } else if file.status.is_some_and(|status| is_undone(status, row)) && !ours.contains(&file) {
            resets += 1;
        }
    }
    resets > 1 || (resets == 1 && missing)
}

fn rank(status: Option<Status>) -> u8 {
    match status {
        None | Some(Status::Pending) => 0,
        Some(status) => 1 + u8::from(status.is_final()),
    }
}

/// [`decide`] for a save that is stale: how far a task is is left out of account, unless nobody has tried it and the hand ends it.
pub fn decide_stale(file: Noted, ours: &[Noted], row: &Row) -> Hand {
    let untried = row.status == Status::Pending && row.attempts == 0;
    match decide(file, ours, row, false) {
        Hand::Wins(status, ..) if !(untried && status.is_final()) => Hand::Old,
        hand => hand,
    }
}
