//! What happened, as the events of a task; those of the legacy path have its words.

use serde_json::json;

use super::job::Report;
use crate::domain::macp::after::Undelivered;
use crate::domain::macp::event::{Attempt, Blame, Event, Hold, Kind, Source};
use crate::domain::macp::result::GateResult;
use crate::domain::macp::task::{Dispatch, Status, Task};
use crate::domain::macp::transition::Next;
use jiff::Timestamp;

/// An attempt begins.
pub(super) fn started(
    task: &Task,
    attempt: Attempt,
    hold: &Hold,
    worktree: Option<&str>,
    now: Timestamp,
) -> Event {
    let event = Event::started(&task.id, attempt, hold, now);
    let Some(dispatch) = task.way() else { return event.from(Source::Worker).saying("Worker started") };
    let event = event.saying("Dispatched").with("dispatch", dispatch.word());
    match worktree {
        Some(worktree) => event.with("worktree", worktree),
        None => event,
    }
}

/// `on_complete` of a task that is over failed, for the so many-th time. The task stays as it is.
pub(in crate::domain::macp) fn undelivered(
    id: &str,
    status: Status,
    (undelivered, failures): (&Undelivered, u64),
    now: Timestamp,
) -> Event {
    let status = if status == Status::Cancelled { Status::Failed } else { status };
    let event = Event::new(Kind::Progress, id, status, now).from(Source::Dispatcher);
    let told = json!({"exit_code": undelivered.exit_code, "error": undelivered.why, "failures": failures});
    event.saying(undelivered.why.as_str()).with("on_complete", told)
}

/// A gate begins.
pub(in crate::domain::macp) fn check_started(task: &Task, command: &str, now: Timestamp) -> Event {
    let macp = task.dispatch.is_some();
    let (status, words) = if macp {
        (Status::Gated, command.to_owned())
    } else {
        (Status::Running, format!("Running gate: {command}"))
    };
    Event::new(Kind::CheckStarted, &task.id, status, now).saying(words).with("command", command)
}

/// A gate ended.
pub(in crate::domain::macp) fn checked(task: &Task, result: &GateResult, now: Timestamp) -> Event {
    let passed = result.exit_code == 0;
    let kind = if passed { Kind::CheckPassed } else { Kind::CheckFailed };
    let (status, words) = match (task.dispatch.is_some(), passed) {
        (true, _) => (Status::Gated, result.command.as_str()),
        (false, true) => (Status::Running, "Gate passed"),
        (false, false) => (Status::Failed, result.command.as_str()),
    };
    let event = Event::new(kind, &task.id, status, now).saying(words);
    event
        .with("command", result.command.as_str())
        .with("exit_code", result.exit_code)
        .with("type", result.kind.as_str())
}

/// The attempt is over.
pub(super) fn ended(task: &Task, attempt: Attempt, report: &Report, now: Timestamp) -> Event {
    let legacy = task.dispatch.is_none();
    match &report.next {
        Next::Again(blame, pause) => {
            let forgiven = attempt.forgiven + u64::from(*blame != Blame::Task);
            let not_before = (!pause.is_zero()).then(|| now + *pause);
            let event = Event::again(&task.id, *blame, forgiven, not_before, now);
            let event = event.saying(again(attempt, *blame, report)).with("error", report.why.as_str());
            if legacy && report.by_worker { event.from(Source::Worker) } else { event }
        }
        Next::Complete => Event::ended(&task.id, &report.result, false, now).saying("Task completed"),
        Next::Fail if legacy && report.by_worker => {
            let words = match report.result.exit_code {
                Some(code) => format!("exit {code}"),
                None => report.why.clone(),
            };
            Event::ended(&task.id, &report.result, false, now).saying(words).from(Source::Worker)
        }
        Next::Fail => Event::ended(&task.id, &report.result, false, now).saying(report.why.as_str()),
        Next::Escalate(why) => {
            let event = Event::ended(&task.id, &report.result, false, now).saying(why.as_str());
            let handed = task.dispatch == Some(Dispatch::Acp);
            if handed { event.from(Source::Dispatcher) } else { event.with("reason", json!(why)) }
        }
    }
}

fn again(attempt: Attempt, blame: Blame, report: &Report) -> String {
    let counted = attempt.number.saturating_sub(attempt.forgiven);
    let which = format!("attempt {counted}/{}", attempt.most);
    match blame {
        Blame::Task if report.result.gate_results.iter().any(|gate| gate.exit_code != 0) => {
            format!("{which} failed gates")
        }
        Blame::Task => format!("{which} failed: {}", report.why),
        Blame::Infrastructure => format!("not the task's fault: {}", report.why),
        Blame::Lost if report.turned.is_some() => format!("not the task's fault: {}", report.why),
        Blame::Lost | Blame::Nobody => format!("{which} was interrupted"),
    }
}
