//! `macp drain`

use std::time::Duration;

use anyhow::Result;

use super::told;
use crate::commands::Context;
use crate::domain::macp::Place;
use crate::domain::macp::drain::{self, Options};
use crate::exit::Exit;
use crate::system::clock;

/// Work the queue until nothing is runnable
///
/// Exit code 1 when a task has failed in it or can never run because of one that failed, else 4 when a person is needed,
/// else 3 when a limit has ended it, else 0; 75 when another drain works on the queue, or a rate limit keeps agents from
/// working (`on_rate_limit` under `[agent]`).
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // flags
pub struct Args {
    /// Work up to N tasks at a time
    #[arg(long, short, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
    /// End after N tasks
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Start nothing after this time (90s, 30m, 2h); what runs then comes to its end
    #[arg(long, value_name = "DUR", value_parser = clock::parse_duration)]
    max_time: Option<Duration>,
    /// Wait for new tasks when there is nothing to do, until a signal comes
    #[arg(long)]
    watch: bool,
    /// Work a queue that `config.json` switches off
    #[arg(long)]
    force: bool,
    /// Run tasks though the result of an identical one is there
    #[arg(long)]
    no_cache: bool,
    /// Hand commands and gates of tasks that name no launcher to `[launchers.NAME]` of the settings
    #[arg(long, value_name = "NAME")]
    launcher: Option<String>,
    /// Keep a limit in USD as well as may be with agents that do not say what they cost
    #[arg(long)]
    allow_unknown_cost: bool,
}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let options = Options {
        jobs: usize::from(args.jobs),
        limit: args.limit,
        max_time: args.max_time,
        watch: args.watch,
        force: args.force,
        cache: !args.no_cache,
        launcher: args.launcher.clone(),
        allow_unknown_cost: args.allow_unknown_cost,
        terminal: context.ui.stderr_is_terminal(),
    };
    told::listen(context, |hands| drain::drain(place, &options, hands))
}
