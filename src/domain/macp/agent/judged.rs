//! What an agent's attempt on a task came to: pure decisions over the engine's judgement.
//!
//! MACP's briefs know nothing of promises, so an agent that ends well has done its work: exit code 0, its own word for success,
//! and something said in the end. `BLOCKED` asks for a person, `FAILED` gives the attempt up. The gates come after that.

use crate::domain::agents::{Class, Terminal};
use crate::domain::attempt::budget::Cut;
use crate::domain::attempt::completion::Verdict::Broken;
use crate::domain::attempt::engine::Answer;
use crate::domain::attempt::receipt::Outcome;
use crate::domain::macp::transition::{Turned, Verdict};
use crate::domain::prompted::verdict::{Cause, End, Seen as Asked, end};
use crate::system::interrupt;

use super::AgentAnswer;

/// Characters of an agent's last words that a result holds.
const WORDS: usize = 2000;

/// What was seen of an attempt.
pub(super) struct Seen<'a> {
    /// What the engine says.
    pub(super) answer: &'a Answer,
    /// The limit on money, tokens or time that it ran into.
    pub(super) cut: Option<Cut>,
    /// Whether somebody called it off.
    pub(super) called_off: bool,
    /// An MCP server of the task's that it could not use.
    pub(super) unusable: Option<&'a str>,
}

/// For the record.
pub(super) struct Entry {
    /// What it came to.
    pub(super) outcome: Outcome,
    /// Why, one line.
    pub(super) reason: String,
}

pub(super) fn judge(seen: &Seen<'_>) -> (AgentAnswer, Entry) {
    let answer = seen.answer;
    let outcome = answer.outcome.as_ref();
    let ended = outcome.map(|outcome| outcome.ended);
    let left_alone = outcome.is_some_and(|outcome| outcome.why.is_none());
    let exited_well = ended.is_some_and(|ended| ended.code == Some(0) && ended.signal.is_none());
    let ended_for = seen.cut.map(Cause::of).or(seen.called_off.then_some(Cause::Asked));
    let end = end(&Asked {
        verdict: &answer.verdict,
        started: outcome.is_some(),
        well: left_alone && exited_well && answer.report.terminal == Terminal::Success,
        silent: answer.report.final_text.trim().is_empty(),
        cause: ended_for.filter(|_| !left_alone || seen.cut.is_some() && !exited_well),
        broke: seen.cut.is_some(),
        signal: interrupt::signal(),
    });
    let (verdict, error) = match &answer.verdict {
        Broken(failure) if failure.class == Class::Launcher => {
            (Verdict::Infrastructure(failure.message.clone()), Some(failure.message.clone()))
        }
        // Nobody saw it end: what was to run it is gone.
        Broken(failure) if outcome.is_none() && end.outcome != Outcome::Interrupted => {
            (Verdict::Infrastructure(failure.message.clone()), Some(failure.message.clone()))
        }
        // Any other task would fare the same.
        Broken(failure) if bars(failure.class) && end.outcome == Outcome::AgentFailed => {
            let why = format!("the agent's provider turned it away: {}", failure.message);
            let turned =
                Turned { class: failure.class, why: why.clone(), hint: None, not_before: failure.not_before };
            (Verdict::TurnedAway(turned), Some(why))
        }
        _ => match (verdict(&end, seen.cut), seen.unusable) {
            // What it says it did without the server is not what was wanted.
            ((Verdict::Passed | Verdict::WorkerFailed, _), Some(server)) => {
                let why = format!("the agent could not use the task's MCP server `{server}`");
                (Verdict::WorkerFailed, Some(why))
            }
            (judged, _) => judged,
        },
    };
    let reason = error.clone().or_else(|| end.message.clone()).unwrap_or_else(|| end.reason.to_owned());
    let summary = answer.report.final_text.trim();
    let from = summary.char_indices().rev().nth(WORDS - 1).map_or(0, |(at, _)| at);
    let judged = AgentAnswer {
        verdict,
        exit_code: ended.and_then(|ended| {
            ended.code.map(i64::from).or(ended.signal.map(|signal| 128 + i64::from(signal)))
        }),
        summary: summary[from..].to_owned(),
        error,
        not_before: end.not_before,
        called_off: seen.called_off,
        metadata: serde_json::Map::new(),
    };
    let outcome = match end.outcome {
        Outcome::Answered if judged.verdict != Verdict::Passed => Outcome::Unanswered,
        outcome => outcome,
    };
    (judged, Entry { outcome, reason })
}

