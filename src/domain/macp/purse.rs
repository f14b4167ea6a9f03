//! What agents may spend while a queue is worked: `[budget]` over the tasks of one drain, one task, one day. Shared by all who
//! work for that drain: who is given a task gets a share of what is left, which nobody else can have meanwhile.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::place::Place;
use super::settings::Settings;
use super::task::{Dispatch, Task};
use crate::domain::attempt::budget::{self, Budget, Cut, Spend, Stop, Tally};
use crate::domain::attempt::receipt::Receipt;
use crate::domain::attempt::share::{Asks, Share, count, portion};
use crate::domain::loops::aside::Asides;
use crate::domain::loops::ledger::Ledger;
use crate::domain::workspace::Workspace;
use crate::system::{clock, store};

/// Between two looks at what others have put on record.
const PAUSE: Duration = Duration::from_secs(1);

/// Whether a task may be worked now, as far as limits go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// It may, and its share is set aside until [`Purse::release`].
    Given,
    /// Not as long as others are under way.
    Wait,
    /// A limit of the whole drain, or of the day, is reached: no agent can work any more.
    Spent,
    /// `per_task_usd`: this task has used up what it may.
    Task,
}

/// The money.
#[derive(Debug)]
pub struct Purse {
    budget: Budget,
    receipts: PathBuf,
    /// What is set aside by all who put their attempts on record there.
    asides: Asides,
    run: String,
    /// Whether what agents spend is known at all.
    counted: bool,
    /// Whether agents may work for a limit on money whose cost nobody can tell.
    unknown_allowed: bool,
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
    /// The most tokens that an attempt has used; none before the first has ended.
    most_tokens: Option<u64>,
    /// What is set aside for agents under way, by task.
    shares: HashMap<String, Share>,
    /// Of these, what others have to know of.
    told: HashSet<String>,
    /// Tasks whose agent has ended and is on record, while whoever works on them is not free yet.
    settled: HashSet<String>,
    /// USD set aside for agents of other processes.
    elsewhere: f64,
    /// Whether there are any, whatever is set aside for them.
    others: bool,
    /// Tasks that needed more than their share: the next attempt gets all that is left.
    hungry: HashSet<String>,
    /// What agents under way have spent so far, by task.
    live: HashMap<String, Spend>,
    over: Option<Stop>,
}

impl Purse {
    /// With the limits of the settings, and what the day has cost so far.
    pub fn open(place: &Place, settings: &Settings, run: &str, unknown_allowed: bool) -> Result<Self> {
        let budget = limits(settings);
        let receipts = receipts(place);
        let size = size(&receipts);
        let ledger = Ledger::read(&receipts, clock::now())?;
        let now = Instant::now();
        let sums = Sums {
            ledger,
            size,
            looked: now,
            run: Spend::nothing(),
            dearest: 0.0,
            most_tokens: None,
            shares: HashMap::new(),
            told: HashSet::new(),
            settled: HashSet::new(),
            elsewhere: 0.0,
            others: false,
            hungry: HashSet::new(),
            live: HashMap::new(),
            over: None,
        };
        let (asides, run) = (Asides::beside(&receipts), run.to_owned());
        let counted = settings.config.macp.yolo_command.is_empty();
        Ok(Self {
            budget,
            receipts,
            asides,
            run,
            counted,
            unknown_allowed,
            since: now,
            sums: Mutex::new(sums),
        })
    }

    /// Sets aside what `task` may use up, which up to `hands` could begin beside it have a part of as well. To be asked before
    /// anything is on record, by the one thread that gives out tasks, while it holds the queue. What runs no agent costs nothing.
    pub fn reserve(&self, task: &Task, hands: usize) -> Result<Grant> {
        if task.dispatch != Some(Dispatch::Yolo) {
            return Ok(Grant::Given);
        }
        let mut sums = self.sums();
        if sums.over.is_some() {
            return Ok(Grant::Spent);
        }
        if self.budget.per_day_usd.is_none() {
            return Ok(self.decide(&mut sums, task, hands));
        }
        let mut grant = Grant::Wait;
        let told = self.asides.reserve(&self.run, &task.id, || {
            grant = self.decide(&mut sums, task, hands);
            let share = sums.shares.get(&task.id).filter(|_| grant == Grant::Given);
            Ok(share.and_then(|share| share.usd))
        })?;
        if told.is_some() {
            sums.told.insert(task.id.clone());
        }
        Ok(grant)
    }

