//! What the day has cost so far, while others work beside us.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::domain::attempt::budget::Spend;
use crate::domain::loops::ledger::Ledger;
use crate::domain::prompted::record::{Record, ids};
use crate::domain::workspace::Workspace;
use crate::system::clock;

/// Between two looks at what others spend.
const PAUSE: Duration = Duration::from_secs(1);

/// Today's spend (UTC): the receipts, and what other prompts under way have shown so far.
#[derive(Debug)]
pub(super) struct Day<'a> {
    workspace: &'a Workspace,
    run: String,
    size: u64,
    looked: Instant,
    ledger: Ledger,
    others: Spend,
}

impl<'a> Day<'a> {
    /// As it stands now, for the prompt `run`.
    pub(super) fn read(workspace: &'a Workspace, run: &str) -> Result<Self> {
        let size = size(workspace);
        let ledger = Ledger::read(&workspace.receipts(), clock::now())?;
        let others = others(workspace, run);
        Ok(Self { workspace, run: run.into(), size, looked: Instant::now(), ledger, others })
    }

    /// What was spent, and the dearest attempt of the day (USD).
    pub(super) fn spent(&self) -> (Spend, f64) {
        let mut spent = self.ledger.day;
        spent.add(&self.others);
        (spent, self.ledger.day_dearest)
    }

    /// What all attempts on record on the piece of work `task` cost, and the dearest of them (USD).
    pub(super) fn task(&self, task: &str) -> (Spend, f64) {
        let past = self.ledger.past(task);
        (past.spend, past.dearest)
    }

    /// [`Day::spent`], looked up again where that is a while ago. What cannot be read now is as it was.
    pub(super) fn now(&mut self) -> Spend {
        if self.looked.elapsed() >= PAUSE {
            self.looked = Instant::now();
            self.others = others(self.workspace, &self.run);
            let size = size(self.workspace);
            if size != self.size {
                self.size = size;
                let read = Ledger::read(&self.workspace.receipts(), clock::now());
                self.ledger = read.unwrap_or_else(|_| self.ledger.clone());
            }
        }
        self.spent().0
    }
}

fn size(workspace: &Workspace) -> u64 {
    std::fs::metadata(workspace.receipts()).map_or(0, |meta| meta.len())
}

fn others(workspace: &Workspace, run: &str) -> Spend {
    let mut spend = Spend::nothing();
    let records = ids(workspace).into_iter().filter(|id| id != run);
    for record in records.filter_map(|id| Record::read(workspace, &id)).filter(Record::runs) {
        spend.add(&record.spend);
    }
    spend
}
