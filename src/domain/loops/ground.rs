//! What whoever judges must leave alone beside the work itself: tasks, settings, skills, the branch.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::Result;

use crate::domain::attempt::changes::{Look, look_plain};
use crate::domain::loops::run::Run;
use crate::system::git::{Print, fingerprint};
use crate::system::store;

/// All that at one moment.
#[derive(Debug)]
pub(super) struct Ground {
    /// The task that is judged.
    task: String,
    /// The lines of the store.
    lines: HashSet<u64>,
    /// Whether somebody else works on a task in the same store.
    company: bool,
    config: Print,
    /// Names, sizes and times.
    skills: Option<String>,
    branch: Option<String>,
}

impl Run<'_> {
    /// The ground as it is now.
    pub(super) fn ground(&self, task: &str, look: &Look) -> Result<Ground> {
        let text = store::read_text(self.store.file())?.unwrap_or_default();
        let line = |line: &str| {
            let mut hasher = DefaultHasher::new();
            line.hash(&mut hasher);
            hasher.finish()
        };
        Ok(Ground {
            task: self.store.issue(task)?.json,
            lines: text.lines().map(line).collect(),
            company: self.store.holds()?.iter().any(|hold| hold.task != task),
            config: fingerprint(&self.workspace.config_file()),
            skills: look_plain(&self.workspace.skills_dir())?.head,
            branch: look.branch.clone(),
        })
    }
}

impl Ground {
    /// What differs after it. Tasks that were added say nothing, for people add some at any time, and neither does what
    /// happens to other tasks while others work on them.
    pub(super) fn differs(&self, after: &Self) -> Option<&'static str> {
        let alone = !self.company && !after.company;
        let touched = [
            (self.task != after.task, "the task itself"),
            (alone && !self.lines.is_subset(&after.lines), "other tasks"),
            (self.config != after.config, "`.taskrun/config.toml`"),
            (self.skills != after.skills, "`.taskrun/skills`"),
            (self.branch != after.branch, "the branch that is checked out"),
        ];
        touched.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
    }
}
