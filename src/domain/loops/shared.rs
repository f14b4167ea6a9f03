//! The day's money, which a run shares with all others that work beside it.

use std::cell::RefCell;
use std::time::Duration;

use anyhow::Result;

use crate::domain::attempt::budget;
use crate::domain::loops::ledger::Ledger;
use crate::domain::loops::run::Run;
use crate::domain::prompted::Day;
use crate::system::{clock, interrupt};

/// Between two looks whether others have left enough.
const LOOK: Duration = Duration::from_millis(100);
const WAITING: &str = "waiting: what is left of `per_day_usd` is set aside for others that work now";

impl Run<'_> {
    /// Sets aside what an attempt is expected to cost of the day's money. Where that is not to be had now, the run looks again
    /// at everything: a while later, or at once where a limit is reached by what others have put on record.
    pub(super) fn set_aside(&mut self) -> Result<bool> {
        if self.plan.budget.per_day_usd.is_none() {
            return Ok(true);
        }
        let mut day = Day::read(self.workspace, &self.state.run)?;
        if !day.set_aside(&self.plan.budget, self.dearest)? {
            if !self.noticed.iter().any(|told| told == WAITING) {
                (self.notice)(WAITING);
                self.noticed.push(WAITING.to_owned());
            }
            // A signal is seen by the next look.
            let _ = interrupt::nap(LOOK);
            return Ok(false);
        }
        self.ledger = Ledger::read(&self.workspace.receipts(), clock::now())?;
        if budget::before(&self.plan.budget, &self.tally(), self.plan.unknown_allowed).is_some() {
            day.release()?;
            return Ok(false);
        }
        self.shared = Some(RefCell::new(day));
        Ok(true)
    }

    /// The attempt is on record.
    pub(super) fn share_back(&mut self) -> Result<()> {
        self.shared.take().map_or(Ok(()), |shared| shared.into_inner().release())
    }
}
