//! Runs one agent once: starts it, listens to its output, ends it when it must end, judges it.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;

use crate::domain::agents::catalog::{Agent, Cost};
pub use crate::domain::agents::invocation::file;
use crate::domain::agents::invocation::{Invocation, Request, Stdin, invocation};
use crate::domain::agents::prices::Book;
use crate::domain::agents::{Class, Failure, Report, Session, Terminal, Usage, Used, one_line};
use crate::domain::attempt::budget::{Source, Spend};
use crate::domain::attempt::completion::{self, Ended, TimedOut, Verdict};
use crate::domain::attempt::ear::{self, Ear};
use crate::domain::attempt::event::Kind;
use crate::domain::launchers::{Launcher, Launching};
use crate::fault::Fault;
use crate::system::config::{Config, Output};
use crate::system::log::{self, Log};
use crate::system::process::{self, Keep, Limits, Line, Outcome, Spawn, Supervisor, Why};
use crate::system::{clock, redact, store};

/// Characters of an agent's last words that are kept.
const WORDS: usize = 300;
/// Bytes of standard error that are looked at.
const END: u64 = 16 << 10;
/// Where an agent's standard output goes as it is, until it has become the log.
const CAPTURE: &str = ".capture";
/// The same for standard error.
const CAPTURE_STDERR: &str = ".capture-stderr";

/// What stays the same over the attempts of a run.
#[derive(Debug, Clone)]
pub struct Engine {
    /// Who works.
    pub agent: Agent,
    /// How long an attempt may take.
    pub limits: Limits,
    /// Whether what the agent leaves running may stay.
    pub leave_children: bool,
    /// What tokens cost, for agents that report tokens but no money.
    pub prices: Book,
    /// How many of the same event may follow each other; 0 is any number.
    pub max_repeats: u64,
    /// Bytes of one log.
    pub log_limit: u64,
}

/// One attempt.
pub struct Order<'a> {
    /// What the agent is told.
    pub prompt: &'a str,
    /// Where it works.
    pub dir: &'a Path,
    /// Path and start of the name of the attempt's files.
    pub prefix: &'a Path,
    /// The task's id.
    pub task: &'a str,
    /// The task's description, for the `shell` agent.
    pub description: &'a str,
    /// Which attempt on the task, from 1.
    pub attempt: u64,
    /// USD it may cost at most.
    pub budget_left: Option<f64>,
    /// The session to continue, by the agent's own id.
    pub resume: Option<&'a str>,
    /// What that session had used before.
    pub before: Usage,
    /// The task's own variables.
    pub env: &'a [(OsString, OsString)],
    /// What its command is handed to, if it is not to run right here.
    pub launch: Option<Launching<'a>>,
    /// Whether it must end now, given what it has spent so far.
    pub stop: &'a dyn Fn(&Spend) -> bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Answer {
    /// The judgement, before gates.
    pub verdict: Verdict,
    /// What the agent said.
    pub report: Report,
    /// What it cost.
    pub spend: Spend,
    /// Its process, unless it was never started.
    pub outcome: Option<Outcome>,
}

impl Answer {
    /// What kind of failure it was, where the agent itself failed.
    pub fn class(&self) -> Option<Class> {
        if let Verdict::Broken(failure) = &self.verdict { Some(failure.class) } else { None }
    }
}

impl Engine {
    /// The engine for an agent, with the settings' limits.
    pub fn new(agent: Agent, config: &Config) -> Self {
        let (set, some) = (&config.agent, |time: Duration| (!time.is_zero()).then_some(time));
        // Plain output may come at the very end.
        let start = some(set.start_timeout).filter(|_| agent.output != Output::Text);
        let limits = Limits { total: some(set.timeout), idle: some(set.idle_timeout), start };
        Self {
            agent,
            limits,
            leave_children: set.leave_children,
            prices: Book::new(config.prices.clone()),
            max_repeats: set.max_repeats,
            log_limit: config.logs.max_size,
        }
    }

