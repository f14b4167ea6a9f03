//! `macp due`

use anyhow::Result;
use jiff::Timestamp;

use crate::commands::Context;
use crate::domain::macp::Place;
use crate::domain::macp::due::{self, Report};
use crate::exit::Exit;
use crate::system::clock;
use crate::ui::one_line;

/// Submit what schedules say is due
///
/// For a line of a crontab that runs each minute: submits what the schedules of `.taskrun/triggers.toml` say is due since
/// the last time, each schedule once however many of its times were missed. A new schedule counts from when it is first seen.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The time to take as now (RFC 3339), instead of the clock's; more than a day ahead only to look
    #[arg(long, value_name = "T")]
    now: Option<Timestamp>,
    /// Show what would be submitted, and submit nothing
    #[arg(long)]
    dry_run: bool,
    /// Show every schedule with its next times
    #[arg(long, conflicts_with = "dry_run")]
    list: bool,
}

pub(super) fn run(args: &Args, place: &Place, context: &Context) -> Result<Exit> {
    let now = args.now.unwrap_or_else(clock::now);
    if args.list {
        let list = due::list(place, now)?;
        let line = |one: &due::Listed| {
            let next = one.local.first().map_or("never", String::as_str);
            format!("{}  {}  {}  next {next}", one.name, one_line(&one.cron), one.tz)
        };
        context.ui.result(&list, || list.iter().map(line).collect::<Vec<_>>().join("\n"))?;
        return Ok(Exit::Done);
    }
    let report = due::run(place, now, args.dry_run)?;
    for ahead in &report.ahead {
        context.ui.warn(&format!(
            "schedule `{}` was looked at up to {}, which is still to come: nothing of it is submitted until then; where that \
             was a wrong clock, remove `state/due.json` of the queue",
            ahead.schedule, ahead.since
        ));
    }
    context.ui.result(&report, || text_of(&report))?;
    Ok(Exit::Done)
}

fn text_of(report: &Report) -> String {
    let verb = if report.dry_run { "would submit" } else { "submitted" };
    let each = |one: &due::Submitted| format!("{}: {verb} {} for {}", one.schedule, one.task, one.time);
    let mut lines: Vec<_> = report.submitted.iter().map(each).collect();
    lines.extend(report.started.iter().map(|name| format!("{name}: counts from now on")));
    lines.join("\n")
}
