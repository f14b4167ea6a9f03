//! Closes a task that is done and commits what it changed: only that, and the task store.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;

use crate::domain::attempt::changes::{Changes, Look, between};
use crate::domain::beads::Issue;
use crate::domain::loops::attempt::Attempt;
use crate::domain::loops::claims::Phase;
use crate::domain::loops::run::Run;
use crate::fault::Fault;
use crate::system::git::{Commit, Committed, Pending, Repo};
use crate::system::store;

/// The reason a task is closed with.
pub(super) const COMPLETED: &str = "Completed";
/// Untracked files larger than this are not put into snapshots (bytes).
const SNAPSHOT_LIMIT: u64 = 10 << 20;
/// Longest subject of a commit message, in characters.
const SUBJECT: usize = 100;

/// A task closed.
#[derive(Debug, Default)]
pub(super) struct Landing {
    pub(super) reason: String,
    pub(super) commit: Option<String>,
    pub(super) files: u64,
    pub(super) not_committed: Vec<String>,
    /// Epics that were closed with it.
    pub(super) epics: Vec<String>,
}

/// Whether it could be.
#[derive(Debug)]
pub(super) enum Landed {
    Closed(Landing),
    /// A hook turned the commit down, or `bd` the closing; the task is not closed.
    Refused(String),
}

