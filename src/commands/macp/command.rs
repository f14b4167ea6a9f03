//! `macp command`

use anyhow::{Result, bail};

use crate::commands::Context;
use crate::domain::macp::Place;
use crate::exit::Exit;

/// Print what would be started for a task
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let _ = (args, place, context);
    bail!("not written yet")
}