    /// Runs the agent to its end. A task that this agent cannot work at all is `Blocked`; an agent that
    /// was ended because its supervisor was killed is `Broken` and has no outcome. Errors: the agent
    /// could not be started.
    pub fn run(
        &self,
        child: &mut Supervisor,
        order: &Order<'_>,
        tell: &mut dyn FnMut(Kind),
    ) -> Result<Answer> {
        let prompt = file(order.prefix, ".prompt.md");
        store::scratch(&prompt, order.prompt.as_bytes())?;
        let request = Request {
            prompt_file: &prompt,
            dir: order.dir,
            budget_left: order.budget_left,
            task: order.task,
            attempt: order.attempt,
            description: order.description,
            resume: order.resume,
            prefix: order.prefix,
            prompt_chars: order.prompt.chars().count(),
        };
        let call = match invocation(&self.agent, &request) {
            Err(error) if matches!(error.downcast_ref(), Some(Fault::Refused { .. })) => {
                return Ok(self.not_started(error.to_string()));
            }
            other => other?,
        };
        for (path, bytes) in &call.files {
            store::scratch(path, bytes)?;
        }
        let stdout = file(order.prefix, CAPTURE);
        let spawn = self.spawn(order, call, &prompt);
        let log = Log::create(&file(order.prefix, ".stdout"), self.log_limit)?;
        let mut ear = Ear::new(self, order, log, tell);
        let began = clock::now();
        let attended = child.attend(spawn, self.limits(order), &mut ear);
        let outcome = match attended {
            Err(error) if child.lost() => return self.cut_off(order, began, &error),
            other => other?,
        };
        let stderr = self.keep_stderr(order.prefix)?;
        let (report, behind) = ear.finish(outcome.ended.code, &stderr);
        store::remove(&stdout)?;
        // The agent has read it; what is kept of it holds no secrets.
        if let Cow::Owned(clean) = redact::ours().text(order.prompt) {
            store::scratch(&prompt, clean.as_bytes())?;
        }
        let spend = self.spend(&report, outcome.why.is_some());
        let failed = Launcher::verdict(&outcome).err();
        // What is done is not to be done again without a person's word.
        let done = failed.as_ref().is_some_and(|failed| failed.done);
        let failed = failed.map(Failure::from);
        let verdict = match (outcome.why, behind.circles.or(failed), behind.waits_for) {
            (None, Some(failure), _) if done && failure.class == Class::Launcher => {
                Verdict::Blocked(failure.message)
            }
            (None, Some(failure), _) if failure.class == Class::Launcher => Verdict::Broken(failure),
            (Some(Why::Asked), Some(failure), _)
            | (Some(Why::Idle | Why::Start | Why::Total), _, Some(failure)) => Verdict::Broken(failure),
            _ => {
                let clean = outcome.ended.code == Some(0) && self.agent.output != Output::Text;
                explained(completion::judge(&ended(&outcome), &report), &stderr, clean)
            }
        };
        Ok(Answer { verdict, report, spend, outcome: Some(outcome) })
    }

    /// How the agent is started for an order: `call` says with what.
    fn spawn(&self, order: &Order<'_>, call: Invocation, prompt: &Path) -> Spawn {
        let name = |suffix| file(order.prefix, suffix).into_os_string();
        let spawn = Spawn {
            argv: std::iter::once(call.program.into_os_string()).chain(call.args).collect(),
            dir: order.dir.into(),
            env: order.env.iter().cloned().chain(call.env).collect(),
            env_remove: call.env_remove,
            stdin: (call.stdin == Stdin::Prompt).then(|| prompt.into()),
            stdout: name(CAPTURE),
            stderr: name(CAPTURE_STDERR),
            keep: Some(Keep { stdout: name(".stdout"), stderr: name(".stderr"), limit: self.log_limit }),
            leave_children: self.leave_children,
            ..Spawn::default()
        };
        match &order.launch {
            Some(launch) => launch.wrap(spawn),
            None => spawn,
        }
    }

    /// How long an order may take. A launcher may have to wait for its turn before anything is said.
    fn limits(&self, order: &Order<'_>) -> Limits {
        Limits { start: self.limits.start.filter(|_| order.launch.is_none()), ..self.limits }
    }

    /// Makes the log of standard error; returns the end of it.
    fn keep_stderr(&self, prefix: &Path) -> Result<String> {
        let log = file(prefix, ".stderr");
        log::settle(&file(prefix, CAPTURE_STDERR), &log, self.log_limit)?;
        Ok(end_of(&log).unwrap_or_default())
    }

    /// What the files with this prefix show of an attempt in `dir` that began at `since` and whose run
    /// was killed.
    pub fn replay(&self, prefix: &Path, dir: &Path, since: Timestamp) -> Result<Report> {
        let mut reader = self.agent.reader(Usage::default());
        let capture = file(prefix, CAPTURE);
        let stdout = if capture.exists() { capture } else { file(prefix, ".stdout") };
        process::read_lines(&stdout, &mut |line| {
            if let Line::Whole(bytes) = line {
                drop(reader.line(&redact::ours().clean(bytes)));
            }
        })?;
        let mut report = reader.report();
        let session = report.session.clone();
        let session = session.as_deref().map(|id| Session { id, dir, since });
        let written = session.and_then(|session| self.agent.journal(&session)?.used());
        if let Some(written) = written {
            ear::settle(&mut report, written, false);
        }
        Ok(report)
    }

