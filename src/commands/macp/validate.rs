//! `macp validate`

use anyhow::{Result, bail};

use crate::commands::Context;
use crate::domain::macp::Place;
use crate::exit::Exit;

/// Check the queue's files, or others, against MACP's schemas
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let _ = (args, place, context);
    bail!("not written yet")
}
