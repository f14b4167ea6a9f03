//! What the day has cost so far, while others work beside us; what an attempt may cost is set aside for it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::domain::attempt::budget::{Budget, Spend};
use crate::domain::attempt::share::{Asks, portion};
use crate::domain::loops::aside::Asides;
use crate::domain::loops::ledger::Ledger;
use crate::domain::prompted::record::{Record, ids};
use crate::domain::workspace::Workspace;
use crate::system::clock;

/// Between two looks at what others spend.
const PAUSE: Duration = Duration::from_secs(1);
/// Less than this is nothing.
const NOTHING: f64 = 1e-9;
/// A run has one attempt at a time.
const ATTEMPT: &str = "1";
/// How many could come beside us: each gets what an attempt is expected to cost, not more.
const MANY: usize = 1000;

/// Today's spend (UTC): the receipts, what is set aside for others, and what other prompts under way have shown so far.
#[derive(Debug)]
pub(crate) struct Day<'a> {
    workspace: &'a Workspace,
    run: String,
    size: u64,
    looked: Instant,
    ledger: Ledger,
    others: Spend,
    asides: Asides,
    /// What is set aside for us.
    held: Option<f64>,
}

impl<'a> Day<'a> {
    /// As it stands now, for the prompt or loop `run`.
    pub(crate) fn read(workspace: &'a Workspace, run: &str) -> Result<Self> {
        let size = size(workspace);
        let ledger = Ledger::read(&workspace.receipts(), clock::now())?;
        let asides = Asides::beside(&workspace.receipts());
        let others = others(workspace, &asides, run);
        let (run, looked) = (run.to_owned(), Instant::now());
        Ok(Self { workspace, run, size, looked, ledger, others, asides, held: None })
    }

    /// What is on record, and the dearest attempt of the day (USD).
    pub(crate) fn on_record(&self) -> (Spend, f64) {
        (self.ledger.day, self.ledger.day_dearest)
    }

    /// What was spent or is set aside for others, and the dearest attempt of the day (USD).
    pub(crate) fn spent(&self) -> (Spend, f64) {
        let mut spent = self.ledger.day;
        spent.add(&self.others);
        (spent, self.ledger.day_dearest)
    }

    /// What all attempts on record on the piece of work `task` cost, and the dearest of them (USD).
    pub(super) fn task(&self, task: &str) -> (Spend, f64) {
        let past = self.ledger.past(task);
        (past.spend, past.dearest)
    }

    /// [`Day::spent`], looked up again where that is a while ago, for an attempt that has cost `live` so far. What cannot be
    /// read now is as it was.
    pub(crate) fn now(&mut self, live: &Spend) -> Spend {
        if self.looked.elapsed() >= PAUSE {
            if self.held.is_some_and(|held| live.usd > held)
                && self.asides.raise(&self.run, ATTEMPT, live.usd).is_ok()
            {
                self.held = Some(live.usd);
            }
            self.look().unwrap_or_default();
        }
        self.spent().0
    }

    /// Sets aside what an attempt is expected to cost, `dearest` being the dearest of this run so far; where nobody knows yet,
    /// what it has cost by then. Whether it may begin: otherwise it has to wait for others.
    pub(crate) fn set_aside(&mut self, budget: &Budget, dearest: f64) -> Result<bool> {
        let Some(limit) = budget.per_day_usd else { return Ok(true) };
        let (asides, run) = (self.asides.clone(), self.run.clone());
        self.held = asides.reserve(&run, ATTEMPT, || {
            self.look()?;
            let expected = Some(self.ledger.day_dearest.max(dearest)).filter(|usd| *usd > 0.0);
            let (left, cap) = (limit - self.spent().0.usd, budget.per_attempt_usd);
            let alone = self.others.usd <= 0.0;
            if expected.or(cap).is_none() {
                return Ok((alone || left > NOTHING).then_some(0.0));
            }
            Ok(portion(left, expected, Asks { cap, hands: MANY, alone }))
        })?;
        Ok(self.held.is_some())
    }

    /// The attempt is on record, or did not begin.
    pub(crate) fn release(&mut self) -> Result<()> {
        if self.held.take().is_some() { self.asides.release(&self.run, ATTEMPT) } else { Ok(()) }
    }

    fn look(&mut self) -> Result<()> {
        self.looked = Instant::now();
        // Before the receipts: who has put one on record takes away afterwards what was set aside.
        self.others = others(self.workspace, &self.asides, &self.run);
        self.ledger.turn(clock::now());
        let size = size(self.workspace);
        if size != self.size {
            self.ledger = Ledger::read(&self.workspace.receipts(), clock::now())?;
            self.size = size;
        }
        Ok(())
    }
}

fn size(workspace: &Workspace) -> u64 {
    std::fs::metadata(workspace.receipts()).map_or(0, |meta| meta.len())
}

fn others(workspace: &Workspace, asides: &Asides, run: &str) -> Spend {
    let mut spend = Spend::nothing();
    let mut aside: HashMap<String, f64> = HashMap::new();
    for one in asides.of_others(run) {
        *aside.entry(one.run).or_default() += one.usd;
    }
    let records = ids(workspace).into_iter().filter(|id| id != run);
    for record in records.filter_map(|id| Record::read(workspace, &id)).filter(Record::runs) {
        // What is set aside for it, or what it has used if that is more.
        let held = aside.remove(&record.run).unwrap_or_default();
        spend.add(&Spend { usd: record.spend.usd.max(held), ..record.spend });
    }
    let rest = Spend { usd: aside.into_values().sum(), ..Spend::nothing() };
    spend.add(&rest);
    spend
}
