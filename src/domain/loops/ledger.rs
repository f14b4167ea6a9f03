//! What receipts of earlier attempts add up to: attempts and spend by task, spend by day.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::attempt::budget::Spend;
use crate::domain::attempt::receipt::{self, Outcome, Receipt};
use crate::domain::loops::resume::Thread;

/// What is known about one task.
#[derive(Debug, Clone)]
pub struct Past {
    /// Attempts that count since the task was last closed or handed to a person.
    pub attempts: u64,
    /// What all attempts on it spent.
    pub spend: Spend,
    /// The dearest of them, in USD.
    pub dearest: f64,
    /// The last attempt that says something about the task.
    pub last: Option<Receipt>,
    /// The session of the very last attempt, where it had one.
    pub thread: Option<Thread>,
}

impl Default for Past {
    fn default() -> Self {
        Self { attempts: 0, spend: Spend::nothing(), dearest: 0.0, last: None, thread: None }
    }
}

/// Sums over all receipts.
#[derive(Debug, Clone)]
pub struct Ledger {
    today: Date,
    /// Today's spend (UTC), over all runs.
    pub day: Spend,
    /// The dearest of those attempts, in USD.
    pub day_dearest: f64,
    tasks: HashMap<String, Past>,
}

impl Ledger {
    /// Reads the receipts; `now` decides which day today is.
    pub fn read(path: &Path, now: Timestamp) -> Result<Self> {
        let mut ledger =
            Self { today: date(now), day: Spend::nothing(), day_dearest: 0.0, tasks: HashMap::new() };
        receipt::each(path, |receipt| ledger.add(receipt))?;
        Ok(ledger)
    }

    /// Counts one more receipt.
    pub fn add(&mut self, receipt: Receipt) {
        if date(receipt.started_at) == self.today {
            self.day.add(&receipt.spend);
            self.day_dearest = self.day_dearest.max(receipt.spend.usd);
        }
        let past = self.tasks.entry(receipt.task.clone()).or_default();
        past.spend.add(&receipt.spend);
        past.dearest = past.dearest.max(receipt.spend.usd);
        past.thread = Thread::after(past.thread.take(), &receipt);
        match receipt.outcome {
            Outcome::Closed | Outcome::Escalated => past.attempts = 0,
            outcome if outcome.counts() => past.attempts += 1,
            _ => return,
        }
        past.last = Some(receipt);
    }

    /// A new day begins at midnight, UTC.
    pub fn turn(&mut self, now: Timestamp) {
        if date(now) != self.today {
            self.today = date(now);
            (self.day, self.day_dearest) = (Spend::nothing(), 0.0);
        }
    }

    /// What is known about `task`.
    pub fn past(&self, task: &str) -> Past {
        self.tasks.get(task).cloned().unwrap_or_default()
    }
}

fn date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
