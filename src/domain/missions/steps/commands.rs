//! A step of commands: the gates of the attempt engine, in the workspace.

use std::ffi::OsString;

use anyhow::Result;

use super::super::stand::Stand;
use super::super::told::{Hands, Told};
use super::super::workflow::Step;
use super::agent::append;
use super::{Came, Means, Running, variables};
use crate::domain::attempt::event::{Event, Kind};
use crate::domain::attempt::gates::{self, DEFAULT_TIMEOUT, Gates, Place};
use crate::system::process::Supervisor;
use crate::system::{clock, interrupt, store};

/// Which commands.
pub(super) struct Ready {
    gates: Gates,
    env: Vec<(OsString, OsString)>,
    mission: String,
}

pub(super) fn ready(stand: &Stand<'_>, step: &Step, means: &Means<'_>) -> Result<Ready> {
    let gates = Gates {
        commands: step.commands.clone(),
        timeout: means.config.gates.timeout.unwrap_or(DEFAULT_TIMEOUT),
        stop_at_red: true,
        log_limit: means.config.logs.max_size,
    };
    Ok(Ready { gates, env: variables(stand, step)?, mission: stand.mission.mission_id.clone() })
}

impl Ready {
    /// Runs them; the first red one ends the step.
    pub(super) fn run(
        &self,
        running: &mut Running,
        means: &Means<'_>,
        hands: &mut Hands<'_>,
    ) -> Result<Came> {
        interrupt::install()?;
        let id = clock::run_id().replacen("r-", "g-", 1);
        let dir = means.workspace.run_dir(&id);
        store::make_dir(&dir)?;
        running.is_run(&id);
        let mut child = Supervisor::start(&dir.join("lock"), &id)?;
        let prefix = dir.join("check");
        let place = Place {
            dir: means.workspace.root(),
            prefix: &prefix,
            env: self.env.clone(),
            capture: None,
            launch: None,
        };
        let mut tell = |kind: Kind| {
            let mut event = Event::new(&id, kind);
            event.task = Some(self.mission.clone());
            if let Kind::GateStarted { command } = &event.kind {
                running.line(&format!("$ {command}"));
            }
            if let Kind::GateFinished { result } = &event.kind {
                // What a gate has printed is also beside its run.
                let _ = append(running, &result.output);
            }
            running.hear(&event);
            (hands.tell)(Told::Run(&event));
        };
        let results = self.gates.run(&mut child, &place, &|| false, &mut tell)?;
        child.quit();
        interrupt::check()?;
        let red = results.unwrap_or_default().into_iter().find(|result| !result.passed);
        Ok(red.map_or_else(Came::well, |red| Came {
            exit_code: red.exit_code,
            signal: red.signal,
            ..Came::failed("failed", 1, gates::complaint(&red))
        }))
    }
}
