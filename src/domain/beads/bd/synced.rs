//! What the file and a database of `bd` both had when they were last brought together: from there on it can be
//! told who changed what. Kept beside the store, for this checkout alone.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::system::store;

/// Of a name that every `bd` keeps out of git (`*.db?*`), and so do we.
const FILE: &str = "taskrun.db.synced";
const VERSION: u64 = 1;

/// One issue, as both had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The line of the file.
    pub file: String,
    /// The same as `bd` exported it; empty where it was handed over and `bd` does not export it.
    pub bd: String,
}

/// All of them, by id.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Pairs {
    /// Whether they were ever brought together.
    pub any: bool,
    /// By id.
    pub pairs: BTreeMap<String, Pair>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u64,
    issues: BTreeMap<String, Pair>,
}

impl Pairs {
    /// Those of the store in `dir`.
    pub fn read(dir: &Path) -> Result<Self> {
        let read = store::read_versioned::<Document>(&dir.join(FILE), VERSION)?;
        Ok(read.map_or_else(Self::default, |document| Self { any: true, pairs: document.issues }))
    }

    /// Both are `text`.
    pub fn equal(text: &str) -> Self {
        let side = crate::domain::beads::merge::Side::parse(text);
        let pair = |id: &str| {
            let line = side.text(id).unwrap_or_default().to_owned();
            (id.to_owned(), Pair { file: line.clone(), bd: line })
        };
        Self { any: true, pairs: side.heads().map(|head| pair(&head.id)).collect() }
    }

    /// Of that issue, where `bd` exports it.
    pub fn get(&self, id: &str) -> Option<&Pair> {
        self.pairs.get(id).filter(|pair| !pair.bd.is_empty())
    }

    /// Writes them, where they are not the same as `before`.
    pub fn save(self, dir: &Path, before: &Self) -> Result<()> {
        if self == *before {
            return Ok(());
        }
        store::write_json(&dir.join(FILE), &Document { version: VERSION, issues: self.pairs })
    }
}
