//! Whether an attempt continues the session of the one before: a pure decision.

use crate::domain::agents::{Class, Usage};
use crate::domain::attempt::receipt::{Outcome, Receipt};

/// The session of the last attempt on a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// The agent's own id for it.
    pub session: String,
    /// What all attempts in this session used.
    pub used: Usage,
    agent: String,
    outcome: Outcome,
    class: Option<Class>,
    /// Whether the last attempt used any tokens itself.
    spoke: bool,
}

impl Thread {
    /// The session after `receipt`; `before` is the one before it.
    pub fn after(before: Option<Self>, receipt: &Receipt) -> Option<Self> {
        let Some(session) = receipt.session.clone() else {
            // It was turned away or ended before it even named its session.
            return before
                .filter(|before| before.agent == receipt.agent && unheard(receipt.outcome, receipt.class));
        };
        let same = before.filter(|before| before.session == session && before.agent == receipt.agent);
        let past = same.map_or_else(Usage::default, |before| before.used);
        let spend = receipt.worked();
        let used = past.plus(Usage {
            input: spend.input_tokens,
            cache_write: 0, // part of the input, which receipts do not tell apart
            cached: spend.cached_tokens,
            output: spend.output_tokens,
        });
        Some(Self {
            session,
            used,
            agent: receipt.agent.clone(),
            outcome: receipt.outcome,
            class: receipt.class,
            spoke: spend.tokens() > 0,
        })
    }

    /// Whether `agent` can go on where this session stopped. A session that holds nothing, that is too
    /// long or whose work is done is left alone, and so is one that could not be continued last time.
    pub fn goes_on(&self, agent: &str) -> bool {
        self.agent == agent
            && self.used != Usage::default()
            && self.outcome != Outcome::Closed
            && self.class != Some(Class::ContextTooLong)
            && (self.spoke || unheard(self.outcome, self.class))
    }
}

/// Whether it says nothing about the session that an attempt came to nothing.
fn unheard(outcome: Outcome, class: Option<Class>) -> bool {
    matches!(outcome, Outcome::Interrupted | Outcome::Killed)
        || matches!(class, Some(Class::RateLimit | Class::Overload | Class::Aborted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::attempt::budget::Spend;

    fn receipt(session: Option<&str>, tokens: u64, outcome: Outcome, class: Option<Class>) -> Receipt {
        let spend = Spend { input_tokens: tokens, cached_tokens: 2 * tokens, ..Spend::nothing() };
        let line = serde_json::json!({"v": 1, "run": "r-1", "iteration": 1, "task": "bd-1", "title": "",
            "attempt": 1, "agent": "claude", "session": session, "started_at": "2026-01-01T00:00:00Z",
            "ended_at": "2026-01-01T00:00:00Z", "duration_ms": 0, "outcome": outcome, "reason": "",
            "class": class, "spend": spend, "gates": [], "files_changed": 0});
        serde_json::from_value(line).unwrap()
    }

    #[test]
    fn a_session_goes_on_where_that_makes_sense() {
        use Class::{AgentLimit, ContextTooLong, Crash, Overload, RateLimit};
        use Outcome::{AgentFailed, Closed, Escalated, Interrupted, Killed, Reopened};
        let table = [
            ("not done", 5, Reopened, None, "claude", true),
            ("turn limit", 5, Reopened, Some(AgentLimit), "claude", true),
            ("too long", 5, Reopened, Some(ContextTooLong), "claude", false),
            ("another agent", 5, Reopened, None, "codex", false),
            ("nothing said", 0, Reopened, None, "claude", false),
            ("rate limit", 5, AgentFailed, Some(RateLimit), "claude", true),
            ("rate limit at once", 0, AgentFailed, Some(RateLimit), "claude", false),
            ("overload", 5, AgentFailed, Some(Overload), "claude", true),
            ("interrupted", 5, Interrupted, None, "claude", true),
            ("killed", 5, Killed, None, "claude", true),
            ("crashed half-way", 5, Reopened, Some(Crash), "claude", true),
            ("a person has looked", 5, Escalated, None, "claude", true),
            ("done, and opened again", 5, Closed, None, "claude", false),
        ];
        for (name, tokens, outcome, class, agent, expected) in table {
            let thread = Thread::after(None, &receipt(Some("s"), tokens, outcome, class)).unwrap();
            assert_eq!(thread.goes_on(agent), expected, "{name}");
        }
        assert_eq!(Thread::after(None, &receipt(None, 5, Reopened, None)), None);
    }

    #[test]
    fn a_session_adds_up_over_its_attempts() {
        let first = Thread::after(None, &receipt(Some("s"), 5, Outcome::Reopened, None));
        let limited = receipt(Some("s"), 0, Outcome::AgentFailed, Some(Class::RateLimit));
        let second = Thread::after(first.clone(), &limited).unwrap();
        assert!(second.goes_on("claude"), "nothing new was said, but the session holds the first attempt");
        assert_eq!((second.used.input, second.used.cached), (5, 10));
        let lost = receipt(Some("s"), 0, Outcome::Reopened, Some(Class::Crash));
        assert!(!Thread::after(first.clone(), &lost).unwrap().goes_on("claude"), "it could not be continued");
        let third = Thread::after(first.clone(), &receipt(Some("s"), 7, Outcome::Reopened, None)).unwrap();
        assert_eq!((third.used.input, third.used.cached), (12, 24));
        let other = Thread::after(first, &receipt(Some("t"), 7, Outcome::Reopened, None)).unwrap();
        assert_eq!(other.used.input, 7);
        let nameless = |class| receipt(None, 0, Outcome::AgentFailed, Some(class));
        assert_eq!(Thread::after(Some(other.clone()), &nameless(Class::RateLimit)), Some(other.clone()));
        assert_eq!(Thread::after(Some(other), &nameless(Class::Crash)), None);
    }
}
