//! Stays with a child until it has ended: hands over its output, keeps its limits, stops it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM};

use super::launch::{Launch, Trouble};
use super::receipt::Discreet;
use super::tail::{Line, Tail};
use super::{Ended, MOMENT, Spawn, Supervisor};
use crate::system::{interrupt, store};

/// After SIGINT the agents write their result, cost included.
const AFTER_INT: Duration = Duration::from_secs(5);
/// After SIGTERM nothing useful comes any more.
const AFTER_TERM: Duration = Duration::from_secs(2);
/// After SIGTERM a launcher passes it on, and the far side comes to its end.
const AFTER_FAR_TERM: Duration = Duration::from_secs(10);
/// Longest nap between two looks at the output.
const NAP: Duration = Duration::from_millis(40);
/// Longest nap where nobody listens: then only [`Attendant::stop`] and the size of the output are looked at.
const LONG_NAP: Duration = Duration::from_millis(100);
/// How long what was killed may take to be gone.
const AFTER_KILL: Duration = Duration::from_secs(15);

/// How long a child may take.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// In all.
    pub total: Option<Duration>,
    /// Without a sign of life after the first, while the [`Attendant`] knows of nothing that it waits for.
    pub idle: Option<Duration>,
    /// Before the first sign of life.
    pub start: Option<Duration>,
}

/// More than this a child may not print (bytes): it would fill the disk.
pub const FLOOD: u64 = 1 << 30;
/// What is kept of a flood (bytes).
const SAMPLE: u64 = 16 << 20;

/// Why a child was stopped by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A signal came.
    Interrupted,
    /// [`Limits::total`] was over.
    Total,
    /// [`Limits::idle`] was over.
    Idle,
    /// [`Limits::start`] was over, and it had said nothing.
    Start,
    /// It printed more than [`FLOOD`].
    Flood,
    /// The [`Attendant`] asked for it.
    Asked,
}

/// Who listens while a child runs.
pub trait Attendant {
    /// Whether lines are wanted at all.
    fn listens(&self) -> bool {
        true
    }
    /// The child is being started.
    fn begun(&mut self) {}
    /// A line of its standard output, without the newline.
    fn line(&mut self, line: &[u8]);
    /// The start of a line too long to be handed over.
    fn oversized(&mut self, start: &[u8]) {
        let _ = start;
    }
    /// Whether the child is known to wait for something of its own, so that its silence means nothing.
    fn busy(&self) -> bool {
        false
    }
    /// Called several times a second; `true` stops the child.
    fn stop(&mut self) -> bool {
        false
    }
}

/// What became of a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub ended: Ended,
    /// Why we stopped it, if we did.
    pub why: Option<Why>,
    /// Names of processes it had left running and that were ended.
    pub left: Vec<String>,
    /// How long it ran.
    pub took: Duration,
    /// What went wrong with its launcher, if that did: no fault of the command's, and no success either.
    pub launch_failed: Option<Trouble>,
    /// Whether the launcher did not hand back the end of the output, though the command came to its end.
    pub cut_short: bool,
}

impl Supervisor {
    /// Runs `spawn` to its end. The end of the process ends this, whoever still holds its output.
    /// Errors: it could not be started, or the supervisor was killed.
    pub fn attend(&mut self, spawn: Spawn, limits: Limits, who: &mut dyn Attendant) -> Result<Outcome> {
        let (output, errors, launch) = (spawn.stdout.clone(), spawn.stderr.clone(), spawn.launch.clone());
        let mut discreet;
        let who = match &launch {
            Some(launch) => {
                discreet = Discreet { who, token: &launch.token };
                &mut discreet as &mut dyn Attendant
            }
            None => who,
        };
        let grace = if spawn.tidies_up { MOMENT } else { Duration::ZERO };
        let (path, errors) = (Path::new(&output), Path::new(&errors));
        // Opened before there is a writer: what an earlier child wrote there is not read as this one's.
        let tail = who.listens().then(|| Tail::create(path)).transpose()?;
        let now = Instant::now();
        self.spawn(spawn)?;
        who.begun();
        let step = Step::Running;
        let mut watch = Watch {
            tail,
            output: path,
            errors,
            limits,
            start: now,
            life: now,
            alive: false,
            grace,
            step,
            why: None,
            far: launch.is_some(),
        };
        let (ended, left) = watch.until_end(self, who)?;
        if let Some(tail) = &mut watch.tail {
            let stopped = watch.why.is_some();
            let hurry = || stopped || interrupt::signal().is_some();
            tail.finish(&hurry, &mut |line| hand_over(who, &line))?;
        }
        if watch.why == Some(Why::Flood) {
            store::shorten(path, SAMPLE)?;
            store::shorten(errors, SAMPLE)?;
        }
        let ((ended, launch_failed), cut_short) = match &launch {
            Some(launch) => settle(launch, path, ended, watch.why.is_some())?,
            None => ((ended, None), false),
        };
        Ok(Outcome { ended, why: watch.why, left, took: now.elapsed(), launch_failed, cut_short })
    }
}