impl Run<'_> {
    /// Close, commit, sync.
    pub(super) fn land(&mut self, attempt: &Attempt) -> Result<Landed> {
        let id = &attempt.issue.id;
        // Before anything is closed: a work tree that git cannot read any more closes nothing. The
        // store differs from HEAD since the claim, so it is in this look, too.
        let (after, seen) = (self.look()?, Instant::now());
        if after.branch != attempt.before.branch {
            let name = |branch: &Option<String>| branch.clone().unwrap_or_else(|| "no branch".into());
            (self.notice)(&format!(
                "the agent left `{}` for `{}`: the commit of `{id}` is made there",
                name(&attempt.before.branch),
                name(&after.branch)
            ));
        }
        if let Some(claim) = self.claims.claims.iter_mut().find(|claim| claim.task == *id) {
            claim.phase = Phase::Landing;
        }
        self.claims.save(self.workspace)?;
        let closed = match self.store.complete(id, COMPLETED) {
            // `bd` has rules of its own about what may be closed.
            Err(error) if matches!(error.downcast_ref(), Some(Fault::Refused { .. })) => {
                return Ok(Landed::Refused(error.to_string()));
            }
            other => other?,
        };
        let epics: Vec<String> =
            closed.into_iter().map(|issue| issue.id).filter(|closed| closed != id).collect();
        let changes =
            between(&attempt.before.dirt, &after.dirt, &self.claims.carried(id), attempt.snapshot.as_deref());
        let files = changes.count();
        let mut landing = Landing { reason: COMPLETED.into(), files, epics, ..Landing::default() };
        if self.plan.commit && self.repo.is_some() {
            let message = message(&attempt.issue, &self.state.run, attempt.number);
            match self.commit(&message, &changes, &after)? {
                Committed::Made(commit, skipped) => {
                    landing.commit = Some(commit);
                    landing.not_committed = names(skipped.iter().chain(&changes.foreign));
                }
                Committed::Nothing(skipped) => {
                    landing.not_committed = names(skipped.iter().chain(&changes.foreign));
                }
                Committed::Refused(words) => {
                    self.store.reopen(&landing.epics)?;
                    return Ok(Landed::Refused(refused(&words)));
                }
            }
            self.sync(&landing);
        }
        self.glance.keep((after, seen), &changes, landing.commit.as_deref());
        Ok(Landed::Closed(landing))
    }

    /// Commits `changes` and the task store.
    pub(super) fn commit(&mut self, message: &str, changes: &Changes, after: &Look) -> Result<Committed> {
        self.ensure_child()?;
        let Some((repo, _)) = &self.repo else { return Ok(Committed::Nothing(Vec::new())) };
        let both =
            |ours: &[PathBuf], beads: &[PathBuf]| ours.iter().chain(beads).cloned().collect::<Vec<_>>();
        store::make_dir(&self.dir)?;
        let commit = Commit {
            message,
            paths: &both(&changes.paths, &after.beads),
            new: &both(&changes.new, &after.new_beads),
            shared: &changes.shared,
            scratch: &self.dir,
        };
        let made = repo.commit(self.child.as_mut(), &commit)?;
        self.commits += u64::from(matches!(made, Committed::Made(..)));
        Ok(made)
    }

    /// Pushes where that is configured; a remote that is away stops nothing.
    fn sync(&mut self, landing: &Landing) {
        let (Some((repo, _)), Some(child)) = (&self.repo, self.child.as_mut()) else { return };
        if !self.plan.push || landing.commit.is_none() {
            return;
        }
        if let Err(error) = repo.push(Some((child, &self.dir))) {
            (self.notice)(&format!("{error:#}"));
        }
    }

    /// What to go back to: HEAD, with all that lies in the work tree, kept by a ref of its own.
    /// The ref is made meanwhile: [`Run::await_ref`].
    pub(super) fn snapshot(
        &mut self,
        before: &Look,
        iteration: u64,
    ) -> Result<(Option<String>, Option<String>)> {
        let Some((repo, _)) = &self.repo else { return Ok((None, None)) };
        let what = format!("before iteration {iteration} of {}", self.state.run);
        let Some(id) = self.keep_tree(repo, before, &what)? else { return Ok((None, None)) };
        let name = format!("refs/taskrun/{}/{iteration}", self.state.run);
        self.pending = Some(repo.set_ref(&name, &id)?);
        Ok((Some(id), Some(name)))
    }

    /// The commit of the work tree as `look` saw it, large files aside: HEAD itself where nothing else is there.
    pub(super) fn keep_tree(&self, repo: &Repo, look: &Look, what: &str) -> Result<Option<String>> {
        let small = |path: &&PathBuf| {
            let meta = std::fs::symlink_metadata(repo.top().join(path));
            meta.map_or(true, |meta| !meta.is_dir() && meta.len() <= SNAPSHOT_LIMIT)
        };
        let paths: Vec<PathBuf> = look.dirt.keys().filter(small).cloned().collect();
        if paths.is_empty() {
            return Ok(look.head.clone());
        }
        store::make_dir(&self.dir)?;
        repo.snapshot(what, look.head.as_deref(), &paths, &self.dir).map(Some)
    }

    /// Waits until the ref of the last snapshot is there; no agent starts before.
    pub(super) fn await_ref(&mut self) -> Result<()> {
        self.pending.take().map_or(Ok(()), Pending::done)
    }
}

/// The reason of a task whose commit was turned down.
pub(super) fn refused(words: &str) -> String {
    format!("git refused the commit: {}", words.chars().take(2000).collect::<String>())
}

fn names<'p>(paths: impl Iterator<Item = &'p PathBuf>) -> Vec<String> {
    paths.map(|path| path.display().to_string()).collect()
}

/// The commit message of a task: its id and title, and where it comes from.
pub(super) fn message(issue: &Issue, run: &str, attempt: u64) -> String {
    let line = issue.title.lines().next().unwrap_or_default().trim();
    let title: String = line.chars().filter(|c| !c.is_control()).take(SUBJECT).collect();
    let [task, run] = trailers(&issue.id, run);
    format!("{}: {title}\n\n{task}\n{run}\nTaskrun-Attempt: {attempt}\n", issue.id)
}

/// The lines by which a commit of ours is known again.
pub(super) fn trailers(task: &str, run: &str) -> [String; 2] {
    [format!("Taskrun-Task: {task}"), format!("Taskrun-Run: {run}")]
}
