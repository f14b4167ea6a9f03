//! Asks another process's run to pause, go on or end.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::domain::loops::control::{self, Action};
use crate::domain::loops::state::State;
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::interrupt;

/// INT, TERM and KILL take up to seven seconds; after this something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks the run under way to do `action`; its id, or `None` when none is under way.
pub fn ask(workspace: &Workspace, action: Action) -> Result<Option<String>> {
    let Some(state) = State::read(workspace)?.filter(State::runs) else { return Ok(None) };
    // A stop that was asked for is not taken back by a pause.
    let stopping = matches!(control::asked(workspace, &state.run)?, Some(Action::Stop | Action::StopNow));
    if !(stopping && action == Action::Pause) {
        control::ask(workspace, &state.run, action)?;
    }
    Ok(Some(state.run))
}

/// Lets a paused run go on; its id and what it had been asked to do, or `None` when none is under
/// way. A stop that was asked for is not taken back.
pub fn resume(workspace: &Workspace) -> Result<Option<(String, Option<Action>)>> {
    let Some(state) = State::read(workspace)?.filter(State::runs) else { return Ok(None) };
    let asked = control::asked(workspace, &state.run)?;
    if asked == Some(Action::Pause) {
        control::clear(workspace)?;
    }
    Ok(Some((state.run, asked)))
}

/// Waits until `run` has ended.
pub fn await_end(workspace: &Workspace, run: &str) -> Result<()> {
    let start = Instant::now();
    while State::read(workspace)?.is_some_and(|state| state.run == run && state.runs()) {
        if start.elapsed() > PATIENCE {
            return Err(Fault::busy(format!("`{run}` has not ended yet"), "see `taskrun loop status`"));
        }
        interrupt::nap(Duration::from_millis(50))?;
    }
    Ok(())
}
