//! What a prompt, or an agent that works for a queue, came to: pure decisions over the engine's judgement and the agent's end.

use jiff::Timestamp;

use crate::domain::agents::{Class, Failure};
use crate::domain::attempt::budget::{Cut, Stop};
use crate::domain::attempt::completion::Verdict;
use crate::domain::attempt::receipt::Outcome;

/// Why we ended the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A limit was reached.
    Limit(Stop),
    /// Somebody asked for it.
    Asked,
}

impl Cause {
    /// Of what it ran into; a prompt has no task.
    pub(crate) fn of(cut: Cut) -> Self {
        match cut {
            Cut::Run(stop) => Self::Limit(stop),
            Cut::Task | Cut::Attempt => Self::Limit(Stop::Usd),
        }
    }
}

/// What was seen of an attempt.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools)] // facts
pub(crate) struct Seen<'a> {
    /// The engine's judgement, which looks for promises that nobody asked for here.
    pub(crate) verdict: &'a Verdict,
    /// Whether there was a process at all.
    pub(crate) started: bool,
    /// Whether the agent ended by itself with exit code 0 and its own word for success.
    pub(crate) well: bool,
    /// Whether it said nothing in the end.
    pub(crate) silent: bool,
    /// Why we ended it, if we did.
    pub(crate) cause: Option<Cause>,
    /// Whether it has used up the money that it was told it may use.
    pub(crate) broke: bool,
    /// The signal that we got.
    pub(crate) signal: Option<i32>,
}

/// How a prompt ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct End {
    /// A word of the contract, as a run's.
    pub(crate) reason: &'static str,
    /// What the process exits with.
    pub(crate) exit_code: u8,
    /// `complete`, `blocked`, `failed`, `incomplete`, `broken`.
    pub(crate) verdict: &'static str,
    /// For the record.
    pub(crate) outcome: Outcome,
    /// Why, where the reason does not say it all.
    pub(crate) message: Option<String>,
    /// When it makes sense to try again.
    pub(crate) not_before: Option<Timestamp>,
}

impl End {
    fn new(reason: &'static str, exit_code: u8, verdict: &'static str, outcome: Outcome) -> Self {
        Self { reason, exit_code, verdict, outcome, message: None, not_before: None }
    }

    /// It was not answered, and this is why.
    fn failed(verdict: &'static str, why: &str) -> Self {
        Self { message: Some(why.to_owned()), ..Self::new("failed", 1, verdict, Outcome::Unanswered) }
    }

    /// It could not be run.
    pub(crate) fn could_not() -> Self {
        Self::new("failed", 2, "broken", Outcome::Unanswered)
    }

    /// Somebody asked for its end.
    pub(crate) fn stopped() -> Self {
        Self::new("stopped", 1, "broken", Outcome::Interrupted)
    }

    /// A signal ended it, or ends the run before it.
    pub(crate) fn interrupted(signal: i32) -> Self {
        let code = 128u8.saturating_add(u8::try_from(signal).unwrap_or(127));
        Self::new("interrupted", code, "broken", Outcome::Interrupted)
    }

    /// A limit ended it, or keeps it from starting.
    pub(crate) fn limit(stop: Stop) -> Self {
        let reason = match stop {
            Stop::Iterations => "iterations",
            Stop::Usd => "budget_usd",
            Stop::Tokens => "budget_tokens",
            Stop::Time => "time",
        };
        Self::new(reason, 3, "broken", Outcome::Unanswered)
    }
}

/// Judges a prompt's attempt: answered when the agent ended well and said something.
pub(crate) fn end(seen: &Seen<'_>) -> End {
    match (seen.signal, seen.cause) {
        (Some(signal), _) => return End::interrupted(signal),
        (None, Some(Cause::Limit(stop))) => return End::limit(stop),
        (None, Some(Cause::Asked)) => return End::stopped(),
        (None, None) => {}
    }
    match seen.verdict {
        Verdict::Blocked(why) if seen.started => {
            End { message: Some(why.clone()), ..End::new("escalated", 4, "blocked", Outcome::Unanswered) }
        }
        Verdict::Blocked(why) => End { message: Some(why.clone()), ..End::could_not() },
        Verdict::Failed(why) => End::failed("failed", &format!("the agent gave up: {why}")),
        Verdict::Broken(failure) => broken(failure, seen.broke),
        Verdict::Complete | Verdict::Incomplete(_) if seen.well && seen.silent => {
            End::failed("incomplete", "the agent ended well, but said nothing")
        }
        Verdict::Complete => End::new("complete", 0, "complete", Outcome::Answered),
        // All that it lacks is a promise.
        Verdict::Incomplete(_) if seen.well => End::new("complete", 0, "complete", Outcome::Answered),
        Verdict::Incomplete(why) => End::failed("incomplete", why),
    }
}

