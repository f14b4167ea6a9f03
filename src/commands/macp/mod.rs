//! `macp …`: the queue of tasks for agents and commands.

mod approve;
mod cancel;
mod claim;
mod clean;
mod command;
mod drain;
mod due;
mod gc;
mod history;
mod init;
mod log;
mod metrics;
mod retry;
mod run;
mod show;
mod status;
mod submit;
mod sync;
pub(crate) mod told;
mod trigger;
mod update;
mod validate;

use std::path::PathBuf;

pub(crate) use submit::pair;

use anyhow::Result;
use clap::Subcommand;

use crate::commands::Context;
use crate::domain::beads;
use crate::domain::macp::{Place, Queue, settings};
use crate::exit::Exit;

/// Keep and work a durable queue of tasks.
#[derive(Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Args {
    /// Work on the queue in this directory, such as `.mosaic/orchestrator`
    #[arg(long, value_name = "DIR", global = true)]
    dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

/// What to do with the queue.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Command {
    /// Make the queue's files where they are missing
    Init(init::Args),
    /// Add a task to the queue
    Submit(Box<submit::Args>),
    /// Count the tasks by status, or show one
    Status(status::Args),
    /// Show a task with its result
    Show(show::Args),
    /// Work the queue until nothing is runnable
    Drain(drain::Args),
    /// Work one task now
    Run(run::Args),
    /// Take the next task, to be worked by somebody else
    Claim(claim::Args),
    /// Tell how a claimed task goes
    Update(update::Args),
    /// Add a line to a task's log, or print it
    Log(log::Args),
    /// Show what happened, event by event
    History(history::Args),
    /// Call tasks off
    Cancel(cancel::Args),
    /// Hand failed tasks back to the queue
    Retry(retry::Args),
    /// Let an escalated task go on, with a note
    Approve(approve::Args),
    /// Bring the queue and a `TASKS.md` together
    Sync(sync::Args),
    /// Print what would be started for a task
    Command(command::Args),
    /// Check the queue's files, or others, against MACP's schemas
    Validate(validate::Args),
    /// Print counts, durations and spend for Prometheus
    Metrics(metrics::Args),
    /// Remove what old finished tasks left
    Gc(gc::Args),
    /// Remove the worktree of a task that is over
    Clean(clean::Args),
    /// Submit what rules say to events
    Trigger(trigger::Args),
    /// Submit what schedules say is due
    Due(due::Args),
}

/// Runs one of them.
pub fn run(args: &Args, context: &Context) -> Result<Exit> {
    let given = context.global.workspace.as_deref();
    let place = match &args.dir {
        Some(dir) => Place::at(dir, given),
        None => context.workspace().map(|workspace| Place::of(&workspace)),
    };
    if let Command::Validate(args) = &args.command {
        // Files that are named need no queue around them.
        return validate::run(args, place, context);
    }
    let place = place?;
    settings::check_environment()?;
    match &args.command {
        Command::Init(args) => init::run(args, &place, context),
        Command::Submit(args) => submit::run(args, &place, context),
        Command::Status(args) => status::run(args, place, context),
        Command::Show(args) => show::run(args, place, context),
        Command::Drain(args) => drain::run(args, place, context),
        Command::Run(args) => run::run(args, place, context),
        Command::Claim(args) => claim::run(args, place, context),
        Command::Update(args) => update::run(args, place, context),
        Command::Log(args) => log::run(args, place, context),
        Command::History(args) => history::run(args, place, context),
        Command::Cancel(args) => cancel::run(args, place, context),
        Command::Retry(args) => retry::run(args, place, context),
        Command::Approve(args) => approve::run(args, place, context),
        Command::Sync(args) => sync::run(args, place, context),
        Command::Command(args) => command::run(args, place, context),
        Command::Validate(args) => validate::run(args, Ok(place), context),
        Command::Metrics(args) => metrics::run(args, place, context),
        Command::Gc(args) => gc::run(args, place, context),
        Command::Clean(args) => clean::run(args, place, context),
        Command::Trigger(args) => trigger::run(args, &place, context),
        Command::Due(args) => due::run(args, &place, context),
    }
}

/// In whose name: as given with `--as`, else as everywhere.
fn who(given: Option<&String>, place: &Place) -> String {
    given.cloned().unwrap_or_else(|| beads::who(place.root()))
}

/// Which task is meant.
#[derive(Debug, clap::Args)]
struct TaskId {
    /// The task
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// The task
    #[arg(long, value_name = "ID", conflicts_with = "id")]
    task_id: Option<String>,
}

impl TaskId {
    fn id(&self) -> Option<&str> {
        self.id.as_deref().or(self.task_id.as_deref())
    }
}

/// Reads the queue, and says what is not as it should be.
fn open(place: Place, context: &Context) -> Result<Queue> {
    let mut queue = Queue::open(place)?;
    tell(&mut queue, context);
    Ok(queue)
}

/// Says what is not as it should be since this was last said.
fn tell(queue: &mut Queue, context: &Context) {
    for notice in queue.notices() {
        context.ui.warn(&notice);
    }
}