    /// Whether the task is given its share now. Others can neither set aside anything nor free it meanwhile.
    fn decide(&self, sums: &mut Sums, task: &Task, hands: usize) -> Grant {
        self.look(sums, true);
        let alone = sums.shares.is_empty() && !sums.others;
        let tally = self.tally(sums, None, true);
        if let Some(stop) = budget::before(&self.budget, &tally, self.unknown_allowed) {
            if !alone && stop != Stop::Time {
                return Grant::Wait;
            }
            sums.over = Some(stop);
            return Grant::Spent;
        }
        let past = sums.ledger.past(&on_record(&task.id));
        if budget::task_spent(&self.budget, &past.spend, past.dearest) {
            return Grant::Task;
        }
        if !self.counted {
            return Grant::Given;
        }
        let hungry = sums.hungry.contains(&task.id);
        // Whose agent has ended takes part as well, as soon as it is free.
        let hands = if hungry { 1 } else { hands + sums.settled.len() };
        let share = self.share(sums, &tally, &past.spend, (hands, alone)).filter(|_| alone || !hungry);
        let Some(share) = share else { return Grant::Wait };
        sums.shares.insert(task.id.clone(), share);
        Grant::Given
    }

    /// What one more attempt gets, if it need not wait.
    fn share(
        &self,
        sums: &Sums,
        tally: &Tally,
        past: &Spend,
        (hands, alone): (usize, bool),
    ) -> Option<Share> {
        let of_task = self.budget.per_task_usd.map(|limit| (limit - past.usd).max(0.0));
        let cap = [of_task, self.budget.per_attempt_usd].into_iter().flatten().min_by(f64::total_cmp);
        let asks = Asks { cap, hands, alone };
        let of_day = tally.day_dearest.max(tally.dearest);
        let of_day = (of_day > 0.0 || sums.most_tokens.is_some()).then_some(of_day);
        let of_run = sums.most_tokens.map(|_| tally.dearest).or(of_day);
        let mut usd = cap;
        for (limit, spent, expected) in
            [(self.budget.usd, tally.run.usd, of_run), (self.budget.per_day_usd, tally.day.usd, of_day)]
        {
            let Some(limit) = limit else { continue };
            let share = portion(limit - spent, expected, asks)?;
            usd = Some(usd.map_or(share, |usd| usd.min(share)));
        }
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        // not so many tokens, and never less than none
        let tokens = match self.budget.tokens {
            None => None,
            Some(limit) => {
                let left = limit.saturating_sub(tally.run.tokens()) as f64;
                let expected = sums.most_tokens.map(|tokens| tokens as f64);
                Some(portion(left, expected, Asks { cap: None, ..asks })? as u64)
            }
        };
        Some(Share { usd, tokens })
    }

    /// The attempt on `task` is over, or did not begin: its share is free. Whether it had one.
    pub fn release(&self, task: &str) -> bool {
        let mut sums = self.sums();
        sums.live.remove(task);
        if sums.told.remove(task) {
            // One that stays counts only as long as we live.
            let _ = self.asides.release(&self.run, task);
        }
        sums.settled.remove(task) | sums.shares.remove(task).is_some()
    }

