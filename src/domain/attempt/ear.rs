//! Listens to an agent: keeps its log, turns its lines into events, watches what it spends.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::domain::agents::{
    Class, Failure, Journal, Reader, Report, Session, Signal, Terminal, Usage, Used, tail,
};
use crate::domain::attempt::budget::Spend;
use crate::domain::attempt::engine::{Engine, Order};
use crate::domain::attempt::event::Kind;
use crate::system::clock;
use crate::system::log::Log;
use crate::system::process::Attendant;
use crate::system::redact::Lines;

/// Text gathered before the start of it is dropped (bytes); [`tail`] is what an event carries.
const MESSAGE: usize = 4 << 10;
/// Text of plain output is gathered this long before it becomes one event.
const GATHER: Duration = Duration::from_millis(200);
/// Between two looks into what an agent writes down of its session.
const LOOK: Duration = Duration::from_millis(500);
/// How long an agent may sit out a rate limit in silence. The pauses between tries of those that report
/// each one are shorter.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who listens during one attempt.
pub(super) struct Ear<'a> {
    engine: &'a Engine,
    order: &'a Order<'a>,
    tell: &'a mut dyn FnMut(Kind),
    reader: Box<dyn Reader + Send>,
    log: Log,
    clean: Lines,
    text: String,
    truncated: bool,
    since: Instant,
    /// What the stream says was used so far.
    seen: Used,
    live: Spend,
    journal: Option<Box<dyn Journal>>,
    session: Option<String>,
    began: Timestamp,
    looked: Instant,
    row: Row,
    /// What it was told when it last tried again, until it gets on.
    waits_for: Option<Failure>,
    /// Since when it says nothing more about that.
    waits_since: Instant,
    /// Whether the stream has a terminal event; plain text has none.
    speaks_of_its_end: bool,
}

/// Why an agent got nowhere, where it did not say so itself.
pub(super) struct Behind {
    /// It did the same again and again.
    pub(super) circles: Option<Failure>,
    /// Its provider made it wait, up to its end.
    pub(super) waits_for: Option<Failure>,
}

/// The same event again and again.
#[derive(Debug, Default)]
struct Row {
    last: u64,
    count: u64,
    /// What is said of it once there are too many.
    circles: Option<Failure>,
}

impl Row {
    /// Counts a signal; `most` is how many of the same may follow each other, 0 any number.
    fn count(&mut self, signal: &Signal, most: u64) {
        let (class, what) = match signal {
            Signal::Tool { name, detail } => (Class::Loop, format!("calls `{name}` with `{detail}`")),
            Signal::Message(text) => (Class::Loop, format!("says `{}`", tail(text))),
            Signal::Retry { class, words, .. } => (*class, format!("tries again: {words}")),
            _ => return,
        };
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        let this = hasher.finish();
        self.count = if this == self.last { self.count + 1 } else { 1 };
        self.last = this;
        if most > 0 && self.count >= most && self.circles.is_none() {
            let what: String = what.chars().take(200).collect();
            let message = format!("it {what} ({most} times in a row: `agent.max_repeats`) and was ended");
            self.circles = Some(Failure { class, message, not_before: None });
        }
    }
}

