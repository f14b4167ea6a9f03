//! What agents may spend while a queue is worked: `[budget]` over the tasks of one drain, one task, one day. Shared by all who
//! work for that drain.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::place::Place;
use super::settings::Settings;
use super::task::{Dispatch, Task};
use crate::domain::attempt::budget::{self, Budget, Cut, Spend, Stop, Tally};
use crate::domain::attempt::receipt::Receipt;
use crate::domain::loops::ledger::Ledger;
use crate::domain::workspace::Workspace;
use crate::system::{clock, store};

/// Between two looks at what others have put on record.
const PAUSE: Duration = Duration::from_secs(1);

/// A limit that keeps a task from being worked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// One of the whole drain, or of the day: no agent can work any more. The drain ends with exit code 3.
    Run(Stop),
    /// `per_task_usd`: this task has used up what it may.
    Task,
}

/// The money.
#[derive(Debug)]
pub struct Purse {
    budget: Budget,
    receipts: PathBuf,
    since: Instant,
    sums: Mutex<Sums>,
}

#[derive(Debug)]
struct Sums {
    ledger: Ledger,
    /// Size of the receipts' file that `ledger` knows.
    size: u64,
    looked: Instant,
    run: Spend,
    dearest: f64,
    /// What agents under way have spent so far, by task.
    live: HashMap<String, Spend>,
    over: Option<Stop>,
}

impl Purse {
    /// With the limits of the settings, and what the day has cost so far.
    pub fn open(place: &Place, settings: &Settings) -> Result<Self> {
        let budget = limits(settings);
        let receipts = receipts(place);
        let size = size(&receipts);
        let ledger = Ledger::read(&receipts, clock::now())?;
        let (run, live) = (Spend::nothing(), HashMap::new());
        let now = Instant::now();
        let sums = Sums { ledger, size, looked: now, run, dearest: 0.0, live, over: None };
        Ok(Self { budget, receipts, since: now, sums: Mutex::new(sums) })
    }

    /// The limit that keeps `task` from being worked now. What runs no agent costs nothing: only the time counts then.
    pub fn before(&self, task: &Task) -> Option<Limit> {
        if task.dispatch != Some(Dispatch::Yolo) {
            let over = self.budget.time.is_some_and(|limit| self.since.elapsed() >= limit);
            return over.then_some(Limit::Run(Stop::Time));
        }
        let mut sums = self.sums();
        let tally = self.tally(&mut sums, None);
        let past = sums.ledger.past(&on_record(&task.id));
        if let Some(stop) = budget::before(&self.budget, &tally, false) {
            sums.over = Some(stop);
            return Some(Limit::Run(stop));
        }
        budget::task_spent(&self.budget, &past.spend, past.dearest).then_some(Limit::Task)
    }

    /// The limit of the drain that was reached, if one was.
    pub fn over(&self) -> Option<Stop> {
        self.sums().over
    }

    /// What this drain's agents have spent, those under way included.
    pub fn spent(&self) -> Spend {
        let sums = self.sums();
        let mut spend = sums.run;
        sums.live.values().for_each(|live| spend.add(live));
        spend
    }

    /// Whether a limit counts money, so that an agent whose cost nobody knows cannot be started.
    pub fn counts_money(&self) -> bool {
        self.budget.counts_money()
    }

    /// USD that an attempt on `task` may cost at most.
    pub(super) fn left(&self, task: &str) -> Option<f64> {
        let mut sums = self.sums();
        let tally = self.tally(&mut sums, Some(task));
        budget::left(&self.budget, &tally, &sums.ledger.past(&on_record(task)).spend)
    }

    /// Whether the attempt on `task`, which has used `live` so far, must be ended.
    pub(super) fn during(&self, task: &str, live: &Spend) -> Option<Cut> {
        let mut sums = self.sums();
        sums.live.insert(task.to_owned(), *live);
        let tally = self.tally(&mut sums, Some(task));
        let cut = budget::during(&self.budget, &tally, &sums.ledger.past(&on_record(task)).spend, live);
        if let Some(Cut::Run(stop)) = cut {
            sums.over = Some(stop);
        }
        cut
    }

    /// Which limit an agent kept that ended itself because of what it may spend, having spent `own`.
    pub(super) fn kept(&self, task: &str, own: &Spend) -> Option<Cut> {
        let mut sums = self.sums();
        let tally = self.tally(&mut sums, Some(task));
        let cut = budget::kept(&self.budget, &tally, &sums.ledger.past(&on_record(task)).spend, own);
        if let Some(Cut::Run(stop)) = cut {
            sums.over = Some(stop);
        }
        cut
    }

    /// Puts an attempt on record, on disk before this returns.
    pub(super) fn settle(&self, task: &str, receipt: Receipt) -> Result<()> {
        let mut sums = self.sums();
        sums.live.remove(task);
        sums.run.add(&receipt.spend);
        sums.dearest = sums.dearest.max(receipt.spend.usd);
        let before = size(&self.receipts);
        append(&self.receipts, &receipt)?;
        // What others have written since is read by the next look.
        if before == sums.size {
            sums.ledger.add(receipt);
            sums.size = size(&self.receipts);
        } else {
            sums.size = 0;
        }
        Ok(())
    }

    /// What counts against the limits; `own` is the task whose live spend is counted apart.
    fn tally(&self, sums: &mut Sums, own: Option<&str>) -> Tally {
        sums.look(&self.receipts);
        let (mut run, mut day) = (sums.run, sums.ledger.day);
        for (_, live) in sums.live.iter().filter(|(task, _)| Some(task.as_str()) != own) {
            run.add(live);
            day.add(live);
        }
        Tally {
            run,
            dearest: sums.dearest,
            day,
            day_dearest: sums.ledger.day_dearest,
            iterations: 0,
            elapsed: self.since.elapsed(),
        }
    }

    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sums {
    /// Reads what others have put on record, now and then. What cannot be read now is as it was.
    fn look(&mut self, receipts: &Path) {
        self.ledger.turn(clock::now());
        if self.looked.elapsed() < PAUSE && self.size != 0 {
            return;
        }
        self.looked = Instant::now();
        let size = size(receipts);
        if size != self.size
            && let Ok(ledger) = Ledger::read(receipts, clock::now())
        {
            (self.ledger, self.size) = (ledger, size);
        }
    }
}

/// The limits of the settings. Iterations are a loop's.
pub(super) fn limits(settings: &Settings) -> Budget {
    let file = &settings.config.budget;
    Budget {
        usd: file.usd,
        tokens: file.tokens,
        iterations: None,
        time: file.time,
        per_attempt_usd: file.per_attempt_usd,
        per_task_usd: file.per_task_usd,
        per_day_usd: file.per_day_usd,
    }
}

/// Where attempts are put on record: with all others of the workspace, or with the queue where there is none.
pub fn receipts(place: &Place) -> PathBuf {
    let workspace = Workspace::at(place.root().to_owned());
    if workspace.dir().is_dir() { workspace.receipts() } else { place.state().join("receipts.ndjson") }
}

/// What stands for a task of a queue in a receipt: an issue may have the same id.
pub fn on_record(task: &str) -> String {
    format!("macp/{task}")
}

pub(super) fn append(receipts: &Path, receipt: &Receipt) -> Result<()> {
    if let Some(dir) = receipts.parent() {
        store::make_dir(dir)?;
    }
    receipt.append(receipts)
}

fn size(receipts: &Path) -> u64 {
    receipts.metadata().map_or(0, |meta| meta.len())
}
