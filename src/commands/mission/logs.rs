//! `mission logs`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::missions::Shelf;
use crate::domain::missions::log;
use crate::exit::Exit;
use crate::fault::Fault;

/// Print what a step printed
///
/// The log of the run that goes on, or else of the last one. With `--json`, all logs are listed instead.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The mission
    #[arg(value_name = "ID")]
    id: String,
    /// The last run of this step
    #[arg(long, value_name = "STEP")]
    step: Option<String>,
    /// This run
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// Only the last N bytes, from a whole letter on
    #[arg(long, value_name = "N")]
    bytes: Option<u64>,
    /// Go on until the step has ended
    #[arg(short, long)]
    follow: bool,
}

pub(super) fn run(args: &Args, shelf: &Shelf, context: &Context) -> Result<Exit> {
    let ui = &context.ui;
    let folder = shelf.find(&args.id)?;
    let (step, run) = (args.step.as_deref(), args.run.as_deref());
    if ui.json() {
        if args.follow || args.bytes.is_some() {
            return Err(Fault::usage(
                "`--json` lists the logs; it cannot go with `--follow` or `--bytes`",
                "leave out `--json`: what a step printed is printed as it is stored",
            ));
        }
        ui.document(&log::logs(&folder, step, run)?)?;
        return Ok(Exit::Done);
    }
    let Some(record) = log::chosen(&folder, step, run)? else {
        ui.progress("there is no log yet");
        return Ok(Exit::Done);
    };
    let path = record.log(&folder);
    let at = match args.bytes {
        Some(most) if log::size(&path).is_some() => log::tail(&path, most)?,
        _ => 0,
    };
    let mut out = |bytes: &[u8]| {
        ui.bytes(bytes);
        !ui.stdout_is_gone()
    };
    if args.follow {
        log::follow(shelf, &args.id, &record, at, &mut out)?;
    } else if log::size(&path).is_some() {
        log::print(&path, at, &mut out)?;
    }
    Ok(Exit::Done)
}
