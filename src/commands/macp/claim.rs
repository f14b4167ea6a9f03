//! `macp claim`

use anyhow::{Result, bail};

use crate::commands::Context;
use crate::domain::macp::Place;
use crate::exit::Exit;

/// Take the next task, to be worked by somebody else
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let _ = (args, place, context);
    bail!("not written yet")
}
