//! Runs one agent once: starts it, listens to its output, ends it when it must end, judges it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::domain::agents::catalog::{Agent, Cost};
use crate::domain::agents::invocation::{Request, Stdin, invocation};
use crate::domain::agents::prices::Book;
use crate::domain::agents::{Class, Failure, Reader, Report, Signal, Terminal, Usage, one_line, tail};
use crate::domain::attempt::budget::{Source, Spend};
use crate::domain::attempt::completion::{self, Ended, TimedOut, Verdict};
use crate::domain::attempt::event::Kind;
use crate::fault::Fault;
use crate::system::process::{Attendant, Limits, Outcome, Spawn, Supervisor, Why};
use crate::system::store;

/// Text gathered before the start of it is dropped (bytes); [`tail`] is what an event carries.
const MESSAGE: usize = 4 << 10;
/// Characters of an agent's last words that are kept.
const WORDS: usize = 300;
/// Text of plain output is gathered this long before it becomes one event.
const GATHER: Duration = Duration::from_millis(200);

/// What stays the same over the attempts of a run.
#[derive(Debug)]
pub struct Engine {
    /// Who works.
    pub agent: Agent,
    /// How long an attempt may take.
    pub limits: Limits,
    /// Whether what the agent leaves running may stay.
    pub leave_children: bool,
    /// What tokens cost, for agents that report tokens but no money.
    pub prices: Book,
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

pub use crate::domain::agents::invocation::file;

impl Engine {
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
        let stderr = file(order.prefix, ".stderr");
        let spawn = Spawn {
            argv: std::iter::once(call.program.into_os_string()).chain(call.args).collect(),
            dir: order.dir.into(),
            env: call.env,
            env_remove: call.env_remove,
            stdin: (call.stdin == Stdin::Prompt).then(|| prompt.clone().into()),
            stdout: file(order.prefix, ".stdout").into(),
            stderr: stderr.clone().into(),
            leave_children: self.leave_children,
            tidies_up: false,
        };
        let mut ear = Ear::new(self, order, tell);
        let attended = child.attend(spawn, self.limits, &mut ear);
        ear.flush();
        let outcome = match attended {
            Err(error) if child.lost() => return self.cut_off(&file(order.prefix, ".stdout"), &error),
            other => other?,
        };
        let report = ear.reader.report();
        let spend = self.spend(&report, outcome.why.is_some());
        let mut verdict = completion::judge(&ended(&outcome), &report);
        explain(&mut verdict, &stderr);
        Ok(Answer { verdict, report, spend, outcome: Some(outcome) })
    }

    /// What the stream recorded in a file shows; for attempts whose run was killed.
    pub fn replay(&self, stdout: &Path) -> Result<Report> {
        let mut reader = self.agent.reader(Usage::default());
        let take = &mut |line: &[u8]| drop(reader.line(line));
        crate::system::process::read_lines(stdout, take)?;
        Ok(reader.report())
    }

    /// What an attempt cost, as far as its report says; `cut` when it was ended early.
    pub fn spend(&self, report: &Report, cut: bool) -> Spend {
        let model = report.model.as_deref().or(self.agent.model.as_deref());
        let estimate = || self.prices.cost(model, &report.usage).filter(|_| report.usage != Usage::default());
        let spend = match (self.agent.cost, report.usd) {
            (Cost::Free, _) => Spend::of(report.usage, Some(0.0), Source::Free),
            (_, Some(usd)) => Spend::of(report.usage, Some(usd), Source::Reported),
            (_, None) => Spend::of(report.usage, estimate(), Source::Estimated),
        };
        let partial = cut && !matches!(spend.source, Source::Reported | Source::Free);
        Spend { partial, ..spend }
    }

    /// What is known of an agent that nobody saw end.
    fn cut_off(&self, stdout: &Path, error: &anyhow::Error) -> Result<Answer> {
        let report = self.replay(stdout)?;
        let spend = self.spend(&report, true);
        let failure = Failure { class: Class::Other, message: format!("{error:#}"), not_before: None };
        Ok(Answer { verdict: Verdict::Broken(failure), report, spend, outcome: None })
    }

    fn not_started(&self, why: String) -> Answer {
        let report = self.agent.reader(Usage::default()).report();
        Answer { verdict: Verdict::Blocked(why), report, spend: Spend::nothing(), outcome: None }
    }
}

