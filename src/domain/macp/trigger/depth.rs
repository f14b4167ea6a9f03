//! How many tasks lie behind this process, also where what tells it was taken out of its environment.

use anyhow::Result;

use crate::domain::macp::drain;
use crate::domain::macp::place::Place;
use crate::domain::macp::queue::Queue;
use crate::domain::macp::task::DEPTH;
use crate::fault::Fault;
use crate::system::config::env;
use crate::system::lock::Holder;
use crate::system::process;

/// How many: as the environment says, ours or that of who called us; and where a drain or a run of this queue did, as one of
/// the tasks says that it works on.
pub fn here(place: &Place) -> Result<u64> {
    let callers = process::ancestors();
    let told = callers.iter().filter_map(|pid| process::variable_of(*pid, DEPTH)?.parse().ok());
    let told: u64 = told.fold(own()?, u64::max);
    if !process::is_below_own_kind(&callers) || !place.tasks().exists() {
        return Ok(told);
    }
    let held = held(place, &callers)?;
    // What the environment says may be made up, but not that it is one of those.
    Ok(if held.contains(&told) { told } else { held.into_iter().fold(told, u64::max) })
}

/// As our own environment says.
fn own() -> Result<u64> {
    let Some(value) = env::value(DEPTH) else { return Ok(0) };
    value.to_str().and_then(|text| text.parse().ok()).ok_or_else(|| {
        Fault::usage(format!("`{DEPTH}` is `{}`, which is no number", value.display()), "unset it")
    })
}

/// How deep the tasks lie on which one of these processes works.
fn held(place: &Place, callers: &[u32]) -> Result<Vec<u64>> {
    let queue = Queue::open(place.clone())?;
    let one_of = |holder: &Holder| callers.contains(&holder.pid) && holder.alive();
    let works = |hold: &crate::domain::macp::event::Hold| hold.holder.as_ref().is_some_and(one_of);
    let rows = queue.state().rows().filter(|row| row.hold.as_deref().is_some_and(works));
    let mut tasks: Vec<String> = rows.map(|row| row.id.clone()).collect();
    tasks.extend(drain::ending(place, works));
    Ok(tasks.iter().filter_map(|id| queue.task(id).ok()).map(|task| task.depth().unwrap_or(0)).collect())
}
