//! A second, fresh agent judges the work of an attempt whose gates are green: a gate by the name of `verify`, whose
//! cost counts like the attempt's own.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Result;

use crate::domain::agents::Failure;
use crate::domain::attempt::budget::{self, Budget, Spend, Tally};
use crate::domain::attempt::changes::{Carried, Look, between, written_since};
use crate::domain::attempt::engine::{Answer, Engine, file};
use crate::domain::attempt::event::Kind;
use crate::domain::attempt::gates::{Gates, complaint};
use crate::domain::attempt::receipt::{GateResult, Judged};
use crate::domain::attempt::verify::{Changes, DIFF, Facts, Judgement, NAME, compose, judgement};
use crate::domain::loops::attempt::Attempt;
use crate::domain::loops::attend::{Job, blameless, other};
use crate::domain::loops::brief::described;
use crate::domain::loops::ground::Ground;
use crate::domain::loops::ledger::Past;
use crate::domain::loops::plan::Verifier;
use crate::domain::loops::run::Run;
use crate::domain::loops::settle::Fate;
use crate::domain::loops::verdict::Reason;
use crate::system::git::Repo;
use crate::system::{redact, store};

/// File systems keep coarser times than clocks tell.
const SLACK: Duration = Duration::from_secs(1);

/// Path and start of the name of the files of the agent that judges the attempt with this prefix.
pub(crate) fn judge_prefix(prefix: &Path) -> PathBuf {
    file(prefix, ".verify")
}