/// Whether a failure of this class keeps an agent from working for anybody.
fn bars(class: Class) -> bool {
    matches!(class, Class::Authentication | Class::Billing | Class::RateLimit)
}

/// What becomes of the task by an end, and why it failed if it did.
fn verdict(end: &End, cut: Option<Cut>) -> (Verdict, Option<String>) {
    let why = || end.message.clone().unwrap_or_else(|| end.reason.to_owned());
    match (end.reason, cut) {
        ("complete", _) => (Verdict::Passed, None),
        ("escalated", _) => (Verdict::Escalates(why()), None),
        ("rate_limited", _) => {
            let why = format!("the agent's provider turned it away: {}", why());
            (Verdict::Infrastructure(why.clone()), Some(why))
        }
        (_, Some(Cut::Task)) if end.exit_code == 3 => {
            let why = "it has used up what one task may cost (`per_task_usd`)".to_owned();
            (Verdict::Escalates(why.clone()), Some(why))
        }
        (_, Some(Cut::Attempt)) if end.exit_code == 3 => {
            (Verdict::WorkerFailed, Some("it used up what one attempt may cost (`per_attempt_usd`)".into()))
        }
        ("interrupted" | "stopped", _) => (Verdict::Interrupted, Some(why())),
        // A limit of the whole drain.
        _ if end.exit_code == 3 => (Verdict::Interrupted, Some(format!("ended by a limit: {}", end.reason))),
        // It could not be started, or nobody may use it: trying again would change nothing.
        _ if end.exit_code == 2 || end.outcome == Outcome::AgentFailed => (Verdict::Hopeless, Some(why())),
        _ => (Verdict::WorkerFailed, Some(why())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::attempt::budget::Stop;

    fn ended(reason: &'static str, exit_code: u8, outcome: Outcome) -> End {
        End { reason, exit_code, verdict: "", outcome, message: Some("why".into()), not_before: None }
    }

    #[test]
    fn every_end_has_its_verdict() {
        use Outcome::{AgentFailed, Answered, Interrupted, Unanswered};
        let turned_away = "the agent's provider turned it away: why".to_owned();
        let task = "it has used up what one task may cost (`per_task_usd`)".to_owned();
        let table = [
            (ended("complete", 0, Answered), None, Verdict::Passed),
            (ended("escalated", 4, Unanswered), None, Verdict::Escalates("why".into())),
            (ended("rate_limited", 75, AgentFailed), None, Verdict::Infrastructure(turned_away)),
            (ended("failed", 1, AgentFailed), None, Verdict::Hopeless),
            (ended("failed", 2, Unanswered), None, Verdict::Hopeless),
            (ended("failed", 1, Unanswered), None, Verdict::WorkerFailed),
            (ended("interrupted", 130, Interrupted), None, Verdict::Interrupted),
            (ended("stopped", 1, Interrupted), None, Verdict::Interrupted),
            (ended("budget_usd", 3, Unanswered), Some(Cut::Run(Stop::Usd)), Verdict::Interrupted),
            (ended("budget_usd", 3, Unanswered), Some(Cut::Attempt), Verdict::WorkerFailed),
            (ended("budget_usd", 3, Unanswered), Some(Cut::Task), Verdict::Escalates(task)),
            (ended("complete", 0, Answered), Some(Cut::Task), Verdict::Passed),
        ];
        for (end, cut, expected) in table {
            assert_eq!(verdict(&end, cut).0, expected, "{end:?} {cut:?}");
        }
    }
}
