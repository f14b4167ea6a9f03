//! `macp update`

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;

use super::who;
use crate::commands::Context;
use crate::commands::words::{parse_span, parse_who};
use crate::domain::macp::claim_update::{self, Told, Update, Word};
use crate::domain::macp::{Place, Queue, settings};
use crate::domain::workspace::start_dir;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::ui::one_line;

/// Tell how a claimed task goes
///
/// `completed` is a claim: the gates of the task run here and now, and only when all are green the task is completed (exit 0).
/// A red one is exit 1, and the task is tried again, failed, or escalated (exit 4) as after an attempt of a drain.
/// `failed` and `escalated` end the attempt, `pending` hands the task back without counting it, `running` renews the lease.
///
/// Who does not hold the task any more, because the lease ran out or the task was called off, is refused (exit 1).
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    #[arg(required_unless_present = "task_id")]
    id: Option<String>,
    /// The same
    #[arg(long, value_name = "ID", conflicts_with = "id")]
    task_id: Option<String>,
    /// How it goes [default: running]
    #[arg(long, value_name = "STATUS")]
    status: Option<Status>,
    /// Who says so [default: `BEADS_ACTOR`, git's `user.name`, or the login name]
    #[arg(long = "as", value_name = "WHO", value_parser = parse_who)]
    who: Option<String>,
    /// Only if it is still at this attempt, as `macp claim` told it
    #[arg(long, value_name = "N")]
    attempt: Option<u64>,
    /// What its command ended with
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    exit_code: Option<i64>,
    /// What was done, in a few words
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    summary: Option<String>,
    /// What went wrong
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    error: Option<String>,
    /// Why a person is needed, or why it is handed back
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, conflicts_with = "error")]
    reason: Option<String>,
    /// Its pull request
    #[arg(long, value_name = "URL")]
    pr: Option<String>,
    /// What this attempt has spent, in USD
    #[arg(long, value_name = "USD", allow_negative_numbers = true)]
    usd: Option<f64>,
    /// The file that holds what it printed, for a task with `result_schema`
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Hold it for so long from now
    #[arg(long, value_name = "DUR", value_parser = parse_span)]
    lease: Option<Duration>,
}

/// How it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Status {
    /// Still at it
    Running,
    /// Done; the gates decide
    Completed,
    /// It did not work out
    Failed,
    /// A person is needed; say why with `--reason`
    Escalated,
    /// Somebody else is to do it
    Pending,
}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let settings = settings::load(&place)?;
    let id = args.id.as_ref().or(args.task_id.as_ref()).cloned().unwrap_or_default();
    let word = word(args, &place, context)?;
    let mut queue = Queue::open(place)?;
    let updated = claim_update::update(&mut queue, &settings, &id, &word)?;
    context.ui.result(&updated, || text(&updated))?;
    for note in &updated.notes {
        context.ui.notice(note);
    }
    Ok(match updated.status {
        "escalated" if word.told == Told::Completed => Exit::Human,
        _ if updated.red => Exit::Failed,
        _ => Exit::Done,
    })
}

fn word(args: &Args, place: &Place, context: &Context) -> Result<Word> {
    let told = match args.status.unwrap_or(Status::Running) {
        Status::Running => Told::Running,
        Status::Completed => Told::Completed,
        Status::Failed => Told::Failed,
        Status::Escalated => Told::Escalated,
        Status::Pending => Told::Pending,
    };
    if told == Told::Completed && args.exit_code.is_some_and(|code| code != 0) {
        return Err(Fault::usage(
            "a command that ended with an error has not completed",
            "say `--status failed`",
        ));
    }
    if args.usd.is_some_and(|usd| !(usd.is_finite() && usd >= 0.0)) {
        return Err(Fault::usage("`--usd` is no amount of money", "give USD, such as `0.25`"));
    }
    if told == Told::Escalated && args.reason.is_none() {
        return Err(Fault::usage(
            "an escalation needs a reason",
            "say with `--reason` what a person has to do",
        ));
    }
    let dir = || start_dir(context.global.workspace.as_deref());
    Ok(Word {
        who: who(args.who.as_ref(), place),
        attempt: args.attempt,
        told,
        exit_code: args.exit_code,
        summary: args.summary.clone(),
        reason: args.reason.clone().or(args.error.clone()),
        pr: args.pr.clone(),
        usd: args.usd,
        lease: args.lease,
        output: args.output.as_ref().map(|file| Ok::<_, anyhow::Error>(dir()?.join(file))).transpose()?,
    })
}

fn text(updated: &Update) -> String {
    let mut text = format!("{}  {}", one_line(&updated.id), updated.status);
    if let Some(until) = updated.lease_until {
        let _ = write!(text, "  until {until}");
    }
    if let Some(reason) = &updated.reason {
        let _ = write!(text, "  {}", one_line(reason));
    }
    if let Some(at) = updated.not_before {
        let _ = write!(text, "  again at {at}");
    }
    text
}
