//! The tasks that runs hold, and what failed attempts left in the work tree:
//! `.taskrun/claims.json`. Only the holder of the run lock writes it.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::attempt::changes::{Carried, Dirt};
use crate::domain::workspace::Workspace;
use crate::system::lock::Holder;
use crate::system::store;

const VERSION: u64 = 1;

/// How far the work on a claimed task has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The agent or the gates are at it.
    Working,
    /// It is judged complete: it is being closed and committed.
    Landing,
}

/// One task held by a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Issue id.
    pub task: String,
    /// Run id.
    pub run: String,
    /// The process that holds it.
    pub holder: Holder,
    /// Since when.
    pub since: Timestamp,
    /// Iteration of the run.
    pub iteration: u64,
    /// Attempt on the task.
    pub attempt: u64,
    /// Agent's name.
    pub agent: String,
    /// The model it was asked for, which its tokens are priced by where it names none.
    #[serde(default)]
    pub model: Option<String>,
    /// Who judges its work, and with which model.
    #[serde(default)]
    pub judge: Option<(String, Option<String>)>,
    /// Who was assigned before.
    pub assignee: String,
    /// How far it has come.
    pub phase: Phase,
    /// The commit checked out when it began.
    pub head: Option<String>,
    /// The commit to go back to.
    pub snapshot: Option<String>,
    /// What lay in the work tree when it began.
    #[serde(with = "crate::domain::attempt::changes::escaped")]
    pub dirt: Dirt,
}

/// The whole file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    version: u64,
    /// Tasks held.
    #[serde(default)]
    pub claims: Vec<Claim>,
    /// By task: what its failed attempts left in the work tree, still to be committed with it.
    #[serde(default)]
    carried: BTreeMap<String, Carried>,
}

impl Claims {
    /// Reads the file; none is no claims.
    pub fn read(workspace: &Workspace) -> Result<Self> {
        let read: Option<Self> = store::read_versioned(&workspace.claims(), VERSION)?;
        Ok(Self { version: VERSION, ..read.unwrap_or_default() })
    }

    /// Writes the file.
    pub fn save(&self, workspace: &Workspace) -> Result<()> {
        store::write_json(&workspace.claims(), self)
    }

    /// What failed attempts on `task` left.
    pub fn carried(&self, task: &str) -> Carried {
        self.carried.get(task).cloned().unwrap_or_default()
    }

    /// Remembers what failed attempts on `task` left; nothing forgets it.
    pub fn carry(&mut self, task: &str, left: Carried) {
        if left.is_empty() {
            self.carried.remove(task);
        } else {
            self.carried.insert(task.to_owned(), left);
        }
    }

    /// Lets go of `task`.
    pub fn drop_claim(&mut self, task: &str) {
        self.claims.retain(|claim| claim.task != task);
    }
}