impl<'a> Ear<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        order: &'a Order<'a>,
        log: Log,
        tell: &'a mut dyn FnMut(Kind),
    ) -> Self {
        let reader = engine.agent.reader(order.before);
        let speaks_of_its_end = reader.report().terminal == Terminal::Missing;
        let now = Instant::now();
        Self {
            engine,
            order,
            tell,
            reader,
            log,
            clean: Lines::default(),
            text: String::new(),
            truncated: false,
            since: now,
            seen: Used::default(),
            live: Spend::nothing(),
            journal: None,
            session: None,
            began: clock::now(),
            looked: now,
            row: Row::default(),
            waits_for: None,
            waits_since: now,
            speaks_of_its_end,
        }
    }

    fn signal(&mut self, signal: Signal) {
        // Lines of plain text may well be alike: that is what tools print.
        if self.speaks_of_its_end {
            self.row.count(&signal, self.engine.max_repeats);
        }
        match &signal {
            Signal::Retry { class, words, until } => {
                let message = format!("it tried again and again: {words}");
                self.waits_for = Some(Failure { class: *class, message, not_before: *until });
                self.waits_since = Instant::now();
            }
            Signal::Message(_) | Signal::Tool { .. } => self.waits_for = None,
            _ => {}
        }
        match signal {
            Signal::Message(text) => self.say(&text),
            Signal::Tool { name, detail } => {
                self.flush();
                (self.tell)(Kind::AgentTool { name, detail });
            }
            Signal::Used { usage, usd } => {
                (self.seen.usage, self.seen.usd) = (usage, usd);
                self.used(None);
            }
            Signal::Retry { class: Class::RateLimit, until, .. } => {
                (self.tell)(Kind::RateLimited { not_before: until });
            }
            Signal::Session(id) => self.session = Some(id),
            Signal::Model(model) => self.seen.model = Some(model),
            Signal::Retry { .. } => {}
        }
    }

    /// A rate limit that the agent sits out in silence is for the run to decide about.
    fn lose_patience(&mut self) {
        let limited = self.waits_for.as_ref().filter(|failure| failure.class == Class::RateLimit);
        if let Some(failure) = limited.filter(|_| self.waits_since.elapsed() >= PATIENCE) {
            self.row.circles.get_or_insert_with(|| failure.clone());
        }
    }

    /// Tells what was used by now: what the stream says, or the journal, whichever is more.
    fn used(&mut self, written: Option<&Used>) {
        let nothing = Used::default();
        let written = written.unwrap_or(&nothing);
        let spend = self.engine.priced(&Used {
            usage: self.seen.usage.most(written.usage),
            usd: self.seen.usd,
            model: self.seen.model.clone().or_else(|| written.model.clone()),
            long: written.long.clone(),
        });
        if spend != self.live {
            self.live = spend;
            (self.tell)(Kind::AgentUsage { spend });
        }
    }

    /// Looks into what the agent writes down itself, where its stream says less.
    fn look(&mut self) {
        if self.looked.elapsed() < LOOK {
            return;
        }
        self.looked = Instant::now();
        if let Some(used) = self.written() {
            self.used(Some(&used));
        }
    }

    fn written(&mut self) -> Option<Used> {
        if self.journal.is_none() {
            let session = Session { id: self.session.as_deref()?, dir: self.order.dir, since: self.began };
            self.journal = self.engine.agent.journal(&session);
        }
        self.journal.as_mut()?.used()
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
        self.log.flush();
        let text = std::mem::take(&mut self.text);
        let truncated = std::mem::take(&mut self.truncated) || text.len() > MESSAGE;
        let text = tail(&text);
        if !text.trim().is_empty() {
            (self.tell)(Kind::AgentMessage { text: text.to_owned(), truncated });
        }
    }

    /// What it came to, once all lines are in: the report, and what was behind it if we had to end it.
    /// `code` is the exit code, `stderr` the end of its standard error.
    pub(super) fn finish(mut self, code: Option<i32>, stderr: &str) -> (Report, Behind) {
        self.flush();
        self.reader.ended(code, stderr);
        let mut report = self.reader.report();
        let told = report.terminal == Terminal::Success && report.usage != Usage::default();
        // The totals of a continued session are only as good as our own record of it, and a price may
        // depend on the length of each call.
        if !told || self.order.resume.is_some() || report.usd.is_none() {
            match self.written() {
                Some(used) => settle(&mut report, used, self.order.resume.is_some()),
                // It keeps a record, and what it was turned away with is not in it: nothing was used.
                None if self.journal.as_ref().is_some_and(|journal| journal.found())
                    && turned_away(&report) =>
                {
                    report.usd = Some(0.0);
                }
                None => {}
            }
        }
        (report, Behind { circles: self.row.circles, waits_for: self.waits_for })
    }
}

/// Whether its provider refused it before anything was used.
fn turned_away(report: &Report) -> bool {
    let refused = |class: Class| class.is_providers() || class == Class::ContextTooLong;
    report.usage == Usage::default()
        && matches!(&report.terminal, Terminal::Failure(failure) if refused(failure.class))
}

/// Lays what an agent wrote down itself over what its stream said.
pub(super) fn settle(report: &mut Report, written: Used, instead: bool) {
    report.usage = if instead { written.usage } else { report.usage.most(written.usage) };
    report.usd = report.usd.or(written.usd);
    report.model = report.model.take().or(written.model);
    report.long = written.long;
}

impl Attendant for Ear<'_> {
    fn line(&mut self, line: &[u8]) {
        let line = self.clean.line(line);
        self.log.line(&line);
        for signal in self.reader.line(&line) {
            self.signal(signal);
        }
    }

    fn oversized(&mut self, start: &[u8]) {
        let start = self.clean.line(start);
        self.log.start(&start);
        self.reader.oversized(&start);
    }

    fn busy(&self) -> bool {
        self.reader.busy()
    }

    fn stop(&mut self) -> bool {
        if self.since.elapsed() >= GATHER {
            self.flush();
        }
        self.look();
        // Once it has reported its end, it is spared for its spend: ending it would save nothing.
        let ended = self.live.known && self.reader.report().terminal != Terminal::Missing;
        let live = if ended && self.speaks_of_its_end { Spend::nothing() } else { self.live };
        self.lose_patience();
        (self.order.stop)(&live) || self.row.circles.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(detail: &str) -> Signal {
        Signal::Tool { name: "Bash".into(), detail: detail.into() }
    }

    #[test]
    fn only_the_same_in_a_row_is_going_in_circles() {
        let mut row = Row::default();
        for detail in ["a", "a", "b", "a", "a"] {
            row.count(&tool(detail), 3);
            row.count(&Signal::Used { usage: Usage::default(), usd: None }, 3);
            assert!(row.circles.is_none());
        }
        row.count(&tool("a"), 3);
        assert_eq!(row.circles.take().map(|failure| failure.class), Some(Class::Loop));
        let retry = Signal::Retry { class: Class::Overload, words: "reconnecting".into(), until: None };
        (0..3).for_each(|_| row.count(&retry, 3));
        assert_eq!(row.circles.map(|failure| failure.class), Some(Class::Overload));
        let mut never = Row::default();
        (0..999).for_each(|_| never.count(&retry, 0));
        assert!(never.circles.is_none());
    }
}
