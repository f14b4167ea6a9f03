//! Starts what a task says, and hears how it went.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Result;
use jiff::Timestamp;

use super::attempt::{Bench, log_prefix, of_task, timeout};
use super::command::{self, Ran, Run};
use super::job::Job;
use super::judge::{Draft, Fallen};
use super::legacy;
use crate::domain::attempt::completion::Promise;
use crate::domain::launchers::{Launcher, Launching};
use crate::domain::macp::after;
use crate::domain::macp::agent;
use crate::domain::macp::dispatch::brief::News;
use crate::domain::macp::dispatch::{self, Call, acp, plugin};
use crate::domain::macp::schema::Schema;
use crate::domain::macp::task::Gate;
use crate::domain::macp::transition::Verdict;
use crate::domain::macp::worktree::Ground;
use crate::system::process::{NoProgram, Outcome};
use crate::system::{clock, redact, store};

/// What looks at an output before it becomes a log has found out.
#[derive(Default)]
struct Looked {
    /// What a plug-in answers, or why that is no answer.
    answer: Option<Result<plugin::Answer, String>>,
    /// The document that `result_schema` asks for, or what is wrong with it.
    document: Option<Result<serde_json::Value, String>>,
}

impl Bench<'_> {
    /// Runs what the task says.
    pub(super) fn start(
        &mut self,
        job: &Job,
        ground: &Ground,
        launch: Option<Launching<'_>>,
        draft: &mut Draft,
    ) -> Result<Verdict> {
        let (place, settings) = (&self.shop.place, &self.shop.settings);
        let task = &job.task;
        if task.dispatch.is_none() {
            let file = self.dir.join("task.json");
            if legacy::wants_file(task, settings) {
                store::scratch(&file, serde_json::to_string_pretty(task)?.as_bytes())?;
            }
            let call = legacy::call(task, settings, &file, &ground.dir);
            return self.command(
                job,
                &call.map_err(|error| Fallen::Call.mark(error))?,
                (launch, None),
                draft,
            );
        }
        let schema = after::schema(task, place).map_err(|error| Fallen::Call.mark(error))?;
        let call = dispatch::call(task, place, settings, &ground.dir);
        let call = call.map_err(|error| Fallen::Call.mark(error))?;
        match &call {
            Call::Command { .. } => self.command(job, &call, (launch, schema.as_ref()), draft),
            Call::Agent { .. } | Call::HandOver(_) => {
                self.hand(job, ground, (&call, launch, schema.as_ref()), draft)
            }
        }
    }

    /// Has an agent, or somebody else, work for the task.
    fn hand(
        &mut self,
        job: &Job,
        ground: &Ground,
        (call, launch, schema): (&Call, Option<Launching<'_>>, Option<&Schema>),
        draft: &mut Draft,
    ) -> Result<Verdict> {
        let stop = Arc::clone(&self.stop);
        let asked = move || stop.load(Ordering::Relaxed);
        let prefix = log_prefix(&self.shop.place, &job.task.id);
        store::make_dir(&self.shop.place.logs())?;
        let gates = of_task(&job.task, &self.shop.settings);
        let news = News {
            attempt: job.attempt.number,
            max_attempts: job.attempt.most,
            previous: job.previous.clone(),
            gates: gates.iter().map(|gate| Gate::command(gate).to_owned()).collect(),
            notes: job.notes.clone(),
        };
        let work = agent::Job {
            task: &job.task,
            place: &self.shop.place,
            settings: &self.shop.settings,
            dir: &ground.dir,
            prefix: &prefix,
            slot: &self.dir,
            run: &self.shop.run,
            news: &news,
            limit: Some(timeout(&job.task, &self.shop.settings)),
            purse: &self.shop.purse,
            asked: &asked,
            launch,
        };
        let answer = match call {
            Call::Agent { runtime, prompt, dir, .. } => {
                agent::run(&mut self.child, &work, (runtime, prompt), dir, &mut |_| {})
            }
            Call::HandOver(config) => acp::hand_over(&mut self.child, &work, config),
            Call::Command { .. } => return Ok(Verdict::Hopeless),
        };
        let answer = answer.map_err(|error| Fallen::Start.mark(error))?;
        let verdict = answer.verdict.clone();
        let said = answer.summary.clone();
        draft.answered(answer);
        Ok(match (verdict, schema) {
            (Verdict::Passed, Some(schema)) => draft.document(after::fits(schema, &said)),
            (verdict, _) => verdict,
        })
    }

    fn command(
        &mut self,
        job: &Job,
        call: &Call,
        (launch, schema): (Option<Launching<'_>>, Option<&Schema>),
        draft: &mut Draft,
    ) -> Result<Verdict> {
        let settings = &self.shop.settings;
        let Some(mut spawn) = call.spawn(&self.dir)? else { return Ok(Verdict::Hopeless) };
        let answers = matches!(call, Call::Command { answers: true, .. });
        let staged =
            matches!(call, Call::Command { stdin: Some(_), .. } | Call::Command { brief: Some(_), .. });
        spawn.env.push(("TASKRUN_TASK".into(), (&job.task.id).into()));
        spawn.env.push(("TASKRUN_ATTEMPT".into(), job.attempt.number.to_string().into()));
        let spawn = match launch {
            Some(launch) => launch.wrap(spawn),
            None => spawn,
        };
        let timeout = timeout(&job.task, settings);
        let log = log_prefix(&self.shop.place, &job.task.id);
        command::may_log(&log).map_err(|error| Fallen::Call.mark(error))?;
        let run = Run {
            spawn,
            slot: &self.dir,
            log: &log,
            log_limit: settings.config.logs.max_size,
            timeout,
            again: job.attempt.number > 1,
        };
        let mut looked = Looked::default();
        let mut look = |outcome: &Outcome, stdout: &Path| looked.look(outcome, stdout, answers, schema);
        let (office, began) = (self.office, clock::now());
        let ran = run.run(&mut self.child, (&self.stop, &|| office.idle()), &mut look);
        if staged {
            dispatch::sweep(&self.dir)?;
        }
        let ran = ran.map_err(|error| {
            // Where the program is missing, it is missing the next time.
            let fallen = if error.is::<NoProgram>() { Fallen::Call } else { Fallen::Start };
            fallen.mark(error)
        })?;
        let launched = Launcher::verdict(&ran.outcome);
        let complaint = ran.complaint(timeout).filter(|_| launched.is_ok());
        draft.ran(&ran, complaint.as_deref());
        if let Err(failed) = launched {
            draft.fails(&failed.why);
            let verdict = if failed.done { Verdict::Escalates } else { Verdict::Infrastructure };
            return Ok(verdict(failed.why));
        }
        if ran.stopped() {
            return Ok(Verdict::Interrupted);
        }
        let verdict = match looked.answer {
            Some(answer) if !ran.timed_out() => {
                let verdict = draft.plugin(answer);
                self.paid(job, began, draft, verdict == Verdict::Passed)?;
                verdict
            }
            _ => verdict(&ran, complaint.is_none(), job.task.dispatch.is_some()),
        };
        Ok(match (verdict, looked.document) {
            (Verdict::Passed, Some(document)) => draft.document(document),
            (verdict, _) => verdict,
        })
    }
}

impl Bench<'_> {
    /// Puts on record what a plug-in says it has spent.
    fn paid(&self, job: &Job, started_at: Timestamp, draft: &Draft, well: bool) -> Result<()> {
        let Some(usd) = draft.cost() else { return Ok(()) };
        let agent = dispatch::runtime(&job.task, &self.shop.settings);
        let (task, run, attempt) = (&job.task, &self.shop.run, job.attempt.number);
        let told = agent::Told { task, run, attempt, agent, usd, started_at, well };
        self.shop.purse.settle(&task.id, told.receipt())
    }
}

impl Looked {
    fn look(
        &mut self,
        outcome: &Outcome,
        stdout: &Path,
        answers: bool,
        schema: Option<&Schema>,
    ) -> Result<()> {
        if answers && outcome.why.is_none() {
            let text = if stdout.metadata().map_or(0, |meta| meta.len()) > plugin::MOST {
                Err("the plug-in's result has more than 16 MiB, which is the most it may have".to_owned())
            } else {
                let text = store::read_text(stdout).map(Option::unwrap_or_default);
                text.map_err(|error| format!("{error:#}"))
            };
            self.answer = Some(text.and_then(|text| plugin::answer(&text, outcome.ended.code)));
        }
        if let Some(schema) = schema {
            self.document = Some(after::output_fits(schema, stdout)?);
        }
        Ok(())
    }
}

/// What a command that has ended comes to; only MACP-aware tasks can ask for a person.
fn verdict(ran: &Ran, well: bool, macp: bool) -> Verdict {
    match &ran.promise {
        Promise::Blocked(why) if macp && !ran.timed_out() => {
            Verdict::Escalates(redact::ours().text(why).into_owned())
        }
        _ if well => Verdict::Passed,
        _ => Verdict::WorkerFailed,
    }
}
