//! `state/ids-N`: hashes of all ids, so that a submit need not read the queue to know that its id is free. Only a hint: where it
//! does not fit the inbox, or a hash is there, the tasks themselves are asked.
//!
//! A count, so many hashes of the ids in `tasks.json` and of those that are depended on and not there, then for each line of the inbox and each id in it: hash, where the line
//! begins, where it ends. An entry is written before its line.

use std::collections::HashSet;
use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::inbox::hash;
use super::state::State;
use crate::system::store::{self, Journal, SHARED};

const WORD: usize = 8;
const ENTRY: usize = 3 * WORD;

/// What stands for an id in the file that a task depends on, and that is not there yet.
pub fn awaited(id: &str) -> String {
    format!("\n{id}")
}

/// The file.
#[derive(Debug)]
pub struct Ids {
    path: PathBuf,
}

impl Ids {
    /// The one at `path`.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Writes it anew for the tasks in `tasks.json`.
    pub fn write(&self, state: &State) -> Result<()> {
        let mut bytes = Vec::with_capacity((state.rows().len() + 1) * WORD);
        bytes.extend([0; WORD]);
        for row in state.rows() {
            bytes.extend(hash(&row.id).to_le_bytes());
            let unknown = row.depends_on.iter().filter(|on| state.row(on).is_none());
            unknown.for_each(|on| bytes.extend(hash(&awaited(on)).to_le_bytes()));
        }
        let count = (bytes.len() / WORD - 1) as u64;
        bytes[..WORD].copy_from_slice(&count.to_le_bytes());
        store::scratch(&self.path, &bytes)
    }

    /// Adds the ids in the line of the inbox at `line`; where the file is missing it stays so.
    pub fn add(&self, ids: &[&str], line: Range<u64>) -> Result<()> {
        if !self.path.exists() {
            return Ok(());
        }
        let none = [""];
        let ids = if ids.is_empty() { &none } else { ids };
        let words = ids.iter().flat_map(|id| [hash(id), line.start, line.end]);
        let bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
        let mut file = Journal::new(self.path.clone(), SHARED, 0);
        file.skip_to(file.size());
        file.append(&bytes).map(|_| ())
    }

    /// Whether one of `ids` may be there; `None` where the file does not fit an inbox of which `inbox` is to be read.
    pub fn may_have(&self, ids: &[&str], inbox: (u64, u64)) -> Result<Option<bool>> {
        let bytes = match std::fs::read(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes.with_context(|| format!("failed to read `{}`", self.path.display()))?,
        };
        let Some((count, rest)) = bytes.split_at_checked(WORD) else { return Ok(None) };
        let known = usize::try_from(word(count))
            .ok()
            .and_then(|count| rest.split_at_checked(count.checked_mul(WORD)?));
        let Some((known, entries)) = known else { return Ok(None) };
        let hashes: Vec<u64> = ids.iter().map(|id| hash(id)).collect();
        let many: HashSet<u64> =
            if hashes.len() > 8 { hashes.iter().copied().collect() } else { HashSet::new() };
        let wanted = |hash: u64| if many.is_empty() { hashes.contains(&hash) } else { many.contains(&hash) };
        let mut found = known.chunks_exact(WORD).any(|hash| wanted(word(hash)));
        let mut covered = inbox.0;
        let entries = entries.chunks_exact(ENTRY);
        if !entries.remainder().is_empty() {
            return Ok(None);
        }
        for entry in entries {
            let (start, end) = (word(&entry[WORD..2 * WORD]), word(&entry[2 * WORD..]));
            if start > covered {
                return Ok(None);
            }
            covered = end.max(inbox.0);
            found |= wanted(word(&entry[..WORD]));
        }
        Ok((covered == inbox.1).then_some(found))
    }
}

fn word(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_le_bytes)
}