fn broken(failure: &Failure, broke: bool) -> End {
    let (reason, code, outcome) = match failure.class {
        Class::RateLimit | Class::Overload => ("rate_limited", 75, Outcome::AgentFailed),
        Class::AgentLimit if broke => ("budget_usd", 3, Outcome::Unanswered),
        Class::Authentication | Class::Billing | Class::Model | Class::Launcher => {
            ("failed", 1, Outcome::AgentFailed)
        }
        _ => ("failed", 1, Outcome::Unanswered),
    };
    let end = End::new(reason, code, "broken", outcome);
    End { message: Some(failure.message.clone()), not_before: failure.not_before, ..end }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(verdict: &Verdict) -> Seen<'_> {
        let well = matches!(verdict, Verdict::Complete);
        Seen { verdict, started: true, well, silent: false, cause: None, broke: false, signal: None }
    }

    fn shown(seen: &Seen<'_>) -> (&'static str, u8, Outcome) {
        let end = end(seen);
        (end.reason, end.exit_code, end.outcome)
    }

    #[test]
    fn every_end_has_its_exit_code() {
        use Outcome::{AgentFailed, Answered, Interrupted, Unanswered};
        let why = || "why".to_owned();
        let failure = |class| Verdict::Broken(Failure { class, message: why(), not_before: None });
        let no_promise = Verdict::Incomplete(why());
        let well = |verdict| Seen { well: true, ..seen(verdict) };
        let (complete, failed, blocked) =
            (Verdict::Complete, Verdict::Failed(why()), Verdict::Blocked(why()));
        let [rate_limit, overload, authentication, timeout, agent_limit, aborted] = [
            Class::RateLimit,
            Class::Overload,
            Class::Authentication,
            Class::Timeout,
            Class::AgentLimit,
            Class::Aborted,
        ]
        .map(failure);
        let table = [
            (well(&no_promise), ("complete", 0, Answered)),
            (seen(&complete), ("complete", 0, Answered)),
            (Seen { silent: true, ..well(&no_promise) }, ("failed", 1, Unanswered)),
            (Seen { silent: true, ..seen(&complete) }, ("failed", 1, Unanswered)),
            (seen(&no_promise), ("failed", 1, Unanswered)),
            (seen(&failed), ("failed", 1, Unanswered)),
            (seen(&blocked), ("escalated", 4, Unanswered)),
            (Seen { started: false, ..seen(&blocked) }, ("failed", 2, Unanswered)),
            (seen(&rate_limit), ("rate_limited", 75, AgentFailed)),
            (seen(&overload), ("rate_limited", 75, AgentFailed)),
            (seen(&authentication), ("failed", 1, AgentFailed)),
            (seen(&timeout), ("failed", 1, Unanswered)),
            (seen(&agent_limit), ("failed", 1, Unanswered)),
            (Seen { broke: true, ..seen(&agent_limit) }, ("budget_usd", 3, Unanswered)),
            (Seen { signal: Some(2), ..well(&no_promise) }, ("interrupted", 130, Interrupted)),
            (Seen { signal: Some(15), ..seen(&aborted) }, ("interrupted", 143, Interrupted)),
            (Seen { cause: Some(Cause::Asked), ..seen(&aborted) }, ("stopped", 1, Interrupted)),
            (Seen { cause: Some(Cause::Limit(Stop::Usd)), ..seen(&aborted) }, ("budget_usd", 3, Unanswered)),
            (Seen { cause: Some(Cause::Limit(Stop::Time)), ..seen(&no_promise) }, ("time", 3, Unanswered)),
        ];
        for (seen, expected) in table {
            assert_eq!(shown(&seen), expected, "{seen:?}");
        }
    }
}