/// What both sides of a launch say of its end, and whether its output lacks the line that is its last; `stdout` is free of
/// its receipt after this.
fn settle(
    launch: &Launch,
    stdout: &Path,
    ended: Ended,
    stopped: bool,
) -> Result<((Ended, Option<Trouble>), bool)> {
    let receipt = launch.receipt(stdout);
    let whole = launch.strip(stdout).with_context(|| format!("failed to read `{}`", stdout.display()))?;
    let judged = launch.judge(ended, receipt, stopped);
    if receipt.is_some() {
        launch.forget();
    }
    Ok((judged, receipt.is_some() && !whole && !launch.silent && !stopped))
}

/// How far the stopping has come, and since when.
#[derive(Debug, Clone, Copy)]
enum Step {
    Running,
    Granted(Instant),
    Asked(Instant),
    Urged(Instant),
    Killed(Instant),
}

struct Watch<'a> {
    /// Its standard output, where somebody listens.
    tail: Option<Tail>,
    /// Where its standard output goes.
    output: &'a Path,
    /// Where its standard error goes.
    errors: &'a Path,
    limits: Limits,
    start: Instant,
    life: Instant,
    /// Whether it has said anything yet.
    alive: bool,
    grace: Duration,
    step: Step,
    why: Option<Why>,
    /// Whether it is a launcher, whose far side must be ended through it.
    far: bool,
}

impl Watch<'_> {
    fn until_end(&mut self, child: &mut Supervisor, who: &mut dyn Attendant) -> Result<(Ended, Vec<String>)> {
        let mut nap = if self.tail.is_some() { Duration::from_millis(2) } else { LONG_NAP };
        loop {
            if let Some(end) = child.wait(self.until_limit(nap))? {
                return Ok(end);
            }
            nap = (nap * 2).min(if self.tail.is_none() && self.why.is_none() { LONG_NAP } else { NAP });
            let new = match &mut self.tail {
                Some(tail) => tail.poll(&mut |line| hand_over(who, &line))?,
                None => 0,
            };
            if new > 0 {
                (self.life, self.alive) = (Instant::now(), true);
            } else if who.busy() {
                self.life = Instant::now();
            }
            let why = self.reason(who);
            self.advance(child, why)?;
        }
    }

    /// `nap`, or less where the time is over before.
    fn until_limit(&self, nap: Duration) -> Duration {
        let left = self.limits.total.map(|total| total.saturating_sub(self.start.elapsed()));
        left.filter(|left| *left < nap && self.why.is_none()).unwrap_or(nap)
    }

    fn reason(&self, who: &mut dyn Attendant) -> Option<Why> {
        let over =
            |limit: Option<Duration>, since: Instant| limit.is_some_and(|limit| since.elapsed() >= limit);
        if interrupt::signal().is_some() {
            Some(Why::Interrupted)
        } else if who.stop() {
            Some(Why::Asked)
        } else if self.floods() {
            Some(Why::Flood)
        } else if over(self.limits.total, self.start) {
            Some(Why::Total)
        } else if (self.alive || self.limits.start.is_none()) && over(self.limits.idle, self.life) {
            Some(Why::Idle)
        } else if !self.alive && over(self.limits.start, self.start) {
            Some(Why::Start)
        } else {
            None
        }
    }

    fn floods(&self) -> bool {
        [self.output, self.errors].iter().any(|path| path.metadata().is_ok_and(|meta| meta.len() > FLOOD))
    }

    fn after_term(&self) -> Duration {
        if self.far && self.why != Some(Why::Flood) { AFTER_FAR_TERM } else { AFTER_TERM }
    }

    fn advance(&mut self, child: &mut Supervisor, why: Option<Why>) -> Result<()> {
        self.why = self.why.or(why);
        let now = Instant::now();
        self.step = match self.step {
            Step::Killed(since) if since.elapsed() >= AFTER_KILL => return Err(child.abandon()),
            Step::Killed(_) => return Ok(()),
            Step::Running if self.why.is_none() => return Ok(()),
            _ if interrupt::insists() || (self.why == Some(Why::Flood) && !self.far) => {
                child.kill()?;
                Step::Killed(now)
            }
            Step::Running if !self.grace.is_zero() => Step::Granted(now),
            Step::Granted(since) if since.elapsed() < self.grace => Step::Granted(since),
            Step::Running if self.far => {
                child.signal(SIGTERM)?;
                Step::Urged(now)
            }
            Step::Running | Step::Granted(_) => {
                child.signal(SIGINT)?;
                Step::Asked(now)
            }
            Step::Asked(since) if since.elapsed() >= AFTER_INT => {
                child.signal(SIGTERM)?;
                Step::Urged(now)
            }
            Step::Urged(since) if since.elapsed() >= self.after_term() => {
                child.kill()?;
                Step::Killed(now)
            }
            same => same,
        };
        Ok(())
    }
}

fn hand_over(who: &mut dyn Attendant, line: &Line<'_>) {
    match line {
        Line::Whole(bytes) => who.line(bytes),
        Line::Oversized(start) => who.oversized(start),
    }
}
