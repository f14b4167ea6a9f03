//! `macp run`

use anyhow::{Result, bail};

use crate::commands::Context;
use crate::domain::macp::Place;
use crate::exit::Exit;

/// Work one task now
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let _ = (args, place, context);
    bail!("not written yet")
}