fn ended(outcome: &Outcome) -> Ended {
    Ended {
        code: outcome.ended.code,
        signal: outcome.ended.signal,
        timed_out: match outcome.why {
            Some(Why::Total) => Some(TimedOut::Total),
            Some(Why::Idle) => Some(TimedOut::Idle),
            Some(Why::Flood) => Some(TimedOut::Flood),
            _ => None,
        },
        stopped: matches!(outcome.why, Some(Why::Interrupted | Why::Asked)),
    }
}

/// Adds the last words on standard error where the agent itself gave no better reason.
fn explain(verdict: &mut Verdict, stderr: &Path) {
    let reason = match verdict {
        Verdict::Incomplete(reason) => reason,
        Verdict::Broken(failure) => &mut failure.message,
        _ => return,
    };
    if let Some(words) = last_words(stderr).filter(|words| !reason.contains(words.as_str())) {
        reason.push_str(": ");
        reason.push_str(&words);
    }
}

fn last_words(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let size = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(4 << 10))).ok()?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).ok()?;
    let end = String::from_utf8_lossy(&end);
    end.lines().rev().map(|line| one_line(line, WORDS)).find(|line| !line.is_empty())
}

/// Listens to an agent: turns lines into signals, signals into events, and watches its spend.
struct Ear<'a> {
    engine: &'a Engine,
    order: &'a Order<'a>,
    tell: &'a mut dyn FnMut(Kind),
    reader: Box<dyn Reader>,
    text: String,
    truncated: bool,
    since: Instant,
    live: Spend,
    /// Whether the stream has a terminal event; plain text has none.
    speaks_of_its_end: bool,
}

impl<'a> Ear<'a> {
    fn new(engine: &'a Engine, order: &'a Order<'a>, tell: &'a mut dyn FnMut(Kind)) -> Self {
        let reader = engine.agent.reader(order.before);
        let (text, since, live) = (String::new(), Instant::now(), Spend::nothing());
        let speaks_of_its_end = reader.report().terminal == Terminal::Missing;
        Self { engine, order, tell, reader, text, truncated: false, since, live, speaks_of_its_end }
    }

    fn signal(&mut self, signal: Signal) {
        match signal {
            Signal::Message(text) => self.say(&text),
            Signal::Tool { name, detail } => {
                self.flush();
                (self.tell)(Kind::AgentTool { name, detail });
            }
            Signal::Used { usage, usd } => {
                let model = self.engine.agent.model.as_deref();
                let estimate = self.engine.prices.cost(model, &usage);
                let source = if usd.is_some() { Source::Reported } else { Source::Estimated };
                self.live = Spend::of(usage, usd.or(estimate), source);
                (self.tell)(Kind::AgentUsage { spend: self.live });
            }
            Signal::Retry { class: Class::RateLimit, until, .. } => {
                (self.tell)(Kind::RateLimited { not_before: until });
            }
            Signal::Retry { .. } => {}
            Signal::Session(_) | Signal::Model(_) => {}
        }
    }

    /// Gathers text, so that a flood of lines becomes few events of bounded size.
    fn say(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(text);
        if self.text.len() > 2 * MESSAGE {
            self.text = tail(&self.text).to_owned();
            self.truncated = true;
        }
    }

    fn flush(&mut self) {
        self.since = Instant::now();
        let text = std::mem::take(&mut self.text);
        let truncated = std::mem::take(&mut self.truncated) || text.len() > MESSAGE;
        let text = tail(&text);
        if !text.trim().is_empty() {
            (self.tell)(Kind::AgentMessage { text: text.to_owned(), truncated });
        }
    }
}

impl Attendant for Ear<'_> {
    fn line(&mut self, line: &[u8]) {
        for signal in self.reader.line(line) {
            self.signal(signal);
        }
    }

    fn oversized(&mut self, start: &[u8]) {
        self.reader.oversized(start);
    }

    fn stop(&mut self) -> bool {
        if self.since.elapsed() >= GATHER {
            self.flush();
        }
        // Once it has reported its end, it is spared for its spend: ending it would save nothing.
        let ended = self.live.known && self.reader.report().terminal != Terminal::Missing;
        let live = if ended && self.speaks_of_its_end { Spend::nothing() } else { self.live };
        (self.order.stop)(&live)
    }
}
