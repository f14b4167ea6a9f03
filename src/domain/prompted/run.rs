//! One prompt from its run folder to its last event: typed by hand, or a part of a mission.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::domain::agents::{Class, Terminal};
use crate::domain::attempt::budget::{self, Spend, Tally};
use crate::domain::attempt::engine::{Answer, Order, file};
use crate::domain::attempt::event::{Event, Finished, Kind};
use crate::domain::attempt::receipt::Receipt;
use crate::domain::launchers::{self, Labels, Launching};
use crate::domain::loops::provider;
use crate::domain::loops::recorder::Recorder;
use crate::domain::prompted::day::Day;
use crate::domain::prompted::plan::{Plan, limit_name};
use crate::domain::prompted::record::{Ended, NO_TASK, PREFIX, Record, settle};
use crate::domain::prompted::verdict::{Cause, End, Seen, end};
use crate::domain::prompted::voice::Voice;
use crate::domain::workspace::Workspace;
use crate::system::process::Supervisor;
use crate::system::{clock, interrupt, store};

/// Money that is left below this is none (USD).
const NOTHING: f64 = 1e-9;

/// What a launcher is told of a prompt that was typed by hand, which is no task.
const BY_HAND: &str = "prompt";

/// Between two looks whether others have left enough of the day's money.
const LOOK: Duration = Duration::from_millis(100);

/// What the caller lends a prompt.
pub struct Hands<'a> {
    /// Hears every event.
    pub tell: &'a mut dyn FnMut(&Event),
    /// Hears the agent's own text as it comes, whole and without a final newline.
    pub text: &'a mut dyn FnMut(&str),
    /// Hears what the user should know beside that.
    pub notice: &'a mut dyn FnMut(&str),
}

/// A limit that keeps a prompt from starting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Barred {
    /// A word of the contract, as a run's.
    pub reason: &'static str,
    /// What the process exits with.
    pub exit_code: u8,
    /// The limit's name.
    pub limit: &'static str,
}

/// The limit that would keep this prompt from starting now, if there is one.
pub fn barred(workspace: &Workspace, plan: &Plan) -> Result<Option<Barred>> {
    let tally = tally(plan, Day::read(workspace, "")?.on_record());
    Ok(budget::before(&plan.budget, &tally, plan.unknown_allowed).map(|stop| {
        let End { reason, exit_code, .. } = End::limit(stop);
        Barred { reason, exit_code, limit: limit_name(plan, &tally, stop) }
    }))
}

/// What counts against the limits before the attempt.
fn tally(plan: &Plan, (day, day_dearest): (Spend, f64)) -> Tally {
    let used = &plan.used;
    Tally { run: used.spend, dearest: used.dearest, day, day_dearest, iterations: 0, elapsed: used.time }
}

/// A prompt under way.
struct Run<'a> {
    workspace: &'a Workspace,
    plan: &'a Plan,
    record: Record,
    recorder: Recorder<'a>,
    prefix: PathBuf,
    tally: Tally,
    /// What the work that it is a part of has cost before, and the dearest attempt on it (USD).
    task: (Spend, f64),
    since: Instant,
    day: RefCell<Day<'a>>,
    /// Limits whose warning was given.
    warned: Vec<&'static str>,
}

/// What came of it.
struct Came {
    end: End,
    spend: Spend,
    text: Option<String>,
    class: Option<Class>,
}

