//! Runs the gates of a task, all of them, in order.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Result;

use super::attempt::{Bench, log_prefix, of_task};
use super::job::{Job, News, What};
use super::judge::{Draft, Fallen};
use crate::domain::attempt::event::Kind;
use crate::domain::attempt::gates::{self, Gates};
use crate::domain::attempt::receipt::GateResult as Checked;
use crate::domain::launchers::Launching;
use crate::domain::macp::result::GateResult;
use crate::domain::macp::task::Gate;
use crate::domain::macp::transition::Verdict;
use crate::domain::macp::worktree::Ground;
use crate::system::{clock, store};

impl Bench<'_> {
    /// Judges what the worker has done by the task's gates.
    pub(super) fn check(
        &mut self,
        job: &Job,
        ground: &Ground,
        launch: Option<Launching<'_>>,
        draft: &mut Draft,
    ) -> Result<Verdict> {
        let (task, settings) = (&job.task, &self.shop.settings);
        let gates = of_task(task, settings);
        let macp = task.dispatch.is_some();
        if gates.is_empty() {
            draft.gated = macp.then(clock::now);
            return Ok(Verdict::Passed);
        }
        if macp {
            self.tell(What::Gated(clock::now()));
        }
        store::make_dir(&self.shop.place.logs())?;
        let runner = Gates {
            commands: gates.iter().map(|gate| gate.command().to_owned()).collect(),
            timeout: settings.config.gates.timeout.unwrap_or(gates::DEFAULT_TIMEOUT),
            stop_at_red: false,
            log_limit: settings.config.logs.max_size,
        };
        let prefix = log_prefix(&self.shop.place, &task.id);
        let place = gates::Place {
            dir: &ground.dir,
            prefix: &prefix,
            env: vec![("TASKRUN_TASK".into(), (&task.id).into())],
            capture: Some(self.dir.join("out")),
            launch,
        };
        let (slot, news, stop) = (self.slot, self.news.clone(), Arc::clone(&self.stop));
        let mut kinds = gates.iter().map(Gate::kind);
        let mut found = Vec::new();
        let mut tell = |kind: Kind| {
            let what = match kind {
                Kind::GateStarted { command } => What::CheckStarted(command, clock::now()),
                Kind::GateFinished { result } => {
                    let result = in_macp(&result, kinds.next().unwrap_or("mechanical"));
                    found.push(result.clone());
                    What::Checked(result, clock::now())
                }
                _ => return,
            };
            // Nobody listens any more where the drain is over by an error.
            let _ = news.send(News { slot, what });
        };
        let results = runner.run(&mut self.child, &place, &|| stop.load(Ordering::Relaxed), &mut tell);
        let Some(results) = results.map_err(|error| Fallen::Start.mark(error))? else {
            return Ok(Verdict::Interrupted);
        };
        draft.gates(found, results.iter().find(|result| !result.passed).map(gates::complaint));
        Ok(if results.iter().all(|result| result.passed) { Verdict::Passed } else { Verdict::GateFailed })
    }
}

/// A gate's result as MACP has it.
pub(in crate::domain::macp) fn in_macp(result: &Checked, kind: &str) -> GateResult {
    let code = match (result.exit_code, &result.ended_for) {
        (_, Some(_)) => 124,
        (Some(code), None) => i64::from(code),
        (None, None) => 128 + i64::from(result.signal.unwrap_or(9)),
    };
    GateResult { command: result.command.clone(), exit_code: code, kind: kind.to_owned() }
}
