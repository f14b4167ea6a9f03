//! One iteration: claim a task, have it worked and judged, and hand the verdict on.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use jiff::Timestamp;

use crate::domain::agents::{Class, Failure};
use crate::domain::attempt::budget::{self, Cut, Spend};
use crate::domain::attempt::changes::{Carried, Look, between};
use crate::domain::attempt::completion::Verdict;
use crate::domain::attempt::engine::{Answer, Order, file};
use crate::domain::attempt::event::Kind;
use crate::domain::attempt::gates::{Place, complaint};
use crate::domain::attempt::receipt::GateResult;
use crate::domain::beads::{Graph, Grip, Issue, Store, Table};
use crate::domain::launchers::{Labels, LaunchFailed, Launcher, Launching};
use crate::domain::loops::brief::{Brief, compose};
use crate::domain::loops::claims::{Claim, Phase};
use crate::domain::loops::control::{self, Action};
use crate::domain::loops::ledger::Past;
use crate::domain::loops::run::Run;
use crate::domain::loops::settle::Fate;
use crate::domain::loops::state::Current;
use crate::domain::loops::verdict::Reason;
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::config::Permissions;
use crate::system::interrupt;
use crate::system::lock::Holder;
use crate::system::store;

/// The task store as it was when the agent started.
const KEPT: &str = "issues.jsonl";

/// An attempt on its way: what was known when it began, and what came of it so far.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) issue: Issue,
    pub(super) epic: Option<(String, String, String)>,
    pub(super) number: u64,
    pub(super) prefix: PathBuf,
    pub(super) before: Look,
    pub(super) snapshot: Option<String>,
    pub(super) snapshot_ref: Option<String>,
    pub(super) started: Timestamp,
    pub(super) answer: Option<Answer>,
    pub(super) gates: Vec<GateResult>,
}

/// The epic (or other parent) of an issue: id, title, description.
pub(super) fn epic_of(store: &Store, id: &str) -> Result<Option<(String, String, String)>> {
    store.view(|table| epic_in(table, &table.graph(), id))
}

/// [`epic_of`] where the store has been read already.
pub(super) fn epic_in(table: &Table, graph: &Graph, id: &str) -> Result<Option<(String, String, String)>> {
    let parent = graph.parent(id).map(|record| table.issue(&record.id)).transpose()?;
    Ok(parent.map(|parent| (parent.id, parent.title, parent.description)))
}

