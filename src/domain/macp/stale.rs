//! What a save of `tasks.json` by hand means as a whole. An editor that was left open saves what it once read: tasks that were
//! submitted since are missing in it, and tasks that are over are pending again.

use std::collections::{HashMap, HashSet};
use std::fs::File;

use jiff::Timestamp;

use super::elements;
use super::event::{Event, Kind, Source};
use super::memory::{Memory, Span};
use super::merge::{Hand, decide, decide_stale, is_stale};
use super::place::Place;
use super::sketch::{Noted, Sketch};
use super::state::Row;
use super::task::Status;
use crate::domain::agents::one_line;
use crate::system::clock;

/// So many tasks are named.
const NAMED: usize = 20;

/// What a hand has changed.
#[derive(Debug, Default)]
pub struct Save {
    /// By row, what the file says and what we may have written.
    pub touched: HashMap<usize, (Noted, Vec<Noted>)>,
    /// Rows of tasks that were there and are not in it.
    missing: Vec<usize>,
    /// When the newest task was submitted of those that are in it.
    newest: Option<Timestamp>,
    /// Tasks of which no more is known than what they were.
    lost: Vec<(String, Status)>,
}

/// Finds what was there and is not in the file, and has it be there again for [`settle`] to decide.
pub fn put_back(memory: &mut Memory, place: &Place, noted: &HashMap<String, Noted>, save: &mut Save) {
    let mut missing: HashMap<&str, Noted> = noted
        .iter()
        .map(|(id, noted)| (id.as_str(), *noted))
        .filter(|(id, _)| memory.state.row(id).is_none())
        .collect();
    if missing.is_empty() {
        return;
    }
    let there = memory.state.rows().filter(|row| noted.contains_key(&row.id));
    save.newest = there.filter_map(|row| row.created_at).max();
    if let Ok(file) = File::open(place.kept()) {
        // A copy that is damaged gives what it can.
        let read = elements::each(&file, |range, text| {
            let Ok(sketch) = Sketch::read(text) else { return Ok(()) };
            let Some(noted) = missing.remove(sketch.id()) else { return Ok(()) };
            let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
            let result_path = sketch.has_result_path();
            let row =
                memory.insert(sketch, Span { at: range.start, len, inbox: true, kept: true, result_path });
            memory.state.begin_at(row, noted.status.unwrap_or(Status::Pending), noted.attempts);
            save.missing.push(row);
            Ok(())
        });
        drop(read);
        memory.kept = Some(file);
    }
    save.lost = missing
        .into_iter()
        .map(|(id, noted)| (id.to_owned(), noted.status.unwrap_or(Status::Pending)))
        .collect();
    save.lost.sort_by(|a, b| a.0.cmp(&b.0));
}

/// Decides what a hand's edits mean, applies those that win, and gives back the events that tell so.
pub fn settle(memory: &mut Memory, save: &Save) -> Vec<Event> {
    let now = clock::now();
    let mut hands = Vec::new();
    let (mut old, mut kept) = (Vec::new(), Vec::new());
    let missing: Vec<usize> = save.missing.iter().copied().filter(|row| !memory.gone.contains(row)).collect();
    let changes = save.touched.iter().map(|(row, (file, ours))| (*file, &ours[..], memory.state.at(*row)));
    let stale = is_stale(changes, !(missing.is_empty() && save.lost.is_empty()));
    let mut rows: Vec<_> = save.touched.iter().collect();
    rows.sort_by_key(|(row, _)| **row);
    for (row, (file, ours)) in rows {
        let found = memory.state.at(*row);
        let hand = if stale {
            decide_stale(*file, ours, found)
        } else {
            decide(*file, ours, found, memory.is_worked(*row, now))
        };
        match hand {
            Hand::None => {}
            Hand::Old => {
                hands.push(told(&found.id, found.status, "an older copy of it was saved; its status there is left out of account"));
                old.push(found.id.clone());
            }
            Hand::Late => memory.notices.push(format!(
                "task `{}` is being worked: its status in `tasks.json` is left out of account; `taskrun macp cancel` ends it",
                found.id
            )),
            Hand::Wins(status, attempts, forgiven) => {
                let event = Event::edited(&found.id, status, (attempts, forgiven), now);
                memory.state.apply(&event);
                memory.note_result(&mut event.clone());
                hands.push(event);
            }
        }
    }
    let needed = needed(memory, &missing);
    for row in missing {
        let found = memory.state.at(row);
        if stale || is_protected(found, save, &needed) || memory.is_worked(row, now) {
            hands.push(
                told(&found.id, found.status, "it was taken out by hand, and is put back")
                    .with("put_back", true),
            );
            kept.push(found.id.clone());
        } else {
            hands.push(told(&found.id, found.status, "it was taken out by hand").with("removed", true));
            memory.gone.insert(row);
        }
    }
    hands.extend(
        save.lost
            .iter()
            .map(|(id, status)| told(id, *status, "it was taken out by hand").with("removed", true)),
    );
    memory.notices.extend(warning(stale, &old, &kept));
    hands
}

