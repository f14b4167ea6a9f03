//! What is wrong with a task before anything starts.

use anyhow::Result;

use super::place::Place;
use super::settings::Settings;
use super::task::Task;

/// Refuses a task that cannot be worked.
pub fn task(task: &Task, place: &Place, settings: &Settings) -> Result<()> {
    let _ = (task, place, settings);
    Ok(())
}