impl Run<'_> {
    /// Takes `issue` through one attempt. Nothing happens when somebody else was faster.
    pub(super) fn iterate(&mut self, issue: &Issue, epic: Option<(String, String, String)>) -> Result<()> {
        let past = self.ledger.past(&issue.id);
        let Some(mut attempt) = self.claim(issue, epic, &past)? else { return Ok(()) };
        self.recorder.tell(Kind::TaskClaimed { title: issue.title.clone() });
        if budget::task_spent(&self.plan.budget, &past.spend, past.dearest) {
            let why =
                format!("the attempts on this task have used up `per_task_usd` ({:.2} USD)", past.spend.usd);
            return self.settle(&attempt, Fate::Escalate(why));
        }
        let settled = self.work(&mut attempt, &past).and_then(|fate| self.settle(&attempt, fate));
        if let Err(error) = &settled {
            self.record_broken_off(&attempt, error);
        }
        settled
    }

    /// Notes the claim, then makes it: a crash between the two leaves a note and no harm.
    fn claim(
        &mut self,
        issue: &Issue,
        epic: Option<(String, String, String)>,
        past: &Past,
    ) -> Result<Option<Attempt>> {
        let before = self.glance.take().map_or_else(|| self.look(), Ok)?;
        let iteration = self.state.iteration + 1;
        let (snapshot, snapshot_ref) = self.snapshot(&before, iteration)?;
        self.claims.claims.push(Claim {
            task: issue.id.clone(),
            run: self.state.run.clone(),
            holder: Holder::me(),
            since: Self::now(),
            iteration,
            attempt: past.attempts + 1,
            agent: self.plan.engine.agent.name.clone(),
            model: self.plan.engine.agent.model.clone(),
            assignee: issue.assignee.clone(),
            phase: Phase::Working,
            head: before.head.clone(),
            snapshot: snapshot.clone(),
            dirt: before.dirt.clone(),
        });
        self.claims.save(self.workspace)?;
        let grip = Grip {
            holder: Some(Holder::me()),
            // A path that JSON cannot hold is left out.
            lock: Some(self.workspace.agents_lock()).filter(|lock| lock.to_str().is_some()),
            until: None,
            run: Some(self.state.run.clone()),
        };
        match self.store.claim(&issue.id, &claimant(&self.state.run), &grip) {
            Ok(_) => {}
            Err(error)
                if matches!(error.downcast_ref(), Some(Fault::Refused { .. } | Fault::NotFound { .. })) =>
            {
                self.claims.drop_claim(&issue.id);
                self.claims.save(self.workspace)?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        store::make_dir(&self.dir)?;
        self.store.keep(&self.dir.join(KEPT))?;
        self.state.iteration = iteration;
        self.state.task = Some(Current { id: issue.id.clone(), title: issue.title.clone() });
        self.state.save(self.workspace)?;
        self.recorder.iteration = Some(iteration);
        self.recorder.task = Some(issue.id.clone());
        self.recorder.attempt = Some(past.attempts + 1);
        Ok(Some(Attempt {
            issue: issue.clone(),
            epic,
            number: past.attempts + 1,
            prefix: self.dir.join(format!("{iteration:04}")),
            before,
            snapshot,
            snapshot_ref,
            started: Self::now(),
            answer: None,
            gates: Vec::new(),
        }))
    }

    /// Agent, judgement, gates, and a person where that is wanted.
    fn work(&mut self, attempt: &mut Attempt, past: &Past) -> Result<Fate> {
        let brief = Brief {
            epic: attempt.epic.clone(),
            gates: &self.plan.gates.commands,
            max_attempts: self.plan.max_attempts,
            dir: self.workspace.root(),
        };
        let prompt = compose(&brief.facts(&attempt.issue, past), self.plan.template.as_ref())?;
        let cause = Cell::new(None);
        if let Err(error) = self.agent(attempt, &prompt, past, &cause) {
            // It could not even be started: no task is to blame.
            return Ok(blameless(other(&error)));
        }
        if self.store.restore(&self.dir.join(KEPT))? {
            (self.notice)("the agent had removed the task store: it was put back as it was before");
        }
        let Some(answer) = &attempt.answer else { return Ok(Fate::Interrupted) };
        match answer.verdict.clone() {
            Verdict::Complete => {
                Ok(self.check(attempt).unwrap_or_else(|error| match error.downcast::<LaunchFailed>() {
                    Ok(failed) => blameless(failed.into()),
                    Err(error) => blameless(other(&error)),
                }))
            }
            Verdict::Blocked(why) => Ok(Fate::Escalate(why)),
            Verdict::Failed(why) => Ok(Fate::NotDone(format!("the agent gave up: {why}"))),
            Verdict::Incomplete(why) => Ok(Fate::NotDone(why)),
            // Nobody saw it end: there is no supervisor to work with any more.
            Verdict::Broken(failure) if answer.outcome.is_none() => Ok(blameless(failure)),
            Verdict::Broken(failure) => {
                let spend = answer.spend;
                Ok(self.broken_by(failure, cause.get(), past, &spend))
            }
        }
    }

    fn agent(
        &mut self,
        attempt: &mut Attempt,
        prompt: &str,
        past: &Past,
        cause: &Cell<Option<Cause>>,
    ) -> Result<()> {
        self.ensure_child()?;
        self.await_ref()?;
        let tally = self.tally();
        let (workspace, run, limits) = (self.workspace, self.state.run.clone(), self.plan.budget);
        let (since, task) = (Instant::now(), past.spend);
        let shared = self.shared.as_ref();
        let tally = move |live: &Spend| {
            let day = shared.map_or(tally.day, |shared| shared.borrow_mut().now(live));
            budget::Tally { elapsed: tally.elapsed + since.elapsed(), day, ..tally }
        };
        let stop = |live: &Spend| {
            let cut = budget::during(&limits, &tally(live), &task, live).map(Cause::Limit);
            let now = cut.or_else(|| stop_now(workspace, &run).then_some(Cause::Asked));
            cause.set(cause.get().or(now));
            now.is_some()
        };
        let thread = past.thread.as_ref().filter(|thread| self.plan.continues(thread));
        let order = Order {
            prompt,
            dir: self.workspace.root(),
            prefix: &attempt.prefix,
            task: &attempt.issue.id,
            description: &attempt.issue.description,
            attempt: attempt.number,
            budget_left: budget::left(&limits, &tally(&Spend::nothing()), &task),
            resume: thread.map(|thread| thread.session.as_str()),
            before: thread.map(|thread| thread.used).unwrap_or_default(),
            env: &[],
            launch: launching(self.plan.launcher.as_ref(), &attempt.issue.id, attempt.number),
            stop: &stop,
        };
        self.recorder.tell(Kind::AttemptStarted {
            agent: self.plan.engine.agent.name.clone(),
            resumes: thread.map(|thread| thread.session.clone()),
            snapshot: attempt.snapshot.clone(),
            prompt: file(&attempt.prefix, ".prompt.md").display().to_string(),
            output: file(&attempt.prefix, ".stdout").display().to_string(),
        });
        let Some(child) = self.child.as_mut() else { return Ok(()) };
        let (recorder, warned) = (&mut self.recorder, &mut self.warned);
        let answer = self.plan.engine.run(child, &order, &mut |kind| {
            let live = if let Kind::AgentUsage { spend } = &kind { Some(*spend) } else { None };
            recorder.tell(kind);
            let near = live.map(|live| budget::warnings(&limits, &tally(&live), &task, &live));
            warned.tell(near.unwrap_or_default(), recorder);
        })?;
        recorder.tell(finished(&answer));
        attempt.answer = Some(answer);
        Ok(())
    }

    /// What an attempt changed that was to look only. Settings of the project's may start programs that no
    /// permission of the agent's holds back.
    fn trespass(&self, attempt: &Attempt) -> Result<Option<String>> {
        let agent = &self.plan.engine.agent;
        if agent.permissions != Permissions::ReadOnly {
            return Ok(None);
        }
        let (before, after) = (&attempt.before, self.look()?);
        let changes = between(&before.dirt, &after.dirt, &Carried::default(), attempt.snapshot.as_deref());
        let shared = changes.shared.iter().map(|shared| &shared.path);
        let paths = changes.paths.iter().chain(shared).chain(&changes.foreign);
        let names: Vec<String> = paths.take(5).map(|path| format!("`{}`", path.display())).collect();
        Ok((!names.is_empty()).then(|| {
            format!(
                "files changed though its permissions are `read-only`: {}; look at them",
                names.join(", ")
            )
        }))
    }

    /// The gates, then the person.
    fn check(&mut self, attempt: &mut Attempt) -> Result<Fate> {
        if let Some(why) = self.trespass(attempt)? {
            return Ok(Fate::NotDone(why));
        }
        let place = Place {
            dir: self.workspace.root(),
            prefix: &attempt.prefix,
            env: vec![("TASKRUN_TASK".into(), attempt.issue.id.clone().into())],
            capture: None,
            launch: launching(self.plan.launcher.as_ref(), &attempt.issue.id, attempt.number),
        };
        let (workspace, run) = (self.workspace, self.state.run.clone());
        let asked = move || stop_now(workspace, &run);
        let Some(child) = self.child.as_mut() else { return Ok(Fate::Interrupted) };
        let recorder = &mut self.recorder;
        let results = self.plan.gates.run(child, &place, &asked, &mut |kind| recorder.tell(kind))?;
        let Some(results) = results else { return Ok(Fate::Interrupted) };
        attempt.gates = results;
        if let Some(red) = attempt.gates.iter().find(|gate| !gate.passed) {
            return Ok(Fate::NotDone(complaint(red)));
        }
        if self.plan.confirm {
            let question = format!("task {} seems done; close it? [y/n/q]", attempt.issue.id);
            if !(self.ask)(&question)? {
                return Ok(Fate::NotDone("a person did not agree that it is done".into()));
            }
        }
        Ok(Fate::Done)
    }

    /// What the agent's own failure means for its task, after it has spent `own`.
    fn broken_by(&self, failure: Failure, cause: Option<Cause>, past: &Past, own: &Spend) -> Fate {
        let kept = || budget::kept(&self.plan.budget, &self.tally(), &past.spend, own);
        let cut = match (cause, failure.class) {
            (Some(Cause::Asked), _) => return Fate::Interrupted,
            (Some(Cause::Limit(cut)), _) => Some(cut),
            (None, _) if interrupt::signal().is_some() => return Fate::Interrupted,
            // It keeps the limit it was told by itself.
            (None, Class::AgentLimit) => kept(),
            (None, _) => None,
        };
        let limit = |limit: Option<f64>| limit.unwrap_or_default();
        match (cut, failure.class) {
            (Some(Cut::Run(stop)), _) => Fate::Cut(format!(
                "it was ended because the run reached its limit: `{}`",
                Reason::from(stop).word()
            )),
            (Some(Cut::Task), _) => Fate::Escalate(format!(
                "`per_task_usd` ({:.2} USD) was reached ({:.2} USD before this attempt)",
                limit(self.plan.budget.per_task_usd),
                past.spend.usd
            )),
            (Some(Cut::Attempt), _) => Fate::NotDone(format!(
                "it was ended because it reached `per_attempt_usd` ({:.2} USD)",
                limit(self.plan.budget.per_attempt_usd)
            )),
            (
                None,
                Class::RateLimit
                | Class::Overload
                | Class::Authentication
                | Class::Billing
                | Class::Model
                | Class::Launcher,
            ) => Fate::Broken(failure),
            (None, _) => Fate::NotDone(failure.message),
        }
    }
}

/// What went wrong with us, not with the task; after a signal that is no wonder.
fn blameless(failure: Failure) -> Fate {
    if interrupt::signal().is_some() { Fate::Interrupted } else { Fate::Broken(failure) }
}

fn other(error: &anyhow::Error) -> Failure {
    Failure { class: Class::Other, message: format!("{error:#}"), not_before: None }
}

/// Why an agent was ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Limit(Cut),
    Asked,
}