/// What tasks depend on that are in the file, or are not over.
fn needed(memory: &Memory, missing: &[usize]) -> HashSet<String> {
    let missing: HashSet<usize> = missing.iter().copied().collect();
    let stays = |(at, row): &(usize, &Row)| !missing.contains(at) || !row.status.is_final();
    let rows = memory.state.rows().enumerate().filter(stays);
    rows.flat_map(|(_, row)| &row.depends_on).cloned().collect()
}

/// Whether a task stays though it is not in the file: one that was submitted and is not over; one that is over where others
/// depend on it, or where nothing shows that whoever took it out had ever seen it.
fn is_protected(row: &Row, save: &Save, needed: &HashSet<String>) -> bool {
    // `created_at` is what submitting puts in.
    let Some(submitted) = row.created_at.filter(|_| row.macp) else {
        return row.status.is_final() && needed.contains(&row.id);
    };
    !row.status.is_final() || needed.contains(&row.id) || save.newest.is_none_or(|newest| newest < submitted)
}

/// An event that only tells.
fn told(id: &str, status: Status, what: &str) -> Event {
    let on_disk = if status == Status::Cancelled { Status::Failed } else { status };
    Event::new(Kind::Progress, id, on_disk, clock::now())
        .from(Source::Controller)
        .saying(format!("tasks.json was edited: {what}"))
}

/// What whoever looks on should know: what was not taken as the hand has it, and the way out.
fn warning(stale: bool, old: &[String], kept: &[String]) -> Option<String> {
    let mut parts = Vec::new();
    if !old.is_empty() {
        parts.push(format!("the status of {} is left out of account", names(old)));
    }
    if !kept.is_empty() {
        parts.push(format!(
            "{} not in it: put back",
            if kept.len() == 1 { format!("{} is", names(kept)) } else { format!("{} are", names(kept)) }
        ));
    }
    if parts.is_empty() {
        return None;
    }
    let begin = if stale { "`tasks.json` was saved from an older copy" } else { "`tasks.json` was edited" };
    let again = "`taskrun macp retry ID` has one run again that failed or was cancelled (a completed one: set it to `pending` in the \
                 file as it is now)";
    let ways = [
        (!old.is_empty()).then_some(again),
        Some("`taskrun macp cancel ID` ends one"),
        (!kept.is_empty()).then_some("`taskrun macp gc` takes out what is over"),
    ];
    let ways: Vec<&str> = ways.into_iter().flatten().collect();
    Some(format!("{begin}: {}; {}", parts.join("; "), ways.join(", ")))
}

fn names(ids: &[String]) -> String {
    let some: Vec<_> = ids.iter().take(NAMED).map(|id| format!("`{}`", one_line(id, 60))).collect();
    let more = ids.len().saturating_sub(NAMED);
    if more > 0 { format!("{} and {more} more", some.join(", ")) } else { some.join(", ") }
}