impl Run<'_> {
    /// Has the work judged, where that is wanted. `None`: nothing speaks against it.
    pub(super) fn verify(
        &mut self,
        attempt: &mut Attempt,
        gates: &Gates,
        past: &Past,
    ) -> Result<Option<Fate>> {
        let Some(engine) = self.plan.judge() else { return Ok(None) };
        if let Some(fate) = self.unaffordable(attempt, past) {
            return Ok(Some(fate));
        }
        let facts = Facts {
            task: described(&attempt.issue),
            dir: self.workspace.root().display().to_string(),
            gates: gates.commands.clone(),
            changes: self.changes_of(attempt)?,
        };
        let prompt = compose(&facts)?;
        let before = self.look()?;
        let ground = self.ground(&attempt.issue.id, &before)?;
        self.recorder.tell(Kind::GateStarted { command: NAME.into() });
        let (prefix, cause, began) = (judge_prefix(&attempt.prefix), Cell::new(None), Instant::now());
        let job = Job {
            judge: Some(&engine),
            prompt: &prompt,
            prefix: &prefix,
            thread: None,
            spent: attempt.spend(),
        };
        let answer = match self.attend(attempt, &job, past, &cause) {
            Ok(answer) => answer,
            Err(error) => {
                let failure = other(&error);
                self.gate(attempt, Some(failure.message.clone()), "", began)?;
                return Ok(Some(self.turned_away_by(&engine, failure)));
            }
        };
        self.put_store_back()?;
        attempt.judged = Some(judged(&engine, &answer));
        self.dearest_judged = self.dearest_judged.max(answer.spend.usd);
        let touched = self.touched(&before)?.or_else(|| self.moved(attempt, &ground));
        let red = touched.or_else(|| match judgement(&answer.verdict) {
            Judgement::Met => None,
            Judgement::NotMet(why) | Judgement::Person(why) => Some(why),
            Judgement::Broken(failure) => Some(format!("it could not be run: {}", failure.message)),
        });
        let text = redact::ours().text(&answer.report.final_text).into_owned();
        let complaint = self.gate(attempt, red, &text, began)?;
        Ok(match judgement(&answer.verdict) {
            Judgement::Broken(failure) => {
                let failure = Failure { message: format!("{NAME}: {}", failure.message), ..failure };
                Some(match self.broken_by(failure, cause.get(), past, &attempt.spend()) {
                    Fate::Broken(failure) => self.turned_away_by(&engine, failure),
                    fate => fate,
                })
            }
            Judgement::Person(why) => {
                Some(Fate::Escalate(format!("who judged the work asks for a person: {why}")))
            }
            Judgement::Met | Judgement::NotMet(_) => complaint.map(Fate::NotDone),
        })
    }

    /// Why the judging cannot be paid for any more, and what that means for the task.
    fn unaffordable(&self, attempt: &Attempt, past: &Past) -> Option<Fate> {
        let (spent, tally, limits) = (attempt.spend(), self.tally(), self.plan.budget);
        let plus = |mut spend: Spend| {
            spend.add(&spent);
            spend
        };
        let tally = Tally {
            run: plus(tally.run),
            dearest: self.dearest_judged,
            day: plus(tally.day),
            day_dearest: self.dearest_judged,
            ..tally
        };
        // The iteration is under way.
        let budget = Budget { iterations: None, ..limits };
        if let Some(stop) = budget::before(&budget, &tally, self.plan.unknown_allowed) {
            let word = Reason::from(stop).word();
            return Some(Fate::Cut(format!("nothing of `{word}` was left to have the work judged")));
        }
        if budget::task_spent(&limits, &plus(past.spend), self.dearest_judged) {
            return Some(Fate::Escalate("nothing of `per_task_usd` was left to have the work judged".into()));
        }
        limits
            .per_attempt_usd
            .filter(|limit| *limit <= spent.usd && spent.usd > 0.0)
            .map(|_| Fate::NotDone("nothing of `per_attempt_usd` was left to have the work judged".into()))
    }

    /// Puts the gate on record: red with a reason, and with what the agent said.
    fn gate(
        &mut self,
        attempt: &mut Attempt,
        red: Option<String>,
        said: &str,
        began: Instant,
    ) -> Result<Option<String>> {
        let output = file(&attempt.prefix, ".gate-verify.log");
        let text = if said.trim().is_empty() { red.clone().unwrap_or_default() } else { said.to_owned() };
        store::scratch(&output, format!("{}\n", text.trim_end()).as_bytes())?;
        if let Some(judged) = &mut attempt.judged {
            judged.passed = red.is_none();
        }
        let result = GateResult {
            command: NAME.into(),
            passed: red.is_none(),
            exit_code: red.is_none().then_some(0),
            signal: None,
            duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            output,
            ended_for: red,
        };
        self.recorder.tell(Kind::GateFinished { result: result.clone() });
        let complaint = (!result.passed).then(|| complaint(&result));
        attempt.gates.push(result);
        Ok(complaint)
    }

    /// No task is to blame where the agent that judges cannot work; whose provider it is decides what the run does.
    fn turned_away_by(&mut self, engine: &Engine, failure: Failure) -> Fate {
        if matches!(self.plan.verify, Some(Verifier::Other(_))) {
            self.judge_away = Some(engine.agent.clone());
        }
        blameless(failure)
    }

    /// What the agent that was to judge changed.
    fn touched(&self, before: &Look) -> Result<Option<String>> {
        let after = self.look()?;
        if after.head == before.head && after.dirt == before.dirt {
            return Ok(None);
        }
        let changes = between(&before.dirt, &after.dirt, &Carried::default(), None);
        let shared = changes.shared.iter().map(|shared| &shared.path);
        let paths = changes.paths.iter().chain(shared).chain(&changes.foreign);
        let names: Vec<String> = paths.take(5).map(|path| format!("`{}`", path.display())).collect();
        let names = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
        Ok(Some(format!("who was to judge the work changed files{names}; look at them")))
    }

    /// What was changed meanwhile beside the work.
    fn moved(&self, attempt: &Attempt, before: &Ground) -> Option<String> {
        let now = self.look().and_then(|look| self.ground(&attempt.issue.id, &look));
        // What cannot be read any more was changed as well.
        let what = now.map_or(Some("the task store"), |now| before.differs(&now))?;
        Some(format!("while the work was judged {what} changed: the verdict does not count; look at it"))
    }

    /// What was changed for the task, by this attempt and by those before it that left their work.
    fn changes_of(&self, attempt: &Attempt) -> Result<Changes> {
        let Some((repo, own)) = &self.repo else {
            let since = SystemTime::from(attempt.started) - SLACK;
            let files = written_since(self.workspace.root(), since);
            return Ok(Changes::new(&names(&files), "", false));
        };
        let after = self.look()?;
        let what = format!("judged in iteration {} of {}", self.state.iteration, self.state.run);
        let Some(to) = self.keep_tree(repo, &after, &what)? else { return Ok(Changes::default()) };
        let carried = self.claims.carried(&attempt.issue.id);
        let changes = between(&attempt.before.dirt, &after.dirt, &carried, attempt.snapshot.as_deref());
        // What it is compared with, and which paths.
        let mut parts: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        let head = base(repo, attempt.before.head.as_deref())?;
        let ours = |path: &&PathBuf| carried.own.contains_key(*path);
        parts.entry(head).or_default().extend(changes.paths.iter().filter(ours).cloned());
        for shared in changes.shared.iter().filter(|shared| carried.shared.contains_key(&shared.path)) {
            if let Some(base) = &shared.base {
                parts.entry(base.clone()).or_default().push(shared.path.clone());
            }
        }
        let known: Vec<PathBuf> = parts.values().flatten().cloned().collect();
        let before = base(repo, attempt.snapshot.as_deref())?;
        let mut new = repo.differing(&before, &to)?;
        new.retain(|path| !own.holds(path) && !known.contains(path));
        parts.entry(before).or_default().extend(new);
        let (mut files, mut diff, mut cut) = (Vec::new(), Vec::new(), false);
        for (from, mut paths) in parts {
            paths.sort_unstable();
            paths.dedup();
            let (patch, more) = repo.patch([&from, &to], &paths, DIFF.saturating_sub(diff.len()))?;
            diff.extend(patch);
            cut |= more;
            files.extend(paths);
        }
        // Large files are not in the snapshots.
        let listed: Vec<PathBuf> =
            changes.paths.into_iter().chain(changes.foreign).filter(|path| !files.contains(path)).collect();
        files.extend(listed);
        files.sort_unstable();
        Ok(Changes::new(&names(&files), &String::from_utf8_lossy(&diff), cut))
    }
}

/// A commit to compare with; before the first one there was nothing.
fn base(repo: &Repo, commit: Option<&str>) -> Result<String> {
    commit.map_or_else(|| repo.empty_tree(), |commit| Ok(commit.to_owned()))
}

fn names(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.display().to_string()).collect()
}

fn judged(engine: &Engine, answer: &Answer) -> Judged {
    Judged {
        agent: engine.agent.name.clone(),
        model: answer.report.model.clone().or_else(|| engine.agent.model.clone()),
        session: answer.report.session.clone(),
        passed: false,
        class: answer.class(),
        spend: answer.spend,
    }
}
