//! `macp claim`

use std::fmt::Write;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use super::who;
use crate::commands::Context;
use crate::commands::words::{parse_span, parse_who};
use crate::domain::macp::claim::{self, Answer, Asking, Claimed};
use crate::domain::macp::{Place, Queue, people, settings};
use crate::exit::Exit;
use crate::ui::{many_lines, one_line};

/// Take the next task, to be worked by somebody else
///
/// It is the task that a drain would take next; one whose `runtime`, or `agent` in its `metadata`, names the worker goes
/// first. Of many who ask, on whatever machine, exactly one gets it. It is the worker's until `macp update` ends it, or until
/// the lease runs out: then it goes back to the queue, and what the worker says later is refused.
///
/// Nothing to be had: exit 1, and `null` with `--json`, so that `while task=$(taskrun macp claim --json); do …; done` ends.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// For whom [default: `BEADS_ACTOR`, git's `user.name`, or the login name]
    #[arg(long = "as", value_name = "WHO", value_parser = parse_who)]
    who: Option<String>,
    /// Only tasks of this one
    #[arg(long, value_name = "ORG")]
    org: Option<String>,
    /// Without a word for so long, it goes back to the queue
    #[arg(long, value_name = "DUR", default_value = "10m", value_parser = parse_span)]
    lease: Duration,
}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let settings = settings::load(&place)?;
    let asking = Asking { who: who(args.who.as_ref(), &place), org: args.org.clone(), lease: args.lease };
    let mut queue = Queue::open(place)?;
    let claimed = match claim::claim(&mut queue, &settings, &asking)? {
        Answer::Given(claimed) => claimed,
        Answer::Nothing(at) => {
            let later = at.map(|at| format!("; the next one's time comes at {at}")).unwrap_or_default();
            return nothing(&format!("nothing is to be worked now{later}"), context);
        }
        Answer::Full(most) => {
            return nothing(&format!("{most} tasks are worked, and no more may be at a time"), context);
        }
    };
    context.ui.result(&document(&claimed), || text(&claimed))?;
    Ok(Exit::Done)
}

fn nothing(why: &str, context: &Context) -> Result<Exit> {
    context.ui.notice(why);
    context.ui.result(&Value::Null, String::new)?;
    Ok(Exit::Failed)
}

fn document(claimed: &Claimed) -> Value {
    let Claimed { task, attempt, hold, ground, brief } = claimed;
    json!({
        "id": task.id,
        "title": task.title,
        "attempt": attempt.number,
        "max_attempts": attempt.most,
        "as": hold.by,
        "lease_until": hold.lease_until,
        "type": task.kind,
        "dispatch": task.way(),
        "runtime": task.runtime,
        "command": task.command,
        "argv": task.argv,
        "env": task.env,
        "dir": ground.dir,
        "cwd": task.cwd,
        "branch": ground.branch.as_ref().or(task.branch.as_ref()),
        "brief": brief,
        "brief_path": task.brief_path,
        "notes": people::approvals(task),
        "timeout_seconds": task.timeout_seconds,
        "quality_gates": task.quality_gates,
        "task": task,
    })
}

fn text(claimed: &Claimed) -> String {
    let task = &claimed.task;
    let mut text = format!("{}  {}\n", one_line(&task.id), one_line(&task.title));
    let until = claimed.hold.lease_until.map(|at| at.to_string()).unwrap_or_default();
    let attempt =
        format!("{} of {}", claimed.attempt.number, claimed.attempt.most + claimed.attempt.forgiven);
    let command = task.command.clone().or_else(|| task.argv.as_ref().map(|argv| argv.join(" ")));
    let lines = [
        ("attempt", Some(attempt)),
        ("lease", Some(until)),
        ("dir", Some(claimed.ground.dir.display().to_string())),
        ("command", command),
        ("runtime", task.runtime.clone()),
    ];
    for (name, value) in lines {
        if let Some(value) = value {
            let _ = writeln!(text, "{name:<8} {}", one_line(&value));
        }
    }
    if let Some(brief) = &claimed.brief {
        let _ = writeln!(text, "\n{}", many_lines(brief));
    }
    text
}