    /// What an attempt cost, as far as its report says; `cut` when it was ended early.
    pub fn spend(&self, report: &Report, cut: bool) -> Spend {
        let spend = self.priced(&Used {
            usage: report.usage,
            usd: report.usd,
            model: report.model.clone(),
            long: report.long.clone(),
        });
        // What a circle cost the agent itself does not count.
        let circle = matches!(&report.terminal, Terminal::Failure(failure) if failure.class == Class::Loop);
        let settled = spend.source == Source::Reported && report.terminal != Terminal::Missing;
        Spend { partial: (cut && !settled || circle) && spend.source != Source::Free, ..spend }
    }

    /// What tokens cost: as reported, else by the price of the model that answers, else of the one that
    /// was asked for, else unknown.
    pub(super) fn priced(&self, used: &Used) -> Spend {
        let Used { usage, usd, .. } = *used;
        if self.agent.cost == Cost::Free {
            return Spend::of(usage, Some(0.0), Source::Free);
        }
        if usd.is_some() {
            // Where it tells tokens only, this is what we know of its being refused.
            let source = if self.agent.cost == Cost::ByTokens { Source::Estimated } else { Source::Reported };
            return Spend::of(usage, usd, source);
        }
        let cost = |model: Option<&str>| self.prices.cost(model, &usage, &used.long);
        let estimate = cost(used.model.as_deref()).or_else(|| cost(self.agent.model.as_deref()));
        // Nothing counted may as well be nothing said.
        let estimate = estimate.filter(|_| usage != Usage::default());
        Spend::of(usage, estimate, Source::Estimated)
    }

    /// What is known of an agent that nobody saw end.
    fn cut_off(&self, order: &Order<'_>, since: Timestamp, error: &anyhow::Error) -> Result<Answer> {
        let report = self.replay(order.prefix, order.dir, since)?;
        log::settle(&file(order.prefix, CAPTURE), &file(order.prefix, ".stdout"), self.log_limit)?;
        self.keep_stderr(order.prefix)?;
        let spend = self.spend(&report, true);
        let failure = Failure { class: Class::Other, message: format!("{error:#}"), not_before: None };
        Ok(Answer { verdict: Verdict::Broken(failure), report, spend, outcome: None })
    }

    fn not_started(&self, why: String) -> Answer {
        let report = self.agent.reader(Usage::default()).report();
        Answer { verdict: Verdict::Blocked(why), report, spend: Spend::nothing(), outcome: None }
    }
}

/// Makes the logs of a run that was killed, in its folder, and removes the captures they are made of.
pub fn tidy(dir: &Path, limit: u64) -> Result<()> {
    let Ok(entries) = dir.read_dir() else { return Ok(()) };
    for path in entries.flatten().map(|entry| entry.path()) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let log = match name.split_once(CAPTURE) {
            Some((start, "-stderr")) => format!("{start}.stderr"),
            Some((start, "")) if start.contains(".gate-") => format!("{start}.log"),
            Some((start, "")) => format!("{start}.stdout"),
            _ => continue,
        };
        log::settle(&path, &dir.join(log), limit)?;
    }
    Ok(())
}

fn ended(outcome: &Outcome) -> Ended {
    Ended {
        code: outcome.ended.code,
        signal: outcome.ended.signal,
        timed_out: match outcome.why {
            Some(Why::Total) => Some(TimedOut::Total),
            Some(Why::Idle) => Some(TimedOut::Idle),
            Some(Why::Start) => Some(TimedOut::Start),
            Some(Why::Flood) => Some(TimedOut::Flood),
            _ => None,
        },
        stopped: matches!(outcome.why, Some(Why::Interrupted | Why::Asked)),
    }
}

/// Adds the last words on standard error where the agent itself gave no better reason.
fn explained(mut verdict: Verdict, stderr: &str, clean: bool) -> Verdict {
    let reason = match &mut verdict {
        // Whoever ends well has only noise there.
        Verdict::Incomplete(reason) if !clean => reason,
        Verdict::Broken(failure) if failure.class == Class::Crash => &mut failure.message,
        _ => return verdict,
    };
    let words = stderr.lines().rev().map(|line| one_line(line, WORDS)).find(|line| !line.is_empty());
    if let Some(words) = words.filter(|words| !reason.contains(words.as_str())) {
        reason.push_str(": ");
        reason.push_str(&words);
    }
    verdict
}

/// The last [`END`] bytes of a file.
fn end_of(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(END)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    Ok(String::from_utf8_lossy(&end).into_owned())
}
