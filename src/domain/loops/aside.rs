//! What attempts under way may still cost of a day's money: set aside before each of them begins, by the loop, by prompts and by
//! whoever works a queue, so that together they keep `per_day_usd`. Beside the receipts; what the dead had set aside is free.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::system::lock::{Holder, Lock};
use crate::system::store;

const VERSION: u64 = 1;
/// How long others may look and write.
const PATIENCE: Duration = Duration::from_secs(10);

/// The file, and its lock.
#[derive(Debug, Clone)]
pub struct Asides {
    file: PathBuf,
    lock: PathBuf,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    version: u64,
    attempts: Vec<Aside>,
}

/// What is set aside for one attempt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Aside {
    /// The run it belongs to.
    pub run: String,
    /// Which attempt of that run.
    attempt: String,
    holder: Holder,
    /// What it is expected to cost.
    pub usd: f64,
}

impl Asides {
    /// For all who put their attempts on record in `receipts`.
    pub fn beside(receipts: &Path) -> Self {
        Self { file: receipts.with_file_name("aside.json"), lock: receipts.with_file_name("aside.lock") }
    }

    /// Sets aside for an attempt what `decide` says, while nobody else can; none leaves all as it is. What is on record has to
    /// be looked up in there.
    pub fn reserve(
        &self,
        run: &str,
        attempt: &str,
        decide: impl FnOnce() -> Result<Option<f64>>,
    ) -> Result<Option<f64>> {
        self.change(|kept| {
            let Some(usd) = decide()? else { return Ok(None) };
            let own = |aside: &Aside| aside.run == run && aside.attempt == attempt;
            kept.retain(|aside| !own(aside));
            let (run, attempt) = (run.to_owned(), attempt.to_owned());
            kept.push(Aside { run, attempt, holder: Holder::me(), usd });
            Ok(Some(usd))
        })
    }

    /// Sets aside more for an attempt that has cost more than was expected.
    pub fn raise(&self, run: &str, attempt: &str, usd: f64) -> Result<()> {
        self.change(|kept| {
            for aside in kept.iter_mut().filter(|aside| aside.run == run && aside.attempt == attempt) {
                aside.usd = aside.usd.max(usd);
            }
            Ok(())
        })
    }

    /// An attempt is on record, or did not begin.
    pub fn release(&self, run: &str, attempt: &str) -> Result<()> {
        self.change(|kept| {
            kept.retain(|aside| aside.run != run || aside.attempt != attempt);
            Ok(())
        })
    }

    /// What is set aside for attempts of other runs. What cannot be read now is nothing.
    pub fn of_others(&self, run: &str) -> Vec<Aside> {
        self.read().unwrap_or_default().into_iter().filter(|aside| aside.run != run).collect()
    }

    fn read(&self) -> Result<Vec<Aside>> {
        let kept = store::read_versioned::<Kept>(&self.file, VERSION)?.unwrap_or_default();
        Ok(kept.attempts.into_iter().filter(|aside| aside.holder.alive()).collect())
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<Aside>) -> Result<T>) -> Result<T> {
        if let Some(dir) = self.file.parent() {
            store::make_dir(dir)?;
        }
        let _lock = Lock::take(&self.lock, PATIENCE)?;
        // A power loss may have torn it, and all of them are gone then.
        let mut attempts = self.read().unwrap_or_default();
        let done = change(&mut attempts)?;
        store::write_json_soon(&self.file, &Kept { version: VERSION, attempts })?;
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_aside_is_others_until_it_is_released_or_they_are_dead() {
        let dir = tempfile::tempdir().unwrap();
        let asides = Asides::beside(&dir.path().join("receipts.ndjson"));
        let others = |run: &str| asides.of_others(run).iter().map(|aside| aside.usd).collect::<Vec<f64>>();
        assert_eq!(asides.reserve("r-1", "a", || Ok(Some(0.5))).unwrap(), Some(0.5));
        assert_eq!(asides.reserve("r-1", "b", || Ok(None)).unwrap(), None);
        assert_eq!((others("r-1"), others("r-2")), (vec![], vec![0.5]));
        asides.raise("r-1", "a", 0.75).unwrap();
        asides.raise("r-1", "a", 0.25).unwrap();
        assert_eq!(others("r-2"), [0.75]);
        let dead = Aside {
            holder: Holder { start: Holder::me().start + 1, ..Holder::me() },
            ..asides.of_others("")[0].clone()
        };
        asides
            .change(|kept| {
                kept.push(Aside { attempt: "dead".into(), ..dead });
                Ok(())
            })
            .unwrap();
        assert_eq!(others("r-2"), [0.75]);
        asides.release("r-1", "a").unwrap();
        assert_eq!(others("r-2"), [0.0; 0]);
    }
}
