//! How many tasks each rule has submitted in the last hour: `state/rate.json` of the queue. What goes round in circles in a way
//! that nobody can see ends here.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::rules::Rules;
use crate::domain::macp::place::Place;
use crate::system::store;

const VERSION: u64 = 1;
/// How long one counts.
const MINUTES: i64 = 60;

/// The counts of rules, and what each may have.
#[derive(Debug)]
pub struct Rate {
    file: std::path::PathBuf,
    minute: i64,
    most: BTreeMap<String, u64>,
    counts: Counts,
    changed: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Counts {
    version: u64,
    /// By rule, by minute.
    rules: BTreeMap<String, BTreeMap<i64, u64>>,
}

impl Rate {
    /// Reads the last hour's.
    pub fn load(place: &Place, now: Timestamp, rules: &Rules) -> Result<Self> {
        let file = place.state().join("rate.json");
        let mut counts: Counts = store::read_versioned(&file, VERSION)?.unwrap_or_default();
        counts.version = VERSION;
        let minute = now.as_second().div_euclid(60);
        let most: BTreeMap<_, _> =
            rules.rules.iter().map(|rule| (rule.name.clone(), rule.max_per_hour)).collect();
        // What a clock that was wrong has counted in the future counts no more.
        counts.rules.values_mut().for_each(|rule| {
            rule.retain(|then, _| (minute - MINUTES + 1..=minute + 1).contains(then));
        });
        counts.rules.retain(|name, rule| most.contains_key(name) && !rule.is_empty());
        Ok(Self { file, minute, most, counts, changed: false })
    }

    /// Counts one more of this rule; otherwise how many it may have.
    pub fn take(&mut self, rule: &str) -> Result<(), u64> {
        let most = self.most.get(rule).copied().unwrap_or(u64::MAX);
        let counts = self.counts.rules.entry(rule.to_owned()).or_default();
        if counts.values().sum::<u64>() >= most {
            return Err(most);
        }
        *counts.entry(self.minute).or_default() += 1;
        self.changed = true;
        Ok(())
    }

    /// Writes what is new, under the queue's lock.
    pub fn write(&self) -> Result<()> {
        if self.changed { store::write_json(&self.file, &self.counts) } else { Ok(()) }
    }
}
