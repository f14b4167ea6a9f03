//! The words of a status in `TASKS.md`, and who has the last one where table and queue differ. Pure.

use crate::domain::macp::task::Status;

/// What a cell says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Nothing.
    Empty,
    /// To be done.
    Pending,
    /// Somebody is at it.
    Progress,
    /// Not to be worked until a person has said so.
    Blocked,
    /// Done.
    Completed,
    /// It did not work out.
    Failed,
    /// Called off.
    Cancelled,
    /// Something that nobody here knows.
    Unknown,
}

/// Reads a cell; marks and case do not count: `**Done**`, `✅ done`.
pub fn read(cell: &str) -> Said {
    let word = cell.trim().trim_matches(|char: char| !char.is_alphanumeric()).to_lowercase();
    match word.replace([' ', '_'], "-").as_str() {
        "" => Said::Empty,
        "not-started" | "pending" | "todo" | "to-do" | "open" | "queued" | "ready" | "planned" | "new" => {
            Said::Pending
        }
        "in-progress" | "running" | "gated" | "started" | "active" | "doing" | "wip" => Said::Progress,
        "blocked" | "needs-qa" | "escalated" | "on-hold" | "waiting" | "needs-human" => Said::Blocked,
        "done" | "completed" | "complete" | "closed" | "finished" => Said::Completed,
        "failed" | "failure" | "error" => Said::Failed,
        "cancelled" | "canceled" | "dropped" => Said::Cancelled,
        _ => Said::Unknown,
    }
}

/// What is written for a status.
pub fn write(status: Status, blocked: bool) -> &'static str {
    match status {
        Status::Pending if blocked => "blocked",
        Status::Pending => "not-started",
        Status::Running | Status::Gated => "in-progress",
        Status::Completed => "done",
        Status::Failed => "failed",
        Status::Escalated => "blocked",
        Status::Cancelled => "cancelled",
    }
}

/// How far a task is in the queue, and what the last sync saw of it.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What the cell says.
    pub cell: &'a str,
    /// What the queue says.
    pub status: Status,
    /// Whether it is not to be worked.
    pub blocked: bool,
    /// Whether the queue has worked it.
    pub worked: bool,
    /// What both said when they were brought together last, as words of the table.
    pub base: Option<(&'a str, &'a str)>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// They agree.
    Nothing,
    /// The queue's word goes into the cell.
    Cell,
    /// The cell's word goes into the queue.
    Queue(Said),
    /// Both have changed: the queue's word goes into the cell.
    Conflict(&'static str),
    /// They differ, and that stays.
    Left(&'static str),
}

impl Case<'_> {
    /// Decides it.
    pub fn decide(&self) -> Act {
        let said = read(self.cell);
        let word = write(self.status, self.blocked);
        if read(word) == said {
            return Act::Nothing;
        }
        let (cell_changed, queue_changed) = match self.base {
            Some((cell, queue)) => (read(cell) != said, read(queue) != read(word)),
            // Without a memory: what the queue has worked is its own, the rest is the table's.
            None => (!self.worked && !self.status.is_active(), self.worked || self.status.is_active()),
        };
        if said == Said::Unknown && cell_changed {
            return Act::Left("its status is none that is known");
        }
        if said == Said::Empty && cell_changed && !queue_changed {
            return Act::Cell;
        }
        match (cell_changed, queue_changed) {
            (false, true) => Act::Cell,
            (true, true) if self.status.is_active() => Act::Conflict("it is being worked"),
            (true, true) => Act::Conflict("both have changed, and the queue knows what it ran"),
            (true, false) if self.status.is_active() => Act::Left("it is being worked"),
            (true, false) if said == Said::Progress && self.status == Status::Pending => {
                Act::Left("nobody works on it in the queue")
            }
            (true, false) if said == Said::Progress => Act::Left("it is over in the queue"),
            (true, false) => Act::Queue(said),
            (false, false) => Act::Left("as it was left the last time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Status::{Completed, Escalated, Failed, Pending, Running};
    use super::*;

    #[test]
    fn words_are_read_however_they_are_dressed() {
        for (cell, said) in [
            ("not-started", Said::Pending),
            ("  **Done** ", Said::Completed),
            ("✅ done", Said::Completed),
            ("In Progress", Said::Progress),
            ("needs_qa", Said::Blocked),
            ("`failed`", Said::Failed),
            ("—", Said::Empty),
            ("review?", Said::Unknown),
            ("Canceled", Said::Cancelled),
        ] {
            assert_eq!(read(cell), said, "{cell}");
        }
        for status in Status::ALL {
            assert_ne!(read(write(status, false)), Said::Unknown, "{status:?}");
        }
    }

    #[test]
    fn the_side_that_changed_counts() {
        let act = |cell, status, worked, base| Case { cell, status, blocked: false, worked, base }.decide();
        let queue = |said| Act::Queue(said);
        let same = Some(("not-started", "not-started"));
        let table = [
            ("not-started", Pending, false, None, Act::Nothing),
            ("blocked", Escalated, true, None, Act::Nothing),
            // The queue has gone on.
            ("not-started", Completed, true, same, Act::Cell),
            ("not-started", Running, true, same, Act::Cell),
            ("in-progress", Pending, true, Some(("in-progress", "in-progress")), Act::Cell),
            ("in-progress", Failed, true, Some(("in-progress", "in-progress")), Act::Cell),
            // A person has written.
            ("done", Pending, false, same, queue(Said::Completed)),
            ("not-started", Completed, true, Some(("done", "done")), queue(Said::Pending)),
            ("blocked", Pending, false, same, queue(Said::Blocked)),
            ("done", Running, true, Some(("in-progress", "in-progress")), Act::Left("it is being worked")),
            ("in-progress", Pending, false, same, Act::Left("nobody works on it in the queue")),
            ("in-progress", Completed, true, Some(("done", "done")), Act::Left("it is over in the queue")),
            ("what", Pending, false, same, Act::Left("its status is none that is known")),
            ("", Pending, false, same, Act::Cell),
            // Both.
            ("done", Failed, true, same, Act::Conflict("both have changed, and the queue knows what it ran")),
            ("done", Running, true, same, Act::Conflict("it is being worked")),
            // The first time.
            ("not-started", Completed, true, None, Act::Cell),
            ("done", Pending, false, None, queue(Said::Completed)),
            ("not-started", Running, true, None, Act::Cell),
            ("done", Pending, true, None, Act::Cell),
            ("", Pending, false, None, Act::Cell),
            // Left alone before: it stays.
            (
                "in-progress",
                Pending,
                false,
                Some(("in-progress", "not-started")),
                Act::Left("as it was left the last time"),
            ),
        ];
        for (cell, status, worked, base, expected) in table {
            assert_eq!(act(cell, status, worked, base), expected, "{cell} {status:?} {worked} {base:?}");
        }
    }
}