/// Has one prompt answered, in the foreground. Any number may go on at the same time, also beside a
/// loop. Errors: it could not be run; an agent that fails is an answer, too.
#[allow(clippy::needless_pass_by_value)] // the hands are lent for the whole prompt
pub fn run(workspace: &Workspace, plan: &Plan, hands: Hands<'_>) -> Result<Finished> {
    interrupt::install()?;
    store::make_dir(&workspace.dir())?;
    settle(workspace, plan.engine.log_limit, hands.notice)?;
    launchers::recover(&workspace.launches(), hands.notice);
    let id = clock::run_id().replacen("r-", "p-", 1);
    let dir = workspace.run_dir(&id);
    store::make_dir(&dir)?;
    let day = Day::read(workspace, &id)?;
    let tally = tally(plan, day.on_record());
    if plan.budget.per_day_usd.is_some() && !tally.day.known {
        (hands.notice)("what some of today's attempts cost is unknown: `per_day_usd` counts the rest");
    }
    let mut run = Run {
        workspace,
        plan,
        record: Record::begin(&id, plan),
        recorder: Recorder::new(&id, dir.join("events.ndjson"), hands.tell),
        prefix: dir.join(PREFIX),
        tally,
        task: plan.part.as_ref().map_or((Spend::nothing(), 0.0), |part| day.task(&part.task)),
        since: Instant::now(),
        day: RefCell::new(day),
        warned: Vec::new(),
    };
    run.record.save(workspace)?;
    run.recorder.task.clone_from(&run.record.task);
    run.recorder.tell(Kind::RunStarted {
        agent: run.record.agent.clone(),
        model: run.record.model.clone(),
        pid: std::process::id(),
        max_iterations: None,
        budget_usd: plan.budget.usd,
        dir: dir.display().to_string(),
    });
    let came = run.go(hands.text, &mut *hands.notice);
    let finished = run.close(came);
    if run.recorder.failed() {
        (hands.notice)("the event log of this prompt is not complete: it could not be written");
    }
    finished
}

