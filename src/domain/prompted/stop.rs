//! Ends a prompt or a loop's agent now.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::domain::loops::control::Action;
use crate::domain::loops::request;
use crate::domain::prompted::record::Record;
use crate::domain::prompted::status::{known, running};
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::{interrupt, store};

/// INT, TERM and KILL take up to seven seconds; after this something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks whether it has ended.
const NAP: Duration = Duration::from_millis(20);

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// It ran, and has ended with all that it had started.
    Ended(String),
    /// It had ended before.
    Already(String),
    /// Nothing runs.
    Nothing,
}

/// Ends `id`, or what runs, and waits until all is ended. An unknown id is a [`Fault::NotFound`]; several
/// that run, and no id, a [`Fault::Usage`] that names them.
pub fn stop(workspace: &Workspace, id: Option<&str>) -> Result<Stopped> {
    let running = running(workspace)?;
    let id = match (id, running.as_slice()) {
        (Some(id), _) => {
            known(workspace, id)?;
            id.to_owned()
        }
        (None, []) => return Ok(Stopped::Nothing),
        (None, [one]) => one.clone(),
        (None, several) => {
            let names = several.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
            return Err(Fault::usage(format!("several agents run: {names}"), "name the one to stop"));
        }
    };
    if !running.contains(&id) {
        return Ok(Stopped::Already(id));
    }
    if id.starts_with("p-") {
        store::scratch(&workspace.prompt_stop(&id), b"")?;
        await_end(workspace, &id)?;
    } else {
        // Another run may have begun meanwhile; that one is not meant.
        match request::ask(workspace, Action::StopNow)? {
            Some(run) if run == id => request::await_end(workspace, &run)?,
            _ => return Ok(Stopped::Already(id)),
        }
    }
    Ok(Stopped::Ended(id))
}

fn await_end(workspace: &Workspace, id: &str) -> Result<()> {
    let start = Instant::now();
    while Record::read(workspace, id).is_some_and(|record| record.runs()) {
        if start.elapsed() > PATIENCE {
            return Err(Fault::busy(
                format!("`{id}` has not ended yet"),
                format!("see `taskrun agent status {id}`"),
            ));
        }
        interrupt::nap(NAP)?;
    }
    Ok(())
}
