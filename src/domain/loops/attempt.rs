//! One iteration: claim a task, have it worked and judged, and hand the verdict on.

use std::cell::Cell;
use std::path::PathBuf;

use anyhow::Result;
use jiff::Timestamp;

use crate::domain::attempt::budget::{self, Spend};
use crate::domain::attempt::changes::{Carried, Look, between};
use crate::domain::attempt::completion::Verdict;
use crate::domain::attempt::engine::{Answer, file};
use crate::domain::attempt::event::Kind;
use crate::domain::attempt::gates::{Gates, Place, complaint};
use crate::domain::attempt::receipt::{GateResult, Judged, Noted};
use crate::domain::beads::{Graph, Grip, Issue, Store, Table};
use crate::domain::launchers::LaunchFailed;
use crate::domain::loops::attend::{Cause, Job, blameless, launching, other, stop_now};
use crate::domain::loops::brief::Brief;
use crate::domain::loops::claims::{Claim, Phase};
use crate::domain::loops::ledger::Past;
use crate::domain::loops::run::Run;
use crate::domain::loops::settle::Fate;
use crate::domain::loops::state::Current;
use crate::fault::Fault;
use crate::system::config::Permissions;
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
    /// Who judged it, if somebody did.
    pub(super) judged: Option<Judged>,
    /// What something beside the run has seen of it.
    pub(super) noted: Vec<Noted>,
}

impl Attempt {
    /// What it has cost, judging included.
    pub(super) fn spend(&self) -> Spend {
        let mut spend = self.answer.as_ref().map_or_else(Spend::nothing, |answer| answer.spend);
        if let Some(judged) = &self.judged {
            spend.add(&judged.spend);
        }
        spend
    }
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
        let Some(mut attempt) = self.claim(&self.as_taken(issue), epic, &past)? else { return Ok(()) };
        self.taken.insert(issue.id.clone(), attempt.issue.clone());
        self.tell_of_skill(issue);
        self.recorder.tell(Kind::TaskClaimed { title: attempt.issue.title.clone() });
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
            judge: self.plan.judge().map(|engine| (engine.agent.name, engine.agent.model)),
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
            judged: None,
            noted: Vec::new(),
        }))
    }

    /// Agent, judgement, gates, and a person where that is wanted.
    fn work(&mut self, attempt: &mut Attempt, past: &Past) -> Result<Fate> {
        let gates = self.plan.gates_for(&attempt.issue);
        let extra = self.paragraphs(&attempt.prefix);
        let brief = Brief {
            epic: attempt.epic.clone(),
            gates: &gates.commands,
            extra,
            judged: self.plan.verify.is_some(),
            max_attempts: self.plan.max_attempts,
            dir: self.workspace.root(),
            guide: self.plan.guide.as_ref(),
            template: self.plan.template.as_ref(),
        };
        let prompt = brief.prompt(&attempt.issue, past)?;
        let cause = Cell::new(None);
        if let Err(error) = self.agent(attempt, &prompt, past, &cause) {
            // It could not even be started: no task is to blame.
            return Ok(blameless(other(&error)));
        }
        self.put_store_back()?;
        self.tell_of_changes(&attempt.issue)?;
        attempt.noted.extend(self.noted());
        let Some(answer) = &attempt.answer else { return Ok(Fate::Interrupted) };
        match answer.verdict.clone() {
            Verdict::Complete => Ok(self.check(attempt, &gates, past).unwrap_or_else(|error| {
                match error.downcast::<LaunchFailed>() {
                    Ok(failed) => blameless(failed.into()),
                    Err(error) => blameless(other(&error)),
                }
            })),
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

    /// Undoes what no agent may do: the removal of all tasks.
    pub(super) fn put_store_back(&mut self) -> Result<()> {
        if self.store.restore(&self.dir.join(KEPT))? {
            (self.notice)("the agent had removed the task store: it was put back as it was before");
        }
        Ok(())
    }

    fn agent(
        &mut self,
        attempt: &mut Attempt,
        prompt: &str,
        past: &Past,
        cause: &Cell<Option<Cause>>,
    ) -> Result<()> {
        let thread = past.thread.as_ref().filter(|thread| self.plan.continues(thread));
        self.recorder.tell(Kind::AttemptStarted {
            agent: self.plan.engine.agent.name.clone(),
            resumes: thread.map(|thread| thread.session.clone()),
            snapshot: attempt.snapshot.clone(),
            prompt: file(&attempt.prefix, ".prompt.md").display().to_string(),
            output: file(&attempt.prefix, ".stdout").display().to_string(),
        });
        let job = Job { judge: None, prompt, prefix: &attempt.prefix, thread, spent: Spend::nothing() };
        let answer = self.attend(attempt, &job, past, cause)?;
        self.recorder.tell(finished(&answer));
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

    /// The gates, then whoever judges the work, then the person.
    fn check(&mut self, attempt: &mut Attempt, gates: &Gates, past: &Past) -> Result<Fate> {
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
        let results = gates.run(child, &place, &asked, &mut |kind| recorder.tell(kind))?;
        let Some(results) = results else { return Ok(Fate::Interrupted) };
        attempt.gates = results;
        if let Some(red) = attempt.gates.iter().find(|gate| !gate.passed) {
            return Ok(Fate::NotDone(complaint(red)));
        }
        if let Some(fate) = self.verify(attempt, gates, past)? {
            return Ok(fate);
        }
        if self.plan.confirm {
            let question = format!("task {} seems done; close it? [y/n/q]", attempt.issue.id);
            if !(self.ask)(&question)? {
                return Ok(Fate::NotDone("a person did not agree that it is done".into()));
            }
        }
        Ok(Fate::Done)
    }
}

/// The assignee that a run's claims carry.
pub(super) fn claimant(run: &str) -> String {
    format!("taskrun@{run}")
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