impl Run<'_> {
    fn go(&mut self, text: &mut dyn FnMut(&str), notice: &mut dyn FnMut(&str)) -> Result<Came> {
        self.warned =
            warn(&mut self.recorder, self.plan, (&self.tally, &self.task.0), &Spend::nothing(), &[]);
        let nothing = |end| Came { end, spend: Spend::nothing(), text: None, class: None };
        if let Some(stop) = budget::before(&self.plan.budget, &self.tally, self.plan.unknown_allowed) {
            return Ok(nothing(self.used_up(stop)));
        }
        if budget::task_spent(&self.plan.budget, &self.task.0, self.task.1) {
            let message = Some("nothing was started: `per_task_usd` is used up".to_owned());
            return Ok(nothing(End { message, ..End::limit(budget::Stop::Usd) }));
        }
        if let Some(end) = self.await_share(notice)? {
            return Ok(nothing(end));
        }
        let came = self.supervised(text);
        self.day.borrow_mut().release()?;
        came
    }

    /// Waits until what the attempt is expected to cost of the day's money is not set aside for others, and sets it aside for
    /// this one. An end: it will not be started.
    fn await_share(&mut self, notice: &mut dyn FnMut(&str)) -> Result<Option<End>> {
        let asked = self.workspace.prompt_stop(&self.record.run);
        let mut told = false;
        while !self.day.borrow_mut().set_aside(&self.plan.budget, self.tally.dearest)? {
            if !told {
                notice("waiting: what is left of `per_day_usd` is set aside for others that work now");
                told = true;
            }
            if interrupt::nap(LOOK).is_err() || asked.exists() {
                let stopped = || End::stopped();
                return Ok(Some(interrupt::signal().map_or_else(stopped, End::interrupted)));
            }
        }
        if self.plan.budget.per_day_usd.is_some() {
            (self.tally.day, self.tally.day_dearest) = self.day.borrow().spent();
        }
        let stop = budget::before(&self.plan.budget, &self.tally, self.plan.unknown_allowed);
        if stop.is_some() {
            self.day.borrow_mut().release()?;
        }
        Ok(stop.map(|stop| self.used_up(stop)))
    }

    fn used_up(&self, stop: budget::Stop) -> End {
        let message =
            format!("nothing was started: `{}` is used up", limit_name(self.plan, &self.tally, stop));
        End { message: Some(message), ..End::limit(stop) }
    }

    fn supervised(&mut self, text: &mut dyn FnMut(&str)) -> Result<Came> {
        let nothing = |end| Came { end, spend: Spend::nothing(), text: None, class: None };
        // A lock of its own: it works beside a loop and beside other prompts.
        let lock = self.workspace.prompt_lock(&self.record.run);
        let mut child = match Supervisor::start(&lock, &self.record.run) {
            Err(_) if interrupt::signal().is_some() => {
                return Ok(nothing(End::interrupted(interrupt::signal().unwrap_or_default())));
            }
            other => other?,
        };
        let came = self.attempt(&mut child, text);
        child.quit();
        came
    }

    fn attempt(&mut self, child: &mut Supervisor, text: &mut dyn FnMut(&str)) -> Result<Came> {
        let voice = Voice::new(&self.plan.engine.agent, file(&self.prefix, ".stdout"), text);
        let voice = RefCell::new(voice);
        let cause = Cell::new(None);
        let (plan, tally, since, day) = (self.plan, self.tally, self.since, &self.day);
        let task = self.task.0;
        let asked = self.workspace.prompt_stop(&self.record.run);
        let stop = |live: &Spend| {
            voice.borrow_mut().poll();
            let spent =
                if plan.budget.per_day_usd.is_some() { day.borrow_mut().now(live) } else { tally.day };
            let tally = Tally { elapsed: tally.elapsed + since.elapsed(), day: spent, ..tally };
            let cut = budget::during(&plan.budget, &tally, &task, live).map(Cause::of);
            let now = cut.or_else(|| asked.exists().then_some(Cause::Asked));
            cause.set(cause.get().or(now));
            now.is_some()
        };
        let left = budget::left(&plan.budget, &tally, &task);
        let part = plan.part.as_ref();
        let order = Order {
            prompt: &plan.prompt,
            dir: self.workspace.root(),
            prefix: &self.prefix,
            task: part.map_or(NO_TASK, |part| &part.task),
            description: part.map_or(&plan.prompt, |part| &part.description),
            attempt: self.record.attempt,
            budget_left: left,
            resume: plan.session.as_deref(),
            before: plan.before,
            env: part.map_or(&[], |part| &part.env),
            launch: launching(plan, self.record.attempt),
            stop: &stop,
        };
        self.recorder.attempt = Some(1);
        self.recorder.tell(Kind::AttemptStarted {
            agent: self.record.agent.clone(),
            snapshot: None,
            resumes: plan.session.clone(),
            prompt: file(&self.prefix, ".prompt.md").display().to_string(),
            output: file(&self.prefix, ".stdout").display().to_string(),
        });
        let (recorder, record, workspace) = (&mut self.recorder, &mut self.record, self.workspace);
        let warned = &mut self.warned;
        let answer = plan.engine.run(child, &order, &mut |kind| {
            // What was said before comes first.
            voice.borrow_mut().poll();
            if let Kind::AgentUsage { spend } = &kind {
                (record.spend, record.session) = (*spend, voice.borrow().session());
                // It is only looked at by those who ask how it goes.
                let _ = record.save(workspace);
                let more = warn(recorder, plan, (&tally, &task), spend, warned);
                warned.extend(more);
            }
            recorder.tell(kind);
        })?;
        let mut voice = voice.into_inner();
        voice.finish(answer.outcome.as_ref().is_none_or(|outcome| outcome.why.is_some()));
        let text = voice.whole(&answer.report.final_text);
        drop(voice);
        self.judge(&answer, text, cause.get(), left)
    }

    /// Judges, tells and puts on record what came of the attempt.
    fn judge(
        &mut self,
        answer: &Answer,
        text: String,
        cause: Option<Cause>,
        left: Option<f64>,
    ) -> Result<Came> {
        let outcome = answer.outcome.as_ref();
        let ended = outcome.map(|outcome| outcome.ended);
        let left_alone = outcome.is_some_and(|outcome| outcome.why.is_none());
        let exited_well = ended.is_some_and(|ended| ended.code == Some(0) && ended.signal.is_none());
        let end = end(&Seen {
            verdict: &answer.verdict,
            started: outcome.is_some(),
            well: left_alone && exited_well && answer.report.terminal == Terminal::Success,
            silent: text.trim().is_empty() && self.plan.part.is_none(),
            cause: cause.filter(|_| !left_alone),
            broke: left.is_some_and(|left| answer.spend.usd + NOTHING >= left),
            signal: interrupt::signal(),
        });
        self.recorder.tell(Kind::AttemptFinished {
            verdict: end.verdict,
            reason: end.message.clone().unwrap_or_default(),
            class: answer.class(),
            exit_code: ended.and_then(|ended| ended.code),
            signal: ended.and_then(|ended| ended.signal),
            duration_ms: outcome.map_or(0, |outcome| millis(outcome.took)),
            spend: answer.spend,
            left_running: outcome.map(|outcome| outcome.left.clone()).unwrap_or_default(),
        });
        self.record.session = answer.report.session.clone().or(self.record.session.take());
        self.record.spend = answer.spend;
        // An agent that was never started has no attempt on record.
        if end.exit_code != 2 {
            self.receipt(answer, &end).append(&self.workspace.receipts())?;
        }
        let text = Some(text).filter(|text| !text.is_empty());
        Ok(Came { end, spend: answer.spend, text, class: answer.class() })
    }

    fn receipt(&self, answer: &Answer, end: &End) -> Receipt {
        let outcome = answer.outcome.as_ref();
        let reason = end.message.as_deref().unwrap_or(end.reason);
        Receipt {
            class: answer.class(),
            model: answer.report.model.clone().or_else(|| self.record.model.clone()),
            exit_code: outcome.and_then(|outcome| outcome.ended.code),
            signal: outcome.and_then(|outcome| outcome.ended.signal),
            spend: answer.spend,
            left_running: outcome.map(|outcome| outcome.left.clone()).unwrap_or_default(),
            ..self.record.receipt(end.outcome, reason, clock::now())
        }
    }

    /// Tells the end, and leaves it for those who ask.
    fn close(&mut self, came: Result<Came>) -> Result<Finished> {
        let (came, failure) = match came {
            Ok(came) => (came, None),
            Err(error) => {
                let end = interrupt::signal().map_or_else(
                    || End { message: Some(format!("{error:#}")), ..End::could_not() },
                    End::interrupted,
                );
                let failure = interrupt::signal().is_none().then_some(error);
                (Came { end, spend: self.record.spend, text: None, class: None }, failure)
            }
        };
        let finished = Finished {
            reason: came.end.reason.into(),
            exit_code: came.end.exit_code,
            iterations: u64::from(self.recorder.attempt.is_some()),
            completed: Vec::new(),
            failed: Vec::new(),
            escalated: Vec::new(),
            left: 0,
            spend: came.spend,
            not_before: came.end.not_before.filter(|at| *at > clock::now()),
            started_at: self.record.started_at,
            duration_ms: millis(self.since.elapsed()),
            message: came.end.message,
            hint: came.class.and_then(|class| provider::way_out(&self.plan.engine.agent, class)),
            text: came.text,
            session: self.record.session.clone(),
        };
        self.record.ended = Some(Ended {
            at: clock::now(),
            reason: finished.reason.clone(),
            exit_code: finished.exit_code,
            message: finished.message.clone(),
            killed: false,
        });
        let saved = self.record.save(self.workspace).context("the prompt's end could not be noted");
        self.recorder.attempt = None;
        self.recorder.tell(Kind::RunFinished(Box::new(finished.clone())));
        failure.map_or(saved, Err).map(|()| finished)
    }
}

/// What the agent is handed to, and what that is told.
fn launching(plan: &Plan, attempt: u64) -> Option<Launching<'_>> {
    let task = plan.part.as_ref().map_or(BY_HAND, |part| &part.task);
    let labels = Labels { task, attempt, branch: None };
    plan.launcher.as_ref().map(|launcher| Launching { launcher, labels })
}

/// Gives each warning that is due and was not given yet; returns for which limits.
fn warn(
    recorder: &mut Recorder<'_>,
    plan: &Plan,
    (tally, task): (&Tally, &Spend),
    live: &Spend,
    given: &[&'static str],
) -> Vec<&'static str> {
    let mut due = budget::warnings(&plan.budget, tally, task, live);
    due.retain(|(limit, _)| !given.contains(limit));
    for (limit, used) in &due {
        recorder.tell(Kind::BudgetWarning { limit: (*limit).to_owned(), used: *used });
    }
    due.into_iter().map(|(limit, _)| limit).collect()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