    /// Whether shares are set aside.
    pub fn under_way(&self) -> bool {
        !self.sums().shares.is_empty()
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

    /// Whether an agent must not be started whose cost nobody knows, because a limit counts money.
    pub fn refuses_unknown(&self) -> bool {
        self.budget.counts_money() && !self.unknown_allowed
    }

    /// USD that an attempt on `task` may cost at most: its share.
    pub(super) fn left(&self, task: &str) -> Option<f64> {
        let mut sums = self.sums();
        if let Some(share) = sums.shares.get(task) {
            return share.usd;
        }
        self.look(&mut sums, false);
        let tally = self.tally(&sums, Some(task), true);
        budget::left(&self.budget, &tally, &sums.ledger.past(&on_record(task)).spend)
    }

    /// Whether the attempt on `task`, which has used `live` so far, must be ended: for a limit, or because the rest is set
    /// aside for others.
    pub(super) fn during(&self, task: &str, live: &Spend) -> Option<Cut> {
        let mut sums = self.sums();
        sums.live.insert(task.to_owned(), *live);
        self.look(&mut sums, false);
        let past = sums.ledger.past(&on_record(task)).spend;
        let cut = |held| budget::during(&self.budget, &self.tally(&sums, Some(task), held), &past, live);
        match (cut(false), cut(true)) {
            (Some(Cut::Run(stop)), _) => {
                sums.over = Some(stop);
                Some(Cut::Run(stop))
            }
            (None, Some(crowded)) => {
                sums.hungry.insert(task.to_owned());
                Some(crowded)
            }
            (cut, _) => cut,
        }
    }

    /// Which limit an agent kept that ended itself because of what it may spend, having spent `own`.
    pub(super) fn kept(&self, task: &str, own: &Spend) -> Option<Cut> {
        let mut sums = self.sums();
        self.look(&mut sums, false);
        let tally = self.tally(&sums, Some(task), false);
        let cut = budget::kept(&self.budget, &tally, &sums.ledger.past(&on_record(task)).spend, own);
        if let Some(Cut::Run(stop)) = cut {
            sums.over = Some(stop);
        }
        let share = sums.shares.get(task).and_then(|share| share.usd);
        if cut.is_none() && share.is_some_and(|share| own.usd > share - budget::STEP) {
            sums.hungry.insert(task.to_owned());
            return Some(Cut::Run(Stop::Usd));
        }
        cut
    }

    /// Puts an attempt on record, on disk before this returns.
    pub(super) fn settle(&self, task: &str, receipt: Receipt) -> Result<()> {
        let mut sums = self.sums();
        sums.live.remove(task);
        if sums.shares.remove(task).is_some() {
            sums.settled.insert(task.to_owned());
        }
        sums.run.add(&receipt.spend);
        sums.dearest = sums.dearest.max(receipt.spend.usd);
        sums.most_tokens = Some(sums.most_tokens.unwrap_or(0).max(receipt.spend.tokens()));
        let before = size(&self.receipts);
        append(&self.receipts, &receipt)?;
        // What others have written since is read by the next look; they may have written between these two lines as well, which
        // only matters where the day's money is shared with them.
        if before == sums.size && self.budget.per_day_usd.is_none() {
            sums.ledger.add(receipt);
            sums.size = size(&self.receipts);
        } else {
            sums.size = 0;
        }
        Ok(())
    }

    /// What counts against the limits; `own` is the task whose live spend is counted apart. `held` counts what is set aside
    /// for others, not only what they have used so far.
    fn tally(&self, sums: &Sums, own: Option<&str>, held: bool) -> Tally {
        let mut tally = Tally {
            run: sums.run,
            dearest: sums.dearest,
            day: sums.ledger.day,
            day_dearest: sums.ledger.day_dearest,
            iterations: 0,
            elapsed: self.since.elapsed(),
        };
        for (_, live) in sums.live.iter().filter(|(task, _)| Some(task.as_str()) != own) {
            count(&mut tally, live);
        }
        if held {
            for (task, share) in sums.shares.iter().filter(|(task, _)| Some(task.as_str()) != own) {
                let live = sums.live.get(task).copied().unwrap_or_else(Spend::nothing);
                let (all, used) = (share.held(&live), live.tokens());
                let left = all.usd - live.usd;
                let more = Spend { usd: left, input_tokens: all.input_tokens.saturating_sub(used), ..all };
                count(&mut tally, &more);
            }
            tally.day.usd += sums.elsewhere;
        }
        tally
    }

    /// Reads what others have put on record and set aside, at once or now and then. What cannot be read now is as it was.
    fn look(&self, sums: &mut Sums, at_once: bool) {
        sums.ledger.turn(clock::now());
        if !at_once && sums.looked.elapsed() < PAUSE && sums.size != 0 {
            return;
        }
        sums.looked = Instant::now();
        // Before the receipts: who has put one on record takes away afterwards what was set aside.
        if self.budget.per_day_usd.is_some() {
            let others = self.asides.of_others(&self.run);
            (sums.others, sums.elsewhere) = (!others.is_empty(), others.iter().map(|aside| aside.usd).sum());
        }
        let size = size(&self.receipts);
        if size != sums.size
            && let Ok(ledger) = Ledger::read(&self.receipts, clock::now())
        {
            (sums.ledger, sums.size) = (ledger, size);
        }
    }

    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
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