/// How what is started for a task is handed over, if it is.
fn launching<'a>(launcher: Option<&'a Launcher>, task: &'a str, attempt: u64) -> Option<Launching<'a>> {
    launcher.map(|launcher| Launching { launcher, labels: Labels { task, attempt, branch: None } })
}

/// The assignee that a run's claims carry.
pub(super) fn claimant(run: &str) -> String {
    format!("taskrun@{run}")
}

fn stop_now(workspace: &Workspace, run: &str) -> bool {
    // A request that cannot be read is not one.
    matches!(control::asked(workspace, run), Ok(Some(Action::StopNow)))
}

fn finished(answer: &Answer) -> Kind {
    let (verdict, reason) = match &answer.verdict {
        Verdict::Complete => ("complete", String::new()),
        Verdict::Blocked(why) => ("blocked", why.clone()),
        Verdict::Failed(why) => ("failed", why.clone()),
        Verdict::Incomplete(why) => ("incomplete", why.clone()),
        Verdict::Broken(failure) => ("broken", failure.message.clone()),
    };
    let outcome = answer.outcome.as_ref();
    Kind::AttemptFinished {
        verdict,
        reason,
        class: answer.class(),
        exit_code: outcome.and_then(|outcome| outcome.ended.code),
        signal: outcome.and_then(|outcome| outcome.ended.signal),
        duration_ms: outcome.map_or(0, |outcome| u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX)),
        spend: answer.spend,
        left_running: outcome.map(|outcome| outcome.left.clone()).unwrap_or_default(),
    }
}
