//! `macp metrics`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::macp::{Place, Queue, metrics};
use crate::exit::Exit;
use crate::system::clock;

/// Print counts, durations and spend for Prometheus
///
/// The text is what a node exporter's textfile collector takes: `taskrun macp metrics > macp.prom`. Counters are of the whole
/// event log. Nothing is locked or written.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let queue = Queue::open(place)?;
    let metrics = metrics::measure(&queue, clock::now())?;
    context.ui.result(&metrics, || metrics.exposition())?;
    Ok(Exit::Done)
}
