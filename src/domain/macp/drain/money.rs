//! What becomes of tasks that a limit keeps from being worked: they wait, or a person is asked. Nothing of an attempt is on
//! record then.

use serde_json::json;

use super::controller::Desk;
use crate::domain::macp::event::{Attempt, Event};
use crate::domain::macp::purse::Grant;
use crate::domain::macp::queue::Turn;
use crate::domain::macp::result::TaskResult;
use crate::domain::macp::task::{Dispatch, Task};

/// Why a task of which `per_task_usd` is used up waits for a person.
const SPENT: &str = "the task has spent what it may (`budget.per_task_usd`)";

impl Desk<'_> {
    /// Sees to a task that was not granted what it may need.
    pub(super) fn kept_by_money(&mut self, task: &Task, attempt: Attempt, grant: Grant, turn: &mut Turn<'_>) {
        if grant == Grant::Task {
            return self.spent(task, attempt, turn);
        }
        // No other agent goes before it; all are looked at once, not one by one whenever something is given out.
        self.parked.insert(task.id.clone());
        let ready: Vec<String> =
            turn.state().ready(turn.now()).into_iter().map(|row| row.id.clone()).collect();
        let agents = ready
            .into_iter()
            .filter(|id| turn.task(id).is_ok_and(|task| task.dispatch == Some(Dispatch::Yolo)));
        self.parked.extend(agents);
    }

    /// Lets tasks that wait for money be looked at again.
    pub(super) fn unpark(&mut self, free: bool) {
        if free {
            self.parked.clear();
        }
    }

    /// Asks for a person, after the attempts that were made.
    fn spent(&mut self, task: &Task, attempt: Attempt, turn: &mut Turn<'_>) {
        let now = turn.now();
        let runtime = task.runtime.as_deref().unwrap_or(&self.settings.default_runtime);
        let result = json!({"task_id": task.id, "status": "escalated", "completed_at": now, "failed_at": now,
            "attempt": attempt.number.saturating_sub(1), "max_attempts": attempt.most, "runtime": runtime,
            "dispatch": "yolo", "branch": task.branch, "pr": task.pr, "summary": "not run again", "escalation_reason": SPENT});
        let Ok(result) = serde_json::from_value::<TaskResult>(result) else { return };
        self.counts.escalated += 1;
        self.escalated.push(task.id.clone());
        self.retrying.retain(|id| *id != task.id);
        self.record(turn, Event::ended(&task.id, &result, false, now).saying(SPENT).with("reason", SPENT));
    }
}
