//! `macp run`

use anyhow::Result;
use clap::builder::NonEmptyStringValueParser;

use super::told;
use crate::commands::Context;
use crate::domain::macp::Place;
use crate::domain::macp::drain::{self, Options};
use crate::exit::Exit;

/// Work one task now, also while a drain runs
///
/// It is tried as often as it may be, with the pauses that it would have in a drain. Exit code 0 when it is completed, 1
/// when it has failed, 4 when a person is needed, 75 when somebody else works on it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    #[arg(value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    id: String,
    /// Work it though `config.json` switches the queue off
    #[arg(long)]
    force: bool,
    /// Run it though the result of an identical one is there
    #[arg(long)]
    no_cache: bool,
    /// Hand commands and gates of tasks that name no launcher to `[launchers.NAME]` of the settings
    #[arg(long, value_name = "NAME")]
    launcher: Option<String>,
    /// Keep a limit in USD as well as may be with an agent that does not say what it costs
    #[arg(long)]
    allow_unknown_cost: bool,
}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let launcher = args.launcher.clone();
    let options = Options {
        force: args.force,
        cache: !args.no_cache,
        launcher,
        allow_unknown_cost: args.allow_unknown_cost,
        terminal: context.ui.stderr_is_terminal(),
        ..Options::default()
    };
    told::listen(context, |hands| drain::run(place, &args.id, &options, hands))
}
