//! What a killed run left: its claims go back, what it had closed is committed, what it spent is
//! put on record.

use std::path::PathBuf;

use anyhow::Result;

use crate::domain::attempt::changes::{Carried, Changes, Look, between, carry};
use crate::domain::attempt::engine::{self, file};
use crate::domain::attempt::receipt::{self, Outcome};
use crate::domain::beads::{Back, Issue};
use crate::domain::loops::attempt::claimant;
use crate::domain::loops::claims::{Claim, Phase};
use crate::domain::loops::land::{message, refused, trailers};
use crate::domain::loops::postmortem;
use crate::domain::loops::run::Run;
use crate::fault::Fault;
use crate::system::git::Committed;
use crate::system::process::end_marked;

impl Run<'_> {
    /// Settles every claim that is noted. The caller holds the run lock, so their holders are dead.
    pub(super) fn recover(&mut self) -> Result<()> {
        // Those of other worktrees' dead runs, too: the rest of what these left is for their own next run.
        self.store.release_dead()?;
        self.pass_on_notices();
        for claim in self.claims.claims.clone() {
            // Its supervisor has seen to that, unless it was killed as well.
            let ended = end_marked(&claim.run);
            if !ended.is_empty() {
                (self.notice)(&format!("ended what `{}` had left running: {}", claim.run, ended.join(", ")));
            }
            let issue = match self.store.issue(&claim.task) {
                Ok(issue) => Some(issue),
                Err(error) if matches!(error.downcast_ref(), Some(Fault::NotFound { .. })) => None,
                Err(error) => return Err(error),
            };
            let known = self.on_record(&claim)?;
            match &issue {
                // Its receipt was the last step but one.
                Some(issue) if landed(&claim, issue) && known => {
                    self.claims.carry(&claim.task, Carried::default());
                }
                Some(issue) if landed(&claim, issue) => {
                    let (outcome, commit) = self.finish_landing(&claim, issue)?;
                    self.record(postmortem::write(self.workspace, &claim, outcome, commit))?;
                }
                Some(issue) => {
                    self.give_back(&claim, issue)?;
                    if !known {
                        self.record(postmortem::write(self.workspace, &claim, Outcome::Killed, None))?;
                    }
                }
                None => {}
            }
            engine::tidy(&self.workspace.run_dir(&claim.run), self.plan.gates.log_limit)?;
            self.claims.drop_claim(&claim.task);
            self.claims.save(self.workspace)?;
        }
        Ok(())
    }

    /// Opens the task again, if it is still the dead run's, and remembers what was left of its work.
    fn give_back(&mut self, claim: &Claim, issue: &Issue) -> Result<()> {
        if issue.status == "in_progress" && issue.assignee == claimant(&claim.run) {
            let run = claimant(&claim.run);
            self.store.release(&claim.task, &Back { of: &run, assignee: &claim.assignee }, None)?;
            (self.notice)(&format!("`{}` was held by a run that was killed: it is open again", claim.task));
        }
        let after = self.look()?;
        let changes = self.left_by(claim, &after);
        self.claims.carry(&claim.task, carry(&changes, &after.dirt));
        Ok(())
    }

    /// What a dead run changed: without what was changed after its last process had ended.
    fn left_by(&self, claim: &Claim, after: &Look) -> Changes {
        let mut changes =
            between(&claim.dirt, &after.dirt, &self.claims.carried(&claim.task), claim.snapshot.as_deref());
        let dir = self.workspace.run_dir(&claim.run);
        let prefix = dir.join(format!("{:04}", claim.iteration));
        let [log, capture] = [".stdout", ".capture"].map(|end| file(&prefix, end));
        let signs = [self.workspace.agents_lock(), dir.join("events.ndjson"), log, capture];
        let modified = |path: PathBuf| std::fs::symlink_metadata(path).and_then(|meta| meta.modified()).ok();
        let (Some(ended), Some((repo, _))) = (signs.into_iter().filter_map(modified).max(), &self.repo)
        else {
            return changes;
        };
        let theirs = |path: &PathBuf| modified(repo.top().join(path)).is_some_and(|at| at > ended);
        let (users, own) = changes.paths.into_iter().partition(theirs);
        changes.paths = own;
        changes.new.retain(|path| !users.contains(path));
        changes.foreign.extend::<Vec<PathBuf>>(users);
        changes
    }

    /// The task was closed, but perhaps not committed yet. A hook that turns the commit down opens it
    /// again.
    fn finish_landing(&mut self, claim: &Claim, issue: &Issue) -> Result<(Outcome, Option<String>)> {
        let Some((repo, _)) = self.repo.as_ref().filter(|_| self.plan.commit) else {
            return Ok((Outcome::Closed, None));
        };
        let [task, run] = trailers(&claim.task, &claim.run);
        if let Some(commit) = repo.commit_with(claim.head.as_deref(), &[&task, &run])? {
            repo.settle_index(&commit)?;
            self.claims.carry(&claim.task, Carried::default());
            return Ok((Outcome::Closed, Some(commit)));
        }
        let after = self.look()?;
        let changes = self.left_by(claim, &after);
        let text = message(issue, &claim.run, claim.attempt);
        let commit = match self.commit(&text, &changes, &after)? {
            Committed::Made(commit, _) => Some(commit),
            Committed::Nothing(_) => None,
            Committed::Refused(words) => {
                let note = format!("attempt {}: {}", claim.attempt, refused(&words));
                let run = claimant(&claim.run);
                let back = Back { of: &run, assignee: &claim.assignee };
                self.store.release(&claim.task, &back, Some(&note))?;
                self.claims.carry(&claim.task, carry(&changes, &after.dirt));
                return Ok((Outcome::Reopened, None));
            }
        };
        self.claims.carry(&claim.task, Carried::default());
        Ok((Outcome::Closed, commit))
    }

    fn on_record(&self, claim: &Claim) -> Result<bool> {
        let mut found = false;
        receipt::each(&self.workspace.receipts(), |receipt| found |= postmortem::belongs(&receipt, claim))?;
        Ok(found)
    }
}

/// Whether the dead run itself had closed the task; meanwhile another worktree's may have.
fn landed(claim: &Claim, issue: &Issue) -> bool {
    claim.phase == Phase::Landing && issue.is_closed() && issue.assignee == claimant(&claim.run)
}
