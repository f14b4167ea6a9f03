//! `macp due`

use anyhow::{Result, bail};

use crate::commands::Context;
use crate::domain::macp::Place;
use crate::exit::Exit;

/// Submit what schedules say is due
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let _ = (args, place, context);
    bail!("not written yet")
}
