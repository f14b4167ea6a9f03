//! Whether an attempt is complete: pure decisions over the final message and the agent's end.

use super::fence::{Fence, Line};
use crate::domain::agents::{Class, Failure, Report, Terminal};

/// What a final message promises by its last non-empty line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Promise {
    /// No tag alone on the last non-empty line outside a code fence.
    #[default]
    None,
    /// `<promise>COMPLETE</promise>`
    Complete,
    /// `<promise>BLOCKED: why</promise>`
    Blocked(String),
    /// `<promise>FAILED: why</promise>`
    Failed(String),
}

/// Characters of a reason that are kept.
const WHY: usize = 500;

/// Finds the promise of a text that comes line by line, in constant memory.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    fence: Fence,
    last: Promise,
}

impl Scan {
    /// Takes one line without its newline.
    pub fn line(&mut self, line: &str) {
        let outside = self.fence.line(line) == Line::Outside;
        if !line.trim().is_empty() {
            self.last = if outside { tag(line.trim()) } else { Promise::None };
        }
    }

    /// Takes the start of a line that was too long to be kept, which therefore is no tag.
    pub fn cut(&mut self, start: &str) {
        self.fence.line(start);
        self.last = Promise::None;
    }

    /// The promise, if the text ended here.
    pub fn promise(&self) -> Promise {
        self.last.clone()
    }
}

/// The promise of a whole final message.
pub fn promise(text: &str) -> Promise {
    let mut scan = Scan::default();
    text.lines().for_each(|line| scan.line(line));
    scan.promise()
}

fn tag(line: &str) -> Promise {
    let Some(inner) = line.strip_prefix("<promise>").and_then(|rest| rest.strip_suffix("</promise>")) else {
        return Promise::None;
    };
    if inner == "COMPLETE" {
        return Promise::Complete;
    }
    // Two tags on one line are a sentence about tags.
    let why = |prefix: &str| {
        inner.strip_prefix(prefix).map(reason).filter(|why| !why.is_empty() && !inner.contains("promise>"))
    };
    if let Some(why) = why("BLOCKED:") {
        return Promise::Blocked(why);
    }
    why("FAILED:").map_or(Promise::None, Promise::Failed)
}

fn reason(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.trim().chars().take(WHY).collect()
}

/// How an agent's process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ended {
    /// Its exit code, where it exited.
    pub code: Option<i32>,
    /// The signal that ended it, where one did.
    pub signal: Option<i32>,
    /// Whether we ended it for its time.
    pub timed_out: Option<TimedOut>,
    /// Whether we ended it for another reason: an interrupt, a stop, its budget.
    pub stopped: bool,
}

/// Which limit of time or output an agent ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimedOut {
    /// The attempt took too long.
    Total,
    /// The agent was silent for too long.
    Idle,
    /// The agent did not say anything at all.
    Start,
    /// It printed more than a disk can take.
    Flood,
}

/// What an attempt's agent came to, before any gate.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It says so, and nothing speaks against it: on to the gates.
    Complete,
    /// A person is needed, and why.
    Blocked(String),
    /// The agent gives this attempt up, and why.
    Failed(String),
    /// It ended without being done; the next attempt is told why.
    Incomplete(String),
    /// The agent itself failed, not its work.
    Broken(Failure),
}

/// Judges an attempt. Complete only when the process exited 0 by itself, the agent's own terminal
/// event says success and its final message ends with the tag. A plea for help (`BLOCKED`,
/// `FAILED`) of an agent that ended by itself is heard whatever its exit code: it closes nothing.
pub fn judge(ended: &Ended, report: &Report) -> Verdict {
    let broken = |class, message: &str| Verdict::Broken(failure(class, message.into()));
    if ended.stopped {
        return broken(Class::Aborted, "stopped before it was done");
    }
    if let Some(limit) = ended.timed_out {
        let (class, words) = match limit {
            TimedOut::Total => (Class::Timeout, "it took longer than `agent.timeout` allows and was ended"),
            TimedOut::Idle => {
                (Class::Idle, "it was silent for longer than `agent.idle_timeout` allows and was ended")
            }
            TimedOut::Start => {
                (Class::Timeout, "it said nothing at all within `agent.start_timeout` and was ended")
            }
            TimedOut::Flood => (Class::Loop, "it printed more than 1 GiB and was ended"),
        };
        return broken(class, words);
    }
    if let Terminal::Failure(failure) = &report.terminal {
        return Verdict::Broken(failure.clone());
    }
    let Some(code) = ended.code.filter(|_| ended.signal.is_none()) else {
        let how =
            ended.signal.map_or_else(|| "vanished".into(), |signal| format!("killed by signal {signal}"));
        return broken(Class::Crash, &how);
    };
    if report.terminal == Terminal::Missing {
        let message = format!("ended with exit code {code} and no result in its output");
        return broken(Class::Crash, &message);
    }
    match (&report.promise, code) {
        (Promise::Blocked(why), _) => Verdict::Blocked(why.clone()),
        (Promise::Failed(why), _) => Verdict::Failed(why.clone()),
        (Promise::Complete, 0) => Verdict::Complete,
        (Promise::Complete, code) => {
            Verdict::Incomplete(format!("it promised to be complete, but ended with exit code {code}"))
        }
        (Promise::None, 0) => Verdict::Incomplete(
            "its final message does not end with the promise tag on a line of its own".into(),
        ),
        (Promise::None, code) => Verdict::Incomplete(format!("it ended with exit code {code}")),
    }
}

fn failure(class: Class, message: String) -> Failure {
    Failure { class, message, not_before: None }
}

#[cfg(test)]
#[path = "completion_tests.rs"]
mod tests;
